"""Other files: journals, snapshots, records of frames, databases; and any file in their place."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import strategies as st

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import IkasError, StorageError
from ikas_explore.frames.frames import webhook_columns
from ikas_explore.frames.snapshots import read_snapshot, write_snapshot
from ikas_explore.manage.changes import diff
from ikas_explore.manage.journal import Journal
from ikas_explore.manage.journal_file import Entry
from ikas_explore.sandbox import Sandbox
from ikas_explore.testing import check_frame
from tests.auditing.frames import frame, row
from tests.fuzz.runs import attempt, fuzz
from tests.fuzz.strategies import HOSTILE, any_json, any_texts, quiet, texts
from tests.manage.registries import SCOPES, DictRegistry, undo

ENTRY = Entry(
    "1", "2026-01-01T00:00:00Z", "", "acme", {SCOPES[0]: None}, {SCOPES[0]: "https://a/"}
)._asdict()


def changed(form: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The same with some parts replaced, missing or added."""
    replaced = st.dictionaries(st.sampled_from(list(form)) | texts, any_json, max_size=2)
    return st.tuples(replaced, st.sampled_from([*form, None])).map(
        lambda made: {key: each for key, each in (form | made[0]).items() if key != made[1]}
    )


entries = st.fixed_dictionaries(
    {"before": st.dictionaries(st.sampled_from(SCOPES) | any_texts, any_json, max_size=2)}
).map(lambda ends: ENTRY | ends)
records = st.one_of(
    st.just({"write": ENTRY}),
    (changed(ENTRY) | entries).map(lambda entry: {"write": entry}),
    st.tuples(changed(ENTRY), any_json).map(lambda two: {"write": two[0], "taken": two[1]}),
    (st.just("1") | any_json).map(lambda name: {"taken": name}),
    any_json,
).map(json.dumps)
lines = st.one_of(
    records.map(str.encode),
    st.binary(max_size=20),
    st.sampled_from([b"[" * 5_000, b'{"taken": ' + b"1" * 5_000 + b"}", b"\xff", b"{}", b"null"]),
)
journals = st.tuples(st.lists(lines, max_size=4), st.sampled_from([b"\n", b"", b"\r\n"])).map(
    lambda made: b"\n".join(made[0]) + made[1]
)


@fuzz(examples=200, content=journals)
def test_a_journal_of_anything_is_undone_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    registry = DictRegistry({SCOPES[0]: "https://b.example/"})

    def use() -> None:
        journal = Journal(path)
        journal.entries(["acme"])
        plan = undo(journal, {"acme": registry})
        if plan is not None:
            assert quiet(plan.text())
            plan.apply()
        with journal.write(registry, SCOPES[:1], endpoint="https://c.example/"):
            registry.save("https://c.example/", SCOPES[:1])
        assert journal.entries()[-1].after == {SCOPES[0]: "https://c.example/"}

    refused = attempt(use, IkasError)
    assert refused is None or quiet(str(refused)), str(refused)


cells = st.sampled_from(["acme", SCOPES[0], "2026-01-01", "2026-01-01T00:00:00Z", "True", ""])
cells |= st.sampled_from(["99999-01-01", "NaT", "nan", "1e400", "'=1", "''", "-1", '"']) | texts
tables = st.tuples(
    st.lists(st.sampled_from([*webhook_columns(), "store", "other"]) | texts, max_size=8),
    st.lists(st.lists(cells, max_size=9), max_size=3),
).map(lambda made: "\n".join(",".join(line) for line in [made[0], *made[1]]))


@fuzz(
    examples=200,
    content=tables.map(lambda text: text.encode("utf-8"))
    | st.binary(max_size=40)
    | st.sampled_from(
        [b"", b"\n", b"PAR1", b"PAR1\0\0\0\0PAR1", b"\xef\xbb\xbfstore,scope,endpoint"]
    ),
    ending=st.sampled_from([".csv", ".csv", ".csv", ".CSV", ".parquet"]),
)
def test_a_snapshot_of_anything_is_a_webhook_frame_or_refused(
    tmp_path: Path, content: bytes, ending: str
) -> None:
    path = tmp_path / f"snapshot{ending}"
    path.write_bytes(content)
    made = attempt(lambda: read_snapshot(path), StorageError)
    if isinstance(made, StorageError):
        assert quiet(str(made)), str(made)
        return
    assert list(made) == list(webhook_columns())
    refused = attempt(lambda: diff(path, path), IkasError)
    assert isinstance(refused, IkasError | pd.DataFrame)


