"""Pillow's libtiff, which writes what it thinks of damaged files to stderr, past everybody."""

from __future__ import annotations

import ctypes

from PIL import _imaging


def silence_libtiff() -> None:
    """Let errors be told by Pillow's exceptions alone; may be called again.

    Where libtiff cannot be reached, as where Pillow is linked with it statically, nothing changes.
    """
    set_handler = getattr(ctypes.CDLL(_imaging.__file__), "TIFFSetErrorHandler", None)
    if set_handler is not None:
        set_handler(None)
