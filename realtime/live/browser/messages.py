"""What the page and the preview say to each other over a WebSocket.

To the preview, as JSON:

    {"type": "drawn", "frame": 12, "busy_ms": 9.5}                                          see `Drawn`
    {"type": "view", "long_side": 1280, "original": true, "paused": false, "held": null}    see `View`
    {"type": "settings", "strength": 0.8, "headroom": 0.1, "smoothing_s": 0.4,
     "estimate_every": 2, "denoise": true}                                                  see `Change`

To the page, as JSON: {"type": "status", …} and {"type": "ended"}; and as bytes, a frame: its number and the
length of the first picture, 32 bits each, big-endian; the picture enhanced; and as it was, if asked for. Both
are JPEG.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...options import EstimateEvery

LONG_SIDES = (640, 1280, 0)  # 0: full size. Few, because each one that anybody looks at is encoded
MOST_CHARACTERS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A frame is on screen, and with it all before it that will ever be.

    Attributes:
        frame: Its number.
        busy_ms: How long the page took to decode and draw it.
    """

    frame: int
    busy_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page wants to be sent.

    Attributes:
        long_side: Of the pictures, in pixels at most; one of `LONG_SIDES`.
        original: Whether the frame as it was is wanted too.
        paused: Whether no frames are wanted for now.
        held: Number of the frame that stays on screen meanwhile, to be there for a snapshot; None for none.
    """

    long_side: int = 1280
    original: bool = True
    paused: bool = False
    held: int | None = None

    def __post_init__(self) -> None:
        """Reject nonsense."""
        if self.long_side not in LONG_SIDES:
            raise ValueError(f"long_side must be one of {LONG_SIDES}, not {self.long_side}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Settings to change; None leaves one as it is. Whoever applies it checks the ranges."""

    strength: float | None = None
    headroom: float | None = None
    smoothing_s: float | None = None
    estimate_every: EstimateEvery | None = None
    denoise: bool | None = None


Message = Drawn | View | Change


def message_from(text: str) -> Message:
    """Read a message of a page.

    Raises:
        ValueError: It is none.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"a message has at most {MOST_CHARACTERS} characters")
    try:
        values = json.loads(text)
        kind, readers = _MESSAGES[values.pop("type")]
        return kind(**{name: readers[name](value) for name, value in values.items()})
    except ValueError:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError) as exc:
        raise ValueError("this message is not understood") from exc


def frame_message(number: int, enhanced: bytes, original: bytes) -> bytes:
    """Return a frame as it is sent; `original` may be empty."""
    return struct.pack(">II", number & 0xFFFFFFFF, len(enhanced)) + enhanced + original


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _whole_or_none(value: object) -> int | None:
    return None if value is None else _whole(value)


def _number(value: object) -> float:
    if type(value) not in (int, float):
        raise TypeError
    return float(value)  # type: ignore[arg-type]


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _estimate_every(value: object) -> EstimateEvery:
    return "auto" if value == "auto" else _whole(value)


_MESSAGES: dict[str, tuple[type[Message], dict[str, Callable[[object], Any]]]] = {
    "drawn": (Drawn, {"frame": _whole, "busy_ms": _number}),
    "view": (View, {"long_side": _whole, "original": _flag, "paused": _flag, "held": _whole_or_none}),
    "settings": (
        Change,
        {
            "strength": _number,
            "headroom": _number,
            "smoothing_s": _number,
            "estimate_every": _estimate_every,
            "denoise": _flag,
        },
    ),
}
