"""`check_frame`: what it takes for the same, and how it tells what is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.testing import check_frame

Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def frame() -> Iterator[pd.DataFrame]:
    with ikas.connect("sandbox") as store:
        yield store.webhooks.list()


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Record as under ``pytest --ikas-update``, and compare from then on."""

    def record(*arguments: Any, **options: Any) -> None:
        with monkeypatch.context() as context:
            context.setenv("IKAS_FRAMES_UPDATE", "1")
            check_frame(*arguments, **options)

    return record


def test_what_is_recorded_is_readable_and_without_ignored_cells(
    frame: pd.DataFrame, record: Callable[..., None]
) -> None:
    record(frame, "webhooks")
    recorded = json.loads(Path("frames/webhooks.json").read_text("utf-8"))
    assert recorded["columns"]["created_at"] == "time"
    assert recorded["rows"][0] == {
        "store": "sandbox",
        "scope": "store/customer/created",
        "endpoint": "https://mailchimp-dev.ikasapps.com/api/webhook/ikas",
        "deleted": False,
    }
    assert len(Path("frames/webhooks.json").read_text("utf-8").splitlines()) == 9  # a row a line


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame,
        lambda frame: frame.iloc[::-1],
        lambda frame: frame.assign(id=["1", "2"]),
        lambda frame: frame.assign(created_at=frame["created_at"] + pd.Timedelta("1 day")),
        lambda frame: frame.astype({"created_at": "datetime64[ns, UTC]"}),
        lambda frame: frame.astype({"scope": object, "store": "string"}),
        lambda frame: frame.astype({"endpoint": "category", "deleted": "boolean"}),
        lambda frame: frame.set_index("scope").reset_index()[list(frame.columns)],
    ],
    ids=["same", "order", "ids", "times", "units", "text", "category", "index"],
)
def test_what_is_the_same(frame: pd.DataFrame, record: Callable[..., None], change: Change) -> None:
    """The order of rows, ids and times, and the dtypes another pandas would choose."""
    record(frame, "webhooks")
    check_frame(change(frame), "webhooks")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda frame: frame.assign(endpoint=["https://new.example.com/", frame["endpoint"][1]]),
            ["store/customer/created  endpoint  https://mailchimp-dev", "https://new.example.com/"],
        ),
        (lambda frame: frame.iloc[:1], ["store/customer/updated", "a row", "(none)"]),
        (lambda frame: frame.drop(columns="id"), ["id", "string", "(none)"]),
        (lambda frame: frame.assign(more=1), ["more", "(none)", "int"]),
        (lambda frame: frame.assign(deleted=0), ["deleted", "bool", "int"]),
        (lambda frame: frame[frame.columns[::-1]], ["(order)", "deleted, updated_at"]),
        (lambda frame: frame.assign(endpoint="\x1b[31mred"), [r"\x1b[31mred"]),
        (lambda frame: frame.assign(endpoint=None), ["endpoint", "null"]),
    ],
    ids=["cell", "row", "column", "more", "kind", "order", "escape", "missing"],
)
def test_what_differs_is_told_in_a_table(
    frame: pd.DataFrame, record: Callable[..., None], change: Change, told: list[str]
) -> None:
    record(frame, "webhooks")
    with pytest.raises(AssertionError) as raised:
        check_frame(change(frame), "webhooks")
    assert all(part in str(raised.value) for part in told), str(raised.value)
    assert "frames/webhooks.json" in str(raised.value)
    assert "pytest --ikas-update" in str(raised.value)


def test_long_cells_are_shown_where_they_part(record: Callable[..., None]) -> None:
    before = pd.DataFrame({"scope": ["a"], "text": ["x" * 500 + "before"]})
    record(before, "long")
    with pytest.raises(AssertionError, match=r"…x{24}before +…x{24}after"):
        check_frame(before.assign(text="x" * 500 + "after"), "long")


@pytest.mark.parametrize(
    "cells",
    [
        ["ş", None],
        [1, 2],
        [0.1 + 0.2, float("inf")],
        [1.5, None],
        [True, False],
        [datetime(2024, 1, 1, 12, tzinfo=UTC), None],
        [datetime(2024, 1, 1, 12, 0, 0, 1500), None],
        [timedelta(seconds=1.5), None],
        [["a", 1], {"b": None}],
        [b"\xff{}", b"{}"],
        [ikas.Scope.match("*")[0], "x"],
        [np.int64(1), np.float64(2)],
    ],
    ids=lambda cells: type(cells[0]).__name__,
)
def test_cells_of_all_kinds_are_recorded_and_found_again(
    record: Callable[..., None], cells: list[Any]
) -> None:
    made = pd.DataFrame({"scope": ["a", "b"], "cells": cells})
    record(made, "cells")
    check_frame(made.iloc[::-1].copy(), "cells")


def test_a_list_is_the_same_after_it_was_in_a_parquet_file(
    record: Callable[..., None], tmp_path: Path
) -> None:
    made = pd.DataFrame({"scope": ["a", "b"], "cells": [["x", "y"], []]})
    record(made, "cells")
    made.to_parquet(tmp_path / "made.parquet")
    check_frame(pd.read_parquet(tmp_path / "made.parquet"), "cells")


