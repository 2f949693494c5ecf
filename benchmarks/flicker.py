"""Flicker: what enhancing adds to it, what smoothing takes away, and what smoothing costs.

Compared with the input are: every frame by its own maps; averages of the pixels of such frames; smoothed
maps, as `zerodce-enhance` has them. A curve also amplifies the fluctuation that the input has, however its
maps are smoothed. So the *wavering* of a method is how much its output differs, over time, from what the same
method makes with maps that never change: that is what the maps, and nothing else, bring in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from realtime.errors import InputError
from realtime.options import SmoothingOptions

from .flicker_methods import Methods, averaged, averaged_pixels
from .footage import RATE, Footage, Frame, compressed, darkened, joined, pan, read_footage, still

Array = npt.NDArray[np.float32]

# Larger clips are shrunk to this: the maps are estimated from less than half of it.
_LONG_SIDE = 640
_BLOCK = 16
# Filters have settled by then; what comes before is not judged.
_SETTLING_S = 1.0
_PAN_STEP_XY = (4, 1)
# A picture is back to full quality where its PSNR is within this of that after a fresh start.
_FULL_DB = 0.1
_LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """How one method behaves where nothing moves: standard deviations over time, in codes of 255.

    Attributes:
        frame: Of the mean luma of a frame.
        block: Of the mean luma of a 16×16 block; the median over the blocks.
        wavering: The same as `block`, of the difference from the same method with maps that never change.
    """

    frame: float
    block: float
    wavering: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How one method behaves where something moves.

    Attributes:
        warping: On a pan by whole pixels over a picture: the mean squared difference, for values in [0, 1],
            of each frame from the next one moved back.
        psnr_db: Of a darkened clip against its bright original, the mean over frames.
        frames_lost: After a cut, the frames until the PSNR is within 0.1 dB of a stream that starts there.
    """

    warping: float
    psnr_db: float
    frames_lost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlickerReport:
    """Averages over clips, by method.

    Attributes:
        model: Name of the model.
        smoothing_s: Time constant of the smoothed maps.
        frames: Frames used of each clip, at most.
        clips: Number of bright clips.
        noisy: Of stills made of them, darkened, with fresh noise in each frame, as from a webcam.
        encoded: Of the same, encoded as H.264 with a keyframe every two seconds, as from a network camera.
        motion: Of pans over them, of themselves darkened, and of cuts between them.
        tripod_clips: Number of dark clips in which little moves.
        tripod: Of these.
    """

    model: str
    smoothing_s: float
    frames: int
    clips: int
    noisy: dict[str, Steadiness]
    encoded: dict[str, Steadiness]
    motion: dict[str, Motion]
    tripod_clips: int
    tripod: dict[str, Steadiness]


def measure_flicker(
    clips: Sequence[Path],
    tripod: Sequence[Path],
    model: str,
    frames: int,
    track: Callable[[Sequence[Path]], Iterable[Path]],
) -> FlickerReport:
    """Measure how steady enhanced video is, and what that costs.

    Args:
        clips: Normally bright videos, to be darkened, which then are their references.
        tripod: Dark videos in which most of the picture does not move, measured as they are.
        model: Name of a shipped model, or path of an ONNX file.
        frames: Frames to use of each clip, at most; more than a second's.
        track: Wraps what is iterated, to show progress.

    Raises:
        EnhanceError: A clip or the model cannot be used.
    """
    noisy, encoded, motion, alone = [], [], [], []
    with Methods(model) as methods:
        for clip, following in zip(track(clips), [*clips[1:], *clips[:1]], strict=True):
            footage = read_footage(clip, frames, _LONG_SIDE)
            height, width, _ = footage.frames[0].shape
            dark = darkened(still(footage.frames[0], frames))
            noisy.append(_steadiness(methods, dark))
            encoded.append(_steadiness(methods, compressed(dark)))
            motion.append(
                _motion(methods, footage, read_footage(following, RATE, _LONG_SIDE, (width, height)))
            )
        for clip in track(tripod):
            filmed = read_footage(clip, frames, _LONG_SIDE)
            if filmed.times_s[-1] - filmed.times_s[0] <= _SETTLING_S:
                raise InputError(
                    f"what is used of {clip} is no longer than filters take to settle, a second; "
                    "give a longer clip, or raise --frames"
                )
            alone.append(_steadiness(methods, filmed))
    return FlickerReport(
        model=model,
        smoothing_s=SmoothingOptions().seconds,
        frames=frames,
        clips=len(clips),
        noisy=_mean_steadiness(noisy),
        encoded=_mean_steadiness(encoded),
        motion=_mean_motion(motion),
        tripod_clips=len(tripod),
        tripod=_mean_steadiness(alone),
    )


