"""Read clips to measure on: what zerodce-enhance can do about HDR and damage is no option here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime.errors import DamagedInputError, HdrInputError, InputError
from realtime.video.reader import VideoReader


@contextmanager
def reading(clip: Path) -> Iterator[VideoReader]:
    """Open a clip for the body.

    Raises:
        InputError: The clip cannot be read, is HDR, or is damaged as far as it is read.
    """
    try:
        with VideoReader(clip) as reader:
            yield reader
    except HdrInputError as exc:
        raise InputError(f"{clip} is HDR video, which is not measured; give a clip in SDR (BT.709)") from exc
    except DamagedInputError as exc:
        raise InputError(f"{clip} is damaged; give a clip that is whole") from exc
