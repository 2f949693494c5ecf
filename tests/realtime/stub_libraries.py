"""Build libraries that stand for NVIDIA's, for processes that are started with them in their path."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DRIVER = HERE / "tensorrt" / "libcuda.cpp"
DECODER = HERE / "video" / "libnvcuvid.cpp"
ENCODER = HERE / "video" / "libnvidia-encode.cpp"
_OPTIONS = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]


def ffmpeg_library() -> Path:
    """Return which of FFmpeg's libraries uses the driver; PyAV has loaded it, and OpenCV may have its own."""
    mapped = re.findall(r"/\S*/libavutil\S*", Path("/proc/self/maps").read_text(encoding="utf-8"))
    loaded = [path for path in mapped if "opencv" not in path]
    if not loaded:
        pytest.skip("FFmpeg's libraries are not found")
    return Path(loaded[0])


def build_driver(folder: Path, *users: Path) -> None:
    """Build the driver's library.

    Args:
        folder: Where to.
        users: Libraries that use it; what they name and the stub lacks says that it is not supported.
    """
    named = {
        name.decode() for user in users for name in re.findall(rb"\0(cu[A-Z]\w+)(?=\0)", user.read_bytes())
    }
    written = set(re.findall(r"DRIVER\((cu\w+)", DRIVER.read_text(encoding="utf-8")))
    rest = folder / "rest.cpp"
    rest.write_text(
        "".join(f'extern "C" int {name}() {{ return 801; }}\n' for name in sorted(named - written))
    )
    _build(folder / "libcuda.so.1", DRIVER, rest, "-ldl")


def build_decoder(folder: Path) -> None:
    """Build the decoder's library beside the driver's."""
    _build(folder / "libnvcuvid.so.1", DECODER, folder / "libcuda.so.1")


def build_encoder(folder: Path) -> None:
    """Build the encoder's library."""
    _build(folder / "libnvidia-encode.so.1", ENCODER)


def _build(library: Path, *parts: Path | str) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed")
    subprocess.run([compiler, *_OPTIONS, f"-Wl,-soname,{library.name}", *parts, "-o", library], check=True)