@fuzz(
    examples=60,
    columns=st.dictionaries(
        st.sampled_from(list(webhook_columns())),
        st.lists(any_json, min_size=1, max_size=1)
        | st.lists(st.datetimes() | st.binary(max_size=3), min_size=1, max_size=1),
        min_size=1,
    ),
)
def test_a_parquet_of_any_columns_is_a_webhook_frame_or_refused(
    tmp_path: Path, columns: dict[str, list[Any]]
) -> None:
    path = tmp_path / "snapshot.parquet"
    try:
        pd.DataFrame(columns).to_parquet(path)
    except Exception:  # pyarrow's and pandas' own limits: there is no such file
        return
    made = attempt(lambda: read_snapshot(path), StorageError)
    assert isinstance(made, StorageError) or list(made) == list(webhook_columns())


@fuzz(
    examples=100,
    texts=st.tuples(texts, texts, texts),
    ending=st.sampled_from([".csv", ".parquet"]),
)
def test_a_snapshot_gives_back_any_text(
    tmp_path: Path, texts: tuple[str, str, str], ending: str
) -> None:
    store, scope, endpoint = texts
    written = frame([row(scope, endpoint, store or "acme")])
    path = write_snapshot(written, tmp_path / f"snapshot{ending}")
    read = read_snapshot(path)
    for name in ("store", "scope", "endpoint"):
        assert (read[name].fillna("") == written[name]).all(), name


RECORD = {
    "columns": {"scope": "string"},
    "key": ["scope"],
    "compared": ["scope"],
    "rows": [{"scope": "a"}],
}


