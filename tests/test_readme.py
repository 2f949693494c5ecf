import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.readme import with_tables

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = {
    "zerodce-enhance": "realtime",
    "zerodce-train": "zerodce",
    "zerodce-export": "export",
    "zerodce-bench": "benchmarks",
}
# The lines after a `$`, block by block: those of one block build upon each other.
COMMANDS = [
    [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the README's commands work on: a dark video and picture, a folder, and pairs to train on."""
    shutil.copy(ROOT / "samples" / "night_walk.mp4", tmp_path / "dark.mp4")
    rng = np.random.default_rng(1)
    for index in range(12):
        scene = np.linspace(20, 230, 64)[:, None, None] * rng.uniform(0.5, 1.0, (64, 80, 3))
        for name, scale in (("low", 0.15), ("high", 1.0)):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray((scene * scale).astype(np.uint8)).save(tmp_path / name / f"{index:02}.png")
    (tmp_path / "holiday").mkdir()
    for copy in ("photo.jpg", "holiday/photo.jpg"):
        Image.open(tmp_path / "low" / "00.png").save(tmp_path / copy)
    return tmp_path


@pytest.mark.parametrize("commands", COMMANDS, ids=lambda commands: commands[0])
def test_its_commands_run_as_they_stand(folder: Path, commands: list[str]) -> None:
    if commands[0].startswith("zerodce-train") and sys.version_info >= (3, 14):
        pytest.skip("there is no TensorFlow for Python 3.14 yet")
    for command in commands:
        name, *arguments = shlex.split(command)
        done = subprocess.run(
            [sys.executable, "-m", MODULES[name], *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_its_python_runs_as_it_stands(folder: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        here = block.replace("rtsp://camera.local/stream", "lavfi:testsrc2=duration=1")
        subprocess.run([sys.executable, "-c", here], cwd=folder, check=True)
    dark, bright = (np.asarray(Image.open(folder / name)).mean() for name in ("photo.jpg", "enhanced.png"))
    assert bright > 1.5 * dark


def test_its_tables_are_drawn_from_the_committed_results() -> None:
    assert with_tables(README) == README, "run: zerodce-bench readme"


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_option_in_its_table_exists() -> None:
    table = README[README.index("| option | |") :].partition("\n\n")[0]
    shown = subprocess.run(
        [sys.executable, "-m", "realtime", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "200", "NO_COLOR": "1"},
    ).stdout
    named = set(re.findall(r"--[a-z][a-z-]+", table))
    assert len(named) > 8
    assert {option for option in named if option not in shown} == set()
