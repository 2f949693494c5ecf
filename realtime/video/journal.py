"""What is done of a video, in a hidden file beside the target: an interrupted run goes on from there.

The file is a row of records that are only ever appended: who it is for, how it is encoded, and then packets,
and a joint at the end of each segment. What follows the last joint is the beginning of a segment that was not
finished, and is cut off. Each record has a checksum, and a joint is written when what is before it is on the
disk; so a power cut cannot leave a joint whose packets are not there.
"""

from __future__ import annotations

import errno
import fcntl
import io
import json
import logging
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import OutputError
from ..notes import note
from ..partial_file import being_made, hidden_name
from .key_frames import KeyFrame
from .segments import CannotResumeError, Joint

log = logging.getLogger(__name__)

_FORMAT = 1  # of the file; others are not read
_RECORD = struct.Struct("<cII")  # kind, length and CRC-32 of what follows
_LENGTH = struct.Struct("<I")
_OWNER, _EXTRADATA, _PACKET, _JOINT = b"O", b"E", b"P", b"J"
# The output needs room, too: when less is left, the journal makes some.
_ROOM = 64 << 20


class Journal:
    """The journal of one target, locked while it is open. For one thread.

    Attributes:
        joint: The end of the last segment that is kept; None if there is none.
    """

    def __init__(self, target: Path, owner: dict[str, Any], *, anew: bool = False) -> None:
        """Open the journal of a target, or begin one.

        Args:
            target: The output.
            owner: All that the output depends on, as JSON holds it. What is there for another is dropped.
            anew: Drop what is there in any case.

        Raises:
            OutputError: Another process is working on the target, or the folder cannot be written to.
        """
        self._target = target
        self._path = journal_path(target)
        self._file: BinaryIO | None = _locked(self._path, target)
        self.joint: Joint | None = None
        self._extradata = b""
        self._first_packet = self._end = 0
        content = json.dumps({"format": _FORMAT, "owner": owner}, sort_keys=True).encode()
        try:
            if not anew:
                self._recover(self._file, content)
            self._file.truncate(self._end)
            self._file.seek(self._end)
        except OSError as exc:
            self.close(keep=True)
            raise OutputError(f"{self._path} cannot be read ({exc.strerror}); remove it") from exc
        if self.joint is None:
            self._append(_OWNER, content)

    def settle(self, extradata: bytes) -> None:
        """Note what decoders need to know of all packets.

        Raises:
            CannotResumeError: It is not what the packets here were encoded with.
        """
        if self.joint is None:
            self._append(_EXTRADATA, extradata)
        elif extradata != self._extradata:
            raise CannotResumeError("the encoder makes something else than before")

    def packets(self) -> Iterator[bytes]:
        """Read what was kept when the journal was opened."""
        with self._path.open("rb") as file:
            file.seek(self._first_packet)
            while file.tell() < self._end:
                kind, content = _next_record(file, self._end)
                if kind == _PACKET:
                    yield content

    def add(self, packet: bytes) -> None:
        """Note a packet."""
        self._append(_PACKET, packet)

    def end_segment(self, joint: Joint) -> None:
        """Keep all that was added, whatever happens from now on."""
        self._sync()
        self._append(_JOINT, _bytes_from_joint(joint))
        self._sync()
        if self._file is not None:
            self.joint = replace(joint, state={})

    def close(self, *, keep: bool) -> None:
        """Unlock the journal; it goes, unless it is to be kept and holds a segment. May be called again."""
        if self._file is None:
            return
        file, self._file = self._file, None
        if not keep or self.joint is None:
            self._path.unlink(missing_ok=True)
        try:
            file.close()
        except OSError as exc:  # what follows the last joint does not count
            log.debug("closing %s: %s", self._path, exc)

    def _recover(self, file: BinaryIO, owner: bytes) -> None:
        """Find the last joint."""
        size = os.fstat(file.fileno()).st_size
        try:
            if _next_record(file, size) != (_OWNER, owner):
                return
            kind, self._extradata = _next_record(file, size)
            if kind != _EXTRADATA:
                return
            self._first_packet = file.tell()
            while True:
                kind, content = _next_record(file, size)
                if kind == _JOINT:
                    self.joint, self._end = _joint_from_bytes(content), file.tell()
        except EOFError:  # of what is whole
            return

    def _append(self, kind: bytes, content: bytes) -> None:
        if self._file is None:
            return
        try:
            disk = os.fstatvfs(self._file.fileno())
            if disk.f_bavail * disk.f_frsize < _ROOM + len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._file.write(_RECORD.pack(kind, len(content), zlib.crc32(content)))
            self._file.write(content)
        except OSError as exc:
            self._give_up(exc)

    def _sync(self) -> None:
        """Wait until all is on the disk."""
        if self._file is None:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as exc:
            self._give_up(exc)

    def _give_up(self, error: OSError) -> None:
        """Go on without, and make room for the output."""
        self.joint = None
        self.close(keep=False)
        note(
            "%s cannot be kept while it is made (%s): if this is interrupted, it begins anew",
            *(self._target, error.strerror),
        )


def journal_path(target: Path) -> Path:
    """Return where the journal of a target is."""
    return target.with_name(f"{hidden_name(target)}.unfinished")


def discard_journal(target: Path) -> None:
    """Remove the journal of a target, if there is one that nobody uses."""
    path = journal_path(target)
    if path.exists():
        _locked(path, target).close()
        path.unlink(missing_ok=True)


def _locked(path: Path, target: Path) -> BinaryIO:
    """Open a file that no other process has open so, and make it if there is none."""
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as exc:
            raise OutputError(
                f"cannot write to the folder {target.parent} ({exc.strerror}); choose another"
            ) from exc
        file = os.fdopen(handle, "r+b")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            file.close()
            raise OutputError(being_made(target)) from exc
        except OSError as exc:  # the file system has no locks
            log.debug("%s cannot be locked: %s", path, exc)
        try:
            if path.stat().st_ino == os.fstat(handle).st_ino:
                return file
        except FileNotFoundError:
            pass
        file.close()  # its process has just removed it


def _next_record(file: BinaryIO, size: int) -> tuple[bytes, bytes]:
    """Read the kind and the content of a record.

    Raises:
        EOFError: There is no further one that is whole.
    """
    head = file.read(_RECORD.size)
    if len(head) == _RECORD.size:
        kind, length, checksum = _RECORD.unpack(head)
        if length <= size - file.tell():
            content = file.read(length)
            if zlib.crc32(content) == checksum:
                return kind, content
    raise EOFError


def _bytes_from_joint(joint: Joint) -> bytes:
    facts = json.dumps(asdict(replace(joint, state={}))).encode()
    arrays = io.BytesIO()
    np.savez(arrays, allow_pickle=False, **joint.state)
    return _LENGTH.pack(len(facts)) + facts + arrays.getvalue()


def _joint_from_bytes(content: bytes) -> Joint:
    (length,) = _LENGTH.unpack_from(content)
    begin = _LENGTH.size + length
    facts = json.loads(content[_LENGTH.size : begin])
    with np.load(io.BytesIO(content[begin:]), allow_pickle=False) as arrays:
        state = dict(arrays)
    decode_from = facts["decode_from"]
    return Joint(
        **facts
        | {
            "decode_from": None if decode_from is None else KeyFrame(*decode_from),
            "damage": tuple(facts["damage"]),
            "state": state,
        }
    )
