from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.frames.snapshots import read_snapshot, write_snapshot
from ikas_explore.manage.changes import diff
from ikas_explore.text.safe_csv import from_cell, to_csv
from tests.manage.registries import SCOPES, frame

A, B = "https://a.example/ikas", "https://b.example/ikas"


def test_each_kind_of_change_is_told() -> None:
    before = frame({"store/order/created": A, "store/order/updated": A, "store/stock/created": A})
    after = frame({"store/order/created": B, "store/stock/created": A, "store/stock/updated": B})
    changes = diff(before, after)
    assert list(changes.columns) == [
        "store",
        "scope",
        "action",
        "endpoint_before",
        "endpoint_after",
    ]
    assert [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in changes.itertuples(index=False)
    ] == [
        ("acme", "store/order/created", "replace", A, B),
        ("acme", "store/order/updated", "delete", A, None),
        ("acme", "store/stock/updated", "create", None, B),
    ]


def test_deleted_rows_count_as_not_there() -> None:
    gone = frame({"store/order/created": A}, deleted=True)
    assert diff(gone, frame({})).empty


def test_columns_that_make_no_difference_may_have_one_name() -> None:
    noted = frame({"store/order/created": A}).rename(columns={"id": "x", "updated_at": "x"})
    assert diff(noted, frame({"store/order/created": A})).empty


