"""Images of 16 bits a channel, which Pillow reduces to 8."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, cast

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from .colour import PixelLayout
from .containers import open_input
from .errors import InputError, OutputError
from .frames import Picture

DEEP_SUFFIXES = (".png", ".tif", ".tiff")

DeepArray = npt.NDArray[np.uint16]

# FFmpeg's formats by the number of channels, of the arrays that PyAV makes, and of its PNG and TIFF encoders.
_ARRAY_FORMATS = {1: "gray16le", 3: "rgb48le", 4: "rgba64le"}
_FILE_FORMATS = {
    "png": {1: "gray16be", 3: "rgb48be", 4: "rgba64be"},
    "tiff": {1: "gray16le", 3: "rgb48le", 4: "rgba64le"},
}
_ORIENTATION = 0x0112
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
        icc_profile: Its colour profile, if any.
        exif: Its EXIF data, if any.
        dpi: Its resolution, if any.
    """

    samples: DeepArray
    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None


def is_deep(image: Image.Image) -> bool:
    """Whether an opened image that is not loaded yet holds 16 bits a channel."""
    if image.mode.startswith("I;16"):
        return True
    tiles: Any = getattr(image, "tile", [])  # how each part is stored; the types do not know it
    raw = [tile.args if isinstance(tile.args, str) else (tile.args or ("",))[0] for tile in tiles]
    return any(isinstance(name, str) and ";16" in name for name in raw)


def read_deep(source: Path, image: Image.Image) -> DeepImage:
    """Read the samples of an image that is deep, and what Pillow knows of it.

    Raises:
        InputError: It is damaged.
    """
    try:
        with open_input(source) as container:
            frame = next(container.decode(video=0))
    except (av.error.FFmpegError, StopIteration, IndexError) as exc:
        reason = getattr(exc, "strerror", None) or "no picture in it"
        raise InputError(f"{source} cannot be read ({reason}); check that it is whole") from exc
    components = frame.format.components
    channels = 4 if any(c.is_alpha for c in components) else 1 if len(components) == 1 else 3
    array = frame.reformat(format=_ARRAY_FORMATS[channels]).to_ndarray()
    samples = array.reshape(frame.height, frame.width, channels).astype(np.uint16)
    if image.format == "TIFF":  # as Pillow turns what it loads itself
        samples = _TURNS.get(image.getexif().get(_ORIENTATION, 1), np.asarray)(samples)
    return DeepImage(
        samples=np.ascontiguousarray(samples),
        icc_profile=image.info.get("icc_profile"),
        exif=image.info.get("exif"),
        dpi=image.info.get("dpi"),
    )


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
        OutputError: The format cannot hold what comes with the image.
        OSError: The file cannot be written.
    """
    if target.suffix.lower() == ".png":
        data = _encoded(image.samples, "png")
        rest = data[data.index(b"IDAT") - 4 :]  # without what FFmpeg says of colours and pixels on its own
        target.write_bytes(data[:_PNG_HEADER] + _png_chunks(image) + rest)
        return
    if image.icc_profile or image.exif:
        raise OutputError("a .tif file of 16 bits is written without its profile and EXIF data; write .png")
    target.write_bytes(_with_resolution(_encoded(image.samples, "tiff"), image.dpi))


def _encoded(samples: DeepArray, codec: str) -> bytes:
    height, width, channels = samples.shape
    packed = samples[..., 0] if channels == 1 else samples
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(packed), _ARRAY_FORMATS[channels])
    encoder = cast("av.VideoCodecContext", av.CodecContext.create(codec, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, _FILE_FORMATS[codec][channels]
    encoder.framerate = Fraction(1)
    frame.pts = 0
    out = io.BytesIO()
    for packet in [*encoder.encode(frame), *encoder.encode(None)]:
        out.write(bytes(packet))
    return out.getvalue()


def _with_resolution(data: bytes, dpi: tuple[float, float] | None) -> bytes:
    """Set the resolution that a little-endian TIFF file states (TIFF 6.0, tags 282 and 283)."""
    if dpi is None:
        return data
    changed = bytearray(data)
    (directory,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, directory)
    for entry in range(directory + 2, directory + 2 + 12 * entries, 12):
        tag, _, _, offset = struct.unpack_from("<HHII", data, entry)
        if tag in (282, 283):
            struct.pack_into("<II", changed, offset, round(float(dpi[tag - 282]) * 1000), 1000)
    return bytes(changed)


def _png_chunks(image: DeepImage) -> bytes:
    """Make the chunks of what comes with an image.

    Source: PNG specification, third edition, 11.3: iCCP, pHYs and eXIf.
    """
    chunks = b""
    if image.icc_profile:
        chunks += _chunk(b"iCCP", b"profile\0\0" + zlib.compress(image.icc_profile))
    if image.dpi:
        per_metre = [round(float(dots) / 0.0254) for dots in image.dpi]
        chunks += _chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1))
    if image.exif:
        chunks += _chunk(b"eXIf", image.exif.removeprefix(b"Exif\0\0"))
    return chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
