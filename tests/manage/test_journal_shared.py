"""One journal, several processes: claims, kills and forks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ikas_explore as ikas
from ikas_explore.manage.journal import Journal
from tests.interrupting import interrupted
from tests.waiting import until

ORDER, STOCK = "store/order/created", "store/stock/created"
FIRST, SECOND = "https://first.example.com/ikas", "https://second.example.com/ikas"

UNDO = """
import sys, ikas_explore as ikas
base_url, access_token = sys.argv[1:]
with ikas.connect("sandbox", base_url=base_url, access_token=access_token) as store:
    plan = store.webhooks.undo()
    print("looked", flush=True)
    sys.stdin.readline()
    try:
        print(*plan.apply()["outcome"])
    except ikas.errors.PlanError as error:
        print(type(error).__name__, error)
"""


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        yield box


@pytest.fixture
def journal(box: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """The journal of two saves."""
    path = tmp_path / "journal.jsonl"
    monkeypatch.setenv("IKAS_JOURNAL", str(path))
    with ikas.connect(box) as store:
        for endpoint in (FIRST, SECOND):
            store.webhooks.save(endpoint, ORDER)
        return store.webhooks.journal


def process(box: ikas.Sandbox, program: str = UNDO) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, box.base_url, box.access_token],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def held(box: ikas.Sandbox) -> dict[str, str]:
    with ikas.connect(box) as store:
        frame = store.webhooks.list()
    return dict(zip(frame["scope"], frame["endpoint"], strict=True))


def test_of_two_processes_that_undo_at_once_one_takes_the_write_back(
    box: ikas.Sandbox, journal: Journal
) -> None:
    """Both have looked at the same write before either begins."""
    processes = [process(box) for _ in range(2)]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "looked\n"
    box.faults.add("latency", seconds=0.3)
    saves = box.calls["saveWebhook"]
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    told = sorted(each.communicate(timeout=60)[0].split()[0] for each in processes)
    assert told == ["PlanError", "saved"]
    assert box.calls["saveWebhook"] - saves == 1
    assert [entry.after for entry in journal.entries()] == [{ORDER: FIRST}]
    assert held(box) == {ORDER: FIRST}


def test_an_undo_that_was_killed_gives_its_write_back(
    box: ikas.Sandbox, journal: Journal, tmp_path: Path
) -> None:
    with process(box) as killed:
        assert killed.stdout is not None
        assert killed.stdin is not None
        assert killed.stdout.readline() == "looked\n"
        listed = box.calls["listWebhook"]
        box.faults.add("latency", seconds=30)
        killed.stdin.write("\n")
        killed.stdin.flush()
        until(
            lambda: (tmp_path / "journal.jsonl.undo").exists() and box.calls["listWebhook"] > listed
        )
        killed.kill()
    box.faults.clear()
    with ikas.connect(box) as store:
        plan = store.webhooks.undo()
        assert plan is not None
        assert plan.apply()["outcome"].tolist() == ["saved"]
    assert len(journal.entries()) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["journal.jsonl"]


FORKED = """
import os, sys, threading, time, ikas_explore as ikas
base_url, access_token = sys.argv[1:]
store = ikas.connect("sandbox", base_url=base_url, access_token=access_token)
plan = store.webhooks.undo()
print("looked", flush=True)
sys.stdin.readline()
claim = os.environ["IKAS_JOURNAL"] + ".undo"
opened, forking, system_open = threading.Event(), threading.Event(), os.open

def slow_open(path, *more):
    handle = system_open(path, *more)
    if str(path) == claim:
        opened.set()
        forking.wait()
    return handle

os.open = slow_open
os.register_at_fork(before=forking.set)  # called before the package's own
sys.setswitchinterval(60)  # the fork goes on, unless it waits for something
threading.Thread(target=plan.apply, daemon=True).start()  # it holds the claim, and waits
opened.wait()
child = os.fork()
if not child:
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_fork_holds_no_lock_of_a_process_that_was_killed(
    box: ikas.Sandbox, journal: Journal
) -> None:
    with process(box, FORKED) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        assert parent.stdout.readline() == "looked\n"
        listed = box.calls["listWebhook"]
        box.faults.add("latency", seconds=30)
        parent.stdin.write("\n")
        parent.stdin.flush()
        child = int(parent.stdout.readline())
        until(lambda: box.calls["listWebhook"] > listed)  # it holds the claim
        parent.kill()
    box.faults.clear()
    try:
        with process(box) as third:
            told, _ = third.communicate("\n", timeout=30)
        assert told.split() == ["looked", "saved"]
    finally:
        os.kill(child, signal.SIGKILL)
    assert len(journal.entries()) == 1


LOCKED = """
import json, os, sys, threading, warnings
from ikas_explore.manage.journal import Journal
from tests.manage.registries import DictRegistry
warnings.simplefilter("ignore")  # a fork of threads is what this is about
journal, registry = Journal(sys.argv[1] or None), DictRegistry()
ending = threading.Event()

def write():
    while not ending.is_set():
        with journal.write(
            registry, ["store/order/created"], endpoint="https://a.example/", before={}
        ) as entry:
            pass
        journal.take([entry])

threads = [threading.Thread(target=write) for _ in range(4)]
for thread in threads:
    thread.start()
ended = []
for _ in range(20):
    child = os.fork()
    if not child:
        ending.set()
        with journal.write(
            registry, ["store/stock/created"], endpoint="https://c.example/", before={}
        ):
            pass
        journal.entries()
        os._exit(0)
    ended.append(os.waitpid(child, 0)[1])
ending.set()
for thread in threads:
    thread.join()
print(json.dumps([ended, len(journal.entries(["acme"]))]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
def test_forks_write_their_own_while_threads_of_the_parent_hold_the_locks(
    tmp_path: Path, on_disk: bool
) -> None:
    """A file has the writes of all children; memory is each process' own."""
    path = str(tmp_path / "journal.jsonl") if on_disk else ""
    done = subprocess.run(
        [sys.executable, "-c", LOCKED, path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    ended, entries = json.loads(done.stdout)
    assert ended == [0] * 20
    assert entries == (20 if on_disk else 0)


def test_ctrl_c_while_a_file_is_given_back_does_not_hold_it_for_ever(
    box: ikas.Sandbox, journal: Journal
) -> None:
    """The traceback of a Ctrl-C keeps what it interrupted: the next write must not wait for it."""
    with ikas.connect(box) as store:
        line, kept = 1, []
        while interrupt := interrupted(
            lambda: store.webhooks.save(FIRST, ORDER), line, inside="system/locks.py"
        ):
            kept.append(interrupt)
            store.webhooks.save(SECOND, ORDER)
            line += 1
    assert line > 10
