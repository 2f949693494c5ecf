"""What a user should know of a file that comes out: what could not be kept, or had to be changed.

Notes are said at once, or held back until it is certain that the file comes out at all: of one that is
refused, the reason alone is said.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

log = logging.getLogger(__name__)

_held: ContextVar[list[str] | None] = ContextVar("held", default=None)


def note(text: str, *arguments: object) -> None:
    """Say something of the file under work, in one line.

    Args:
        text: A format, as for `logging`.
        arguments: What goes into it.
    """
    held = _held.get()
    if held is None:
        log.warning(text, *arguments)
    elif (line := text % arguments) not in held:  # it may hold of several pictures of a file
        held.append(line)


@contextmanager
def notes_held() -> Iterator[list[str]]:
    """Hold back what is noted in the body, in this thread and those that `overlapped` starts for it.

    Gives the list of the notes, for the caller to say.
    """
    notes: list[str] = []
    token = _held.set(notes)
    try:
        yield notes
    finally:
        _held.reset(token)
