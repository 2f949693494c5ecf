from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import OutputError
from realtime.live.frame import EnhancedFrame
from realtime.live.session import LiveSession
from realtime.live.sink import open_sink
from realtime.options import Codec, EncoderOptions, FileOptions

from ...clips import read_frames, read_times, samples
from ...contract.fake_capture import SOUND, grey_frame, piece_of_sound


def open_recording(path: Path, *, overwrite: bool = False, codec: Codec = Codec.AUTO):
    return open_sink(str(path), LiveSession(), EncoderOptions(codec=codec), FileOptions(overwrite=overwrite))


def shown(video: av.VideoFrame, time_s: float) -> EnhancedFrame:
    return EnhancedFrame(original=video, enhanced=video, captured_s=time_s, time_s=time_s)


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.ts", "out.webm"])
def test_frames_keep_their_distances_in_time(tmp_path: Path, name: str) -> None:
    times = [5.0, 5.04, 5.1, 5.3, 7.0]
    sink = open_recording(tmp_path / name)
    for time_s in times:
        sink.show(shown(grey_frame(90), time_s))
    sink.close()
    sink.close()
    found = [float(time - read_times(tmp_path / name)[0]) for time in read_times(tmp_path / name)]
    assert found == pytest.approx([time_s - 5 for time_s in times], abs=1.1e-3)


@pytest.mark.parametrize(("duration_s", "fps"), [(None, 30), (Fraction(1, 60), 60), (Fraction(1, 90000), 30)])
def test_matroska_tells_how_many_frames_a_stream_is_meant_to_have(
    tmp_path: Path, duration_s: Fraction | None, fps: int
) -> None:
    frame = grey_frame(90)
    if duration_s is not None:
        frame.time_base, frame.duration = Fraction(1, 90000), round(90000 * duration_s)
    sink = open_recording(tmp_path / "out.mkv")
    for index in range(4):
        sink.show(shown(frame, index / 50))
    sink.close()
    with av.open(tmp_path / "out.mkv") as container:
        assert container.streams.video[0].average_rate == fps


def test_frames_of_another_size_are_fitted_into_the_first(tmp_path: Path) -> None:
    sink = open_recording(tmp_path / "out.mkv", codec=Codec.FFV1)
    for index, size_wh in enumerate([(64, 48), (128, 96), (96, 36), (48, 96)]):
        sink.show(shown(grey_frame(90, size_wh=size_wh), index / 10))
    sink.close()
    frames = read_frames(tmp_path / "out.mkv")
    assert [(frame.width, frame.height) for frame in frames] == [(64, 48)] * 4
    for frame, (left, top) in zip(frames, [(0, 0), (0, 0), (0, 12), (20, 0)], strict=True):
        luma, *chroma = samples(frame)
        expected = np.full((48, 64), 16)  # black
        expected[top : 48 - top, left : 64 - left] = 90
        assert np.array_equal(luma, expected)
        assert all((plane == 128).all() for plane in chroma)


@pytest.mark.parametrize(("size_wh", "pixel_format"), [((64, 48), "yuv420p"), ((63, 47), "yuv444p")])
def test_frames_of_a_camera_are_stored_as_widely_played_video(
    tmp_path: Path, size_wh: tuple[int, int], pixel_format: str
) -> None:
    width, height = size_wh
    pixels = np.full((height, width, 3), (40, 40, 200), np.uint8)
    sink = open_recording(tmp_path / "out.mp4")
    sink.show(shown(av.VideoFrame.from_ndarray(pixels, "bgr24"), 0.0))
    sink.close()
    (frame,) = read_frames(tmp_path / "out.mp4")
    assert frame.format.name == pixel_format
    assert (frame.colorspace, frame.color_range) == (5, 1)
    codes = [int(np.frombuffer(plane, np.uint8)[0]) for plane in frame.planes]
    assert codes == pytest.approx([91, 104, 198], abs=2)  # of BT.601, by hand


def test_the_frames_shared_with_other_sinks_are_not_touched(tmp_path: Path) -> None:
    video = grey_frame(90, time_s=3.0)
    sink = open_recording(tmp_path / "out.mkv")
    sink.show(shown(video, 0.0))
    sink.show(shown(video, 0.5))
    sink.close()
    assert (video.pts, video.time) == (3000, 3.0)
    assert len(read_frames(tmp_path / "out.mkv")) == 2


