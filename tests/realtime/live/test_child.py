"""What a process of our own does, and what becomes of one that does not answer."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator

import pytest

from realtime.live.child import Child, ChildGoneError

PATIENCE_S = 60

LEADS_ITS_GROUP = "import os; os.write(1, bytes([os.getpgid(0) == os.getpid()])); os.read(0, 1)"


@pytest.fixture
def many_files() -> Iterator[None]:
    """Use up all file numbers up to 1023, which is as far as `select` goes."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[0] < 1100:
        if limits[1] != resource.RLIM_INFINITY and limits[1] < 1100:
            pytest.skip("this process may not open so many files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (1100, limits[1]))
    opened = [os.open(os.devnull, os.O_RDONLY)]
    while opened[-1] < 1023:
        opened.append(os.dup(opened[0]))
    yield
    for number in opened:
        os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_signal_to_the_group_of_this_process_does_not_reach_it() -> None:
    child = Child([sys.executable, "-c", LEADS_ITS_GROUP])
    assert child.answer(PATIENCE_S) == 1
    child.close()


def test_one_that_does_not_answer_in_time_is_ended() -> None:
    child = Child([sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(ChildGoneError, match=r"^no answer in time$"):
        child.answer(0.1)
    with pytest.raises(ChildGoneError, match=r"^status -9$"):
        child.answer(PATIENCE_S)
    child.close()


def test_it_answers_where_file_numbers_are_beyond_1023(many_files: None) -> None:
    child = Child([sys.executable, "-c", LEADS_ITS_GROUP])
    assert child.answer(PATIENCE_S) == 1
    child.close()
