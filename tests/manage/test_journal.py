from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ikas_explore.errors import (
    IkasError,
    InvalidScopeError,
    ScopeRefusedError,
    StorageError,
    TransportError,
)
from ikas_explore.manage.journal import Journal
from tests.manage.registries import DictRegistry

A, B = "https://a.example/ikas", "https://b.example/ikas"
ORDER, STOCK = "store/order/created", "store/stock/created"


@pytest.fixture(params=["memory", "disk"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    return Journal(tmp_path / "deep" / "journal" if request.param == "disk" else None)


def save(journal: Journal, registry: DictRegistry, endpoint: str, *scopes: str) -> None:
    with journal.write(registry, scopes, endpoint=endpoint):
        registry.save(endpoint, scopes)


def test_an_entry_is_there_before_the_write_and_holds_what_stood_there(journal: Journal) -> None:
    registry = DictRegistry({ORDER: A})
    with journal.write(registry, [ORDER, STOCK], endpoint=B, sales_channels=True) as entry:
        assert journal.entries() == [entry]
    assert entry.before == {ORDER: A, STOCK: None}
    assert entry.after == {ORDER: B, STOCK: B}
    assert entry.sales_channels
    assert registry.verbs() == ["list"]


def test_the_last_write_is_on_top_and_comes_off_once(journal: Journal) -> None:
    registry = DictRegistry()
    save(journal, registry, A, ORDER)
    save(journal, registry, B, STOCK)
    first, second = journal.entries()
    journal.take([second])
    assert journal.entries() == [first]


@pytest.mark.parametrize("kind", [ScopeRefusedError, InvalidScopeError])
def test_a_write_that_was_refused_leaves_no_entry(journal: Journal, kind: type[IkasError]) -> None:
    with pytest.raises(kind), journal.write(DictRegistry(), [ORDER], endpoint=A):
        raise kind("no")
    assert journal.entries() == []


@pytest.mark.parametrize("error", [TransportError("time-out"), KeyboardInterrupt()])
@pytest.mark.parametrize("partial", [False, True])
def test_a_write_that_may_have_happened_stays(
    journal: Journal, error: BaseException, partial: bool
) -> None:
    if partial:
        error = ScopeRefusedError("partly", data={"saveWebhook": []})
    with pytest.raises(type(error)), journal.write(DictRegistry(), [ORDER], endpoint=A):
        raise error
    assert len(journal.entries()) == 1


def test_entries_made_elsewhere_are_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    save(Journal(path, base_url="https://api.myikas.com"), DictRegistry(), A, ORDER)
    assert Journal(path, base_url="http://127.0.0.1:1").entries() == []
    assert len(Journal(path, base_url="https://api.myikas.com").entries()) == 1


def test_the_file_is_for_its_owner_and_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.touch(0o644)
    save(Journal(path), DictRegistry(), A, ORDER)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    program = (
        "import sys; from ikas_explore.manage.journal import Journal;"
        "print(len(Journal(sys.argv[1]).entries()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "1"


def test_a_torn_last_line_is_dropped_wherever_it_was_torn(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    registry = DictRegistry()
    save(Journal(path), registry, A, ORDER)
    whole = path.stat().st_size
    save(Journal(path), registry, "https://ş.example/", STOCK)
    content = path.read_bytes()
    for length in range(whole, len(content) - 1):
        path.write_bytes(content[:length])
        assert len(Journal(path).entries()) == 1
        save(Journal(path), registry, B, ORDER)
        assert [list(entry.after) for entry in Journal(path).entries()] == [[ORDER], [ORDER]]
    path.write_bytes(content[:-1])  # nothing but the line end is missing
    save(Journal(path), registry, B, ORDER)
    assert len(Journal(path).entries()) == 3


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"write": {"id": "1"}}', '{"taken": 1}'])
def test_a_file_that_is_no_journal_names_the_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal"
    save(Journal(path), DictRegistry(), A, ORDER)
    with path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(StorageError, match="Line 2"):
        Journal(path).entries()


def test_a_file_that_cannot_be_opened_stops_the_write(tmp_path: Path) -> None:
    registry = DictRegistry()
    for path in (tmp_path, tmp_path / "file" / "below", Path("/dev/null")):
        (tmp_path / "file").touch()
        with pytest.raises(StorageError, match="journal"):
            save(Journal(path), registry, A, ORDER)
    assert "save" not in registry.verbs()
    with pytest.raises(StorageError, match="cannot be read"):
        Journal(tmp_path).entries()


@pytest.mark.parametrize(
    ("append", "said"),
    [
        ("journal.write(store, ['a'], endpoint='b', before={}).__enter__()", "Nothing was sent"),
        ("journal.take([Entry(str(written), '', '', '', {}, {})])", "stays in it"),
    ],
    ids=["write", "take"],
)
def test_a_full_disk_is_told_and_leaves_whole_lines(tmp_path: Path, append: str, said: str) -> None:
    """The limit on the size of a file stands in for the end of a disk.

    A write is not sent then; one that is taken back was reverted by now, as a rule.
    """
    path = tmp_path / "journal"
    program = f"""if True:
        import resource, signal, sys, types
        from ikas_explore.errors import StorageError
        from ikas_explore.manage.journal import Journal
        from ikas_explore.manage.journal_file import Entry
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        store, journal = types.SimpleNamespace(name="acme"), Journal(sys.argv[1])
        for written in range(1000):
            try:
                {append}
            except StorageError as error:
                sys.exit(f"{{written}} {{error}}")
    """
    ended = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    written, told = ended.stderr.split(" ", 1)
    assert said in told
    assert ("Nothing was sent" in told) == ("Nothing was sent" in said)
    assert path.read_bytes().endswith(b"\n")
    assert len(path.read_text().splitlines()) == int(written) > 10


def test_two_processes_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    program = (
        "import sys; from ikas_explore.manage.journal import Journal\n"
        "from ikas_explore.manage.journal_file import Entry\n"
        "journal = Journal(sys.argv[1])\n"
        "for number in range(50):\n"
        "    journal.take([Entry(f'{sys.argv[2]}-{number}', '', '', '', {}, {})])\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in "ab"]
    assert [each.wait() for each in running] == [0, 0]
    lines = [json.loads(line)["taken"] for line in path.read_text().splitlines()]
    assert sorted(lines) == sorted(f"{name}-{number}" for name in "ab" for number in range(50))
