"""Keep what a viewer thought of a frame, in a folder that the user named."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from ...errors import OutputError
from ...options import EnhancerOptions
from ...partial_file import partial_file
from ..frame import EnhancedFrame
from .encoding import png_of

Verdict = Literal["up", "down"]

_LONG_SIDE = 480


class FeedbackFolder:
    """Writes three files a verdict: the settings as JSON, and the frame before and after as small PNGs."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if it is not there.

        Raises:
            OutputError: It cannot be made.
        """
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise OutputError(
                f"cannot make the folder {folder} for feedback ({exc.strerror}); choose another"
            ) from exc

    def save(self, verdict: Verdict, frame: EnhancedFrame, options: EnhancerOptions, backend: str) -> str:
        """Write a verdict, the JSON last, and return the name that its files begin with.

        Raises:
            OutputError: The folder cannot be written to, or is full.
        """
        now = datetime.now(timezone.utc)
        name = f"{now:%Y%m%d-%H%M%S}-{now.microsecond:06}-{verdict}"
        pictures = {"original": frame.original, "enhanced": frame.enhanced}
        for which, video in pictures.items():
            self._write(f"{name}-{which}.png", png_of(video, _LONG_SIDE))
        record = {
            "verdict": verdict,
            "time": now.isoformat(timespec="milliseconds"),
            "size_wh": (frame.enhanced.width, frame.enhanced.height),
            "backend": backend,
            "settings": asdict(options),
            **{which: f"{name}-{which}.png" for which in pictures},
        }
        self._write(f"{name}.json", json.dumps(record, indent=2).encode() + b"\n")
        return name

    def _write(self, name: str, content: bytes) -> None:
        with partial_file(self._folder / name, overwrite=False) as temporary:
            temporary.write_bytes(content)
