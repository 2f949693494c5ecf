"""Write a file under a temporary name, so that nobody ever finds half of it."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

from .errors import OutputError

log = logging.getLogger(__name__)


@contextmanager
def partial_file(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary file beside a target; rename it to the target at the end, or remove it on any error.

    What a process that was killed left of the same target is removed first. A temporary file is locked while
    its process lives, so that what others are writing is never taken for such a rest.

    Args:
        target: Where the file is to be, with a suffix that the temporary name has too.
        overwrite: Replace a target that exists.

    Raises:
        OutputError: The target cannot be written; or it is not to be replaced, and exists, be it at the end,
            or another process is writing it.
    """
    if not overwrite:
        refuse_existing(target)
    if target.is_dir():
        raise OutputError(f"{target} is a folder; give the name of a file in it")
    prefix = f"{hidden_name(target)}-part-"
    if _remove_rests(target.parent, prefix, target.suffix) and not overwrite:
        raise OutputError(being_made(target))
    try:
        handle, name = mkstemp(prefix=prefix, suffix=target.suffix, dir=target.parent)
    except OSError as exc:
        raise OutputError(
            f"cannot write to the folder {target.parent} ({exc.strerror}); choose another"
        ) from exc
    temporary = Path(name)
    try:
        with suppress(OSError):  # the file system has no locks
            _lock(handle)
        yield temporary
        if not overwrite:
            refuse_existing(target)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as exc:
        raise OutputError(
            f"cannot write {target} ({exc.strerror or exc}); make room or choose another place"
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def hidden_name(target: Path) -> str:
    """Return the beginning of the names of hidden files beside a target, which no other target has."""
    # Part of the name will do, so that the longest names leave room for what is added.
    checksum = sha256(os.fsencode(target.name)).hexdigest()[:8]
    return f".{target.stem[:40]}-{checksum}"


def being_made(target: Path) -> str:
    """Say that another process is at work on a target."""
    return f"{target} is being made by another process; wait for it, or choose another name"


def refuse_existing(target: Path) -> None:
    """Raise OutputError where there is a file already."""
    if target.exists():
        raise OutputError(f"{target} exists; add --overwrite to replace it, or choose another name")


def _remove_rests(folder: Path, prefix: str, suffix: str) -> bool:
    """Remove the temporary files of processes that are gone; tell whether there are others."""
    in_use = False
    for rest in folder.glob(f"{escape(prefix)}????????{escape(suffix)}"):
        try:
            handle = os.open(rest, os.O_RDWR)
        except OSError:  # it has just been renamed, or is somebody else's
            continue
        try:
            _lock(handle)
            rest.unlink(missing_ok=True)
        except BlockingIOError:
            in_use = True
        except OSError as exc:  # the file system has no locks, so that nobody knows
            log.debug("%s cannot be locked: %s", rest, exc)
        finally:
            os.close(handle)
    return in_use


def _lock(handle: int) -> None:
    """Lock a file until it is closed, at the latest when its process ends."""
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _umask() -> int:
    """Read the process's file mode mask, which the system only tells when it is set."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
