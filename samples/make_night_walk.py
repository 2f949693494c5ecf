"""Make the sample clip: a walk along a gallery at night, then a cup of coffee by lamplight.

The pictures are free photographs that scikit-image ships; `README.md` beside this script names their
licences. They are lit in linear light, filmed by a moving camera with the noise of a small sensor while the
light slowly fades, and given a soundtrack. The clip is the same every time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, TypeAlias

import av
import numpy as np
import typer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from rich.console import Console
from rich.progress import track

FloatArray: TypeAlias = NDArray[np.float32]

CLIP = Path(__file__).with_name("night_walk.mp4")
PHOTOS = files("skimage") / "data"

FPS = 30
CUT = 0.6  # where the gallery gives way to the cup, as a part of the duration
FADE_STOPS = 0.8  # by so much the light fades until the end
SAMPLE_RATE = 48_000
SEED = 20

# Adaptive quantisation of mode 3 and the offset spend bits on dark areas and their colours: brightening shows
# both. Without mbtree and with a fixed number of threads, the encoder decides the same every time.
X264 = {"preset": "slow", "crf": "22.5", "aq-mode": "3", "chromaoffset": "-5", "mbtree": "0", "threads": "4"}

# Variance of the noise: SHOT_NOISE · signal + READ_NOISE², for a linear signal in [0, 1].
SHOT_NOISE = 4e-4
READ_NOISE = 1e-3
STRAY_LIGHT = 6e-3  # radiance that the lens scatters over the whole frame: no shadow is quite black

WARM = np.array([1.0, 0.78, 0.52], np.float32)  # tungsten, to a camera balanced for daylight
COOL = np.array([0.62, 0.82, 1.0], np.float32)  # the night sky


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where the camera looks: at a pixel of the scene, 1280 / zoom of which fill the width of a frame."""

    x: float
    y: float
    zoom: float
    roll_rad: float


def photograph(name: str) -> Image.Image:
    """Open a photograph that lies inside the scikit-image package."""
    with PHOTOS.joinpath(name).open("rb") as file:
        return Image.open(file).convert("RGB")


def reflectance(picture: Image.Image) -> FloatArray:
    """Return the linear values of an sRGB picture: (height, width, 3) float32 in [0, 1]."""
    encoded = np.asarray(picture, np.float32) / 255
    values = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.asarray(values, np.float32)


def printed(photo: Image.Image, width: int, height: int) -> FloatArray:
    """Return the reflectance of a photograph that is printed at another size."""
    enlarged = photo.resize((width, height), Image.Resampling.LANCZOS)
    return reflectance(enlarged.filter(ImageFilter.UnsharpMask(radius=1.5, percent=60, threshold=0)))


