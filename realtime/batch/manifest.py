"""What a folder of outputs was made from, so that only what is missing or out of date is made again."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict, dataclass
from os.path import realpath
from pathlib import Path
from typing import Any

from ..errors import OutputError
from ..settings import Kind
from .jobs import Job

NAME = ".zerodce-enhance.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How an output was made.

    Attributes:
        output: Path in the folder of the outputs.
        source: Full path of the input.
        source_stamp: Size in bytes and time of change in nanoseconds of the input.
        output_stamp: The same of the output, when it was complete.
        settings: All that the output depends on beside the input; see `settings_of`.
        kind: What the input was enhanced as, which not all settings matter to.
    """

    output: str
    source: str
    source_stamp: tuple[int, int]
    output_stamp: tuple[int, int]
    settings: dict[str, Any]
    kind: Kind = Kind.VIDEO


class BatchManifest:
    """A list of entries in a hidden file, a line each; the last of an output counts. For one process.

    A line is added when an output has its name, so that a process may be killed at any time: an output
    without its line is complete, and a line that was cut off is passed over.

    Attributes:
        path: The file.
    """

    def __init__(self, folder: Path) -> None:
        """Read the list of a folder; there need not be one.

        Raises:
            OutputError: There is one that cannot be read.
        """
        self._folder = folder
        self.path = folder / NAME
        self._entries: dict[str, Entry] = {}
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as exc:
            raise OutputError(
                f"{self.path}, where it is noted what is done, cannot be read ({exc.strerror}); "
                "check that it is a file that you may read, or choose another folder"
            ) from exc
        for line in lines:
            entry = _entry_from_line(line)
            if entry is not None:
                self._entries[entry.output] = entry

    def entry_of(self, target: Path) -> Entry | None:
        """Return how an output was made, if that is known."""
        return self._entries.get(target.relative_to(self._folder).as_posix())

    def add(self, job: Job, source_stamp: tuple[int, int], settings: dict[str, Any], kind: Kind) -> None:
        """Note an output that is complete.

        Args:
            job: Its input and output.
            source_stamp: Of the input, taken before it was read.
            settings: See `settings_of`.
            kind: What it was enhanced as.

        Raises:
            OSError: The list cannot be written.
        """
        entry = Entry(
            output=job.target.relative_to(self._folder).as_posix(),
            source=realpath(job.source),
            source_stamp=source_stamp,
            output_stamp=stamp_of(job.target),
            settings=settings,
            kind=kind,
        )
        self._entries[entry.output] = entry
        line = json.dumps(asdict(entry)) + "\n"
        # In one piece, behind a line break where a killed process left a line without.
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            piece = ("\n" * torn + line).encode()
            if os.write(handle, piece) < len(piece):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)


def stamp_of(path: Path) -> tuple[int, int]:
    """Return the size of a file in bytes, and when it was changed, in nanoseconds."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _entry_from_line(line: str) -> Entry | None:
    try:
        fields = json.loads(line)
        for name in ("source_stamp", "output_stamp"):
            size, mtime_ns = fields[name]
            fields[name] = (size, mtime_ns)
        fields["kind"] = Kind(fields.get("kind", Kind.VIDEO))
        return Entry(**fields)
    except (ValueError, TypeError, KeyError):
        return None
