"""What to enhance into what: one file, the files of a folder, or those that fit a pattern."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import ENOENT
from fnmatch import fnmatchcase
from itertools import takewhile
from os.path import realpath
from pathlib import Path
from typing import TypeAlias

from ..errors import InputError, OutputError
from ..suffixes import ANIMATED, MUXERS, STILL_SUFFIXES, UNWRITTEN_STILLS, VIDEO_SUFFIXES

_LOOKED_FOR = (*STILL_SUFFIXES, *UNWRITTEN_STILLS, *ANIMATED, *VIDEO_SUFFIXES)

# The parts of a pattern, between the slashes.
_Parts: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One file to enhance."""

    source: Path
    target: Path

    @property
    def is_still(self) -> bool:
        """Whether it is enhanced as an image rather than as a video.

        Animations, and files whose names do not tell what they are, can be either, as the target is.
        """
        suffix, target_suffix = self.source.suffix.lower(), self.target.suffix.lower()
        return suffix in STILL_SUFFIXES or (
            suffix not in VIDEO_SUFFIXES and target_suffix in (*ANIMATED, *STILL_SUFFIXES)
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

    Links to files are followed; those to folders are not, as there may be circles of them, unless a pattern
    names them by something else than `**`. What is hidden is left out, unless a pattern names its dot.

    Args:
        source: A file; a folder, whose images and videos are meant; or a pattern of `*`, `?`, `[…]`, `**`.
        target: A file; a folder if the source is a folder or a pattern, or one that exists, to take the
            source's name, with a further suffix behind it where files of that kind are not written: .png or
            .jpg for images, .mkv for videos.
        recursive: Look into the subfolders of a folder, too.
        on_unreadable: Told of each folder that cannot be listed, and of each link that cannot be followed or
            leads nowhere, where there are files besides; by default that is an error.

    Raises:
        InputError: The source is not there, holds no images or videos, or is no file, folder or pattern; or a
            path cannot be looked up.
        OutputError: The target would be the source itself, or is a file where a folder is needed.
    """
    try:
        if not is_batch(source):
            return [_job_of_file(source, target)]
        if (target.exists() or target.is_symlink()) and not target.is_dir():
            raise OutputError(f"{target} is no folder, and the files of {source} need one; give another name")
        return _jobs_of_batch(source, target, recursive, on_unreadable)
    except OSError as exc:
        raise InputError(cannot_look_up(exc)) from exc


def target_path(source: Path, target: str) -> Path:
    """Return the target that is named; with a slash behind it, it is a folder's, also before that is there.

    Args:
        source: As for `find_jobs`.
        target: As it was written.
    """
    into_folder = target.endswith(os.sep) and not is_batch(source)
    return Path(target, _target_name(source)) if into_folder else Path(target)


def cannot_look_up(error: OSError) -> str:
    """Say what cannot be looked up, and why."""
    return f"{error.filename} cannot be looked up ({error.strerror}); check the name and its access rights"


def _job_of_file(source: Path, target: Path) -> Job:
    if not source.exists():
        raise InputError(f"{source} does not exist; check the name")
    if not source.is_file():  # opening a pipe would wait for somebody to write
        raise InputError(f"{source} is not a file; give a video, an image or a folder")
    job = Job(source, target / _target_name(source) if target.is_dir() else target)
    if job.target.exists() and source.samefile(job.target):
        raise OutputError(f"{job.target} is the input itself; give another name")
    return job


def _jobs_of_batch(
    source: Path, target: Path, recursive: bool, on_unreadable: Callable[[OSError], None] | None
) -> list[Job]:
    is_folder = source.is_dir()
    folder, parts = (source, ("**", "*") if recursive else ("*",)) if is_folder else _split(source)
    if realpath(target) == realpath(folder):
        raise OutputError(f"{target} is the input folder itself; give another folder")
    unreadable: list[OSError] = []
    files = []
    for path in sorted(_files_of(folder, {parts}, realpath(target), unreadable.append)):
        if is_folder and path.suffix.lower() not in _LOOKED_FOR:
            continue
        if _leads_nowhere(path):
            gone = f"a link to {path.readlink()}, which is not there"
            unreadable.append(FileNotFoundError(ENOENT, gone, str(path)))
        else:
            files.append(path)
    for error in unreadable:
        if on_unreadable is None or not files:
            raise error
        on_unreadable(error)
    if not files:
        raise InputError(
            f"{source} holds no images or videos; these suffixes are looked for: {' '.join(_LOOKED_FOR)}"
            if is_folder
            else f"no file fits {source}; check the pattern"
        )
    return [Job(path, (target / path.relative_to(folder)).with_name(_target_name(path))) for path in files]


def _target_name(source: Path) -> str:
    """Return the name of the output in a folder; what is not written gets a suffix of another kind."""
    suffix = source.suffix.lower()
    if suffix in (*STILL_SUFFIXES, *ANIMATED, *MUXERS):
        return source.name
    return source.name + UNWRITTEN_STILLS.get(suffix, ".mkv")


def _split(pattern: Path) -> tuple[Path, _Parts]:
    """Split a pattern into the folder that it names and the parts that files below have to fit."""
    plain = list(takewhile(lambda part: not _is_pattern(part), pattern.parts))
    parts = pattern.parts[len(plain) :]
    for part in parts:
        if "**" in part and part != "**":
            better = f"**/{part.replace('**', '*')}"
            raise InputError(
                f"{pattern} fits nothing: '**' stands for folders; write '{better}' for '{part}'"
            )
    return Path(*plain), (*parts, "*") if parts[-1] == "**" else parts


def _files_of(
    folder: Path, patterns: set[_Parts], without: str, on_unreadable: Callable[[OSError], None]
) -> Iterator[Path]:
    """Find the files below a folder that fit one of some patterns.

    Args:
        folder: Where to look.
        patterns: What of each pattern is left for names in the folder and below.
        without: The full path of a folder to leave out.
        on_unreadable: Told of what cannot be looked up below the folder.

    Yields:
        Files, and links that lead nowhere.

    Raises:
        OSError: The folder cannot be listed.
    """
    for entry in list(os.scandir(folder)):
        left = {rest for parts in patterns for rest in _left_behind(entry, parts)}
        below = left - {()}
        try:
            if () in left and (entry.is_file() or _leads_nowhere(Path(entry))):
                yield folder / entry.name
            elif below and entry.is_dir() and realpath(entry) != without:
                yield from _files_of(folder / entry.name, below, without, on_unreadable)
        except OSError as exc:
            on_unreadable(exc)


def _leads_nowhere(path: Path) -> bool:
    """Whether it is a link to what is not there, as on a disk that is away: that is told, not passed over."""
    return path.is_symlink() and not path.exists()


def _left_behind(entry: os.DirEntry[str], parts: _Parts) -> Iterator[_Parts]:
    """Give what is left of a pattern behind a file or a folder that fits; `**` can be used up or not."""
    first, rest = parts[0], parts[1:]
    is_hidden = entry.name.startswith(".") and not first.startswith(".")
    if first == "**":
        yield from _left_behind(entry, rest)
        if not is_hidden and not entry.is_symlink():
            yield parts
    elif fnmatchcase(entry.name, first) and not is_hidden:
        yield rest


def _is_pattern(part: str) -> bool:
    return any(sign in part for sign in "*?[")
