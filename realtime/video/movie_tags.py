"""What tags MP4 and QuickTime files hold, and how."""

from __future__ import annotations

from collections.abc import Iterable

# The tags that FFmpeg writes in the way that most programs read; all others only as keys of their own.
_USUAL_TAGS = {
    "mp4": {
        "album", "album_artist", "artist", "comment", "compilation", "composer", "copyright", "creation_time",
        "date", "description", "disc", "encoder", "episode_id", "genre", "grouping", "hd_video", "keywords",
        "location", "lyrics", "media_type", "network", "season_number", "show", "synopsis", "timecode",
        "title", "track",
    },
    "mov": {
        "album", "artist", "comment", "copyright", "creation_time", "date", "encoder", "genre", "location",
        "make", "model", "timecode", "title",
    },
}  # fmt: skip

# QuickTime numbers some languages; FFmpeg knows these numbers by the other of two codes of ISO 639-2.
QUICKTIME_LANGUAGES = {
    "bod": "tib", "cze": "ces", "deu": "ger", "ell": "gre", "eus": "baq", "fas": "per", "fre": "fra",
    "hye": "arm", "isl": "ice", "kat": "geo", "mkd": "mac", "msa": "may", "mya": "bur", "nld": "dut",
    "rum": "ron", "slo": "slk", "sqi": "alb", "cym": "wel", "zho": "chi",
}  # fmt: skip


def needs_keys(muxer: str, tags: Iterable[str]) -> bool:
    """Whether some tags can be stored only if all are stored as keys, which fewer programs read."""
    usual = _USUAL_TAGS.get(muxer)
    return usual is not None and any(tag.lower().partition("-")[0] not in usual for tag in tags)
