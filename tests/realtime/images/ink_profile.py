"""A colour profile of inks, made by hand."""

from __future__ import annotations

import struct

import numpy as np

WHITE = np.array([0.9642, 1, 0.8249])  # D50, to which profiles refer


def ink_profile(printed: np.ndarray) -> bytes:
    """Make a profile that maps mixes of inks to L*a*b*.

    Source: ICC.1:2001-04: the header, lut16Type, and how that encodes L*a*b*.
    """
    encoded = np.column_stack([printed[:, 0] * 652.8, (printed[:, 1:] + 128) * 256])
    table = b"mft2\0\0\0\0\4\3\2\0" + struct.pack(">9i", *(65536 * np.eye(3, dtype=int)).ravel())
    table += struct.pack(">HH", 2, 2) + struct.pack(">8H", *(0, 65535) * 4)
    table += encoded.round().astype(">u2").tobytes() + struct.pack(">6H", *(0, 65535) * 3)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", *(65536 * WHITE).round().astype(int))
    tags = struct.pack(">I4sII4sII", 2, b"A2B1", 156, len(table), b"wtpt", 156 + len(table), len(white))
    size = 156 + len(table) + len(white)
    head = struct.pack(">I4sI4s4s4s", size, b"test", 0x02400000, b"scnr", b"CMYK", b"Lab ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", *(65536 * WHITE).round().astype(int))
    return head.ljust(128, b"\0") + tags + table + white
