"""What stood there before each write, so that a write can be taken back.

A stack of writes, in memory or on disk. On disk it is a file of JSON lines that only its
owner can read: each entry is there, flushed to the disk, before its write is sent, and a
last line torn by a crash is dropped, as its write was never sent.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import threading
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ikas_explore.errors import CredentialsError, GraphQLError, ScopeTakenError, StorageError
from ikas_explore.files import is_trap
from ikas_explore.manage.diff import select
from ikas_explore.manage.registry import Registry
from ikas_explore.manage.stores import list_store
from ikas_explore.printing import printable

#: Numbers the writes of this process, as its clock may be set back between two of them.
_NUMBERS = itertools.count(1)


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


class Journal:
    """A stack of the writes made, the last one on top.

    Parameters
    ----------
    path : str or Path, optional
        The file to keep it in; in memory without one. Folders are made.
    base_url : str, default ""
        Where the stores are. Entries made elsewhere are kept and not seen.

    Raises
    ------
    StorageError
        From every method: the file cannot be read or written, or holds something else.

    Examples
    --------
    >>> Journal().entries()
    []
    """

    def __init__(self, path: str | Path | None = None, *, base_url: str = "") -> None:
        self._path = None if path is None else Path(path)
        self._base_url = base_url
        self._records: list[dict[str, Any]] = []
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def path(self) -> Path | None:
        """The file it is kept in; None in memory."""
        return self._path

    def __repr__(self) -> str:
        return f"<Journal {printable(str(self._path)) if self._path else 'in memory'}>"

    @contextmanager
    def write(
        self,
        registry: Registry,
        scopes: Sequence[str],
        *,
        endpoint: str | None = None,
        sales_channels: bool = False,
        before: Mapping[str, str] | None = None,
    ) -> Iterator[Entry]:
        """Record what stands at some scopes, then let the write in the block happen.

        Parameters
        ----------
        registry : Registry
            Listed once, unless `before` is given.
        scopes : sequence of str
            The scopes about to be written.
        endpoint : str or None
            What they will hold; None for a delete.
        sales_channels : bool, default False
            Whether the write names sales channels.
        before : mapping of str to str, optional
            Scope to endpoint as just listed, to save the call.

        Yields
        ------
        Entry

        Notes
        -----
        The entry goes again when the block ends in an error that says nothing was written
        (ikas refused it, and there was no attempt before without an answer). After any other
        end, Ctrl-C and time-outs too, it stays: the write may have happened.
        """
        if before is None:
            before = list_store(registry)
        entry = Entry(
            id=uuid.uuid4().hex,
            written_at=dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            base_url=self._base_url,
            store=registry.name,
            before=select(before, list(scopes)),
            after=dict.fromkeys(scopes, endpoint),
            sales_channels=sales_channels,
        )
        self._numbers[entry.id] = next(_NUMBERS)
        self._append(
            {"write": asdict(entry)},
            failed="Nothing was sent; make room or give another path.",
        )
        try:
            yield entry
        except (GraphQLError, ScopeTakenError, CredentialsError) as error:
            in_part = getattr(error, "data", None) is not None  # data beside errors
            if not in_part and not error.maybe_done:
                self.take(entry)
            raise

    def entries(self, stores: Collection[str] | None = None) -> list[Entry]:
        """Return the stack, the oldest write first.

        Parameters
        ----------
        stores : collection of str, optional
            Only the writes to these.
        """
        with self._lock:
            return self._stack(stores)

    def number(self, entry: Entry) -> int | None:
        """Return which of this process' writes it is, whatever the clock said; else None.

        None too for what was written through another journal, of the same file.
        """
        return self._numbers.get(entry.id)

    def take(self, entry: Entry) -> None:
        """Take a write off the stack: it is about to be reverted, or was."""
        self._append(
            {"taken": entry.id},
            failed="The write that was to be taken off stays on it: make room and undo once more, "
            "which sends nothing if it is taken back already.",
        )

    def _stack(self, stores: Collection[str] | None) -> list[Entry]:
        writes: dict[str, Entry] = {}
        for record in self._read():
            if "taken" in record:
                writes.pop(record["taken"], None)
            else:
                entry = Entry(**record["write"])
                writes[entry.id] = entry
        return [
            entry
            for entry in writes.values()
            if entry.base_url == self._base_url and (stores is None or entry.store in stores)
        ]

    def _append(self, record: dict[str, Any], *, failed: str) -> None:
        """Add a line; `failed` says what follows for the stores when that cannot be done."""
        with self._lock:
            self._append_locked(record, failed)

    def _append_locked(self, record: dict[str, Any], failed: str) -> None:
        if self._path is None:
            self._records.append(record)
            return
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

    def _refuse_trap(self) -> None:
        if self._path is not None and is_trap(self._path):
            raise OSError("it belongs to another user and lies where everybody may write")

    def _read(self) -> list[dict[str, Any]]:
        if self._path is None:
            return self._records
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


def path_of_environment() -> str | None:
    """Return what ``IKAS_JOURNAL`` names, None for memory.

    A ``.env`` file does not say it: one that came with the notebooks of somebody else could
    name a journal of theirs, for `undo` to carry out.
    """
    return os.environ.get("IKAS_JOURNAL") or None


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
