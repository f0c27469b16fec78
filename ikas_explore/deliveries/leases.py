"""Scopes that `listen` has borrowed, on disk, so that they are given back whatever happens.

A lease is written before the first save. Processes share the file: each change is one short
transaction. A session that runs holds a file locked by the system, which no killed one does.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.system.files import is_trap, ordinary, user_path
from ikas_explore.system.locks import is_held, locked
from ikas_explore.text.printable import printable
from ikas_explore.values.urls import same_endpoint

if TYPE_CHECKING:
    from ikas_explore.values.protocols import WebhookStore

_TABLE = """
CREATE TABLE leases (
    session   TEXT NOT NULL,
    base_url  TEXT NOT NULL,
    store     TEXT NOT NULL,
    scope     TEXT NOT NULL,
    before    TEXT,             -- the endpoint of before, NULL when nothing was registered
    endpoint  TEXT NOT NULL,    -- where the session listens
    since     INTEGER NOT NULL, -- Unix seconds
    PRIMARY KEY (session, store, scope)
)
"""
_LATEST = 2**33  # seconds, far in the future
_BUSY = 20.0  # seconds that another process' transaction is waited for


class Lease(NamedTuple):
    """One scope that a session borrowed."""

    session: str
    base_url: str
    store: str
    scope: str
    before: str | None
    endpoint: str
    since: int

    @property
    def runs(self) -> bool:
        """Whether the session that holds it still runs."""
        with _translated():
            return is_held(_lock_of(self.session))


class Outcome(NamedTuple):
    """What giving a scope back came to."""

    scope: str
    endpoint_before: str | None
    endpoint: str | None
    outcome: str


def leases_of(base_url: str, store: str) -> list[Lease]:
    """Return the leases of a store, of sessions that run and of dead ones."""
    return leased({store: base_url})


def leased(stores: Mapping[str, str]) -> list[Lease]:
    """Return the leases of several stores, each with its base URL; the file is read once."""
    try:
        if not os.path.exists(_file()):
            return []
    except InvalidArgumentError:  # there is no home folder, so nothing was ever written there
        return []
    with _translated(), _opened() as connection:
        looked = "SELECT * FROM leases ORDER BY since, scope"
        rows = connection.execute(looked).fetchall() if _has_leases(connection) else []
    if not all(map(_is_whole, rows)):
        raise StorageError(
            f"The leases ({printable(str(_file()))}) are damaged. Name another file in "
            "IKAS_LEASES, and compare what is registered with what should be."
        )
    found = [Lease(*row) for row in rows]
    return [each for each in found if stores.get(each.store) == each.base_url]


def borrowing(base_url: str, store: str) -> AbstractContextManager[Path]:
    """Hold a store against other sessions that begin, or give back for a dead one."""
    return _holding(uuid.uuid5(uuid.NAMESPACE_URL, f"{base_url} {store}").hex)


@contextmanager
def session() -> Iterator[str]:
    """Give the name of a new session, which runs until the end of the block or of the process."""
    name = uuid.uuid4().hex
    with _holding(name) as path:
        try:
            yield name
        finally:
            with suppress(OSError):
                path.unlink()


def write(leases: Sequence[Lease]) -> None:
    """Write leases to the disk, all or none."""
    with _transaction() as connection:
        connection.executemany("INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?, ?)", leases)


def give_back(
    store: WebhookStore, leases: Sequence[Lease], *, maybe_saved: bool = False
) -> list[Outcome]:
    """Give scopes back to their holders of before, except those that others took.

    Where a save may yet be carried out, the leases of what it has not changed stay, for `sweep`.
    """
    now = registered(store)
    outcomes = []
    wanted: dict[str | None, list[str]] = {}
    for lease in leases:
        held = now.get(lease.scope)
        outcome = "restored" if lease.before else "deleted"
        if same_endpoint(held, lease.before):
            outcome = "unchanged"
        elif not same_endpoint(held, lease.endpoint):
            outcome = "taken by another" if held else "deleted by another"
        else:
            wanted.setdefault(lease.before, []).append(lease.scope)
            held = lease.before
        outcomes.append(Outcome(lease.scope, lease.before, held, outcome))
    refused: dict[str, str] = {}
    for endpoint, scopes in wanted.items():
        try:
            if endpoint is None:
                store.delete(scopes)
            else:
                store.save(endpoint, scopes, allow_unknown=True)
        except InvalidArgumentError as error:  # it would be refused for ever
            refused |= dict.fromkeys(scopes, f"refused: {error}")
    given = zip(leases, outcomes, strict=True)
    _end([lease for lease, each in given if not maybe_saved or each.outcome != "unchanged"])
    return [each._replace(outcome=refused.get(each.scope, each.outcome)) for each in outcomes]


def registered(store: WebhookStore) -> dict[str, str]:
    """List a store: scope to endpoint."""
    return dict(store.rows())


def dead(leases: Collection[Lease]) -> list[Lease]:
    """Return those of sessions that ended without giving back."""
    runs = {each.session: each.runs for each in leases}
    return [each for each in leases if not runs[each.session]]


def sweep(base_url: str, store: WebhookStore) -> list[Outcome]:
    """Give back what dead sessions of a store left, the newest first."""
    with borrowing(base_url, store.name):
        return sweep_borrowed(base_url, store)


def sweep_borrowed(base_url: str, store: WebhookStore) -> list[Outcome]:
    """Do the same for who is `borrowing` already."""
    outcomes = []
    # Looked up each time: giving back a newer one may change what an older one gives back.
    while left := dead(leases_of(base_url, store.name)):
        newest = left[-1].session
        outcomes += give_back(store, [each for each in left if each.session == newest])
        with suppress(OSError):
            _lock_of(newest).unlink()
    return outcomes


def named(leases: Collection[Lease]) -> str:
    """Return leases as a sentence names them."""
    return ", ".join(
        f"{each.scope} by the listen of {time.strftime('%H:%M', time.localtime(each.since))} "
        f"at {printable(each.endpoint)}"
        for each in leases
    )


def refusal(leases: Collection[Lease]) -> str:
    """Return why an undo of what these leases borrowed has to wait."""
    advice = "run ikas-explore listen --restore first" if dead(leases) else "end that one first"
    return f"Borrowed is {named(leases)}; {advice}, as it gives the scopes back itself."


def _is_whole(row: Sequence[object]) -> bool:
    *texts, since = row
    return (
        len(texts) == 6
        and all(isinstance(each, str) for each in (*texts[:4], texts[4] or "", texts[5]))
        and re.fullmatch("[0-9a-f]{32}", str(texts[0])) is not None  # a name of a file
        and isinstance(since, int)
        and 0 <= since < _LATEST
    )


def _end(leases: Sequence[Lease]) -> None:
    with _transaction() as connection:
        connection.create_function("same_endpoint", 2, same_endpoint)
        for lease in leases:
            connection.execute(
                "DELETE FROM leases WHERE session = :session AND store = :store AND scope = :scope",
                lease._asdict(),
            )
            # Who took it from this session gives it back to the holder of before.
            connection.execute(
                "UPDATE leases SET before = :before WHERE base_url = :base_url AND store = :store"
                " AND scope = :scope AND same_endpoint(before, :endpoint)",
                lease._asdict(),
            )


def _file() -> Path:
    return user_path(os.environ.get("IKAS_LEASES") or "~/.ikas-explore/leases.db")


def _folder() -> None:
    _file().parent.mkdir(0o700, parents=True, exist_ok=True)


def _lock_of(name: str) -> Path:
    return _file().with_name(f"leases.{name}.lock")


@contextmanager
def _holding(name: str) -> Iterator[Path]:
    with ExitStack() as held:
        with _translated():
            _folder()
            held.enter_context(locked(path := _lock_of(name)))
        yield path


@contextmanager
def _transaction() -> Iterator[sqlite3.Connection]:
    with _translated():
        _folder()
        with suppress(FileExistsError):
            os.close(os.open(_file(), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with _opened() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            if not _has_leases(connection):
                connection.execute(_TABLE)
            yield connection


def _has_leases(connection: sqlite3.Connection) -> bool:
    """Return whether the table is there; OSError where the file is one of something else."""
    tables = {name for (name,) in connection.execute("SELECT tbl_name FROM sqlite_master")}
    if tables - {"leases"}:
        raise OSError("it holds something else, which is left as it is")
    return bool(tables)


def _opened() -> AbstractContextManager[sqlite3.Connection]:
    """Open the file, which is there. Who only reads locks nobody out, and writes nothing."""
    path = ordinary(_file())
    if is_trap(path):
        raise OSError("it belongs to another user and lies where everybody may write")
    if path.stat().st_size == 1:  # SQLite would take it for an empty one, and write over it
        raise OSError("it holds something else, which is left as it is")
    return closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"The leases ({printable(str(_file()))}) cannot be used: {printable(str(error))}. "
            "Make room, or name another file in IKAS_LEASES."
        ) from error
