from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.manage.diff import diff
from ikas_explore.manage.snapshots import read_snapshot, write_snapshot
from ikas_explore.spreadsheets import from_cell, to_csv
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
    ],
)
def test_a_frame_that_cannot_be_compared_says_why(bad: pd.DataFrame, said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        diff(bad, frame({}))


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
        from ikas_explore.frames import rows_frame, webhook_columns
        from ikas_explore.manage.snapshots import read_snapshot, write_snapshot
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
    ],
)
def test_a_file_that_is_no_snapshot_says_why(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(StorageError, match=said):
        diff(tmp_path / name, frame({}))
