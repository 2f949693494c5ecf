"""Videos on web servers, whole and in pieces that a playlist lists."""

from __future__ import annotations

import logging
from itertools import takewhile
from pathlib import Path
from typing import ClassVar

import pytest

from realtime.live.options import CaptureOptions
from realtime.live.source import open_source
from realtime.live.stats import LiveStats

from ...clips import make_clip
from .waiting import take, wait_until
from .web_server import Files, served


def live_playlist(folder: Path) -> tuple[Path, str]:
    """Make a playlist of 13 frames that may get longer, and the text that completes it."""
    playlist = make_clip(folder / "clip.m3u8", pts=range(13))
    whole = playlist.read_text()
    playlist.write_text(whole.replace("#EXT-X-ENDLIST\n", ""))
    return playlist, whole


@pytest.mark.parametrize("name", ["clip.mp4", "clip.m3u8"])
def test_a_video_on_a_web_server_plays_at_its_pace_and_ends(tmp_path: Path, name: str) -> None:
    make_clip(tmp_path / name, pts=range(13))
    stats = LiveStats()
    with served(tmp_path) as folder, open_source(f"{folder}/{name}", stats=stats) as source:
        frames = list(takewhile(lambda _: not stats.snapshot().reconnects, source))
    assert stats.snapshot().reconnects == 0
    assert frames[-1].time_s - frames[0].time_s == pytest.approx(12 / 25, abs=0.05)
    assert frames[-1].captured_s - frames[0].captured_s >= 12 / 25 - 0.1


def test_a_live_playlist_that_is_completed_ends_after_its_last_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    playlist, whole = live_playlist(tmp_path)
    stats, options = LiveStats(), CaptureOptions(timeout_s=0.7)
    with served(tmp_path) as folder, open_source(f"{folder}/clip.m3u8", options, stats=stats) as source:
        first = take(source)
        playlist.write_text(whole)
        *_, last = source
    assert stats.snapshot().captured == 13
    assert last.time_s - first.time_s == pytest.approx(12 / 25, abs=0.05)
    assert caplog.messages == []
    assert stats.snapshot().connected


def test_a_live_playlist_that_is_lost_is_waited_for(tmp_path: Path) -> None:
    playlist, _ = live_playlist(tmp_path)
    live = playlist.read_text()
    stats, options = LiveStats(), CaptureOptions(timeout_s=0.7)
    with served(tmp_path) as folder, open_source(f"{folder}/clip.m3u8", options, stats=stats) as source:
        take(source)
        playlist.unlink()
        wait_until(lambda: not stats.snapshot().connected)
        playlist.write_text(live)
        wait_until(lambda: stats.snapshot().reconnects == 1)


def test_a_live_playlist_that_is_completed_while_it_is_lost_has_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    playlist, whole = live_playlist(tmp_path)
    stats, options = LiveStats(), CaptureOptions(timeout_s=0.7)
    with served(tmp_path) as folder, open_source(f"{folder}/clip.m3u8", options, stats=stats) as source:
        take(source)
        playlist.unlink()
        wait_until(lambda: not stats.snapshot().connected)
        playlist.write_text(whole)
        assert len(list(source)) <= 1
    lost, ended = caplog.messages
    assert "/clip.m3u8 was lost (" in lost
    assert ended.endswith("/clip.m3u8 has ended")


class Noting(Files):
    """Notes what is asked for."""

    paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:  # noqa: N802
        self.paths.append(self.path)
        super().do_GET()


def test_of_a_playlist_the_best_variant_is_shown_and_no_other_fetched(tmp_path: Path) -> None:
    sizes_wh = {"small": (64, 48), "large": (128, 96), "medium": (96, 72)}
    variants = ["#EXTM3U"]
    for name, size_wh in sizes_wh.items():
        make_clip(tmp_path / f"{name}.ts", size_wh=size_wh, pts=range(10))
        pieces = ["#EXTM3U", "#EXT-X-TARGETDURATION:1"]
        for index in range(5):
            (tmp_path / f"{name}{index}.ts").write_bytes((tmp_path / f"{name}.ts").read_bytes())
            pieces += ["#EXT-X-DISCONTINUITY", "#EXTINF:0.4", f"{name}{index}.ts"]
        (tmp_path / f"{name}.m3u8").write_text("\n".join([*pieces, "#EXT-X-ENDLIST"]))
        variants += [f"#EXT-X-STREAM-INF:BANDWIDTH={size_wh[0]}000", f"{name}.m3u8"]
    (tmp_path / "all.m3u8").write_text("\n".join(variants))
    with served(tmp_path, Noting) as folder, open_source(f"{folder}/all.m3u8") as source:
        frame = take(source)
        wait_until(lambda: "/large4.ts" in Noting.paths)
    assert (frame.video.width, frame.video.height) == sizes_wh["large"]
    assert not {"/small4.ts", "/medium4.ts"} & set(Noting.paths)
