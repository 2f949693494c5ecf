"""Compiled functions are kept on disk, and do without where nothing can be written."""

from __future__ import annotations

import gc
import logging
import signal

import numba
import numpy as np
import pytest
from numba import njit, types
from numba.extending import intrinsic

from realtime import compiling
from realtime.compiling import compiled, is_compiling


@pytest.mark.parametrize("can_be_kept", [True, False])
def test_where_nothing_can_be_kept_it_is_said_once(
    can_be_kept: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if not can_be_kept:  # as where neither the package nor a home can be written: this is not in an archive
        monkeypatch.setattr(numba.config, "CACHE_LOCATOR_CLASSES", "ZipCacheLocator")
    compiling._say_that_nothing_is_kept.cache_clear()

    @compiled()
    def doubled(values):  # type: ignore[no-untyped-def]
        return 2 * values

    @compiled(reorders=True)
    def total(values):  # type: ignore[no-untyped-def]
        return doubled(values).sum()

    with caplog.at_level(logging.WARNING):
        assert total(np.arange(5.0)) == 20
    assert len(caplog.records) == (not can_be_kept)
    if caplog.records:
        assert "NUMBA_CACHE_DIR" in caplog.text


def test_it_is_known_while_something_is_compiled() -> None:
    seen = []

    @intrinsic
    def look(typing):  # type: ignore[no-untyped-def]
        seen.append(is_compiling())
        return types.void(), lambda context, *_: context.get_dummy_value()

    @njit
    def function():  # type: ignore[no-untyped-def]
        look()

    function()
    assert seen
    assert all(seen)
    assert not is_compiling()


@pytest.mark.parametrize("collects", [True, False])
def test_no_garbage_is_collected_while_something_is_compiled(collects: bool) -> None:
    seen = []

    def look(typing):  # type: ignore[no-untyped-def]
        seen.append(gc.isenabled())
        return types.void(), lambda context, *_: context.get_dummy_value()

    look_inside, look_after = intrinsic(look), intrinsic(look)

    @njit
    def inner():  # type: ignore[no-untyped-def]
        look_inside()

    @njit
    def outer():  # type: ignore[no-untyped-def]
        inner()
        look_after()

    before = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        outer()
        assert gc.isenabled() == collects
    finally:
        (gc.enable if before else gc.disable)()
    assert seen == [False, False]


def test_an_interruption_waits_for_what_is_compiled() -> None:
    seen = []

    @intrinsic
    def interrupt(typing):  # type: ignore[no-untyped-def]
        signal.raise_signal(signal.SIGINT)
        seen.append("gone on")
        return types.void(), lambda context, *_: context.get_dummy_value()

    @njit
    def inner():  # type: ignore[no-untyped-def]
        interrupt()

    @njit
    def outer():  # type: ignore[no-untyped-def]
        inner()
        return 3

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which may be to ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            outer()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen
    assert not is_compiling()
    assert outer() == 3
