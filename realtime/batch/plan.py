"""Decide for each file of a batch whether it is to be enhanced, and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from os.path import realpath
from typing import Any

from ..settings import make_the_same
from .jobs import Job, cannot_look_up
from .manifest import BatchManifest, stamp_of


class Action(str, Enum):
    """What is to become of a file."""

    ENHANCE = "enhance"
    SKIP = "skip"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Step:
    """A file, what is to become of it, and why.

    Attributes:
        job: The file and its output.
        action: What is to become of it.
        reason: Why, in a few words.
        replaces: Whether an output that exists is to be replaced.
    """

    job: Job
    action: Action
    reason: str
    replaces: bool = False


def plan(
    jobs: Sequence[Job], manifest: BatchManifest, settings: dict[str, Any], *, overwrite: bool
) -> list[Step]:
    """Plan a batch.

    An output is made again when its input has changed, or settings that matter to it. One that was not
    made by a batch, or that somebody changed since, is left alone unless it is to be overwritten; one that
    was made from another input is no output of this one, and that is an error, as it is where one cannot be
    looked up.

    Args:
        jobs: The files, with outputs below the manifest's folder.
        manifest: How the outputs there were made.
        settings: Of this run; see `settings_of`.
        overwrite: Make every output anew.
    """
    sources = {realpath(job.source) for job in jobs}
    taken: dict[str, Job] = {}
    steps = []
    for job in jobs:
        target = realpath(job.target)
        if target in sources:
            reason = f"{job.target} is one of the inputs; choose another folder for the outputs"
            steps.append(Step(job, Action.REFUSE, reason))
        elif target in taken:
            reason = f"{taken[target].source} becomes {job.target}, too; rename one of the two"
            steps.append(Step(job, Action.REFUSE, reason))
        else:
            taken[target] = job
            try:
                steps.append(_step(job, manifest, settings, overwrite=overwrite))
            except OSError as exc:
                steps.append(Step(job, Action.REFUSE, cannot_look_up(exc)))
    return steps


def _step(job: Job, manifest: BatchManifest, settings: dict[str, Any], *, overwrite: bool) -> Step:
    entry = manifest.entry_of(job.target)
    if not job.target.exists():
        return Step(job, Action.ENHANCE, "new" if entry is None else "the output is gone")
    if overwrite:
        return Step(job, Action.ENHANCE, "to be overwritten", replaces=True)
    if entry is None or stamp_of(job.target) != entry.output_stamp:
        what = "exists, and was not made by a batch" if entry is None else "was changed since"
        return Step(job, Action.SKIP, f"the output {what}; --overwrite replaces it")
    same = make_the_same(entry.settings, entry.kind, settings)
    changed = [] if same else ["the options have changed"]
    if stamp_of(job.source) != entry.source_stamp:
        if realpath(job.source) != entry.source:
            reason = f"{job.target} was made from {entry.source}; choose another folder, or add --overwrite"
            return Step(job, Action.REFUSE, reason)
        changed = ["the input has changed"]
    return Step(job, Action.ENHANCE, changed[0], replaces=True) if changed else Step(job, Action.SKIP, "done")
