"""What cannot be done ends with one line that says why, and leaves everything as it was."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from ..clips import HLG, PQ, make_clip, make_sound, read_frames
from .command import COMMAND, contents, enhance


class Case(NamedTuple):
    """What is in the folder, what is asked for, and how the one line must go on."""

    arguments: str
    complaint: str
    prepare: Callable[[Path], object] = lambda folder: make_clip(folder / "in.mp4", pts=range(3))


def hdr(colour: dict[str, int]) -> Callable[[Path], object]:
    options = {"x265-params": "log-level=none"}
    return lambda folder: make_clip(
        folder / "in.mp4",
        codec="libx265",
        pixel_format="yuv420p10le",
        colour=colour,
        pts=range(3),
        options=options,
    )


def truncated(folder: Path) -> None:
    path = make_clip(folder / "in.mp4", pts=range(40), size_wh=(160, 120), options={"g": "1"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])


def damaged_tiff(folder: Path) -> None:
    path = folder / "in.tif"
    Image.effect_noise((200, 100), 40).save(path, compression="tiff_lzw")
    data = path.read_bytes()
    path.write_bytes(data[:1000] + bytes(255 - value for value in data[1000:1040]) + data[1040:])


def existing_output(folder: Path) -> None:
    make_clip(folder / "in.mp4", pts=range(3))
    (folder / "out.mp4").write_text("precious")


def transparent(folder: Path) -> None:
    Image.new("RGBA", (4, 4)).save(folder / "in.png")


CASES = {
    "missing file": Case("nothing.mp4 out.mp4", "nothing.mp4 does not exist; check the name"),
    "folder without media": Case(
        "empty out", "empty holds no images or videos; ", lambda folder: (folder / "empty").mkdir()
    ),
    "text as video": Case(
        "in.mp4 out.mp4",
        "in.mp4 is not a video that can be read (",
        lambda folder: (folder / "in.mp4").write_text("just text"),
    ),
    "truncated": Case("in.mp4 out.mp4", "in.mp4 is damaged: ", truncated),
    "damaged TIFF": Case("in.tif out.png", "in.tif cannot be read (decoder error -2); ", damaged_tiff),
    "pipe": Case("in.jpg out.jpg", "in.jpg is not a file; ", lambda folder: os.mkfifo(folder / "in.jpg")),
    "sound alone": Case(
        "in.m4a out.mp4", "in.m4a holds only sound; ", lambda folder: make_sound(folder / "in.m4a")
    ),
    "frames on no GPU": Case(
        "in.mp4 out.mp4 --decoder nvdec --backend cpu",
        "--decoder nvdec is for --backend tensorrt, and this runs on the CPU; ",
    ),
    "output is input": Case("in.mp4 ./in.mp4 --overwrite", "in.mp4 is the input itself; give another name"),
    "existing output": Case(
        "in.mp4 out.mp4", "out.mp4 exists; add --overwrite to replace it", existing_output
    ),
    "plan with existing output": Case(
        "in.mp4 out.mp4 --dry-run", "out.mp4 exists; add --overwrite to replace it", existing_output
    ),
    "engine without a GPU": Case(
        "in.png out.png --backend cpu --model mine.engine",
        "mine.engine is for a GPU, and the CPU is used; ",
        lambda folder: (transparent(folder), (folder / "mine.engine").touch()),
    ),
    "file as folder": Case("in.mp4 in.mp4/out.mp4", "cannot make the folder in.mp4 ("),
    "unwritable place": Case("in.mp4 /proc/out.mp4", "cannot write to the folder /proc ("),
    "video as image": Case("in.mp4 out.jpg", "files named '.jpg' are not written; use .mkv "),
    "PQ": Case("in.mp4 out.mp4", "in.mp4 is HDR video (PQ), ", hdr(PQ)),
    "HLG": Case("in.mp4 out.mp4", "in.mp4 is HDR video (HLG), ", hdr(HLG)),
    "unknown container": Case("in.mp4 out.xyz", "files named '.xyz' are not written; use .mkv "),
    "preset that is none": Case(
        "in.mp4 out.mp4 --preset quick", "h264 has no preset 'quick'; choose one of "
    ),
    "transparency in JPEG": Case("in.png out.jpg", "out.jpg cannot hold the transparency of ", transparent),
    "unknown model": Case("in.mp4 out.mp4 --model nonesuch", "no model named 'nonesuch'; choose "),
    "missing model": Case("in.mp4 out.mp4 --model no.onnx", "cannot read no.onnx ("),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, case: Case) -> None:
    case.prepare(tmp_path)
    before = contents(tmp_path)
    result = enhance(*case.arguments.split(), folder=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"zerodce-enhance: {case.complaint}")
    assert contents(tmp_path) == before


def test_what_decodes_of_a_truncated_video_is_kept_on_request(tmp_path: Path) -> None:
    truncated(tmp_path)
    before = (tmp_path / "in.mp4").read_bytes()
    result = enhance("in.mp4", "out.mp4", "--keep-partial", folder=tmp_path)
    assert result.returncode == 0
    (line,) = result.stderr.splitlines()
    assert line.startswith("zerodce-enhance: in.mp4 is damaged: ")
    assert 5 < len(read_frames(tmp_path / "out.mp4")) < 40
    assert (tmp_path / "in.mp4").read_bytes() == before


def small_disk() -> None:
    """Let no file of this process grow beyond 64 kB; writing more fails, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "ffv1"), (".mov", "prores")])
def test_a_full_disk_leaves_no_half_file(tmp_path: Path, suffix: str, codec: str) -> None:
    make_clip(tmp_path / "in.mp4", size_wh=(320, 180), pts=range(40))
    before = contents(tmp_path)
    result = enhance(
        "in.mp4", f"out{suffix}", "--codec", codec, "--strength", "0", folder=tmp_path, before=small_disk
    )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()  # not that ProRes holds no 4:2:0, too
    assert line.startswith("zerodce-enhance: writing stopped (File too large); make room, or choose ")
    assert contents(tmp_path) == before


def test_a_full_disk_leaves_no_half_image(tmp_path: Path) -> None:
    noise = os.urandom(3 * 200 * 200)
    Image.frombytes("RGB", (200, 200), noise).save(tmp_path / "in.png")
    before = contents(tmp_path)
    result = enhance("in.png", "out.png", "--strength", "0", folder=tmp_path, before=small_disk)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("zerodce-enhance: cannot write out.png (File too large); make room or choose ")
    assert contents(tmp_path) == before


def test_a_result_that_cannot_be_printed_is_said_in_one_line(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "in.png")
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*COMMAND, "in.png", "out.png", "--dry-run"],
            cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    complaint = "the result cannot be printed (No space left on device); make room where stdout goes"
    assert (result.returncode, result.stderr) == (1, f"zerodce-enhance: {complaint}\n")
