"""Write a file under a temporary name, so that nobody ever finds half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

from .errors import OutputError


@contextmanager
def partial_file(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary file beside a target; rename it to the target at the end, or remove it on any error.

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
    try:
        # Part of the name will do, so that the longest names leave room for what is added.
        handle, name = mkstemp(prefix=f".{target.stem[:40]}-part-", suffix=target.suffix, dir=target.parent)
    except OSError as exc:
        raise OutputError(
            f"cannot write to the folder {target.parent} ({exc.strerror}); choose another"
        ) from exc
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as exc:
        raise OutputError(
            f"cannot write {target} ({exc.strerror or exc}); make room or choose another place"
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """Read the process's file mode mask, which the system only tells when it is set."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
