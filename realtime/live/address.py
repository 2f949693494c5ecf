"""What an input or an output is, told from how it is written. Imports nothing heavy."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Literal

InputKind = Literal["camera", "csi", "stream", "synthetic", "file"]
OutputKind = Literal["display", "virtual camera", "publish", "browser", "null", "file"]

_STREAMS = ("rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "udp")
_OUTPUTS: dict[str, OutputKind] = {
    "display": "display",
    "v4l2": "virtual camera",
    "rtsp": "publish",
    "http": "browser",
    "https": "browser",
    "null": "null",
}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


def input_kind(address: str) -> InputKind | None:
    """Return what kind of input an address means; None for a scheme that is not known.

    A number alone is a camera: `./0` is a file of that name.
    """
    if address.isdecimal() or re.fullmatch(r"/dev/video\d+", address):
        return "camera"
    if address.startswith("lavfi:"):
        return "synthetic"
    scheme = _scheme(address)
    if scheme is None:
        return "file"
    if scheme == "csi":
        return "csi"
    return "stream" if scheme in _STREAMS else None


def is_live(source: str, outputs: Sequence[str]) -> bool:
    """Whether to run live: the input is a camera or an address, or a file is to be shown, not written."""
    return input_kind(source) != "file" or any(output_kind(output) != "file" for output in outputs)


def output_kind(address: str) -> OutputKind | None:
    """Return what kind of live output an address means; None for a scheme that is not known."""
    scheme = _scheme(address)
    if scheme is None:
        return "file"
    return _OUTPUTS.get(scheme)


def can_change_settings(outputs: Sequence[str]) -> bool:
    """Whether who watches an output can change settings there: by keys in a window, or on a page."""
    return any(output_kind(output) in ("display", "browser") for output in outputs)


def has_display() -> bool:
    """Whether the environment names a display, on which `display://` can open a window."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def without_secrets(address: str) -> str:
    """Return an address as it may be shown: no user, no password, no query.

    Everything before the last @ goes, because a password may hold any character, a slash or a question mark
    included.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def _scheme(address: str) -> str | None:
    match = _SCHEME.match(address)
    return match[1].lower() if match else None
