"""Files of ours: one process at a time, owner only, and an error in place of a half state."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ikas_explore.errors import StorageError
from ikas_explore.system.database import Database

TABLES = "CREATE TABLE notes (note TEXT);\n"


def opened(path: Path | None) -> Database:
    return Database(path, name="notes", tables=TABLES, application_id=1234)


def test_what_was_written_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    database = opened(tmp_path / "notes.sqlite")
    with database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES ('ş')")
    database.close()
    database.close()
    again = opened(tmp_path / "notes.sqlite")
    assert [row["note"] for row in again.read("SELECT * FROM notes")] == ["ş"]
    again.close()


@pytest.mark.parametrize("failure", [ZeroDivisionError, KeyboardInterrupt])
def test_a_transaction_that_fails_leaves_nothing(failure: type[BaseException]) -> None:
    """And the next one is not in its way."""
    database = opened(None)

    def fail() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO notes VALUES ('gone')")
            raise failure

    with pytest.raises(failure):
        fail()
    assert database.read("SELECT * FROM notes") == []
    with database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
    assert [row["note"] for row in database.read("SELECT * FROM notes")] == ["kept"]
    database.close()


def test_tables_that_cannot_all_be_made_leave_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    full = f"PRAGMA max_page_count = 4; {TABLES} INSERT INTO notes VALUES (zeroblob(100000));"
    with pytest.raises(StorageError, match="Make room"):
        Database(path, name="notes", tables=full, application_id=1234)
    database = opened(path)
    assert database.read("SELECT * FROM notes") == []
    database.close()


def test_the_file_is_for_its_owner_alone_even_when_it_was_open_before(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.touch(0o666)
    path.chmod(0o666)
    database = opened(path)
    with database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES ('private')")
    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert modes == {"notes.sqlite": 0o600, "notes.sqlite-wal": 0o600}
    database.close()


def test_a_second_process_is_refused_and_a_killed_one_is_not_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    code = (
        "import sys, time; from pathlib import Path; from tests.test_storage import opened\n"
        "database = opened(Path(sys.argv[1]))\n"
        "with database.transaction() as c: c.execute('INSERT INTO notes VALUES (1)')\n"
        "print('open', flush=True); time.sleep(600)"
    )
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StorageError, match="Another process"):
            opened(path)
        other.kill()
    database = opened(path)
    assert len(database.read("SELECT * FROM notes")) == 1
    database.close()


def test_a_file_of_another_kind_is_left_as_it_is(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other.sqlite"
    text.write_text("not a database, but long enough to be looked at as one" * 100)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    for path in (text, other):
        path.chmod(0o644)
        before = path.read_bytes()
        with pytest.raises(StorageError, match="another path"):
            opened(path)
        assert path.stat().st_mode & 0o777 == 0o644
        assert path.read_bytes() == before


def test_a_path_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="folder that exists"):
        opened(tmp_path / "nowhere" / "notes.sqlite")
    with pytest.raises(StorageError, match="folder that exists"):
        opened(tmp_path)


def test_a_full_disk_is_told_and_what_was_there_stands(tmp_path: Path) -> None:
    database = opened(tmp_path / "notes.sqlite")
    with database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES ('first')")
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    database.read(f"PRAGMA max_page_count = {pages}")
    with (
        pytest.raises(StorageError, match="Make room"),
        database.transaction() as connection,
    ):
        connection.execute("INSERT INTO notes VALUES (?)", ("x" * 100_000,))
    assert [row[0] for row in database.read("SELECT note FROM notes")] == ["first"]
    database.close()


@pytest.fixture
def plain_user() -> Iterator[None]:
    """Root may write anything, so the test is run as another user."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_file_is_told(plain_user: None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.sqlite"
        opened(path).close()
        path.chmod(0o400)
        with pytest.raises(StorageError, match="can be written"):
            opened(path)
