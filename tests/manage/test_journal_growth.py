"""A journal forgets what was taken back and reads its end only, whatever it has seen."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ikas_explore.errors import StorageError
from ikas_explore.manage.journal import Journal
from ikas_explore.manage.journal_file import Entry
from tests.manage.registries import DictRegistry, undo

A, B = "https://a.example/ikas", "https://b.example/ikas"
ORDER, STOCK = "store/order/created", "store/stock/created"


def line(number: int, store: str = "acme") -> str:
    """A write as version 0.1 wrote it."""
    entry = Entry(f"{number:032x}", "2026-01-01", "", store, {ORDER: A}, {ORDER: B})._asdict()
    for name in ("apply", "part"):
        del entry[name]
    return json.dumps({"write": entry}, separators=(",", ":")) + "\n"


def taken(number: int) -> str:
    return json.dumps({"taken": f"{number:032x}"}, separators=(",", ":")) + "\n"


def one_by_one(writes: int) -> Iterator[str]:
    for number in range(writes):
        yield line(number) + taken(number)


def all_at_last(writes: int) -> Iterator[str]:
    yield from map(line, range(writes))
    yield from map(taken, reversed(range(writes)))


@pytest.mark.parametrize("lines", [one_by_one, all_at_last])
@pytest.mark.parametrize("left", [0, 2], ids=["nothing left", "two writes left"])
def test_a_file_of_before_is_read_as_it_is_and_loses_what_was_taken_back(
    tmp_path: Path, lines: object, left: int
) -> None:
    assert callable(lines)
    path = tmp_path / "journal.jsonl"
    first = "".join(line(10_000 + number) for number in range(left))
    path.write_text(first + "".join(lines(5_000)))
    path.chmod(0o644)
    registry, journal = DictRegistry({ORDER: B}), Journal(path)
    plan = undo(journal, {"acme": registry})
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert len(journal.entries()) == left
    if plan is not None:
        plan.apply()
        assert len(journal.entries()) == left - 1


def test_only_the_end_of_a_file_is_read(tmp_path: Path) -> None:
    """Line 1 is no entry, as only who reads all of it sees; writes are added after it too."""
    path = tmp_path / "journal.jsonl"
    path.write_text(line(0) + "nonsense\n" + "".join(map(line, range(2, 2_000))))
    registry, journal = DictRegistry({ORDER: B}), Journal(path)
    with journal.write(registry, [STOCK], endpoint=A):
        registry.save(A, [STOCK])
    for scope in (STOCK, ORDER):
        plan = undo(journal, {"acme": registry})
        assert plan is not None
        assert plan.changes["scope"].tolist() == [scope]
        plan.apply()
    assert path.read_text().endswith(line(1_998))
    with pytest.raises(StorageError, match="Line 2"):
        journal.entries()


@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
def test_a_journal_stays_small_though_much_is_written_and_undone(
    tmp_path: Path, on_disk: bool
) -> None:
    path = tmp_path / "journal.jsonl"
    registry, journal = DictRegistry(), Journal(path if on_disk else None)
    sizes = []
    for _ in range(60):
        with journal.write(registry, [ORDER], endpoint=A):
            registry.save(A, [ORDER])
        plan = undo(journal, {"acme": registry})
        assert plan is not None
        plan.apply()
        held = sum(map(sys.getsizeof, (journal._entries, journal._numbers)))
        sizes.append(path.stat().st_size if on_disk else held)
    assert max(sizes[20:]) <= sizes[19]


def test_writes_taken_back_between_those_of_another_store_go_too(tmp_path: Path) -> None:
    """They are not at the end: marked first, and removed when there are many."""
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for number in range(400):
        acme, moda = line(2 * number), line(2 * number + 1, "moda" if number % 100 else "kitap")
        with path.open("a") as file:
            file.write(acme + moda)
    journal.take(journal.entries(["moda"]))
    assert journal.newest(["moda"]) == []
    assert [entry.store for entry in journal.newest(["kitap"])] == ["kitap"]
    assert len(journal.entries()) == 404
    assert path.stat().st_size == sum(map(len, (line(number) for number in range(404)))) + 4


def test_a_file_that_is_read_only_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(line(9_999) + "".join(one_by_one(1_000)))
    tmp_path.chmod(0o500)
    try:
        assert len(Journal(path).newest()) == 1
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("apart", [0, 3_000])
def test_all_parts_of_an_apply_are_found_wherever_they_are(tmp_path: Path, apart: int) -> None:
    """Others may have written between them."""
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for part in range(5):
        registry = DictRegistry(name=f"shop-{part}")
        with journal.write(registry, [ORDER], endpoint=A, apply="x", parts=iter([part])):
            pass
        with path.open("a") as file:
            file.writelines(line(part * apart + number, "other") for number in range(apart))
    stores = [f"shop-{part}" for part in range(5)]
    assert {entry.part for entry in journal.newest(stores)} == {*range(5)}
    assert [entry.store for entry in journal.newest(["shop-4"])] == ["shop-4"]
