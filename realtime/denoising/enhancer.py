"""An enhancer that denoises frames, if that is asked for, before another enhances them."""

from __future__ import annotations

import os
from collections import deque

from ..enhancer import Enhancer
from ..frames.gpu_frames import GpuContext
from ..frames.picture import Picture
from ..options import EnhancerOptions
from ..stage_times import StageTimes
from ..stream_state import StreamState, part_of, prefixed
from .spatial import SpatialDenoiser
from .temporal import TemporalDenoiser


class DenoisingEnhancer(Enhancer):
    """Denoises on the CPU, whatever enhances; noise is removed before it is amplified.

    What is denoised is enhanced in 16 bits, so that averages are not rounded before they are amplified.

    Attributes:
        backend: What runs the network and the curves.
        depth: How many frames may be under way.
    """

    def __init__(
        self, enhancer: Enhancer, options: EnhancerOptions, *, times: StageTimes | None = None
    ) -> None:
        """Take over an enhancer.

        Args:
            enhancer: Enhances what is denoised; it is closed with this.
            options: Those of the enhancer; whether to denoise at all, and by how many threads.
            times: Where the stage `denoise` is timed.
        """
        self._enhancer = enhancer
        self._temporal = TemporalDenoiser(threads=options.threads)
        self._spatial = SpatialDenoiser(threads=options.threads)
        self._under_way: deque[tuple[Picture, Picture] | None] = deque()  # None: it is not denoised
        self._denoises = options.denoise
        self._times = times or StageTimes()
        self._closed = False
        self._process = os.getpid()
        self.backend, self.depth = enhancer.backend, enhancer.depth

    @property
    def gpu_context(self) -> GpuContext | None:
        """See `Enhancer`; what is denoised has to be on the host."""
        return None if self._denoises else self._enhancer.gpu_context

    @property
    def estimate_every(self) -> int:
        """See `Enhancer`."""
        return self._enhancer.estimate_every

    def enhance(self, picture: Picture, time_s: float) -> None:
        """Denoise and enhance one frame in place; see `Enhancer`."""
        denoised = self._denoised(picture)
        self._enhancer.enhance(denoised or picture, time_s)
        if denoised is not None:
            self._write_back(denoised, picture)

    def enhance_photo(self, picture: Picture) -> None:
        """Denoise a picture by itself, and enhance it in place; see `Enhancer`."""
        self._under_way.clear()
        self._temporal.reset()
        denoised = self._denoised(picture, is_photo=True)
        self._enhancer.enhance_photo(denoised or picture)
        if denoised is not None:
            self._write_back(denoised, picture)

    def begin(self, picture: Picture, time_s: float) -> None:
        """Denoise one frame, and begin to enhance it; see `Enhancer`."""
        denoised = self._denoised(picture)
        self._enhancer.begin(denoised or picture, time_s)
        self._under_way.append(None if denoised is None else (denoised, picture))

    def finish(self) -> None:
        """Wait for the oldest frame that was begun; see `Enhancer`."""
        pair = self._under_way.popleft()
        self._enhancer.finish()
        if pair is not None:
            self._write_back(*pair)

    def adjust(self, options: EnhancerOptions) -> None:
        """Go by other options from the next frame on; see `Enhancer`."""
        self._enhancer.adjust(options)
        if not options.denoise:
            self._temporal.reset()
        self._denoises = options.denoise

    def reset(self) -> None:
        """Forget the stream so far; see `Enhancer`."""
        self._under_way.clear()
        self._temporal.reset()
        self._enhancer.reset()

    def state(self) -> StreamState:
        """Return what the next frames depend on; see `Enhancer`."""
        return self._enhancer.state() | prefixed("denoiser", self._temporal.state())

    def restore(self, state: StreamState) -> None:
        """Go on with another stream; see `Enhancer`."""
        self._under_way.clear()
        self._enhancer.restore(state)
        self._temporal.restore(part_of(state, "denoiser"))

    def close(self) -> None:
        """Free both; may be called again."""
        self._closed = True
        self._temporal.close()
        self._spatial.close()
        self._enhancer.close()

    def _denoised(self, picture: Picture, *, is_photo: bool = False) -> Picture | None:
        """Return a copy without noise, or None if it is to stay as it is; a photo has no past to average."""
        if self._closed:
            raise ValueError("the enhancer is closed; open another")
        if os.getpid() != self._process:  # where its threads are not, for which it would wait for ever
            raise ValueError("the enhancer was opened by another process; open one in this")
        if not self._denoises:
            return None
        with self._times.measure("denoise"):
            return self._spatial.denoise(picture if is_photo else self._temporal.denoise(picture))

    def _write_back(self, denoised: Picture, picture: Picture) -> None:
        with self._times.measure("denoise"):
            self._spatial.write_back(denoised, picture)
