"""What stood there before each write, so that a write can be taken back.

A stack of writes, in memory or on disk; see `ikas_explore.manage.journal_file`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import threading
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ikas_explore.errors import (
    CredentialsError,
    GraphQLError,
    InvalidArgumentError,
    ScopeTakenError,
)
from ikas_explore.manage.changes import select
from ikas_explore.manage.journal_file import Entry, JournalFile
from ikas_explore.manage.stores import list_store
from ikas_explore.text.printable import printable
from ikas_explore.values.protocols import WebhookStore

#: Numbers the writes of this process, as its clock may be set back between two of them.
_NUMBERS = itertools.count(1)


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
        self._file = None if self._path is None else JournalFile(self._path)
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
        registry: WebhookStore,
        scopes: Sequence[str],
        *,
        endpoint: str | None = None,
        sales_channels: bool = False,
        before: Mapping[str, str] | None = None,
    ) -> Iterator[Entry]:
        """Record what stands at some scopes, then let the write in the block happen.

        Parameters
        ----------
        registry : WebhookStore
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
        except (
            GraphQLError,
            InvalidArgumentError,
            ScopeTakenError,
            CredentialsError,
        ) as error:
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
        with self._lock:
            if self._file is None:
                self._records.append(record)
            else:
                self._file.append(record, failed=failed)

    def _read(self) -> list[dict[str, Any]]:
        return self._records if self._file is None else self._file.read()


def path_of_environment() -> str | None:
    """Return what ``IKAS_JOURNAL`` names, None for memory.

    A ``.env`` file does not say it: one that came with the notebooks of somebody else could
    name a journal of theirs, for `undo` to carry out.
    """
    return os.environ.get("IKAS_JOURNAL") or None
