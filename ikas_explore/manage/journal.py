"""What was registered before each write, so that a write can be undone."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import threading
import uuid
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ikas_explore.errors import (
    CredentialsError,
    GraphQLError,
    InvalidArgumentError,
    PlanError,
    ScopeTakenError,
)
from ikas_explore.manage.changes import list_store
from ikas_explore.manage.journal_file import Entry, JournalFile
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from ikas_explore.values.protocols import WebhookStore

#: Numbers the writes of this process, as its clock may be set back between two of them.
_NUMBERS = itertools.count(1)


class Journal:
    """A stack of the writes made, the last one on top, in memory or in a file.

    It forgets what was taken back. Entries made at another `base_url` are kept and not seen.
    """

    def __init__(self, path: str | Path | None = None, *, base_url: str = "") -> None:
        # Without a home folder `~` stays: only a write needs the file, and says so.
        self._path = None if path is None else Path(os.path.expanduser(path))
        self._file = None if self._path is None else JournalFile(self._path)
        self._base_url = base_url
        self._entries: dict[str, Entry] = {}
        self._numbers: dict[str, int] = {}
        self._renew_locks()
        _JOURNALS.add(self)

    def _renew_locks(self) -> None:
        self._lock, self._undoing = threading.Lock(), threading.Lock()

    @property
    def path(self) -> Path | None:
        """The file it is kept in; None in memory."""
        return self._path

    @property
    def base_url(self) -> str:
        """Where the stores are whose writes it records."""
        return self._base_url

    def __repr__(self) -> str:
        return f"<Journal {printable(str(self._path)) if self._path else 'in memory'}>"

    @contextmanager
    def write(
        self,
        store: WebhookStore,
        scopes: Sequence[str],
        *,
        endpoint: str | None = None,
        sales_channels: bool = False,
        before: Mapping[str, str] | None = None,
        apply: str = "",
        parts: Iterator[int] | None = None,
    ) -> Iterator[Entry]:
        """Record what is registered for some scopes, then let the write in the block happen.

        The store is listed, unless `before` is what was just listed. `parts` numbers the writes of
        one `apply`. The entry is removed when the block ends in an error that says nothing was
        written; after any other end, Ctrl-C and time-outs too, it stays, as the write may have
        happened. A delete of nothing is not recorded.
        """
        if before is None:
            before = list_store(store)
        entry = Entry(
            id=uuid.uuid4().hex,
            written_at=dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            base_url=self._base_url,
            store=store.name,
            before={scope: before.get(scope) for scope in scopes},
            after=dict.fromkeys(scopes, endpoint),
            sales_channels=sales_channels,
            apply=apply,
        )
        if endpoint is None and not any(entry.before.values()):  # nothing is deleted
            yield entry
            return
        with self._lock:
            if parts is not None:  # here, so that they are in the order of their numbers
                entry = entry._replace(part=next(parts))
            if self._file is not None:
                self._file.append(entry)
            else:
                self._entries[entry.id] = entry
            self._numbers[entry.id] = next(_NUMBERS)
        try:
            yield entry
        except (GraphQLError, InvalidArgumentError, ScopeTakenError, CredentialsError) as error:
            in_part = getattr(error, "data", None) is not None  # data beside errors
            if not in_part and not error.maybe_done:
                self.take([entry])
            raise

    def entries(self, stores: Collection[str] | None = None) -> list[Entry]:
        """Return the stack, the oldest write first; only the writes to `stores` if given."""
        return [*self._backwards(stores)][::-1]

    def newest(self, stores: Collection[str] | None = None) -> list[Entry]:
        """Return the last write to some stores, or all that its `Plan.apply` wrote there.

        The newest is first. Empty when no write is left.
        """
        found: list[Entry] = []
        for entry in self._backwards():
            mine = stores is None or entry.store in stores
            if entry.apply != found[0].apply if found else not mine:
                continue
            if mine:
                found.append(entry)
            if entry.part == 0:  # the first of its apply, or a write by itself
                break
        return found

    def number(self, entry: Entry) -> int | None:
        """Return which of this process' writes it is, whatever the clock said; else None."""
        return self._numbers.get(entry.id)

    def take(self, entries: Iterable[Entry]) -> None:
        """Remove writes from the stack: they were taken back, or never happened."""
        ids = [entry.id for entry in entries]
        with self._lock:
            if self._file is not None:
                self._file.take(ids)
            for each in ids:
                self._entries.pop(each, None)
                self._numbers.pop(each, None)

    @contextmanager
    def claim(self, entries: Iterable[Entry]) -> Iterator[None]:
        """Take writes back in the block, and be the only one who takes back any."""
        with self._undoing if self._file is None else self._file.claim():
            missing = {entry.id for entry in entries}
            for entry in self._backwards():
                missing.discard(entry.id)
                if not missing:
                    break
            if missing:
                raise PlanError(
                    "This write was taken back already, by this plan, another one or another "
                    "process. Nothing was sent; undo() returns the plan for the write before it."
                )
            yield

    def _backwards(self, stores: Collection[str] | None = None) -> Iterator[Entry]:
        if self._file is not None:
            found = self._file.backwards()
        else:
            with self._lock:
                found = reversed([*self._entries.values()])
        for entry in found:
            if entry.base_url == self._base_url and (stores is None or entry.store in stores):
                yield entry


