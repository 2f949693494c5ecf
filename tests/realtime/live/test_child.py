"""What a process of our own does, and what becomes of one that does not answer."""

from __future__ import annotations

import sys

import pytest

from realtime.live.child import Child, ChildGoneError

PATIENCE_S = 60

LEADS_ITS_GROUP = "import os; os.write(1, bytes([os.getpgid(0) == os.getpid()])); os.read(0, 1)"


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
