"""Snapshots: what is written is read back, and what spreadsheets make of it is read or refused."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.errors import PlanError, StorageError
from ikas_explore.frames.snapshots import read_snapshot, write_snapshot
from ikas_explore.manage.changes import diff
from ikas_explore.text.safe_csv import from_cell, to_csv
from tests.manage.registries import SCOPES, frame

A = "https://a.example/ikas"
ENDINGS = pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])


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
        (["DOĞRU", "doğru", "WAHR", "VRAI"], True),
        (["False", "false", "FALSE", "0", "0.0", ""], False),
        (["YANLIŞ", "yanl\u0131ş", "Falsch", "FALSCH", "FAUX"], False),
    ],
)
def test_deleted_in_a_csv_is_true_or_false(tmp_path: Path, cells: list[str], deleted: bool) -> None:
    rows = "".join(f"acme,{scope},{A},{cell}\n" for scope, cell in zip(SCOPES, cells, strict=False))
    (tmp_path / "saved.csv").write_text(f"store,scope,endpoint,deleted\n{rows}")
    assert read_snapshot(tmp_path / "saved.csv")["deleted"].tolist() == [deleted] * len(cells)


@pytest.mark.parametrize("cell", ["igen", "yes", "no", "2"])
@ENDINGS
def test_deleted_that_is_neither_is_refused(tmp_path: Path, cell: str, ending: str) -> None:
    """Excel writes it in its language: a webhook that is deleted was read as one that is there."""
    written = frame({SCOPES[0]: A, SCOPES[1]: A}).assign(deleted=["False", cell])
    path = write_snapshot(written, tmp_path / f"saved.{ending}")
    row = {"csv": 3, "parquet": 2, "xlsx": 3}[ending]
    with pytest.raises(StorageError, match=f"Row {row} .* holds '{cell}' in its column 'deleted'"):
        diff(path, path)


@pytest.mark.parametrize("deleted", [[True, None], [1.0, None], [1, 0], [True, pd.NA]])
@ENDINGS
def test_deleted_is_read_as_pandas_writes_it(
    tmp_path: Path, deleted: list[Any], ending: str
) -> None:
    written = frame({SCOPES[0]: A, SCOPES[1]: A}).assign(deleted=deleted)
    path = write_snapshot(written, tmp_path / f"saved.{ending}")
    assert read_snapshot(path)["deleted"].tolist() == [True, False]


@ENDINGS
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
        ("none.csv", None, "none.csv' cannot be read: No such file or directory.$"),
        ("frame.txt", b"", "Parquet, CSV or Excel"),
        ("broken.xlsx", b"PK", "no Excel workbook"),
        ("broken.parquet", b"PAR1", "cannot be read"),
        ("other.csv", b"a,b\n1,2\n", "has no column 'store'"),
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


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_csv_may_say_what_separates_its_cells(tmp_path: Path, said: str) -> None:
    """As Excel reads it in every language; its rows keep their numbers."""
    path = tmp_path / "saved.csv"
    rows = f"store;scope;endpoint;deleted\nacme;{SCOPES[0]};{A}?a=1,2,3,4,5,6;YANLIŞ\n"
    path.write_text(f"{said}\n{rows}", "utf-8-sig")
    assert diff(path, frame({SCOPES[0]: f"{A}?a=1,2,3,4,5,6"})).empty
    path.write_text(f"{said}\n{rows}acme;{SCOPES[1]};{A};no\n", "utf-8-sig")
    with pytest.raises(StorageError, match="Row 4 "):
        read_snapshot(path)


@pytest.mark.parametrize("encoding", ["cp1254", "cp1252", "iso8859-9", "mac-turkish"])
def test_another_encoding_says_how_to_save_it_in_excel(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "saved.csv"
    path.write_bytes("store;scope;endpoint\nköy;a;b\n".encode(encoding))
    with pytest.raises(StorageError, match=r"In Excel, save it as 'CSV UTF-8 \(Comma"):
        read_snapshot(path)
    with ikas.connect("sandbox") as store, pytest.raises(PlanError, match="CSV UTF-8"):
        store.webhooks.plan(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig"])
def test_text_in_unicode_is_read(tmp_path: Path, encoding: str) -> None:
    """Excel's "Unicode Text" is UTF-16 with tabs."""
    path = tmp_path / "saved.csv"
    path.write_bytes(f"store\tscope\tendpoint\nacme\t{SCOPES[0]}\t{A}/ş\n".encode(encoding))
    assert read_snapshot(path)["endpoint"].tolist() == [f"{A}/ş"]


