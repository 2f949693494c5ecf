"""Whether a batch fits into memory, asked before TensorFlow is: it does not survive where it runs out."""

from __future__ import annotations

import os
from pathlib import Path

import tensorflow as tf

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
    limit = container_limit()
    if limit is not None and limit < there:
        place, there = "container", limit
    if needed > there and not tf.config.list_physical_devices("GPU"):
        raise out_of_memory(
            options, f"takes some {needed / _GB:,.1f} GB of memory, and this {place} has {there / _GB:,.1f}"
        )


def container_limit(
    memberships: Path = Path("/proc/self/cgroup"), mount: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """Return how much memory the control groups of this process let it take, in bytes.

    Args:
        memberships: What tells the groups that it is in, a line for each hierarchy.
        mount: Where the hierarchies are.

    Returns:
        The smallest limit of its groups and of those above; None where there is none.

    Source: Linux, cgroups(7); v1 has a hierarchy for memory, v2 is the one without a name.
    """
    try:
        lines = memberships.read_text().splitlines()
    except OSError:
        return None
    limits = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, name = (mount / "memory", "memory.limit_in_bytes") if controllers else (mount, "memory.max")
        # In a container, the path may be that outside of it, and what is above its root is not there.
        folder = root / group.lstrip("/")
        limits += [
            _limit_in(above / name) for above in (folder, *folder.parents) if above.is_relative_to(root)
        ]
    return min((limit for limit in limits if limit is not None), default=None)


def _limit_in(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None  # "max" stands for none


def out_of_memory(options: TrainingOptions, what: str) -> OutOfMemoryError:
    """Return the error that says what a batch does, and what to do about it."""
    side = options.size
    return OutOfMemoryError(
        f"a batch of {options.batch_size} pictures of {side}×{side} {what}; lower --size or --batch-size"
    )
