"""Start `zerodce-bench`; also as `python -m benchmarks`."""

import signal

# While its modules are imported there is nothing to clean up, and Ctrl-C ends the process without a word.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from . import cli  # noqa: E402


def main() -> None:
    """Run the command line; from here on Ctrl-C raises an exception."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


if __name__ == "__main__":
    main()
