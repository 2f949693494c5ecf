"""What an output depends on, of whatever kind, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime.errors import ModelError
from realtime.options import Codec, Decoder, EncoderOptions, EnhancerOptions, FileOptions, SmoothingOptions
from realtime.settings import Kind, make_the_same, note_unused_options, settings_of

USUAL = EnhancerOptions(threads=1)
MOVING = {Kind.ANIMATION, Kind.VIDEO}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_text("one")
    return path


def settings(
    model: Path,
    enhancer: EnhancerOptions = USUAL,
    encoder: EncoderOptions | None = None,
    files: FileOptions | None = None,
) -> dict[str, Any]:
    return settings_of(model, enhancer, encoder or EncoderOptions(), files or FileOptions())


def test_settings_are_all_that_the_output_depends_on(model: Path) -> None:
    usual = settings(model)
    assert settings(model, replace(USUAL, threads=7)) == usual
    assert settings(model, files=FileOptions(overwrite=True)) == usual
    assert settings(model, files=FileOptions(decoder=Decoder.NVDEC)) == usual
    assert settings(model, replace(USUAL, strength=0.5)) != usual
    assert settings(model, files=FileOptions(keep_partial=True)) != usual
    model.write_text("two")
    assert settings(model) != usual
    model.unlink()
    with pytest.raises(ModelError, match="cannot read "):
        settings(model)


@pytest.mark.parametrize(
    ("enhancer", "encoder", "matter_to"),
    [
        (replace(USUAL, denoise=True), EncoderOptions(), set(Kind)),
        (replace(USUAL, estimate_every="auto"), EncoderOptions(), MOVING),
        (replace(USUAL, smoothing=SmoothingOptions(seconds=1)), EncoderOptions(), MOVING),
        (USUAL, EncoderOptions(codec=Codec.FFV1), {Kind.VIDEO}),
        (USUAL, EncoderOptions(crf=30, preset="fast"), {Kind.VIDEO}),
        (replace(USUAL, map_size=128), EncoderOptions(), set(Kind)),
        (replace(USUAL, shadow_floor=0), EncoderOptions(), set(Kind)),
        (replace(USUAL, strength=0.5), EncoderOptions(), set(Kind)),
    ],
)
def test_a_setting_matters_to_some_kinds(
    model: Path, enhancer: EnhancerOptions, encoder: EncoderOptions, matter_to: set[Kind]
) -> None:
    usual, other = settings(model), settings(model, enhancer, encoder)
    for kind in Kind:
        assert make_the_same(usual, kind, other) is (kind not in matter_to)
        assert make_the_same(other, kind, usual) is (kind not in matter_to)


@pytest.mark.parametrize("files", [FileOptions(keep_partial=True), FileOptions(tonemap=True)])
def test_what_came_out_without_a_permission_needed_none(model: Path, files: FileOptions) -> None:
    without, permitted = settings(model), settings(model, files=files)
    assert make_the_same(without, Kind.VIDEO, permitted)
    assert not make_the_same(permitted, Kind.VIDEO, without)
    assert make_the_same(permitted, Kind.IMAGE, without)


def test_a_setting_that_was_not_there_yet_matters(model: Path) -> None:
    usual = settings(model)
    assert not make_the_same(usual, Kind.IMAGE, usual | {"contrast": 1})


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (
            Kind.IMAGE,
            "of no effect on an image: --codec, --crf, --estimate-every, --keep-partial, --preset, "
            "--smoothing, --tonemap",
        ),
        (Kind.ANIMATION, "of no effect on an animation: --codec, --crf, --keep-partial, --preset, --tonemap"),
        (Kind.VIDEO, None),
    ],
)
def test_options_that_nothing_depends_on_are_mentioned(
    kind: Kind, line: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    enhancer = replace(USUAL, strength=0.5, estimate_every=4, smoothing=SmoothingOptions(seconds=1))
    encoder = EncoderOptions(codec=Codec.FFV1, crf=30, preset="fast")
    note_unused_options(kind, enhancer, encoder, FileOptions(keep_partial=True, tonemap=True))
    assert caplog.messages == ([] if line is None else [line])


def test_options_that_are_as_usual_are_not_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    note_unused_options(Kind.IMAGE, USUAL, EncoderOptions(), FileOptions(overwrite=True))
    assert caplog.messages == []
