"""Which encoder to use, with which settings and pixel format."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av

from ..errors import OutputError
from ..frames.conversion import is_transparent
from ..frames.gpu_frames import PLANAR_FORMATS
from ..frames.pixel_formats import nearest_format, samples_of
from ..notes import note
from ..options import Codec, EncoderOptions
from .codecs import CODECS, SOFTWARE, EncoderTraits
from .x264 import reliable_instructions


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """What to encode with, decided.

    Attributes:
        encoder: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the format to enhance in.
        inner_format: The format that the encoder is given, which may store the same samples otherwise.
        options: The encoder's options.
        limited_range: Whether the full range is to become limited, since the codec cannot tell them apart.
        fields: Whether the encoder encodes fields as such.
        gpu_format: FFmpeg's name of how frames lie on the GPU that the encoder takes from there; None if it
            takes those of the host.
        joinable: Whether what it makes in pieces is known to be one whole, joined.
    """

    encoder: str
    pixel_format: str
    inner_format: str
    options: dict[str, str]
    limited_range: bool = False
    fields: bool = False
    gpu_format: str | None = None
    joinable: bool = True


def choose_encoding(
    options: EncoderOptions,
    *,
    source_codec: str,
    frame: av.VideoFrame,
    gpu_format: str | None = None,
    storable: set[str],
    suffix: str,
) -> Encoding:
    """Decide how to encode.

    Args:
        options: What the user asked for.
        source_codec: FFmpeg's name of the input's codec.
        frame: The first frame, for its format and size.
        gpu_format: FFmpeg's name of how it lies on the GPU, if it was decoded there.
        storable: FFmpeg's names of the codecs that the output's container can hold.
        suffix: The output's suffix, for messages.

    Raises:
        OutputError: The container cannot hold the codec, or the encoder is missing or has no fitting option.
    """
    wanted = _choose_codec(options.codec, source_codec, storable, suffix)
    settings = _settings(wanted, options)
    codec = CODECS[wanted]
    if codec.stand_in is not None:
        reason = why_unusable(codec.encoder)
        if reason is not None:
            wanted = codec.stand_in
            note(
                "%s cannot be used here (%s); encoding with %s", codec.encoder, reason, CODECS[wanted].encoder
            )
            # Rate factors and presets were meant for the other encoder.
            codec, settings = CODECS[wanted], _settings(wanted, EncoderOptions())
    try:
        formats = {format.name for format in av.Codec(codec.encoder, "w").video_formats or []}
    except ValueError as exc:
        raise OutputError(
            f"this FFmpeg has no {codec.encoder}; choose another --codec than {wanted.value}"
        ) from exc
    if codec.inner_formats:
        formats = {enhanced for enhanced, _ in codec.inner_formats}
    pixel_format = _choose_format(frame, codec, formats.difference(codec.unplayable))
    stays_on_gpu = codec.takes_gpu_frames and PLANAR_FORMATS.get(gpu_format or "") == pixel_format
    _say_what_is_lost(frame, pixel_format, codec.encoder)
    return Encoding(
        encoder=codec.encoder,
        pixel_format=pixel_format,
        inner_format=dict(codec.inner_formats).get(pixel_format, pixel_format),
        options=settings | (reliable_instructions(frame.width) if codec.encoder == "libx264" else {}),
        limited_range=wanted == Codec.PRORES,
        fields=codec.fields,
        gpu_format=gpu_format if stays_on_gpu else None,
        joinable=codec.stand_in is None,
    )


def _say_what_is_lost(frame: av.VideoFrame, pixel_format: str, encoder: str) -> None:
    before, after = samples_of(frame.format.name), samples_of(pixel_format)
    if not after.has_alpha and is_transparent(frame):
        note("%s keeps no transparency; --codec vp9, prores or ffv1 does", encoder)
    if after.bits < before.bits:
        note("%s keeps %d bits of depth, not %d; --codec ffv1 keeps most", encoder, after.bits, before.bits)
    if before.shift_wh is None and after.shift_wh is not None:
        note("%s takes no %s: grey is stored as colours, with subsampling", encoder, frame.format.name)
    if None not in (before.shift_wh, after.shift_wh) and before.shift_wh != after.shift_wh:
        note(
            "%s takes no %s: the chroma subsampling becomes that of %s",
            encoder,
            frame.format.name,
            pixel_format,
        )


def _choose_codec(wanted: Codec, source_codec: str, storable: set[str], suffix: str) -> Codec:
    if wanted != Codec.AUTO:
        if wanted.kind not in storable:
            raise OutputError(
                f"a {suffix} file cannot hold {wanted.kind}; choose another --codec or write .mkv"
            )
        return wanted
    # The input's own kind first, then in the order of how widely they play.
    for codec in sorted(SOFTWARE, key=lambda codec: codec.kind != source_codec):
        if codec.kind in storable:
            return codec
    raise OutputError(
        f"a {suffix} file can hold none of {', '.join(codec.kind for codec in SOFTWARE)}; write .mp4 or .mkv"
    )


def _settings(wanted: Codec, options: EncoderOptions) -> dict[str, str]:
    codec = CODECS[wanted]
    settings = dict(codec.always)
    crf = codec.crf if options.crf is None else max(options.crf, codec.least_crf)
    preset = codec.preset if options.preset is None else options.preset
    for value, default, name, asked in (
        (crf, codec.crf, codec.crf_option, "--crf"),
        (preset, codec.preset, codec.preset_option, "--preset"),
    ):
        if value is None:
            continue
        if default is None:
            raise OutputError(f"{wanted.value} has no {asked}; leave it out")
        settings[name] = f"{value:g}" if isinstance(value, float | int) else value
    if preset is not None and preset not in codec.presets:
        raise OutputError(
            f"{wanted.value} has no preset '{preset}'; choose one of {', '.join(codec.presets)}"
        )
    return settings


def why_unusable(encoder: str) -> str | None:
    """Try to open a hardware encoder; return why it does not, or None if it does."""
    try:
        trial = cast("av.VideoCodecContext", av.CodecContext.create(encoder, "w"))
        trial.width, trial.height, trial.pix_fmt = 256, 256, "nv12"
        trial.framerate = Fraction(25)
        trial.open()
    except (av.error.FFmpegError, ValueError) as exc:
        return getattr(exc, "strerror", None) or "it is not part of this FFmpeg"
    return None


def _choose_format(frame: av.VideoFrame, codec: EncoderTraits, formats: set[str]) -> str:
    """Return the format nearest to the frame's that is enhanced directly and that the encoder takes."""
    name = frame.format.name
    odd = bool(frame.width % 2 or frame.height % 2)
    chosen = nearest_format(name, formats, keep_alpha=codec.alpha, whole_chroma=odd and codec.even_only)
    if chosen is None:
        size = f"{frame.width}×{frame.height} " if odd else ""
        raise OutputError(
            f"{codec.encoder} takes no pixel format that suits {size}{name}; choose another --codec"
        )
    return chosen
