"""Noise: how much nearer `--denoise` brings dark, noisy video to what enhancing makes of it without noise.

Clips are darkened, with fresh noise in each frame and without any. What the enhancer makes of those without
is the reference, so that nothing but the noise, and what denoising does to the picture, counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realtime.backend import open_enhancer
from realtime.enhancer import Enhancer
from realtime.errors import InputError
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions
from zerodce.scores import Score, average, score

from .footage import RATE, Footage, Frame, compressed, darkened, pan, read_footage, still

# Larger clips are shrunk to this.
_LONG_SIDE = 640
# Frames until what is remembered has settled; they are not judged. Of the others, one in so many is.
_SETTLING = 10
_EVERY = 5
_PAN_STEP_XY = (4, 1)

METHODS = {"as it is": False, "--denoise": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseReport:
    """Averages over clips.

    Attributes:
        model: Name of the model.
        frames: Frames used of each clip, at most.
        clips: Number of clips.
        scores: PSNR and SSIM against what is enhanced without noise, by how the camera moves and whether what
            it films was encoded, and by method; without pans where no clip has room for one.
    """

    model: str
    frames: int
    clips: int
    scores: dict[str, dict[str, Score]]


def measure_noise(
    clips: Sequence[Path], model: str, frames: int, track: Callable[[Sequence[Path]], Iterable[Path]]
) -> NoiseReport:
    """Measure what denoising brings.

    Args:
        clips: Normally bright videos, to be darkened.
        model: Name of a shipped model, or path of an ONNX file.
        frames: Frames to use of each clip, at most; more than 10.
        track: Wraps what is iterated, to show progress.

    Raises:
        EnhanceError: A clip or the model cannot be used.
    """
    scores: dict[str, list[dict[str, Score]]] = {}
    with ExitStack() as stack:
        enhancers = {
            method: stack.enter_context(open_enhancer(EnhancerOptions(model=model, denoise=denoise)))
            for method, denoise in METHODS.items()
        }
        for clip in track(clips):
            for scene, footage in _scenes(clip, frames).items():
                reference = _enhanced(darkened(footage, noise=False), enhancers["as it is"])
                noisy = darkened(footage)
                for name, shown in ((scene, noisy), (f"{scene}, as H.264", compressed(noisy))):
                    enhanced = {method: _enhanced(shown, each) for method, each in enhancers.items()}
                    scores.setdefault(name, []).extend(_scores(enhanced, reference))
    means = {name: average(each) for name, each in scores.items()}
    return NoiseReport(model=model, frames=frames, clips=len(clips), scores=means)


def _scenes(clip: Path, frames: int) -> dict[str, Footage]:
    """Return the ways of filming what a clip shows; a small picture leaves no room for a pan."""
    filmed = read_footage(clip, frames, _LONG_SIDE)
    if len(filmed.frames) <= _SETTLING:
        raise InputError(f"{clip} has only {len(filmed.frames)} frames; give a longer clip")
    first = filmed.frames[0]
    scenes = {"from a tripod": still(first, frames), "as filmed": filmed}
    panned = pan(first, _PAN_STEP_XY, min(frames, RATE))
    return scenes | {"on a pan": panned} if len(panned.frames) > _SETTLING else scenes


def _enhanced(footage: Footage, enhancer: Enhancer) -> list[Frame]:
    enhancer.reset()
    frames = [frame.copy() for frame in footage.frames]
    for frame, time_s in zip(frames, footage.times_s, strict=True):
        enhancer.enhance(Picture.from_packed(frame), time_s)
    return frames


def _scores(enhanced: dict[str, list[Frame]], references: Sequence[Frame]) -> Iterator[dict[str, Score]]:
    """Yield the scores of each method for one frame in so many."""
    for index in range(_SETTLING, len(references), _EVERY):
        reference = references[index] / np.float32(255)
        yield {name: score(frames[index] / np.float32(255), reference) for name, frames in enhanced.items()}
