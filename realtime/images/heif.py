"""HEIF images, such as the HEIC photographs of phones, which libheif reads for Pillow."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import InputError
from ..notes import note

FORMAT = "HEIF"
# A box of a file's type comes first in HEIF, as in AVIF and MP4 files. ISO/IEC 14496-12, 4.3.
_FILE_TYPE = b"ftyp"
# Transfer characteristics of HDR. ITU-T H.273.
_HDR = {16: "PQ", 18: "HLG"}


def let_pillow_read(data: bytes) -> None:
    """Have Pillow read HEIF, too, if the beginning of a file is as of one; that takes a while to load."""
    if data[4:8] == _FILE_TYPE:
        _register()


def check_heif(source: Path, image: Image.Image) -> None:
    """Refuse a HEIF image that would come out wrong, and say what of it is not kept.

    It comes turned as the file tells, in 8 bits, and its main picture alone.

    Raises:
        InputError: It is HDR.
    """
    colours: Any = image.info.get("nclx_profile") or {}
    kind = _HDR.get(colours.get("transfer_characteristics"))
    if kind is not None:
        raise InputError(
            f"{source} is an HDR image ({kind}), which would come out wrong; convert it to SDR first"
        )
    if image.info.get("bit_depth", 8) > 8:
        note("of %d bits a channel 8 are kept", image.info["bit_depth"])
    pictures = getattr(image, "n_frames", 1)
    if pictures > 1:
        note("of %d pictures the main one is kept", pictures)


@lru_cache(maxsize=1)
def _register() -> None:
    import pi_heif  # noqa: PLC0415 - libheif

    pi_heif.register_heif_opener(thumbnails=False)
