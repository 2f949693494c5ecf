"""Whether a file holds all that it says it does."""

from __future__ import annotations

import os
from pathlib import Path

import av

from ..errors import InputError

# Formats whose stated durations are to be believed; others guess them from the bit rate.
_TRUTHFUL = ("matroska", "mov", "ogg")
# A file that ends so much before what its header states is cut off.
_MISSING_S = 0.5

_SEGMENT = bytes.fromhex("18538067")  # holds everything in a Matroska file, after a short header


def missing_end(path: Path, container: av.container.InputContainer, seen_s: float) -> str | None:
    """Describe what is missing at the end of a file, if anything is.

    Args:
        path: The file.
        container: The same, opened.
        seen_s: Where its last packet ended, in seconds.

    Raises:
        InputError: It is not there any more.
    """
    if seen_s <= 0:
        return None
    stated_s = _stated_end_s(container)
    if stated_s - seen_s > _MISSING_S:
        return f"it ends after {seen_s:.1f} of {stated_s:.1f} seconds"
    if "matroska" in container.format.name and _is_cut_off(path):
        return f"it is cut off after {seen_s:.1f} seconds"
    return None


def _stated_end_s(container: av.container.InputContainer) -> float:
    """Return the end according to the header, or 0 where headers do not tell the truth."""
    if not any(name in container.format.name for name in _TRUTHFUL):
        return 0.0
    duration = container.duration or 0
    if "matroska" in container.format.name:
        return duration / av.time_base  # counted from 0, not from the first frame
    return ((container.start_time or 0) + duration) / av.time_base


def _is_cut_off(path: Path) -> bool:
    """Whether a Matroska file is shorter than the segment that it says it holds.

    Source: RFC 8794 for the sizes: as many bytes as the first has leading zeros, and one; all ones: unknown.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            end = os.fstat(file.fileno()).st_size
    except OSError as exc:
        raise InputError(
            f"{path} cannot be read any more ({exc.strerror}); leave it in its place until it is done"
        ) from exc
    start = head.find(_SEGMENT) + len(_SEGMENT)
    if start < len(_SEGMENT) or start >= len(head) or not head[start]:
        return False
    length = 9 - head[start].bit_length()
    size = int.from_bytes(head[start : start + length], "big") - (1 << (7 * length))
    is_known = size != (1 << (7 * length)) - 1
    return is_known and start + length + size > end
