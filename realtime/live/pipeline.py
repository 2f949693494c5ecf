"""Enhance a live source for several sinks at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from ..enhancer import Enhancer
from ..frames.colour import PixelLayout
from ..frames.picture import Picture, copy_of, picture_of
from ..options import EnhancerOptions
from .frame import EnhancedFrame, LiveFrame
from .outlet import Outlet
from .session import LiveSession
from .sink import Sink
from .source import LiveSource

_TAKE_S = 0.1
# Until the interval between frames is known, and how much it must change to be taken for another.
_USUAL_INTERVAL_S = 1 / 30
_NEW_INTERVAL = 0.2


def run_live(
    source: LiveSource,
    enhancer: Enhancer,
    sinks: Sequence[Sink],
    session: LiveSession,
    *,
    duration_s: float | None = None,
    update: Callable[[], None] = lambda: None,
) -> None:
    """Enhance the newest frame, again and again, until the source ends or the run is to end.

    Args:
        source: Where frames come from. It is closed before the sinks are, so that what comes while these
            finish does not count as dropped.
        enhancer: Enhances them, in the calling thread.
        sinks: Where they go. They are closed, whatever happens.
        session: Settings, figures, and the event that ends the run.
        duration_s: End the run after so many seconds.
        update: Called after each frame, and ten times a second where none comes.

    Raises:
        InputError: The source cannot be used any more.
        OutputError: No sink is left, or one could not finish.
    """
    end_s = None if duration_s is None else time.perf_counter() + duration_s
    current = _options(session, source, None)
    enhancer.reset()
    enhancer.adjust(current)
    with ExitStack() as stack:
        outlets = [Outlet(sink, session.stats) for sink in sinks]
        for outlet in outlets:
            stack.callback(outlet.close)
        while not (session.ending.is_set() or source.ended):
            if end_s is not None and time.perf_counter() >= end_s:
                break
            frame = source.take(_TAKE_S)
            sound = source.take_sound()
            for outlet in outlets:
                outlet.offer_sound(sound)
            if frame is not None:
                options = _options(session, source, current.frame_interval_s)
                if options != current:
                    current = options
                    enhancer.adjust(current)
                shown = _enhanced(frame, enhancer)
                session.stats.frame_enhanced(
                    time.perf_counter() - frame.captured_s,
                    size_wh=(frame.video.width, frame.video.height),
                    backend=enhancer.backend,
                    estimate_every=enhancer.estimate_every,
                )
                for outlet in outlets:
                    outlet.offer(shown)
            _raise_if_none_is_left(outlets)
            update()
        if source.ended:
            last_sound = source.take_sound()
            for outlet in outlets:
                outlet.offer_sound(last_sound)
        source.close()
    for outlet in outlets:
        if outlet.error is not None:
            raise outlet.error


def warm_up(
    enhancer: Enhancer, options: EnhancerOptions, layouts: Iterable[PixelLayout], *, can_change: bool
) -> None:
    """Enhance pictures as they will come, so that what is compiled or loaded at first use delays no frame.

    It is two of a kind, because a first one has nothing before it to be smoothed with.

    Args:
        enhancer: About to enhance live frames.
        options: Those it was opened with.
        layouts: Of the frames, 8 bits each; see `usual_layouts`.
        can_change: Settings may be changed: then they are denoised and not, as either may be asked for at
            any time.
    """
    for denoise in (True, False) if can_change else (options.denoise,):
        enhancer.adjust(replace(options, denoise=denoise))
        for layout in layouts:
            for time_s in (0.0, 0.1):
                enhancer.enhance(_black(layout), time_s)
            enhancer.reset()
    enhancer.adjust(options)


def _black(layout: PixelLayout) -> Picture:
    """Return a small picture of zeros."""
    width, height = 64, 48
    if layout.kind != "yuv":
        return Picture((np.zeros((height, 3 * width), np.uint8),), width, height, layout)
    shift_x, shift_y = layout.chroma_shift_wh
    shapes = (height, width), *2 * [(height >> shift_y, width >> shift_x)]
    return Picture(tuple(np.zeros(shape, np.uint8) for shape in shapes), width, height, layout)


def _options(session: LiveSession, source: LiveSource, interval_s: float | None) -> EnhancerOptions:
    """Return the settings with the interval between frames, so far as that differs from the one in use."""
    latest_s = source.interval_s or interval_s or _USUAL_INTERVAL_S
    if interval_s is None or abs(latest_s - interval_s) > _NEW_INTERVAL * interval_s:
        interval_s = latest_s
    return replace(session.settings.options, frame_interval_s=interval_s)


def _enhanced(frame: LiveFrame, enhancer: Enhancer) -> EnhancedFrame:
    if frame.is_first:
        enhancer.reset()
    video = copy_of(frame.video)
    enhancer.enhance(picture_of(video), frame.time_s)
    return EnhancedFrame(
        original=frame.video,
        enhanced=video,
        captured_s=frame.captured_s,
        time_s=frame.time_s,
        sound=frame.sound,
    )


def _raise_if_none_is_left(outlets: Sequence[Outlet]) -> None:
    if outlets and not any(outlet.alive for outlet in outlets):
        raise next(outlet.error for outlet in outlets if outlet.error is not None)
