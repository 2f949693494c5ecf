"""What Pillow tells of an image, and what it raises of a damaged one."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from zerodce.quiet_pillow import silence_pillow

from ..errors import InputError
from ..suffixes import JPEG_SUFFIXES
from .heif import let_pillow_read

silence_pillow()

# Pillow would refuse a PNG file for a text or a profile that was more than 1 MB before it was compressed.
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY

# All that Pillow lets through of files whose bytes are not what it takes them for.
PILLOW_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, struct.error,
)  # fmt: skip


@contextmanager
def reading(source: Path) -> Iterator[None]:
    """Take what Pillow raises in the body, which does nothing but read, for damage of the file.

    Raises:
        InputError: The file is damaged, or larger than is safe.
    """
    try:
        yield
    except Image.DecompressionBombError as exc:
        raise InputError(f"{source} is too large to be safe to read ({exc}); make it smaller first") from exc
    except PILLOW_ERRORS as exc:
        reason = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
        advice = "check its access rights" if isinstance(exc, PermissionError) else "check that it is whole"
        raise InputError(f"{source} cannot be read ({reason}); {advice}") from exc


def opened(source: Path) -> Image.Image:
    """Open an image without loading it.

    Raises:
        InputError: It is missing, or is none.
    """
    with reading(source):
        try:
            # Of a file on disk, Pillow 13 maps grey TIFFs into memory, and then turns them wrongly.
            data = source.read_bytes()
            let_pillow_read(data)
            return Image.open(io.BytesIO(data))
        except FileNotFoundError as exc:
            raise InputError(f"{source} does not exist; check the name") from exc
        except UnidentifiedImageError as exc:
            raise InputError(
                f"{source} is not an image that can be read; check that it opens elsewhere"
            ) from exc


def save_whole(image: Image.Image, target: Path, **options: Any) -> None:
    """Save an image under a name that tells its format, or fail.

    Where a disk is full, Pillow's encoders would leave off unnoticed if they wrote to the file themselves.

    Raises:
        OSError: The file cannot be written.
        PILLOW_ERRORS: The format cannot hold the image.
    """
    suffix, memory = target.suffix.lower(), io.BytesIO()
    # Pillow does not know all names of JPEG files.
    kind = "JPEG" if suffix in JPEG_SUFFIXES else Image.registered_extensions()[suffix]
    image.save(memory, kind, **options)
    target.write_bytes(memory.getbuffer())


def has_alpha(image: Image.Image) -> bool:
    """Whether an image has opacity, be it as a channel or as a colour that stands for none."""
    return "A" in image.getbands() or "transparency" in image.info
