"""Write a file under a temporary name, so that nobody ever finds half of it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import mkstemp

from .errors import OutputError


@contextmanager
def partial_file(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary file beside a target; rename it to the target at the end, or remove it on any error.

    What a process that was killed left of the same target is removed first. A temporary file is locked while
    its process lives, so that what others are writing is never taken for such a rest.

    Args:
        target: Where the file is to be, with a suffix that the temporary name has too.
        overwrite: Replace a target that exists.

    Raises:
        OutputError: The target exists or cannot be written.
    """
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists; add --overwrite to replace it, or choose another name")
    if target.is_dir():
        raise OutputError(f"{target} is a folder; give the name of a file in it")
    # Part of the name will do, so that the longest names leave room for what is added.
    prefix = f".{target.stem[:40]}-part-"
    _remove_rests(target.parent, prefix, target.suffix)
    try:
        handle, name = mkstemp(prefix=prefix, suffix=target.suffix, dir=target.parent)
    except OSError as exc:
        raise OutputError(
            f"cannot write to the folder {target.parent} ({exc.strerror}); choose another"
        ) from exc
    temporary = Path(name)
    try:
        _try_lock(handle)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as exc:
        raise OutputError(
            f"cannot write {target} ({exc.strerror or exc}); make room or choose another place"
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def _remove_rests(folder: Path, prefix: str, suffix: str) -> None:
    """Remove the temporary files of processes that are gone."""
    for rest in folder.glob(f"{escape(prefix)}????????{escape(suffix)}"):
        try:
            handle = os.open(rest, os.O_RDWR)
        except OSError:  # it has just been renamed, or is somebody else's
            continue
        try:
            if _try_lock(handle):
                rest.unlink(missing_ok=True)
        finally:
            os.close(handle)


def _try_lock(handle: int) -> bool:
    """Lock a file until it is closed, at the latest when its process ends; False where that cannot be."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another process has it, or the file system has no locks
        return False
    return True


def _umask() -> int:
    """Read the process's file mode mask, which the system only tells when it is set."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
