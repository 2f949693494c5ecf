"""How every command of the product starts and ends; imports nothing of the package but this."""

from __future__ import annotations

import logging
import signal
import sys
from types import FrameType

import typer

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
    logging.basicConfig(stream=sys.stderr, format=f"{name}: %(message)s", level=logging.WARNING)
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, _exit)
    try:
        app(prog_name=name)
    except expected as exc:
        typer.echo(f"{name}: {' '.join(str(exc).split())}", err=True)
        sys.exit(1)


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
