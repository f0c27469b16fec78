"""Looking at a file of ours changes nothing, and works while another process writes to it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.deliveries.leases import Lease, leases_of, write
from ikas_explore.deliveries.receiver import read_log
from ikas_explore.errors import StorageError
from tests.cli.running import run

CREATED = "store/order/created"
HERE = "http://127.0.0.1:9/"

# A receiver that gets one delivery after another, and says so after each answer. They are large,
# so that SQLite begins its -wal file anew many times.
RECEIVING = """
import sys
import ikas_explore as ikas
with ikas.Receiver(sys.argv[3], path=sys.argv[1]) as receiver:
    print(receiver.endpoint, flush=True)
    for number in range(int(sys.argv[2])):
        data = {"id": str(number), "note": "x" * 60_000}
        ikas.push(receiver.endpoint, "store/order/created", sys.argv[3], data=data)
        print(number + 1, flush=True)
    sys.stdin.read()
"""


@contextmanager
def receiving(log: Path, number: int, secret: str = "s") -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", RECEIVING, str(log), str(number), secret],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def state_of(*paths: Path) -> list[Any]:
    return [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in paths]


def test_the_log_of_a_running_receiver_is_whole_at_every_look(tmp_path: Path) -> None:
    """What was answered before a look is in it, without a gap; and the receiver goes on."""
    log, number = tmp_path / "received.db", 300
    with receiving(log, number) as process:
        assert process.stdout is not None
        said = iter(process.stdout)
        next(said)
        answered = int(next(said))
        looks = set()
        while answered < number:
            frame = read_log(log)
            assert frame["object_id"].astype(int).tolist() == [*range(len(frame))]
            assert len(frame) >= answered
            assert frame["signature_ok"].all()
            looks.add(len(frame))
            while answered < len(frame) and answered < number:
                answered = int(next(said))
        assert len(looks) > 5
        answer = run("budget", "--received", str(log))
        assert answer.returncode == 0, answer.stderr


def test_health_by_another_process_needs_no_end_of_the_receiver(tmp_path: Path) -> None:
    log = tmp_path / "received.db"
    with ikas.Sandbox(examples=False) as sandbox, ikas.connect(sandbox) as store:
        with receiving(log, 0, sandbox.client_secret) as process:
            assert process.stdout is not None
            store.webhooks.save(process.stdout.readline().strip(), CREATED)
            sandbox.emit(CREATED)
            sandbox.settle(30)
            health = store.webhooks.health(log, grace=0.0)
        assert health["last_received_at"].notna().tolist() == [True]


def test_a_log_that_is_read_only_or_old_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "received.db"
    with ikas.Receiver("s", path=log) as receiver:
        ikas.push(receiver.endpoint, CREATED, "s")
    with closing(sqlite3.connect(log)) as file, file:  # as the version before left it
        file.execute("DROP INDEX requests_pending")
        file.execute("PRAGMA user_version = 3")
    log.chmod(0o400)
    before = state_of(log)
    assert len(read_log(log)) == 1
    assert state_of(log) == before
    assert [each.name for each in tmp_path.iterdir()] == ["received.db"]


def test_the_log_of_a_receiver_of_this_process_stays_its_own(tmp_path: Path) -> None:
    """Closing the file, even for reading, would give up the lock that keeps others out."""
    log = tmp_path / "received.db"
    with ikas.Receiver("s", path=log) as receiver:
        ikas.push(receiver.endpoint, CREATED, "s")
        with pytest.raises(StorageError, match="This process has the file open"):
            read_log(log)
        second = subprocess.run(
            [sys.executable, "-c", RECEIVING, str(log), "0", "s"], capture_output=True, text=True
        )
        assert "Another process has the file open" in second.stderr
    assert len(read_log(log)) == 1


@pytest.fixture
def leased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The leases of a session that was killed."""
    path = tmp_path / "leases" / "leases.db"
    monkeypatch.setenv("IKAS_LEASES", str(path))
    write([Lease("0" * 32, "http://127.0.0.1:9", "shop", CREATED, None, HERE, 1)])
    return path


