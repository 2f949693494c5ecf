"""Quality of what the runner makes of pictures: dark ones, what is bright in them, and normal ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from realtime.backend import open_enhancer
from realtime.frames.picture import Picture
from realtime.options import EnhancerOptions
from zerodce.pairs import list_pairs, read_pair
from zerodce.pictures import list_pictures, read_image
from zerodce.scores import FIXED_GAMMA, Score, auto_gamma, average, score

Image = npt.NDArray[np.float32]  # (H, W, 3) RGB in [0, 1]
Method = Callable[[Image], Image]

_LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601-7
# Luma of places that are bright in a dark picture, and how much of it they are at least.
_BRIGHT, _LEAST_BRIGHT = (0.35, 0.9), 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """The average scores of every method.

    Attributes:
        pairs: Number of pairs of dark pictures and references.
        scores: PSNR and SSIM of the enhanced pictures against their references, by method; models by their
            name, or that of their file.
        normal: Number of well-exposed pictures.
        unharmed_db: PSNR of those against themselves after enhancing, by method: the higher, the less a
            method does to pictures that need nothing.
        dark: Number of dark pictures that have bright places.
        kept_contrast: Of the contrast of those places, what enhancing leaves, by method.
    """

    pairs: int
    scores: dict[str, Score]
    normal: int
    unharmed_db: dict[str, float]
    dark: int
    kept_contrast: dict[str, float]


def measure_quality(
    low: Path,
    high: Path,
    normal: Path | None,
    dark: Path | None,
    options: Sequence[EnhancerOptions],
    track: Callable[[Sequence[Path]], Iterable[Path]],
) -> QualityReport:
    """Score plain gamma curves and models, run as zerodce-enhance runs them.

    Args:
        low: Folder of dark pictures.
        high: Folder of references of the same names.
        normal: Folder of well-exposed pictures, if there is one.
        dark: Folder of dark pictures without references; those that have bright places are used.
        options: Models and settings to score, each told from the defaults by its name.
        track: Wraps what is iterated, to show progress.

    Raises:
        DataError: A folder is missing or empty, or the pictures of a pair do not fit.
        EnhanceError: A model cannot be used.
    """
    pairs = {pair.low: pair for pair in list_pairs(low, high)}
    pictures = list_pictures(normal) if normal is not None else []
    methods: dict[str, Method] = {
        "input": lambda image: image,
        f"gamma {FIXED_GAMMA}": lambda image: image**FIXED_GAMMA,
        "auto-gamma": auto_gamma,
        **{_label(one, [other.model for other in options]): _as_run(one) for one in options},
    }
    scores = []
    for path in track(list(pairs)):
        image, reference = read_pair(pairs[path])
        scores.append({name: score(method(image), reference) for name, method in methods.items()})
    del methods["input"]
    unharmed: dict[str, list[float]] = {name: [] for name in methods}
    for path in track(pictures):
        image = read_image(path)
        for name, values in unharmed.items():
            values.append(score(methods[name](image), image).psnr_db)
    kept: dict[str, list[float]] = {name: [] for name in methods}
    for path in track(list_pictures(dark) if dark is not None else []):
        image = read_image(path)
        if has_bright_places(image):
            for name, values in kept.items():
                values.append(kept_contrast(image, methods[name](image)))
    return QualityReport(
        pairs=len(pairs),
        scores=average(scores),
        normal=len(pictures),
        unharmed_db={name: float(np.mean(values)) for name, values in unharmed.items() if values},
        dark=max((len(values) for values in kept.values()), default=0),
        kept_contrast={name: float(np.mean(values)) for name, values in kept.items() if values},
    )


def has_bright_places(image: Image) -> bool:
    """Tell whether a hundredth of a picture is bright, and not so bright that it may be clipped."""
    return float(_is_bright(image).mean()) >= _LEAST_BRIGHT


def kept_contrast(before: Image, after: Image) -> float:
    """Return what is left of the contrast, differences of neighbours in luma, where a picture was bright.

    Args:
        before: Has bright places.
        after: The same, enhanced.
    """
    bright = _is_bright(before)[:-1, :-1]
    contrasts = []
    for image in (after, before):
        luma = image @ _LUMA_WEIGHTS
        down, across = np.diff(luma, axis=0)[:, :-1], np.diff(luma, axis=1)[:-1]
        contrasts.append(float(np.mean(np.abs(down) + np.abs(across), where=bright)))
    return contrasts[0] / max(contrasts[1], 1 / 255)


def _is_bright(image: Image) -> npt.NDArray[np.bool_]:
    luma = image @ _LUMA_WEIGHTS
    return np.asarray((luma > _BRIGHT[0]) & (luma < _BRIGHT[1]))


def _label(options: EnhancerOptions, models: Sequence[str]) -> str:
    """Name a model, by its file unless another has the same name, and what differs from the defaults."""
    name, usual = Path(options.model).stem, EnhancerOptions()
    if any(other != options.model and Path(other).stem == name for other in models):
        name = options.model
    if options.map_size != usual.map_size:
        name += f", maps at {options.map_size}"
    if options.headroom != usual.headroom:
        name += f", headroom {options.headroom:g}"
    return f"{name}, --denoise" if options.denoise else name


def _as_run(options: EnhancerOptions) -> Method:
    """Return what enhances one image, in 8 bits as from a file."""
    enhancer = open_enhancer(options)

    def enhance(image: Image) -> Image:
        frame = np.rint(image * 255).astype(np.uint8)
        enhancer.enhance_photo(Picture.from_packed(frame))
        enhanced: Image = frame.astype(np.float32) / np.float32(255)
        return enhanced

    return enhance
