"""Which pixel format to enhance and encode a video in: the nearest to its own that the encoder takes."""

from __future__ import annotations

from typing import NamedTuple

from av.video.format import VideoFormat

from .picture import is_enhanced_directly


class Samples(NamedTuple):
    """What a pixel format can hold.

    Attributes:
        bits: Of the deepest component.
        shift_wh: log2 of the chroma subsampling; None if there are no colours.
        has_alpha: Whether there is transparency.
    """

    bits: int
    shift_wh: tuple[int, int] | None
    has_alpha: bool


def samples_of(name: str) -> Samples:
    """Describe a pixel format of any kind, given FFmpeg's name of it."""
    if name in ("monow", "monob"):
        return Samples(8, None, False)
    pixels = VideoFormat(name, 64, 64)
    components = pixels.components
    bits = max((component.bits for component in components), default=8)
    has_alpha = name == "pal8" or any(component.is_alpha for component in components)
    if pixels.has_palette or pixels.is_rgb:
        return Samples(bits, (0, 0), has_alpha)
    if len(components) - has_alpha == 1:
        return Samples(bits, None, has_alpha)
    shift_wh = (64 // pixels.chroma_width()).bit_length() - 1, (64 // pixels.chroma_height()).bit_length() - 1
    return Samples(bits, shift_wh, has_alpha)


def nearest_format(
    name: str, formats: set[str], *, keep_alpha: bool = True, whole_chroma: bool = False
) -> str | None:
    """Return the format that keeps most of what another holds, among those that are enhanced directly.

    Colours come first, then transparency, then as much chroma, then as much depth; what is larger than needed
    comes last.

    Args:
        name: FFmpeg's name of the format to keep.
        formats: Those to choose from.
        keep_alpha: Whether transparency counts.
        whole_chroma: Leave out formats with subsampled chroma.
    """
    source = samples_of(name)
    usable = [
        candidate
        for candidate in formats
        if is_enhanced_directly(candidate)
        and not (whole_chroma and samples_of(candidate).shift_wh not in (None, (0, 0)))
    ]
    if name in usable and (keep_alpha or not source.has_alpha):
        return name
    # The names that end in a j stand for the full range, which a tag says as well.
    usable = [candidate for candidate in usable if not candidate.startswith("yuvj")]
    wanted = source._replace(has_alpha=source.has_alpha and keep_alpha)
    return min(usable, key=lambda candidate: _loss(wanted, candidate), default=None)


def _loss(source: Samples, candidate: str) -> tuple[int, ...]:
    """Say what is lost or wasted, what matters most first."""
    target = samples_of(candidate)
    lost_chroma = wasted_chroma = 0
    if source.shift_wh is not None and target.shift_wh is not None:
        # What is lost vertically weighs a little more: the fields of interlaced video would mix.
        steps = (
            target.shift_wh[0] - source.shift_wh[0],
            target.shift_wh[1] - source.shift_wh[1],
        )
        lost_chroma = 2 * max(0, steps[0]) + 3 * max(0, steps[1])
        wasted_chroma = max(0, -steps[0]) + max(0, -steps[1])
    elif target.shift_wh is not None:  # colours for grey: the fewer the better
        wasted_chroma = 9 - sum(target.shift_wh)
    return (
        int(source.shift_wh is not None and target.shift_wh is None),
        int(source.has_alpha and not target.has_alpha),
        int(target.has_alpha and not source.has_alpha),
        lost_chroma,
        max(0, source.bits - target.bits),
        wasted_chroma,
        max(0, target.bits - source.bits),
    )
