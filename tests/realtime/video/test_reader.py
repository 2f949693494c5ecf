"""Frames come in order with usable times, and what is damaged or not handled is said."""

from __future__ import annotations

import shutil
import socket
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from realtime.errors import DamagedInputError, InputError
from realtime.stage_times import StageTimes
from realtime.video.reader import VideoReader

from ...clips import HLG, PQ, make_clip, make_sound, read_packets, read_times

# FFmpeg decodes as many frames at the same time; an error at the end of a file takes them with it.
MOST_THREADS = 16


def shown_at(path: Path) -> list[Fraction]:
    with VideoReader(path) as reader:
        return [item.pts * item.time_base for item in reader if isinstance(item, av.VideoFrame)]


def test_frames_come_in_order_of_presentation_with_their_own_times(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mkv", pts=[3, 4, 9, 10, 11, 20], options={"bf": "3"})
    assert shown_at(path) == [Fraction(pts, 25) for pts in (3, 4, 9, 10, 11, 20)]


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "ffv1"])
def test_avi_frames_come_evenly_though_only_their_decoding_order_is_stored(
    tmp_path: Path, codec: str
) -> None:
    path = make_clip(tmp_path / "in.avi", codec=codec, options={} if codec == "ffv1" else {"bf": "2"})
    assert shown_at(path) == [Fraction(index, 25) for index in range(12)]


def test_raw_streams_get_times_from_their_rate(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.h264", options={"bf": "0"})
    times = shown_at(path)
    assert len(times) == 12
    assert {after - before for before, after in pairwise(times)} == {Fraction(1, 25)}


def test_the_first_frame_is_there_at_once_and_comes_again(tmp_path: Path) -> None:
    with VideoReader(make_clip(tmp_path / "in.mp4")) as reader:
        first = next(item for item in reader if isinstance(item, av.VideoFrame))
        assert first is reader.first_frame


def test_packets_of_other_tracks_are_handed_on_whole(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mp4", other_tracks=True)
    with VideoReader(path) as reader:
        assert [stream.type for stream in reader.copied] == ["audio", "subtitle"]
        packets = [item for item in reader if not isinstance(item, av.VideoFrame)]
        audio = [bytes(packet) for packet in packets if packet.stream.type == "audio"]
    assert audio == [packet.data for packet in read_packets(path, "audio")]


def test_a_cover_picture_is_not_the_video(tmp_path: Path) -> None:
    cover, path = (
        make_clip(tmp_path / "cover.mp4", codec="mjpeg", pixel_format="yuvj420p"),
        tmp_path / "in.mp4",
    )
    with av.open(cover) as source, av.open(path, "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.disposition = av.stream.Disposition.attached_pic
        packet = next(source.demux(video=0))
        packet.stream = stream
        target.mux(packet)
    with pytest.raises(InputError, match=r"in\.mp4 holds no video; give a file with a video track"):
        VideoReader(path)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_the_number_of_frames_is_foretold(tmp_path: Path, suffix: str) -> None:
    with VideoReader(make_clip(tmp_path / f"in{suffix}")) as reader:
        assert reader.expected_frames == pytest.approx(12, abs=1)  # by the duration, where it is not stored


def test_decoding_is_timed(tmp_path: Path) -> None:
    times = StageTimes()
    with VideoReader(make_clip(tmp_path / "in.mp4"), times=times) as reader:
        list(reader)
    assert list(times.mean_ms(1)) == ["decode"]


def test_closing_twice_is_allowed(tmp_path: Path) -> None:
    reader = VideoReader(make_clip(tmp_path / "in.mp4"))
    reader.close()
    reader.close()


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_a_late_start_is_no_damage(tmp_path: Path, suffix: str) -> None:
    assert len(shown_at(make_clip(tmp_path / f"in{suffix}", pts=range(50, 62)))) == 12


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_file_that_is_cut_off_ends_with_an_error_after_its_frames(tmp_path: Path, suffix: str) -> None:
    whole = make_clip(tmp_path / f"whole{suffix}", pts=range(40), options={"g": "1"}, size_wh=(160, 120))
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole.read_bytes()[: int(0.6 * whole.stat().st_size)])
    frames = []
    with VideoReader(cut) as reader, pytest.raises(DamagedInputError, match=r"is damaged: .*--keep-partial"):
        frames.extend(item for item in reader if isinstance(item, av.VideoFrame))
    # The one that is cut through may be kept, those that were being decoded may be lost.
    whole_packets = sum(packet.data in cut.read_bytes() for packet in read_packets(whole, "video"))
    assert whole_packets < 40
    assert whole_packets - MOST_THREADS <= len(frames) <= whole_packets + 1


@pytest.mark.parametrize(
    ("index", "least"), [(5, 39), (39, 39 - MOST_THREADS)], ids=["in the middle", "at the end"]
)
def test_a_frame_that_cannot_be_decoded_is_damage(tmp_path: Path, index: int, least: int) -> None:
    path = make_clip(tmp_path / "in.mov", codec="png", pixel_format="rgb24", pts=range(40))
    data = bytearray(path.read_bytes())
    start = data.index(read_packets(path, "video")[index].data)
    data[start : start + 8] = bytes(8)  # the signature of a PNG file
    path.write_bytes(data)
    frames = []
    with VideoReader(path) as reader, pytest.raises(DamagedInputError, match=r"frames? cannot be decoded"):
        frames.extend(item for item in reader if isinstance(item, av.VideoFrame))
    assert least <= len(frames) <= 39


@pytest.mark.parametrize(("colour", "name"), [(PQ, "PQ"), (HLG, "HLG")])
def test_hdr_is_refused(tmp_path: Path, colour: dict[str, int], name: str) -> None:
    path = make_clip(tmp_path / "in.mkv", codec="libx265", pixel_format="yuv420p10le", colour=colour)
    with pytest.raises(InputError, match=rf"is HDR video \({name}\), .*; --tonemap makes it SDR"):
        VideoReader(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "does not exist; check the name"),
        (b"", r"is not a video that can be read \(the file is empty\)"),
        (b"just text, and nothing that moves", r"is not a video that can be read \(.+\)"),
    ],
    ids=["missing", "empty", "text"],
)
def test_a_file_that_is_no_video_is_refused(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / "in.mp4").write_bytes(content)
    with pytest.raises(InputError, match=rf"in\.mp4 {complaint}"):
        VideoReader(tmp_path / "in.mp4")


def test_a_name_that_looks_like_an_address_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.move(make_clip(tmp_path / "in.mp4"), "http:in.mp4")
    VideoReader(Path("http:in.mp4")).close()


def test_a_playlist_opens_no_address(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        playlist = f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{server.getsockname()[1]}/x.ts\n"
        (tmp_path / "in.m3u8").write_text(playlist)
        with pytest.raises(InputError, match=r"in\.m3u8 "):
            VideoReader(tmp_path / "in.m3u8")
        with pytest.raises(BlockingIOError, match="unavailable"):  # nobody called
            server.accept()


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"in\.m4a holds only sound; give a file with a video track"):
        VideoReader(make_sound(tmp_path / "in.m4a"))


def test_times_that_stand_still_are_moved_on(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mkv", codec="ffv1", pts=[0, 1, 1, 1, 2])
    assert read_times(path) == [Fraction(ms, 1000) for ms in (0, 40, 40, 40, 80)]
    assert shown_at(path) == [Fraction(ms, 1000) for ms in (0, 40, 41, 42, 80)]
