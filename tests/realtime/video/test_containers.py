"""One file is opened and nothing that it names, and containers are known by what they can hold."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from realtime.errors import InputError, OutputError
from realtime.video.containers import (
    MOST_PIXELS,
    can_hold,
    container_for,
    muxer_of,
    muxer_options,
    open_input,
)
from realtime.video.reader import VideoReader

from ...clips import make_clip, make_sound

LISTS = {
    "in.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n",
    "in.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n",
    "in.ffconcat": "ffconcat version 1.0\nfile secret.ts\n",
    "in.mkv": "ffconcat version 1.0\nfile secret.ts\n",
    "in.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_other_files_are_refused(tmp_path: Path, name: str) -> None:
    make_clip(tmp_path / "secret.ts")
    (tmp_path / name).write_text(LISTS[name])
    with pytest.raises(InputError, match=r"cannot? be read|can be read \(it is a list of other files"):
        open_input(tmp_path / name)


def test_a_pattern_in_a_name_is_a_name(tmp_path: Path) -> None:
    for name in ("frame1.jpg", "frame2.jpg", "frame%d.jpg"):
        make_clip(tmp_path / name, codec="mjpeg", pixel_format="yuvj420p", pts=range(1), muxer="image2pipe")
    with open_input(tmp_path / "frame%d.jpg") as container:
        assert len(list(container.decode(video=0))) == 1


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a file; give a video"):
        open_input(tmp_path)


def test_more_pixels_than_fit_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.nut", codec="rawvideo", size_wh=(64, 48), pts=range(1))
    data = path.read_bytes()
    # The codec's tag in the header, then flags, and width and height as numbers of 7 bits a byte.
    size = data.index(bytes([64, 48]))
    huge = data[:size] + bytes([0xFF, 0x7F, 0xFF, 0x7F]) + data[size + 2 :]
    path.write_bytes(huge)
    with pytest.raises(InputError, match=r"in\.nut "):
        VideoReader(path)
    assert MOST_PIXELS >= 7680 * 4320


@pytest.mark.parametrize(
    ("codec", "holders"),
    [
        ("aac", {".mp4", ".mov", ".mkv", ".ts", ".MTS"}),
        ("ac3", {".mp4", ".mov", ".mkv", ".ts", ".MTS"}),
        ("pcm_s16le", {".mp4", ".mov", ".mkv"}),
        ("pcm_bluray", {".MTS"}),
        ("libopus", {".mp4", ".mkv", ".webm", ".ts", ".MTS"}),
        ("wmav2", set()),
    ],
)
def test_containers_are_asked_what_they_hold(tmp_path: Path, codec: str, holders: set[str]) -> None:
    name = {"wmav2": "in.wma", "pcm_bluray": "in.m2ts"}.get(codec, "in.mka")
    path = make_sound(tmp_path / name, codec=codec, rate=48_000)
    with av.open(path) as container:
        stream = container.streams[0]
        suffixes = (".mp4", ".mov", ".mkv", ".webm", ".ts", ".MTS")
        assert {suffix for suffix in suffixes if can_hold(suffix, stream)} == holders
        assert container_for(stream) == (".mkv" if ".mkv" in holders else None)


@pytest.mark.parametrize("name", ["out.ogv", "out.mpg", "out.wmv", "out.gif", "out.avi", "out.xyz"])
def test_files_that_are_not_written_are_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(OutputError, match=r"are not written; use \.mkv \.mp4 \.mov \.webm \.ts"):
        muxer_of(Path(name))


@pytest.mark.parametrize(
    ("ticks_in_a_second", "units"),
    [
        ([25, 48_000], {"movie_timescale": "48000"}),
        ([90_000, 44_100], {"movie_timescale": "4410000"}),
        ([12_800, None], {"movie_timescale": "12800"}),
        ([2**31 - 1], {"movie_timescale": "2147483647"}),
        ([2**31], {}),
    ],
)
def test_starts_of_tracks_are_stored_in_units_that_fit_all_of_them(
    ticks_in_a_second: list[int | None], units: dict[str, str]
) -> None:
    tracks = [SimpleNamespace(time_base=ticks and Fraction(1, ticks)) for ticks in ticks_in_a_second]
    assert muxer_options("mp4", ".mp4", tracks, ["title"]) == {"movflags": "+faststart"} | units
