"""A process of our own that does what must not be done in this one, message by message."""

from __future__ import annotations

import selectors
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from tempfile import TemporaryFile

_CLOSE_S = 3


class ChildGoneError(Exception):
    """The process has ended; the text is the first thing that it complained of."""


class Child:
    """Sends messages to a process, which answers each with one byte. One thread at a time."""

    def __init__(self, command: Sequence[str], *, chatter: tuple[str, ...] = ()) -> None:
        """Start the process.

        Args:
            command: What to run; it talks over stdin and stdout, and ends with stdin.
            chatter: How lines on its stderr begin that are no complaints.
        """
        self._chatter = chatter
        self._stderr = TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,  # what ends this process is told to its whole group
        )

    def send(self, *parts: bytes | memoryview) -> None:
        """Send a message.

        Raises:
            ChildGoneError: The process has ended.
        """
        assert self._process.stdin is not None
        try:
            for part in parts:
                self._process.stdin.write(part)
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise self._gone() from None

    def answer(self, timeout_s: float) -> int:
        """Wait for the answer to a message.

        Raises:
            ChildGoneError: The process has ended, or was ended because it did not answer in time.
        """
        assert self._process.stdout is not None
        with selectors.PollSelector() as waiting:  # which has no highest file number, as `select` has
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            answered = waiting.select(timeout_s)
        if not answered:
            self._process.kill()
            raise ChildGoneError("no answer in time")
        answer = self._process.stdout.read(1)
        if not answer:
            raise self._gone()
        return answer[0]

    def close(self) -> None:
        """End the process; may be called again."""
        if self._stderr.closed:
            return
        try:
            with suppress(OSError):
                self._process.communicate(timeout=_CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._stderr.close()

    def _gone(self) -> ChildGoneError:
        if self._stderr.closed:
            return ChildGoneError("it was closed")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLOSE_S)
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").splitlines()
        complaints = [line for line in lines if line.strip() and not line.startswith(self._chatter)]
        return ChildGoneError(complaints[0] if complaints else f"status {self._process.returncode}")
