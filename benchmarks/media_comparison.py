"""What enhancing changed in a media file that it should have kept."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from .media_facts import Track, VideoFacts

# Containers that state when a track starts; others have an origin of their own.
_ABSOLUTE = ("mov", "matroska")
# Subtitles of text may change from one of these to another.
_TEXT_SUBTITLES = {"subrip", "ass", "ssa", "mov_text", "webvtt", "text"}
_KINDS = ("video", "cover", "audio", "subtitle", "attachment", "data")


class Difference(NamedTuple):
    """Something that was not kept.

    Attributes:
        about: Words of which the tool must have used one for this to be announced rather than wrong.
        text: What differs, for the table.
    """

    about: tuple[str, ...]
    text: str


def compare(before: VideoFacts, after: VideoFacts) -> list[Difference]:
    """List what differs between a file and its enhanced copy."""
    return [
        *_compare_times(before, after),
        *_compare_pictures(before, after),
        *_compare_tracks(before, after),
        *_compare_tags(before, after),
    ]


def _compare_times(before: VideoFacts, after: VideoFacts) -> Iterator[Difference]:
    if len(before.times) != len(after.times):
        yield Difference(("damaged",), f"{len(before.times)} frames became {len(after.times)}")
        return
    if any(time is None for time in after.times):
        yield Difference((), "frames have no times")
        return
    late = [b for a, b in pairwise(after.times) if a is not None and b is not None and b <= a]
    if late:
        yield Difference((), f"times do not increase at {float(late[0]):.3f} s")
    known = [time for time in before.times if time is not None]
    rising = len(known) == len(before.times) and all(a < b for a, b in pairwise(known))
    if rising and known:
        kept = [time for time in after.times if time is not None]
        absolute = _absolute(before, after)
        origin, origin_now = (Fraction(0), Fraction(0)) if absolute else (known[0], kept[0])
        shifts = [(b - origin_now) - (a - origin) for a, b in zip(known, kept, strict=True)]
        worst = max(shifts, key=abs, default=Fraction(0))
        exact = all((time / after.tick).denominator == 1 for time in known)
        if abs(worst) > (0 if exact and absolute else after.tick):
            yield Difference((), f"frames moved by up to {float(worst) * 1e3:+.3f} ms")
    if before.duration_s and after.duration_s:
        change = after.duration_s - before.duration_s
        # Matroska counts from 0, others from the first frame.
        counted_alike = before.container == after.container or "matroska" not in (
            before.container + after.container
        )
        if counted_alike and abs(change) > before.frame_s + after.tick:
            yield Difference(("damaged", "left out"), f"the duration changed by {float(change):+.3f} s")


def _compare_pictures(before: VideoFacts, after: VideoFacts) -> Iterator[Difference]:
    rgb = before.picture.get("colours") == "RGB"
    about = {"interlaced": ("interlaced", "field"), "display matrix": ("rotat", "mirror")}
    for name, value in before.picture.items():
        if rgb and name in ("range", "matrix", "colours", "subsampling"):
            continue  # it is encoded as YUV, and must be tagged so
        now = after.picture.get(name)
        if now != value:
            shown = "" if isinstance(value, bytes) or isinstance(now, bytes) else f": {value} became {now}"
            yield Difference(about.get(name, (name,)), f"{name} not kept{shown}")


def _compare_tracks(before: VideoFacts, after: VideoFacts) -> Iterator[Difference]:
    for kind in _KINDS:
        old, new = ([track for track in facts.tracks if track.kind == kind] for facts in (before, after))
        if len(old) != len(new):
            yield Difference((kind, "track"), f"{len(old)} {kind} tracks became {len(new)}")
            continue
        for number, (a, b) in enumerate(zip(old, new, strict=True)):
            for text in _track_changes(before, after, a, b):
                yield Difference((f"{kind} track",), f"{kind} track {number}: {text}")
    if before.language != after.language:
        yield Difference(("language",), f"the language {before.language!r} became {after.language!r}")


def _track_changes(before: VideoFacts, after: VideoFacts, a: Track, b: Track) -> Iterator[str]:
    if a.codec != b.codec and not {a.codec, b.codec} <= _TEXT_SUBTITLES:
        yield f"{a.codec} became {b.codec}"
    for name in ("language", "title", "disposition"):
        if getattr(a, name) != getattr(b, name):
            yield f"{name} {getattr(a, name)!r} became {getattr(b, name)!r}"
    if len(a.times) != len(b.times):
        yield f"{len(a.times)} packets became {len(b.times)}"
    elif a.times:
        # Against the picture, which is what sound and subtitles are in time with.
        start, start_now = (next((t for t in f.times if t is not None), Fraction(0)) for f in (before, after))
        shifts = [(y - start_now) - (x - start) for x, y in zip(a.times, b.times, strict=True)]
        worst = max(shifts, key=abs)
        if abs(worst) > max(a.tick, b.tick) + after.tick:
            yield f"moved by up to {float(worst) * 1e3:+.1f} ms against the picture"


def _compare_tags(before: VideoFacts, after: VideoFacts) -> Iterator[Difference]:
    if len(before.chapters) != len(after.chapters):
        yield Difference(("chapter",), f"{len(before.chapters)} chapters became {len(after.chapters)}")
    else:
        for a, b in zip(before.chapters, after.chapters, strict=True):
            if a[2] != b[2] or max(abs(a[0] - b[0]), abs(a[1] - b[1])) > Fraction(1, 1000):
                yield Difference(("chapter",), f"the chapter {a[2]!r} changed")
                break
    for name, value in before.metadata.items():
        if after.metadata.get(name) != value:
            yield Difference(("metadata", f"'{name}'"), f"the tag {name!r} is lost or changed")


def _absolute(before: VideoFacts, after: VideoFacts) -> bool:
    return all(any(name in facts.container for name in _ABSOLUTE) for facts in (before, after))