def look() -> list[Any]:
    return [(each.scope, each.runs) for each in leases_of("http://127.0.0.1:9", "shop")]


def test_leases_are_looked_at_while_another_writes(leased: Path) -> None:
    with closing(sqlite3.connect(leased, isolation_level=None)) as writing:
        writing.execute("BEGIN IMMEDIATE")
        assert look() == [(CREATED, False)]


@pytest.mark.parametrize("folder", [0o500, 0o700])
def test_leases_that_are_read_only_are_looked_at(leased: Path, folder: int) -> None:
    leased.with_name(f"leases.{'0' * 32}.lock").touch(0o400)
    leased.chmod(0o400)
    leased.parent.chmod(folder)
    before = state_of(leased)
    try:
        assert look() == [(CREATED, False)]
        assert state_of(leased) == before
    finally:
        leased.parent.chmod(0o700)


def test_leases_that_were_never_written_are_none(leased: Path) -> None:
    leased.write_bytes(b"")
    assert look() == []
    assert leased.read_bytes() == b""


def test_two_who_look_at_a_dead_session_both_see_that_it_is_dead(leased: Path) -> None:
    leased.with_name(f"leases.{'0' * 32}.lock").touch(0o600)
    together = threading.Barrier(8)

    def looks() -> set[Any]:
        together.wait(30)
        return {each for _ in range(50) for each in look()}

    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(looks) for _ in range(8)]
        assert [each.result() for each in found] == [{(CREATED, False)}] * 8


def fifo(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
@pytest.mark.parametrize("place", [fifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_what_is_no_ordinary_file_is_not_waited_for(
    place: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the place of a cached schema it is asked for anew; in that of others it is an error."""
    for name in ("IKAS_CACHE", "IKAS_JOURNAL", "IKAS_LEASES"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with ikas.Sandbox(examples=False) as sandbox:
        with ikas.connect(sandbox) as store:
            store.query("listOrder")
        for cached in (tmp_path / "IKAS_CACHE").glob("*.*"):  # and not __pycache__
            cached.unlink()
            place(cached)
        run_in_another_process = (
            "import sys, ikas_explore as ikas\n"
            "with ikas.connect('sandbox', base_url=sys.argv[1], access_token=sys.argv[2]) as it:\n"
            "    print(len(it.query('listOrder').to_frame()))"
        )
        done = subprocess.run(
            [sys.executable, "-c", run_in_another_process, sandbox.base_url, sandbox.access_token],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.stdout == "0\n", done.stderr
        for name in ("IKAS_JOURNAL", "IKAS_LEASES"):
            place(tmp_path / name)
        with ikas.connect(sandbox) as store:
            for ask in (store.webhooks.undo, lambda: store.webhooks.audit()):
                with pytest.raises(StorageError, match=r"it is no file|directory"):
                    ask()
            with pytest.raises(StorageError):
                store.webhooks.save(HERE, CREATED)
            assert store.webhooks.list().empty


def receivers_log(path: Path) -> None:
    ikas.Receiver(path=path).close()


def sandbox_file(path: Path) -> None:
    ikas.Sandbox(path).close()


@pytest.mark.parametrize(
    "make", [receivers_log, sandbox_file, lambda path: path.write_text("x"), Path.touch]
)
def test_leases_are_written_into_no_file_of_something_else(
    make: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    make(path)
    before = path.read_bytes()
    monkeypatch.setenv("IKAS_LEASES", str(path))
    with ikas.Sandbox(examples=False) as sandbox, ikas.connect(sandbox) as store:
        if not before:  # an empty file is as good as none
            store.webhooks.listen(CREATED, url=HERE).close()
            return
        with pytest.raises(StorageError, match="holds something else, which is left as it is"):
            store.webhooks.listen(CREATED, url=HERE)
        assert path.read_bytes() == before
        assert store.webhooks.list().empty