def blurred(mask: FloatArray, radius: float) -> FloatArray:
    """Return a mask with soft edges: (height, width) float32 in [0, 1]."""
    soft = Image.fromarray((255 * mask).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(np.asarray(soft) / 255, np.float32)


def straightened(photo: Image.Image, corners: list[tuple[int, int]], width: int, height: int) -> Image.Image:
    """Return a part of a photograph without its perspective.

    Args:
        photo: The photograph.
        corners: The pixels that become the upper left, upper right, lower right and lower left corner.
        width: Width of the result, in pixels.
        height: Height of the result, in pixels.
    """
    equations = []
    for (from_x, from_y), (x, y) in zip(
        corners, [(0, 0), (width, 0), (width, height), (0, height)], strict=True
    ):
        equations.append([x, y, 1, 0, 0, 0, -from_x * x, -from_x * y])
        equations.append([0, 0, 0, x, y, 1, -from_y * x, -from_y * y])
    perspective = np.linalg.solve(equations, np.ravel(corners))
    return photo.transform(
        (width, height), Image.Transform.PERSPECTIVE, tuple(perspective), Image.Resampling.BICUBIC
    )


def brick_wall(width: int, height: int) -> FloatArray:
    """Return the reflectance of a brick wall: a photographed piece, mirrored to any size."""
    photo = photograph("brick.png").transpose(Image.Transpose.ROTATE_90)
    joints = [(0, 116), (512, 44), (512, 461), (0, 415)]  # the ends of two mortar joints, ten courses apart
    tile = reflectance(straightened(photo, joints, 720, 480))
    row = np.concatenate([tile, tile[:, ::-1]] * 2, axis=1)
    wall = np.concatenate([row, row[::-1]], axis=0)
    return wall[:height, :width] * np.array([1.3, 0.8, 0.62], np.float32)


def gallery() -> FloatArray:
    """Return the radiance of a wall with three pictures, each under its lamp: (900, 2100, 3)."""
    wall = brick_wall(2100, 900)
    light = COOL * np.full((900, 2100, 1), 0.05, np.float32)
    tubes = np.zeros((900, 2100), np.float32)
    for name, middle, width, height in (
        ("chelsea.png", 390, 540, 360),
        ("astronaut.png", 1040, 430, 430),
        ("rocket.jpg", 1690, 560, 374),
    ):
        left, top = middle - width // 2, 470 - height // 2
        hang(wall, printed(photograph(name), width, height), left, top)
        lamp_y = top - 72
        wall[lamp_y : top - 26, middle - 3 : middle + 3] = 0.1  # the lamp's arm
        tubes[lamp_y + 5 : lamp_y + 10, middle - 84 : middle + 84] = 1
        light += pool_of_light(900, 2100, middle, lamp_y)
    glow = 5 * tubes + 0.25 * blurred(tubes, 14)
    return wall * light + WARM * glow[..., np.newaxis]


def hang(wall: FloatArray, picture: FloatArray, left: int, top: int) -> None:
    """Hang a picture in a wooden frame on the wall, with the shadow that a lamp above throws."""
    height, width, _ = picture.shape

    def area(border: int, down: int = 0) -> tuple[slice, slice]:
        rows = slice(top - border + down, top + height + border + down)
        return rows, slice(left - border, left + width + border)

    shadow = np.zeros(wall.shape[:2], np.float32)
    shadow[area(26, down=20)] = 0.75
    wall *= 1 - blurred(shadow, 10)[..., np.newaxis]
    wall[area(26)] = (0.20, 0.11, 0.06)  # the lit edge of the frame
    wall[area(22)] = (0.10, 0.055, 0.03)
    wall[area(8)] = 0.55  # the mount
    wall[area(0)] = picture


def pool_of_light(height: int, width: int, lamp_x: int, lamp_y: int) -> FloatArray:
    """Return the light that a picture lamp throws down a wall: (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    below = np.maximum(y - lamp_y, 0)
    cone = np.exp(-(((x - lamp_x) / (150 + 0.62 * below)) ** 2)) / (1 + (below / 190) ** 2)
    edge = np.clip((y - lamp_y + 10) / 30, 0, 1)
    return np.asarray((cone * edge)[..., np.newaxis] * WARM, np.float32)


def cup() -> FloatArray:
    """Return the radiance of a cup of coffee under one lamp: (1120, 1680, 3)."""
    y, x = np.mgrid[0:1120, 0:1680].astype(np.float32)
    lamp = np.exp(-(((x - 800) / 620) ** 2) - ((y - 380) / 480) ** 2)
    light = 0.8 * lamp[..., np.newaxis] * WARM + 0.09 * COOL
    return np.asarray(printed(photograph("coffee.png"), 1680, 1120) * light, np.float32)


def walking(progress: float, time_s: float) -> View:
    """Return the view of someone who walks along the gallery; the steps shake it."""
    step = 2 * np.pi * 1.8 * time_s
    return View(
        x=760 + 570 * progress + 3 * np.sin(step / 2),
        y=445 + 3 * np.cos(step),
        zoom=1.0 + 0.05 * progress,
        roll_rad=0.003 * np.sin(step / 2),
    )


def leaning_in(progress: float, time_s: float) -> View:
    """Return the view of someone who leans over the cup."""
    return View(
        x=830 - 60 * progress + 2 * np.sin(5 * time_s),
        y=570 - 50 * progress + 2 * np.sin(7 * time_s),
        zoom=0.80 + 0.12 * progress,
        roll_rad=0.03 - 0.04 * progress,
    )


def filmed(scene: FloatArray, view: View, width: int, height: int) -> FloatArray:
    """Return what the camera sees, sampled between the scene's pixels: (height, width, 3)."""
    step = 1280 / width / view.zoom
    along, across = step * np.cos(view.roll_rad), step * np.sin(view.roll_rad)
    corner_x = view.x - (along * width - across * height) / 2
    corner_y = view.y - (across * width + along * height) / 2
    affine = (along, -across, corner_x, across, along, corner_y)
    frame = np.empty((height, width, 3), np.float32)
    for channel in range(3):
        picture = Image.fromarray(np.ascontiguousarray(scene[..., channel]))
        seen = picture.transform((width, height), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
        frame[..., channel] = np.asarray(seen)
    return frame


def exposed(radiance: FloatArray, gain: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return a BT.709 picture of some radiance, with the sensor's noise: (height, width, 3) uint8."""
    signal = gain * np.maximum(radiance + STRAY_LIGHT, 0)
    noise = random.standard_normal(signal.shape, np.float32) * np.sqrt(SHOT_NOISE * signal + READ_NOISE**2)
    signal = np.clip(signal + noise, 0, 1)
    encoded = np.where(signal < 0.018, 4.5 * signal, 1.099 * signal**0.45 - 0.099)
    return np.asarray(np.round(255 * encoded), np.uint8)


def pictures(frames: int, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of the clip: (height, width, 3) uint8, RGB."""
    random = np.random.default_rng(SEED)
    cut = round(CUT * frames)
    shots = ((gallery(), walking, 0.55, range(cut)), (cup(), leaning_in, 0.35, range(cut, frames)))
    for scene, camera, gain, span in shots:
        for index in span:
            view = camera((index - span.start) / len(span), index / FPS)
            light = 2 ** (-FADE_STOPS * index / frames)
            yield exposed(filmed(scene, view, width, height), gain * light, random)


def soundtrack(duration_s: float) -> FloatArray:
    """Return quiet music, plucked notes over a soft chord: (2, samples) float32 in [-0.5, 0.5]."""
    time_s = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros((2, time_s.size))
    for hertz in (110.0, 164.8, 220.0, 261.6):
        detuned = np.array([[0.999], [1.001]]) * hertz  # left and right drift apart: the chord is wide
        sound += 0.12 * np.sin(2 * np.pi * detuned * time_s)
    for beat, hertz in enumerate((440.0, 523.3, 659.3, 392.0, 440.0, 659.3, 784.0, 523.3, 440.0)):
        since_s = np.maximum(time_s - 0.3 - 0.5 * beat, 0)
        place = np.array([[0.5], [1.0]]) if beat % 2 else np.array([[1.0], [0.5]])
        for harmonic in range(1, 6):
            decay = np.exp(-2 * (1 + harmonic) * since_s) / harmonic**2
            sound += 0.4 * place * decay * np.sin(2 * np.pi * harmonic * hertz * since_s)
    sound *= np.clip(np.minimum(time_s, duration_s - time_s) / 0.5, 0, 1)  # no click at either end
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)


def write_clip(path: Path, width: int, height: int, frames: int) -> None:
    """Write the clip as H.264 and AAC in MP4, tagged BT.709 and limited range, ready for streaming.

    Raises:
        OSError: The file cannot be written.
    """
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as clip:
        video = clip.add_stream("libx264", rate=FPS, options=X264)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        coder = video.codec_context
        coder.color_range, coder.colorspace = ColorRange.MPEG, Colorspace.ITU709
        coder.color_primaries, coder.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        audio = clip.add_stream("aac", rate=SAMPLE_RATE, layout="stereo", options={"b": "96k"})

        sound = av.AudioFrame.from_ndarray(soundtrack(frames / FPS), format="fltp", layout="stereo")
        sound.sample_rate = SAMPLE_RATE
        clip.mux([*audio.encode(sound), *audio.encode()])
        progress = Console(stderr=True)
        for picture in track(pictures(frames, width, height), "Filming", frames, console=progress):
            rgb = av.VideoFrame.from_ndarray(picture, "rgb24")
            yuv = rgb.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            clip.mux(video.encode(yuv))
        clip.mux(video.encode())


def main(
    out: Annotated[Path, typer.Argument(help="The clip to write.")] = CLIP,
    height: Annotated[int, typer.Option(min=90, help="Height in pixels, a multiple of 18.")] = 720,
    seconds: Annotated[float, typer.Option(min=0.5, help="Duration; the cut is at 60 % of it.")] = 5.0,
) -> None:
    """Make the sample clip, 16:9: a walk along a gallery at night, then a cup of coffee by lamplight."""
    if height % 18:
        raise typer.BadParameter(f"{height} is not a multiple of 18", param_hint="--height")
    try:
        write_clip(out, height * 16 // 9, height, round(seconds * FPS))
    except OSError as exc:
        sys.exit(f"error: cannot write {out} ({exc.strerror}); choose another place")
    typer.echo(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    typer.run(main)
