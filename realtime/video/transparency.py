"""Say where transparency is lost that only begins in the middle of a video."""

from __future__ import annotations

import av

from ..frames.conversion import is_transparent
from ..frames.pixel_formats import samples_of
from ..notes import note
from .encoding import Encoding


class TransparencyLoss:
    """Says once that transparency is lost which begins after the first frame.

    That of the first frame itself is known when the encoding is chosen.
    """

    def __init__(self, first: av.VideoFrame, encoding: Encoding) -> None:
        """Begin with the frame that the encoding was chosen by."""
        self._is_looked_for = not samples_of(encoding.pixel_format).has_alpha and not is_transparent(first)
        self._could_be_kept = samples_of(first.format.name).has_alpha

    def see(self, frame: av.VideoFrame) -> None:
        """Look at a frame as it was decoded."""
        if not self._is_looked_for or not is_transparent(frame):
            return
        self._is_looked_for = False
        advice = "; --codec vp9, prores or ffv1 keeps it" if self._could_be_kept else ""
        note("transparency begins after the first frame and is not kept%s", advice)
