"""The file of a journal: JSON lines that only their owner can read, whole or not there.

Several processes may write one, each entry is flushed to the disk before its write is sent, and
a last line torn by a crash is dropped, as its write was never sent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ikas_explore.errors import StorageError
from ikas_explore.system.files import is_trap


@dataclass(frozen=True)
class Entry:
    """One write: a save of one endpoint, or a delete.

    Attributes
    ----------
    id : str
    written_at : str
        ISO time, UTC.
    base_url : str
        Where the store is, so that a sandbox's writes are never undone at ikas.
    store : str
    before, after : mapping of str to str or None
        Scope to endpoint, None where nothing stood or stands.
    sales_channels : bool
        Whether the write named sales channels; which ones stood there cannot be read.
    """

    id: str
    written_at: str
    base_url: str
    store: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]
    sales_channels: bool = False


class JournalFile:
    """The lines of a file: ``{"write": an Entry}``, or ``{"taken": its id}``.

    Parameters
    ----------
    path : Path
        Folders are made with the first line.

    Raises
    ------
    StorageError
        From every method: the file cannot be read or written, or holds something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, record: dict[str, Any], *, failed: str) -> None:
        """Add a line; `failed` says what follows for the stores when that cannot be done."""
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
            if self._path.exists() and not self._path.is_file():
                raise OSError("it is no file")
            self._refuse_trap()
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(handle, "r+b", buffering=0) as file:
                _exclusively(file.fileno())
                content = file.read()
                if not _is_journal(content):
                    raise OSError("it holds something else, which is left as it is")
                os.chmod(self._path, 0o600)  # one that was there before may be wider
                end = _end_of_whole_lines(content)
                torn = content[end:]
                if torn and _parsed(torn):  # whole, but for its line end: an editor's work
                    line, end = b"\n" + line, len(content)
                try:
                    file.truncate(end)
                    file.seek(end)
                    while line:  # unbuffered: a short write is followed by one that says why
                        line = line[file.write(line) :]
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(end)  # a full disk must not leave half an entry
                    raise
        except OSError as error:
            raise StorageError(
                f"The journal {str(self._path)!r} cannot be written: {error}. {failed}"
            ) from error

    def read(self) -> list[dict[str, Any]]:
        """Return all lines, in their order."""
        try:
            self._refuse_trap()
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(
                f"The journal {str(self._path)!r} cannot be read: {error}."
            ) from error
        end = _end_of_whole_lines(content)
        records = []
        for number, line in enumerate(content[:end].split(b"\n")[:-1], start=1):
            record = _parsed(line)
            if record is None:
                raise StorageError(
                    f"Line {number} of {str(self._path)!r} is no entry of a journal. Move the "
                    "file away to begin a new one."
                )
            records.append(record)
        last = _parsed(content[end:])
        return [*records, last] if last else records

    def _refuse_trap(self) -> None:
        if is_trap(self._path):
            raise OSError("it belongs to another user and lies where everybody may write")


def _is_journal(content: bytes) -> bool:
    """Tell whether a file is empty or begins as a journal does, be its only entry torn."""
    first, line_end, _ = content.partition(b"\n")
    if not content or _parsed(first) is not None:
        return True
    torn = not line_end and not _is_json(first) and len(first) > 2
    return torn and any(
        first[: len(each)] == each[: len(first)] for each in (b'{"write":', b'{"taken":')
    )


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _end_of_whole_lines(content: bytes) -> int:
    return content.rfind(b"\n") + 1


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
        json.dumps(record, ensure_ascii=False).encode()  # half a surrogate pair cannot be sent
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    if "taken" in record:
        return record if isinstance(record["taken"], str) else None
    return record if _is_entry(record.get("write")) else None


def _is_entry(write: Any) -> bool:
    return (
        isinstance(write, dict)
        and write.keys() == Entry.__dataclass_fields__.keys()
        and all(isinstance(write[name], str) for name in ("id", "written_at", "base_url", "store"))
        and all(isinstance(write[name], dict) for name in ("before", "after"))
        and all(
            endpoint is None or isinstance(endpoint, str)
            for name in ("before", "after")
            for endpoint in write[name].values()
        )
        and isinstance(write["sales_channels"], bool)
    )


def _exclusively(handle: int) -> None:
    """Hold the file against other processes until it is closed, where the system can."""
    try:
        import fcntl
    except ImportError:  # Windows: one process at a time is what a journal there is good for
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
