"""Sound beside live video: every sample is where its time says, whatever came before."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.live.sound import Sound, SoundFormat
from realtime.live.sound_track import SoundTrack

RATE = 16_000
MONO = SoundFormat(rate=RATE, channels=1)
PIECE_S = 0.02


def piece(time_s: float, *, duration_s: float = PIECE_S, sound: SoundFormat = MONO) -> Sound:
    """Return a piece of a tone of 1 kHz, loud enough to tell it from silence."""
    times_s = np.arange(round(duration_s * sound.rate)) / sound.rate
    tone = (8000 * np.sin(2000 * np.pi * times_s)).astype(np.int16)
    return Sound(samples=np.repeat(tone[:, None], sound.channels, 1), format=sound, time_s=time_s)


def recorded(path: Path, pieces: list[Sound], sound: SoundFormat = MONO) -> NDArray[np.bool_]:
    """Return whether there is sound in each 10 ms from the beginning of a recording, to its end."""
    with av.open(path, "w") as container:
        track = SoundTrack(container, sound)
        container.start_encoding()
        for each in pieces:
            container.mux(track.encode(each, each.time_s))
        container.mux(track.finish())
    loud = np.zeros(0, bool)
    with av.open(path) as container:
        resampler = av.AudioResampler("s16", "mono", RATE)
        for frame in (each for heard in container.decode(audio=0) for each in resampler.resample(heard)):
            begin = round(frame.time * RATE)
            samples = np.abs(frame.to_ndarray()[0].astype(int)) > 1500
            loud = np.concatenate([loud, np.zeros(max(begin + len(samples) - len(loud), 0), bool)])
            loud[begin : begin + len(samples)] |= samples
    cells = RATE // 100
    return loud[: len(loud) // cells * cells].reshape(-1, cells).any(axis=1)


def edges(loud: NDArray[np.bool_]) -> list[float]:
    """Return when sound begins and ends, in turns, in seconds."""
    steps = np.diff(np.concatenate([[False], loud, [False]]).astype(int))
    return [float(index) / 100 for index in np.flatnonzero(steps)]


def run_of(begin_s: float, end_s: float) -> list[Sound]:
    return [piece(begin_s + PIECE_S * index) for index in range(round((end_s - begin_s) / PIECE_S))]


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.webm", "out.ts"])
def test_silence_takes_the_place_of_what_is_missing(tmp_path: Path, name: str) -> None:
    found = edges(recorded(tmp_path / name, [*run_of(0.3, 0.7), *run_of(1.5, 2.0)]))
    assert found == pytest.approx([0.3, 0.7, 1.5, 2.0], abs=0.025)


def test_times_that_are_counted_coarsely_leave_no_gaps(tmp_path: Path) -> None:
    jitter = np.random.default_rng(0).uniform(-0.03, 0.03, 100)
    pieces = [piece(PIECE_S * index + jitter[index] * bool(index)) for index in range(100)]
    assert edges(recorded(tmp_path / "out.mkv", pieces)) == pytest.approx([0.0, 2.0], abs=0.07)


def test_a_clock_that_drifts_is_followed(tmp_path: Path) -> None:
    # 1 % more time than samples: after ten seconds the last piece is still where it belongs.
    pieces = [piece(1.01 * PIECE_S * index) for index in range(500)]
    assert edges(recorded(tmp_path / "out.mkv", pieces))[-1] == pytest.approx(10.1, abs=0.06)


def test_what_was_heard_already_or_before_the_video_began_is_left_out(tmp_path: Path) -> None:
    pieces = [*run_of(-1.0, 0.5), *run_of(0.2, 1.0)]
    found = edges(recorded(tmp_path / "out.mkv", pieces))
    assert found == pytest.approx([0.0, 1.0], abs=0.07)


def test_a_long_loss_takes_no_room(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    found = edges(recorded(path, [*run_of(0.0, 0.5), *run_of(3600.0, 3600.5)]))
    assert found[-1] == pytest.approx(3600.5, abs=0.1)
    assert path.stat().st_size < 20_000


def test_sound_of_another_kind_is_left_out(tmp_path: Path) -> None:
    other = piece(0.5, duration_s=0.5, sound=SoundFormat(rate=8000, channels=1))
    found = edges(recorded(tmp_path / "out.mkv", [*run_of(0.0, 0.5), other, *run_of(1.5, 2.0)]))
    assert found == pytest.approx([0.0, 0.5, 1.5, 2.0], abs=0.07)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (48_000, 2), (96_000, 2), (22_051, 1)])
@pytest.mark.parametrize("name", ["out.mp4", "out.webm"])
def test_any_rate_can_be_stored(tmp_path: Path, name: str, rate: int, channels: int) -> None:
    sound = SoundFormat(rate=rate, channels=channels)
    pieces = [piece(0.1 * index, duration_s=0.1, sound=sound) for index in range(10)]
    assert edges(recorded(tmp_path / name, pieces, sound))[-1] == pytest.approx(1.0, abs=0.1)
    with av.open(tmp_path / name) as container:
        assert container.streams.audio[0].channels == channels
