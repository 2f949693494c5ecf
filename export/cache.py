"""Where what was compiled or built for this machine is kept."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder, by the XDG base directory specification; it may have to be made."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zerodce-realtime"