def _steadiness(methods: Methods, footage: Footage) -> dict[str, Steadiness]:
    alone, smoothed, fixed = (
        _block_lumas(enhanced(footage))
        for enhanced in (methods.per_frame, methods.smoothed_maps, methods.fixed_maps)
    )
    shown = _block_lumas(footage.frames)
    # An average of pixels is an average of blocks, too. Its own reference is averaged alike.
    with_reference = {
        "input": (shown, shown),
        "fixed maps": (fixed, fixed),
        "per frame": (alone, fixed),
        "averaged pixels": (averaged(alone), averaged(fixed)),
        "smoothed maps": (smoothed, fixed),
    }
    settled = np.asarray(footage.times_s) - footage.times_s[0] >= _SETTLING_S
    return {
        name: Steadiness(
            frame=float(np.std(luma[settled].mean(axis=(1, 2)))),
            block=_deviation(luma[settled]),
            wavering=_deviation((luma - reference)[settled]),
        )
        for name, (luma, reference) in with_reference.items()
    }


def _motion(methods: Methods, footage: Footage, following: Footage) -> dict[str, Motion]:
    slid = _outputs(methods, darkened(pan(footage.frames[0], _PAN_STEP_XY, RATE), noise=False))
    moved = _outputs(methods, darkened(footage))
    dark, after = darkened(footage.until(RATE)), Footage.made(darkened(following).frames)
    whole, begun = _outputs(methods, joined(dark, after)), _outputs(methods, after)
    return {
        name: Motion(
            warping=_warping(slid[name]),
            psnr_db=float(np.mean(_psnrs(moved[name], footage.frames))),
            frames_lost=_frames_lost(
                _psnrs(whole[name][len(dark.frames) :], following.frames),
                _psnrs(begun[name], following.frames),
            ),
        )
        for name in moved
    }


def _outputs(methods: Methods, footage: Footage) -> dict[str, Sequence[Frame]]:
    """Return what each method shows, and the input."""
    alone = methods.per_frame(footage)
    return {
        "input": footage.frames,
        "per frame": alone,
        "averaged pixels": averaged_pixels(alone),
        "smoothed maps": methods.smoothed_maps(footage),
    }


def _block_lumas(frames: Sequence[Frame]) -> Array:
    """Return (frames, rows, columns) means of luma over whole blocks, of 255."""
    rows, columns = (length // _BLOCK for length in frames[0].shape[:2])
    lumas = (frame[: rows * _BLOCK, : columns * _BLOCK] @ _LUMA_WEIGHTS for frame in frames)
    return np.stack([luma.reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3)) for luma in lumas])


def _deviation(luma: Array) -> float:
    return float(np.median(np.std(luma, axis=0)))


def _warping(frames: Sequence[Frame]) -> float:
    """Return the warping error of a pan, of what is seen in both of two frames."""
    x, y = _PAN_STEP_XY
    images = [frame / np.float32(255) for frame in frames]
    errors = [np.mean((a[y:, x:] - b[:-y, :-x]) ** 2) for a, b in pairwise(images)]
    return float(np.mean(errors))


def _psnrs(frames: Sequence[Frame], references: Sequence[Frame]) -> list[float]:
    errors = [
        np.mean((frame.astype(np.float32) - reference) ** 2) / 255**2
        for frame, reference in zip(frames, references, strict=True)
    ]
    return [float(-10 * np.log10(max(error, 1e-10))) for error in errors]


def _frames_lost(psnrs: Sequence[float], fresh: Sequence[float]) -> int:
    """Count the frames up to the last that is worse than after a fresh start."""
    worse = [index for index, db in enumerate(psnrs) if db < fresh[index] - _FULL_DB]
    return worse[-1] + 1 if worse else 0


def _mean_steadiness(results: Sequence[dict[str, Steadiness]]) -> dict[str, Steadiness]:
    return {
        name: Steadiness(
            frame=float(np.mean([one[name].frame for one in results])),
            block=float(np.mean([one[name].block for one in results])),
            wavering=float(np.mean([one[name].wavering for one in results])),
        )
        for name in (results[0] if results else ())
    }


def _mean_motion(results: Sequence[dict[str, Motion]]) -> dict[str, Motion]:
    return {
        name: Motion(
            warping=float(np.mean([one[name].warping for one in results])),
            psnr_db=float(np.mean([one[name].psnr_db for one in results])),
            frames_lost=float(np.mean([one[name].frames_lost for one in results])),
        )
        for name in (results[0] if results else ())
    }
