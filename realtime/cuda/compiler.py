"""Compile the CUDA kernels with NVRTC, and keep the result in the user's cache folder.

NVRTC is NVIDIA's compiler as a library: it needs no toolkit and no C++ compiler beside it. It comes with the
Python package `nvidia-cuda-nvrtc` as well as with every CUDA toolkit and JetPack.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from export.cache import cache_folder

from ..errors import KernelError, OutputError
from ..partial_file import partial_file

log = logging.getLogger(__name__)

MAIN: Final = "kernels.cu"
# Newest first. What a CUDA release compiles runs with drivers of the same major number and later.
_MAJORS = (13, 12)
_SUCCESS = 0
_Program = ctypes.c_void_p


def compile_kernels(macros: Mapping[str, int], compute_capability: tuple[int, int]) -> bytes:
    """Compile the kernels, or find them compiled.

    Args:
        macros: The format of the frames, see `SampleFormat.macros`.
        compute_capability: Of the GPU, such as (8, 7) for Orin.

    Returns:
        Machine code (a cubin) for the GPU; PTX, which the driver compiles, if NVRTC does not know the GPU.

    Raises:
        KernelError: NVRTC is missing, or the GPU is older than it supports.
    """
    nvrtc, architecture = _nvrtc(compute_capability)
    # No number here is so small that it would be flushed to zero, and to allow for such takes instructions.
    options = ["--std=c++17", f"--gpu-architecture={architecture}", "--ftz=true"]
    options += [f"-D{name}={value}" for name, value in macros.items()]
    sources = kernel_sources()
    key = hashlib.sha256(repr((_name(nvrtc), options, sorted(sources.items()))).encode()).hexdigest()
    path = cache_folder() / f"kernels-{architecture}-{key[:32]}.bin"
    with suppress(OSError):
        return path.read_bytes()
    with _program(nvrtc, sources, options) as program:
        code = _read(nvrtc, "PTX" if architecture.startswith("compute") else "CUBIN", program)
    _keep(path, code)
    return code


def kernel_sources() -> dict[str, str]:
    """Read the sources, by file name."""
    folder = files(__package__)
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith((".cu", ".cuh"))
    }


def _keep(path: Path, code: bytes) -> None:
    """Write a file that appears when it is complete; a cache that cannot be written is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial_file(path, overwrite=True) as part:
            part.write_bytes(code)
    except (OSError, OutputError) as exc:
        log.warning("the compiled kernels are not kept: %s", exc)


def _architecture(nvrtc: ctypes.CDLL, compute_capability: tuple[int, int]) -> str | None:
    """Return the architecture to compile for: the GPU's, or as PTX the newest known one that is older."""
    major, minor = compute_capability
    wanted = 10 * major + minor
    count = ctypes.c_int()
    _check(nvrtc, nvrtc.nvrtcGetNumSupportedArchs(ctypes.byref(count)))
    known = (ctypes.c_int * count.value)()
    _check(nvrtc, nvrtc.nvrtcGetSupportedArchs(known))
    if wanted in known:
        return f"sm_{wanted}"
    older = [architecture for architecture in known if architecture < wanted]
    return f"compute_{max(older)}" if older else None


@contextmanager
def _program(nvrtc: ctypes.CDLL, sources: Mapping[str, str], options: Sequence[str]) -> Iterator[_Program]:
    """Compile the sources, and hold the result."""
    headers = {name: text for name, text in sources.items() if name != MAIN}
    program = _Program()
    _check(
        nvrtc,
        nvrtc.nvrtcCreateProgram(
            ctypes.byref(program),
            sources[MAIN].encode(),
            MAIN.encode(),
            len(headers),
            _strings(headers.values()),
            _strings(headers),
        ),
    )
    try:
        if nvrtc.nvrtcCompileProgram(program, len(options), _strings(options)) != _SUCCESS:
            messages = _read(nvrtc, "ProgramLog", program).decode(errors="replace").splitlines()
            reason = next((line for line in messages if "error" in line), "no reason given")
            raise KernelError(f"NVRTC {_name(nvrtc)} does not compile the kernels: {reason}")
        yield program
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def _strings(texts: Iterable[str]) -> ctypes.Array[ctypes.c_char_p]:
    encoded = [text.encode() for text in texts]
    return (ctypes.c_char_p * len(encoded))(*encoded)


def _read(nvrtc: ctypes.CDLL, what: str, program: _Program) -> bytes:
    """Read one of the texts or binaries that a program has."""
    size = ctypes.c_size_t()
    _check(nvrtc, getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _check(nvrtc, getattr(nvrtc, f"nvrtcGet{what}")(program, buffer))
    return buffer.raw.rstrip(b"\0") if what == "ProgramLog" else buffer.raw


def _check(nvrtc: ctypes.CDLL, status: int) -> None:
    if status != _SUCCESS:
        raise KernelError(f"NVRTC failed: {nvrtc.nvrtcGetErrorString(status).decode()}")


@lru_cache(maxsize=1)
def _nvrtc(compute_capability: tuple[int, int]) -> tuple[ctypes.CDLL, str]:
    """Load NVRTC: of the Python package, of the system, or of the toolkit in its usual place.

    Returns:
        The newest that knows the GPU, and the architecture to compile for.

    Raises:
        KernelError: There is none, or none that knows the GPU.
    """
    newest = _driver_major() or max(_MAJORS)
    if newest < min(_MAJORS):
        raise KernelError(
            f"the NVIDIA driver is of CUDA {newest}, and the kernels need {min(_MAJORS)}; install a newer one"
        )
    too_new = ""
    for path in _candidates(newest):
        try:
            nvrtc = ctypes.CDLL(path)
        except OSError:
            continue
        nvrtc.nvrtcGetErrorString.restype = ctypes.c_char_p
        if architecture := _architecture(nvrtc, compute_capability):
            return nvrtc, architecture
        too_new = _name(nvrtc)
    if too_new:
        major, minor = compute_capability
        raise KernelError(
            f"NVRTC {too_new} does not compile for GPUs of compute capability {major}.{minor}; "
            "install an older one as well (pip install nvidia-cuda-nvrtc-cu12), or use --backend cpu"
        )
    package = "nvidia-cuda-nvrtc" if newest >= 13 else "nvidia-cuda-nvrtc-cu12"
    raise KernelError(
        f"NVRTC, which compiles the CUDA kernels, is missing; install it: pip install {package}"
    )


def _candidates(newest: int) -> Iterator[str]:
    packages = find_spec("nvidia")
    wheels = list(packages.submodule_search_locations or ()) if packages else []
    toolkit = os.environ.get("CUDA_HOME") or "/usr/local/cuda"
    for major in (major for major in _MAJORS if major <= newest):
        name = f"libnvrtc.so.{major}"
        folder = "cu13" if major == 13 else "cuda_nvrtc"
        yield from (str(Path(wheel, folder, "lib", name)) for wheel in wheels)
        yield name
        yield str(Path(toolkit, "lib64", name))


def _driver_major() -> int | None:
    """Return the newest major CUDA release that the driver runs, or None without a driver."""
    version = ctypes.c_int()
    with suppress(OSError):
        if ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(version)) == _SUCCESS:
            return version.value // 1000
    return None


def _name(nvrtc: ctypes.CDLL) -> str:
    """Return the version, as in 13.0."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    _check(nvrtc, nvrtc.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)))
    return f"{major.value}.{minor.value}"
