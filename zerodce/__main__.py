"""Let `python -m zerodce` do what `zerodce-train` does."""

from .cli import main

main()
