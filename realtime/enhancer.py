"""What every enhancer does, whatever it runs on."""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from .frames.gpu_frames import GpuContext
from .frames.picture import Picture
from .options import EnhancerOptions
from .stream_state import StreamState

_Self = TypeVar("_Self", bound="Enhancer")


class Enhancer(Protocol):
    """Enhances the frames of one stream, in order. Not for several threads at once; the owner closes it.

    Up to `depth` frames may be under way at once, so that a device copies one while it computes another:
    `begin` each, and `finish` the oldest before more than that are begun.

    Backends inherit from it what is the same for all.

    Attributes:
        backend: What runs the network and the curves.
        depth: How many frames may be under way.
    """

    backend: str
    depth: int

    def __enter__(self: _Self) -> _Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def enhance_bgr(self, frame: npt.NDArray[np.uint8], time_s: float | None = None) -> npt.NDArray[np.uint8]:
        """Enhance a frame as OpenCV has it, in place.

        Args:
            frame: (H, W, 3) uint8, BGR.
            time_s: Presentation time, in seconds; None for now.

        Returns:
            The same array.

        Raises:
            ValueError: It is no such array, has no pixels, or is read-only; or the time is not finite.
        """
        packed = np.ascontiguousarray(frame) if isinstance(frame, np.ndarray) else frame
        picture = Picture.from_packed(packed, "bgr")
        if time_s is not None and not math.isfinite(time_s):
            raise ValueError(f"the time of a frame must be a finite number of seconds, not {time_s}")
        if not frame.flags.writeable:
            raise ValueError("the frame is read-only, and frames are enhanced in place; pass a copy of it")
        self.enhance(picture, time.perf_counter() if time_s is None else time_s)
        if packed is not frame:
            frame[:] = packed
        return frame

    def enhance_photo(self, picture: Picture) -> None:
        """Enhance a picture that belongs to no stream, in place; the stream so far is forgotten.

        `reset` starts the next one; without, it would follow the picture.

        Args:
            picture: As for `enhance`.

        Raises:
            DeviceError: The GPU failed.
        """
        self.reset()
        self.enhance(picture, time_s=0.0)

    @property
    def gpu_context(self) -> GpuContext | None:
        """What makes the CUDA context current from which `begin` takes frames that are on its GPU.

        None if it takes those of the host alone.
        """
        return None

    @property
    def estimate_every(self) -> int:
        """The network runs on every so many frames at present; with `auto`, by its own choice."""

    def enhance(self, picture: Picture, time_s: float) -> None:
        """Enhance one frame in place, while none is under way.

        Args:
            picture: The frame; its planes are overwritten.
            time_s: Presentation time, in seconds; smoothing goes by it.

        Raises:
            DeviceError: The GPU failed.
        """

    def begin(self, picture: Picture, time_s: float) -> None:
        """Begin to enhance one frame in place; nothing else may touch it until it is finished.

        Args:
            picture: As for `enhance`.
            time_s: As for `enhance`.

        Raises:
            DeviceError: The GPU failed.
        """

    def finish(self) -> None:
        """Wait for the oldest frame that was begun: its planes are then overwritten.

        Raises:
            DeviceError: The GPU failed.
        """

    def adjust(self, options: EnhancerOptions) -> None:
        """Go by other options from the next frame on.

        Raises:
            ValueError: The model, the map size, the threads or the backend differ; that takes a new enhancer.
        """

    def reset(self) -> None:
        """Forget the stream so far, and what is under way: the next frame starts a new one."""

    def state(self) -> StreamState:
        """Return all that the next frames depend on beside themselves, while none is under way.

        Raises:
            DeviceError: The GPU failed.
        """

    def restore(self, state: StreamState) -> None:
        """Forget the stream so far, and go on with another: that which left this state.

        The next frames come out as they would there, by the same backend with the same options, if they are
        of the same size.

        Args:
            state: What `state` returned, there.
        """

    def close(self) -> None:
        """Free what it holds; may be called again."""
