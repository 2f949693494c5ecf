"""The tags of a file and its tracks: which last, and which a container cannot store."""

from __future__ import annotations

import av

from ..notes import note
from ..suffixes import MUXERS
from .containers import MOV_MUXERS

# What no longer holds of the new file.
_OUTDATED = ("encoder", "major_brand", "minor_version", "compatible_brands", "alpha_mode")
_STATISTICS = ("BPS", "DURATION", "NUMBER_OF_", "_STATISTICS")
# The tags of a file that players find in containers that hold few.
_FEW_TAGS = {"mpegts": ("service_name", "service_provider"), "3gp": ("location",)}


def lasting(metadata: dict[str, str]) -> dict[str, str]:
    """Leave out what described the old file alone."""
    return {
        name: value
        for name, value in metadata.items()
        if name.lower() not in _OUTDATED and not name.startswith(_STATISTICS)
    }


def say_what_moves(source: av.container.InputContainer, suffix: str) -> None:
    """Say which tags and chapters of a file a container cannot store, or stores elsewhere."""
    muxer = MUXERS[suffix.lower()]
    codes = [s.index for s in source.streams if s.type == "data" and "timecode" in s.metadata]
    if codes and muxer not in MOV_MUXERS:  # which make a track of the tag
        note("data track %d, a time code, is kept as the tag 'timecode' alone", codes[0])
    lost = _lost(source, muxer)
    if lost:
        note("not kept, as a %s file has no place for it: %s; write .mkv to keep it", suffix, ", ".join(lost))


def _lost(source: av.container.InputContainer, muxer: str) -> list[str]:
    """Name what a container has no place for: tags of the file, its chapters, titles of its tracks."""
    held = _FEW_TAGS.get(muxer)
    if held is None:
        return []
    names = (name for name in lasting(source.metadata) if name.partition("-")[0].lower() not in held)
    lost = [f"the tag '{name}'" for name in sorted(names)]
    if muxer == "mpegts":
        lost += ["the chapters"] if source.chapters() else []
        lost += [f"the title of {s.type} track {s.index}" for s in source.streams if "title" in s.metadata]
    return lost
