"""A file of ours, and a sandbox, belong to the process that opened them."""

from __future__ import annotations

import gc
import math
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import StorageError
from ikas_explore.sandbox import Sandbox
from ikas_explore.system.database import Database
from tests.sandbox.api import register
from tests.waiting import until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="without fork, no forks")
SCOPE = "store/order/created"
TABLES = "CREATE TABLE notes (note TEXT);\n"


def name_of(error: BaseException) -> str:
    return type(error).__name__


def in_a_fork(
    call: Callable[[], object],
    *,
    end: Callable[[int], object] = os._exit,
    says: Callable[[BaseException], str] = name_of,
) -> str:
    """Return what a forked child got from a call: the class of its error, or "no error"."""
    told, tell = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: there are threads
        child = os.fork()
    if child == 0:
        signal.alarm(30)  # a child that hangs ends with a signal
        try:
            call()
            said = "no error"
        except BaseException as error:
            said = says(error)
        os.write(tell, said.encode())
        end(0)
        os._exit(1)
    os.close(tell)
    with open(told) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    assert status == 0
    return said


CALLS: dict[str, Callable[[Sandbox], object]] = {
    "emit": lambda sandbox: sandbox.emit(SCOPE),
    "deliveries": lambda sandbox: sandbox.deliveries(),
    "attempts": lambda sandbox: sandbox.attempts(limit=1),
    "prune": lambda sandbox: sandbox.prune("2020-01-01"),
    "settle": lambda sandbox: sandbox.settle(math.inf),
    "add_store": lambda sandbox: sandbox.add_store("other"),
    "authorization_code": lambda sandbox: sandbox.authorization_code(),
    "uninstall": lambda sandbox: sandbox.uninstall(),
    "install": lambda sandbox: sandbox.install(),
    "faults": lambda sandbox: sandbox.faults.add("latency"),
    "rate_limit": lambda sandbox: sandbox.rate_limit.enabled,
    "calls": lambda sandbox: sandbox.calls,
}


@pytest.mark.parametrize("file", [None, "sandbox.db"])
@pytest.mark.parametrize("name", CALLS)
def test_a_forked_child_is_told_and_changes_nothing(
    tmp_path: Path, name: str, file: str | None
) -> None:
    with Sandbox(None if file is None else tmp_path / file) as sandbox:
        assert in_a_fork(lambda: CALLS[name](sandbox)) == "StorageError"
        assert sandbox.deliveries().empty
        assert sandbox.add_store("sandbox").name == "sandbox"


def test_a_fork_while_another_thread_has_the_lock_does_not_hang(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.db", name="notes", tables=TABLES, application_id=7)
    with database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
        assert in_a_fork(lambda: database.read("SELECT * FROM notes")) == "StorageError"
        assert in_a_fork(database.close) == "no error"
    assert [row[0] for row in database.read("SELECT note FROM notes")] == ["kept"]
    database.close()


def python_ends(_: int) -> None:
    """End as a program does: with finalizers, `atexit` and the garbage collector."""
    os.closerange(0, 3)
    gc.collect()
    sys.modules["atexit"]._run_exitfuncs()
    os._exit(0)


@pytest.mark.parametrize("end", [os._exit, python_ends])
def test_what_a_child_closes_or_drops_is_not_lost_to_its_parent(
    tmp_path: Path, end: Callable[[int], object]
) -> None:
    """SQLite in the child would write old pages and remove the log of what came since."""
    path = tmp_path / "sandbox.db"
    held: list[Any] = []

    def drop() -> None:
        held[0].close()
        held.clear()
        gc.collect()

    with Receiver() as receiver:
        held.append(Sandbox(path))
        register(held[0], receiver.endpoint)
        ids = held[0].emit(SCOPE)
        assert in_a_fork(drop, end=end) == "no error"
        ids += held[0].emit(SCOPE)
        held[0].settle(30)
        held.pop().close()
        with Sandbox(path) as again:
            assert again.deliveries()["id"].tolist() == ids
            assert set(again.deliveries()["state"]) == {"delivered"}


def test_a_child_that_outlives_a_killed_parent_leaves_its_file_as_it_was(tmp_path: Path) -> None:
    """The parent's last commits are in the log that a closing child would have removed."""
    path = tmp_path / "notes.db"
    parent = os.fork()
    if parent == 0:
        database = Database(path, name="notes", tables=TABLES, application_id=7)
        with database.transaction() as connection:
            connection.execute("INSERT INTO notes VALUES ('before the fork')")
        told, tell = os.pipe()
        if os.fork() == 0:
            os.read(told, 1)  # the parent has written more, and is about to be killed
            while os.getppid() != 1 and (tmp_path / "parent").read_text() == str(os.getppid()):
                pass
            del database, connection
            gc.collect()
            (tmp_path / "dropped").write_text("")
            os._exit(0)
        (tmp_path / "parent").write_text(str(os.getpid()))
        with database.transaction() as connection:
            connection.execute("INSERT INTO notes VALUES ('after it')")
        os.write(tell, b"!")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    until((tmp_path / "dropped").exists)
    database = Database(path, name="notes", tables=TABLES, application_id=7)
    notes = [row[0] for row in database.read("SELECT note FROM notes")]
    database.close()
    assert notes == ["before the fork", "after it"]


def test_the_parent_s_file_can_be_opened_by_a_child_once_the_parent_has_closed_it(
    tmp_path: Path,
) -> None:
    with Sandbox(tmp_path / "sandbox.db"):
        said = in_a_fork(lambda: Sandbox(tmp_path / "sandbox.db"), says=str)
        assert "Another process has the file open" in said
    assert in_a_fork(lambda: Sandbox(tmp_path / "sandbox.db").close()) == "no error"


def test_the_same_file_twice_says_who_has_it(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db"):
        (tmp_path / "link.db").symlink_to(tmp_path / "sandbox.db")
        for path in (tmp_path / "sandbox.db", tmp_path / "link.db", str(tmp_path / "sandbox.db")):
            with pytest.raises(StorageError, match=r"This process has the file .*close\(\)"):
                Sandbox(path)
    Sandbox(tmp_path / "sandbox.db").close()
