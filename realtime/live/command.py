"""What `zerodce-enhance` does for a live input."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from ..backend import mention_unused_headroom, open_enhancer
from ..errors import OutputError
from ..options import EncoderOptions, EnhancerOptions, FileOptions
from .address import can_change_settings, has_display, input_kind, output_kind, without_secrets
from .capture import usual_layouts
from .options import CaptureOptions
from .pipeline import run_live, warm_up
from .session import LiveSession
from .settings import LiveSettings
from .sink import Sink, open_sink
from .source import open_source
from .stats import LiveSnapshot
from .status import status_line


def enhance_live(
    source: str,
    outputs: Sequence[str],
    enhancer_options: EnhancerOptions,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    capture_options: CaptureOptions,
    *,
    duration_s: float | None,
    feedback: Path | None = None,
) -> LiveSnapshot:
    """Enhance a camera or a stream until it ends, the time is over, or Ctrl-C or SIGTERM comes.

    Args:
        source: See `open_source`.
        outputs: See `open_sink`; all of them are shown to.
        enhancer_options: What to do to each frame, to begin with.
        encoder_options: How to encode recordings and streams.
        file_options: Whether to replace a recording that exists.
        capture_options: How to open the source.
        duration_s: End after so many seconds; None for never.
        feedback: See `open_sink`.

    Returns:
        The figures at the end.

    Raises:
        EnhanceError: The source or a sink cannot be used, there is no sink, or two are the same.
    """
    if not outputs and has_display():
        outputs = ["display://"]
    if not outputs:
        raise OutputError(
            "there is no display; say where: http://:8080 for browsers, a file such as live.mkv, or null://"
        )
    for index, output in enumerate(outputs):
        if input_kind(source) == "file" and _are_same(source, output):
            raise OutputError(f"{output} is the input itself; give another name")
        if any(_are_same(other, output) for other in outputs[:index]):
            raise OutputError(f"{without_secrets(output)} is given twice; once is enough")
    session = LiveSession(settings=LiveSettings(enhancer_options))
    sinks = _open_sinks(outputs, session, encoder_options, file_options, feedback)
    with ExitStack() as stack:
        for sink in sinks:
            stack.callback(sink.close)
        stack.enter_context(status_line(session.stats))
        enhancer = stack.enter_context(open_enhancer(enhancer_options))
        mention_unused_headroom(enhancer_options)
        can_change = can_change_settings(outputs)
        warm_up(enhancer, enhancer_options, usual_layouts(source), can_change=can_change)
        stream = stack.enter_context(open_source(source, capture_options, stats=session.stats))
        stack.enter_context(_ended_by_signals(session.ending))
        run_live(stream, enhancer, sinks, session, duration_s=duration_s)
    return session.stats.snapshot()


def _are_same(one: str, other: str) -> bool:
    """Whether two addresses are equal, or name the same file."""
    if not output_kind(one) == output_kind(other) == "file":
        return one == other
    try:
        return Path(one).samefile(other)
    except OSError:  # not both are there
        return os.path.realpath(one) == os.path.realpath(other)


def _open_sinks(
    outputs: Sequence[str],
    session: LiveSession,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    feedback: Path | None,
) -> list[Sink]:
    """Open all, or none if one cannot be opened."""
    sinks: list[Sink] = []
    try:
        for output in outputs:
            sinks.append(open_sink(output, session, encoder_options, file_options, feedback=feedback))
    except BaseException:
        for sink in sinks:
            sink.close()
        raise
    return sinks


@contextmanager
def _ended_by_signals(ending: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end the run in good order, and a second one at once."""

    def end(number: int, _frame: FrameType | None) -> None:
        ending.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
