"""Whether a batch fits into memory, asked before TensorFlow is: it does not survive where it runs out."""

from __future__ import annotations

import os

import tensorflow as tf

from .container import memory_limit
from .errors import OutOfMemoryError
from .options import NetworkName, TrainingOptions

# What a training step holds of each pixel of a batch, as measured, and rounded down.
_BYTES_A_PIXEL: dict[NetworkName, int] = {"zero-dce": 2700, "context": 250}
_GB = 1e9


def check_memory(options: TrainingOptions) -> None:
    """Refuse what cannot fit into the memory of this machine, or what this container may take of it.

    On a GPU, TensorFlow says so itself.

    Raises:
        OutOfMemoryError: A batch takes more than there is.
    """
    needed = options.batch_size * options.size**2 * _BYTES_A_PIXEL[options.network]
    place, there = "machine", os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = memory_limit()
    if limit is not None and limit < there:
        place, there = "container", limit
    if needed > there and not tf.config.list_physical_devices("GPU"):
        raise out_of_memory(
            options, f"takes some {needed / _GB:,.1f} GB of memory, and this {place} has {there / _GB:,.1f}"
        )


def out_of_memory(options: TrainingOptions, what: str) -> OutOfMemoryError:
    """Return the error that says what a batch does, and what to do about it."""
    side = options.size
    return OutOfMemoryError(
        f"a batch of {options.batch_size} pictures of {side}×{side} {what}; lower --size or --batch-size"
    )