def test_a_workbook_has_dates_and_flags_that_excel_knows_and_no_formula(tmp_path: Path) -> None:
    import openpyxl

    with ikas.connect("sandbox") as store:
        listed = store.webhooks.list()
        listed.loc[0, "endpoint"] = "=HYPERLINK(1)"
        path = write_snapshot(listed, tmp_path / "webhooks.xlsx")
        pd.testing.assert_frame_equal(read_snapshot(path), listed)
        assert store.webhooks.plan(write_snapshot(store.webhooks.list(), path)).empty
    write_snapshot(listed, path)
    header, first, _ = openpyxl.load_workbook(path).active.iter_rows()
    assert [cell.value for cell in header] == list(listed.columns)
    cells = dict(zip(listed.columns, first, strict=True))
    assert cells["endpoint"].data_type == "s"
    assert cells["endpoint"].value == "'=HYPERLINK(1)"
    assert cells["created_at"].is_date
    assert cells["deleted"].value is False
    assert path.stat().st_mode & 0o077 == 0


def test_a_workbook_that_was_changed_in_excel_is_read(tmp_path: Path) -> None:
    """A store named by figures is a number there, rows were emptied and sheets added."""
    import openpyxl

    path = write_snapshot(frame({SCOPES[0]: A, SCOPES[1]: A}, "2024"), tmp_path / "saved.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.active
    sheet["A2"] = 2024
    sheet.insert_rows(3)
    sheet["G4"] = "YANLIŞ"
    sheet["H4"] = "a note"
    book.create_sheet("mine")["A1"] = "other"
    book.save(path)
    read = read_snapshot(path)
    assert read["store"].tolist() == ["2024", "2024"]
    assert read["deleted"].tolist() == [False, False]
    sheet["G4"] = "perhaps"
    book.save(path)
    with pytest.raises(StorageError, match=r"Row 4 .* holds 'perhaps'"):
        read_snapshot(path)


def test_a_workbook_has_what_is_in_the_cells_of_any_frame(tmp_path: Path) -> None:
    import openpyxl

    times = [pd.Timestamp("2026-11-01T09:30:00.123Z"), pd.NaT]
    orders = pd.DataFrame({"lines": [["a", "b"], None], "at": times})
    sheet = openpyxl.load_workbook(write_snapshot(orders, tmp_path / "orders.xlsx")).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(max_col=1)] == [
        ["lines"],
        ['["a", "b"]'],
        [None],
    ]
    assert sheet["B2"].number_format == "yyyy-mm-dd hh:mm:ss.000"


def test_what_a_workbook_does_not_keep_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "saved.xlsx"
    with pytest.raises(StorageError, match="that Excel does not keep"):
        write_snapshot(frame({SCOPES[0]: f"{A}\r\n"}), path)
    assert not path.exists()


@pytest.mark.parametrize(("ending", "module"), [("parquet", "pyarrow"), ("xlsx", "openpyxl")])
def test_what_is_not_installed_is_named(tmp_path: Path, ending: str, module: str) -> None:
    program = f"""if True:
        import sys
        sys.modules["pyarrow"] = sys.modules["fastparquet"] = sys.modules["openpyxl"] = None
        import ikas_explore as ikas
        from ikas_explore.frames.snapshots import read_snapshot, write_snapshot
        with ikas.connect("sandbox") as store:
            for call in (
                lambda: write_snapshot(store.webhooks.list(), "webhooks.{ending}"),
                lambda: store.webhooks.plan("webhooks.{ending}"),
            ):
                try:
                    call()
                except ikas.IkasError as error:
                    print(error)
    """
    (tmp_path / f"webhooks.{ending}").touch()
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.count(f"pip install {module}") == 2


def test_pandas_writes_a_frame_to_excel(tmp_path: Path) -> None:
    """Its own to_excel refuses times with a zone, and takes text for formulas."""
    import openpyxl

    with ikas.connect("sandbox") as store:
        assert store.sandbox is not None
        attempts = store.sandbox.attempts()
        frames = [store.webhooks.list(), store.webhooks.query().to_frame(), attempts]
    frames[0].loc[0, "endpoint"] = "=1+1"
    for each in frames:
        before = each.copy()
        each.to_excel(tmp_path / "frame.xlsx", index=False, sheet_name="mine")
        pd.testing.assert_frame_equal(each, before)
        read = pd.read_excel(tmp_path / "frame.xlsx")
        assert list(read.columns) == list(each.columns)
        assert len(read) == len(each)
    frames[0].to_excel(tmp_path / "frame.xlsx", index=False)
    cells = openpyxl.load_workbook(tmp_path / "frame.xlsx").active["C2"]
    assert (cells.value, cells.data_type) == ("'=1+1", "s")
    read = pd.read_excel(tmp_path / "frame.xlsx")
    times = frames[0]["created_at"].dt.tz_localize(None)
    assert (read["created_at"] - times).abs().max() < pd.Timedelta(milliseconds=1)
    assert read["created_at"].dt.tz is None
