"""How loops over samples are compiled: by Numba, at their first call, and kept on disk where that can be."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from numba import njit
from numba.core.event import Event, Listener, register

log = logging.getLogger(__name__)

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(
    *, reorders: bool = False, allocates: bool = True, is_inlined: bool = False
) -> Callable[[_Function], _Function]:
    """Make a decorator that compiles a function, which then runs without the GIL.

    Args:
        reorders: Sums may be reordered and fused, so that they are vectors'; NaN and infinity keep their
            meaning.
        allocates: It makes arrays. One that makes none need not count references to those it is given, which
            takes several atomic operations for every row, on counters that all threads share.
        is_inlined: Make it part of each function that calls it.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    if reorders:
        options["fastmath"] = {"contract", "reassoc", "nsz", "arcp"}
    if not allocates:
        options["_nrt"] = False
    if is_inlined:
        options["inline"] = "always"

    def compile_(function: _Function) -> _Function:
        try:
            kernel: _Function = njit(**options, cache=True)(function)
        except RuntimeError:  # there is no folder that it could be kept in
            _say_that_nothing_is_kept()
            kernel = njit(**options)(function)
        return kernel

    return compile_


def is_compiling() -> bool:
    """Tell whether anything is being compiled, in any thread; that takes seconds, at the first run alone."""
    return _under_way.functions > 0


class _UnderWay(Listener):
    """Counts what Numba compiles now; what it finds on disk is not compiled."""

    functions = 0

    def on_start(self, event: Event) -> None:
        self.functions += 1

    def on_end(self, event: Event) -> None:
        self.functions -= 1


_under_way = _UnderWay()
register("numba:compile", _under_way)  # type: ignore[no-untyped-call]


@cache
def _say_that_nothing_is_kept() -> None:
    log.warning(
        "no folder for compiled code can be written, so it is compiled anew at every start, which takes some "
        "12 seconds; set NUMBA_CACHE_DIR to one that can"
    )