class Journals:
    """The journals of one or several stores, as one stack; several stores may share one."""

    def __init__(self, journals: Mapping[str, Journal]) -> None:
        self._of = dict(journals)
        self._stores: dict[Journal, list[str]] = {}
        files: dict[object, Journal] = {}
        for store, journal in self._of.items():
            # Two journals of one file are one: it would be claimed twice.
            key = journal if journal.path is None else (journal.path, journal._base_url)
            self._of[store] = files.setdefault(key, journal)
            self._stores.setdefault(self._of[store], []).append(store)

    def __getitem__(self, store: str) -> Journal:
        return self._of[store]

    def entries(self) -> list[Entry]:
        """Return the writes to all the stores, the oldest first by their clock."""
        found = [entry for each, stores in self._stores.items() for entry in each.entries(stores)]
        return found if len(self._stores) == 1 else sorted(found, key=lambda each: each.written_at)

    def newest(self) -> list[Entry]:
        """Return the last write to any of the stores, or all that its `Plan.apply` wrote."""
        tops = {journal: journal.newest(stores) for journal, stores in self._stores.items()}
        order = {journal: journal.number(top[0]) for journal, top in tops.items() if top}
        if not order:
            return []
        if None in order.values():  # of another process perhaps: its clock is all there is
            newest = max(order, key=lambda journal: tops[journal][0].written_at)
        else:
            newest = max(order, key=lambda journal: order[journal] or 0)
        apply = tops[newest][0].apply
        others = (top for journal, top in tops.items() if journal is not newest and top)
        return tops[newest] + [
            entry for top in others if apply and top[0].apply == apply for entry in top
        ]

    @contextmanager
    def claim(self, entries: Sequence[Entry]) -> Iterator[None]:
        """Claim each write in its journal; see `Journal.claim`."""
        with ExitStack() as held:
            # In one order for all, so that two never wait for each other.
            for journal, part in sorted(self._by_journal(entries), key=_order):
                held.enter_context(journal.claim(part))
            yield

    def take(self, entries: Sequence[Entry]) -> None:
        """Remove writes from their journals."""
        for journal, part in self._by_journal(entries):
            journal.take(part)

    def _by_journal(self, entries: Sequence[Entry]) -> list[tuple[Journal, list[Entry]]]:
        parts: dict[Journal, list[Entry]] = {}
        for entry in entries:
            parts.setdefault(self._of[entry.store], []).append(entry)
        return [*parts.items()]


def _order(part: tuple[Journal, object]) -> tuple[str, int]:
    return str(part[0].path), id(part[0])


def path_of_environment() -> str | None:
    """Return what ``IKAS_JOURNAL`` names, None for memory.

    A ``.env`` file does not say it: one that came with the notebooks of somebody else could
    name a journal of theirs, for `undo` to carry out.
    """
    return os.environ.get("IKAS_JOURNAL") or None


_JOURNALS: weakref.WeakSet[Journal] = weakref.WeakSet()


def _renew_all_locks() -> None:
    for journal in _JOURNALS:
        journal._renew_locks()


if hasattr(os, "register_at_fork"):
    # A lock that another thread held at the fork would never be given back in the child.
    os.register_at_fork(after_in_child=_renew_all_locks)