def test_sums_may_differ_in_their_last_digit(record: Callable[..., None]) -> None:
    made = pd.DataFrame({"scope": ["a"], "sum": [0.1 + 0.2]})
    record(made, "sums")
    check_frame(made.assign(sum=0.3), "sums")
    with pytest.raises(AssertionError, match="sum"):
        check_frame(made.assign(sum=0.300001), "sums")


def test_a_frame_without_rows_has_its_columns_still(
    frame: pd.DataFrame, record: Callable[..., None]
) -> None:
    record(frame.iloc[:0], "none")
    check_frame(frame.iloc[:0].astype({"scope": object}), "none")
    with pytest.raises(AssertionError, match="a row"):
        check_frame(frame, "none")


def test_the_key_tells_rows_apart(frame: pd.DataFrame, record: Callable[..., None]) -> None:
    """A column, several, the name of an index, or the order of the rows."""
    stores = pd.concat([frame, frame.assign(store="other")])
    with pytest.raises(errors.InvalidArgumentError, match="4 rows have only 2 different values"):
        check_frame(stores, "stores")
    with pytest.raises(errors.InvalidArgumentError, match="2 rows have only 1 different value of"):
        check_frame(frame.iloc[[0, 0]], "same")
    record(stores, "stores", key=["store", "scope"])
    check_frame(stores.sort_values("scope"), "stores", key=["store", "scope"])
    record(stores, "rows", key=None)
    with pytest.raises(AssertionError, match="row 1"):
        check_frame(stores.iloc[::-1], "rows", key=None)
    counted: pd.DataFrame = stores.groupby("endpoint").agg(number=("scope", "count"))
    record(counted, "counted", key="endpoint")
    check_frame(counted, "counted", key="endpoint")
    with pytest.raises(errors.InvalidArgumentError, match=r"no column 'scope'.*endpoint, number"):
        check_frame(counted, "counted")


def test_another_choice_of_columns_is_a_difference(
    frame: pd.DataFrame, record: Callable[..., None]
) -> None:
    record(frame, "webhooks")
    with pytest.raises(AssertionError, match=r"\(compared\)"):
        check_frame(frame, "webhooks", ignore=())
    with pytest.raises(AssertionError, match=r"\(key\)"):
        check_frame(frame, "webhooks", key=["store", "scope"])


def test_what_is_not_recorded_fails_under_pytest(frame: pd.DataFrame) -> None:
    """So that a record that was forgotten in a commit does not pass."""
    with pytest.raises(AssertionError, match=r"Nothing is recorded in frames/webhooks\.json"):
        check_frame(frame, "webhooks")
    assert not Path("frames").exists()


def test_a_person_in_a_notebook_records_and_is_told(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    check_frame(frame, "webhooks")
    assert capsys.readouterr().out.startswith("Recorded frames/webhooks.json.")
    check_frame(frame, "webhooks")
    assert capsys.readouterr().out == ""
    with pytest.raises(AssertionError, match="endpoint"):
        check_frame(frame.assign(endpoint="https://new.example.com/"), "webhooks")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b"])
def test_a_name_is_a_name(frame: pd.DataFrame, name: str) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="cannot name a record"):
        check_frame(frame, name)


def test_what_cannot_be_recorded_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=r"'endpoint' holds a object.*ignore="):
        check_frame(
            frame.assign(endpoint=pd.Series([object()] * len(frame), dtype=object)), "webhooks"
        )
    with pytest.raises(errors.InvalidArgumentError, match="Columns of one name"):
        check_frame(frame.set_axis(["scope"] * 7, axis=1), "webhooks")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"columns": 1}'])
def test_a_broken_record_says_what_to_do(frame: pd.DataFrame, text: str) -> None:
    Path("frames").mkdir()
    Path("frames/webhooks.json").write_text(text)
    with pytest.raises(errors.StorageError, match="Record it again"):
        check_frame(frame, "webhooks")


#: As version 0.1 wrote it.
RECORDED = """{
 "columns": {"scope": "string", "n": "int", "x": "float", "t": "time", "d": "duration", \
"ok": "bool", "o": "object", "id": "string"},
 "key": ["scope"],
 "compared": ["scope", "n", "x", "t", "d", "ok", "o"],
 "rows": [
  {"scope": "a", "n": 2, "x": "inf", "t": null, "d": null, "ok": false, "o": {"a": null}},
  {"scope": "b", "n": 1, "x": 0.30000000000000004, "t": "2024-01-01T12:00:00.0015Z", \
"d": "1.5 s", "ok": true, "o": ["ş", 1.0]}
 ]
}
"""


def test_a_record_of_before_is_read_and_recorded_the_same(record: Callable[..., None]) -> None:
    frame = pd.DataFrame(
        {
            "scope": ["b", "a"],
            "n": [1, 2],
            "x": [0.1 + 0.2, float("inf")],
            "t": [pd.Timestamp("2024-01-01 12:00:00.0015Z"), None],
            "d": [pd.Timedelta(seconds=1.5), None],
            "ok": [True, False],
            "o": [["ş", 1.0], {"a": None}],
            "id": ["1", "2"],
        }
    )
    path = Path("frames/before.json")
    path.parent.mkdir()
    path.write_text(RECORDED, "utf-8")
    check_frame(frame, "before")
    with pytest.raises(AssertionError, match=r"b +n +1 +7\n"):
        check_frame(frame.assign(n=[7, 2]), "before")
    record(frame, "before")
    assert path.read_text("utf-8") == RECORDED
