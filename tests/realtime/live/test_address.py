from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.live.address import can_change_settings, input_kind, is_live, output_kind, without_secrets


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0", "camera"),
        ("/dev/video12", "camera"),
        ("csi://0", "csi"),
        ("rtsp://cam/1", "stream"),
        ("RTSP://cam/1", "stream"),
        ("https://cam/live.m3u8", "stream"),
        ("rtmp://server/live/name", "stream"),
        ("udp://@239.0.0.1:5004", "stream"),
        ("lavfi:testsrc2=size=64x48", "synthetic"),
        ("clip.mp4", "file"),
        ("./0", "file"),
        ("folder/", "file"),
        ("rtsp.mp4", "file"),
        ("/dev/video", "file"),
        ("gopher://x", None),
    ],
)
def test_inputs_are_told_apart(address: str, kind: str | None) -> None:
    assert input_kind(address) == kind


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("null://", "null"),
        ("display://", "display"),
        ("v4l2:///dev/video2", "virtual camera"),
        ("rtsp://h/x", "publish"),
        ("out.mkv", "file"),
        ("/tmp/a.mp4", "file"),
        ("gopher://x", None),
    ],
)
def test_outputs_are_told_apart(address: str, kind: str | None) -> None:
    assert output_kind(address) == kind


@pytest.mark.parametrize(
    ("source", "outputs", "live"),
    [
        ("clip.mp4", ["out.mp4"], False),
        ("folder", ["out"], False),
        ("clip.mp4", [], False),
        ("clip.mp4", ["display://"], True),
        ("clip.mp4", ["out.mp4", "null://"], True),
        ("0", [], True),
        ("rtsp://cam", ["out.mp4"], True),
        ("gopher://x", ["out.mp4"], True),
    ],
)
def test_files_are_shown_live_where_they_are_not_written(source: str, outputs: list[str], live: bool) -> None:
    assert is_live(source, outputs) == live


@pytest.mark.parametrize(
    ("outputs", "can"),
    [
        (["display://"], True),
        (["live.mkv", "http://:8080"], True),
        (["live.mkv", "null://", "v4l2:///dev/video2", "rtsp://h/x"], False),
        ([], False),
    ],
)
def test_windows_and_pages_let_settings_be_changed(outputs: list[str], can: bool) -> None:
    assert can_change_settings(outputs) == can


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://host:554/stream", "rtsp://host:554/stream"),
        ("rtsp://me:pw@host/stream", "rtsp://host/stream"),
        ("http://host/video?user=me&pwd=pw", "http://host/video"),
        ("/dev/video0", "/dev/video0"),
        ("a@b.mp4", "a@b.mp4"),
    ],
)
def test_addresses_are_shown_without_secrets(address: str, shown: str) -> None:
    assert without_secrets(address) == shown


@given(st.text(st.characters(codec="ascii"), min_size=1))
def test_no_password_whatever_it_holds_is_ever_shown(password: str) -> None:
    shown = without_secrets(f"rtsp://user:SECRET{password}@host/stream")
    assert "SECRET" not in shown
    assert shown.endswith("host/stream")
