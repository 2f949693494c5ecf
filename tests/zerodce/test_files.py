from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from zerodce.errors import OutputError
from zerodce.files import check_place, make_folder, replacing, write_json


def write_half(path: Path) -> None:
    with replacing(path) as partial:
        partial.write_text("half a fi")
        raise RuntimeError("stopped")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, {"value": 1})
    with pytest.raises(RuntimeError, match="stopped"):
        write_half(path)
    assert path.read_text() == '{\n  "value": 1\n}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_file_names_of_any_bytes_can_be_written(tmp_path: Path) -> None:
    name = os.fsdecode(b"low\xff")
    write_json(tmp_path / "value.json", [name])
    assert json.loads((tmp_path / "value.json").read_text(encoding="utf-8")) == [name]


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot write .*nowhere/value\.json: No such file or directory"):
        write_json(tmp_path / "nowhere" / "value.json", 1)
    with pytest.raises(OutputError, match=r"cannot create the folder .*file/run: Not a directory"):
        make_folder(tmp_path / "file" / "run")


def test_a_place_is_checked_without_a_trace(tmp_path: Path) -> None:
    write_json(tmp_path / "value.json", 1)
    before = (tmp_path / "value.json").stat()
    for name in ("value.json", "new.json"):
        check_place(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["value.json"]
    assert (tmp_path / "value.json").stat() == before
    with pytest.raises(OutputError, match=r"cannot write .*nowhere/value\.json: No such file or directory"):
        check_place(tmp_path / "nowhere" / "value.json")
    with pytest.raises(OutputError, match=rf"cannot write {tmp_path}: Is a directory; choose another place"):
        check_place(tmp_path)
