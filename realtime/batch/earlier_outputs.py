"""Leave out of a batch what earlier ones have made, where their outputs lie in a subfolder of the inputs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ..errors import InputError
from .jobs import Job
from .manifest import BatchManifest

log = logging.getLogger(__name__)


def without_earlier_outputs(jobs: Sequence[Job], source: Path, target: Path) -> list[Job]:
    """Leave out the inputs that the list in a folder above them names as outputs.

    The folder that was asked for itself may hold such a list: its files are what is wanted.

    Args:
        jobs: Of a folder or a pattern.
        source: That, for messages.
        target: The folder of their outputs.

    Raises:
        InputError: Nothing is left.
        OutputError: A list cannot be read.
    """
    list_of = cache(BatchManifest)

    def is_earlier_output(job: Job) -> bool:
        below = job.target.relative_to(target).parts[1:]
        folders = job.source.parents[: len(below)]
        return any(list_of(folder).entry_of(job.source) is not None for folder in folders)

    left = [job for job in jobs if not is_earlier_output(job)]
    remedy = "to enhance them, name their folder"
    if not left:
        raise InputError(f"{source} holds only what earlier runs have made; {remedy}")
    if len(left) < len(jobs):
        log.info("%s: left out %d that earlier runs have made; %s", source, len(jobs) - len(left), remedy)
    return left
