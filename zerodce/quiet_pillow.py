"""Pillow without what it says beside its exceptions; imports nothing of the package."""

from __future__ import annotations

import ctypes
import logging
import warnings

from PIL import _imaging


def silence_pillow() -> None:
    """Let errors be told by Pillow's exceptions alone, in the whole process; may be called again.

    What it warns of, it raises where it matters. Its libtiff writes what it thinks of damaged files to
    stderr, past everybody, and goes on doing so where it cannot be reached, as where it is linked statically.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")  # for the process, since threads share their filters
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    set_handler = getattr(ctypes.CDLL(_imaging.__file__), "TIFFSetErrorHandler", None)
    if set_handler is not None:
        set_handler(None)
