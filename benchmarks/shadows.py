"""Colour in the shadows: how much more of it enhancing makes, and how much more uneven.

In the dark, cameras and codecs leave little of colour but noise and blocks of the wrong tint, and a tint of
all that is dark. Brightening shows them. What counts is by how much the mean colour and its unevenness within
small blocks grow, against by how much these get brighter, with the rules that hold such colour back
(`--shadow-floor`) and without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import numpy.typing as npt

from realtime.cpu_enhancer import CpuEnhancer
from realtime.errors import InputError
from realtime.frames.conversion import converted
from realtime.frames.picture import copy_of, picture_of
from realtime.options import EnhancerOptions, SmoothingOptions

from .clip_reader import reading

Array = npt.NDArray[np.float64]

# Side of a block in samples of chroma: 32 pixels, several of the blocks that codecs predict and quantise.
_BLOCK = 16
_DARKEST = 0.2
_EVERY = 10
_PIXEL_FORMAT = "yuv420p"
# In codes: what is nearer to black or to grey than that counts as this, so that it divides.
_LEAST = 0.1
_GREY = 128
_CROP = 192

RULES = {"rule off": 0.0, "rule on": EnhancerOptions().shadow_floor}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadows:
    """The darkest fifth of the blocks of each frame of a clip, enhanced in one way against the input.

    Attributes:
        luma_growth: How many times as bright they are, in codes above black.
        tint_growth: How many times as far from grey they are on average.
        chroma_growth: How many times as large the standard deviation of chroma within them is.
    """

    luma_growth: float
    tint_growth: float
    chroma_growth: float


@dataclass(frozen=True, slots=True)
class Crop:
    """Where the rule matters most in the frame in the middle of a clip.

    Attributes:
        images: The input, and the enhanced picture by rule: (H, W, 3) uint8, RGB.
    """

    images: dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowReport:
    """What was measured.

    Attributes:
        model: Name of the model.
        shadow_floor: The floor with the rule on.
        frames: Frames used of each clip, spread over as many seconds as it has, at most.
        clips: One for each, by rule.
    """

    model: str
    shadow_floor: float
    frames: int
    clips: list[dict[str, Shadows]]


def measure_shadows(
    clips: Sequence[Path],
    model: str,
    frames: int,
    track: Callable[[Sequence[Path]], Iterable[Path]],
) -> tuple[ShadowReport, list[Crop]]:
    """Measure how colour in the shadows grows, and cut out where the rule matters most.

    Args:
        clips: Dark videos.
        model: Name of a shipped model, or path of an ONNX file.
        frames: Frames to use of each clip, at most; one in ten is used.
        track: Wraps what is iterated, to show progress.

    Raises:
        EnhanceError: A clip or the model cannot be used.
    """
    results, crops = [], []
    for clip in track(clips):
        shown = _read(clip, frames)
        enhanced = {rule: _enhanced(shown, model, floor) for rule, floor in RULES.items()}
        results.append({rule: _growth(shown, after) for rule, after in enhanced.items()})
        middle = len(shown) // 2
        crops.append(_crop(shown[middle], {rule: after[middle] for rule, after in enhanced.items()}))
    report = ShadowReport(model=model, shadow_floor=RULES["rule on"], frames=frames, clips=results)
    return report, crops


def _read(clip: Path, frames: int) -> list[av.VideoFrame]:
    """Return one frame in ten, as 4:2:0 of 8 bits; raises InputError for a clip that is less than a block."""
    shown: list[av.VideoFrame] = []
    with reading(clip) as reader:
        decoded = (item for item in reader if isinstance(item, av.VideoFrame))
        for index, frame in enumerate(decoded):
            if index % _EVERY == 0:
                shown.append(converted(frame, _PIXEL_FORMAT, (frame.width, frame.height)))
            if len(shown) == frames:
                break
    width, height = shown[0].width, shown[0].height
    if min(width, height) < 2 * _BLOCK:
        raise InputError(
            f"{clip} has {width}×{height} pixels, and blocks of {2 * _BLOCK}×{2 * _BLOCK} are compared; "
            "give a larger clip"
        )
    return shown


def _enhanced(frames: Sequence[av.VideoFrame], model: str, floor: float) -> list[av.VideoFrame]:
    """Enhance copies of frames, each by the maps that are estimated from it."""
    copies = [copy_of(frame) for frame in frames]
    options = EnhancerOptions(model=model, shadow_floor=floor, smoothing=SmoothingOptions(seconds=0))
    with CpuEnhancer(options) as enhancer:
        for index, frame in enumerate(copies):
            enhancer.enhance(picture_of(frame), float(index))
    return copies


def _growth(frames: Sequence[av.VideoFrame], enhanced: Sequence[av.VideoFrame]) -> Shadows:
    """Compare what the darkest blocks of all frames have on average."""
    sums = np.zeros((2, 3))
    for before, after in zip(frames, enhanced, strict=True):
        blocks = _blocks(before)
        dark = blocks.luma <= np.quantile(blocks.luma, _DARKEST)
        sums += [_means(blocks, dark), _means(_blocks(after), dark)]
    luma, tint, chroma = (sums[1] / np.maximum(sums[0], _LEAST * len(frames))).tolist()
    return Shadows(luma_growth=luma, tint_growth=tint, chroma_growth=chroma)


class _Blocks(NamedTuple):
    """Of each block, in codes.

    Attributes:
        luma: The mean above black.
        tint: (2, rows, columns), the mean blue and red differences.
        chroma: The standard deviation of both.
    """

    luma: Array
    tint: Array
    chroma: Array


def _means(blocks: _Blocks, which: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    """Average over some blocks: luma, how far from grey the average colour is, and the deviation."""
    tint = np.hypot(*blocks.tint[:, which].mean(axis=1))
    return float(blocks.luma[which].mean()), float(tint), float(blocks.chroma[which].mean())


def _blocks(frame: av.VideoFrame) -> _Blocks:
    picture = picture_of(frame)
    luma, blue, red = (plane.astype(np.float64) for plane in picture.planes)
    black = 0 if picture.layout.full_range else 16
    means = _grid(luma, 2 * _BLOCK, picture.width, picture.height).mean(axis=(1, 3)) - black
    width, height = picture.width // 2, picture.height // 2
    chroma = [_grid(plane, _BLOCK, width, height) for plane in (blue, red)]
    tint = np.stack([blocks.mean(axis=(1, 3)) - _GREY for blocks in chroma])
    return _Blocks(means, tint, np.sqrt(sum(blocks.var(axis=(1, 3)) for blocks in chroma)))


def _grid(plane: Array, side: int, width: int, height: int) -> Array:
    """View the whole blocks of a plane as (rows, side, columns, side)."""
    rows, columns = height // side, width // side
    return plane[: rows * side, : columns * side].reshape(rows, side, columns, side)


def _crop(frame: av.VideoFrame, enhanced: dict[str, av.VideoFrame]) -> Crop:
    """Cut out the surroundings of the dark block whose colour the rule holds back most."""
    luma = _blocks(frame).luma
    held = _blocks(enhanced["rule off"]).chroma - _blocks(enhanced["rule on"]).chroma
    held[luma > np.quantile(luma, _DARKEST)] = -np.inf
    row, column = np.unravel_index(np.argmax(held), held.shape)
    side = 2 * _BLOCK
    top = int(np.clip(row * side + side // 2 - _CROP // 2, 0, max(frame.height - _CROP, 0)))
    left = int(np.clip(column * side + side // 2 - _CROP // 2, 0, max(frame.width - _CROP, 0)))
    images = {"input": frame, **enhanced}
    return Crop(
        {
            name: image.to_ndarray(format="rgb24")[top : top + _CROP, left : left + _CROP]
            for name, image in images.items()
        }
    )
