"""Every format of samples that the kernels are compiled for, as strategies."""

from __future__ import annotations

from hypothesis import strategies as st

from export.manifest import Curve
from realtime.cuda.sample_format import SampleFormat
from realtime.frames.colour import PixelLayout

# How many maps of each colour networks of each kind of curve have.
CURVES: tuple[Curve, ...] = ("quadratic", "rational")
MAPS = st.sampled_from([(8, "quadratic"), (1, "rational")])

# What a network's input can be like, by the names of test arguments.
IMAGES = {
    "width": st.integers(1, 60),
    "height": st.integers(1, 60),
    "stride": st.sampled_from([1, 4]),
    "half": st.booleans(),
    "seed": st.integers(0, 2**32),
}

MATRICES = st.sampled_from(["bt601", "bt709", "bt2020"])


def _yuv(bits: int, shift_wh: tuple[int, int], **storage: bool) -> st.SearchStrategy[SampleFormat]:
    layout = st.builds(
        PixelLayout,
        kind=st.just("yuv"),
        bits=st.just(bits),
        chroma_shift_wh=st.just(shift_wh),
        matrix=MATRICES,
        full_range=st.booleans(),
    )
    return st.builds(SampleFormat, layout=layout, **{name: st.just(value) for name, value in storage.items()})


def _other(kind: str, bits: int = 8) -> st.SearchStrategy[SampleFormat]:
    layout = st.builds(
        PixelLayout, kind=st.just(kind), bits=st.just(bits), matrix=MATRICES, full_range=st.booleans()
    )
    return st.builds(SampleFormat, layout=layout)


FORMATS = {
    "yuv420p": _yuv(8, (1, 1)),
    "yuv422p": _yuv(8, (1, 0)),
    "yuv444p": _yuv(8, (0, 0)),
    "yuv440p": _yuv(8, (0, 1)),
    "yuv411p": _yuv(8, (2, 0)),
    "yuv410p": _yuv(8, (2, 2)),
    "nv12": _yuv(8, (1, 1), interleaved_chroma=True),
    "yuv420p10le": _yuv(10, (1, 1)),
    "p010le": _yuv(10, (1, 1), interleaved_chroma=True, shifted_up=True),
    "nv12 to yuv420p": _yuv(8, (1, 1), interleaved_chroma=True, to_planar=True),
    "p010le to yuv420p10le": _yuv(10, (1, 1), interleaved_chroma=True, shifted_up=True, to_planar=True),
    "yuv422p12le": _yuv(12, (1, 0)),
    "gray": _other("grey"),
    "gray10le": _other("grey", 10),
    "rgb24": _other("rgb"),
    "bgr24": _other("bgr"),
}
