"""What to enhance into what: one file, or the files of a folder."""

from __future__ import annotations

from dataclasses import dataclass
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


def find_jobs(source: Path, target: Path) -> list[Job]:
    """List the files to enhance, in sorted order.

    Args:
        source: A file, or a folder whose images and videos are meant, those of its subfolders included.
        target: A file; a folder if the source is one, or one that exists, to take the source's name,
            with .mkv behind it where videos of that kind are not written.

    Raises:
        InputError: The source does not exist, holds no images or videos, or a path cannot be looked up.
        OutputError: The target would be the source itself, or is a file where a folder is needed.
    """
    try:
        return _jobs_of_folder(source, target) if source.is_dir() else [_job_of_file(source, target)]
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


def _jobs_of_folder(source: Path, target: Path) -> list[Job]:
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target} is a file, and the files of {source} need a folder; give another name")
    if target.resolve() == source.resolve():
        raise OutputError(f"{target} is the input folder itself; give another folder")
    jobs = [
        Job(path, (target / path.relative_to(source)).with_name(_target_name(path)))
        for path in _media_files(source, without=target)
    ]
    if not jobs:
        suffixes = " ".join(STILL_SUFFIXES + VIDEO_SUFFIXES)
        raise InputError(f"{source} holds no images or videos; these suffixes are looked for: {suffixes}")
    return jobs


def _target_name(source: Path) -> str:
    """Return the source's name, or one in Matroska where files of its kind are not written."""
    return (
        source.name
        if source.suffix.lower() in (*STILL_SUFFIXES, *ANIMATED, *MUXERS)
        else f"{source.name}.mkv"
    )


def _media_files(folder: Path, *, without: Path) -> list[Path]:
    """List the images and videos below a folder; hidden files and those below another folder are left out."""
    excluded = without.resolve()
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in STILL_SUFFIXES + VIDEO_SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
        and excluded not in path.resolve().parents
    ]
