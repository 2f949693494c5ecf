"""What should have been kept and was not is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks.media_comparison import compare
from benchmarks.media_facts import VideoFacts, read_video

from ..clips import make_clip


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> VideoFacts:
    return read_video(make_clip(tmp_path_factory.mktemp("facts") / "clip.mp4", other_tracks=True))


def late_sound(facts: VideoFacts) -> VideoFacts:
    audio, *others = facts.tracks
    moved = [time + Fraction(1, 10) for time in audio.times]
    return replace(facts, tracks=[replace(audio, times=moved, end_s=audio.end_s + Fraction(1, 10)), *others])


def with_picture(**changes: object) -> Callable[[VideoFacts], VideoFacts]:
    return lambda facts: replace(facts, picture=facts.picture | changes)


def test_a_file_is_like_itself(facts: VideoFacts) -> None:
    assert compare(facts, facts) == []


def test_a_subtitle_that_ends_long_after_the_rest_is_fine(facts: VideoFacts) -> None:
    late = replace(facts, end_s=facts.end_s + 3)
    assert compare(late, late) == []


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        (
            lambda facts: replace(facts, duration_s=facts.duration_s + 1),
            ["the duration that is stated is wrong by +1.000 s", "the duration changed by +1.000 s"],
        ),
        (late_sound, ["audio track 1: moved by up to +100.0 ms against the picture"]),
        (with_picture(matrix=0), ["matrix not kept: 2 became 0", "YUV is tagged as RGB"]),
        (with_picture(depth=6), ["depth not kept: 8 became 6"]),
        (with_picture(aspect=Fraction(16, 11)), ["aspect not kept: 1 became 16/11"]),
        (lambda facts: replace(facts, metadata={}), ["the tag 'title' is lost or changed"]),
    ],
)
def test_each_change_is_found(
    facts: VideoFacts, change: Callable[[VideoFacts], VideoFacts], texts: list[str]
) -> None:
    found = [difference.text for difference in compare(facts, change(facts))]
    assert [text for text in found if text in texts] == texts, found


def test_grey_that_becomes_coloured_is_found(facts: VideoFacts) -> None:
    grey, coloured = with_picture(tint=0)(facts), with_picture(tint=3)(facts)
    assert [difference.text for difference in compare(grey, coloured)] == ["grey became coloured"]
    assert compare(grey, with_picture(tint=1)(facts)) == []  # a level is invisible


def test_places_are_the_same_however_they_are_written(facts: VideoFacts) -> None:
    before, after, elsewhere = (
        replace(facts, metadata={"location": place})
        for place in ("+40.680-074.500/", "+40.6800-074.5000/", "+41.6800-074.5000/")
    )
    assert compare(before, after) == []
    assert [d.text for d in compare(before, elsewhere)] == ["the tag 'location' is lost or changed"]


def test_what_is_attached_to_images_does_not_end_the_reading(tmp_path: Path) -> None:
    # FFmpeg attaches what PyAV has no name for to frames of PNG.
    facts = read_video(make_clip(tmp_path / "in.mov", codec="png", pixel_format="rgb24", pts=range(3)))
    assert len(facts.times) == 3
