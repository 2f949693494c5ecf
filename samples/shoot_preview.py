"""Draw `preview.jpg`: the browser preview of the sample clip, in the Chromium that is installed.

    .venv/bin/python samples/shoot_preview.py

Its figures are those of the machine at that moment.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
COMMAND = [
    *(sys.executable, "-m", "realtime"),
    "lavfi:movie=night_walk.mp4,trim=end=3,loop=-1:size=90,setpts=N/FRAME_RATE/TB",  # until its cut
    *("http://127.0.0.1:0", "--feedback", "."),  # only to show its buttons: nobody presses them
]
WARM_UP_MS = 6000


def main() -> None:
    """Run the command and take a picture of its page."""
    with subprocess.Popen(COMMAND, cwd=FOLDER, stderr=subprocess.PIPE, text=True) as preview:
        assert preview.stderr is not None
        address = re.search(r"http://\S+", preview.stderr.readline())
        if address is None:
            sys.exit("the preview does not start")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox"] if os.geteuid() == 0 else [],
            )
            page = browser.new_page(viewport={"width": 1120, "height": 800})
            page.goto(address[0])
            page.wait_for_selector("#frame:not(.empty)")
            page.wait_for_timeout(WARM_UP_MS)
            page.screenshot(path=FOLDER / "preview.jpg", type="jpeg", quality=82)
            browser.close()
        preview.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
