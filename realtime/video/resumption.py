"""Which journal goes with a video, what becomes of it, and the ways to go on from it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

import av

from ..batch.manifest import stamp_of
from ..errors import InputError
from .journal import Journal, discard_journal
from .reader import VideoReader
from .segments import CannotResumeError, Joint

log = logging.getLogger(__name__)


class Way(str, Enum):
    """Where to decode from to go on, in the order in which it is tried: fast, sure, and certain."""

    KEY_FRAME = "key frame"
    BEGINNING = "beginning"
    ANEW = "beginning, with nothing done"


@contextmanager
def journal_of(
    target: Path,
    reader: VideoReader,
    way: Way,
    *,
    settings: dict[str, Any] | None,
    backend: str,
    segment_s: float,
    overwrite: bool,
) -> Iterator[Journal | None]:
    """Open the journal of a long video; None where there is to be none.

    It is removed when the body is done with, and where going on would lead to the same error; otherwise, what
    it holds is kept, and said so.

    Args:
        target: The output.
        reader: The input.
        way: How to go on.
        settings: All that the output depends on beside the input; None to keep no journal.
        backend: What enhances.
        segment_s: Videos up to this long have none.
        overwrite: Whether the target may be there.
    """
    if settings is None or (target.exists() and not overwrite):
        yield None
        return
    if reader.expected_s is not None and reader.expected_s <= segment_s:
        discard_journal(target)
        yield None
        return
    owner = {
        "input": stamp_of(reader.path),
        "settings": settings,
        "backend": backend,
        "libraries": [av.__version__, *map(list, av.library_versions.values())],
    }
    journal = Journal(target, owner, anew=way == Way.ANEW)
    keep = False
    try:
        yield journal
    except InputError:
        raise
    except CannotResumeError:
        keep = True
        raise
    except BaseException:
        keep = True
        if journal.joint is not None:
            log.info(
                "%s: done up to %s; run the same again to go on there", reader.path, time_text(journal.joint)
            )
        raise
    finally:
        journal.close(keep=keep)


def time_text(joint: Joint) -> str:
    """Say where in the video a joint is."""
    minutes, seconds = divmod(int(joint.time_s), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
