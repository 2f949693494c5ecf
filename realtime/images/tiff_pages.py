"""TIFF files of 8 or 16 bits a channel, with what each page tells of itself.

Pillow's own writer of several pages leaves the places of EXIF data in the later ones wrong.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from ..notes import note
from .iptc import IPTC_TAG
from .metadata import ImageMetadata
from .pillow import PILLOW_ERRORS

TIFF_SUFFIXES = (".tif", ".tiff")

# What EXIF data of a file of another format may tell of how that is stored, beside what is told here anew.
_OF_ANOTHER_FILE = (
    ExifTags.Base.FillOrder, ExifTags.Base.PlanarConfiguration, ExifTags.Base.Predictor,
    ExifTags.Base.ColorMap, ExifTags.Base.TileWidth, ExifTags.Base.TileLength, ExifTags.Base.TileOffsets,
    ExifTags.Base.TileByteCounts, ExifTags.Base.SubIFDs, ExifTags.Base.ExtraSamples,
    ExifTags.Base.SampleFormat, ExifTags.Base.JPEGTables,
)  # fmt: skip

# TIFF 6.0, section 2: the header ends in the place of the first directory, a directory in that of the next.
_HEADER = 8
_XMP = 700  # XMP Specification Part 3, TIFF
_ENTRY = 12  # bytes of each entry of a directory, behind the number of entries in 2


class TiffPage(NamedTuple):
    """One page of a TIFF file.

    Attributes:
        samples: (H, W, 1), (H, W, 3) or (H, W, 4) uint8 or uint16: grey, RGB, or RGB and opacity.
        metadata: What comes with them.
    """

    samples: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    metadata: ImageMetadata = ImageMetadata()


def tiff_page(image: Image.Image, metadata: ImageMetadata) -> TiffPage:
    """Make a page of an image of mode `L`, `RGB` or `RGBA`."""
    return TiffPage(np.atleast_3d(np.asarray(image)), metadata)


def write_tiff(pages: Iterable[TiffPage], target: Path) -> None:
    """Write pages as a little-endian TIFF file, uncompressed.

    Raises:
        OSError: The file cannot be written.
    """
    with target.open("wb") as file:
        link = 0
        for page in pages:
            directory, begin = _directory_of(page), max(file.tell(), _HEADER)
            directory.save(file)  # before the first, with a header
            if link:
                file.seek(link)
                file.write(struct.pack("<I", begin))
                file.seek(0, os.SEEK_END)
            link = begin + 2 + _ENTRY * len(directory)
            data = page.samples.astype(page.samples.dtype.newbyteorder("<"), copy=False).tobytes()
            file.write(data + b"\0" * (len(data) % 2))  # directories begin at even places


def _directory_of(page: TiffPage) -> ImageFileDirectory_v2:
    """Make what stands before the samples of a page.

    Source: TIFF 6.0, sections 3, 4, 6 and 18.
    """
    height, width, channels = page.samples.shape
    metadata = page.metadata
    directory = _told_by(metadata.exif or b"")
    directory[ExifTags.Base.ImageWidth], directory[ExifTags.Base.ImageLength] = width, height
    directory[ExifTags.Base.BitsPerSample] = (8 * page.samples.itemsize,) * channels
    directory[ExifTags.Base.Compression] = 1  # none
    directory[ExifTags.Base.PhotometricInterpretation] = 1 if channels == 1 else 2
    directory[ExifTags.Base.SamplesPerPixel] = channels
    directory[ExifTags.Base.RowsPerStrip] = height
    directory[ExifTags.Base.StripOffsets] = 0  # counted from the end of the directory, until it is written
    directory[ExifTags.Base.StripByteCounts] = page.samples.nbytes
    if channels == 4:
        directory[ExifTags.Base.ExtraSamples] = 2  # opacity that the colours are not multiplied with
    if metadata.dpi:
        directory[ExifTags.Base.XResolution], directory[ExifTags.Base.YResolution] = metadata.dpi
        directory[ExifTags.Base.ResolutionUnit] = 2  # inches
    if metadata.xmp:
        directory[_XMP] = metadata.xmp
    if metadata.iptc:
        directory[IPTC_TAG] = metadata.iptc
    if metadata.icc_profile:
        directory[ExifTags.Base.InterColorProfile] = metadata.icc_profile
    return directory


def _told_by(data: bytes) -> ImageFileDirectory_v2:
    """Return what EXIF data tell of a picture, and say so if some of it is damaged."""
    told, exif, is_damaged = ImageFileDirectory_v2(), Image.Exif(), False
    exif.load(data)
    for tag in set(exif) - set(_OF_ANOTHER_FILE):
        alone = ImageFileDirectory_v2()
        try:
            alone[tag] = exif.get_ifd(tag) if tag in TiffTags.TAGS_V2_GROUPS else exif[tag]
            alone.tobytes()
        except PILLOW_ERRORS:
            is_damaged = True
        else:
            told[tag] = alone[tag]
    if is_damaged:
        note("of the EXIF data, what is damaged is not kept")
    return told
