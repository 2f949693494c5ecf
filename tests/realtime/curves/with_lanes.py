"""Enhance pictures so many pixels at once, whatever this machine would take: LANES JOB RESULT."""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from pathlib import Path

from realtime.curves import vectors


def main() -> None:
    """Read pictures and the factors of rational curves, and write the pictures enhanced."""
    lanes, job, result = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    vectors.widest_lanes = lambda: lanes
    applier_module = import_module("realtime.curves.applier")  # asks when imported
    applier = applier_module.CurveApplier(threads=1, curve="rational")

    pictures, factors = pickle.loads(job.read_bytes())
    for picture in pictures:
        applier.apply(picture, factors, 8, 0.12)
    applier.close()
    result.write_bytes(pickle.dumps(pictures))


if __name__ == "__main__":
    main()
