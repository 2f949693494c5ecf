"""Start `zerodce-enhance`, and end it; also as `python -m realtime`."""

import os
import signal
import sys
import threading
from contextlib import suppress

# Until there is something to clean up, Ctrl-C ends the process at once, without a word.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from . import cli  # noqa: E402


def main() -> None:
    """Run the command line, and end the process with its status.

    A connection that hangs is left to its thread, in which FFmpeg calls Python back ten times a second. That
    crashes once there is no interpreter any more, so with such a thread the process ends with it in place.
    """
    try:
        cli.main()
    except SystemExit as exc:
        if any(thread.daemon for thread in threading.enumerate()):
            with suppress(OSError):  # nobody reads it any more
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(exc.code if isinstance(exc.code, int) else exc.code is not None)
        raise


if __name__ == "__main__":
    main()
