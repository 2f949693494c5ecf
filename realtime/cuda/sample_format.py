"""How the samples of a frame lie in device memory, which the kernels are compiled for."""

from __future__ import annotations

from dataclasses import dataclass

from ..frames.colour import PixelLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFormat:
    """How the samples of a frame lie in device memory; the kernels are compiled for it.

    Attributes:
        layout: What the samples mean.
        interleaved_chroma: U and V alternate in one plane, as in NV12 and P010, rather than having one each.
        shifted_up: Depths over 8 bits are in the high bits of 16, as in P010, rather than in the low ones.
        to_planar: Of interleaved chroma: what is enhanced is written in planes of their own, in the low bits.
    """

    layout: PixelLayout
    interleaved_chroma: bool = False
    shifted_up: bool = False
    to_planar: bool = False

    @property
    def sample_bytes(self) -> int:
        """The size of a sample."""
        return 1 if self.layout.bits == 8 else 2

    @property
    def written(self) -> SampleFormat:
        """How the samples lie that are written."""
        return SampleFormat(layout=self.layout) if self.to_planar else self

    @property
    def macros(self) -> dict[str, int]:
        """What the kernels are compiled with; `samples.cuh` says what each macro means."""
        kind = self.layout.kind
        shift_x, shift_y = self.layout.chroma_shift_wh
        chroma = 0 if kind != "yuv" else 1 if self.interleaved_chroma else 2
        return {
            "SAMPLE_BYTES": self.sample_bytes,
            "LOW_BIT": 8 * self.sample_bytes - self.layout.bits if self.shifted_up else 0,
            "PACKED": int(kind in ("rgb", "bgr")),
            "RED": 2 if kind == "bgr" else 0,
            "CHROMA": chroma,
            "SHIFT_X": shift_x if chroma else 0,
            "SHIFT_Y": shift_y if chroma else 0,
            "TO_PLANAR": int(self.to_planar),
        }
