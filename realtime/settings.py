"""What an output depends on beside its input, and whether another choice would change or has changed it."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

from export.manifest import sha256_hex

from .errors import ModelError
from .notes import note
from .options import EncoderOptions, EnhancerOptions, FileOptions

# These change how the work is done, not what comes out.
_WITHOUT_EFFECT = ("threads", "backend", "frame_interval_s", "overwrite", "decoder")
# These let through what is refused otherwise: an output that was made without needed none of them.
_PERMISSIONS = ("keep_partial", "tonemap")

_OF_VIDEOS = {"encoder", "decoder", *_PERMISSIONS}
_WITHIN_ENCODER = {"codec", "crf", "preset"}
_OF_MOTION = {"smoothing", "estimate_every"}


class Kind(str, Enum):
    """What a file was enhanced as; each page of a document is an image."""

    IMAGE = "image"
    ANIMATION = "animation"
    VIDEO = "video"


_UNUSED: dict[Kind, set[str]] = {
    Kind.IMAGE: _OF_VIDEOS | _OF_MOTION,
    Kind.ANIMATION: _OF_VIDEOS,
    Kind.VIDEO: set(),
}


def settings_of(
    model: Path, enhancer: EnhancerOptions, encoder: EncoderOptions, files: FileOptions
) -> dict[str, Any]:
    """Return all that an output depends on beside its input, as JSON gives it back.

    Raises:
        ModelError: The model cannot be read.
    """
    try:
        checksum = sha256_hex(model.read_bytes())
    except OSError as exc:
        raise ModelError(f"cannot read {model} ({exc.strerror}); check the name") from exc
    settings = asdict(enhancer) | asdict(files) | {"encoder": asdict(encoder)}
    kept = {name: value for name, value in settings.items() if name not in _WITHOUT_EFFECT}
    kept["model"] = checksum
    result: dict[str, Any] = json.loads(json.dumps(kept))
    return result


def make_the_same(made: dict[str, Any], kind: Kind, settings: dict[str, Any]) -> bool:
    """Tell whether the same comes out with other settings.

    Args:
        made: Those that an output was made with.
        kind: What it was made as.
        settings: The others.
    """
    unused = _UNUSED[kind] | {name for name in _PERMISSIONS if made.get(name) is False}
    names = (made.keys() | settings.keys()) - unused
    return all(name in made and name in settings and made[name] == settings[name] for name in names)


def note_unused_options(
    kind: Kind, enhancer: EnhancerOptions, encoder: EncoderOptions, files: FileOptions
) -> None:
    """Say which options of the command line were chosen that what comes out does not depend on."""
    names = _UNUSED[kind] - {"encoder"} | (_WITHIN_ENCODER if "encoder" in _UNUSED[kind] else set())
    usual = asdict(EnhancerOptions()) | asdict(EncoderOptions()) | asdict(FileOptions())
    chosen = asdict(enhancer) | asdict(encoder) | asdict(files)
    unused = sorted(f"--{name.replace('_', '-')}" for name in names if chosen[name] != usual[name])
    if unused:
        note("of no effect on an %s: %s", kind.value, ", ".join(unused))
