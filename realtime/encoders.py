"""Which encoder to use, with which settings and pixel format."""

from __future__ import annotations

import re
from dataclasses import dataclass

import av
from av.video.format import VideoFormat

from .errors import OutputError
from .frames import is_enhanced_directly
from .options import Codec, EncoderOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Defaults:
    """An encoder, its defaults, what its options are called, and its presets."""

    encoder: str
    crf: float | None = None
    preset: str | None = None
    preset_option: str = "preset"
    presets: tuple[str, ...] = ()
    always: tuple[tuple[str, str], ...] = ()


_X26_PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo",
)  # fmt: skip

# Enhanced shadows show what a coarse encoder left of them, so the rate factors are a little below the usual.
CODECS = {
    Codec.H264: _Defaults(encoder="libx264", crf=20, preset="veryfast", presets=_X26_PRESETS),
    Codec.HEVC: _Defaults(
        encoder="libx265",
        crf=22,
        preset="veryfast",
        presets=_X26_PRESETS,
        always=(("x265-params", "log-level=error"),),
    ),
    Codec.AV1: _Defaults(encoder="libsvtav1", crf=30, preset="9", presets=tuple(map(str, range(14)))),
    Codec.VP9: _Defaults(
        encoder="libvpx-vp9",
        crf=30,
        preset="5",
        preset_option="cpu-used",
        presets=tuple(map(str, range(-8, 9))),
        always=(("b", "0"), ("row-mt", "1"), ("deadline", "good")),
    ),
    Codec.PRORES: _Defaults(encoder="prores_ks"),
    Codec.FFV1: _Defaults(encoder="ffv1", always=(("level", "3"),)),
}

# Encoders that refuse odd sizes in formats with subsampled chroma.
_EVEN_ONLY = ("libx264", "libx265", "libsvtav1")
_SAMPLING = {(2, 2): "420", (1, 2): "420", (2, 1): "422", (1, 1): "444"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """What to encode with, decided.

    Attributes:
        encoder: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the format to enhance and encode in.
        options: The encoder's private options.
    """

    encoder: str
    pixel_format: str
    options: dict[str, str]


def choose_encoding(
    options: EncoderOptions, *, source_codec: str, frame: av.VideoFrame, storable: set[str], suffix: str
) -> Encoding:
    """Decide how to encode.

    Args:
        options: What the user asked for.
        source_codec: FFmpeg's name of the input's codec.
        frame: The first frame, for its format and size.
        storable: FFmpeg's names of the codecs that the output's container can hold.
        suffix: The output's suffix, for messages.

    Raises:
        OutputError: The container cannot hold the codec, or the encoder is missing or has no fitting option.
    """
    kind = _choose_kind(options.codec, source_codec, storable, suffix)
    codec = CODECS[kind]
    try:
        formats = {format.name for format in av.Codec(codec.encoder, "w").video_formats or []}
    except ValueError as exc:
        raise OutputError(
            f"this FFmpeg has no {codec.encoder}; choose another --codec than {kind.value}"
        ) from exc
    settings = dict(codec.always)
    crf = codec.crf if options.crf is None else options.crf
    preset = codec.preset if options.preset is None else options.preset
    for value, default, name in ((crf, codec.crf, "crf"), (preset, codec.preset, codec.preset_option)):
        if value is None:
            continue
        if default is None:
            raise OutputError(f"{kind.value} has no --{'crf' if name == 'crf' else 'preset'}; leave it out")
        settings[name] = f"{value:g}" if isinstance(value, float | int) else value
    if preset is not None and preset not in codec.presets:
        raise OutputError(f"{kind.value} has no preset '{preset}'; choose one of {', '.join(codec.presets)}")
    pixel_format = _choose_format(frame, codec.encoder, formats)
    return Encoding(encoder=codec.encoder, pixel_format=pixel_format, options=settings)


def _choose_kind(wanted: Codec, source_codec: str, storable: set[str], suffix: str) -> Codec:
    if wanted != Codec.AUTO:
        if wanted.value not in storable:
            raise OutputError(
                f"a {suffix} file cannot hold {wanted.value}; choose another --codec or write .mkv"
            )
        return wanted
    # The input's own kind first, then in the order of how widely they play.
    for kind in sorted(CODECS, key=lambda kind: kind.value != source_codec):
        if kind.value in storable:
            return kind
    raise OutputError(
        f"a {suffix} file can hold none of {', '.join(kind.value for kind in CODECS)}; write .mp4 or .mkv"
    )


def _choose_format(frame: av.VideoFrame, encoder: str, formats: set[str]) -> str:
    """Return the format nearest to the frame's that is enhanced directly and that the encoder takes."""
    usable = {name for name in formats if is_enhanced_directly(name)}
    odd = frame.width % 2 or frame.height % 2
    name = frame.format.name
    if name in usable and not (odd and encoder in _EVEN_ONLY and re.search("420|422", name)):
        return name
    pixels = VideoFormat(name, 64, 64)
    bits = max(component.bits for component in pixels.components)
    sampling = "444"
    if not pixels.is_rgb and not pixels.has_palette and not (odd and encoder in _EVEN_ONLY):
        sampling = _SAMPLING.get((64 // pixels.chroma_width(), 64 // pixels.chroma_height()), "420")
    depths = [f"{depth}le" for depth in (10, 12, 14, 16) if depth >= bits > 8] + ["", "10le"]
    for candidate_sampling in dict.fromkeys((sampling, "422", "420")):
        for depth in depths:
            if f"yuv{candidate_sampling}p{depth}" in usable:
                return f"yuv{candidate_sampling}p{depth}"
    raise OutputError(f"{encoder} takes no pixel format that suits {name}; choose another --codec")
