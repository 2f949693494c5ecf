"""Pictures on disk as batches for training: listing, splitting, preprocessing, and a `tf.data` pipeline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from .errors import DataError
from .options import TrainingOptions
from .pair_synthesis import dark_pair
from .pictures import PANORAMA_SUFFIX, list_pictures, open_picture, read_panorama
from .synthesis import dark_picture

# Training epochs count from 1: validation pictures are darkened as in no epoch of training, and
# always the same.
VALIDATION_EPOCH = 0


@dataclass(frozen=True, slots=True)
class Split:
    """Pictures by what they are used for, each in sorted order."""

    test: list[Path]
    train: list[Path]
    validation: list[Path]


def split_dataset(
    paths: Sequence[Path], test_count: int = 30, train_count: int = 370, validation_count: int | None = None
) -> Split:
    """Split pictures by their order: the first to test, the next to train, the rest to validate.

    The defaults suit the 485 training pairs of the LOL data set: 1 to 30, 31 to 400, and from 401 on.
    """
    train_end = test_count + train_count
    end = None if validation_count is None else train_end + validation_count
    return Split(list(paths[:test_count]), list(paths[test_count:train_end]), list(paths[train_end:end]))


def list_split(folders: Sequence[Path], options: TrainingOptions) -> Split:
    """List the pictures of some folders, one folder after the other, and split them.

    Raises:
        DataError: A folder is missing or has no pictures, or fewer than a batch are left to train on.
    """
    paths = [path for folder in folders for path in list_pictures(folder, panoramas=options.darken)]
    split = split_dataset(paths, options.test_count, options.train_count, options.validation_count)
    if len(split.train) < options.batch_size:
        least = options.test_count + options.batch_size
        raise DataError(
            f"{len(paths)} pictures found, {len(split.test)} of them kept for testing: the others do not "
            f"fill a batch of {options.batch_size}; add pictures, {least} are the least, or lower "
            "--batch-size or --test-count (--quick sets both)"
        )
    return split


def load_image(path: tf.Tensor, size: int = 256) -> tf.Tensor:
    """Read, decode and resize one picture.

    Args:
        path: Scalar string, in the encoding of file names.
        size: Side of the result, in pixels; the proportions of the picture are not kept.

    Returns:
        (size, size, 3) float32 in [0, 1], RGB.
    """

    def read(name: bytes) -> np.ndarray:
        return np.asarray(open_picture(_path(name)))

    # Not by TensorFlow's decoders: these take the indices of a BMP file with a palette for its colours.
    image = tf.numpy_function(read, (path,), tf.uint8, stateful=False)
    return tf.image.resize(tf.ensure_shape(image, (None, None, 3)), (size, size)) / 255.0


def training_batches(paths: Sequence[Path], options: TrainingOptions, epoch: int) -> tf.data.Dataset:
    """Return the batches of one epoch, in an order that the seed and the epoch decide.

    Args:
        paths: The training pictures.
        options: Size, batch size, seed, and whether to darken.
        epoch: Counts from 1.

    Returns:
        A dataset of (batch_size, size, size, 3) float32 in [0, 1], or, for supervised training, of pairs of
        these: dark pictures and references. The remainder is dropped.
    """
    order = np.random.default_rng([options.seed, epoch]).permutation(len(paths))
    return _batches([paths[index] for index in order], options, epoch)


def validation_batches(paths: Sequence[Path], options: TrainingOptions) -> tf.data.Dataset:
    """Return batches like those of training, but the same and in sorted order every time."""
    return _batches(paths, options, VALIDATION_EPOCH)


def check_pictures(paths: Sequence[Path]) -> None:
    """Read every picture once.

    Raises:
        DataError: Names the first one that cannot be read.
    """
    for path in paths:
        if path.suffix.lower() == PANORAMA_SUFFIX:
            read_panorama(path)
        else:
            open_picture(path)


def _batches(paths: Sequence[Path], options: TrainingOptions, epoch: int) -> tf.data.Dataset:
    names = [os.fsencode(path) for path in paths]
    if options.supervised:
        places = tf.data.Dataset.from_tensor_slices((names, tf.range(len(names))))
        images = places.map(lambda name, place: _paired(name, place, options, epoch), tf.data.AUTOTUNE)
    elif options.darken:
        places = tf.data.Dataset.from_tensor_slices((names, tf.range(len(names))))
        images = places.map(lambda name, place: _darkened(name, place, options, epoch), tf.data.AUTOTUNE)
    else:
        dataset = tf.data.Dataset.from_tensor_slices(names)
        images = dataset.map(lambda name: load_image(name, options.size), tf.data.AUTOTUNE)
    return images.batch(options.batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def _path(name: bytes | np.ndarray) -> Path:
    """Return the path that TensorFlow hands over: bytes within a graph, an array of no axes outside."""
    return Path(os.fsdecode(np.asarray(name).item()))


def _paired(
    name: tf.Tensor, place: tf.Tensor, options: TrainingOptions, epoch: int
) -> tuple[tf.Tensor, tf.Tensor]:
    def synthesise(name: bytes, place: np.int32) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng([options.seed, epoch, int(place)])
        return dark_pair(_path(name), options.size, generator)

    pair = tf.numpy_function(synthesise, (name, place), (tf.float32, tf.float32), stateful=False)
    shape = (options.size, options.size, 3)
    return tf.ensure_shape(pair[0], shape), tf.ensure_shape(pair[1], shape)


def _darkened(name: tf.Tensor, place: tf.Tensor, options: TrainingOptions, epoch: int) -> tf.Tensor:
    def synthesise(name: bytes, place: np.int32) -> np.ndarray:
        generator = np.random.default_rng([options.seed, epoch, int(place)])
        return dark_picture(_path(name), options.size, generator)

    # stateful=False lets pictures be made in parallel: each has a generator of its own.
    image = tf.numpy_function(synthesise, (name, place), tf.float32, stateful=False)
    return tf.ensure_shape(image, (options.size, options.size, 3))
