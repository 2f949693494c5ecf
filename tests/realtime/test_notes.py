"""Notes are said at once, or by whom they were held back for."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from realtime.notes import note, notes_held
from realtime.video.overlap import overlapped


def test_a_note_is_said_at_once(caplog: pytest.LogCaptureFixture) -> None:
    note("%s is %d years old", "it", 3)
    assert caplog.messages == ["it is 3 years old"]


def test_held_notes_are_the_callers_to_say(caplog: pytest.LogCaptureFixture) -> None:
    with notes_held() as notes:
        note("one of %d", 2)
        note("two of %d", 2)
    note("three")
    assert notes == ["one of 2", "two of 2"]
    assert caplog.messages == ["three"]


def test_what_holds_of_several_pictures_of_a_file_is_said_once() -> None:
    with notes_held() as notes:
        for number in (1, 2, 1):
            note("damage of kind %d", number)
    assert notes == ["damage of kind 1", "damage of kind 2"]


def test_notes_of_overlapped_work_are_held_with_those_of_its_consumer() -> None:
    def work(name: str) -> list[str]:
        def noting() -> Iterator[int]:
            note("%s from a thread", name)
            yield 1

        with notes_held() as notes:
            note("%s before", name)
            inner = overlapped(noting(), depth=1, name="inner")
            assert list(overlapped(inner, depth=1, name="outer")) == [1]
        return notes

    found: dict[str, list[str]] = {}
    threads = [
        threading.Thread(target=lambda name=name: found.update({name: work(name)})) for name in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: [f"{name} before", f"{name} from a thread"] for name in ("a", "b")}
