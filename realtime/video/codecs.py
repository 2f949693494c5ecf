"""The encoders of each codec: what they are given by default, what they call it, and what they can do."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import Codec


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderTraits:
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
        takes_gpu_frames: Whether it takes frames that are on the GPU.
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
    takes_gpu_frames: bool = False


_X26_PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo",
)  # fmt: skip


def _nvenc(codec: Codec, stand_in: Codec, *, fields: bool = False) -> EncoderTraits:
    return EncoderTraits(
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
        takes_gpu_frames=True,
    )


def _qsv(codec: Codec, stand_in: Codec) -> EncoderTraits:
    return EncoderTraits(
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
    Codec.H264: EncoderTraits(
        encoder="libx264", crf=20, preset="veryfast", presets=_X26_PRESETS, even_only=True, fields=True
    ),
    Codec.HEVC: EncoderTraits(
        encoder="libx265",
        crf=22,
        preset="veryfast",
        presets=_X26_PRESETS,
        always=(("x265-params", "log-level=error"),),
        even_only=True,
    ),
    Codec.AV1: EncoderTraits(
        encoder="libsvtav1", crf=30, least_crf=1, preset="9", presets=tuple(map(str, range(14)))
    ),
    Codec.VP9: EncoderTraits(
        encoder="libvpx-vp9",
        crf=30,
        preset="5",
        preset_option="cpu-used",
        presets=tuple(map(str, range(-8, 9))),
        always=(("b", "0"), ("row-mt", "1"), ("deadline", "good")),
        alpha=True,
        unplayable=("yuv440p", "yuva422p", "yuva444p"),
    ),
    Codec.PRORES: EncoderTraits(encoder="prores_ks", fields=True, alpha=True),
    Codec.FFV1: EncoderTraits(encoder="ffv1", always=(("level", "3"),), fields=True, alpha=True),
    Codec.H264_NVENC: _nvenc(Codec.H264_NVENC, Codec.H264, fields=True),
    Codec.HEVC_NVENC: _nvenc(Codec.HEVC_NVENC, Codec.HEVC),
    Codec.AV1_NVENC: _nvenc(Codec.AV1_NVENC, Codec.AV1),
    Codec.H264_QSV: _qsv(Codec.H264_QSV, Codec.H264),
    Codec.HEVC_QSV: _qsv(Codec.HEVC_QSV, Codec.HEVC),
    Codec.AV1_QSV: _qsv(Codec.AV1_QSV, Codec.AV1),
}
SOFTWARE = tuple(codec for codec, defaults in CODECS.items() if defaults.stand_in is None)
