from __future__ import annotations

import json
from pathlib import Path

import pytest

from realtime.errors import OutputError
from realtime.live.browser.feedback import FeedbackFolder
from realtime.options import EnhancerOptions, SmoothingOptions

from .preview import Visitor, pixels_of, plain_frame, serving


def vote(visitor: Visitor, body: bytes) -> tuple[int, bytes]:
    answer, text = visitor.request("/feedback", "POST", body, visitor.origin)
    return answer.status, text


@pytest.mark.parametrize("verdict", ["up", "down"])
def test_a_verdict_is_kept_with_the_settings_and_the_frame(tmp_path: Path, verdict: str) -> None:
    folder = tmp_path / "what" / "viewers think"
    with serving(feedback=folder) as visitor:
        with visitor.watch() as watcher:
            assert watcher.next_status()["feedback"] is True
        visitor.sink.show(plain_frame(30, 90, size_wh=(960, 540)))
        visitor.session.settings.change(strength=0.5)
        status, text = vote(visitor, json.dumps({"verdict": verdict}).encode())
    assert status == 200
    name = json.loads(text)["saved"]
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.json",
        f"{name}-original.png",
        f"{name}-enhanced.png",
    }
    record = json.loads((folder / f"{name}.json").read_text())
    assert (record["verdict"], record["size_wh"]) == (verdict, [960, 540])
    assert (record["settings"]["strength"], record["settings"]["model"]) == (0.5, "context")
    for which, level in (("original", 30), ("enhanced", 90)):
        pixels = pixels_of((folder / record[which]).read_bytes())
        assert pixels.shape == (270, 480, 3)
        assert (pixels == level).all()


def test_nothing_is_asked_or_kept_unless_a_folder_is_named() -> None:
    with serving() as visitor:
        visitor.sink.show(plain_frame())
        with visitor.watch() as watcher:
            assert watcher.next_status()["feedback"] is False
        assert vote(visitor, b'{"verdict": "up"}') == (404, b"Not Found")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"up",
        b'"up"',
        b"{}",
        b'{"verdict": ["up"]}',
        b'{"verdict": "../../up"}',
        b'{"verdict": "up"}' + 2000 * b" ",
        b"\xff",
    ],
)
def test_nonsense_is_refused_and_nothing_written(tmp_path: Path, body: bytes) -> None:
    with serving(feedback=tmp_path) as visitor:
        visitor.sink.show(plain_frame())
        assert vote(visitor, body) == (400, b"The verdict is up or down.\n")
    assert list(tmp_path.iterdir()) == []


def test_before_the_first_frame_there_is_nothing_to_keep(tmp_path: Path) -> None:
    with serving(feedback=tmp_path) as visitor:
        assert vote(visitor, b'{"verdict": "up"}') == (503, b"There is no picture yet.\n")


def test_a_folder_that_is_gone_is_reported_to_the_viewer(tmp_path: Path) -> None:
    folder = tmp_path / "feedback"
    with serving(feedback=folder) as visitor:
        visitor.sink.show(plain_frame())
        folder.rmdir()
        status, text = vote(visitor, b'{"verdict": "up"}')
    assert status == 507
    assert text.startswith(b"cannot write to the folder")


def test_a_folder_that_cannot_be_made_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"^cannot make the folder .*file for feedback .*; choose another$"):
        FeedbackFolder(tmp_path / "file")


def test_verdicts_in_quick_succession_are_all_kept(tmp_path: Path) -> None:
    folder = FeedbackFolder(tmp_path)
    options = EnhancerOptions(smoothing=SmoothingOptions(seconds=1.5))
    names = {folder.save("up", plain_frame(), options, "cpu") for _ in range(5)}
    assert len(names) == 5
    assert len(list(tmp_path.glob("*.json"))) == 5
    record = json.loads((tmp_path / f"{min(names)}.json").read_text())
    assert record["settings"]["smoothing"]["seconds"] == 1.5
    assert record["backend"] == "cpu"
