"""Let `python -m benchmarks` do what `zerodce-bench` does."""

from .cli import main

main()
