"""The enhancer on a CPU: estimate small, smooth small, apply large."""

from __future__ import annotations

import numpy as np

from .curves.applier import CurveApplier, curve_factors
from .curves.black_tint import BlackTintFilter, black_tint, without_tint
from .curves.headroom import with_headroom
from .curves.small_picture import block_means, cell_size
from .curves.smoothing import MapSmoother
from .curves.tints import shadow_tints
from .enhancer import Enhancer
from .estimate_pace import EstimatePace
from .estimator import CurveEstimator, find_model
from .frames.colour import FloatArray, luma_weights
from .frames.picture import Picture
from .options import EnhancerOptions
from .stage_times import StageTimes
from .stream_state import StreamState, part_of, prefixed, restore, state_of

# Luma of small RGB pictures, for motion and cuts alone; ITU-R BT.601-7.
_LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)

_STATE = ("_curves",)


class CpuEnhancer(Enhancer):
    """The enhancer on a CPU: ONNX Runtime for the network, Numba kernels for the rest.

    Attributes:
        times: Where the stages `shrink`, `estimate`, `smooth` and `apply` are timed.
    """

    backend = "cpu"
    depth = 1

    def __init__(self, options: EnhancerOptions | None = None, *, times: StageTimes | None = None) -> None:
        """Load the model.

        Raises:
            ModelError: The model is missing, damaged, or not one of ours.
        """
        self._options = options or EnhancerOptions()
        self.times = times or StageTimes()
        self._estimator = CurveEstimator(find_model(self._options.model), threads=self._options.threads)
        self._applier = CurveApplier(threads=self._options.threads, curve=self._estimator.curve)
        self._smoother = MapSmoother(self._options.smoothing)
        self._black = BlackTintFilter(self._options.smoothing.seconds)
        self._pace = EstimatePace(self._options.estimate_every, self._options.frame_interval_s)
        self.reset()

    def adjust(self, options: EnhancerOptions) -> None:
        """Go by other settings from the next frame on; see `Enhancer`."""
        options.check_adjusts(self._options)
        self._options = options
        self._smoother.options = options.smoothing
        self._black.seconds = options.smoothing.seconds
        self._pace.adjust(options.estimate_every, options.frame_interval_s)

    @property
    def estimate_every(self) -> int:
        """See `Enhancer`."""
        return self._pace.every

    def reset(self) -> None:
        """Forget the stream so far: the next frame starts a new one."""
        self._smoother.reset()
        self._black.reset()
        self._pace.reset()

    def state(self) -> StreamState:
        """Return what the next frames depend on; see `Enhancer`."""
        return (
            state_of(self, _STATE)
            | prefixed("smoother", self._smoother.state())
            | prefixed("black", self._black.state())
            | prefixed("pace", self._pace.state())
        )

    def restore(self, state: StreamState) -> None:
        """Go on with another stream; see `Enhancer`."""
        restore(self, _STATE, state)
        self._smoother.restore(part_of(state, "smoother"))
        self._black.restore(part_of(state, "black"))
        self._pace.restore(part_of(state, "pace"))

    def close(self) -> None:
        """Stop the threads; may be called again."""
        self._applier.close()
        self._estimator.close()

    def enhance(self, picture: Picture, time_s: float) -> None:
        """Enhance one frame in place; see `Enhancer`."""
        if self._options.strength == 0:
            return
        with self._pace.frame():
            self._enhance(picture, time_s)

    def begin(self, picture: Picture, time_s: float) -> None:
        """Enhance the frame at once; see `Enhancer`."""
        self.enhance(picture, time_s)

    def finish(self) -> None:
        """Do nothing: the frame is done; see `Enhancer`."""

    def _enhance(self, picture: Picture, time_s: float) -> None:
        cell = cell_size(picture.width, picture.height, self._options.map_size)
        stride, floor = self._estimator.map_stride, self._options.shadow_floor
        weights = luma_weights(picture.layout)
        with self.times.measure("shrink"):
            small = self._applier.small_copy(picture, cell)
            luma = block_means(np.tensordot(_LUMA_WEIGHTS, small, 1), stride)
            if self._smoother.is_cut(luma):
                self.reset()
            black = None
            if floor > 0:
                black = self._black.follow(black_tint(small, stride, weights), time_s)
                small = without_tint(small, black)
        curves = self._latest_curves(small, luma, time_s)
        with self.times.measure("smooth"):
            maps = self._smoother.follow(curves, luma, time_s)
            factors = curve_factors(maps, self._options.strength, self._estimator.curve)
            if self._estimator.curve == "rational":
                factors = with_headroom(factors, small, stride, self._options.headroom)
        with self.times.measure("apply"):
            tints = None
            if floor > 0:
                tints = shadow_tints(small, factors, stride, weights, self._estimator.curve)
            self._applier.apply(picture, factors, cell * stride, floor, tints, black)

    def _latest_curves(self, small: FloatArray, luma: FloatArray, time_s: float) -> FloatArray:
        """Return the estimate to follow; run the network if it is time to. `luma` is that on its grid."""
        if self._pace.is_due(luma, time_s):
            with self._pace.estimate(), self.times.measure("estimate"):
                self._curves = self._estimator.estimate(small)
        return self._curves
