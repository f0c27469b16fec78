"""CSV that no spreadsheet runs, whatever it splits at, and that is read back as it was."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.frames.snapshots import read_snapshot, write_snapshot
from ikas_explore.text.safe_csv import from_cell, to_cell, to_csv

CELLS = [
    "=1+1",
    "https://evil.example/?a;=1+1;x",
    "https://evil.example/?a;@SUM(1+1);x",
    "https://evil.example/?a,=1+1,x",
    'https://evil.example/?a;"=1+1";x',
    "https://evil.example/?a;''=1+1",
    "https://evil.example/?a; -1",
    "a\t+1",
    "a|=1",
    "a\n=1",
    "a\r=1",
    "a;\uff1d1+1",
    "\t=1",
    ";'=1",
    "'=1",
    "''",
    "a;b",
    "it's, well; fine",
]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_begins_a_formula_wherever_a_spreadsheet_splits(separator: str) -> None:
    text = to_csv(pd.DataFrame({"store": "acme", "endpoint": CELLS, "id": ["7"] * len(CELLS)}))
    rows = csv.reader(io.StringIO(text or "", newline=""), delimiter=separator)
    cells = [cell.lstrip(" ") for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\uff1d"))]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_read_back_as_it_was(cell: str) -> None:
    assert from_cell(to_cell(cell)) == cell


def test_a_snapshot_with_formulas_is_read_back_as_it_was(tmp_path: Path) -> None:
    endpoints = [cell for cell in CELLS if cell.startswith("https:")]
    scopes = [str(scope) for scope in ikas.Scope.registrable()][: len(endpoints)]
    frame = pd.DataFrame({"store": "acme", "scope": scopes, "endpoint": endpoints})
    path = write_snapshot(frame, tmp_path / "snapshot.csv")
    assert read_snapshot(path)["endpoint"].to_list() == endpoints
