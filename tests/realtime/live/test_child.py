"""What a process of our own does, and what becomes of one that does not answer."""

from __future__ import annotations

import sys

from realtime.live.child import Child

LEADS_ITS_GROUP = "import os; os.write(1, bytes([os.getpgid(0) == os.getpid()])); os.read(0, 1)"


def test_a_signal_to_the_group_of_this_process_does_not_reach_it() -> None:
    child = Child([sys.executable, "-c", LEADS_ITS_GROUP])
    assert child.answer() == 1
    child.close()