def test_without_a_frame_there_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "old.mkv").write_text("precious")
    for name in ("out.mkv", "old.mkv"):
        open_recording(tmp_path / name, overwrite=True).close()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old.mkv": "precious"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.xyz", r"no recording is written as 'out\.xyz'; use \.mp4 or \.mkv"),
        ("out.avi", r"no recording is written as 'out\.avi'; use \.mp4 or \.mkv"),  # which holds no times
        (".", "is a folder; give the name of a file in it"),
        ("nowhere/out.mkv", r"nowhere/out\.mkv \(No such file or directory\); choose another place"),
        ("here.mkv", r"here\.mkv exists; add --overwrite to replace it, or choose another name"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_run(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "here.mkv").write_text("precious")
    with pytest.raises(OutputError, match=message):
        open_recording(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["here.mkv"]
    assert (tmp_path / "here.mkv").read_text() == "precious"


def test_a_codec_that_players_do_not_look_for_there_is_refused(tmp_path: Path) -> None:
    sink = open_recording(tmp_path / "out.mov", codec=Codec.AV1)
    with pytest.raises(
        OutputError, match=r"a \.mov file cannot hold av1; choose another --codec or write \.mkv"
    ):
        sink.show(shown(grey_frame(90), 0.0))
    sink.close()
    assert list(tmp_path.iterdir()) == []


def test_addresses_of_no_sink_are_refused() -> None:
    with pytest.raises(OutputError, match=r"gopher://x is not an output that is known"):
        open_sink("gopher://me:secret@x", LiveSession(), EncoderOptions(), FileOptions())


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.ts", "out.webm"])
def test_sound_is_recorded_if_the_first_frame_has_any(tmp_path: Path, name: str) -> None:
    sink = open_recording(tmp_path / name)
    for index in range(50):
        sink.show(replace(shown(grey_frame(90), 5 + index / 25), sound=SOUND))
        for time_s in (5 + index / 25, 5.01 + index / 25, 5.02 + index / 25, 5.03 + index / 25):
            sink.hear(piece_of_sound(time_s))
    sink.close()
    assert len(read_frames(tmp_path / name)) == 50
    with av.open(tmp_path / name) as container:
        frames = list(container.decode(audio=0))
    assert frames[-1].time + frames[-1].samples / frames[-1].sample_rate == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.ts", "out.webm", "out.3gp"])
def test_frames_stay_in_time_with_the_sound_however_few_they_are(tmp_path: Path, name: str) -> None:
    times = [0.0, 0.7, *(0.8 + index / 7.5 for index in range(30))]
    sink = open_recording(tmp_path / name)
    heard = 0
    for time_s in times:
        sink.show(replace(shown(grey_frame(90), 5 + time_s), sound=SOUND))
        for index in range(heard, round(100 * time_s)):
            sink.hear(piece_of_sound(5 + index / 100))
        heard = round(100 * time_s)
    sink.close()
    with av.open(tmp_path / name) as container:
        (first_sound, *_) = container.demux(audio=0)
    assert first_sound.pts is not None
    begin_s = float(first_sound.pts * first_sound.time_base)
    found = [float(time) - begin_s for time in read_times(tmp_path / name)]
    assert found == pytest.approx(times, abs=0.01)  # Opus begins so much before


def test_sound_that_stops_holds_no_frames_back(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    sink = open_recording(path, codec=Codec.FFV1)
    sink.show(replace(shown(grey_frame(90), 0.0), sound=SOUND))
    sink.hear(piece_of_sound(0.0))
    for index in range(1, 100):
        sink.show(replace(shown(grey_frame(90), index / 25), sound=SOUND))
    assert len(read_frames(path)) > 50  # while it is written
    sink.close()


def test_sound_without_a_track_for_it_is_left_out(tmp_path: Path) -> None:
    sink = open_recording(tmp_path / "out.mkv")
    sink.hear(piece_of_sound(0.0))
    sink.show(shown(grey_frame(90), 0.0))
    sink.hear(piece_of_sound(0.0))
    sink.close()
    with av.open(tmp_path / "out.mkv") as container:
        assert [stream.type for stream in container.streams] == ["video"]
