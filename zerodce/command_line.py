"""How every command of the product starts and ends; imports nothing of the package but this."""

from __future__ import annotations

import logging
import re
import signal
import sys
from types import FrameType

import typer

# What breaks a line or steers a terminal; names of files may hold it.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PACKAGES = ("zerodce", "export", "realtime", "benchmarks")


def run(app: typer.Typer, name: str, *expected: type[Exception]) -> None:
    """Run a command line and end the process as a shell expects it.

    The status is 0 for success; 1, with one line on stderr, for an error that a user can cause; 2 for wrong
    usage; 130 after Ctrl-C and 143 after SIGTERM, both by way of an exception, so that temporary files are
    removed. stdout carries results alone, logs go to stderr.

    Args:
        app: The command line.
        name: What it is called.
        expected: The errors that a user can cause; their text says what happened and what to do.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LineFormatter(f"{name}: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, _exit)
    try:
        app(prog_name=name)
    except expected as exc:
        typer.echo(f"{name}: {in_one_line(' '.join(str(exc).split()))}", err=True)
        sys.exit(1)


def in_one_line(text: str) -> str:
    """Write line breaks and other control characters as escapes."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class _LineFormatter(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return in_one_line(super().formatMessage(record))


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
