"""What can go wrong in this package, in one tree.

    ZeroDCEError
    ├── DataError             pictures are missing, unreadable, too few, or do not pair
    ├── DivergenceError       losses or weights are no longer finite
    ├── MissingPackageError   a package that only training needs is not installed
    ├── ModelError            a file is not a Keras model of a curve network
    ├── OutOfMemoryError      a batch takes more memory than there is
    ├── OutputError           a result cannot be written
    └── ResumeError           there is no run to resume, or it was another one

Each message is one line that says what happened and what to do; the command line prints it as it is.
"""

from __future__ import annotations


class ZeroDCEError(Exception):
    """The root of this package's errors."""


class DataError(ZeroDCEError):
    """Pictures are missing, unreadable, too few, or do not pair."""


class DivergenceError(ZeroDCEError):
    """Losses or weights are no longer finite: the run leads nowhere."""


class MissingPackageError(ZeroDCEError):
    """A package that only training needs is not installed."""


class ModelError(ZeroDCEError):
    """A file is not a Keras model of a curve network."""


class OutOfMemoryError(ZeroDCEError):
    """A batch takes more memory than there is."""


class OutputError(ZeroDCEError):
    """A result cannot be written where it was asked for."""


class ResumeError(ZeroDCEError):
    """There is no run to resume, or it was started with other options or pictures."""
