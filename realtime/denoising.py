"""An enhancer that denoises frames, if that is asked for, before another enhances them."""

from __future__ import annotations

from .denoiser import TemporalDenoiser
from .enhancer import Enhancer
from .frames import Picture
from .options import EnhancerOptions
from .photo_denoiser import PhotoDenoiser, write_back
from .stage_times import StageTimes
from .stream_state import StreamState, part_of, prefixed


class DenoisingEnhancer(Enhancer):
    """Denoises on the CPU, whatever enhances; noise is removed before it is amplified.

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
        self._denoiser = TemporalDenoiser(threads=options.threads)
        self._photo_denoiser = PhotoDenoiser(threads=options.threads)
        self._denoises = options.denoise
        self._times = times or StageTimes()
        self._closed = False
        self.backend, self.depth = enhancer.backend, enhancer.depth

    @property
    def estimate_every(self) -> int:
        """See `Enhancer`."""
        return self._enhancer.estimate_every

    def enhance(self, picture: Picture, time_s: float) -> None:
        """Denoise and enhance one frame in place; see `Enhancer`."""
        self._denoise(picture)
        self._enhancer.enhance(picture, time_s)

    def enhance_photo(self, picture: Picture) -> None:
        """Denoise a picture by itself, unless it is YUV, and enhance it in place; see `Enhancer`."""
        self._require_open()
        self._denoiser.reset()
        if not self._denoises or picture.layout.kind == "yuv":
            self._enhancer.enhance_photo(picture)
            return
        with self._times.measure("denoise"):
            denoised = self._photo_denoiser.denoise(picture)
        self._enhancer.enhance_photo(denoised)
        write_back(denoised, picture)

    def begin(self, picture: Picture, time_s: float) -> None:
        """Denoise one frame in place, and begin to enhance it; see `Enhancer`."""
        self._denoise(picture)
        self._enhancer.begin(picture, time_s)

    def finish(self) -> None:
        """Wait for the oldest frame that was begun; see `Enhancer`."""
        self._enhancer.finish()

    def adjust(self, options: EnhancerOptions) -> None:
        """Go by other options from the next frame on; see `Enhancer`."""
        self._enhancer.adjust(options)
        if not options.denoise:
            self._denoiser.reset()
        self._denoises = options.denoise

    def reset(self) -> None:
        """Forget the stream so far; see `Enhancer`."""
        self._denoiser.reset()
        self._enhancer.reset()

    def state(self) -> StreamState:
        """Return what the next frames depend on; see `Enhancer`."""
        return self._enhancer.state() | prefixed("denoiser", self._denoiser.state())

    def restore(self, state: StreamState) -> None:
        """Go on with another stream; see `Enhancer`."""
        self._enhancer.restore(state)
        self._denoiser.restore(part_of(state, "denoiser"))

    def close(self) -> None:
        """Free both; may be called again."""
        self._closed = True
        self._denoiser.close()
        self._photo_denoiser.close()
        self._enhancer.close()

    def _denoise(self, picture: Picture) -> None:
        self._require_open()
        if self._denoises:
            with self._times.measure("denoise"):
                self._denoiser.denoise(picture)

    def _require_open(self) -> None:
        if self._closed:
            raise ValueError("the enhancer is closed; open another")
