"""EXIF data lose their thumbnail and gain a resolution, and nothing in them moves."""

from __future__ import annotations

import pytest
from PIL import ExifTags, Image

from realtime.images.exif import EXIF_MARK, with_resolution, without_thumbnail

from .exif_data import EXIF_TAG, MAKE_TAG, MAKER_NOTE, MAKER_NOTE_TAG, camera_exif, thumbnail

RESOLUTION = (ExifTags.Base.XResolution, ExifTags.Base.YResolution, ExifTags.Base.ResolutionUnit)


def read(exif: bytes) -> Image.Exif:
    result = Image.Exif()
    result.load(exif)
    return result


def check_that_the_rest_is_there(exif: bytes) -> None:
    result = read(exif)
    assert result[MAKE_TAG] == "Cam"
    assert result.get_ifd(EXIF_TAG) == {MAKER_NOTE_TAG: MAKER_NOTE}
    assert exif.index(MAKER_NOTE) == camera_exif().index(MAKER_NOTE)  # what it tells places of is there


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("padding", [b"", b"\0\0\0"])
def test_a_thumbnail_goes_and_the_rest_stays_where_it_was(order: str, padding: bytes) -> None:
    before = camera_exif(order=order, behind=padding)
    assert read(before).get_ifd(ExifTags.IFD.IFD1)
    after = without_thumbnail(before)
    assert read(after).get_ifd(ExifTags.IFD.IFD1) == {}
    check_that_the_rest_is_there(after)
    assert len(after) == len(before) - len(thumbnail() + padding)
    assert without_thumbnail(after) == after


def test_a_thumbnail_with_something_behind_is_told_of_no_more() -> None:
    before = camera_exif(behind=b"what a note tells the place of")
    after = without_thumbnail(before)
    assert read(after).get_ifd(ExifTags.IFD.IFD1) == {}
    assert len(after) == len(before)
    check_that_the_rest_is_there(after)


def test_data_that_are_cut_off_or_tell_nonsense_are_left_readable() -> None:
    whole = camera_exif()
    for length in range(len(EXIF_MARK), len(whole)):
        without_thumbnail(whole[:length])
        with_resolution(whole[:length], (72, 72))
    for place in range(len(EXIF_MARK), len(whole) - len(thumbnail())):
        damaged = whole[:place] + b"\xff" + whole[place + 1 :]
        assert len(without_thumbnail(damaged)) <= len(whole)
        with_resolution(damaged, (72, 72))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_resolution_is_told_beside_the_rest(order: str) -> None:
    after = with_resolution(camera_exif(order=order), (300.0, 150.5))
    assert [read(after)[tag] for tag in RESOLUTION] == [300, 150.5, 2]
    check_that_the_rest_is_there(after)
    again = with_resolution(after, (72.009, 72))
    assert [read(again)[tag] for tag in RESOLUTION] == [pytest.approx(72.01), 72, 2]
    check_that_the_rest_is_there(again)


def test_a_resolution_may_be_all_that_is_told() -> None:
    alone = read(with_resolution(None, (299.9994, 1)))
    assert dict(alone) == dict(zip(RESOLUTION, (300, 1, 2), strict=True))


def test_data_of_an_unknown_kind_are_left_alone() -> None:
    other = EXIF_MARK + b"II+\0\x08\0\0\0" + bytes(40)
    assert without_thumbnail(other) == other
    assert with_resolution(other, (72, 72)) == other
