"""What a stream has left behind in an object, as arrays: to be kept, and given back to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

# Arrays by name; numbers are arrays of no dimension.
StreamState: TypeAlias = dict[str, npt.NDArray[Any]]


def state_of(owner: object, attributes: Iterable[str]) -> StreamState:
    """Copy attributes that are arrays or numbers; those that are None or not there are left out."""
    values = {name: getattr(owner, name, None) for name in attributes}
    return {name: np.array(value) for name, value in values.items() if value is not None}


def restore(owner: object, attributes: Iterable[str], state: StreamState) -> None:
    """Set the attributes that a state has to what they were; others are left alone."""
    for name in attributes:
        if name in state:
            value = state[name]
            setattr(owner, name, value.copy() if value.ndim else value.item())


def prefixed(prefix: str, state: StreamState) -> StreamState:
    """Return a state under names that begin with a prefix and a dot."""
    return {f"{prefix}.{name}": value for name, value in state.items()}


def part_of(state: StreamState, prefix: str) -> StreamState:
    """Return what `prefixed` put into a state."""
    begin = f"{prefix}."
    return {name.removeprefix(begin): value for name, value in state.items() if name.startswith(begin)}
