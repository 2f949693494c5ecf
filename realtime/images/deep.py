"""Images of 16 bits a channel, which Pillow reduces to 8."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import TiffImageFile

from ..errors import InputError
from ..frames.colour import PixelLayout
from ..frames.picture import Picture
from ..video.containers import open_input
from .exif import EXIF_MARK
from .metadata import ImageMetadata, metadata_of
from .metadata_places import png_texts
from .pillow import has_alpha, opened, reading
from .tiff_pages import TIFF_SUFFIXES, TiffPage, write_tiff

DEEP_SUFFIXES = (".png", *TIFF_SUFFIXES)

DeepArray = npt.NDArray[np.uint16]

# FFmpeg's formats by the number of channels, of the arrays that PyAV makes, and of its PNG encoder.
_ARRAY_FORMATS = {1: "gray16le", 3: "rgb48le", 4: "rgba64le"}
# Those that hold samples side by side, without their order of bytes, with how many to a pixel.
_STORED = {"gray16": 1, "ya16": 2, "rgb48": 3, "rgba64": 4}
# Which of so many are to be so many channels: grey and opacity, grey and another, RGB and another.
_CHOSEN = {(2, 4): [0, 0, 0, 1], (2, 3): [0, 0, 0], (4, 3): [0, 1, 2]}
_PNG_FORMATS = {1: "gray16be", 3: "rgb48be", 4: "rgba64be"}
# What undoes each orientation of EXIF, on (H, W, C).
_TURNS: dict[int, Callable[[DeepArray], DeepArray]] = {
    2: np.fliplr,
    3: lambda samples: np.rot90(samples, 2),
    4: np.flipud,
    5: lambda samples: samples.transpose(1, 0, 2),
    6: lambda samples: np.rot90(samples, -1),
    7: lambda samples: np.rot90(samples, 2).transpose(1, 0, 2),
    8: np.rot90,
}
_PNG_HEADER = 33  # bytes of the signature and of the chunk that must come first


class DeepImage(NamedTuple):
    """An image of 16 bits.

    Attributes:
        samples: (H, W, 1), (H, W, 3) or (H, W, 4) uint16: grey, RGB, or RGB and opacity.
        metadata: What comes with them.
    """

    samples: DeepArray
    metadata: ImageMetadata = ImageMetadata()


def is_deep(image: Image.Image) -> bool:
    """Whether an opened image that is not loaded yet holds 16 bits a channel."""
    is_known = image.mode.startswith("I;16") or any(";16" in name for name in _raw_modes(image))
    return is_known or is_misread(image)


def is_misread(image: Image.Image) -> bool:
    """Whether an opened image that is not loaded yet has planes of 16 bits that Pillow takes for 8."""
    bits = image.tag_v2.get(ExifTags.Base.BitsPerSample, (8,)) if isinstance(image, TiffImageFile) else (8,)
    return max(bits) == 16 and not any(";16" in name for name in _raw_modes(image))


def _raw_modes(image: Image.Image) -> list[str]:
    """List how each part of an image is stored."""
    tiles: Any = getattr(image, "tile", [])  # the types do not know it
    raw = [tile.args if isinstance(tile.args, str) else (tile.args or ("",))[0] for tile in tiles]
    return [name for name in raw if isinstance(name, str)]


def grey_of(image: Image.Image) -> DeepArray:
    """Return the samples of a loaded image of 16-bit grey: (H, W) uint16, white as 65535."""
    samples = np.asarray(image).astype(np.uint16)
    tags = image.tag_v2 if isinstance(image, TiffImageFile) else {}
    # Pillow turns what is stored with white as 0 only if it has fewer bits.
    is_inverted = tags.get(ExifTags.Base.PhotometricInterpretation) == 0
    return 65535 - samples if is_inverted else samples


def read_deep(source: Path, image: Image.Image) -> DeepImage | None:
    """Read the samples of an image that is deep, and what Pillow knows of it.

    FFmpeg reads them. It does not read all that Pillow does, and some of it wrongly without a word, as tiles
    and colours that are multiplied with opacity; so what it has read is compared with the 8 bits of Pillow.

    Returns:
        The image; or None where Pillow alone reads it.

    Raises:
        InputError: It is damaged.
    """
    must_be_read = is_misread(image)
    try:
        with open_input(source) as container:
            frame = next(container.decode(video=0))
    except (InputError, av.error.FFmpegError, StopIteration, IndexError) as exc:
        if not must_be_read:
            return None
        if isinstance(exc, InputError):
            raise
        reason = getattr(exc, "strerror", None) or "no picture in it"
        raise InputError(f"{source} cannot be read ({reason}); check that it is whole") from exc
    # A fourth channel need not be opacity, which Pillow knows.
    channels = 4 if has_alpha(image) else 1 if len(frame.format.components) == 1 else 3
    samples = _samples_of(frame, channels)
    with reading(source):
        if image.format == "TIFF":  # as Pillow turns what it loads itself
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
            samples = _TURNS.get(orientation, np.asarray)(samples)
        if not must_be_read:
            image = opened(source)
            if not _is_as_loaded(samples, image):
                return None
        return DeepImage(np.ascontiguousarray(samples), metadata_of(image, is_grey=channels == 1))


def _samples_of(frame: av.VideoFrame, channels: int) -> DeepArray:
    """Return the samples of a frame as (H, W, channels)."""
    stored = _STORED.get(frame.format.name[:-2], 0)
    if stored != channels and (stored, channels) not in _CHOSEN:
        array = frame.reformat(format=_ARRAY_FORMATS[channels]).to_ndarray()
        return array.reshape(frame.height, frame.width, channels).astype(np.uint16)
    # As they are: FFmpeg's scaler takes interlaced PNG images for fields of video, and leaves some out.
    order = ">u2" if frame.format.name.endswith("be") else "<u2"
    rows = np.frombuffer(bytes(frame.planes[0]), order).reshape(frame.height, -1)[:, : frame.width * stored]
    samples: DeepArray = rows.reshape(frame.height, frame.width, stored).astype(np.uint16)
    return samples[..., _CHOSEN[stored, channels]] if stored != channels else samples


def _is_as_loaded(samples: DeepArray, image: Image.Image) -> bool:
    """Whether the upper 8 bits of colours are those that Pillow loads."""
    image.load()
    is_grey = image.mode.startswith("I;16")
    loaded = (grey_of(image) >> 8)[..., np.newaxis] if is_grey else np.asarray(image.convert("RGB"))
    if loaded.shape[:2] != samples.shape[:2]:
        return False
    return bool(np.all(np.abs((samples[..., :3] >> 8).astype(np.int16) - loaded) <= 1))


def picture_of_deep(image: DeepImage) -> Picture:
    """View the colours of a deep image; they are a copy where there is opacity, see `with_colours`."""
    height, width, channels = image.samples.shape
    if channels == 1:
        layout = PixelLayout(kind="grey", bits=16, full_range=True)
        return Picture((image.samples.reshape(height, width),), width, height, layout)
    colours = np.ascontiguousarray(image.samples[..., :3])
    return Picture((colours.reshape(height, -1),), width, height, PixelLayout(kind="rgb", bits=16))


def with_colours(image: DeepImage, picture: Picture) -> DeepImage:
    """Return a deep image with the colours of a picture and its own opacity."""
    height, width, channels = image.samples.shape
    samples = image.samples.copy()
    samples[..., : min(channels, 3)] = picture.planes[0].reshape(height, width, -1)
    return image._replace(samples=samples)


def write_deep(image: DeepImage, target: Path) -> None:
    """Write a deep image.

    Args:
        image: What to write.
        target: Where to, with one of `DEEP_SUFFIXES`.

    Raises:
        OSError: The file cannot be written.
    """
    if target.suffix.lower() == ".png":
        data = _png(image.samples)
        # What FFmpeg says of colours and pixels on its own is left out.
        target.write_bytes(data[:_PNG_HEADER] + _png_chunks(image.metadata) + data[data.index(b"IDAT") - 4 :])
    else:
        write_tiff([TiffPage(*image)], target)


def _png(samples: DeepArray) -> bytes:
    height, width, channels = samples.shape
    packed = samples[..., 0] if channels == 1 else samples
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(packed), _ARRAY_FORMATS[channels])
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, _PNG_FORMATS[channels]
    encoder.framerate = Fraction(1)
    frame.pts = 0
    out = io.BytesIO()
    for packet in [*encoder.encode(frame), *encoder.encode(None)]:
        out.write(bytes(packet))
    return out.getvalue()


def _png_chunks(metadata: ImageMetadata) -> bytes:
    """Make the chunks of what comes with an image.

    Source: PNG specification, third edition, 11.3: iCCP, pHYs and eXIf.
    """
    chunks = b""
    if metadata.icc_profile:
        chunks += _chunk(b"iCCP", b"profile\0\0" + zlib.compress(metadata.icc_profile))
    chunks += b"".join(_chunk(kind, data) for kind, data, _ in png_texts(metadata).chunks)
    if metadata.dpi:
        per_metre = [round(float(dots) / 0.0254) for dots in metadata.dpi]
        chunks += _chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1))
    if metadata.exif:
        chunks += _chunk(b"eXIf", metadata.exif.removeprefix(EXIF_MARK))
    return chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
