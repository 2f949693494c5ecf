"""What only a process of its own shows: what is imported, what reaches the terminal, how Ctrl-C ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

MakePictures = Callable[..., list[Path]]

COMMAND = (sys.executable, "-m", "zerodce")


def test_help_needs_no_heavy_package() -> None:
    code = (
        "import sys, zerodce; before = set(sys.modules); import zerodce.cli; "
        "heavy = {'av', 'h5py', 'keras', 'matplotlib', 'numpy', 'PIL', 'skimage', 'tensorflow'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.check_output((sys.executable, "-c", code), text=True) == "[]\n"


def test_a_quick_run_goes_through_every_stage(make_pictures: MakePictures, tmp_path: Path) -> None:
    low = make_pictures("low", 10)[0].parent
    high = make_pictures("high", 10, brightness=0.8)[0].parent
    out = tmp_path / "run"

    done = subprocess.run(
        (*COMMAND, "fit", str(low), "--high", str(high), "--out", str(out), "--quick"),
        capture_output=True,
        text=True,
        check=False,
    )

    # Nothing of TensorFlow's own talk gets through.
    epoch = r"epoch \d/2: loss \d+\.\d{4}, validation loss \d+\.\d{4}\n"
    assert re.fullmatch(epoch * 2, done.stderr), done.stderr
    assert done.returncode == 0
    assert done.stdout.startswith("pictures: 2 to test, 6 to train, 2 to validate\n")
    assert "average over 2 pairs" in done.stdout
    names = {path.name for path in out.iterdir()}
    assert names == {
        "checkpoint.npz",
        "evaluation.png",
        "history.json",
        "history.png",
        "run.json",
        "zero-dce.keras",
        "zero-dce.keras.json",
    }
    history = json.loads((out / "history.json").read_text())
    card = json.loads((out / "zero-dce.keras.json").read_text())
    assert len(history["total_loss"]) == len(history["val_total_loss"]) == 2
    assert set(card["scores"]["test pictures"]) == {"input", "gamma 0.4", "auto-gamma", "model"}
    assert Image.open(out / "history.png").format == "PNG"


def test_ctrl_c_ends_with_130_and_leaves_a_run_to_resume(make_pictures: MakePictures, tmp_path: Path) -> None:
    low = make_pictures("low", 10)[0].parent
    out = tmp_path / "run"
    small = ("--batch-size", "2", "--size", "16", "--test-count", "0", "--epochs", "100000")
    with subprocess.Popen(
        (*COMMAND, "fit", str(low), "--out", str(out), *small), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("epoch 1/100000")
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in rest
    assert (out / "checkpoint.npz").exists()