def test_stores_are_kept_apart() -> None:
    both = pd.concat([frame({"store/order/created": A}, "acme"), frame({}, "best")])
    moved = frame({"store/order/created": A}, "best")
    assert diff(both, moved)[["store", "action"]].to_numpy().tolist() == [
        ["acme", "delete"],
        ["best", "create"],
    ]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (pd.DataFrame({"scope": ["a"]}), "no column 'store', 'endpoint'"),
        (pd.concat([frame({"store/order/created": A}), frame({"store/order/created": B})]), "two"),
        (frame({"store/order/created": A}).assign(endpoint=None), "incomplete"),
        (pd.concat([frame({"store/order/created": A})] * 2, axis=1), "'store' more than once"),
        (frame({}).rename(columns={"id": "deleted"}), "'deleted' more than once"),
    ],
)
def test_a_frame_that_cannot_be_compared_says_why(bad: pd.DataFrame, said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        diff(bad, frame({}))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_csv_may_be_saved_by_a_spreadsheet(tmp_path: Path, separator: str, line_end: str) -> None:
    """With its separator, line end and byte order mark, and rows that were emptied."""
    endpoint = "https://a.example/?a=1;b=2,3"
    rows = [
        ["store", "scope", "endpoint", "deleted"],
        ["acme", SCOPES[0], f'"{endpoint}"', "FALSE"],
        ["", "", "", ""],
        ["acme", SCOPES[1], A, "TRUE"],
        ["acme", SCOPES[2], A],
    ]
    text = "".join(separator.join(row) + line_end for row in rows)
    (tmp_path / "saved.csv").write_bytes(text.encode("utf-8-sig"))
    assert diff(tmp_path / "saved.csv", frame({SCOPES[0]: endpoint, SCOPES[2]: A})).empty


@pytest.mark.parametrize(
    ("cells", "deleted"),
    [
        (["True", "true", "TRUE", " 1 ", "1.0"], True),
        (["False", "false", "FALSE", "0", "0.0", ""], False),
    ],
)
def test_deleted_in_a_csv_is_true_or_false(tmp_path: Path, cells: list[str], deleted: bool) -> None:
    rows = "".join(f"acme,{scope},{A},{cell}\n" for scope, cell in zip(SCOPES, cells, strict=False))
    (tmp_path / "saved.csv").write_text(f"store,scope,endpoint,deleted\n{rows}")
    assert read_snapshot(tmp_path / "saved.csv")["deleted"].tolist() == [deleted] * len(cells)


@pytest.mark.parametrize("cell", ["DOĞRU", "YANLIŞ", "WAHR", "yes", "no", "2"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_deleted_that_is_neither_is_refused(tmp_path: Path, cell: str, ending: str) -> None:
    """Excel writes it in its language: a webhook that is deleted was read as one that is there."""
    written = frame({SCOPES[0]: A, SCOPES[1]: A}).assign(deleted=["False", cell])
    path = write_snapshot(written, tmp_path / f"saved.{ending}")
    row = {"csv": 3, "parquet": 2}[ending]
    with pytest.raises(StorageError, match=f"Row {row} .* holds '{cell}' in its column 'deleted'"):
        diff(path, path)


@pytest.mark.parametrize("deleted", [[True, None], [1.0, None], [1, 0], [True, pd.NA]])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_deleted_is_read_as_pandas_writes_it(
    tmp_path: Path, deleted: list[Any], ending: str
) -> None:
    written = frame({SCOPES[0]: A, SCOPES[1]: A}).assign(deleted=deleted)
    path = write_snapshot(written, tmp_path / f"saved.{ending}")
    assert read_snapshot(path)["deleted"].tolist() == [True, False]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_snapshot_is_read_as_it_was_written(tmp_path: Path, ending: str) -> None:
    strange = {SCOPES[0]: "=HYPERLINK(1)", SCOPES[1]: "'=1", SCOPES[2]: 'https://a.example/"ş",'}
    for before in (frame(strange, "na"), frame({}), frame({SCOPES[0]: A}, created_at=None)):
        path = write_snapshot(before, tmp_path / f"webhooks.{ending}")
        after = read_snapshot(path)
        pd.testing.assert_frame_equal(before, after)
        assert diff(path, before).empty
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_no_cell_of_a_csv_starts_as_a_formula_does() -> None:
    cells = ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "'=1", "plain"]
    text = to_csv(pd.DataFrame({"endpoint": cells}))
    assert text is not None
    _, *rows = csv.reader(io.StringIO(text, newline=""))
    assert [row[0][0] for row in rows] == ["'"] * 7 + ["p"]
    assert [from_cell(row[0]) for row in rows] == cells


def test_without_pyarrow_parquet_says_what_to_install() -> None:
    program = """if True:
        import sys
        sys.modules["pyarrow"] = sys.modules["fastparquet"] = None
        from ikas_explore.errors import StorageError
        from ikas_explore.frames.frames import rows_frame, webhook_columns
        from ikas_explore.frames.snapshots import read_snapshot, write_snapshot
        frame = rows_frame(webhook_columns(), [])
        print(len(read_snapshot(write_snapshot(frame, "webhooks.csv"))))
        try:
            write_snapshot(frame, "webhooks.parquet")
        except StorageError as error:
            print(error)
    """
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install pyarrow" in told.stdout


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "cannot be read"),
        ("frame.txt", b"", "Parquet or CSV"),
        ("broken.parquet", b"PAR1", "cannot be read"),
        ("other.csv", b"a,b\n1,2\n", "no snapshot"),
        ("empty.csv", b"", "cannot be read"),
        ("times.csv", b"store,scope,endpoint,created_at\na,b,c,noon\n", "time"),
        ("unclosed.csv", b'store,scope,endpoint\na,b,"c\na,d,e\n', "cannot be read"),
        (
            "excel.csv",
            b"store,scope,endpoint,updated_at\na,b,c,\n\na,d,e,08.11.2021 10:11\n",
            r"'08\.11\.2021 10:11' in row 4, column 'updated_at'\. Write it as 2021-11-08T10:11:51",
        ),
        (
            "trailing.csv",
            b"store,scope,endpoint\na,b,c,\na,d,e,\n",
            "Row 2 of the snapshot .* has 4 cells and the header 3. Take out the ','",
        ),
        ("twice.csv", b"store,scope,endpoint,endpoint\na,b,c,d\n", "'endpoint' more than once"),
    ],
)
def test_a_file_that_is_no_snapshot_says_why(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(StorageError, match=said):
        diff(tmp_path / name, frame({}))
