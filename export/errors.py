"""The errors of this package.

ExportError                      what stops an export; its message says what happened and what to do
├── ArchiveError                 the .keras file is missing, damaged, or something else
├── UnsupportedNetworkError      the network holds something that cannot be exported
├── PrecisionError               a weight does not fit into the number format asked for
├── VerificationError            an artefact computes something else than what it was made from
├── OutputError                  the result cannot be written where it should go
├── ManifestError                an artefact's manifest is missing, damaged, or of another artefact
├── EngineError                  TensorRT is missing, or an engine cannot be built or used
└── NoGpuError                   there is no NVIDIA GPU that can be used
"""


class ExportError(Exception):
    """Base of every error that this package raises on purpose."""


class ArchiveError(ExportError):
    """The .keras file is missing, damaged, or something else."""


class UnsupportedNetworkError(ExportError):
    """The network holds something that cannot be exported."""


class PrecisionError(ExportError):
    """A weight does not fit into the number format asked for."""


class VerificationError(ExportError):
    """An artefact computes something else than what it was made from."""


class OutputError(ExportError):
    """The result cannot be written where it should go."""


class ManifestError(ExportError):
    """An artefact's manifest is missing, damaged, or of another artefact."""


class EngineError(ExportError):
    """TensorRT is missing, or an engine cannot be built or used."""


class NoGpuError(ExportError):
    """There is no NVIDIA GPU that can be used."""
