"""What a user can choose, with its defaults. Nothing heavy is imported, so that help is instant."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from export.engine_manifest import DEFAULT_MAP_SIZE
from zerodce.container import usable_processors

from .declared import take_as_declared

DEFAULT_MODEL = "context"
# With ten times as many, ONNX Runtime does not come to an end.
MOST_THREADS = 1024

EstimateEvery = int | Literal["auto"]


class Backend(str, Enum):
    """What runs the network and the curves; `auto` is TensorRT where all that it needs is there."""

    AUTO = "auto"
    TENSORRT = "tensorrt"
    CPU = "cpu"


class Decoder(str, Enum):
    """What decodes video files; NVDEC is part of NVIDIA's GPUs, and leaves frames there."""

    SOFTWARE = "software"
    NVDEC = "nvdec"


class Codec(str, Enum):
    """What to encode with; `auto` is the kind of the input where it can be kept."""

    AUTO = "auto"
    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"
    VP9 = "vp9"
    PRORES = "prores"
    FFV1 = "ffv1"
    H264_NVENC = "h264_nvenc"
    HEVC_NVENC = "hevc_nvenc"
    AV1_NVENC = "av1_nvenc"
    H264_QSV = "h264_qsv"
    HEVC_QSV = "hevc_qsv"
    AV1_QSV = "av1_qsv"

    @property
    def kind(self) -> str:
        """FFmpeg's name of the codec, whatever encodes it."""
        return self.value.partition("_")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothingOptions:
    """How the curve maps follow their estimates.

    Attributes:
        seconds: Time constant where nothing moves; 0 follows every estimate at once.
        motion_level: Relative change of brightness at which the maps follow twice as fast there.
        picture_level: The same, root mean square over the picture, at which they do so everywhere.
        cut_level: Share of the light that changes between two frames only at a scene cut, in (0, 1].
        jump_level: The same where the change is also sudden: many times that of the frames before.
    """

    seconds: float = 3.0
    motion_level: float = 0.02
    picture_level: float = 0.01
    cut_level: float = 0.35
    jump_level: float = 0.1

    def __post_init__(self) -> None:
        """Reject nonsense."""
        take_as_declared(self)
        if not 0 <= self.seconds < float("inf"):
            raise ValueError(f"smoothing takes 0 or more seconds, not {self.seconds}")
        for name, level in (("motion", self.motion_level), ("picture", self.picture_level)):
            if not level > 0:
                raise ValueError(f"the {name} level must be above 0, not {level}")
        for name, level in (("cut", self.cut_level), ("jump", self.jump_level)):
            if not 0 < level <= 1:
                raise ValueError(f"the {name} level must be above 0 and at most 1, not {level}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnhancerOptions:
    """What to do to each frame.

    Attributes:
        model: Name of a shipped model, or path of an ONNX file or an engine with its manifest beside it.
        strength: How far to go along the curves: 0 leaves every sample as it is, 1 is as estimated.
        map_size: The long side of the small copy that the maps are estimated from, in pixels, at most.
        estimate_every: Run the network on every N-th frame, or `auto`: when the picture has changed, or
            live, as often as time allows. Every frame is enhanced all the same.
        frame_interval_s: Time between the frames of a live source, in seconds, for `auto` to keep to; None
            for files.
        smoothing: How the maps follow their estimates.
        headroom: Share of the range that rational curves keep for what is bright, 0 to 1: they lift nothing
            else into it. 0 leaves them as the network means them.
        shadow_floor: Luma in [0, 1] under which colour may be noise, and is brightened as the shadows around
            are, and the purple of black is not; 0 turns both off.
        denoise: Average noise away before it is made brighter: over time where nothing moves, and in space
            where what is dark varies by little else.
        threads: Threads for the network and for the full-size pass; one for each processor by default, or for
            as many as the container may take.
        backend: What runs the network and the curves.
    """

    model: str = DEFAULT_MODEL
    strength: float = 1.0
    map_size: int = DEFAULT_MAP_SIZE
    estimate_every: EstimateEvery = 1
    frame_interval_s: float | None = None
    smoothing: SmoothingOptions = field(default_factory=SmoothingOptions)
    headroom: float = 0.12
    shadow_floor: float = 0.06
    denoise: bool = False
    threads: int = field(default_factory=lambda: min(usable_processors(), MOST_THREADS))
    backend: Backend = Backend.AUTO

    def __post_init__(self) -> None:
        """Reject nonsense; take a path of a model as its text."""
        if isinstance(self.model, os.PathLike):
            object.__setattr__(self, "model", os.fspath(self.model))
        take_as_declared(self)
        if not 0 <= self.strength <= 1:
            raise ValueError(f"strength must be 0 to 1, not {self.strength}")
        if not 16 <= self.map_size <= 4096:
            raise ValueError(f"the map size must be 16 to 4096, not {self.map_size}")
        every = self.estimate_every
        if every != "auto" and every < 1:
            raise ValueError(f"estimate-every must be at least 1, or auto, not {every}")
        if self.frame_interval_s is not None and not self.frame_interval_s > 0:
            raise ValueError(f"the frame interval must be above 0, not {self.frame_interval_s}")
        if not 0 <= self.headroom <= 1:
            raise ValueError(f"the headroom must be 0 to 1, not {self.headroom}")
        if not 0 <= self.shadow_floor <= 1:
            raise ValueError(f"the shadow floor must be 0 to 1, not {self.shadow_floor}")
        if not 1 <= self.threads <= MOST_THREADS:
            raise ValueError(f"threads must be 1 to {MOST_THREADS}, not {self.threads}")

    def check_adjusts(self, options: EnhancerOptions) -> None:
        """Reject a change of what an enhancer cannot change while it runs.

        Raises:
            ValueError: These options differ from the enhancer's in the model, the map size, the threads or
                the backend.
        """
        for name in ("model", "map_size", "threads", "backend"):
            if getattr(self, name) != getattr(options, name):
                raise ValueError(f"{name} cannot be changed while running; make a new enhancer")


def estimate_every_from_text(text: str) -> EstimateEvery:
    """Read a choice of `estimate_every` from a command line.

    Raises:
        ValueError: It is neither a whole number nor `auto`.
    """
    if text == "auto":
        return "auto"
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"estimate-every takes a whole number or auto, not '{text}'") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderOptions:
    """How to encode.

    Attributes:
        codec: What to encode with.
        crf: Constant rate factor, lower is better and larger; None for the codec's default.
        preset: Speed preset in the encoder's own words; None for the codec's default.
        segment_s: Seconds of a long video that are encoded for themselves, so that one that was interrupted
            goes on where such a segment begins.
    """

    codec: Codec = Codec.AUTO
    crf: float | None = None
    preset: str | None = None
    segment_s: float = 60.0

    def __post_init__(self) -> None:
        """Reject nonsense."""
        take_as_declared(self)
        if not self.segment_s > 0:
            raise ValueError(f"a segment must last more than 0 seconds, not {self.segment_s}")
        if self.crf is not None and not 0 <= self.crf <= 63:
            raise ValueError(f"the rate factor must be 0 to 63, not {self.crf}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """How to read files, and what to do about those that exist, are damaged, or HDR.

    Attributes:
        overwrite: Replace outputs that exist.
        keep_partial: Keep what decodes of a damaged video.
        tonemap: Turn HDR video into SDR, rather than refuse it.
        decoder: What decodes video; where NVDEC cannot, software does, and it is said.
    """

    overwrite: bool = False
    keep_partial: bool = False
    tonemap: bool = False
    decoder: Decoder = Decoder.SOFTWARE

    def __post_init__(self) -> None:
        """Reject nonsense."""
        take_as_declared(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How to go through many files.

    Attributes:
        jobs: How many files to work on at once.
        recursive: Look into the subfolders of a folder, too.
    """

    jobs: int = 1
    recursive: bool = True

    def __post_init__(self) -> None:
        """Reject nonsense."""
        take_as_declared(self)
        if self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, not {self.jobs}")
