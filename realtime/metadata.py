"""The tags of a file and its tracks: which last, and which a container cannot store."""

from __future__ import annotations

import av

from .containers import MOV_MUXERS
from .notes import note

# What no longer holds of the new file.
_OUTDATED = ("encoder", "major_brand", "minor_version", "compatible_brands", "alpha_mode")
_STATISTICS = ("BPS", "DURATION", "NUMBER_OF_", "_STATISTICS")


def lasting(metadata: dict[str, str]) -> dict[str, str]:
    """Leave out what described the old file alone."""
    return {
        name: value
        for name, value in metadata.items()
        if name.lower() not in _OUTDATED and not name.startswith(_STATISTICS)
    }


def say_what_moves(source: av.container.InputContainer, muxer: str) -> None:
    """Say which tags of a file another container cannot store, or stores elsewhere."""
    codes = [s.index for s in source.streams if s.type == "data" and "timecode" in s.metadata]
    if codes and muxer not in MOV_MUXERS:  # which make a track of the tag
        note("data track %d, a time code, is kept as the tag 'timecode' alone", codes[0])
