"""The sample clip is what its README says, and the script still makes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

SAMPLES = Path(__file__).parents[2] / "samples"
CLIP = SAMPLES / "night_walk.mp4"


class Recording(NamedTuple):
    """What was decoded: luma (frames, height, width) in [0, 1] of nominal, and sound (channels, samples)."""

    luma: np.ndarray
    sound: np.ndarray


@pytest.fixture(scope="module")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("samples") / "small.mp4"
    result = make(path, "--height", "180", "--seconds", "1")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(path))
    return path


@pytest.fixture(scope="module")
def committed() -> Recording:
    return decoded(CLIP)


def test_the_clip_is_small_enough_for_a_repository() -> None:
    assert CLIP.stat().st_size < 1_500_000


def test_the_clip_is_five_seconds_of_720p_at_30_frames(committed: Recording) -> None:
    assert committed.luma.shape == (150, 720, 1280)
    with av.open(CLIP) as container:
        video = container.streams.video[0]
        assert (video.average_rate, video.duration * video.time_base) == (30, 5)
        assert container.streams.audio[0].duration * container.streams.audio[0].time_base == pytest.approx(
            5, abs=0.05
        )


def test_the_clip_is_dark(committed: Recording) -> None:
    brightness = committed.luma.mean(axis=(1, 2))
    assert 0.05 < brightness.min() < brightness.mean() < brightness.max() < 0.12


def test_the_light_changes_slowly_but_for_the_one_cut(committed: Recording) -> None:
    brightness = committed.luma.mean(axis=(1, 2))
    gallery, cup = brightness[:90], brightness[90:]
    assert gallery[0] > 1.2 * gallery[-1]
    assert max(np.abs(np.diff(gallery)).max(), np.abs(np.diff(cup)).max()) < 0.002


def test_the_clip_is_heard(committed: Recording) -> None:
    assert committed.sound.shape[0] == 2
    assert 0.05 < committed.sound.std() < np.abs(committed.sound).max() < 0.6


def test_the_committed_clip_has_one_cut_after_three_seconds(committed: Recording) -> None:
    assert_one_cut(committed.luma, at=90, ratio=4)


def test_the_script_makes_a_clip_of_any_size(small_clip: Path) -> None:
    luma, sound = decoded(small_clip)
    assert luma.shape == (30, 180, 320)
    assert 0.05 < luma.mean() < 0.12
    assert_one_cut(luma, at=18, ratio=1.5)  # the camera is five times as fast
    assert sound.std() > 0.05


@pytest.mark.parametrize("path", [CLIP, None], ids=["committed", "made now"])
def test_streams_are_tagged_and_ready_for_streaming(path: Path | None, small_clip: Path) -> None:
    path = path or small_clip
    with av.open(path) as container:
        video, audio = container.streams.video[0].codec_context, container.streams.audio[0].codec_context
        assert (video.name, video.pix_fmt, audio.name, audio.rate) == ("h264", "yuv420p", "aac", 48_000)
        assert (video.color_range, video.colorspace) == (ColorRange.MPEG, Colorspace.ITU709)
        assert (video.color_primaries, video.color_trc) == (ColorPrimaries.BT709, ColorTrc.BT709)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # the index comes first


def test_the_same_clip_is_made_again(small_clip: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    make(again, "--height", "180", "--seconds", "1")
    assert again.read_bytes() == small_clip.read_bytes()


def test_a_place_that_cannot_be_written_to_is_named() -> None:
    result = make("/dev/null/clip.mp4", "--height", "90", "--seconds", "0.5")
    assert result.returncode == 1
    assert "error: cannot write /dev/null/clip.mp4 (Not a directory)" in result.stderr


def test_an_odd_height_is_wrong_usage() -> None:
    result = make("clip.mp4", "--height", "100")
    assert result.returncode == 2
    assert "100 is not a multiple of 18" in result.stderr


def make(*arguments: str | Path) -> CompletedProcess[str]:
    pytest.importorskip("skimage", reason="the photographs are in scikit-image, which training installs")
    command = [sys.executable, SAMPLES / "make_night_walk.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def decoded(path: Path) -> Recording:
    with av.open(path) as container:
        luma = np.stack([frame.to_ndarray()[: frame.height] for frame in container.decode(video=0)])
    with av.open(path) as container:
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    return Recording((luma.astype(np.float32) - 16) / 219, sound)


def assert_one_cut(luma: np.ndarray, at: int, ratio: float) -> None:
    """Check that one frame differs from the one before it by so much more than any other does."""
    frames, height, width = luma.shape
    coarse = luma.reshape(frames, 36, height // 36, 64, width // 64).mean(axis=(2, 4))
    changes = np.abs(np.diff(coarse, axis=0)).mean(axis=(1, 2))
    assert np.argmax(changes) + 1 == at
    second, first = np.sort(changes)[-2:]
    assert first > ratio * second
