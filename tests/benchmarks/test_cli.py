"""The benchmarks run on a tiny input and report what they say they do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.quality import has_bright_places, kept_contrast
from export.manifest import manifest_path
from realtime.estimator import find_model

from .bench import bench


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pairs: the references are the square roots of the dark pictures."""
    rng = np.random.default_rng(3)
    for index in range(2):
        high = rng.uniform(0.3, 0.9, (24, 32, 3))
        for name, image in (("low", high**2), ("high", high)):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(np.rint(255 * image).astype(np.uint8)).save(tmp_path / name / f"{index}.png")
    return tmp_path


def test_quality_scores_pairs_and_the_harm_done(pictures: Path) -> None:
    chart = pictures / "chart.png"
    done = bench(
        *("quality", pictures / "low", pictures / "high", "--normal", pictures / "high"),
        *("--dark", pictures / "low", "--model", "zero-dce", "--map-size", "256", "--map-size", "16"),
        *("--headroom", "0.12", "--headroom", "0", "--denoise", "--chart", chart, "--json"),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["pairs"] == report["normal"] == 2
    models = ["zero-dce", "zero-dce, headroom 0", "zero-dce, maps at 16", "zero-dce, maps at 16, headroom 0"]
    methods = ["gamma 0.4", "auto-gamma", *(model + end for model in models for end in ("", ", --denoise"))]
    assert list(report["scores"]) == ["input", *methods]
    assert list(report["unharmed_db"]) == list(report["kept_contrast"]) == methods
    assert report["dark"] == 2
    lows, highs = (
        [np.asarray(Image.open(path)) / 255 for path in sorted((pictures / name).iterdir())]
        for name in ("low", "high")
    )
    by_hand = np.mean([-10 * np.log10(np.mean((a - b) ** 2)) for a, b in zip(lows, highs, strict=True)])
    assert report["scores"]["input"]["psnr_db"] == pytest.approx(by_hand, abs=1e-3)
    assert Image.open(chart).format == "PNG"


def test_kept_contrast_is_that_of_bright_places_alone() -> None:
    columns = np.linspace(0, 1, 100, dtype=np.float32)
    image = np.broadcast_to(columns[:, np.newaxis], (20, 100, 3))
    halved = np.where(image > 0.3, image / 2, image)  # the step at 0.3 is in none
    assert has_bright_places(image)
    assert not has_bright_places(image * 0.3)
    assert kept_contrast(image, halved) == pytest.approx(0.5, rel=1e-4)
    assert kept_contrast(image, image) == pytest.approx(1)


def test_models_of_the_same_name_are_told_apart(pictures: Path) -> None:
    shipped = find_model("context")
    for file in (shipped, manifest_path(shipped)):
        shutil.copy(file, pictures)
    mine = pictures / shipped.name
    done = bench(
        *("quality", pictures / "low", pictures / "high", "--model", "context", "--model", mine, "--json")
    )
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["scores"])[3:] == ["context", str(mine)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("quality", "missing", "missing"), "missing"),
        (("quality", "low", "high", "--chart", "nowhere/chart.png"), "cannot write nowhere/chart.png: No"),
        (("flicker", "bright.mp4", "--chart", "."), "cannot write .: Is a directory; choose another place"),
        (("shadows", "dark.mp4", "--chart", "nowhere/chart.png"), "cannot write nowhere/chart.png: No"),
        (("corpus", ".", "--command", "no-such-command"), "there is no command no-such-command"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = bench(*arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("latency", "--seconds", "nan"), "nan is no number to measure by"),
        (("latency", "--fps", "inf"), "inf is no number to measure by"),
        (("corpus", ".", "--timeout", "nan"), "nan is no number to measure by"),
        (("quality", "low", "high", "--headroom", "2"), "the headroom must be 0 to 1, not 2.0"),
        (("corpus", ".", "--command", "'"), "No closing quotation"),
        (("corpus", ".", "--suffix", "mkv"), "'mkv' is no suffix; write it like .mkv"),
        (("corpus", ".", "--suffix", "."), "'.' is no suffix"),
    ],
)
def test_nonsense_is_wrong_usage(arguments: tuple[str, ...], message: str) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
