"""Animations and pages keep all their pictures, or are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, ImageSequence

from realtime.errors import InputError, OutputError
from realtime.images.metadata import ImageMetadata
from realtime.images.still import enhance_still
from realtime.images.tiff_pages import TiffPage, write_tiff
from realtime.settings import Kind

from ...contract.fake_enhancer import FakeEnhancer
from ..full_disk import room_for
from .ink_profile import ink_profile

GAIN = 30
DURATIONS_MS = [100, 40, 200]


def animation(path: Path, mode: str = "RGB") -> Path:
    """Write three flat pictures; flat ones come through palettes and compression."""
    pictures = [Image.new("RGB", (24, 16), (20 * k, 40, 10)).convert(mode) for k in range(1, 4)]
    first, *rest = pictures
    options = {} if path.suffix == ".tif" else {"duration": DURATIONS_MS, "loop": 0}
    if path.suffix == ".webp":
        options["lossless"] = True
    first.save(path, save_all=True, append_images=rest, **options)
    return path


@pytest.mark.parametrize("source", ["in.gif", "in.png", "in.webp", "in.tif"])
@pytest.mark.parametrize("target", ["out.gif", "out.png", "out.webp", "out.tif"])
def test_every_picture_is_kept(tmp_path: Path, source: str, target: str) -> None:
    enhancer = FakeEnhancer(gain=GAIN)
    enhance_still(animation(tmp_path / source), tmp_path / target, enhancer)
    with Image.open(tmp_path / target) as result:
        pictures = ImageSequence.Iterator(result)
        seen = [(np.array(picture.convert("RGB")), picture.info.get("duration")) for picture in pictures]
    assert len(seen) == 3
    for k, (colours, _) in enumerate(seen, 1):
        np.testing.assert_allclose(colours.mean(axis=(0, 1)), [20 * k + GAIN, 40 + GAIN, 10 + GAIN], atol=4)
    if "tif" not in source + target:
        assert [duration for _, duration in seen] == DURATIONS_MS


def test_an_animation_is_smoothed_as_one_and_pages_each_for_itself(tmp_path: Path) -> None:
    moving, pages = FakeEnhancer(), FakeEnhancer()
    kind = enhance_still(animation(tmp_path / "in.gif"), tmp_path / "out.gif", moving)
    assert kind == Kind.ANIMATION
    assert moving.times_s == pytest.approx([0, 0.1, 0.14])
    assert enhance_still(animation(tmp_path / "in.tif"), tmp_path / "out.tif", pages) == Kind.IMAGE
    assert (moving.resets, pages.resets) == (1, 4)


def test_transparency_is_kept(tmp_path: Path) -> None:
    pictures = [Image.new("RGBA", (8, 8), (50 * k, 9, 9, 0 if k == 2 else 255)) for k in (1, 2)]
    pictures[0].save(tmp_path / "in.png", save_all=True, append_images=pictures[1:], duration=50)
    enhance_still(tmp_path / "in.png", tmp_path / "out.webp", FakeEnhancer())
    with Image.open(tmp_path / "out.webp") as result:
        alpha = [np.array(frame.convert("RGBA"))[..., 3].max() for frame in ImageSequence.Iterator(result)]
    assert alpha == [255, 0]


@pytest.mark.parametrize("target", ["out.jpg", "out.bmp"])
def test_a_format_of_one_picture_is_refused(tmp_path: Path, target: str) -> None:
    suffix = Path(target).suffix
    with pytest.raises(OutputError, match=rf"has 3 frames, and a {suffix} file holds one; use one of \.gif"):
        enhance_still(animation(tmp_path / "in.gif"), tmp_path / target, FakeEnhancer())


def test_more_pictures_than_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.images.sequence._MOST_PIXELS", 1000)
    with pytest.raises(InputError, match="has 3 frames, too many to keep; make a video of it first"):
        enhance_still(animation(tmp_path / "in.gif"), tmp_path / "out.gif", FakeEnhancer())


def test_more_pages_than_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.images.sequence._MOST_PIXELS", 1000)
    with pytest.raises(InputError, match="has 3 pages, too many to keep; split it first"):
        enhance_still(animation(tmp_path / "in.tif"), tmp_path / "out.tif", FakeEnhancer())


@pytest.mark.parametrize("source", ["in.gif", "in.tif"])
@pytest.mark.filterwarnings("ignore:::PIL")
def test_wherever_a_file_is_cut_off_what_is_raised_is_ours(tmp_path: Path, source: str) -> None:
    data = animation(tmp_path / source).read_bytes()
    refused = 0
    for length in range(0, len(data), 37):
        (tmp_path / source).write_bytes(data[:length])
        try:
            enhance_still(tmp_path / source, tmp_path / "out.tif", FakeEnhancer(), overwrite=True)
        except InputError:
            refused += 1
    assert refused > len(data) // 100


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_pages_of_16_bits_are_reduced_to_8_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, order: str
) -> None:
    samples = [np.random.default_rng(k).integers(0, 40_000, (6, 8), np.uint16) for k in range(2)]
    first, second = (Image.fromarray(page.astype(order)) for page in samples)
    first.save(tmp_path / "in.tif", save_all=True, append_images=[second])
    enhance_still(tmp_path / "in.tif", tmp_path / "out.tif", FakeEnhancer(gain=GAIN))
    assert caplog.messages == [
        "of 16 bits a channel 8 are kept, as there are several pictures; split the file to keep all"
    ]
    with Image.open(tmp_path / "out.tif") as result:
        for page, expected in zip(ImageSequence.Iterator(result), samples, strict=True):
            np.testing.assert_array_equal(page, (expected >> 8) + GAIN)


@pytest.mark.parametrize("target", ["out.gif", "out.png", "out.webp"])
def test_pages_of_several_sizes_go_into_a_tiff_alone(tmp_path: Path, target: str) -> None:
    pages = [Image.new("RGB", size) for size in ((9, 7), (5, 3))]
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(OutputError, match=r"has pages of several sizes, which \.\w+ files .*; write \.tif"):
        enhance_still(tmp_path / "in.tif", tmp_path / target, FakeEnhancer())
    enhance_still(tmp_path / "in.tif", tmp_path / "out.tif", FakeEnhancer())
    with Image.open(tmp_path / "out.tif") as result:
        assert [page.size for page in ImageSequence.Iterator(result)] == [(9, 7), (5, 3)]


def test_pages_too_large_for_their_format_are_refused(tmp_path: Path) -> None:
    page = Image.new("RGB", (16400, 1))
    page.save(tmp_path / "in.tif", save_all=True, append_images=[page])
    with pytest.raises(OutputError, match=r"cannot write .*out\.webp \(.+\); use another format"):
        enhance_still(tmp_path / "in.tif", tmp_path / "out.webp", FakeEnhancer())


def default_image(path: Path) -> Path:
    """Write a picture that is shown where nothing moves, and three others that move."""
    still, *pictures = [Image.new("RGB", (24, 16), (20 * k, 40, 10)) for k in range(4)]
    still.save(path, save_all=True, append_images=pictures, duration=DURATIONS_MS, default_image=True)
    return path


def test_what_is_shown_where_nothing_moves_stays_beside_the_animation(tmp_path: Path) -> None:
    enhancer = FakeEnhancer()
    enhance_still(default_image(tmp_path / "in.png"), tmp_path / "out.png", enhancer)
    assert enhancer.resets == 2  # they are no video
    with Image.open(tmp_path / "out.png") as result:
        durations = [picture.info.get("duration") for picture in ImageSequence.Iterator(result)]
        assert result.info["default_image"]
    assert durations == [None, *DURATIONS_MS]


@pytest.mark.parametrize("target", ["out.gif", "out.webp"])
def test_what_is_shown_where_nothing_moves_is_no_frame(tmp_path: Path, target: str) -> None:
    enhance_still(default_image(tmp_path / "in.png"), tmp_path / target, FakeEnhancer())
    with Image.open(tmp_path / target) as result:
        pictures = ImageSequence.Iterator(result)
        seen = [
            (picture.convert("RGB").getpixel((0, 0))[0], picture.info["duration"]) for picture in pictures
        ]
    assert [duration for _, duration in seen] == DURATIONS_MS
    assert [red for red, _ in seen] == pytest.approx([50, 70, 90], abs=4)


@pytest.mark.parametrize("target", ["out.gif", "out.png", "out.webp"])
@pytest.mark.parametrize("loop", [{}, {"loop": 0}, {"loop": 3}], ids=["once", "for ever", "thrice"])
def test_a_gif_is_played_as_often_as_before(tmp_path: Path, target: str, loop: dict[str, int]) -> None:
    pictures = [Image.new("RGB", (8, 8), (50 * k, 9, 9)) for k in (1, 2)]
    pictures[0].save(tmp_path / "in.gif", save_all=True, append_images=pictures[1:], duration=50, **loop)
    enhance_still(tmp_path / "in.gif", tmp_path / target, FakeEnhancer())
    with Image.open(tmp_path / target) as result:
        assert result.info.get("loop", 1) == loop.get("loop", 1)


def test_each_page_keeps_the_profile_that_fits_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    inks = ink_profile(np.linspace((100, 0, 0), (12, 0, 0), 16))
    pages = [Image.new("CMYK", (8, 8)), Image.new("RGB", (8, 8))]
    pages[0].info["icc_profile"], pages[1].info["icc_profile"] = inks, profile
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:])
    enhance_still(tmp_path / "in.tif", tmp_path / "out.tif", FakeEnhancer())
    with Image.open(tmp_path / "out.tif") as result:
        kept = [page.tag_v2.get(34675) for page in ImageSequence.Iterator(result)]
    assert kept == [None, profile]
    assert caplog.messages == []
    enhance_still(tmp_path / "in.tif", tmp_path / "out.png", FakeEnhancer())
    with Image.open(tmp_path / "out.png") as result:
        assert "icc_profile" not in result.info
    assert caplog.messages == [
        "no colour profile is kept, as pages have several, or some have none; write .tif for all"
    ]


def test_what_the_first_page_tells_of_itself_is_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    page = Image.new("RGB", (8, 8))
    page.save(tmp_path / "in.tif", save_all=True, append_images=[page], exif=exif, dpi=(300, 300))
    for target in ("out.tif", "out.png"):
        enhance_still(tmp_path / "in.tif", tmp_path / target, FakeEnhancer())
        with Image.open(tmp_path / target) as result:
            assert result.getexif()[0x010F] == "Camera"
            assert result.info["dpi"] == pytest.approx((300, 300), rel=1e-3)


def pages_that_tell(path: Path) -> Path:
    """Write two pages, each with EXIF data, in parts of its own too, and a resolution."""
    pages = []
    for k in range(2):
        exif = Image.Exif()
        exif[0x010F] = f"Camera {k}, whose name needs room"
        exif.get_ifd(0x8769)[0x9003] = f"2024:01:0{k} 00:00:00"
        metadata = ImageMetadata(exif=exif.tobytes(), dpi=(100 + k, 100 + k))
        pages.append(TiffPage(np.full((6, 7, 3), 9, np.uint8), metadata))
    write_tiff(pages, path)
    return path


def test_each_page_keeps_what_it_tells_of_itself(tmp_path: Path) -> None:
    enhance_still(pages_that_tell(tmp_path / "in.tif"), tmp_path / "out.tif", FakeEnhancer())
    with Image.open(tmp_path / "out.tif") as result:
        for k, page in enumerate(ImageSequence.Iterator(result)):
            exif = page.getexif()
            assert exif[0x010F] == f"Camera {k}, whose name needs room"
            assert exif.get_ifd(0x8769) == {0x9003: f"2024:01:0{k} 00:00:00"}
            assert page.info["dpi"] == (100 + k, 100 + k)


@pytest.mark.parametrize(
    ("suffix", "said"),
    [
        (
            ".webp",
            "of the EXIF data of several pages, those of the first that has any are kept; write .tif",
        ),
        (".gif", "not kept, as a .gif file has no place for it: EXIF data"),
    ],
)
def test_what_pages_tell_that_is_lost_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, said: str
) -> None:
    enhance_still(pages_that_tell(tmp_path / "in.tif"), tmp_path / f"out{suffix}", FakeEnhancer())
    (message,) = caplog.messages
    assert message.startswith(said)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_equal_frames_last_as_long_together(tmp_path: Path, suffix: str) -> None:
    first, *rest = [Image.new("RGB", (24, 16), (red, 40, 10)) for red in (235, 255, 60)]
    first.save(tmp_path / "in.png", save_all=True, append_images=rest, duration=DURATIONS_MS)
    enhance_still(tmp_path / "in.png", tmp_path / f"out{suffix}", FakeEnhancer(gain=GAIN))
    durations = []
    with Image.open(tmp_path / f"out{suffix}") as result:
        for picture in ImageSequence.Iterator(result):
            picture.load()
            durations.append(picture.info["duration"])
    assert durations == [sum(DURATIONS_MS[:2]), DURATIONS_MS[2]]


@pytest.mark.parametrize("source", ["in.png", "in.webp", "in.tif"])
@pytest.mark.parametrize("target", ["out.gif", "out.png", "out.webp", "out.tif"])
def test_an_animation_stays_upright(tmp_path: Path, source: str, target: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    first, second = (Image.new("RGB", (24, 16), (red, 9, 9)) for red in (60, 90))
    first.save(tmp_path / source, save_all=True, append_images=[second], duration=50, exif=exif)
    enhance_still(tmp_path / source, tmp_path / target, FakeEnhancer())
    with Image.open(tmp_path / target) as result:
        assert [ImageOps.exif_transpose(page).size for page in ImageSequence.Iterator(result)] == [
            (16, 24)
        ] * 2


def test_a_damaged_animation_is_refused(tmp_path: Path) -> None:
    path = animation(tmp_path / "in.gif")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"in\.gif .*cannot be read \(.+\); check that it is whole"):
        enhance_still(path, tmp_path / "out.gif", FakeEnhancer())


@pytest.mark.parametrize("target", ["out.gif", "out.png", "out.webp", "out.tif"])
def test_no_animation_is_cut_off_where_there_is_no_room(tmp_path: Path, target: str) -> None:
    animation(tmp_path / "in.gif")
    enhance_still(tmp_path / "in.gif", tmp_path / f"whole.{target}", FakeEnhancer())
    size = (tmp_path / f"whole.{target}").stat().st_size
    with room_for(size - 1), pytest.raises(OutputError, match=r"cannot write .*out\.\w+ \(.+\); make room"):
        enhance_still(tmp_path / "in.gif", tmp_path / target, FakeEnhancer())
    assert {path.name for path in tmp_path.iterdir()} == {"in.gif", f"whole.{target}"}
