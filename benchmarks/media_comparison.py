"""What enhancing changed in a media file that it should have kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from realtime.video.movie_tags import QUICKTIME_LANGUAGES

from .media_facts import Track, VideoFacts

# Containers that state when a track starts; others have an origin of their own.
_ABSOLUTE = ("mov", "matroska")
# Subtitles of text may change from one of these to another.
_TEXT_SUBTITLES = {"subrip", "ass", "ssa", "mov_text", "webvtt", "text"}
# MP4 files have one name for all layers of it.
_MPEG_SOUND = {"mp1", "mp2", "mp3"}
_MOST_PRIMING_S = Fraction(15, 100)  # of what is encoded anew
_DEGREES = 1e-3
_CHAPTER_SLACK = Fraction(1, 1000)
_KINDS = ("video", "cover", "audio", "subtitle", "attachment", "data")


class Difference(NamedTuple):
    """Something that was not kept.

    Attributes:
        about: Words of which the tool must have used one for this to be announced rather than wrong.
        text: What differs, for the table.
        lines: How many lines must have such a word.
    """

    about: tuple[str, ...]
    text: str
    lines: int = 1


def compare(before: VideoFacts, after: VideoFacts) -> list[Difference]:
    """List what differs between a file and its enhanced copy."""
    return [
        *_compare_times(before, after),
        *_compare_durations(before, after),
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
    if _is_rising(before):
        kept = [time for time in after.times if time is not None]
        absolute = _absolute(before, after)
        origin, origin_now = (Fraction(0), Fraction(0)) if absolute else (known[0], kept[0])
        shifts = [(b - origin_now) - (a - origin) for a, b in zip(known, kept, strict=True)]
        worst = max(shifts, key=abs, default=Fraction(0))
        exact = all((time / after.tick).denominator == 1 for time in known)
        if abs(worst) > (0 if exact and absolute else after.tick):
            yield Difference((), f"frames moved by up to {float(worst) * 1e3:+.3f} ms")


def _compare_durations(before: VideoFacts, after: VideoFacts) -> Iterator[Difference]:
    if after.duration_s:
        # Headers count from 0, or where they tell no start, from there.
        origin = Fraction(0) if _is_absolute(after) else after.start_s
        change = after.duration_s - (after.end_s - origin)
        # FFmpeg leaves out what comes before a late start, and subtitles that end long after the rest.
        as_before = before.duration_s and abs(after.duration_s - before.duration_s) <= after.frame_s
        if abs(change) > 2 * after.frame_s + after.tick and not as_before:
            yield Difference((), f"the duration that is stated is wrong by {float(change):+.3f} s")
    if not _is_rising(before):  # where recordings were joined, or nothing is timed
        return
    change = (after.end_s - after.start_s) - (before.end_s - before.start_s)
    if before.duration_s and after.duration_s and before.container == after.container:
        change = after.duration_s - before.duration_s
    if abs(change) > before.frame_s + after.tick:
        about = ("damaged", "left out", "encoded anew", "cut there")
        yield Difference(about, f"the duration changed by {float(change):+.3f} s")


def _compare_pictures(before: VideoFacts, after: VideoFacts) -> Iterator[Difference]:
    about = {"interlaced": ("interlaced", "field"), "display matrix": ("rotat", "mirror")}
    moot: tuple[str, ...] = ("tint", "codec")
    if before.picture.get("colours") == "RGB":
        moot += ("range", "matrix", "colours", "subsampling")  # it is encoded as YUV, and must be tagged so
    if before.picture.get("tint") == 0:  # a level of colour is invisible
        if after.picture.get("tint", 0) <= 1:
            moot += ("matrix", "colours", "subsampling")
        else:
            yield Difference((), "grey became coloured")
    for name, value in before.picture.items():
        now = after.picture.get(name)
        if now == value or name in moot or (name == "depth" and value < now):
            continue
        if name == "aspect" and _alike_on_screen(before.picture, after.picture):
            continue
        shown = "" if isinstance(value, bytes) or isinstance(now, bytes) else f": {value} became {now}"
        yield Difference(about.get(name, (name,)), f"{name} not kept{shown}")
    if after.picture.get("matrix") == 0 and after.picture.get("colours") == "YUV":
        yield Difference((), "YUV is tagged as RGB")


def _alike_on_screen(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether pixels of two shapes fill the same space, or one is only in the stream, where PyAV is blind."""
    if after["codec"] == "ffv1" and after["aspect"] == 1:
        return True
    width = before["size"][0]
    return bool(abs(before["aspect"] - after["aspect"]) * width < 1)


