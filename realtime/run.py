"""Enhance everything that a command names, and report on it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

from .backend import choose_backend, mention_unused_headroom, open_enhancer
from .batch.earlier_outputs import without_earlier_outputs
from .batch.jobs import Job, cannot_look_up, find_jobs, is_batch
from .batch.manifest import BatchManifest, stamp_of
from .batch.plan import Action, Step, plan
from .batch.workers import run_in_threads
from .enhancer import Enhancer
from .errors import EnhanceError, OutputError
from .estimator import find_model
from .notes import notes_held
from .options import BatchOptions, Decoder, EncoderOptions, EnhancerOptions, FileOptions
from .partial_file import refuse_existing
from .progress import ShowFile
from .report import FileReport, Outcome, Report
from .settings import Kind, note_unused_options, settings_of
from .single_file import enhance_file, is_disk_full
from .stage_times import StageTimes
from .video.gpu_decoding import gpu_context_of

log = logging.getLogger(__name__)


def plan_all(
    source: Path,
    target: Path,
    enhancer_options: EnhancerOptions,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    batch_options: BatchOptions,
) -> list[Step]:
    """Decide what is to be done about every file of a folder or a pattern, or about a single one.

    Raises:
        EnhanceError: Nothing could be done.
    """
    steps = _Batch(source, target, enhancer_options, encoder_options, file_options, batch_options).steps
    if not is_batch(source) and not file_options.overwrite:
        refuse_existing(steps[0].job.target)
    return steps


def enhance_all(
    source: Path,
    target: Path,
    enhancer_options: EnhancerOptions,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    batch_options: BatchOptions | None = None,
    *,
    show: Callable[[Sequence[Job]], AbstractContextManager[ShowFile]],
) -> Report:
    """Enhance a file, or the images and videos of a folder or a pattern.

    In a batch, a file that fails, for whatever reason, does not stop the others, unless the disk is full, and
    only what is missing or out of date is made: see `plan`. An output gets its name only when it is complete.

    Args:
        source: A video, an image, a folder, or a pattern.
        target: A file, or a folder for a folder or a pattern.
        enhancer_options: What to do to each frame.
        encoder_options: How to encode videos.
        file_options: What to do about files that exist or are damaged.
        batch_options: How to go through many files.
        show: Opens a display of progress for the files that will be worked on.

    Raises:
        EnhanceError: Nothing could be done; for a single file, what went wrong with it.
    """
    batch = _Batch(
        source, target, enhancer_options, encoder_options, file_options, batch_options or BatchOptions()
    )
    return batch.run(show)


class _Batch:
    """The files of one command, and what has become of them."""

    def __init__(
        self,
        source: Path,
        target: Path,
        enhancer_options: EnhancerOptions,
        encoder_options: EncoderOptions,
        file_options: FileOptions,
        batch_options: BatchOptions,
    ) -> None:
        self._target = target
        self._options = enhancer_options
        self._encoder_options = encoder_options
        self._file_options = file_options
        self._jobs = batch_options.jobs
        self._times = StageTimes()
        self._results: list[FileReport] = []
        unreadable: list[OSError] = []
        jobs = find_jobs(source, target, recursive=batch_options.recursive, on_unreadable=unreadable.append)
        model = find_model(enhancer_options.model)
        self._settings = settings_of(model, enhancer_options, encoder_options, file_options)
        self._manifest: BatchManifest | None = None
        if is_batch(source):
            jobs = without_earlier_outputs(jobs, source, target)
            self._manifest = BatchManifest(target)
            self.steps = plan(jobs, self._manifest, self._settings, overwrite=file_options.overwrite)
            self.steps += [
                Step(Job(Path(error.filename), target), Action.REFUSE, cannot_look_up(error))
                for error in unreadable
            ]
        else:
            (job,) = jobs
            self.steps = [Step(job, Action.ENHANCE, "", replaces=file_options.overwrite)]

    def run(self, show: Callable[[Sequence[Job]], AbstractContextManager[ShowFile]]) -> Report:
        """Do what is planned."""
        for step in self.steps:
            if step.action == Action.SKIP:
                self._add_result(step.job, Outcome.SKIPPED, step.reason)
            elif step.action == Action.REFUSE:
                self._add_result(step.job, Outcome.FAILED, step.reason)
        todo = [step for step in self.steps if step.action == Action.ENHANCE]
        workers = max(1, min(self._jobs, len(todo)))
        threads = max(1, self._options.threads // workers)
        choice = choose_backend(self._options.backend)
        with ExitStack() as stack:
            enhancers = [
                stack.enter_context(open_enhancer(replace(self._options, threads=threads), times=self._times))
                for _ in range(min(workers, len(todo)))
            ]
            if enhancers:
                mention_unused_headroom(self._options)
                if self._file_options.decoder == Decoder.NVDEC:
                    gpu_context_of(enhancers[0])  # refuses before anything is shown or done
            display = stack.enter_context(show([step.job for step in todo]))
            start = time.perf_counter()
            left = run_in_threads(
                todo,
                enhancers,
                lambda step, enhancer, check: self._work_on(step, enhancer, display, check),
            )
            seconds = time.perf_counter() - start
            backend = enhancers[0].backend if enhancers else choice.backend.value
        for step in left:
            self._add_result(step.job, Outcome.NOT_DONE, "the disk is full")
        return Report.of(
            self._results,
            output=str(self._target if self._manifest is not None else self.steps[0].job.target),
            seconds=seconds,
            times=self._times,
            backend=backend,
            backend_reason=choice.reason,
            model=self._options.model,
            threads=threads,
            jobs=workers,
        )

    def _work_on(self, step: Step, enhancer: Enhancer, display: ShowFile, check: Callable[[], None]) -> bool:
        """Enhance a file and note what became of it; tell whether there is room for more."""
        if self._manifest is not None and _is_made_meanwhile(step):
            self._add_result(step.job, Outcome.SKIPPED, "the output has been made meanwhile")
            return True
        start = time.perf_counter()
        try:
            stamp = _stamp(step.job)
            with notes_held() as notes, display(step.job) as tell:

                def progress(done: int, expected: int | None) -> None:
                    check()
                    tell(done, expected)

                files = replace(self._file_options, overwrite=step.replaces)
                frames, kind = enhance_file(
                    step.job,
                    enhancer,
                    self._encoder_options,
                    files,
                    settings=self._settings,
                    times=self._times,
                    progress=progress,
                )
                if self._manifest is None:  # a folder may hold what they have an effect on
                    note_unused_options(kind, self._options, self._encoder_options, files)
            if self._manifest is not None:
                self._add_to_manifest(step.job, stamp, kind)
        except EnhanceError as exc:
            if self._manifest is None:
                raise
            self._add_result(step.job, Outcome.FAILED, str(exc), start=start)
            return not is_disk_full(exc)
        for note in notes:
            log.warning("%s", note if self._manifest is None else f"{step.job.source}: {note}")
        self._add_result(step.job, Outcome.ENHANCED, step.reason, frames=frames, start=start, notes=notes)
        return True

    def _add_to_manifest(self, job: Job, stamp: tuple[int, int], kind: Kind) -> None:
        assert self._manifest is not None
        try:
            self._manifest.add(job, stamp, self._settings, kind)
        except OSError as exc:
            raise OutputError(
                f"{job.target} is complete, but cannot be noted as done in {self._manifest.path} "
                f"({exc.strerror}); make room, or check its access rights"
            ) from exc

    def _add_result(
        self,
        job: Job,
        outcome: Outcome,
        reason: str,
        *,
        frames: int = 0,
        start: float | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        seconds = 0.0 if start is None else round(time.perf_counter() - start, 4)
        self._results.append(
            FileReport(
                source=str(job.source),
                output=str(job.target),
                outcome=outcome,
                reason=reason,
                frames=frames,
                seconds=seconds,
                notes=notes,
            )
        )


def _stamp(job: Job) -> tuple[int, int]:
    """Return the input's stamp, or one that no file has where reading will say what is wrong."""
    try:
        return stamp_of(job.source)
    except OSError:
        return (-1, -1)


def _is_made_meanwhile(step: Step) -> bool:
    """Whether there is an output now, as by another run in the same folder, where none was to be replaced."""
    try:
        return not step.replaces and step.job.target.exists()
    except OSError:  # which writing will say
        return False
