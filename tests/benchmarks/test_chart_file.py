from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.chart_file import check_chart, save_chart
from zerodce.errors import OutputError


def test_a_place_where_no_chart_can_be_written_is_named_before_measuring(tmp_path: Path) -> None:
    check_chart(None)
    check_chart(tmp_path / "chart.png")
    with pytest.raises(OutputError, match=r"nowhere/chart\.png: No such file or directory; choose another"):
        check_chart(tmp_path / "nowhere" / "chart.png")
    with pytest.raises(OutputError, match=f"cannot write {tmp_path}: Is a directory; choose another place"):
        check_chart(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_chart_is_a_png_whatever_its_name(tmp_path: Path) -> None:
    save_chart(Figure(figsize=(1, 1)), tmp_path / "chart")
    assert Image.open(tmp_path / "chart").format == "PNG"
    with pytest.raises(OutputError, match=r"cannot write .*nowhere/chart\.png"):
        save_chart(Figure(figsize=(1, 1)), tmp_path / "nowhere" / "chart.png")
    assert [path.name for path in tmp_path.iterdir()] == ["chart"]
