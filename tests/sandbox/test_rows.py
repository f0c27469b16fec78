"""What a file keeps, and what happens when it cannot."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import StorageError
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import api_of
from tests.waiting import until

ORDER = "store/order/created"


def run(program: str, *arguments: str) -> str:
    """Run a program in a process of its own and return what it printed."""
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_a_file_keeps_stores_webhooks_and_deliveries(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with Sandbox(path) as sandbox, api_of(sandbox) as api:
        shop = sandbox.add_store("shop-1")
        api.delete("store/customer/created")
        api.save("https://example.com/", ORDER)
        sandbox.emit(ORDER)
        rows, deliveries, token = api.list(), sandbox.deliveries(), sandbox.access_token
    with Sandbox(path) as sandbox, api_of(sandbox) as api:
        assert sandbox.access_token == token
        assert sandbox.add_store("shop-1") == shop
        assert api.list() == rows
        assert sandbox.deliveries().equals(deliveries)


def test_pending_deliveries_go_on_at_the_next_start(tmp_path: Path) -> None:
    """After the wait that was set before."""
    path = tmp_path / "sandbox.db"
    with Receiver(status=[500, 200]) as receiver:
        # Long enough that it is closed between the two attempts, on a busy machine too.
        with Sandbox(path, retry_delays=(2.0,)) as sandbox, api_of(sandbox) as api:
            api.save(receiver.endpoint, ORDER)
            sandbox.emit(ORDER)
            until(lambda: sandbox.attempts()["error"].notna().any())
        with Sandbox(path, retry_delays=(2.0,)) as sandbox:
            sandbox.settle(10)
            assert sandbox.deliveries()["state"].tolist() == ["delivered"]
            assert sandbox.attempts()["number"].tolist() == [1, 2]


def test_an_attempt_under_way_when_it_is_closed_counts_as_failed(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with Receiver(delay=60) as receiver:
        with Sandbox(path, receiver_timeout=60) as sandbox, api_of(sandbox) as api:
            api.save(receiver.endpoint, ORDER)
            sandbox.emit(ORDER)
            receiver.wait(1)
        receiver.delay = 0
        with Sandbox(path, retry_delays=(0,)) as sandbox:
            sandbox.settle(10)
            errors = sandbox.attempts()["error"].tolist()
            assert errors[0] == "cut off: the sandbox ended during this attempt"
            assert sandbox.deliveries()["state"].tolist() == ["delivered"]


def test_a_seeded_file_opened_again_gives_new_ids(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        with Sandbox(tmp_path / "sandbox.db", seed=1) as sandbox:
            ids += sandbox.emit("store/customer/created")
    assert len(set(ids)) == 2


def test_a_second_sandbox_on_a_file_is_refused(tmp_path: Path) -> None:
    """In this process and in another; and no longer once the first has ended."""
    path = tmp_path / "sandbox.db"
    program = (
        "import sys; from ikas_explore.sandbox import Sandbox\n"
        "from ikas_explore.errors import StorageError\n"
        "try: Sandbox(sys.argv[1]).close()\n"
        "except StorageError as error: print(error)"
    )
    with Sandbox(path):
        with pytest.raises(
            StorageError, match=r"This process has the file open already: .*close\(\)"
        ):
            Sandbox(path)
        assert "Another process has the file open" in run(program, str(path))
    assert run(program, str(path)) == ""


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("Not a database, and longer than the header of one.\n" * 99)
    before = text.read_bytes()
    with pytest.raises(StorageError, match="give another path"):
        Sandbox(text)
    assert text.read_bytes() == before
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="something else"):
        Sandbox(other)
    connection = sqlite3.connect(other)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    connection.close()


@pytest.mark.parametrize("path", ["missing/sandbox.db", "."])
def test_a_path_that_cannot_be_a_file_is_told(tmp_path: Path, path: str) -> None:
    with pytest.raises(StorageError, match="folder that exists"):
        Sandbox(tmp_path / path)


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_read_only_file_is_told_and_unchanged() -> None:
    """In a process that is no superuser, since no file is read-only to that one."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "sandbox.db"
        Sandbox(path).close()
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        before = path.read_bytes()
        program = (
            "import os, sys\n"
            "from ikas_explore.sandbox import Sandbox\n"
            "from ikas_explore.errors import StorageError\n"
            "if os.geteuid() == 0: os.setuid(65534)\n"
            "try: Sandbox(sys.argv[1])\n"
            "except StorageError as error: print(error)"
        )
        assert "cannot be written" in run(program, str(path))
        assert path.read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="limits as POSIX has them")
