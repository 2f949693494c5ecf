"""The browser preview from the command line."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

from PIL import Image

from .command import COMMAND, contents, enhance

SOURCE = "lavfi:color=0x202830:size=160x90:rate=20"


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [*COMMAND, SOURCE, "http://127.0.0.1:0", "--feedback", "opinions"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        try:
            assert run.stderr is not None
            found = re.fullmatch(
                r"zerodce-enhance: preview at http://127\.0\.0\.1:(\d+)/\n", run.stderr.readline()
            )
            assert found
            status, png = 503, b""
            while status == 503:  # no picture yet
                connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=20)
                connection.request("GET", "/snapshot.png")
                answer = connection.getresponse()
                status, png = answer.status, answer.read()
                connection.close()
        finally:
            run.send_signal(signal.SIGINT)
            report, errors = run.communicate(timeout=30)
    assert status == 200
    assert Image.open(BytesIO(png)).size == (160, 90)
    assert (run.returncode, errors) == (0, "")
    assert report.startswith(SOURCE)
    assert (tmp_path / "opinions").is_dir()


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"http://127.0.0.1:{other.getsockname()[1]}"
        result = enhance(SOURCE, address, folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert re.fullmatch(r"zerodce-enhance: port \d+ of 127.0.0.1 is in use; choose another\n", result.stderr)


def test_a_bad_host_is_one_line(tmp_path: Path) -> None:
    result = enhance(SOURCE, "http://192.0.2.1:8080", folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("zerodce-enhance: 192.0.2.1 is not an address of this machine")
    assert result.stderr.count("\n") == 1


def test_feedback_needs_a_preview(tmp_path: Path) -> None:
    for arguments in ((SOURCE, "null://"), ("in.mp4", "out.mp4")):
        result = enhance(*arguments, "--feedback", "opinions", folder=tmp_path)
        assert result.returncode == 2
        assert "--feedback" in result.stderr
    assert contents(tmp_path) == {}
