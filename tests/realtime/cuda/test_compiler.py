"""NVIDIA's own compiler takes the kernels, for every GPU that is supported and those that come later."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime.cuda import compiler
from realtime.cuda.compiler import compile_kernels
from realtime.cuda.sample_format import SampleFormat
from realtime.errors import KernelError
from realtime.frames.colour import PixelLayout

YUV = SampleFormat(layout=PixelLayout(kind="yuv", chroma_shift_wh=(1, 1)))
P010 = SampleFormat(
    layout=PixelLayout(kind="yuv", bits=10, chroma_shift_wh=(1, 1)), interleaved_chroma=True, shifted_up=True
)
NV12_TO_PLANAR = replace(YUV, interleaved_chroma=True, to_planar=True)
P010_TO_PLANAR = replace(P010, to_planar=True)
BGR = SampleFormat(layout=PixelLayout(kind="bgr"))
# T4; A100; RTX 30; Jetson Orin; RTX 40 and L4; H100 and H200; B200; RTX 50.
ARCHITECTURES = ["sm_75", "sm_80", "sm_86", "sm_87", "sm_89", "sm_90", "sm_100", "sm_120"]

KERNELS = {
    *("shrink", "detect", "black", "untint", "follow", "tint_light", "tint_factors"),
    *(f"enhance_{unit}_{curve}" for unit in ("4x2", "2x2", "1x1") for curve in ("rational", "quadratic")),
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "zerodce-realtime"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have something to compile that takes no time."""
    monkeypatch.setattr(
        compiler, "kernel_sources", lambda: {"kernels.cu": 'extern "C" __global__ void tiny() {}\n'}
    )


@pytest.mark.parametrize(
    ("samples", "architecture"),
    [(YUV, architecture) for architecture in ARCHITECTURES]
    + [
        (samples, architecture)
        for samples in (P010, NV12_TO_PLANAR, P010_TO_PLANAR, BGR)
        for architecture in ("sm_75", "sm_90")
    ],
)
def test_kernels_compile_for_every_gpu_and_keep_their_numbers_in_registers(
    samples: SampleFormat, architecture: str
) -> None:
    nvrtc, _ = compiler._nvrtc((9, 0))
    options = [f"--gpu-architecture={architecture}", "--std=c++17", "--ftz=true", "--ptxas-options=-v"]
    options += [f"-D{name}={value}" for name, value in samples.macros.items()]
    with compiler._program(nvrtc, compiler.kernel_sources(), options) as program:
        assert compiler._read(nvrtc, "CUBIN", program).startswith(b"\x7fELF")
        log = compiler._read(nvrtc, "ProgramLog", program).decode()
    spilled = dict(re.findall(r"Function properties for (\w+)\s+.*?(\d+) bytes spill stores", log))
    assert spilled.keys() == KERNELS
    assert {kernel for kernel, stored in spilled.items() if stored != "0"} == set()


def test_machine_code_for_the_gpu_comes_out() -> None:
    code = compile_kernels(BGR.macros, (8, 7))
    assert code.startswith(b"\x7fELF")
    assert b"enhance_4x2_rational" in code


@pytest.mark.usefixtures("tiny")
def test_a_gpu_newer_than_the_compiler_gets_ptx() -> None:
    assert b".entry tiny" in compile_kernels(BGR.macros, (99, 0))


@pytest.mark.usefixtures("tiny")
def test_a_gpu_between_those_the_compiler_knows_gets_ptx_of_the_one_before(cache: Path) -> None:
    assert b".target sm_90" in compile_kernels(BGR.macros, (9, 9))
    assert [path.name.split("-")[1] for path in cache.iterdir()] == ["compute_90"]


@pytest.mark.usefixtures("tiny")
def test_a_gpu_older_than_the_compiler_is_refused() -> None:
    with pytest.raises(
        KernelError, match=r"does not compile for GPUs of compute capability 5\.0; install an"
    ):
        compile_kernels(BGR.macros, (5, 0))


@pytest.mark.usefixtures("tiny")
def test_what_was_compiled_is_found_again_unless_it_changes(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = compile_kernels(BGR.macros, (9, 0))
    (kept,) = cache.iterdir()
    assert kept.read_bytes() == code
    kept.write_bytes(b"from the cache")
    assert compile_kernels(BGR.macros, (9, 0)) == b"from the cache"
    monkeypatch.setattr(
        compiler, "kernel_sources", lambda: {"kernels.cu": 'extern "C" __global__ void other() {}'}
    )
    assert compile_kernels(BGR.macros, (9, 0)).startswith(b"\x7fELF")
    assert len(list(cache.iterdir())) == 2


@pytest.mark.usefixtures("tiny")
def test_a_cache_that_cannot_be_written_is_no_error(cache: Path) -> None:
    cache.write_text("not a folder")
    assert compile_kernels(BGR.macros, (9, 0)).startswith(b"\x7fELF")


def test_an_error_in_the_source_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        compiler, "kernel_sources", lambda: {"kernels.cu": "__device__ int f() {\n    return wrong;\n}"}
    )
    with pytest.raises(
        KernelError, match=r'^NVRTC .* kernels\.cu\(2\): error: identifier "wrong" is undefined$'
    ):
        compile_kernels({}, (9, 0))


def test_a_missing_compiler_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_candidates", lambda newest: iter(["/nowhere/libnvrtc.so"]))
    compiler._nvrtc.cache_clear()
    with pytest.raises(KernelError, match="missing; install it: pip install nvidia-cuda-nvrtc"):
        compile_kernels(BGR.macros, (9, 0))


def test_where_the_newest_compiler_does_not_know_a_gpu_an_older_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {"new": None, "old": "sm_70"}
    monkeypatch.setattr(compiler, "_candidates", lambda newest: iter(["/nowhere/libnvrtc.so", *known]))
    monkeypatch.setattr(compiler, "_name", lambda nvrtc: nvrtc.path)
    monkeypatch.setattr(compiler, "_architecture", lambda nvrtc, capability: known[nvrtc.path])

    def load(path: str) -> SimpleNamespace:
        if path not in known:
            raise OSError
        return SimpleNamespace(path=path, nvrtcGetErrorString=SimpleNamespace())

    monkeypatch.setattr(compiler.ctypes, "CDLL", load)
    nvrtc, architecture = compiler._nvrtc.__wrapped__((7, 0))
    assert (nvrtc.path, architecture) == ("old", "sm_70")
    del known["old"]
    with pytest.raises(KernelError, match=r"NVRTC new does not compile for GPUs of compute capability 7.0"):
        compiler._nvrtc.__wrapped__((7, 0))


def test_a_driver_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_driver_major", lambda: 11)
    with pytest.raises(KernelError, match="the NVIDIA driver is of CUDA 11, and the kernels need 12"):
        compiler._nvrtc.__wrapped__((8, 6))


def test_a_driver_of_cuda_12_is_given_nothing_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_HOME", "/opt/cuda")
    assert "/opt/cuda/lib64/libnvrtc.so.13" in set(compiler._candidates(13))
    for path in compiler._candidates(12):
        assert path.endswith("libnvrtc.so.12")
