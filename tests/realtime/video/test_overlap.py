"""Work in a thread of its own keeps its order, hands on its errors and leaves nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

import pytest

from realtime.video.overlap import overlapped

NAME = "overlap-test"


class Source:
    """Counts upwards in a generator, and tells how far it came and how it ended."""

    def __init__(self, stop: int | None = None, error: BaseException | None = None) -> None:
        self.given = 0
        self.threads: set[str] = set()
        self.closed = threading.Event()
        self._stop, self._error = stop, error

    def __iter__(self) -> Iterator[int]:
        return self.numbers()

    def numbers(self) -> Iterator[int]:
        try:
            for number in count():
                if number == self._stop:
                    break
                self.threads.add(threading.current_thread().name)
                self.given += 1
                yield number
            if self._error is not None:
                raise self._error
        finally:
            self.closed.set()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert NAME not in {thread.name for thread in threading.enumerate()}


def test_the_order_is_kept_and_the_work_is_done_elsewhere() -> None:
    source = Source(stop=200)
    assert list(overlapped(source, depth=3, name=NAME)) == list(range(200))
    assert source.threads == {NAME}


def test_no_items_are_no_error() -> None:
    assert list(overlapped([], depth=1, name=NAME)) == []


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt("broken"), SystemExit("broken")])
def test_an_error_comes_after_the_items_before_it(error: BaseException) -> None:
    numbers = overlapped(Source(stop=5, error=error), depth=2, name=NAME)
    assert [next(numbers) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(type(error), match="broken"):
        next(numbers)


def test_nothing_is_started_before_it_is_asked_for() -> None:
    source = Source()
    numbers = overlapped(source, depth=2, name=NAME)
    numbers.close()
    assert source.given == 0


def test_closing_stops_the_thread_and_closes_the_generator_in_it() -> None:
    source = Source()
    numbers = overlapped(source.numbers(), depth=2, name=NAME)
    assert [next(numbers), next(numbers)] == [0, 1]
    numbers.close()
    assert source.closed.is_set()
    # Two were taken, two wait in the queue, one waits for room.
    assert source.given <= 5


def test_an_error_of_the_consumer_stops_the_thread() -> None:
    source = Source()

    def consume() -> None:
        numbers = overlapped(source.numbers(), depth=2, name=NAME)
        try:
            for number in numbers:
                raise ValueError(f"cannot use {number}")
        finally:
            numbers.close()

    with pytest.raises(ValueError, match="cannot use 0"):
        consume()
    assert source.closed.is_set()


def test_stages_can_be_chained_and_are_closed_together() -> None:
    source = Source()
    first = overlapped(source.numbers(), depth=2, name=NAME)
    second = overlapped((2 * number for number in first), depth=2, name=NAME)
    assert [next(second) for _ in range(3)] == [0, 2, 4]
    second.close()
    first.close()
    assert source.closed.is_set()
