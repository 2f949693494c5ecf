"""The fit loop, on pictures of 40×30 pixels and a network as in earnest."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from zerodce import run_folder
from zerodce.data import Split, split_dataset
from zerodce.errors import DataError, DivergenceError, OutOfMemoryError, OutputError, ResumeError
from zerodce.model import LOSS_NAMES, ZeroDCE
from zerodce.options import TrainingOptions
from zerodce.run_folder import RunFolder
from zerodce.supervised import SupervisedDCE
from zerodce.training import compiled_model, train

MakePictures = Callable[..., list[Path]]

OPTIONS = TrainingOptions(
    epochs=3, batch_size=2, size=16, test_count=1, train_count=4, learning_rate=1e-3, decay=True, darken=True
)
SUPERVISED = replace(OPTIONS, network="context", supervised=True)


@pytest.fixture
def split(make_pictures: MakePictures) -> Split:
    return split_dataset(
        make_pictures("photographs", 7, brightness=0.8), OPTIONS.test_count, OPTIONS.train_count
    )


def started(folder: Path, split: Split, options: TrainingOptions = OPTIONS) -> RunFolder:
    run = RunFolder(folder)
    run.start(options, split)
    return run


def stop_at(limit: int) -> Callable[..., None]:
    def stop(count: int, *_: object) -> None:
        if count == limit:
            raise RuntimeError("stopped")

    return stop


def assert_equal(model: ZeroDCE, other: ZeroDCE) -> None:
    for one, another in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, another)


def test_a_resumed_run_is_bitwise_the_uninterrupted_one(tmp_path: Path, split: Split) -> None:
    whole, history = train(split, OPTIONS, started(tmp_path / "whole", split))
    run = started(tmp_path / "broken", split)
    with pytest.raises(RuntimeError, match="stopped"):
        train(split, OPTIONS, run, on_epoch=stop_at(1))
    with pytest.raises(RuntimeError, match="stopped"):  # in the middle of epoch 3, which is lost
        train(split, OPTIONS, run, resume=True, on_step=stop_at(5))

    resumed, resumed_history = train(split, OPTIONS, run, resume=True)

    assert_equal(resumed, whole)
    assert resumed_history == history
    assert json.loads(run.history.read_text()) == history
    for one, another in zip(resumed.optimizer.variables, whole.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), another.numpy())


def test_a_supervised_run_is_resumed_bitwise_as_well(tmp_path: Path, split: Split) -> None:
    whole, history = train(split, SUPERVISED, started(tmp_path / "whole", split, SUPERVISED))
    run = started(tmp_path / "broken", split, SUPERVISED)
    with pytest.raises(RuntimeError, match="stopped"):
        train(split, SUPERVISED, run, on_epoch=stop_at(2))
    run.check_resumable(SUPERVISED, split)
    resumed, resumed_history = train(split, SUPERVISED, run, resume=True)
    assert isinstance(resumed, SupervisedDCE)
    assert resumed.network.name == "context_net"
    assert_equal(resumed, whole)
    assert resumed_history == history
    names = SupervisedDCE.loss_names
    assert set(history) == {*names, *(f"val_{name}" for name in names)}


def test_the_context_network_is_trained_without_references_too(tmp_path: Path, split: Split) -> None:
    options = replace(OPTIONS, network="context", epochs=1)
    model, history = train(split, options, started(tmp_path / "run", split, options))
    assert model.network.count_params() == 35_155
    assert set(LOSS_NAMES) < set(history)


def test_history_has_every_loss_of_training_and_validation(tmp_path: Path, split: Split) -> None:
    steps: list[int] = []
    epochs: list[int] = []
    _, history = train(
        split,
        OPTIONS,
        started(tmp_path / "run", split),
        on_step=steps.append,
        on_epoch=lambda epoch, losses: epochs.append(epoch),
    )
    assert set(history) == {*LOSS_NAMES, *(f"val_{name}" for name in LOSS_NAMES)}
    assert all(len(values) == 3 for values in history.values())
    assert steps == [1, 2, 3, 4, 5, 6]
    assert epochs == [1, 2, 3]


def test_more_epochs_go_further_from_where_a_run_ended(tmp_path: Path, split: Split) -> None:
    short = replace(OPTIONS, decay=False, epochs=1)
    longer = replace(short, epochs=2)
    whole, _ = train(split, longer, started(tmp_path / "whole", split, longer))
    run = started(tmp_path / "run", split, short)
    train(split, short, run)
    run.check_resumable(longer, split)
    resumed, _ = train(split, longer, run, resume=True)
    assert_equal(resumed, whole)


def test_the_seed_decides_the_weights(split: Split, tmp_path: Path) -> None:
    one, _ = train(split, replace(OPTIONS, epochs=1), started(tmp_path / "one", split))
    other, _ = train(split, replace(OPTIONS, epochs=1, seed=1), started(tmp_path / "other", split))
    assert (one.get_weights()[0] != other.get_weights()[0]).any()


def test_validation_is_left_out_where_it_does_not_fill_a_batch(
    tmp_path: Path, split: Split, caplog: pytest.LogCaptureFixture
) -> None:
    alone = replace(split, validation=split.validation[:1])
    _, history = train(alone, replace(OPTIONS, epochs=1), started(tmp_path / "run", alone))
    assert set(history) == set(LOSS_NAMES)
    assert "1 pictures do not fill a batch: there is no validation" in caplog.text


@pytest.mark.parametrize("darken", [False, True])
def test_a_corrupt_picture_is_named(tmp_path: Path, split: Split, darken: bool) -> None:
    options = replace(OPTIONS, epochs=1, darken=darken)
    run = started(tmp_path / "run", split, options)
    split.train[2].write_bytes(b"no picture")
    with pytest.raises(DataError, match=rf"cannot read {split.train[2]}"):
        train(split, options, run)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_a_run_that_diverges_stops_and_keeps_the_checkpoint_before(tmp_path: Path, split: Split) -> None:
    run = started(tmp_path / "run", split)
    with pytest.raises(RuntimeError, match="stopped"):
        train(split, OPTIONS, run, on_epoch=stop_at(1))
    before = run.checkpoint.read_bytes()
    beyond = replace(OPTIONS, losses=replace(OPTIONS.losses, exposure=1e39))  # no float32
    with pytest.raises(DivergenceError, match=r"diverged in epoch 2: .*lower --learning-rate"):
        train(split, beyond, run, resume=True)
    assert run.checkpoint.read_bytes() == before


def test_running_out_of_memory_says_what_to_lower(
    tmp_path: Path, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\non GPU:0")

    monkeypatch.setattr(ZeroDCE, "fit", fail)
    with pytest.raises(
        OutOfMemoryError, match="2 pictures of 16×16 takes more memory than there is; lower --size"
    ):
        train(split, OPTIONS, started(tmp_path / "run", split))


def test_a_run_is_not_resumed_to_end_before_where_it_is(tmp_path: Path, split: Split) -> None:
    run = started(tmp_path / "run", split)
    model = compiled_model(OPTIONS, steps_per_epoch=2)
    model.optimizer.iterations.assign(6)
    run.save(model, {})
    with pytest.raises(ResumeError, match="has gone through 3 epochs already, more than 2: ask for --epo"):
        train(split, replace(OPTIONS, epochs=2), run, resume=True)


def test_a_history_ahead_of_its_checkpoint_is_cut(tmp_path: Path, split: Split) -> None:
    run = started(tmp_path / "run", split)
    model = compiled_model(OPTIONS, steps_per_epoch=2)
    model.optimizer.iterations.assign(4)
    run.save(model, {"total_loss": [3.0, 2.0, 1.0]})
    assert run.restore(compiled_model(OPTIONS, steps_per_epoch=2), steps_per_epoch=2) == {
        "total_loss": [3.0, 2.0]
    }


def test_a_run_is_not_overwritten_unasked(tmp_path: Path, split: Split) -> None:
    run = started(tmp_path / "run", split)
    run.save(compiled_model(OPTIONS, steps_per_epoch=2), {})
    run.contact_sheet.touch()
    with pytest.raises(OutputError, match="already holds a run: continue it with --resume, replace it"):
        run.start(OPTIONS, split)
    run.start(OPTIONS, split, overwrite=True)
    assert [path.name for path in run.folder.glob("*") if path != run.history] == ["run.json"]


def test_a_run_that_stopped_before_its_first_checkpoint_is_started_again(
    tmp_path: Path, split: Split
) -> None:
    run = started(tmp_path / "run", split)
    with pytest.raises(ResumeError, match=r"nothing to resume in .*: leave --resume out to start"):
        run.check_resumable(OPTIONS, split)
    run.start(OPTIONS, split)


def test_a_checkpoint_never_outlives_the_record_of_its_run(
    tmp_path: Path, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(tmp_path / "run", split)
    run.save(compiled_model(OPTIONS, steps_per_epoch=2), {})

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_folder, "write_json", die)
    with pytest.raises(KeyboardInterrupt):
        run.start(replace(OPTIONS, seed=1), split, overwrite=True)
    assert not run.checkpoint.exists()


def test_a_full_disk_is_an_error_and_leaves_the_checkpoint_before(tmp_path: Path, split: Split) -> None:
    run = started(tmp_path / "run", split)
    model = compiled_model(OPTIONS, steps_per_epoch=2)
    run.save(model, {})
    before = run.checkpoint.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing fails as on a full disk
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
        with pytest.raises(OutputError, match=r"cannot write .*checkpoint\.npz: File too large"):
            run.save(model, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert run.checkpoint.read_bytes() == before
    assert not [path for path in run.folder.iterdir() if path.name.startswith(".partial")]


def test_nothing_to_resume(tmp_path: Path, split: Split) -> None:
    with pytest.raises(ResumeError, match=r"nothing to resume in .*run: leave --resume out"):
        RunFolder(tmp_path / "run").check_resumable(OPTIONS, split)
    run = started(tmp_path / "run", split)
    with pytest.raises(ResumeError, match="nothing to resume"):
        run.check_resumable(OPTIONS, split)


def test_resuming_with_other_options_or_pictures_is_refused(tmp_path: Path, split: Split) -> None:
    run = started(tmp_path / "run", split)
    run.save(compiled_model(OPTIONS, steps_per_epoch=2), {})
    run.check_resumable(OPTIONS, split)
    with pytest.raises(ResumeError, match=r"its learning_rate was 0\.001, and now is 0\.002"):
        run.check_resumable(replace(OPTIONS, learning_rate=0.002), split)
    with pytest.raises(ResumeError, match="its epochs was 3, and now is 4"):  # the rate decays over them
        run.check_resumable(replace(OPTIONS, epochs=4), split)
    with pytest.raises(ResumeError, match=r"its spatial was 1\.0, and now is 5"):
        run.check_resumable(replace(OPTIONS, losses=replace(OPTIONS.losses, spatial=5)), split)
    with pytest.raises(ResumeError, match="its list of pictures was"):
        run.check_resumable(OPTIONS, replace(split, train=split.train[:-1]))


@pytest.mark.parametrize("name", ["run.json", "history.json", "checkpoint.npz"])
@pytest.mark.parametrize("content", [b"{", b"", b"7"])
def test_a_damaged_run_is_named(tmp_path: Path, split: Split, name: str, content: bytes) -> None:
    run = started(tmp_path / "run", split)
    run.save(compiled_model(OPTIONS, steps_per_epoch=2), {})
    (run.folder / name).write_bytes(content)
    with pytest.raises(
        ResumeError, match=rf"cannot resume the run in .*run: {name}: .*start anew with --overw"
    ):
        _resume(run, split)


def _resume(run: RunFolder, split: Split) -> None:
    run.check_resumable(OPTIONS, split)
    run.restore(compiled_model(OPTIONS, steps_per_epoch=2), steps_per_epoch=2)
