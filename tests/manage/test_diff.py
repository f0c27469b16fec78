from __future__ import annotations

import pandas as pd
import pytest

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.manage.changes import diff
from tests.manage.registries import frame

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
