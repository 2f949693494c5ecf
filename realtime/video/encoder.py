"""Encode the frames of a video, in one piece or in segments that can be joined."""

from __future__ import annotations

import gc
import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import av
from av.codec.hwaccel import HWAccel
from av.stream import Stream

from ..errors import OutputError
from ..frames.conversion import has_rgb_samples, yuv_tags_for_rgb
from ..frames.gpu_frames import GpuContext
from ..frames.picture import COLOUR_TAGS, FULL_RANGE, LIMITED_RANGE, is_full_range
from ..notes import note
from .containers import MOV_MUXERS, write_header
from .decoding_times import DecodingTimes
from .encoding import Encoding
from .hwaccel import on_gpu
from .reader import VideoReader

_FIELD_ORDERS = {2: "tt", 3: "bb", 4: "tb", 5: "bt"}  # AVFieldOrder
# These say the shape of their pixels themselves; of others, PyAV does not tell the Matroska muxer.
_SAY_ASPECT = ("h264", "hevc", "ffv1")


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSettings:
    """All that an encoder is opened with.

    Attributes:
        encoding: What encodes, with which options.
        muxer: FFmpeg's name of the container that the packets are for.
        size_wh: Width and height of the frames, in pixels.
        rate: Frames per second, about.
        time_base: What their times are counted in.
        aspect: Width of a pixel over its height; None where it is not known.
        tags: FFmpeg's numbers of the colour tags, by name.
        gpu: Makes the CUDA context current from which frames are taken; None for frames of the host.
        codec_tag: The code that names the codec in the container; None for the usual one.
        options: Options of the encoder beside those of `encoding`.
    """

    encoding: Encoding
    muxer: str
    size_wh: tuple[int, int]
    rate: Fraction
    time_base: Fraction
    aspect: Fraction | None
    tags: dict[str, int]
    gpu: GpuContext | None = None
    codec_tag: str | None = None
    options: dict[str, str] = field(default_factory=dict)


class VideoEncoder:
    """An encoder, begun anew for each segment, so that segments do not depend on each other.

    Attributes:
        stream: What the packets belong to, a template for the track of a file.
        extradata: What decoders need to know of all packets, where that is not in them.
        time_base: What the times of frames and packets are counted in.
    """

    def __init__(self, settings: EncoderSettings) -> None:
        """Open the encoder.

        Raises:
            OutputError: It does not take the settings, or the container does not take what it makes.
        """
        self._settings = settings
        self.time_base = settings.time_base
        self._decoding_times = DecodingTimes()
        self._open()
        self.extradata: bytes = self.stream.codec_context.extradata or b""

    def encode(self, frame: av.VideoFrame) -> list[av.Packet[Stream]]:
        """Encode a frame; return the packets that are ready."""
        assert frame.pts is not None
        self._decoding_times.add_frame(frame.pts)
        return self._timed(self.stream.encode(frame))

    def finish(self) -> list[av.Packet[Stream]]:
        """Return the packets that the encoder still holds; this ends a segment."""
        return self._timed(self.stream.encode(None))

    def begin_segment(self) -> None:
        """Begin another segment, after `finish`.

        Raises:
            OutputError: What the encoder makes now cannot be joined to what it made before.
        """
        self._open()
        self._decoding_times.begin_segment()
        if (self.stream.codec_context.extradata or b"") != self.extradata:
            raise OutputError(
                f"{self._settings.encoding.encoder} makes pieces that do not fit; choose another --codec"
            )

    def follow(self, packet: av.Packet[Stream]) -> None:
        """Go on behind a packet of another run, before anything is encoded."""
        self._decoding_times.follow(packet)

    def close(self) -> None:
        """Free the encoder; nothing may be encoded any more.

        PyAV's containers and streams hold each other until garbage is collected. An encoder in hardware is
        not left until then: it holds memory of a GPU, and is one of the few that a GPU has at a time.
        """
        del self.stream, self._container
        if not self._settings.encoding.joinable:
            gc.collect()

    def _timed(self, packets: list[av.Packet[Stream]]) -> list[av.Packet[Stream]]:
        for packet in packets:
            self._decoding_times.set(packet)
        return packets

    def _open(self) -> None:
        """Open the encoder, in a container of its own that nothing is written to: it is freed with that."""
        settings = self._settings
        self._container = av.open(io.BytesIO(), "w", format=settings.muxer)
        with on_gpu(settings.gpu) as hwaccel:
            self._open_codec(settings, hwaccel)
        write_header(self._container)

    def _open_codec(self, settings: EncoderSettings, hwaccel: HWAccel | None) -> None:
        encoding = settings.encoding
        accelerated = {} if hwaccel is None else {"hwaccel": hwaccel}  # which PyAV 17 does not take
        stream = self._container.add_stream(
            encoding.encoder, rate=settings.rate, options=encoding.options | settings.options, **accelerated
        )
        self.stream = cast("av.VideoStream", stream)
        context = self.stream.codec_context
        context.width, context.height = settings.size_wh
        if encoding.gpu_format is None:
            context.pix_fmt = encoding.inner_format
        else:
            context.sw_format = encoding.gpu_format
        context.time_base = self.stream.time_base = settings.time_base
        if settings.aspect:
            context.sample_aspect_ratio = settings.aspect
        for tag, number in settings.tags.items():
            setattr(context, tag, number)
        if settings.codec_tag:
            context.codec_tag = settings.codec_tag
        try:
            context.open()
        except av.error.FFmpegError as exc:
            words = " ".join(f"{name}={value}" for name, value in encoding.options.items())
            raise OutputError(
                f"{encoding.encoder} refuses {context.width}x{context.height} {encoding.pixel_format} with "
                f"{words} ({exc.strerror}); change --preset, --crf or --codec"
            ) from exc


