"""A file is written with the tracks and properties of another, and what cannot be written is said."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import Disposition

from realtime.errors import OutputError
from realtime.options import Codec, EncoderOptions
from realtime.stage_times import StageTimes
from realtime.video.codecs import SOFTWARE
from realtime.video.reader import VideoReader
from realtime.video.writer import VideoWriter

from ...clips import BT709, make_clip, read_packets, read_times


def rewrite(source: Path, target: Path, options: EncoderOptions | None = None) -> int:
    """Decode a file and encode it anew; return the number of frames."""
    with VideoReader(source) as reader, VideoWriter(target, reader, options or EncoderOptions()) as writer:
        for item in reader:
            writer.write(item)
    return writer.frames


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "in.mp4", size_wh=(96, 80), pts=range(6))


@pytest.mark.parametrize("codec", SOFTWARE)
def test_every_codec_encodes_every_frame_with_its_time(tmp_path: Path, video: Path, codec: Codec) -> None:
    target = tmp_path / "out.mkv"
    assert rewrite(video, target, EncoderOptions(codec=codec)) == 6
    assert read_times(target) == read_times(video)
    with av.open(target) as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == codec.value


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts", ".m2ts"])
def test_every_container_keeps_the_times(tmp_path: Path, suffix: str) -> None:
    source = make_clip(tmp_path / f"in{suffix}", options={"bf": "2"}, pts=[0, 1, 4, 5, 6, 12])
    rewrite(source, tmp_path / f"out{suffix}")
    assert read_times(tmp_path / f"out{suffix}") == read_times(source)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_properties_of_the_picture_are_kept(tmp_path: Path, suffix: str) -> None:
    source = make_clip(
        tmp_path / f"in{suffix}", colour=BT709, aspect=Fraction(4, 3), rotation_deg=90, pts=range(3)
    )
    rewrite(source, tmp_path / f"out{suffix}")
    with av.open(tmp_path / f"out{suffix}") as container:
        stream = container.streams.video[0]
        assert {tag: getattr(stream.codec_context, tag) for tag in BT709} == BT709
        assert stream.sample_aspect_ratio == Fraction(4, 3)
        assert next(container.decode(stream)).rotation == 90


def test_tracks_keep_their_languages_and_purposes(tmp_path: Path) -> None:
    rewrite(make_clip(tmp_path / "in.mkv", other_tracks=True), tmp_path / "out.mkv")
    purpose = Disposition.default | Disposition.original
    with av.open(tmp_path / "out.mkv") as container:
        video, audio, subtitles = container.streams
        assert [track.metadata["language"] for track in (video, audio, subtitles)] == ["eng", "deu", "fra"]
        assert (video.disposition, audio.disposition) == (purpose, purpose)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_tags_of_any_name_are_kept(tmp_path: Path, suffix: str) -> None:
    tags = {"title": "Night", "com.android.version": "14", "RATING": "5"}
    source, target = make_clip(tmp_path / "plain.mp4", pts=range(3)), tmp_path / f"out{suffix}"
    with av.open(source) as reader, av.open(tmp_path / "in.mkv", "w") as writer:
        track = writer.add_stream_from_template(reader.streams.video[0])
        writer.metadata.update(tags)
        for packet in reader.demux(video=0):
            if packet.size:
                packet.stream = track
                writer.mux(packet)
    rewrite(tmp_path / "in.mkv", target)
    with av.open(target) as container:
        kept = {name.lower(): value for name, value in container.metadata.items()}
    assert {name.lower(): value for name, value in tags.items()}.items() <= kept.items()


def test_titles_of_tracks_are_those_of_their_handlers_in_mp4(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "rich.mkv", other_tracks=True)
    with VideoReader(source) as reader:
        reader.video.metadata["title"] = "Night"
        reader.container.streams.audio[0].metadata["title"] = "Comments"
        with VideoWriter(tmp_path / "out.mov", reader, EncoderOptions()) as writer:
            for item in reader:
                writer.write(item)
    with av.open(tmp_path / "out.mov") as container:
        assert container.streams.video[0].metadata["handler_name"] == "Night"
        tags = container.streams.audio[0].metadata
    assert (tags["handler_name"], tags["language"]) == ("Comments", "ger")  # as QuickTime has it, not "deu"


def test_tracks_that_the_container_cannot_hold_are_left_out_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_clip(tmp_path / "in.mp4", other_tracks=True)
    with caplog.at_level(logging.WARNING):
        rewrite(source, tmp_path / "out.mkv")
    assert caplog.messages == [
        "subtitle track 2 (mov_text) cannot be stored in a .mkv file and is left out; write .mp4 to keep it"
    ]
    assert read_packets(tmp_path / "out.mkv", "audio") == read_packets(source, "audio")


def test_tags_titles_and_chapters_that_a_transport_stream_cannot_hold_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_clip(tmp_path / "in.mkv", other_tracks=True)
    with VideoReader(source) as reader:
        reader.container.metadata["title"] = "Night"
        reader.container.streams.audio[0].metadata["title"] = "Comments"
        with caplog.at_level(logging.WARNING):
            VideoWriter(tmp_path / "out.ts", reader, EncoderOptions()).__exit__(OSError, OSError(), None)
    assert caplog.messages[-1] == (
        "not kept, as a .ts file has no place for it: the tag 'title', the chapters, "
        "the title of audio track 1; write .mkv to keep it"
    )


def test_an_empty_track_that_an_mp4_file_drops_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_clip(tmp_path / "in.mkv", pts=range(3))
    with av.open(source) as reader, av.open(tmp_path / "empty.mkv", "w") as writer:
        track = writer.add_stream_from_template(reader.streams.video[0])
        writer.add_stream("aac", rate=48_000)
        for packet in reader.demux(video=0):
            if packet.size:
                packet.stream = track
                writer.mux(packet)
    with caplog.at_level(logging.WARNING):
        rewrite(tmp_path / "empty.mkv", tmp_path / "out.mp4")
    assert caplog.messages == ["audio track 1 is empty, which a .mp4 file cannot store, and is left out"]
    caplog.clear()
    rewrite(tmp_path / "empty.mkv", tmp_path / "out.mkv")
    assert caplog.messages == []


@pytest.mark.parametrize(("suffix", "before"), [(".ts", 0), (".m2ts", 4), (".MTS", 4)])
def test_transport_streams_of_camcorders_have_a_clock_before_each_packet(
    tmp_path: Path, video: Path, suffix: str, before: int
) -> None:
    rewrite(video, tmp_path / f"out{suffix}")
    content = (tmp_path / f"out{suffix}").read_bytes()
    assert {content[at] for at in range(before, len(content), 188 + before)} == {ord("G")}


def test_the_index_of_an_mp4_file_comes_first(tmp_path: Path, video: Path) -> None:
    rewrite(video, tmp_path / "out.mp4")
    content = (tmp_path / "out.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("out.xyz", EncoderOptions(), r"files named '\.xyz' are not written; use \.mkv \.mp4"),
        ("out", EncoderOptions(), r"name has no suffix; add one of \.mkv .*, or a / if it is a folder"),
        ("out.webm", EncoderOptions(codec=Codec.H264), r"a \.webm file cannot hold h264; choose another"),
        ("out.ogv", EncoderOptions(), r"files named '\.ogv' are not written"),
        ("out.avi", EncoderOptions(), r"files named '\.avi' are not written"),
        ("out.mp4", EncoderOptions(preset="warp"), "h264 has no preset .warp.; choose one of ultrafast"),
        ("out.mp4", EncoderOptions(codec=Codec.HEVC, crf=60), "libx265 refuses 96x80 yuv420p with .*crf=60"),
    ],
)
def test_what_cannot_be_written_is_explained(
    tmp_path: Path, video: Path, name: str, options: EncoderOptions, complaint: str
) -> None:
    with VideoReader(video) as reader, pytest.raises(OutputError, match=complaint):
        VideoWriter(tmp_path / name, reader, options)


def test_encoding_is_timed(tmp_path: Path, video: Path) -> None:
    times = StageTimes()
    with (
        VideoReader(video) as reader,
        VideoWriter(tmp_path / "out.mp4", reader, EncoderOptions(), times=times) as writer,
    ):
        for item in reader:
            writer.write(item)
    assert list(times.mean_ms(6)) == ["encode"]


def test_an_error_is_not_hidden_by_the_unfinished_file(tmp_path: Path, video: Path) -> None:
    def fail_half_way() -> None:
        with VideoReader(video) as reader, VideoWriter(tmp_path / "out.mp4", reader, EncoderOptions()):
            raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        fail_half_way()
