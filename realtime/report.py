"""What was done, for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum

from .stage_times import StageTimes


class Outcome(str, Enum):
    """What became of a file; `not done` is what was left when the disk was full."""

    ENHANCED = "enhanced"
    SKIPPED = "skipped"
    FAILED = "failed"
    NOT_DONE = "not done"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of one file.

    Attributes:
        source: Path of the input.
        output: Path of the output, there or not.
        outcome: What became of it.
        reason: Why it was enhanced or skipped, or what went wrong.
        frames: Frames enhanced; an image is one.
        seconds: Wall-clock time.
        notes: What could not be kept as it was.
    """

    source: str
    output: str
    outcome: Outcome
    reason: str
    frames: int = 0
    seconds: float = 0.0
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done.

    Attributes:
        output: The file or folder that was written.
        files: Number of files enhanced.
        skipped: Number of files whose output was there already.
        failed: What went wrong with each file that could not be enhanced, by its path.
        frames: Frames enhanced, of all files; an image is one.
        seconds: Wall-clock time, loading the model not included.
        fps: Frames per second of that time.
        ms_per_stage: Mean host time a frame in each stage, in milliseconds; stages overlap.
        backend: What ran the network and the curves.
        backend_reason: Why that was chosen; empty if the user chose it.
        model: The model's name or path.
        threads: Threads of the backend.
        jobs: How many files were worked on at once.
        results: What became of each file, in sorted order.
    """

    output: str
    files: int
    skipped: int
    failed: dict[str, str]
    frames: int
    seconds: float
    fps: float
    ms_per_stage: dict[str, float]
    backend: str
    backend_reason: str
    model: str
    threads: int
    jobs: int
    results: list[FileReport]

    @classmethod
    def of(
        cls,
        results: Sequence[FileReport],
        *,
        output: str,
        seconds: float,
        times: StageTimes,
        backend: str,
        backend_reason: str,
        model: str,
        threads: int,
        jobs: int,
    ) -> Report:
        """Sum up what became of each file; see the class."""
        results = sorted(results, key=lambda result: result.source)
        frames = sum(result.frames for result in results)
        outcomes = [result.outcome for result in results]
        return cls(
            output=output,
            files=outcomes.count(Outcome.ENHANCED),
            skipped=outcomes.count(Outcome.SKIPPED),
            failed={
                result.source: result.reason
                for result in results
                if result.outcome in (Outcome.FAILED, Outcome.NOT_DONE)
            },
            frames=frames,
            seconds=round(seconds, 4),
            fps=round(frames / seconds, 2) if frames else 0.0,
            ms_per_stage={stage: round(ms, 3) for stage, ms in times.mean_ms(frames).items()},
            backend=backend,
            backend_reason=backend_reason,
            model=model,
            threads=threads,
            jobs=jobs,
            results=results,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the report as what JSON holds."""
        return asdict(self)
