"""How loops over samples are compiled: by Numba, at their first call, and kept on disk where that can be."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from collections.abc import Callable
from functools import cache
from types import FrameType
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
    # Nothing in C calls what is compiled, for which Numba would wrap each function, and all that it calls.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
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
    """Counts what Numba compiles now; what it finds on disk is not compiled.

    Meanwhile no garbage is collected: nearly all that a compiler makes is in use until it is done, and
    looking for the rest takes a tenth of the time.
    """

    functions = 0
    _collects = False

    def on_start(self, event: Event) -> None:
        if not self.functions:
            self._collects = gc.isenabled()
            gc.disable()
        self.functions += 1

    def on_end(self, event: Event) -> None:
        self.functions -= 1
        if not self.functions and self._collects:
            gc.enable()


class _HeldSignals(Listener):
    """Holds back Ctrl-C and SIGTERM while the main thread compiles, which takes a function a few seconds.

    LLVM calls Numba back, and an exception is lost there: what was asked to end would go on, or fail by what
    is half made.
    """

    def __init__(self) -> None:
        self._functions = 0  # one that is compiled has those compiled that it calls
        self._handlers: dict[int, Any] = {}
        self._held: list[int] = []

    def on_start(self, event: Event) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self._functions += 1
        if self._functions == 1:
            self._handlers = {
                number: signal.signal(number, self._hold)
                for number in (signal.SIGINT, signal.SIGTERM)
                if signal.getsignal(number) is not None  # a handler of C's could not be put back
            }

    def on_end(self, event: Event) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self._functions -= 1
        if self._functions == 0:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            held, self._held = self._held, []
            for number in held:
                signal.raise_signal(number)

    def _hold(self, number: int, _frame: FrameType | None) -> None:
        self._held.append(number)


_under_way = _UnderWay()
for _listener in (_under_way, _HeldSignals()):
    register("numba:compile", _listener)  # type: ignore[no-untyped-call]


@cache
def _say_that_nothing_is_kept() -> None:
    log.warning(
        "no folder for compiled code can be written, so it is compiled anew at every start, which takes some "
        "5 seconds; set NUMBA_CACHE_DIR to one that can"
    )
