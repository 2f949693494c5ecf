"""HDR video: recognise it, and refuse it or map it to SDR."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
from av.sidedata.sidedata import Type as SideDataType

from ..errors import HdrInputError, InputError
from .picture import COLOUR_TAGS, refuse_matrix
from .side_data import side_data

# FFmpeg's numbers of transfer characteristics (AVColorTransferCharacteristic).
_TRANSFERS = {16: "PQ", 18: "HLG"}
_DOLBY_VISION = (SideDataType.DOVI_METADATA, SideDataType.DOVI_RPU_BUFFER)


class AsSdr:
    """Makes the frames of one video SDR, or refuses it, at whatever frame it turns into HDR."""

    def __init__(self, name: Path | str, *, tonemap: bool) -> None:
        """Begin before the first frame.

        Args:
            name: What to call the video in messages.
            tonemap: Make HDR frames SDR, rather than refuse them.
        """
        self._name = name
        self._tone_mapper = ToneMapper(name) if tonemap else None
        self._colours: tuple[int, int] | None = None

    def of(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a frame as SDR; one that is SDR already is returned itself.

        Raises:
            InputError: Enhancing it would give wrong colours; the message says why and what to do.
        """
        if self._tone_mapper is not None:
            frame = self._tone_mapper.sdr_from_hdr(frame)
        # Not every frame is asked for what is attached: PyAV's frames and that hold each other.
        colours = int(frame.color_trc), int(frame.colorspace)
        if colours != self._colours:
            if self._tone_mapper is None:
                self._refuse_hdr(frame)
            refuse_matrix(self._name, frame)
            self._colours = colours
        return frame

    def _refuse_hdr(self, frame: av.VideoFrame) -> None:
        kind = _kind_of(frame)
        if kind is None:
            return
        raise HdrInputError(
            f"{self._name} {'is' if self._colours is None else 'turns into'} HDR video ({kind}), "
            "which would come out wrong; "
            + ("--tonemap makes it SDR (BT.709)" if _can_map(frame) else "convert it to SDR (BT.709) first")
        )


class ToneMapper:
    """Maps the HDR frames of one video to SDR: BT.709, limited range, the same pixel format.

    FFmpeg's scaler does it, with its perceptual intent; what it looks up is worked out at the first frame,
    which takes seconds.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._graph: av.filter.Graph | None = None
        self._made_for: object = None

    def sdr_from_hdr(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a frame as SDR; one that is SDR already is returned as it is.

        Raises:
            InputError: Its colours are of a kind that cannot be mapped.
        """
        kind = _kind_of(frame)
        if kind is None:
            return frame
        if not _can_map(frame):
            raise InputError(
                f"{self._path} is HDR video ({kind}) that cannot be mapped here; convert it to SDR first"
            )
        shape = frame.width, frame.height, frame.format.name
        colours = tuple(getattr(frame, tag) for tag in COLOUR_TAGS)
        if self._graph is None or self._made_for != (shape, colours):
            self._graph, self._made_for = _graph_for(frame), (shape, colours)
        self._graph.push(frame)
        mapped = self._graph.pull()
        assert isinstance(mapped, av.VideoFrame)
        mapped.pts, mapped.time_base, mapped.duration = frame.pts, frame.time_base, frame.duration
        return mapped


def _kind_of(frame: av.VideoFrame) -> str | None:
    if any(side_data(frame, kind) is not None for kind in _DOLBY_VISION):
        return "Dolby Vision"
    return _TRANSFERS.get(int(frame.color_trc))


def _can_map(frame: av.VideoFrame) -> bool:
    """Whether the picture itself is PQ or HLG; that of some Dolby Vision is in colours of its own."""
    return int(frame.color_trc) in _TRANSFERS


def _graph_for(frame: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    steps = [
        graph.add(
            "buffer",
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:"
            f"time_base={frame.time_base}:"
            f"colorspace={int(frame.colorspace)}:range={int(frame.color_range)}",
        ),
        graph.add(
            "scale",
            "intent=perceptual:out_transfer=bt709:out_primaries=bt709:out_color_matrix=bt709:out_range=limited",
        ),
        graph.add("format", frame.format.name),
        graph.add("buffersink"),
    ]
    for step, following in pairwise(steps):
        step.link_to(following)
    graph.configure()
    return graph
