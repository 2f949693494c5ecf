"""Stands in for zerodce-enhance, and does what its first argument says: see `test_corpus.py`."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path


def remux(
    source: str, target: str, *, drop_frame: bool = False, late: bool = False, mute: bool = False
) -> None:
    """Copy packets, but for what is to be wrong."""
    import av  # noqa: PLC0415 - most modes need it not

    with av.open(source) as reader, av.open(target, "w") as writer:
        kept = [s for s in reader.streams if not (mute and s.type == "audio")]
        copies = {s.index: writer.add_stream_from_template(s) for s in kept}
        for stream in kept:
            copies[stream.index].metadata.update(stream.metadata)
            copies[stream.index].disposition = stream.disposition
        writer.metadata.update(reader.metadata)
        writer.set_chapters(reader.chapters())
        for number, packet in enumerate(p for p in reader.demux() if p.dts is not None):
            if packet.stream.index not in copies or (drop_frame and number == 5):
                continue
            if late and packet.stream.type == "video" and packet.pts is not None and packet.pts > 5:
                packet.pts += 1
            packet.stream = copies[packet.stream.index]
            writer.mux(packet)


def main(mode: str, source: str, target: str) -> int:
    """Return the exit status."""
    match mode:
        case "copy":
            shutil.copy(source, target)
        case "drop" | "late" | "mute" | "mute and say so" | "mute and name the file":
            remux(source, target, drop_frame=mode == "drop", late=mode == "late", mute="mute" in mode)
            if mode == "mute and name the file":
                sys.stderr.write(f"fake: {source}: done\n")
            if mode == "mute and say so":
                sys.stderr.write("fake: audio track 1 cannot be stored and is left out\n")
        case "touch":
            shutil.copy(source, target)
            Path(source).touch()
        case "nothing":
            pass
        case "half":
            Path(target).write_bytes(Path(source).read_bytes()[:400])
        case "rest":
            shutil.copy(source, target)
            Path(target).with_name(".part").touch()
        case "crash":
            raise RuntimeError("oh")
        case "hang":
            time.sleep(60)
        case "refuse" | "refuse at length" | "refuse half-way":
            sys.stderr.write("fake: this cannot be read\n" * (2 if mode == "refuse at length" else 1))
            if mode == "refuse half-way":
                Path(target).touch()
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
