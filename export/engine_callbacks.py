"""What TensorRT calls while it works: a logger, and a monitor of its progress.

They are subclasses of classes of the TensorRT module at hand, so that each is made by a function of it. There
is no error recorder: with one, TensorRT for RTX 1.7 crashes after a build, and all that it would be told is
logged too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Protocol

log = logging.getLogger(__name__)


class BuildProgress(Protocol):
    """Shows how far a build is. Called by any thread."""

    def start(self, phase: str, steps: int) -> None:
        """Begin a phase of so many steps."""

    def advance(self, phase: str) -> None:
        """Finish a step of it."""

    def finish(self, phase: str) -> None:
        """End it."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What TensorRT calls. It must outlive every object of TensorRT that knows it.

    Attributes:
        logger: For a builder, a parser or a runtime; see `_logger`.
        monitor: For a builder's configuration; see `_progress_monitor`. None if there is none.
    """

    logger: Any
    monitor: Any

    @classmethod
    def of(cls, api: Any, progress: BuildProgress | None = None) -> Callbacks:
        """Make them for a TensorRT module."""
        return cls(_logger(api), _progress_monitor(api, progress))

    @property
    def reason(self) -> str:
        """Why something failed, as far as TensorRT said it."""
        return self.logger.errors[0] if self.logger.errors else "no reason given"


def _logger(api: Any) -> Any:
    """Make a logger that keeps the errors, in `errors`, and passes on everything for debugging."""

    class Logger(api.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            api.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in (api.ILogger.ERROR, api.ILogger.INTERNAL_ERROR):
                self.errors.append(" ".join(message.split()))
            log.debug("%s", message)

    return Logger()


def _progress_monitor(api: Any, progress: BuildProgress | None) -> Any:
    """Make a monitor that shows progress; None without one, or before TensorRT 10, which has none.

    An exception must not pass through TensorRT: what Ctrl-C raises here ends the build, and is left in
    `interruption`.
    """
    if progress is None or not hasattr(api, "IProgressMonitor"):
        return None
    shown = progress

    class Monitor(api.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            api.IProgressMonitor.__init__(self)
            self.interruption: BaseException | None = None

        def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
            self._call(shown.start, phase, steps)

        def step_complete(self, phase: str, step: int) -> bool:
            self._call(shown.advance, phase)
            return self.interruption is None

        def phase_finish(self, phase: str) -> None:
            self._call(shown.finish, phase)

        def _call(self, function: Any, *arguments: Any) -> None:
            try:
                function(*arguments)
            except BaseException as exc:  # noqa: BLE001 - it is raised when the build has ended
                self.interruption = exc

    return Monitor()