def test_a_full_disk_is_told_and_leaves_no_half_written_state(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: emit, save and a delivery's outcome."""
    path = tmp_path / "sandbox.db"
    limit, unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Receiver() as receiver, Sandbox(path, seed=1) as sandbox, api_of(sandbox) as api:
        api.save(receiver.endpoint, ORDER)
        size = path.with_name("sandbox.db-wal").stat().st_size
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, unlimited))
            with pytest.raises(StorageError, match="Make room on the disk"):
                sandbox.emit(ORDER, {"filler": "x" * 100_000})
            (error,) = api.save(receiver.endpoint, "store/stock/updated").json()["errors"]
            assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
            assert "Make room on the disk" in error["message"]
            answer = api.client.post("/control/events", json={"scope": ORDER})
            assert answer.status_code == 507
            form = {
                "grant_type": "client_credentials",
                "client_id": sandbox.client_id,
                "client_secret": sandbox.client_secret,
            }
            answer = api.client.post("/api/admin/oauth/token", data=form)
            assert answer.status_code == 507
            assert "Make room on the disk" in answer.json()["errors"][0]["message"]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited))
        assert sandbox.deliveries().empty
        assert len(api.list()) == 3
        sandbox.emit(ORDER)
        sandbox.settle(10)
        assert len(receiver.deliveries()) == 1


def settled(sandbox: Sandbox) -> bool:
    try:
        sandbox.settle(10)
    except StorageError:
        return False  # until its next try to write
    return True


@pytest.mark.skipif(os.name != "posix", reason="limits as POSIX has them")
def test_outcomes_that_cannot_be_written_are_told_and_written_later(tmp_path: Path) -> None:
    """The disk fills up while an attempt is under way."""
    path = tmp_path / "sandbox.db"
    limit, unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(payload: object) -> int:
        size = path.with_name("sandbox.db-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, unlimited))
        return 200

    with Receiver(status=fill) as receiver, Sandbox(path) as sandbox, api_of(sandbox) as api:
        api.save(receiver.endpoint, ORDER)
        sandbox.emit(ORDER)
        try:
            with pytest.raises(StorageError, match="1 delivery is held up"):
                sandbox.settle(10)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited))
        until(lambda: settled(sandbox))
        assert sandbox.deliveries()["state"].tolist() == ["delivered"]
        assert len(receiver.deliveries()) == 1


def test_a_file_of_before_is_read_as_it_is(tmp_path: Path) -> None:
    """A webhook that was switched off there is not listed, and is back when it is saved again."""
    path = tmp_path / "sandbox.db"
    with Receiver() as receiver:
        with Sandbox(path, examples=False) as sandbox, api_of(sandbox) as api:
            api.save(receiver.endpoint, [ORDER, "store/stock/created"])
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE webhooks SET active = 0 WHERE scope = ?", (ORDER,))
        with Sandbox(path) as sandbox, api_of(sandbox) as api:
            assert [row["scope"] for row in api.list()] == ["store/stock/created"]
            assert sandbox.emit(ORDER) == []
            api.save(receiver.endpoint, ORDER)
            assert len(sandbox.emit(ORDER)) == 1
            sandbox.settle(30)
            assert len(api.list()) == 2
