"""What a picture is stays what it is: fields, range, transparency, shape of pixels, depth; or it is said."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.errors import InputError, OutputError
from realtime.options import Codec, EncoderOptions, FileOptions
from realtime.video.pipeline import enhance_video
from realtime.video.reader import VideoReader

from ...clips import BT601_FULL, BT709, HLG, PQ, make_clip, read_frames, read_times, samples
from ...contract.fake_enhancer import FakeEnhancer

QUIET = {"x265-params": "log-level=none"}


def enhance(source: Path, target: Path, codec: Codec = Codec.AUTO, *, gain: int = 0, **files: bool) -> None:
    enhance_video(source, target, FakeEnhancer(gain=gain), EncoderOptions(codec=codec), FileOptions(**files))


@pytest.mark.parametrize(
    ("codec", "source", "target"),
    [("libx264", "in.mp4", "out.mp4"), ("libx264", "in.ts", "out.mkv"), ("prores_ks", "in.mov", "out.mov")],
)
@pytest.mark.parametrize("order", ["tt", "bb"])
def test_interlaced_video_stays_interlaced(
    tmp_path: Path, codec: str, source: str, target: str, order: str
) -> None:
    pixel_format = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
    options = {"flags": "+ildct+ilme", "field_order": order} | (
        {"x264-params": "tff=1" if order == "tt" else "bff=1"} if codec == "libx264" else {}
    )
    make_clip(tmp_path / source, codec=codec, pixel_format=pixel_format, size_wh=(64, 64), options=options)
    enhance(tmp_path / source, tmp_path / target)
    assert all(frame.interlaced_frame for frame in read_frames(tmp_path / source))
    assert all(frame.interlaced_frame for frame in read_frames(tmp_path / target))


def test_that_a_codec_does_not_tell_fields_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    options = {"flags": "+ildct+ilme"}
    source = make_clip(tmp_path / "in.mp4", size_wh=(64, 64), options=options, pts=range(3))
    enhance(source, tmp_path / "out.mkv", Codec.VP9)
    assert "is interlaced, and libvpx-vp9 encodes whole frames" in caplog.text


def test_the_full_range_looks_the_same_in_prores(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", pixel_format="yuvj420p", colour=BT601_FULL, pts=range(3))
    enhance(source, tmp_path / "out.mov", Codec.PRORES)
    before, after = (read_frames(tmp_path / name)[0] for name in ("in.mp4", "out.mov"))
    assert (before.color_range, after.color_range) == (2, 1)
    as_rgb = [frame.reformat(format="rgb24").to_ndarray().mean() for frame in (before, after)]
    assert as_rgb[1] == pytest.approx(as_rgb[0], abs=1.0)


@pytest.mark.parametrize(
    ("source_codec", "pixel_format", "codec", "target"),
    [
        ("ffv1", "yuva420p", Codec.FFV1, "out.mkv"),
        ("ffv1", "yuva444p10le", Codec.PRORES, "out.mov"),
        ("ffv1", "bgra", Codec.FFV1, "out.mkv"),
        ("png", "rgba", Codec.VP9, "out.webm"),
    ],
)
def test_transparency_is_kept_where_the_codec_has_it(
    tmp_path: Path, source_codec: str, pixel_format: str, codec: Codec, target: str
) -> None:
    source = make_transparent(tmp_path / "in.mkv", source_codec, pixel_format)
    enhance(source, tmp_path / target, codec, gain=10)
    with VideoReader(tmp_path / target) as reader:
        alpha = reader.first_frame.reformat(format="yuva444p").planes[3]
        rows = np.frombuffer(alpha, np.uint8).reshape(-1, alpha.line_size)[:48, :64]
    assert rows[:, :24].max() < 16
    assert rows[:, 40:].min() > 239


def test_that_transparency_is_lost_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = make_transparent(tmp_path / "in.mkv", "ffv1", "yuva420p")
    enhance(source, tmp_path / "out.mp4")
    assert caplog.messages == ["libx264 keeps no transparency; --codec vp9, prores or ffv1 does"]


@pytest.mark.parametrize(
    ("before", "after", "advice"),
    [
        ("rgb24", "rgba", ""),
        ("rgba", "rgba", "; --codec vp9, prores or ffv1 keeps it"),
        ("ya8", "ya8", "; --codec vp9, prores or ffv1 keeps it"),
    ],
)
def test_that_transparency_is_lost_which_begins_later_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, before: str, after: str, advice: str
) -> None:
    with av.open(tmp_path / "in.mov", "w") as container:
        video = container.add_stream("png", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, before
        for index, opacity in enumerate((255, 255, 128, 128)):
            encoder = av.CodecContext.create("png", "w")
            encoder.width, encoder.height, encoder.time_base = 64, 48, Fraction(1, 25)
            encoder.pix_fmt = before if opacity == 255 else after
            picture = np.full((48, 64, 4), (60, 60, 60, opacity), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, "rgba").reformat(format=encoder.pix_fmt)
            frame.pts = index
            for packet in (*encoder.encode(frame), *encoder.encode(None)):
                packet.stream = video
                container.mux(packet)
    enhance(tmp_path / "in.mov", tmp_path / "out.mp4")
    lines = [line for line in caplog.messages if "transparency" in line]
    assert lines == [f"transparency begins after the first frame and is not kept{advice}"]
    assert len(read_frames(tmp_path / "out.mp4")) == 4


def make_transparent(path: Path, codec: str, pixel_format: str) -> Path:
    """Write a clip whose left half is transparent."""
    picture = np.full((48, 64, 4), 60, np.uint8)
    picture[..., 3] = np.where(np.arange(64) < 32, 0, 255)
    with av.open(path.with_suffix(".nut") if codec == "png" else path, "w") as container:
        video = container.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, pixel_format
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(picture, "rgba").reformat(format=pixel_format)
            frame.pts = index
            container.mux(video.encode(frame))
        container.mux(video.encode())
    return path.with_suffix(".nut") if codec == "png" else path


def test_grey_that_is_tagged_as_rgb_is_not_written_so(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mov", codec="png", pixel_format="gray", pts=range(3))
    with VideoReader(source) as reader:
        assert reader.first_frame.format.name == "gray"
    enhance(source, tmp_path / "out.mkv")
    frame = read_frames(tmp_path / "out.mkv")[0]
    assert int(frame.colorspace) != 0  # RGB, which players would take the luma for green
    assert np.ptp(frame.to_ndarray(format="rgb24").astype(int), axis=2).max() <= 1


@pytest.mark.parametrize("codec", [Codec.H264, Codec.AV1])
def test_untagged_grey_keeps_its_range_where_it_is_stored_as_colours(tmp_path: Path, codec: Codec) -> None:
    source = make_clip(tmp_path / "in.avi", codec="rawvideo", pixel_format="gray", pts=range(3))
    enhance(source, tmp_path / "out.mp4", codec)
    before, after = (read_frames(tmp_path / name)[0] for name in ("in.avi", "out.mp4"))
    assert (before.color_range, after.color_range) == (0, 2)
    greys = [frame.reformat(format="rgb24").to_ndarray().astype(int) for frame in (before, after)]
    assert np.abs(greys[1] - greys[0]).mean() < 3


def test_colours_of_a_kind_that_is_not_handled_are_refused(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mkv", colour=BT709 | {"colorspace": 8}, pts=range(3))
    with pytest.raises(
        InputError, match=r"in\.mkv are coded in a way that is not handled \(YCgCo\); convert"
    ):
        enhance(source, tmp_path / "out.mkv")


@pytest.mark.parametrize("colour", [PQ, HLG], ids=["PQ", "HLG"])
def test_hdr_becomes_sdr_on_request(tmp_path: Path, colour: dict[str, int]) -> None:
    source = make_clip(
        tmp_path / "in.mkv",
        codec="libx265",
        pixel_format="yuv420p10le",
        colour=colour,
        options=QUIET,
        pts=range(3),
    )
    enhance(source, tmp_path / "out.mkv", tonemap=True)
    frames = read_frames(tmp_path / "out.mkv")
    assert len(frames) == 3
    assert {(f.color_trc, f.color_primaries, f.colorspace, f.format.name) for f in frames} == {
        (1, 1, 1, "yuv420p10le")
    }
    assert read_times(tmp_path / "out.mkv") == read_times(source)


@pytest.mark.parametrize("codec", [Codec.H264_NVENC, Codec.HEVC_QSV])
def test_software_stands_in_for_hardware_that_is_not_there(
    tmp_path: Path, codec: Codec, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.video.encoding.why_unusable", lambda encoder: "no such device")
    enhance(make_clip(tmp_path / "in.mp4", pts=range(3)), tmp_path / "out.mp4", codec)
    stand_in = {"h264": "libx264", "hevc": "libx265"}[codec.kind]
    assert caplog.messages == [
        f"{codec.value} cannot be used here (no such device); encoding with {stand_in}"
    ]
    with av.open(tmp_path / "out.mp4") as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == codec.kind


def test_hevc_in_mp4_has_the_tag_that_apple_plays(tmp_path: Path) -> None:
    enhance(make_clip(tmp_path / "in.mp4", pts=range(3)), tmp_path / "out.mp4", Codec.HEVC)
    assert b"hvc1" in (tmp_path / "out.mp4").read_bytes()


def test_a_shape_of_pixels_that_would_be_lost_is_refused(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", aspect=Fraction(16, 11), pts=range(3))
    with pytest.raises(OutputError, match=r"pixels of 16:11 cannot be stored with vp9 in a \.webm file"):
        enhance(source, tmp_path / "out.webm", Codec.VP9)


def test_frames_closer_than_the_container_can_tell_are_refused(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", time_base=Fraction(1, 5000), pts=range(5), options={"bf": "0"})
    with pytest.raises(
        OutputError, match=r"faster than the 1 ms that a \.mkv file can tell apart; write \.mp4"
    ):
        enhance(source, tmp_path / "out.mkv")
    enhance(source, tmp_path / "out.mp4")
    assert read_times(tmp_path / "out.mp4") == read_times(source)


@pytest.mark.parametrize("part", [0.97, 0.995])
def test_a_matroska_file_that_lacks_its_last_bytes_is_damaged(tmp_path: Path, part: float) -> None:
    whole = make_clip(tmp_path / "whole.mkv", pts=range(40), options={"g": "1"}, size_wh=(160, 120))
    source = tmp_path / "in.mkv"
    source.write_bytes(whole.read_bytes()[: int(part * whole.stat().st_size)])
    with pytest.raises(InputError, match=r"in\.mkv is damaged: it is cut off after"):
        enhance(source, tmp_path / "out.mkv")
    assert not (tmp_path / "out.mkv").exists()


def test_keeping_what_decodes_loses_only_what_does_not(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mov", codec="png", pixel_format="rgb24", pts=range(40))
    with av.open(path) as container:
        packet = [bytes(packet) for packet in container.demux(video=0) if packet.size][-1]
    data = bytearray(path.read_bytes())
    start = data.index(packet)
    data[start : start + 8] = bytes(8)  # the signature of a PNG file
    path.write_bytes(data)
    enhance(path, tmp_path / "out.mov", keep_partial=True)
    assert len(read_frames(tmp_path / "out.mov")) == 39


FORMATS = [
    "yuv420p",
    "yuv422p",
    "yuv444p",
    "yuv420p10le",
    "yuv444p16le",
    "yuva420p",
    "yuv410p",
    "gray",
    "gray16le",
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size_wh=st.tuples(st.integers(16, 70), st.integers(16, 70)),
    pixel_format=st.sampled_from(FORMATS),
    steps=st.lists(st.integers(1, 5000), min_size=1, max_size=6),
    start=st.integers(0, 10_000),
    time_base=st.sampled_from([Fraction(1, 1000), Fraction(1001, 30_000), Fraction(1, 90_000)]),
)
def test_whatever_the_size_format_and_times_every_sample_and_time_is_kept(
    tmp_path: Path,
    size_wh: tuple[int, int],
    pixel_format: str,
    steps: list[int],
    start: int,
    time_base: Fraction,
) -> None:
    pts = [start + sum(steps[:count]) for count in range(len(steps) + 1)]
    (tmp_path / "out.mkv").unlink(missing_ok=True)
    source = make_clip(
        tmp_path / "in.nut",
        codec="ffv1",
        pixel_format=pixel_format,
        size_wh=size_wh,
        pts=pts,
        time_base=time_base,
        options={"level": "3"},
    )
    if any(after - before < Fraction(1, 500) for before, after in pairwise(pts_in_s(pts, time_base))):
        return  # Matroska may not tell them apart
    enhance(source, tmp_path / "out.mkv", Codec.FFV1)
    before, after = read_frames(source), read_frames(tmp_path / "out.mkv")
    assert [frame.format.name for frame in after] == [pixel_format] * len(pts)
    for old, new in zip(before, after, strict=True):
        for plane_old, plane_new in zip(samples(old), samples(new), strict=True):
            np.testing.assert_array_equal(plane_new, plane_old)
    times = [frame.pts * frame.time_base for frame in after]
    wanted = [time - pts[0] * time_base for time in pts_in_s(pts, time_base)]
    assert all(
        abs(time - times[0] - want) <= Fraction(1, 1000) for time, want in zip(times, wanted, strict=True)
    )


def pts_in_s(pts: list[int], time_base: Fraction) -> list[Fraction]:
    return [tick * time_base for tick in pts]
