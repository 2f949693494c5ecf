"""A window: the enhanced picture, the original, or both side by side, with figures and keys."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import Enum

import numpy as np
import numpy.typing as npt

from ..errors import OutputError
from .address import has_display
from .child import Child, ChildGoneError
from .frame import EnhancedFrame, bgr_of
from .session import LiveSession
from .status import status_text
from .window import CLOSED, HEADER, NO_KEY

_WINDOW = (sys.executable, "-m", f"{__package__}.window")
_ANSWER_S = 12.0  # more than it takes to load OpenCV on a slow machine
_KEYS = "q quit   v before/after   + - strength   n denoise   i figures"
_STRENGTH_STEP = 0.1
_FIGURES_EVERY = 15  # frames; faster, nobody can read them
_CHATTER = ("QFontDatabase:", "Note that Qt no longer ships fonts")  # of OpenCV's window, always


class View(Enum):
    """What the window shows, in the order in which a key goes through them."""

    ENHANCED = 0
    SPLIT = 1
    ORIGINAL = 2


class DisplaySink:
    """Shows frames in a window, whose keys change the run; see `Sink` and `InteractiveSink`."""

    name = "display://"

    def __init__(self, session: LiveSession, *, window: Sequence[str] = _WINDOW) -> None:
        """Open the window, in a process of its own; see `window.py`.

        Args:
            session: The run that the keys change.
            window: The command that starts the process.

        Raises:
            OutputError: There is no display, or no window can be opened on it.
        """
        if not has_display():
            raise OutputError(
                "there is no display to open a window on; give another output: http://:8080 or live.mkv"
            )
        self._session = session
        self._view = View.ENHANCED
        self._with_figures = True
        self._frames = 0
        self._text = ""
        self._window = Child(window, chatter=_CHATTER)
        try:
            self._heed_answer()
        except OutputError:
            self.close()
            raise

    def show(self, frame: EnhancedFrame) -> None:
        """Show a frame; see `Sink`."""
        if self._frames % _FIGURES_EVERY == 0:
            strength = self._session.settings.options.strength
            figures = status_text(self._session.stats.snapshot()).replace("×", "x")  # OpenCV writes ASCII
            self._text = f"{figures}  strength {strength:.1f}\n{_KEYS}"
        self._frames += 1
        self._send(composed(frame, self._view), self._text if self._with_figures else "")

    def idle(self) -> None:
        """Heed the keys, and the button that closes the window; see `InteractiveSink`."""
        self._send(np.empty((0, 0, 3), np.uint8), "")

    def press(self, key: str) -> None:
        """Do what a key stands for."""
        options = self._session.settings.options
        strength = options.strength
        match key:
            case "q" | "\x1b":
                self._session.ending.set()
            case "v":
                self._view = View((self._view.value + 1) % len(View))
            case "i":
                self._with_figures = not self._with_figures
            case "n":
                self._session.settings.change(denoise=not options.denoise)
            case "+" | "=":
                self._session.settings.change(strength=min(1.0, round(strength + _STRENGTH_STEP, 2)))
            case "-":
                self._session.settings.change(strength=max(0.0, round(strength - _STRENGTH_STEP, 2)))

    def close(self) -> None:
        """Close the window; may be called again."""
        self._window.close()

    def _send(self, picture: npt.NDArray[np.uint8], text: str) -> None:
        height, width, _ = picture.shape
        encoded = text.encode("ascii", "replace")
        try:
            self._window.send(HEADER.pack(height, width, len(encoded)), encoded, picture.data)
        except ChildGoneError as exc:
            raise _no_window(exc) from None
        self._heed_answer()

    def _heed_answer(self) -> None:
        """Wait until the window has done as it was told, and do what was done in it."""
        try:
            answer = self._window.answer(_ANSWER_S)
        except ChildGoneError as exc:
            raise _no_window(exc) from None
        if answer == CLOSED:
            self._session.ending.set()
        elif answer != NO_KEY:
            self.press(chr(answer))


def _no_window(reason: ChildGoneError) -> OutputError:
    return OutputError(f"no window can be shown ({reason}); check DISPLAY, or give another output")


def composed(frame: EnhancedFrame, view: View) -> npt.NDArray[np.uint8]:
    """Return what a view shows of a frame, (H, W, 3) uint8 BGR; split, the left half is the original."""
    if view is View.ORIGINAL:
        return bgr_of(frame.original)
    picture = bgr_of(frame.enhanced)
    if view is View.SPLIT:
        middle = picture.shape[1] // 2
        picture[:, :middle] = bgr_of(frame.original)[:, :middle]
        picture[:, middle : middle + 2] = 255
    return picture
