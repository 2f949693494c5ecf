"""The CUDA kernels, compiled as C++ and run on the CPU."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.cuda.arguments import ALIGNMENT, Planes
from realtime.cuda.launch import Launch
from realtime.cuda.sample_format import SampleFormat
from realtime.frames.picture import Picture

CODE = Path(__file__).parent / "host.cpp"
KERNELS = Path(__file__).parents[3] / "realtime" / "cuda"

Index = ctypes.c_uint * 3


@lru_cache(maxsize=1)
def _folder() -> TemporaryDirectory[str]:
    """Make a folder that goes with the process."""
    return TemporaryDirectory(prefix="host-kernels-")


@lru_cache
def _library(macros: tuple[tuple[str, int], ...]) -> ctypes.CDLL:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed")
    name = "-".join(str(value) for _, value in macros)
    library = Path(_folder().name, f"{name}.so")
    options = ["-std=c++17", "-O1", "-shared", "-fPIC"]
    if os.environ.get("REQUIRE_GPU") != "1":  # there, what another compiler warns of is no reason to stop
        # The one warning left out would be of the pragmas that are for NVIDIA's compilers.
        options += ["-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"]
    defined = [f"-D{macro}={value}" for macro, value in macros]
    subprocess.run([compiler, *options, *defined, f"-I{KERNELS}", CODE, "-o", library], check=True)
    return ctypes.CDLL(str(library))


def library(samples: SampleFormat) -> ctypes.CDLL:
    """Compile the kernels for a format, once."""
    return _library(tuple(samples.macros.items()))


def run(samples: SampleFormat, launch: Launch) -> None:
    """Run a kernel; addresses in its arguments are those of NumPy arrays."""
    function = getattr(library(samples), f"launch_{launch.kernel}")
    function(ctypes.byref(launch.arguments), Index(*launch.grid), Index(*launch.block))


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A frame as a device would hold it.

    Attributes:
        arrays: One a plane, rows with their padding.
        samples: How the samples are stored.
    """

    arrays: tuple[NDArray[Any], ...]
    samples: SampleFormat

    @property
    def planes(self) -> Planes:
        return Planes.at([a.ctypes.data for a in self.arrays], [a.strides[0] for a in self.arrays])

    def copy(self) -> StoredFrame:
        """Copy it, to the same alignment."""
        copies = tuple(_aligned(array.shape, array.dtype) for array in self.arrays)
        for copy, array in zip(copies, self.arrays, strict=True):
            copy[:] = array
        return StoredFrame(copies, self.samples)


def stored(picture: Picture, samples: SampleFormat, padding: int) -> StoredFrame:
    """Store a picture without padding in a device's format.

    Rows end in `padding` samples, set to 1; from 16 on, in as many more as align the next row.
    """
    planes = list(picture.planes)
    if samples.interleaved_chroma:
        planes = [planes[0], np.stack(planes[1:], axis=-1).reshape(planes[1].shape[0], -1)]
    arrays = []
    for plane in planes:
        columns = plane.shape[1] + padding
        if padding >= ALIGNMENT:
            columns += -columns % ALIGNMENT
        array = _aligned((plane.shape[0], columns), plane.dtype)
        array[:] = 1
        array[:, : plane.shape[1]] = plane << samples.macros["LOW_BIT"]
        arrays.append(array)
    return StoredFrame(tuple(arrays), samples)


def visible(frame: StoredFrame, picture: Picture) -> list[NDArray[Any]]:
    """Return a frame's planes as those of the picture, which tells their sizes; padding must be untouched."""
    widths = [plane.shape[1] for plane in picture.planes]
    if frame.samples.interleaved_chroma:
        widths = [widths[0], 2 * widths[1]]
    planes = []
    for array, width in zip(frame.arrays, widths, strict=True):
        assert (array[:, width:] == 1).all(), "padding was touched"
        codes = array[:, :width] >> frame.samples.macros["LOW_BIT"]
        assert (codes << frame.samples.macros["LOW_BIT"] == array[:, :width]).all(), "low bits are not zero"
        planes.append(codes)
    if frame.samples.interleaved_chroma:
        planes = [planes[0], planes[1][:, 0::2], planes[1][:, 1::2]]
    return planes


def _aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Allocate an array that begins where a device's memory might."""
    size = int(np.prod(shape)) * dtype.itemsize
    buffer = np.empty(size + ALIGNMENT, np.uint8)
    begin = -buffer.ctypes.data % ALIGNMENT
    return buffer[begin : begin + size].view(dtype).reshape(shape)


def maps_as_stored(
    maps: NDArray[np.float32], tints: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return (h, w, 3·N) maps as (h, w, N, 4), factors and tints as (h, w, N + 1, 4), else not a number."""
    colours = maps.reshape(*maps.shape[:2], -1, 3)
    height, width, count, _ = colours.shape
    result = _aligned((height, width, count + (tints is not None), 4), np.dtype(np.float32))
    result[...] = np.nan
    result[..., :count, :3] = colours
    if tints is not None:
        result[..., count, :2] = tints
    return result
