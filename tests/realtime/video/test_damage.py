"""Files that are not whole are found out."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from realtime.errors import InputError
from realtime.video.damage import missing_end

from ...clips import make_clip


def test_an_input_that_goes_while_it_is_read_is_named(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mkv", pts=range(3))
    with av.open(path) as container:
        assert missing_end(path, container, seen_s=0.12) is None
        path.unlink()
        with pytest.raises(
            InputError, match=r"in\.mkv cannot be read any more \(No such file or directory\)"
        ):
            missing_end(path, container, seen_s=0.12)
