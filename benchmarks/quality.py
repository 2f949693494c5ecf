"""Quality of what the runner makes of pictures: of dark ones, and of those that need nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from realtime.enhancer import CpuEnhancer
from realtime.frames import Picture
from realtime.options import EnhancerOptions
from zerodce.pairs import list_pairs, read_pair
from zerodce.pictures import list_pictures, read_image
from zerodce.scores import FIXED_GAMMA, Score, auto_gamma, average, score

Image = npt.NDArray[np.float32]  # (H, W, 3) RGB in [0, 1]
Method = Callable[[Image], Image]


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
    """

    pairs: int
    scores: dict[str, Score]
    normal: int
    unharmed_db: dict[str, float]


def measure_quality(
    low: Path,
    high: Path,
    normal: Path | None,
    models: Sequence[str],
    map_sizes: Sequence[int],
    track: Callable[[Sequence[Path]], Iterable[Path]],
) -> QualityReport:
    """Score plain gamma curves and models, run as zerodce-enhance runs them.

    Args:
        low: Folder of dark pictures.
        high: Folder of references of the same names.
        normal: Folder of well-exposed pictures, if there is one.
        models: Names of shipped models, or paths of ONNX files.
        map_sizes: Long sides of the small copy that the maps are estimated from, in pixels.
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
        **{_label(model, models, size): _as_run(model, size) for model in models for size in map_sizes},
    }
    scores = []
    for path in track(list(pairs)):
        dark, reference = read_pair(pairs[path])
        scores.append({name: score(method(dark), reference) for name, method in methods.items()})
    unharmed: dict[str, list[float]] = {name: [] for name in methods if name != "input"}
    for path in track(pictures):
        image = read_image(path)
        for name, values in unharmed.items():
            values.append(score(methods[name](image), image).psnr_db)
    return QualityReport(
        pairs=len(pairs),
        scores=average(scores),
        normal=len(pictures),
        unharmed_db={name: float(np.mean(values)) for name, values in unharmed.items() if values},
    )


def _label(model: str, models: Sequence[str], map_size: int) -> str:
    """Name a model: by its file, unless another has the same name."""
    name = Path(model).stem
    if any(other != model and Path(other).stem == name for other in models):
        name = model
    return name if map_size == EnhancerOptions().map_size else f"{name}, maps at {map_size}"


def _as_run(model: str, map_size: int) -> Method:
    """Return what enhances one image with a model, in 8 bits as from a file."""
    enhancer = CpuEnhancer(EnhancerOptions(model=model, map_size=map_size))

    def enhance(image: Image) -> Image:
        frame = np.rint(image * 255).astype(np.uint8)
        enhancer.reset()
        enhancer.enhance(Picture.from_packed(frame), time_s=0.0)
        enhanced: Image = frame.astype(np.float32) / np.float32(255)
        return enhanced

    return enhance
