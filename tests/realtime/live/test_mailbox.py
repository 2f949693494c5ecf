from __future__ import annotations

import threading

from realtime.live.mailbox import Mailbox


def test_the_newest_item_replaces_the_one_that_nobody_took() -> None:
    mailbox: Mailbox[int] = Mailbox()
    assert [mailbox.put(item) for item in (1, 2, 3)] == [False, True, True]
    assert mailbox.take(0) == 3
    assert mailbox.take(0) is None
    assert mailbox.put(4) is False


def test_the_last_item_can_be_taken_after_closing() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put(1)
    mailbox.close()
    assert not mailbox.closed
    assert mailbox.take(60) == 1
    assert mailbox.closed
    assert mailbox.take(60) is None


def test_whoever_waits_is_woken() -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    for wake in (lambda: mailbox.put(7), mailbox.close):
        thread = threading.Thread(target=lambda: taken.append(mailbox.take(60)))
        thread.start()
        wake()
        thread.join(20)
    assert taken == [7, None]
