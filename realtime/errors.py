"""What can go wrong, as exceptions a user can act on.

    EnhanceError
    ├── InputError        the input is missing, unreadable, damaged or of a kind that is not handled
    │   ├── DamagedInputError  some of it decodes, some does not
    │   ├── HdrInputError      it is HDR video, and enhancing it as it is would give wrong colours
    │   └── LostInputError     a camera or a stream broke off; it may come back
    ├── OutputError       the output cannot be written
    │   └── LostOutputError    it broke off; it may come back
    ├── ModelError        the model cannot be used
    ├── KernelError       the CUDA kernels cannot be compiled
    ├── DeviceError       the GPU failed, or has too little memory
    └── BackendError      what is to run the network and the curves cannot be used here

Every message says what happened and what to do, in one line.
"""

from __future__ import annotations


class EnhanceError(Exception):
    """Base of everything that `realtime` raises on purpose."""


class InputError(EnhanceError):
    """The input is missing, unreadable or of a kind that is not handled."""


class DamagedInputError(InputError):
    """The input decodes in part only; that part can be kept on request."""


class HdrInputError(InputError):
    """The input is HDR video, or turns into it."""


class LostInputError(InputError):
    """A camera or a stream broke off, and may come back."""


class OutputError(EnhanceError):
    """The output cannot be written."""


class LostOutputError(OutputError):
    """What is shown to broke off, and may come back."""


class ModelError(EnhanceError):
    """The model is missing, damaged or not one of ours."""


class KernelError(EnhanceError):
    """The CUDA kernels cannot be compiled on this machine."""


class DeviceError(EnhanceError):
    """The GPU failed, or has too little memory."""


class BackendError(EnhanceError):
    """What is to run the network and the curves cannot be used on this machine."""