def _compare_tracks(before: VideoFacts, after: VideoFacts) -> Iterator[Difference]:
    for kind in _KINDS:
        old, new = ([track for track in facts.tracks if track.kind == kind] for facts in (before, after))
        if kind == "data" and len(new) == len(old) + 1 and "timecode" in before.metadata:
            continue  # QuickTime has a track for it
        if len(old) != len(new):
            lost = max(1, len(old) - len(new))
            yield Difference((f"{kind} track",), f"{len(old)} {kind} tracks became {len(new)}", lost)
            continue
        for a, b in zip(old, new, strict=True):
            for text in _track_changes(before, after, a, b):
                yield Difference((f"{kind} track {a.index} ",), f"{kind} track {a.index}: {text}")
    if before.language != after.language:
        yield Difference(("language",), f"the language {before.language!r} became {after.language!r}")


def _track_changes(before: VideoFacts, after: VideoFacts, a: Track, b: Track) -> Iterator[str]:
    same = {a.codec, b.codec} <= _TEXT_SUBTITLES or {a.codec, b.codec} <= _MPEG_SOUND
    if a.codec != b.codec and not same:
        yield f"{a.codec} became {b.codec}"
    for name in ("language", "title", "disposition"):
        was, now = getattr(a, name), getattr(b, name)
        if was != now and QUICKTIME_LANGUAGES.get(was) != now:
            yield f"{name} {was!r} became {now!r}"
    if not a.times or not b.times:
        if len(a.times) != len(b.times):
            yield f"{len(a.times)} packets became {len(b.times)}"
        return
    if not _is_rising(before):
        return
    # Against the picture, which is what sound and subtitles are in time with.
    start, start_now = (next((t for t in f.times if t is not None), Fraction(0)) for f in (before, after))
    pairs = list(zip(a.times, b.times, strict=False))
    slack = max(a.tick, b.tick) + after.tick
    if a.codec != b.codec or (a.codec or "").startswith("pcm"):  # cut into packets of other lengths
        pairs = [(a.times[0], b.times[0]), (a.end_s, b.end_s)]
        slack += _MOST_PRIMING_S
    elif len(a.times) != len(b.times):
        yield f"{len(a.times)} packets became {len(b.times)}"
        return
    worst = max(((y - start_now) - (x - start) for x, y in pairs), key=abs)
    if abs(worst) > slack:
        yield f"moved by up to {float(worst) * 1e3:+.1f} ms against the picture"


def _compare_tags(before: VideoFacts, after: VideoFacts) -> Iterator[Difference]:
    if len(before.chapters) != len(after.chapters):
        yield Difference(("chapter",), f"{len(before.chapters)} chapters became {len(after.chapters)}")
    else:
        for a, b in zip(before.chapters, after.chapters, strict=True):
            # Few files tell when a last one ends, but for the film.
            at_end = abs(b[1] - (after.duration_s or 0)) <= _CHAPTER_SLACK
            moved = max(abs(a[0] - b[0]), 0 if at_end else abs(a[1] - b[1]))
            if a[2] != b[2] or moved > _CHAPTER_SLACK:
                yield Difference(("chapter",), f"the chapter {a[2]!r} changed")
                break
    codes = any(track.kind == "data" for track in after.tracks)
    for name, value in before.metadata.items():
        plain, now = name.partition("-")[0], after.metadata.get(name)  # without a language
        if now == value or (plain == "location" and _is_same_place(value, now)):
            continue
        if plain != "timecode" or not codes:  # which QuickTime has a track for
            yield Difference(("metadata", f"'{plain}'"), f"the tag {name!r} is lost or changed")


def _is_same_place(before: str, after: str | None) -> bool:
    """Whether two places of ISO 6709 are as near as MP4 files can tell."""
    old, new = (re.findall(r"[+-][0-9.]+", text or "") for text in (before, after))
    return len(new) > 1 and all(abs(float(a) - float(b)) < _DEGREES for a, b in zip(old, new, strict=False))


def _is_rising(facts: VideoFacts) -> bool:
    """Whether every frame has a time, and each one after that of the frame before."""
    known = [time for time in facts.times if time is not None]
    return 0 < len(known) == len(facts.times) and all(a < b for a, b in pairwise(known))


def _is_absolute(facts: VideoFacts) -> bool:
    return any(name in facts.container for name in _ABSOLUTE)


def _absolute(before: VideoFacts, after: VideoFacts) -> bool:
    return _is_absolute(before) and _is_absolute(after)
