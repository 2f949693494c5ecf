"""Start `zerodce-enhance`; also as `python -m realtime`."""

import signal

# Until there is something to clean up, Ctrl-C ends the process at once, without a word.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from .cli import main  # noqa: E402

if __name__ == "__main__":
    main()
