"""Judge the command `zerodce-enhance` on anybody's media files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from realtime.errors import InputError
from realtime.suffixes import STILL_SUFFIXES

from .media_comparison import Difference, compare
from .media_facts import read_still, read_video

COMMAND = (sys.executable, "-m", "realtime")


class Verdict(str, Enum):
    """What became of a file.

    `right`: enhanced, and everything is kept but what the tool said in a line that it cannot keep. `refused`:
    status 1, one line on stderr, and nothing written. `wrong`: anything else.
    """

    RIGHT = "right"
    REFUSED = "refused"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What became of one file.

    Attributes:
        file: Its path in the folder.
        verdict: See `Verdict`.
        why: For a wrong one, all that is wrong; for one refused, the tool's line.
        announced: What was not kept, and said so.
        seconds: How long the tool ran.
    """

    file: str
    verdict: Verdict
    why: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusReport:
    """What became of all files.

    Attributes:
        folder: The folder's name.
        arguments: What the command was given beside input and output.
        counts: Number of files with each verdict.
        files: One result a file, in sorted order.
    """

    folder: str
    arguments: list[str]
    counts: dict[str, int]
    files: list[FileResult]


def judge_corpus(
    folder: Path,
    *,
    command: Sequence[str] = COMMAND,
    arguments: Sequence[str] = (),
    suffix: str | None = None,
    jobs: int = 1,
    timeout_s: float = 300.0,
    done: Callable[[int, int], None] = lambda done, total: None,
) -> CorpusReport:
    """Enhance every file of a folder, each in a process of its own, and compare outputs with inputs.

    Args:
        folder: Its files are judged, those of subfolders included, hidden ones left out.
        command: What to judge; takes an input and an output.
        arguments: Further arguments for the command.
        suffix: Suffix of the outputs of videos; that of the input by default.
        jobs: How many files to work on at once.
        timeout_s: How long a file may take.
        done: Told of every file judged, with the number of all.

    Raises:
        InputError: The folder does not exist or holds no files, or there is no such command.
    """
    if shutil.which(command[0]) is None:
        raise InputError(f"there is no command {command[0]} that can be run; check the name")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    if not files:
        raise InputError(f"{folder} holds no files; give a folder of videos and images")
    running: set[subprocess.Popen[str]] = set()
    with TemporaryDirectory(prefix="zerodce-bench-") as scratch, ThreadPoolExecutor(jobs) as pool:

        def judge(number: int, path: Path) -> FileResult:
            room = Path(scratch, str(number))
            room.mkdir()
            target = room / path.name
            if suffix is not None and path.suffix.lower() not in STILL_SUFFIXES:
                target = target.with_suffix(suffix)
            whole = (*command, str(path), str(target), *arguments)
            result = _judge(whole, str(path.relative_to(folder)), path, target, timeout_s, running)
            shutil.rmtree(room)  # a large folder need not fit twice
            return result

        results = []
        try:
            for result in pool.map(judge, range(len(files)), files):
                results.append(result)
                done(len(results), len(files))
        except BaseException:  # Ctrl-C above all: nobody waits minutes for the files that are under way
            pool.shutdown(wait=False, cancel_futures=True)
            for process in tuple(running):
                _kill(process)
            raise
    counts = {verdict.value: sum(r.verdict == verdict for r in results) for verdict in Verdict}
    return CorpusReport(folder=folder.name, arguments=list(arguments), counts=counts, files=results)


def _judge(
    command: Sequence[str],
    name: str,
    source: Path,
    target: Path,
    timeout_s: float,
    running: set[subprocess.Popen[str]],
) -> FileResult:
    before = source.stat()
    start = time.perf_counter()
    status, stdout, stderr = _run(command, timeout_s, running)
    seconds = round(time.perf_counter() - start, 2)
    lines = [line.replace(str(source), name) for line in stderr.splitlines() if any(map(str.isalnum, line))]
    left = sorted(path.name for path in target.parent.iterdir())
    wrong = []
    if status is None:
        wrong.append(f"no end after {timeout_s:g} s")
    elif status not in (0, 1):
        what = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        reason = f": {lines[-1].strip('│ ')}" if lines else ""  # wrong usage comes in a frame
        wrong.append(f"ended with {what}{reason}")
    if any(line.startswith("Traceback") for line in lines):
        wrong.append(f"a traceback: {lines[-1]}")
    after = source.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        wrong.append("the input was changed")
    announced: list[str] = []
    if status == 1:
        wrong += [f"left {', '.join(left)} behind"] if left else []
        wrong += [] if len(lines) == 1 else [f"{len(lines)} lines on stderr for one error"]
        wrong += ["a result on stdout in spite of an error"] if stdout.strip() else []
    elif status == 0:
        wrong += [f"left {', '.join(set(left) - {target.name})} behind"] if set(left) - {target.name} else []
        differences = _differences(source, target)
        said = [line.replace(str(source), "").lower() for line in stderr.splitlines()]
        announced = [d.text for d in differences if _is_announced(d, said)]
        wrong += [d.text for d in differences if d.text not in announced]
    if wrong:
        return FileResult(file=name, verdict=Verdict.WRONG, why=wrong, announced=announced, seconds=seconds)
    if status == 1:
        return FileResult(file=name, verdict=Verdict.REFUSED, why=lines, seconds=seconds)
    return FileResult(file=name, verdict=Verdict.RIGHT, announced=announced, seconds=seconds)


def _run(
    command: Sequence[str], timeout_s: float, running: set[subprocess.Popen[str]]
) -> tuple[int | None, str, str]:
    """Run a command; its status is None if it had to be killed, its children with it.

    While it runs, its process is in `running`.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        running.add(process)
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
            return process.returncode, stdout, stderr
        except subprocess.TimeoutExpired:
            _kill(process)
            _, stderr = process.communicate()
            return None, "", stderr
        finally:
            running.discard(process)


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill a process that leads a session, and its children with it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _differences(source: Path, target: Path) -> list[Difference]:
    if not target.exists():
        return [Difference((), "status 0 without an output")]
    still = source.suffix.lower() in STILL_SUFFIXES
    try:
        if not still:
            after = read_video(target)
        now = read_still(target) if still else {}
    except (av.error.FFmpegError, LookupError, OSError, ValueError) as exc:
        return [Difference((), f"the output cannot be read: {exc}")]
    try:
        if not still:
            return compare(read_video(source), after)
        before = read_still(source)
    except (av.error.FFmpegError, LookupError, OSError, ValueError) as exc:
        return [Difference((), f"an output of an input that cannot be read: {exc}")]
    words = {"images": ("frames",)}
    return [
        Difference(words.get(key, (key,)), f"{key} not kept: {value} became {now[key]}")
        for key, value in before.items()
        if now[key] != value
    ]


def _is_announced(difference: Difference, lines: Sequence[str]) -> bool:
    """Whether enough lines, in lower case and without the name of the file, speak of it."""
    about = [word.lower() for word in difference.about]
    return sum(any(word in line for word in about) for line in lines) >= difference.lines