def encoder_settings(encoding: Encoding, reader: VideoReader, muxer: str, suffix: str) -> EncoderSettings:
    """Decide all that an encoder is opened with, by what it is to encode.

    Raises:
        OutputError: The container cannot store the shape of the pixels.
    """
    source, frame = reader.video, reader.first_frame
    rate = source.average_rate or source.guessed_rate or Fraction(25)
    tags = {tag: int(getattr(frame, tag)) for tag in COLOUR_TAGS}
    if has_rgb_samples(frame):
        tags["colorspace"], tags["color_range"] = yuv_tags_for_rgb(frame.height)
    elif is_full_range(frame):  # as grey is that says nothing, but not what it may be stored as
        tags["color_range"] = FULL_RANGE
    if encoding.limited_range:
        tags["color_range"] = LIMITED_RANGE
    kind = av.Codec(encoding.encoder, "w").canonical_name
    return EncoderSettings(
        encoding=encoding,
        muxer=muxer,
        size_wh=(frame.width, frame.height),
        rate=rate,
        time_base=source.time_base or 1 / rate,
        aspect=_aspect(source.sample_aspect_ratio, kind, muxer, suffix),
        tags=tags,
        gpu=reader.gpu if encoding.gpu_format is not None else None,
        codec_tag="hvc1" if muxer in MOV_MUXERS and kind == "hevc" else None,  # Apple's players take no other
        options=_field_options(encoding, reader),
    )


def _aspect(aspect: Fraction | None, kind: str, muxer: str, suffix: str) -> Fraction | None:
    if aspect and aspect != 1 and muxer in ("matroska", "webm") and kind not in _SAY_ASPECT:
        raise OutputError(
            f"pixels of {aspect.numerator}:{aspect.denominator} cannot be stored with {kind} in a "
            f"{suffix} file; write .mp4 or .mov, or choose --codec h264 and .mkv"
        )
    return aspect or None


def _field_options(encoding: Encoding, reader: VideoReader) -> dict[str, str]:
    """Return options that keep the durations of frames, and the fields of interlaced video."""
    flags = "+frame_duration"
    if not reader.first_frame.interlaced_frame:
        return {"flags": flags}
    if encoding.fields:
        flags += "+ildct+ilme"
    else:
        note(
            "%s is interlaced, and %s encodes whole frames: the fields stay, but players may not know",
            *(reader.path, encoding.encoder),
        )
    # Only some decoders know it, and not every PyAV tells.
    order = _FIELD_ORDERS.get(getattr(reader.video.codec_context, "field_order", 0))
    return {"flags": flags} | ({"field_order": order} if order else {})
