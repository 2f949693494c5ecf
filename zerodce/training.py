"""The fit loop: epochs, checkpoints, and an exact continuation."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from .context_net import context_net
from .data import Split, check_pictures, training_batches, validation_batches
from .errors import DivergenceError, ResumeError
from .memory import out_of_memory
from .model import ZeroDCE, dce_net
from .options import TrainingOptions
from .run_folder import History, RunFolder
from .supervised import SupervisedDCE

log = logging.getLogger(__name__)

OnStep = Callable[[int], None]
OnEpoch = Callable[[int, dict[str, float]], None]


def train(
    split: Split,
    options: TrainingOptions,
    run: RunFolder,
    *,
    resume: bool = False,
    on_step: OnStep = lambda steps: None,
    on_epoch: OnEpoch = lambda epoch, losses: None,
) -> tuple[ZeroDCE, History]:
    """Fit a network to dark pictures, with a checkpoint after every epoch.

    A resumed run ends with bitwise the weights of one that was never interrupted, on the same machine and
    versions: the order of the pictures and the noise put on them depend on the seed and the epoch alone.

    Args:
        split: The pictures; validation is left out when they do not fill a batch.
        options: The recipe.
        run: Where checkpoints go: started, or checked to be resumable.
        resume: Whether to go on from the checkpoint.
        on_step: Called after each step with the number of steps taken in all.
        on_epoch: Called after each epoch with its number, from 1, and its mean losses.

    Returns:
        The model and the losses of each epoch; those of validation are named `val_…`.

    Raises:
        DataError: A picture cannot be read.
        DivergenceError: Losses or weights are no longer finite; the checkpoint is that of the epoch before.
        OutOfMemoryError: A batch takes more memory than there is.
        OutputError: A checkpoint cannot be written.
        ResumeError: The checkpoint is damaged, or of a later epoch than the last.
    """
    keras.utils.set_random_seed(options.seed)
    tf.config.experimental.enable_op_determinism()
    steps_per_epoch = len(split.train) // options.batch_size
    model = compiled_model(options, steps_per_epoch)
    if 0 < len(split.validation) < options.batch_size:
        log.warning("%d pictures do not fill a batch: there is no validation", len(split.validation))
    history: History = run.restore(model, steps_per_epoch) if resume else {}
    done = int(model.optimizer.iterations) // steps_per_epoch
    if done > options.epochs:
        raise ResumeError(
            f"the run in {run.folder} has gone through {done} epochs already, more than {options.epochs}: "
            f"ask for --epochs {done} or more, or start anew with --overwrite"
        )
    counter = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: on_step(int(model.optimizer.iterations))
    )
    for epoch in range(done + 1, options.epochs + 1):
        losses = _fit_epoch(model, split, options, epoch, counter)
        _require_finite(model, losses, epoch)
        for name, value in losses.items():
            history.setdefault(name, []).append(value)
        run.save(model, history)
        on_epoch(epoch, losses)
    return model, history


def compiled_model(options: TrainingOptions, steps_per_epoch: int) -> ZeroDCE:
    """Build a model ready to be fitted or restored: its optimiser has its variables."""
    rate = options.learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(rate, options.epochs * steps_per_epoch)
    network = context_net() if options.network == "context" else dce_net()
    if options.supervised:
        model = SupervisedDCE(network, options.reference_losses)
    else:
        model = ZeroDCE(network, options.losses)
    model.compile(schedule if options.decay else rate)
    model.optimizer.build(model.trainable_variables)
    return model


def _require_finite(model: ZeroDCE, losses: dict[str, float], epoch: int) -> None:
    weights = model.get_weights()
    if all(map(math.isfinite, losses.values())) and all(np.isfinite(one).all() for one in weights):
        return
    raise DivergenceError(
        f"the training diverged in epoch {epoch}: its losses or weights are no longer finite; "
        "lower --learning-rate or the weights of the losses, and start anew with --overwrite"
    )


def _fit_epoch(
    model: ZeroDCE, split: Split, options: TrainingOptions, epoch: int, counter: keras.callbacks.Callback
) -> dict[str, float]:
    validated = len(split.validation) >= options.batch_size
    try:
        fitted = model.fit(
            training_batches(split.train, options, epoch),
            initial_epoch=epoch - 1,
            epochs=epoch,
            validation_data=validation_batches(split.validation, options) if validated else None,
            callbacks=[counter],
            shuffle=False,  # the data set has its order already
            verbose=0,
        )
    except tf.errors.ResourceExhaustedError as exc:
        raise out_of_memory(options, "takes more memory than there is") from exc
    except tf.errors.OpError:
        check_pictures([*split.train, *split.validation])  # names the one that TensorFlow could not read
        raise
    return {name: float(values[0]) for name, values in fitted.history.items()}
