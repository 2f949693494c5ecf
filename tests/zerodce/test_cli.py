"""The command line: what it prints, and how it ends."""

from __future__ import annotations

import json
import logging
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from zerodce.card import card_path, write_card
from zerodce.cli import main
from zerodce.model import dce_net
from zerodce.model_files import save_network

MakePictures = Callable[..., list[Path]]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """Undo what a command line sets in its own process, so that the tests that follow find nothing of it."""
    loggers = {name: logging.getLogger(name) for name in ("zerodce", "export", "realtime", "benchmarks")}
    levels = {name: logger.level for name, logger in loggers.items()}
    on_termination = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, on_termination)
    for name, level in levels.items():
        loggers[name].setLevel(level)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], as_it_was: None) -> Run:
    """Return a function that runs `zerodce-train` and returns its exit status, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["zerodce-train", *map(str, arguments)])
        with pytest.raises(SystemExit, match=r"^\d$") as ended:
            main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return command


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "net.keras"
    save_network(dce_net(), path)
    write_card(path, {})
    return path


def assert_fails(result: tuple[int, str, str], message: str) -> None:
    status, _, err = result
    assert status == 1
    assert re.fullmatch(rf"zerodce-train: {message}.*\n", err), err


def test_fit_then_resume(run: Run, make_pictures: MakePictures, tmp_path: Path) -> None:
    low = make_pictures("low", 4)[0].parent
    out = tmp_path / "run"
    fit = ("fit", low, "--out", out, "--batch-size", 2, "--size", 16, "--test-count", 0, "--train-count", 4)

    status, printed, err = run(*fit, "--epochs", 1, "--licence", "CC0-1.0")

    assert status == 0
    assert printed == f"pictures: 0 to test, 4 to train, 0 to validate\nwrote {out / 'zero-dce.keras'}\n"
    assert re.fullmatch(r"epoch 1/1: loss \d+\.\d{4}\n", err)
    card = json.loads(card_path(out / "zero-dce.keras").read_text())
    assert card["licence"] == "CC0-1.0"
    assert card["parameters"] == 79416
    assert card["data"] == {"folders": ["low"], "train": 4, "validation": 0, "test": 0, "darkening": None}
    assert_fails(run(*fit, "--epochs", 2), ".*/run already holds a run: continue it with --resume")
    assert_fails(run(*fit, "--resume", "--seed", 3), ".*its seed was 0, and now is 3; use the same options")

    status, _, err = run(*fit, "--epochs", 2, "--resume")

    assert status == 0
    assert re.fullmatch(r"epoch 2/2: loss \d+\.\d{4}\n", err)


@pytest.mark.parametrize("network", ["zero-dce", "context"])
def test_a_batch_that_no_memory_holds_is_refused_before_anything_is_written(
    run: Run, make_pictures: MakePictures, tmp_path: Path, network: str
) -> None:
    low = make_pictures("low", 2)[0].parent
    out = tmp_path / "run"
    fit = ("fit", low, "--network", network, "--out", out, "--batch-size", 2, "--test-count", 0)
    assert_fails(
        run(*fit, "--size", 4_000_000),
        r"a batch of 2 pictures of 4000000×4000000 takes some [0-9,.]+ GB of memory, "
        r"and this (machine|container) has [0-9,.]+; lower --size or --batch-size",
    )
    assert not out.exists()


def test_a_supervised_run_of_the_context_network(
    run: Run, make_pictures: MakePictures, tmp_path: Path
) -> None:
    folder = make_pictures("photographs", 10, brightness=0.8)[0].parent
    options = ("--darken", "--supervised", "--network", "context", "--structure-weight", 0.25)
    status, printed, _ = run("fit", folder, "--quick", *options, "--out", tmp_path / "run")
    weights = tmp_path / "run" / "context.keras"
    assert (status, printed.splitlines()[-1]) == (0, f"wrote {weights}")
    card = json.loads(card_path(weights).read_text())
    assert (card["network"], card["parameters"]) == ("context_net", 35_155)
    assert card["data"]["darkening"]["dark_mean"] == [0.015, 0.28]
    assert card["options"]["reference_losses"]["structure"] == 0.25
    assert (tmp_path / "run" / "history.png").exists()


def test_fit_says_what_is_wrong(run: Run, make_pictures: MakePictures, tmp_path: Path) -> None:
    low = make_pictures("low", 10)[0].parent
    few = make_pictures("few", 3)[0].parent
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    options = ("--quick", "--out", tmp_path / "run")
    assert_fails(
        run("fit", tmp_path / "nowhere", *options), "cannot list .*nowhere: No such file or directory"
    )
    assert_fails(run("fit", tmp_path / "empty", *options), "no pictures in .*empty: files named")
    assert_fails(
        run("fit", few, *options), "3 pictures found, 2 of them kept for testing: .* 4 are the least, or"
    )
    assert_fails(run("fit", low, *options, "--high", few.parent / "empty"), "no pictures in .*empty")
    assert_fails(run("fit", low, *options, "--resume"), "nothing to resume in .*run: leave --resume out")
    assert_fails(
        run("fit", low, "--quick", "--out", tmp_path / "file" / "run"), "cannot create the folder .*run: "
    )


def test_fit_tells_before_training_that_test_pictures_do_not_fit_their_references(
    run: Run, make_pictures: MakePictures, tmp_path: Path
) -> None:
    low = make_pictures("low", 10)[0].parent
    high = make_pictures("high", 10, size_wh=(20, 30))[0].parent
    options = ("--quick", "--out", tmp_path / "run")
    assert_fails(run("fit", low, *options, "--high", high), ".*00.png has 40×30 pixels and .*20×30: the pict")
    assert not (tmp_path / "run").exists()


def test_fit_names_a_corrupt_picture(run: Run, make_pictures: MakePictures, tmp_path: Path) -> None:
    pictures = make_pictures("low", 10)
    pictures[4].write_bytes(b"no picture")
    assert_fails(
        run("fit", tmp_path / "low", "--quick", "--out", tmp_path / "run"), "cannot read .*low/04.png: "
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fit",), "Missing argument"),
        (("fit", "low", "--epochs", "0"), "epochs must be at least 1, not 0"),
        (("fit", "low", "--exposure-level", "2"), "exposure level must lie between 0 and 1, not 2.0"),
        (("fit", "low", "--epochs", "many"), "valid int"),
        (("fit", "low", "--high", "high", "--test-count", "0"), "--test-count 0 sets none aside"),
        (("fit", "low", "--resume", "--overwrite"), "--overwrite replaces it: choose one"),
        (("evaluate", "net.keras", "low", "high", "--map-size", "3"), "--map-size"),
        (("paint",), "No such command 'paint'"),
    ],
)
def test_wrong_usage_ends_with_2(run: Run, arguments: tuple[str, ...], message: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_evaluate(run: Run, make_pictures: MakePictures, network: Path, tmp_path: Path) -> None:
    for folder, brightness in (("low", 0.1), ("high", 0.7)):
        make_pictures(folder, 2, brightness=brightness)
    folders = (tmp_path / "low", tmp_path / "high")

    status, out, err = run(
        "evaluate", network, *folders, "--sheet", tmp_path / "sheet.png", "--record", "two"
    )
    assert (status, err) == (0, "")
    assert "average over 2 pairs" in out
    assert "auto-gamma" in out
    assert Image.open(tmp_path / "sheet.png").format == "PNG"

    status, out, err = run("evaluate", network, *folders, "--map-size", 16, "--json", "--record", "two")
    assert (status, err) == (0, "")
    printed = json.loads(out)
    assert printed["pairs"] == 2
    assert set(printed["scores"]) == {"input", "gamma 0.4", "auto-gamma", "model, maps at 16"}
    recorded = json.loads(card_path(network).read_text())["scores"]["two"]
    assert set(recorded) == {*printed["scores"], "model"}
    assert recorded["input"]["ssim"] == pytest.approx(printed["scores"]["input"]["ssim"], abs=1e-4)


def test_evaluate_says_what_is_wrong(
    run: Run, make_pictures: MakePictures, network: Path, tmp_path: Path
) -> None:
    low, high = make_pictures("low", 2)[0].parent, make_pictures("high", 2)[0].parent
    other = make_pictures("other", 2, size_wh=(20, 30))[0].parent
    one = make_pictures("one", 1)[0].parent
    assert_fails(
        run("evaluate", tmp_path / "no.keras", low, high), r"no model at .*no\.keras: name a \.keras file"
    )
    assert_fails(
        run("evaluate", network, low, one), "1 of 2 dark pictures have no reference in .*one, the first"
    )
    assert_fails(run("evaluate", network, low, other), ".*00.png has 40×30 pixels and .*00.png has 20×30: ")


def test_evaluate_says_before_it_judges_that_a_result_cannot_be_written(
    run: Run, make_pictures: MakePictures, network: Path, tmp_path: Path
) -> None:
    low, high = make_pictures("low", 2)[0].parent, make_pictures("high", 2)[0].parent
    for sheet, message in (
        ("nowhere/sheet.png", "cannot write .*sheet.png: No such file"),
        (
            "sheet.psd",
            "cannot write .*sheet.psd: pictures are not written as '.psd'; use a name that ends in",
        ),
    ):
        result = run("evaluate", network, low, high, "--sheet", tmp_path / sheet)
        assert_fails(result, message)
        assert result[1] == ""  # no scores
    card_path(network).unlink()
    result = run("evaluate", network, low, high, "--record", "two")
    assert_fails(result, "cannot read the card .*; only a model with a card keeps scores")
    assert result[1] == ""


def test_infer(run: Run, make_pictures: MakePictures, network: Path, tmp_path: Path) -> None:
    (picture,) = make_pictures("low", 1)
    assert run("infer", network, picture, tmp_path / "out.png", "--map-size", 32) == (0, "", "")
    assert Image.open(tmp_path / "out.png").size == (40, 30)
    assert_fails(
        run("infer", network, tmp_path / "no.png", tmp_path / "out.png"), "cannot read .*no.png: No such file"
    )
    assert_fails(
        run("infer", network, picture, tmp_path / "out.xyz"), "cannot write .*out.xyz: pictures are not"
    )


@pytest.mark.parametrize("command", ["fit", "evaluate", "infer"])
def test_help(run: Run, command: str) -> None:
    status, out, err = run(command, "--help")
    assert (status, err) == (0, "")
    assert "Usage: zerodce-train " + command in out
