"""Settings that may be changed while a live run goes on."""

from __future__ import annotations

import threading
from dataclasses import replace

from ..options import EnhancerOptions, EstimateEvery


class LiveSettings:
    """What the enhancer is to do, from now on. Any thread may read and change it.

    The run hands `options` to `Enhancer.adjust` before the next frame, so that a change is seen at once.
    """

    def __init__(self, options: EnhancerOptions | None = None) -> None:
        self._options = options or EnhancerOptions()
        self._lock = threading.Lock()

    @property
    def options(self) -> EnhancerOptions:
        """All that is set at this moment; another object after every change."""
        return self._options

    def change(
        self,
        *,
        strength: float | None = None,
        smoothing_s: float | None = None,
        estimate_every: EstimateEvery | None = None,
        headroom: float | None = None,
        shadow_floor: float | None = None,
        denoise: bool | None = None,
    ) -> EnhancerOptions:
        """Change what is given and leave the rest; return what is set then.

        Args:
            strength: 0 to 1.
            smoothing_s: 0 or more seconds.
            estimate_every: 1 or more frames, or `auto`.
            headroom: Share of the range, 0 to 1.
            shadow_floor: Luma, 0 to 1.
            denoise: Whether to.

        Raises:
            ValueError: A value is out of range; nothing was changed.
        """
        with self._lock:
            options = self._options
            self._options = replace(
                options,
                strength=options.strength if strength is None else strength,
                smoothing=options.smoothing
                if smoothing_s is None
                else replace(options.smoothing, seconds=smoothing_s),
                estimate_every=options.estimate_every if estimate_every is None else estimate_every,
                headroom=options.headroom if headroom is None else headroom,
                shadow_floor=options.shadow_floor if shadow_floor is None else shadow_floor,
                denoise=options.denoise if denoise is None else denoise,
            )
            return self._options
