"""What a result was measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import llvmlite.binding

# Named where they are installed; the last four are for GPUs.
_PACKAGES = (
    "zerodce-realtime", "av", "numba", "numpy", "onnxruntime", "pycuda", "tensorrt", "tensorrt_rtx", "torch",
)  # fmt: skip


def machine() -> dict[str, object]:
    """Describe this machine: processor, cores, memory, system and the versions of what works.

    `gpu` and `jetson` are there where NVIDIA's tools are, and say what clocks and power depend on.
    """
    description: dict[str, object] = {
        "processor": _from_proc("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "microarchitecture": llvmlite.binding.get_host_cpu_name(),  # kernels are compiled for it
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }
    description |= {key: value for key, value in (("gpu", _gpu()), ("jetson", _jetson())) if value}
    return description


def _gpu() -> dict[str, str] | None:
    """Describe the first GPU."""
    fields = ("name", "driver_version", "memory.total", "clocks.max.sm", "power.limit")
    answer = _said(("nvidia-smi", f"--query-gpu={','.join(fields)}", "--format=csv,noheader"))
    if answer is None:
        return None
    return dict(zip(fields, answer.splitlines()[0].split(", "), strict=False))


def _version(package: str) -> str | None:
    """Return the version of a package; None where it is not installed, as ours in a bare checkout."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _jetson() -> dict[str, str] | None:
    """Describe a Jetson: the board, JetPack, and the power mode, which sets cores and clocks."""
    try:
        release = Path("/etc/nv_tegra_release").read_text(encoding="utf-8").splitlines()[0]
        board = Path("/proc/device-tree/model").read_text(encoding="utf-8").strip("\0")
    except (OSError, IndexError):
        return None
    mode = _said(("nvpmodel", "-q"))
    jetpack = _said(("dpkg-query", "--showformat=${Version}", "--show", "nvidia-jetpack"))
    clock = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq")
    return {
        "board": board,
        "release": release,
        "jetpack": jetpack or "unknown",
        "power_mode": " ".join(mode.split()) if mode else "unknown",
        "cpu_khz": clock.read_text(encoding="utf-8").strip() if clock.exists() else "unknown",
    }


def _said(command: Sequence[str]) -> str | None:
    """Return what a command prints; None where there is none, or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _from_proc(path: str, field: str) -> str | None:
    """Return the first value of a field in one of Linux's tables, if there is one."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), None)
