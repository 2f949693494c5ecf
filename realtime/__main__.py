"""Let `python -m realtime` do what `zerodce-enhance` does."""

from .cli import main

main()
