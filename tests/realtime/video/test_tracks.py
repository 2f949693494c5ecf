"""Every other track is copied as it is, or named in one line where the container cannot hold it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from realtime.options import EncoderOptions
from realtime.video.reader import VideoReader
from realtime.video.writer import VideoWriter

from ...clips import dark_frame, make_clip, read_frames, read_packets, read_times, tone

FONT = bytes(range(256)) * 8


def rewrite(source: Path, target: Path) -> None:
    with VideoReader(source) as reader, VideoWriter(target, reader, EncoderOptions()) as writer:
        for item in reader:
            writer.write(item)


def jpeg() -> av.Packet:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = 64, 48, "yuvj420p", 25
    frame = dark_frame(0, (64, 48), "yuvj420p")
    frame.pts = 0
    return [*encoder.encode(frame), *encoder.encode(None)][0]


def with_extras(path: Path) -> Path:
    """Write a file of two videos and a cover, or an attachment where the container has such."""
    first = make_clip(path.with_name("first.mp4"))
    second = make_clip(path.with_name("second.mp4"), codec="mpeg4", size_wh=(32, 32))
    cover = jpeg()
    with av.open(first) as one, av.open(second) as two, av.open(path, "w") as target:
        tracks = [
            target.add_stream_from_template(container.streams.video[0], opaque=True)
            for container in (one, two)
        ]
        if path.suffix == ".mkv":
            target.add_attachment("cover.jpg", "image/jpeg", bytes(cover))
            target.add_attachment("font.ttf", "application/x-truetype-font", FONT)
        else:
            picture = target.add_stream("mjpeg", rate=25)
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuvj420p"
            picture.disposition = Disposition.attached_pic
        for container, track in zip((one, two), tracks, strict=True):
            for packet in container.demux(video=0):
                if packet.size:
                    packet.stream = track
                    target.mux(packet)
        if path.suffix != ".mkv":
            cover.stream = picture
            target.mux(cover)
    return path


def attached(path: Path) -> dict[str, bytes]:
    with av.open(path) as container:
        return {s.name: s.data for s in container.streams if s.type == "attachment"}


def covers(path: Path) -> list[bytes]:
    with av.open(path) as container:
        return [
            bytes(packet)
            for packet in container.demux()
            if packet.size and packet.stream.disposition & Disposition.attached_pic
        ]


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
@pytest.mark.parametrize("source", ["in.mp4", "in.mkv"])
def test_further_videos_and_covers_are_copied(
    tmp_path: Path, source: str, target: str, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(with_extras(tmp_path / source), tmp_path / target)
    before, after = ([bytes(packet) for packet in second_video(tmp_path / name)] for name in (source, target))
    assert len(after) == 12
    assert after == before
    assert len(covers(tmp_path / source)) == 1
    assert covers(tmp_path / target) == covers(tmp_path / source)
    left_out = (
        "attachment track 3 (font.ttf) cannot be stored in a .mp4 file and is left out; write .mkv to keep it"
    )
    assert caplog.messages == ([left_out] if (source, target) == ("in.mkv", "out.mp4") else [])


def second_video(path: Path) -> list[av.Packet]:
    with av.open(path) as container:
        stream = next(s for s in container.streams.video if s.codec_context.name == "mpeg4")
        return [packet for packet in container.demux(stream) if packet.size]


def test_attachments_are_copied(tmp_path: Path) -> None:
    rewrite(with_extras(tmp_path / "in.mkv"), tmp_path / "out.mkv")
    assert attached(tmp_path / "in.mkv") == {"font.ttf": FONT}
    assert attached(tmp_path / "out.mkv") == {"font.ttf": FONT}


def test_a_cover_that_the_container_cannot_hold_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(with_extras(tmp_path / "in.mp4"), tmp_path / "out.mov")
    assert caplog.messages == [
        "cover track 2 (mjpeg) cannot be stored in a .mov file and is left out; write .mkv to keep it"
    ]


def test_only_the_first_video_is_encoded_anew(tmp_path: Path) -> None:
    source = with_extras(tmp_path / "in.mp4")
    rewrite(source, tmp_path / "out.mp4")
    assert read_packets(tmp_path / "out.mp4", "video") != read_packets(source, "video")


def old_recording(path: Path) -> Path:
    """Write a video whose sound fits into no container that is written; it begins 0.2 s after the picture."""
    with av.open(path, "w") as container:
        video = container.add_stream("wmv2", rate=25)
        video.width, video.height = 64, 48
        audio = container.add_stream("wmav2", rate=32_000, layout="mono")
        audio.bit_rate = 64_000
        for index in range(25):
            frame = dark_frame(index, (64, 48))
            frame.pts = index
            container.mux(video.encode(frame))
        sound = tone(0.7, 32_000)
        sound.pts, sound.time_base = 6_400, Fraction(1, 32_000)
        container.mux([*video.encode(), *audio.encode(sound), *audio.encode()])
    return path


def sound_of(path: Path) -> tuple[np.ndarray, int, float]:
    """Return the samples of the first channel, their rate, and when the first is heard, in seconds."""
    with av.open(path) as container:
        frames = list(container.decode(audio=0))
        first = frames[0]
        samples = np.concatenate([np.atleast_2d(frame.to_ndarray())[0] for frame in frames])
        scale = np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1
        return samples / scale, first.sample_rate, float((first.pts or 0) * first.time_base)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mkv", "flac"), (".mp4", "aac"), (".webm", "opus"), (".ts", "aac")]
)
def test_sound_that_cannot_be_copied_is_encoded_anew_in_time(
    tmp_path: Path, suffix: str, codec: str, caplog: pytest.LogCaptureFixture
) -> None:
    source, target = old_recording(tmp_path / "in.wmv"), tmp_path / f"out{suffix}"
    rewrite(source, target)
    (line,) = caplog.messages
    assert f"audio track 1 (wmav2) cannot be stored in a {suffix} file and is encoded anew" in line
    assert len(read_frames(target)) == 25
    with av.open(target) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == codec
    before, rate_before, start_before = sound_of(source)
    after, rate_after, start_after = sound_of(target)
    shift = float(read_frames(target)[0].time) - float(read_frames(source)[0].time)
    # The beep begins and ends when it did, to a fraction of a frame of sound.
    for edge in (0, -1):
        was, now = (
            start + np.flatnonzero(np.abs(samples) > 0.1)[edge] / rate
            for samples, rate, start in (
                (before, rate_before, start_before),
                (after, rate_after, start_after),
            )
        )
        assert now - was == pytest.approx(shift, abs=0.025)
    loudness = [np.sqrt(np.mean(samples[np.abs(samples) > 0] ** 2)) for samples in (before, after)]
    assert loudness[1] == pytest.approx(loudness[0], rel=0.1)


def with_early_sound(path: Path) -> Path:
    """Write a clip whose sound begins 64 ms before the picture, with what is not to be heard."""
    rich = make_clip(path.with_name("rich.mp4"), other_tracks=True)
    with av.open(rich) as source, av.open(path, "w") as target:
        tracks = {
            stream: target.add_stream_from_template(stream, opaque=True)
            for stream in (source.streams.video[0], source.streams.audio[0])
        }
        for packet in source.demux(*tracks):
            if packet.size:
                if packet.stream.type == "audio":
                    packet.pts, packet.dts = packet.pts - 1024, packet.dts - 1024
                packet.stream = tracks[packet.stream]
                target.mux(packet)
    return path


def test_what_sounds_before_0_is_cut_where_it_would_move_the_film(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, target = with_early_sound(tmp_path / "in.mp4"), tmp_path / "out.mkv"
    assert [packet.pts < 0 for packet in read_packets(source, "audio")][:2] == [True, False]
    rewrite(source, target)
    assert "track 1 begins 64 ms before 0, which a .mkv file cannot store, and is cut there" in caplog.text
    assert read_times(target) == read_times(source)
    before, after = read_packets(source, "audio")[1:], read_packets(target, "audio")
    assert [packet.data for packet in after] == [packet.data for packet in before]
    for new, old in zip(after, before, strict=True):
        assert abs(new.pts - old.pts) <= Fraction(1, 2000)
