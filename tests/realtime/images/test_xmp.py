"""XMP data lose what is not true of the enhanced image, and nothing else."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from realtime.images.xmp import kept_xmp

from .xmp_packet import PACKET, RDF, packet

GAIN_MAP = """
    xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"
    xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" GCamera:BurstID="7">
  <c:Directory xmlns:c="http://ns.google.com/photos/1.0/container/"><rdf:Seq>
    <rdf:li rdf:parseType="Resource">
      <c:Item xmlns:item="http://ns.google.com/photos/1.0/container/item/" item:Semantic="GainMap"/>
    </rdf:li>
  </rdf:Seq></c:Directory>
"""


def names_in(data: bytes) -> set[str]:
    """List all elements and attributes."""
    elements = list(ElementTree.fromstring(data).iter())
    return {element.tag for element in elements} | {name for element in elements for name in element.attrib}


def test_what_tells_nothing_outdated_is_kept_to_the_byte() -> None:
    for is_turned in (False, True):  # what is upright stays so
        assert kept_xmp(PACKET, is_turned=is_turned, had_inks=True) == PACKET
    assert kept_xmp(PACKET + b"\0", is_turned=False, had_inks=False) == PACKET


def test_what_is_damaged_but_tells_nothing_outdated_is_kept_too() -> None:
    assert kept_xmp(b"<x:xmpmeta", is_turned=False, had_inks=False) == b"<x:xmpmeta"


def test_what_tells_of_a_gain_map_or_a_video_is_removed_and_said(caplog: pytest.LogCaptureFixture) -> None:
    data = packet(more=GAIN_MAP)
    kept = kept_xmp(data, is_turned=False, had_inks=False)
    assert kept is not None
    gone = {name for name in names_in(data) if "hdr-gain-map" in name or "MotionPhoto" in name}
    gone |= {name for name in names_in(data) if "/container/" in name} | {f"{RDF}Seq", f"{RDF}parseType"}
    assert len(gone) == 7
    assert names_in(kept) == names_in(data) - gone
    assert "Nacht &amp; Straße".encode() in kept
    assert caplog.messages == [
        "a gain map, depth map or video beside the picture is not kept, nor what XMP data tell of it"
    ]


def test_small_copies_of_the_picture_as_it_was_are_removed(caplog: pytest.LogCaptureFixture) -> None:
    data = packet(
        more='xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4">'
        '<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource"><g:image '
        'xmlns:g="http://ns.adobe.com/xap/1.0/g/img/">/9j/4AA</g:image></rdf:li></rdf:Alt></xmp:Thumbnails>'
    )
    kept = kept_xmp(data, is_turned=False, had_inks=False)
    assert kept is not None
    assert b"Thumbnails" not in kept
    assert b"/9j/4AA" not in kept
    assert b'xmp:Rating="4"' in kept
    assert caplog.messages == []


def test_a_part_elsewhere_is_no_longer_told_of(caplog: pytest.LogCaptureFixture) -> None:
    data = packet(more='xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="0123ABCD">')
    kept = kept_xmp(data, is_turned=False, had_inks=False)
    assert kept is not None
    assert b"0123ABCD" not in kept
    assert caplog.messages == ["of the XMP data, what did not fit into 64 KB is not kept"]


@pytest.mark.parametrize("form", ["attribute", "element"])
def test_how_the_picture_was_to_be_turned_is_removed_once_it_is(form: str) -> None:
    data = PACKET.replace(b'tiff:Orientation="1"', b'tiff:Orientation="6"')
    if form == "element":
        data = data.replace(b'tiff:Orientation="6"', b"")
        data = data.replace(b"<dc:title>", b"<tiff:Orientation>6</tiff:Orientation><dc:title>")
    kept = kept_xmp(data, is_turned=True, had_inks=False)
    assert kept is not None
    assert names_in(data) - names_in(kept) == {"{http://ns.adobe.com/tiff/1.0/}Orientation"}


def test_the_inks_are_no_longer_told_of_where_they_have_become_colours() -> None:
    more = 'xmlns:p="http://ns.adobe.com/photoshop/1.0/" p:ColorMode="4" p:ICCProfile="Coated" p:City="Ulm">'
    data = packet(more=more)
    kept = kept_xmp(data, is_turned=False, had_inks=True)
    assert kept is not None
    assert {name.partition("}")[2] for name in names_in(data) - names_in(kept)} == {"ColorMode", "ICCProfile"}


@pytest.mark.parametrize(
    "damaged",
    [
        PACKET[: len(PACKET) // 2],
        PACKET.replace(b"xmlns:tiff", b"xmlns:other"),
        b"<a>" * 5000 + b"Orientation" + b"</a>" * 5000,
        b'<!DOCTYPE a [<!ENTITY b "Orientation">]><a>&b;</a>',
        b'<?xml version="1.0" encoding="none"?><a>Orientation</a>',
        PACKET.decode().encode("utf-16"),
    ],
    ids=["cut off", "without a namespace", "too deep", "with entities", "in no encoding", "in UTF-16"],
)
def test_what_may_be_outdated_and_cannot_be_read_is_not_kept(
    caplog: pytest.LogCaptureFixture, damaged: bytes
) -> None:
    assert kept_xmp(damaged, is_turned=True, had_inks=False) is None
    assert caplog.messages == ["the XMP data are not kept, as they are damaged"]