@fuzz(
    examples=150,
    content=(changed(RECORD) | any_json).map(json.dumps).map(str.encode)
    | st.binary(max_size=20)
    | st.sampled_from([b"[" * 5_000, b"", b"\xff"]),
)
def test_a_record_of_anything_is_compared_or_refused(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "frames"
    folder.mkdir(exist_ok=True)
    (folder / "kept.json").write_bytes(content)
    now = pd.DataFrame({"scope": ["a"]})
    told = attempt(lambda: check_frame(now, "kept"), StorageError, AssertionError)
    assert told is None or quiet(str(told)), str(told)


def _flipped(path: Path, bits: list[int]) -> None:
    content = bytearray(path.read_bytes())
    for bit in bits:
        content[bit // 8 % len(content)] ^= 1 << bit % 8
    path.write_bytes(content)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("log") / "log.db"
    with Receiver("s", path=path) as receiver:
        import httpx

        for body in (b"{}", b'{"id": "1"}', b"[" * 3_000):
            httpx.post(receiver.endpoint, content=body, verify=False)
    return path.read_bytes()


@fuzz(
    examples=60,
    # Anywhere, in the head, and where the tables are declared and the first rows are.
    bits=st.lists(st.integers(0, 8 * 40_000), max_size=8)
    | st.lists(st.integers(0, 800), max_size=4)
    | st.lists(st.integers(28_600, 32_900), max_size=2),
    cut=st.none() | st.integers(0, 9_000),
)
def test_a_damaged_log_is_read_or_refused(
    tmp_path: Path, database: bytes, bits: list[int], cut: int | None
) -> None:
    for left in tmp_path.iterdir():
        left.unlink()
    path = tmp_path / "log.db"
    path.write_bytes(database[:cut] or b"\0")
    _flipped(path, bits)

    def use() -> None:
        with Receiver("s", path=path) as receiver:
            receiver.deliveries()

    refused = attempt(use, StorageError)
    assert refused is None or quiet(str(refused)), str(refused)


@fuzz(
    examples=30,
    content=st.binary(min_size=1, max_size=60)
    | st.sampled_from(HOSTILE).map(str.encode)
    | st.sampled_from([b"SQLite format 3\0", b"SQLite format 3\0" + b"\0" * 200]),
    another=st.booleans(),
)
def test_a_file_given_by_mistake_is_refused_and_left_as_it_is(
    tmp_path: Path, content: bytes, another: bool
) -> None:
    path = tmp_path / "file"
    path.unlink(missing_ok=True)
    if another:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE kept (a)")
            connection.execute("INSERT INTO kept VALUES (?)", (content,))
        connection.close()
        content = path.read_bytes()
    else:
        path.write_bytes(content)
    for kind in (Receiver, Sandbox):
        refused = attempt(partial(open_and_close, kind, path), StorageError)
        assert isinstance(refused, StorageError)
        assert quiet(str(refused)), str(refused)
        assert path.read_bytes() == content


def open_and_close(kind: type[Receiver | Sandbox], path: Path) -> None:
    kind(path=path).close()


# -- found by the above -------------------------------------------------------------------------


WRONG_PARTS: list[dict[str, Any]] = [
    {"id": []},
    {"before": []},
    {"before": {SCOPES[0]: False}},
    {"after": {SCOPES[0]: ["https://a/"]}},
    {"sales_channels": "no"},
]


@pytest.mark.parametrize(
    "line",
    [
        b'{"taken": "\\ud800"}',
        b'{"taken": []}',
        b"[" * 5_000,
        *(json.dumps({"write": ENTRY | part}).encode() for part in WRONG_PARTS),
    ],
)
def test_a_line_of_a_journal_with_parts_of_another_kind_is_refused(
    tmp_path: Path, line: bytes
) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(json.dumps({"write": ENTRY}).encode() + b"\n" + line + b"\n")
    with pytest.raises(StorageError, match=r"Line 2 .* is no entry"):
        Journal(path).entries()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_snapshot_keeps_carriage_returns(tmp_path: Path, ending: str) -> None:
    """In CSV they ended the row, and the rest of the cell was one of its own."""
    endpoint = "https://a.example/\r\r\nx,\r"
    path = write_snapshot(frame([row(SCOPES[0], endpoint)]), tmp_path / f"snapshot.{ending}")
    assert read_snapshot(path)["endpoint"].tolist() == [endpoint]


@pytest.mark.parametrize(
    "content",
    [
        "[" * 5_000,
        json.dumps(RECORD | {"rows": [{}]}),
        json.dumps(RECORD | {"rows": ["a"]}),
        json.dumps(RECORD | {"columns": ["scope"]}),
        json.dumps(RECORD | {"key": "scope"}),
        json.dumps(RECORD | {"\x1b[31m": 1}),
    ],
)
def test_a_record_whose_parts_do_not_fit_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "kept.json").write_text(content)
    with pytest.raises(StorageError, match="not a record of a frame") as told:
        check_frame(pd.DataFrame({"scope": ["a"]}), "kept")
    assert quiet(str(told.value))


@pytest.mark.parametrize("kind", [Receiver, Sandbox])
def test_a_file_of_one_byte_is_not_taken_for_an_empty_one(tmp_path: Path, kind: Any) -> None:
    """SQLite does, and writes over it."""
    path = tmp_path / "kept"
    path.write_bytes(b"1")
    with pytest.raises(StorageError, match="something else"):
        kind(path=path)
    assert path.read_bytes() == b"1"


@pytest.mark.parametrize("times", [[True], [b"2026"], [{"a": 1}], [[1]]])
def test_a_parquet_with_times_of_another_kind_is_refused(tmp_path: Path, times: list[Any]) -> None:
    path = tmp_path / "snapshot.parquet"
    columns = {"store": ["a"], "scope": ["b"], "endpoint": ["c"], "created_at": times}
    pd.DataFrame(columns).to_parquet(path)
    with pytest.raises(StorageError, match="time in the snapshot"):
        read_snapshot(path)


def test_a_time_that_is_none_is_told_without_its_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.csv"
    path.write_text("store,scope,endpoint,updated_at\na,b,c,\x1b[31mnoon\n")
    with pytest.raises(StorageError, match="time in the snapshot") as told:
        read_snapshot(path)
    assert "\\x1b[31mnoon" in str(told.value)


@pytest.mark.parametrize(
    ("whole", "damaged"),
    [
        (b"tablerequests", b"tabler\xe5quests"),  # SQLite's own message is no text then
        (b"status       INTEGER", b"stadus       INTEGER"),
        (b"body         BLOB", b"body         BLOC"),
        (b"status       INTEGER", b"\x0etatus       INTEGER"),  # told, escaped, in SQLite's words
    ],
)
def test_a_log_whose_tables_are_damaged_is_refused(
    tmp_path: Path, database: bytes, whole: bytes, damaged: bytes
) -> None:
    assert database.count(whole) == 1
    path = tmp_path / "log.db"
    path.write_bytes(database.replace(whole, damaged))
    with pytest.raises(StorageError, match=r"cannot be used|something else") as told:
        Receiver("s", path=path)
    assert quiet(str(told.value))


def test_a_log_with_a_cell_of_another_kind_is_told(tmp_path: Path, database: bytes) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(database)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE requests SET body = 'text' WHERE number = 2")
    connection.close()
    receiver = Receiver("s", path=path)
    with receiver, pytest.raises(StorageError, match=r"Request 2 .* is damaged"):
        receiver.deliveries()
