"""Which encoder to use, with which settings and pixel format."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av

from .conversion import is_transparent
from .errors import OutputError
from .notes import note
from .options import Codec, EncoderOptions
from .pixel_formats import nearest_format, samples_of
from .x264 import reliable_instructions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Defaults:
    """An encoder, its defaults, what its options are called, and what it can do.

    Attributes:
        encoder: FFmpeg's name of it.
        crf: Its rate factor.
        crf_option: What it calls that.
        least_crf: The best; some take less for none at all, and choose by themselves.
        preset: Its speed.
        preset_option: What it calls that.
        presets: Its speeds, in its own words.
        always: Further options.
        even_only: Whether it refuses odd sizes where chroma is subsampled.
        fields: Whether it encodes the fields of interlaced video as such.
        alpha: Whether players get the transparency that it encodes.
        stand_in: What encodes where the machine lacks the hardware.
        unplayable: Formats that it takes, and that players or containers do not.
        inner_formats: The formats that it is given, by those that are enhanced, where these differ.
    """

    encoder: str
    crf: float | None = None
    crf_option: str = "crf"
    least_crf: float = 0
    preset: str | None = None
    preset_option: str = "preset"
    presets: tuple[str, ...] = ()
    always: tuple[tuple[str, str], ...] = ()
    even_only: bool = False
    fields: bool = False
    alpha: bool = False
    stand_in: Codec | None = None
    unplayable: tuple[str, ...] = ()
    inner_formats: tuple[tuple[str, str], ...] = ()


_X26_PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo",
)  # fmt: skip


def _nvenc(codec: Codec, stand_in: Codec, *, fields: bool = False) -> _Defaults:
    return _Defaults(
        encoder=codec.value,
        crf=24,
        crf_option="cq",
        least_crf=1,
        preset="p4",
        presets=tuple(f"p{speed}" for speed in range(1, 8)),
        always=(("rc", "vbr"), ("b", "0")),
        even_only=True,
        fields=fields,
        stand_in=stand_in,
        inner_formats=(("yuv420p", "yuv420p"), ("yuv444p", "yuv444p"))
        + ((("yuv420p10le", "p010le"),) if codec != Codec.H264_NVENC else ()),
    )


def _qsv(codec: Codec, stand_in: Codec) -> _Defaults:
    return _Defaults(
        encoder=codec.value,
        crf=24,
        crf_option="global_quality",
        least_crf=1,
        preset="medium",
        presets=("veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"),
        even_only=True,
        stand_in=stand_in,
        inner_formats=(("yuv420p", "nv12"),)
        + ((("yuv420p10le", "p010le"),) if codec != Codec.H264_QSV else ()),
    )


# Enhanced shadows show what a coarse encoder left of them, so the rate factors are a little below the usual.
CODECS = {
    Codec.H264: _Defaults(
        encoder="libx264", crf=20, preset="veryfast", presets=_X26_PRESETS, even_only=True, fields=True
    ),
    Codec.HEVC: _Defaults(
        encoder="libx265",
        crf=22,
        preset="veryfast",
        presets=_X26_PRESETS,
        always=(("x265-params", "log-level=error"),),
        even_only=True,
    ),
    Codec.AV1: _Defaults(
        encoder="libsvtav1", crf=30, least_crf=1, preset="9", presets=tuple(map(str, range(14)))
    ),
    Codec.VP9: _Defaults(
        encoder="libvpx-vp9",
        crf=30,
        preset="5",
        preset_option="cpu-used",
        presets=tuple(map(str, range(-8, 9))),
        always=(("b", "0"), ("row-mt", "1"), ("deadline", "good")),
        alpha=True,
        unplayable=("yuv440p", "yuva422p", "yuva444p"),
    ),
    Codec.PRORES: _Defaults(encoder="prores_ks", fields=True, alpha=True),
    Codec.FFV1: _Defaults(encoder="ffv1", always=(("level", "3"),), fields=True, alpha=True),
    Codec.H264_NVENC: _nvenc(Codec.H264_NVENC, Codec.H264, fields=True),
    Codec.HEVC_NVENC: _nvenc(Codec.HEVC_NVENC, Codec.HEVC),
    Codec.AV1_NVENC: _nvenc(Codec.AV1_NVENC, Codec.AV1),
    Codec.H264_QSV: _qsv(Codec.H264_QSV, Codec.H264),
    Codec.HEVC_QSV: _qsv(Codec.HEVC_QSV, Codec.HEVC),
    Codec.AV1_QSV: _qsv(Codec.AV1_QSV, Codec.AV1),
}
SOFTWARE = tuple(codec for codec, defaults in CODECS.items() if defaults.stand_in is None)


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
        joinable: Whether what it makes in pieces is known to be one whole, joined.
    """

    encoder: str
    pixel_format: str
    inner_format: str
    options: dict[str, str]
    limited_range: bool = False
    fields: bool = False
    joinable: bool = True


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
    wanted = _choose_codec(options.codec, source_codec, storable, suffix)
    settings = _settings(wanted, options)
    codec = CODECS[wanted]
    if codec.stand_in is not None:
        reason = _why_unusable(codec.encoder)
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
    _say_what_is_lost(frame, pixel_format, codec.encoder)
    return Encoding(
        encoder=codec.encoder,
        pixel_format=pixel_format,
        inner_format=dict(codec.inner_formats).get(pixel_format, pixel_format),
        options=settings | (reliable_instructions(frame.width) if codec.encoder == "libx264" else {}),
        limited_range=wanted == Codec.PRORES,
        fields=codec.fields,
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


def _why_unusable(encoder: str) -> str | None:
    """Try to open a hardware encoder; return why it does not, or None if it does."""
    try:
        trial = cast("av.VideoCodecContext", av.CodecContext.create(encoder, "w"))
        trial.width, trial.height, trial.pix_fmt = 256, 256, "nv12"
        trial.framerate = Fraction(25)
        trial.open()
    except (av.error.FFmpegError, ValueError) as exc:
        return getattr(exc, "strerror", None) or "it is not part of this FFmpeg"
    return None


def _choose_format(frame: av.VideoFrame, codec: _Defaults, formats: set[str]) -> str:
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
