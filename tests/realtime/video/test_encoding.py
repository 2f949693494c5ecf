"""The encoder and the pixel format are chosen to keep what the input is."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from realtime.errors import OutputError
from realtime.frames.picture import is_enhanced_directly
from realtime.options import Codec, EncoderOptions
from realtime.video import x264
from realtime.video.encoding import Encoding, choose_encoding

from ...clips import dark_frame

MP4 = {"h264", "hevc", "av1", "vp9"}
MOV = {"h264", "hevc", "prores"}
MKV = {codec.value for codec in Codec}
WEBM = {"av1", "vp9"}


def choose(
    pixel_format: str = "yuv420p",
    *,
    codec: Codec = Codec.AUTO,
    source_codec: str = "h264",
    storable: set[str] = MKV,
    size_wh: tuple[int, int] = (64, 48),
    crf: float | None = None,
    preset: str | None = None,
) -> Encoding:
    return choose_encoding(
        EncoderOptions(codec=codec, crf=crf, preset=preset),
        source_codec=source_codec,
        frame=av.VideoFrame(*size_wh, pixel_format),
        storable=storable,
        suffix=".xyz",
    )


@pytest.mark.parametrize(
    ("source_codec", "storable", "encoder"),
    [
        ("h264", MP4, "libx264"),
        ("hevc", MP4, "libx265"),
        ("av1", MP4, "libsvtav1"),
        ("vp9", MP4, "libvpx-vp9"),
        ("prores", MOV, "prores_ks"),
        ("ffv1", MKV, "ffv1"),
        ("mpeg4", MP4, "libx264"),  # the widest, where the input's kind is not written
        ("ffv1", MP4, "libx264"),  # or not storable
        ("h264", WEBM, "libsvtav1"),
        ("vp9", WEBM, "libvpx-vp9"),
    ],
)
def test_the_kind_of_the_input_is_kept_where_it_can_be(
    source_codec: str, storable: set[str], encoder: str
) -> None:
    assert choose(source_codec=source_codec, storable=storable).encoder == encoder


def test_the_codec_that_was_asked_for_is_taken() -> None:
    assert choose(codec=Codec.HEVC, source_codec="h264").encoder == "libx265"


def test_a_codec_that_the_container_cannot_hold_is_refused() -> None:
    with pytest.raises(OutputError, match=r"a \.xyz file cannot hold prores; choose another --codec"):
        choose(codec=Codec.PRORES, storable=WEBM)


def test_a_container_that_holds_none_of_ours_is_refused() -> None:
    with pytest.raises(OutputError, match=r"a \.xyz file can hold none of h264, .*; write \.mp4 or \.mkv"):
        choose(storable={"theora"})


EVEN, ODD = (64, 48), (63, 47)


@pytest.mark.parametrize(
    ("codec", "source", "size_wh", "chosen"),
    [
        # Formats that are enhanced as they are stay as they are.
        (Codec.H264, "yuv420p", EVEN, "yuv420p"),
        (Codec.H264, "yuvj420p", EVEN, "yuvj420p"),
        (Codec.H264, "yuv444p", ODD, "yuv444p"),
        (Codec.H264, "yuv420p10le", EVEN, "yuv420p10le"),
        (Codec.H264, "gray", EVEN, "gray"),
        (Codec.HEVC, "yuv422p12le", EVEN, "yuv422p12le"),
        (Codec.FFV1, "yuv411p", ODD, "yuv411p"),
        (Codec.FFV1, "yuv440p10le", EVEN, "yuv440p10le"),
        (Codec.FFV1, "gray16le", EVEN, "gray16le"),
        # Odd sizes, where the encoder cannot halve them, keep all their chroma.
        (Codec.H264, "yuv420p", ODD, "yuv444p"),
        (Codec.H264, "yuv420p", (63, 48), "yuv444p"),
        (Codec.HEVC, "yuv422p10le", ODD, "yuv444p10le"),
        (Codec.VP9, "yuv420p", ODD, "yuv420p"),
        (Codec.FFV1, "yuv420p", ODD, "yuv420p"),
        (Codec.AV1, "yuv420p", ODD, "yuv420p"),
        # What cannot be enhanced directly becomes the planar YUV that is nearest.
        (Codec.H264, "nv12", EVEN, "yuv420p"),
        (Codec.H264, "nv12", ODD, "yuv444p"),
        (Codec.H264, "p010le", EVEN, "yuv420p10le"),
        (Codec.H264, "yuyv422", EVEN, "yuv422p"),
        (Codec.H264, "yuva420p", EVEN, "yuv420p"),
        (Codec.H264, "rgb24", EVEN, "yuv444p"),
        (Codec.H264, "bgra", EVEN, "yuv444p"),
        (Codec.HEVC, "gbrp10le", EVEN, "yuv444p10le"),
        (Codec.H264, "pal8", EVEN, "yuv444p"),
        (Codec.FFV1, "rgb48le", EVEN, "yuv444p16le"),
        # What the encoder does not have becomes the nearest that it has.
        (Codec.H264, "yuv411p", EVEN, "yuv422p"),
        (Codec.H264, "yuv422p12le", EVEN, "yuv422p10le"),
        (Codec.AV1, "yuv444p", EVEN, "yuv420p"),
        (Codec.AV1, "yuv444p10le", EVEN, "yuv420p10le"),
        (Codec.AV1, "rgb24", EVEN, "yuv420p"),
        (Codec.PRORES, "yuv420p", EVEN, "yuv422p10le"),
        (Codec.PRORES, "yuv444p10le", ODD, "yuv444p10le"),
    ],
)
def test_the_pixel_format_is_the_nearest(
    codec: Codec, source: str, size_wh: tuple[int, int], chosen: str
) -> None:
    encoding = choose(source, codec=codec, size_wh=size_wh)
    assert encoding.pixel_format == chosen
    assert is_enhanced_directly(chosen)


def test_options_are_given_in_the_encoders_own_words() -> None:
    h264 = choose(codec=Codec.H264, crf=17.5, preset="fast", size_wh=(128, 48)).options
    assert h264 == {"crf": "17.5", "preset": "fast"}
    vp9 = choose(codec=Codec.VP9, crf=40, preset="8").options
    assert (vp9["crf"], vp9["cpu-used"]) == ("40", "8")


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC, Codec.AV1, Codec.VP9])
def test_a_rate_factor_of_0_is_the_best(codec: Codec) -> None:
    sizes = []
    for crf in (0, 10, 40):
        chosen = choose(codec=codec, crf=crf)
        encoder = av.CodecContext.create(chosen.encoder, "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = 64, 64, chosen.pixel_format
        encoder.time_base, encoder.options = Fraction(1, 25), chosen.options
        frame = dark_frame(0, (64, 64))
        packets = [*encoder.encode(frame), *encoder.encode()]
        sizes.append(sum(packet.size for packet in packets))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[2]


def test_there_are_defaults() -> None:
    assert {"crf", "preset"} <= choose(codec=Codec.H264).options.keys()


@pytest.mark.parametrize("codec", [Codec.PRORES, Codec.FFV1])
def test_options_that_an_encoder_does_not_have_are_refused(codec: Codec) -> None:
    with pytest.raises(OutputError, match=f"{codec.value} has no --crf; leave it out"):
        choose(codec=codec, crf=20)
    with pytest.raises(OutputError, match=f"{codec.value} has no --preset; leave it out"):
        choose(codec=codec, preset="fast")


def test_an_encoder_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, _mode: str) -> av.Codec:
        raise ValueError(name)

    monkeypatch.setattr("realtime.video.encoding.av.Codec", missing)
    with pytest.raises(OutputError, match="this FFmpeg has no libx265; choose another --codec than hevc"):
        choose(codec=Codec.HEVC)


@pytest.mark.parametrize(("width", "is_wrong"), [(64, True), (854, True), (1920, False), (1270, False)])
def test_x264_is_kept_from_avx512_where_that_reads_past_its_rows(
    monkeypatch: pytest.MonkeyPatch, width: int, is_wrong: bool
) -> None:
    monkeypatch.setattr(x264, "_has_avx512", lambda: True)
    assert (choose(size_wh=(width, 48)).options.get("x264-params") == "asm=avx2") is is_wrong
    monkeypatch.setattr(x264, "_has_avx512", lambda: False)
    assert "x264-params" not in choose(size_wh=(width, 48)).options


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("width", [32, 272, 640])
def test_the_same_pictures_are_encoded_the_same(width: int, pixel_format: str) -> None:
    # In between, what the encoder finds in memory that it does not clear is another thing.
    encoded = []
    for fill in (0, 90, 255):
        rubbish = [np.full(size, fill, np.uint8) for size in (1 << 12, 1 << 16, 1 << 20)]
        del rubbish
        encoded.append(encode(choose(pixel_format, size_wh=(width, 96)), width, 96))
    assert encoded[1:] == encoded[:-1]


def encode(encoding: Encoding, width: int, height: int) -> list[bytes]:
    """Encode a moving pattern."""
    context = av.VideoCodecContext.create(encoding.encoder, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, encoding.inner_format
    context.options, context.time_base, context.thread_count = encoding.options, Fraction(1, 25), 1
    packets = []
    for index in range(24):
        frame = dark_frame(index, (width, height), encoding.inner_format)
        frame.pts = index
        packets += context.encode(frame)
    return [bytes(packet) for packet in [*packets, *context.encode(None)]]
