"""What to enhance into what: one file, the files of a folder, or those that fit a pattern."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from .errors import InputError, OutputError
from .suffixes import ANIMATED, MUXERS, STILL_SUFFIXES, VIDEO_SUFFIXES


@dataclass(frozen=True, slots=True)
class Job:
    """One file to enhance."""

    source: Path
    target: Path

    @property
    def is_still(self) -> bool:
        """Whether it is enhanced as an image rather than as a video; animations can be either."""
        suffix, target_suffix = self.source.suffix.lower(), self.target.suffix.lower()
        return suffix in STILL_SUFFIXES or (
            suffix in ANIMATED and target_suffix in (*ANIMATED, *STILL_SUFFIXES)
        )


def is_batch(source: Path) -> bool:
    """Whether a source means any number of files: a folder, or a pattern such as `holiday/*.mp4`."""
    try:
        return source.is_dir() or (not source.exists() and any(map(_is_pattern, source.parts)))
    except OSError:  # it cannot be looked up, which finding its jobs will say
        return False


def find_jobs(
    source: Path,
    target: Path,
    *,
    recursive: bool = True,
    on_unreadable: Callable[[OSError], None] | None = None,
) -> list[Job]:
    """List the files to enhance, in sorted order.

    Links to files are followed, links to folders are not: there may be circles of them.

    Args:
        source: A file; a folder, whose images and videos are meant; or a pattern of `*`, `?`, `[…]`, `**`.
        target: A file; a folder if the source is a folder or a pattern, or one that exists, to take the
            source's name, with .mkv behind it where videos of that kind are not written.
        recursive: Look into the subfolders of a folder, too.
        on_unreadable: Told of each folder that cannot be listed; by default that is an error.

    Raises:
        InputError: The source does not exist, holds no images or videos, or a path cannot be looked up.
        OutputError: The target would be the source itself, or is a file where a folder is needed.
    """
    try:
        if not is_batch(source):
            return [_job_of_file(source, target)]
        if target.exists() and not target.is_dir():
            raise OutputError(
                f"{target} is a file, and the files of {source} need a folder; give another name"
            )
        if source.is_dir():
            return _jobs_of_folder(source, target, recursive, on_unreadable or _raise)
        return _jobs_of_pattern(source, target)
    except OSError as exc:
        raise InputError(
            f"{exc.filename} cannot be looked up ({exc.strerror}); check the name and its access rights"
        ) from exc


def _job_of_file(source: Path, target: Path) -> Job:
    if not source.exists():
        raise InputError(f"{source} does not exist; check the name")
    job = Job(source, target / _target_name(source) if target.is_dir() else target)
    if job.target.exists() and source.samefile(job.target):
        raise OutputError(f"{job.target} is the input itself; give another name")
    return job


def _jobs_of_folder(
    source: Path, target: Path, recursive: bool, on_unreadable: Callable[[OSError], None]
) -> list[Job]:
    if target.resolve() == source.resolve():
        raise OutputError(f"{target} is the input folder itself; give another folder")
    files = [
        path
        for path in _files_of(source, recursive, on_unreadable, without=target)
        if path.suffix.lower() in STILL_SUFFIXES + VIDEO_SUFFIXES
    ]
    if not files:
        suffixes = " ".join(STILL_SUFFIXES + VIDEO_SUFFIXES)
        raise InputError(f"{source} holds no images or videos; these suffixes are looked for: {suffixes}")
    return [_mirrored(path, source, target) for path in files]


def _jobs_of_pattern(pattern: Path, target: Path) -> list[Job]:
    plain = list(takewhile(lambda part: not _is_pattern(part), pattern.parts))
    folder, rest = Path(*plain), Path(*pattern.parts[len(plain) :])
    excluded = target.resolve()
    files = [
        path
        for path in sorted(folder.glob(str(rest)))
        if path.is_file() and not path.name.startswith(".") and excluded not in path.resolve().parents
    ]
    if not files:
        raise InputError(f"no file fits {pattern}; check the pattern")
    return [_mirrored(path, folder, target) for path in files]


def _mirrored(path: Path, folder: Path, target: Path) -> Job:
    return Job(path, (target / path.relative_to(folder)).with_name(_target_name(path)))


def _target_name(source: Path) -> str:
    """Return the source's name, or one in Matroska where files of its kind are not written."""
    return (
        source.name
        if source.suffix.lower() in (*STILL_SUFFIXES, *ANIMATED, *MUXERS)
        else f"{source.name}.mkv"
    )


def _files_of(
    folder: Path, recursive: bool, on_unreadable: Callable[[OSError], None], *, without: Path
) -> list[Path]:
    """List the files below a folder, hidden ones and another folder's left out."""
    excluded = without.resolve()
    files = []
    for parent, folders, names in os.walk(folder, onerror=on_unreadable):
        folders[:] = [name for name in folders if recursive and Path(parent, name).resolve() != excluded]
        files += [
            path for name in names if not name.startswith(".") and (path := Path(parent, name)).is_file()
        ]
    return sorted(files)


def _is_pattern(part: str) -> bool:
    return any(sign in part for sign in "*?[")


def _raise(error: OSError) -> None:
    raise error
