"""Electric power while something runs: NVIDIA's own tools tell it, where there are any."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
from types import TracebackType

_INTERVAL_MS = 200
# What to ask, in this order, and where the watts or milliwatts stand in each line of the answers.
_TOOLS = (
    (("tegrastats", "--interval", str(_INTERVAL_MS)), re.compile(r"(?:VDD_IN|POM_5V_IN) (\d+)m?W?/"), 1e-3),
    (
        ("nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits", f"-lms={_INTERVAL_MS}"),
        re.compile(r"^([\d.]+)\s*$"),
        1.0,
    ),
)


class PowerMeter:
    """Reads the power of a Jetson's module or of the first GPU; on other machines it says nothing.

    Attributes:
        watts: The mean over the body, once it has ended; None where nothing tells it.
    """

    def __init__(self) -> None:
        self.watts: float | None = None
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> PowerMeter:
        """Start to read."""
        for command, self._pattern, self._unit in _TOOLS:
            if shutil.which(command[0]):
                self._process = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
                )
                break
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and take the mean."""
        if self._process is None:
            return
        self._process.terminate()
        lines, _ = self._process.communicate()
        found = (self._pattern.search(line) for line in lines.splitlines())
        readings = [self._unit * float(match[1]) for match in found if match]
        self.watts = round(statistics.fmean(readings), 2) if readings else None
