"""Sound that is copied stays in time, whatever the two containers count in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.options import EncoderOptions
from realtime.video.reader import VideoReader
from realtime.video.writer import VideoWriter

from ...clips import PacketCopy, dark_frame, make_clip, read_packets, read_times

RATE = 48_000


def rewrite(source: Path, target: Path) -> None:
    with VideoReader(source) as reader, VideoWriter(target, reader, EncoderOptions()) as writer:
        for item in reader:
            writer.write(item)


def with_raw_sound(
    path: Path, *, samples: int, codec: str = "pcm_s16le", pause: range = range(0), pace: float = 1
) -> Path:
    """Write a second of video and of samples, so many a packet.

    Args:
        path: The file.
        samples: How many a packet holds.
        codec: FFmpeg's name of the kind of samples.
        pause: Samples that are left out, counted from the beginning.
        pace: How fast the stored times go, against the samples.
    """
    with av.open(path, "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height = 64, 48
        audio = container.add_stream(codec, rate=RATE, layout="mono")
        resampler = av.AudioResampler(audio.codec_context.format, "mono", RATE)
        for index in range(25):
            frame = dark_frame(index, (64, 48))
            frame.pts = index
            container.mux(video.encode(frame))
        container.mux(video.encode())
        for start in range(0, RATE, samples):
            if start in pause:
                continue
            codes = (np.arange(start, start + samples) % 30_000).astype(np.int16)[np.newaxis]
            sound = av.AudioFrame.from_ndarray(codes, format="s16", layout="mono")
            sound.sample_rate = RATE
            for each in resampler.resample(sound):
                each.pts, each.time_base = round(pace * start), Fraction(1, RATE)
                container.mux(audio.encode(each))
    return path


def end_of(packets: list[PacketCopy]) -> Fraction:
    """Return when the last packet of samples ends, in seconds."""
    return packets[-1].pts + Fraction(len(packets[-1].data), 2 * RATE)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_packets_shorter_than_the_clock_ticks_do_not_drift(tmp_path: Path, suffix: str) -> None:
    # TrueHD has 40 samples a packet, 0.83 ms, and Matroska counts milliseconds.
    source = with_raw_sound(tmp_path / "in.mkv", samples=40)
    target = tmp_path / f"out{suffix}"
    rewrite(source, target)
    before, after = read_packets(source, "audio"), read_packets(target, "audio")
    assert b"".join(packet.data for packet in after) == b"".join(packet.data for packet in before)
    assert abs(end_of(after) - end_of(before)) <= Fraction(1, 1000)
    if suffix == ".mkv":  # others are read in larger packets
        assert [packet.pts for packet in after] == [packet.pts for packet in before]


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_samples_of_which_only_the_channels_are_counted_are_copied(tmp_path: Path, suffix: str) -> None:
    source = with_raw_sound(tmp_path / "in.mkv", samples=1000)
    with av.open(source) as container:
        assert container.streams.audio[0].layout.name == "1 channels"
    rewrite(source, tmp_path / f"out{suffix}")
    before, after = (read_packets(path, "audio") for path in (source, tmp_path / f"out{suffix}"))
    assert b"".join(packet.data for packet in after) == b"".join(packet.data for packet in before)


def heard(path: Path) -> np.ndarray:
    """Return what is heard of a second and a half, (72000,) float32 in [-1, 1]."""
    heard = np.zeros(RATE * 3 // 2, np.float32)
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(path) as container:
        for frame in container.decode(audio=0):
            begin = round(frame.time * RATE)
            for piece in resampler.resample(frame):
                heard[begin : begin + piece.samples] = piece.to_ndarray()[0]
    return heard


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "pcm_s16le"), (".mp4", "pcm_s24le"), (".mp4", "pcm_f32le")]
    + [(".mov", f"pcm_{kind}") for kind in ("s16le", "s24be", "f32le", "u8", "alaw", "mulaw")],
)
def test_a_pause_of_uncompressed_sound_lasts_as_long(tmp_path: Path, codec: str, suffix: str) -> None:
    # These containers store how many samples there are, and no times.
    source = with_raw_sound(tmp_path / "in.nut", samples=1000, codec=codec, pause=range(12_000, 36_000))
    rewrite(source, tmp_path / f"out{suffix}")
    before, after = heard(source), heard(tmp_path / f"out{suffix}")
    begin = round(read_times(source)[0] * RATE)
    # The least that A-law can say is 8 of 32768.
    np.testing.assert_allclose(
        after, np.roll(before, -begin), rtol=0, atol=3e-4 if codec == "pcm_alaw" else 0
    )


def test_a_pause_is_filled_where_the_times_that_are_stored_go_faster_than_the_sound(tmp_path: Path) -> None:
    source = with_raw_sound(tmp_path / "in.mkv", samples=1000, pause=range(30_000, 40_000), pace=1.1)
    rewrite(source, tmp_path / "out.mov")
    assert (
        abs(end_of(read_packets(tmp_path / "out.mov", "audio")) - end_of(read_packets(source, "audio"))) < 0.1
    )


def test_a_pause_of_hours_is_said_rather_than_filled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = with_raw_sound(tmp_path / "in.mkv", samples=24_000, pace=8000)
    rewrite(source, tmp_path / "out.mov")
    assert caplog.messages == [
        "audio track 1 pauses for 3999 s at 0 s, which cannot be stored; it goes on at once"
    ]
    assert end_of(read_packets(tmp_path / "out.mov", "audio")) == 1


def test_what_an_edit_list_hides_does_not_move_the_film(tmp_path: Path) -> None:
    # As where a cut was made without encoding anew: 0.5 s of sound come before what is shown.
    rich, source = make_clip(tmp_path / "rich.mp4", other_tracks=True), tmp_path / "in.mp4"
    with av.open(rich) as reader, av.open(source, "w") as writer:
        tracks = {
            stream: writer.add_stream_from_template(stream, opaque=True)
            for stream in (reader.streams.video[0], reader.streams.audio[0])
        }
        for packet in reader.demux(*tracks):
            if packet.size:
                if packet.stream.type == "audio":
                    packet.pts, packet.dts = packet.pts - 7168, packet.dts - 7168
                packet.stream = tracks[packet.stream]
                writer.mux(packet)
    assert read_packets(source, "audio")[0].pts < Fraction(-4, 10)
    rewrite(source, tmp_path / "out.mkv")
    assert read_times(tmp_path / "out.mkv") == read_times(source)
    heard = [packet for packet in read_packets(source, "audio") if packet.pts >= 0]
    after = read_packets(tmp_path / "out.mkv", "audio")
    assert [packet.data for packet in after[-len(heard) :]] == [packet.data for packet in heard]
    assert len(after) <= len(heard) + 1
