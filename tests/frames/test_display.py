"""A frame looks right as the last line of a cell, and is a DataFrame for every use in pandas."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas

ENDPOINT = "https://erp.example.com/ikas/webhooks/of/a/rather/long/path/that/stays/whole"


@pytest.fixture
def frame() -> Iterator[pd.DataFrame]:
    with ikas.Sandbox(seed=1) as sandbox, ikas.connect(sandbox) as store:
        store.webhooks.save(ENDPOINT, ["store/order/created", "store/stock/updated"])
        yield store.webhooks.list()


def html_of(frame: Any) -> str:
    return str(frame._repr_html_())


def cells(frame: pd.DataFrame) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", html_of(frame))


def test_text_is_aligned_to_the_left_and_shown_whole(frame: pd.DataFrame) -> None:
    html = html_of(frame)
    assert ENDPOINT in cells(frame)
    assert "text-align:right" not in html
    assert "UTC" in html
    assert html.count("UTC") == 2  # named once for each column of times
    assert re.search(r"<td[^>]*>2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d</td>", html)


def test_a_long_id_is_short_and_whole_on_hover(frame: pd.DataFrame) -> None:
    whole = frame["id"].iloc[0]
    assert whole not in cells(frame)
    assert f'title="{whole}"' in html_of(frame)
    assert f"{whole[:8]}…" in cells(frame)


def test_a_span_of_time_is_shown_to_the_second() -> None:
    now = dt.datetime.now(dt.UTC)
    with ikas.Sandbox(seed=1) as sandbox, ikas.connect(sandbox) as store:
        sandbox.change("customer")
        empty = pd.DataFrame({"scope": [], "object_id": [], "received_at": []})
        later = now + dt.timedelta(days=2)
        gap = store.webhooks.missed(empty, since=now - dt.timedelta(days=1), until=later)
    assert re.search(r"<td[^>]*>1 days \d\d:\d\d:\d\d</td>", html_of(gap.frame))


def test_numbers_are_aligned_to_the_right_and_missing_cells_are_blank() -> None:
    with ikas.Sandbox(retry_delays=()) as sandbox, ikas.Receiver(sandbox.client_secret) as receiver:
        with ikas.connect(sandbox) as store:
            store.webhooks.save(receiver.endpoint, "store/order/created")
        sandbox.emit("store/order/created")
        sandbox.settle(timeout=30)
        deliveries = sandbox.deliveries()
    html = html_of(deliveries)
    assert '<td style="text-align:right;white-space:nowrap">1</td>' in html
    assert "nan" not in html.lower()
    assert "None" not in html
    assert "NaT" not in html


def test_the_plain_text_is_the_same_table(frame: pd.DataFrame) -> None:
    lines = repr(frame).splitlines()
    assert lines[0].split()[:4] == ["store", "scope", "endpoint", "id"]
    assert ENDPOINT in lines[3] + lines[4]
    assert len(lines) == 1 + len(frame)


def test_no_rows_are_said_to_be_none(frame: pd.DataFrame) -> None:
    assert repr(frame.head(0)).endswith("no rows")
    assert "no rows" in html_of(frame.head(0))
    without = frame.head(0).set_axis(pd.Index([], dtype="int64"))  # as pandas 2 leaves it
    assert html_of(without) == html_of(frame.head(0))


def test_cells_are_text_and_no_markup() -> None:
    with ikas.connect("sandbox") as store:
        hostile = store.webhooks.list().assign(endpoint="<img src=x onerror=alert(1)>")
    assert "<img" not in html_of(hostile)


def test_what_is_no_json_is_shown_as_python_has_it(frame: pd.DataFrame) -> None:
    deep: list[Any] = []
    deep.append(deep)
    frame["mine"] = pd.Series([{(1, 2): 3}, deep, {"a": 1}, None], dtype=object)
    assert [each for each in cells(frame) if each[:1] in ("{", "[")] == [
        "{(1, 2): 3}",
        "[[...]]",
        "{&quot;a&quot;: 1}",
    ]


def test_pandas_options_are_obeyed(frame: pd.DataFrame) -> None:
    many = pd.concat([frame] * 50, ignore_index=True)
    with pd.option_context("display.max_rows", 10, "display.min_rows", 4):
        assert len(cells(many)) == 7 * 5  # two rows, a gap, two rows
        assert "200 rows, 7 columns" in html_of(many)
        assert "200 rows, 1 column<" in html_of(many[["scope"]])
        assert len(repr(many).splitlines()) == 1 + 5 + 1
    with pd.option_context("display.max_rows", None):
        assert len(cells(many)) == 7 * 200
    with pd.option_context("display.notebook_repr_html", False):
        assert html_of(many) == "None"
    with pd.option_context("display.max_columns", 3):
        assert "..." in html_of(frame)  # left to pandas


def test_another_index_than_the_numbers_of_the_rows_is_shown(frame: pd.DataFrame) -> None:
    assert repr(frame.set_index("scope")).splitlines()[0].split()[0] == "scope"
    one = frame[frame["scope"] == "store/stock/updated"]
    assert repr(one).splitlines()[1].split()[0] == str(one.index[0])


def test_what_pandas_makes_of_it_is_shown_the_same_way(frame: pd.DataFrame) -> None:
    kind = type(frame)
    for made in (
        frame[["scope", "endpoint"]],
        frame[frame["deleted"]],
        frame.head(1),
        frame.copy(),
        copy.deepcopy(frame),
        frame.merge(frame, on="scope"),
        pd.concat([frame, frame]),
        frame.assign(host="x"),
        frame.sort_values("id"),
    ):
        assert type(made) is kind
    assert type(frame["scope"]) is pd.Series
    assert frame.groupby("endpoint").size().sum() == len(frame)


def test_provenance_stays_with_it(frame: pd.DataFrame) -> None:
    assert frame.attrs["api_version"] == "v1"
    assert frame.copy().attrs == frame.attrs
    assert pickle.loads(pickle.dumps(frame)).attrs == frame.attrs


def test_a_colleague_without_this_package_can_unpickle_it(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame.to_pickle(tmp_path / "webhooks.pickle")
    program = (
        "import sys; sys.modules['ikas_explore'] = None\n"
        "import pandas as pd; frame = pd.read_pickle(sys.argv[1])\n"
        "print(type(frame).__name__, len(frame), frame.attrs['api_version'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "webhooks.pickle")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["DataFrame", "4", "v1"]


def test_it_goes_through_parquet_and_csv(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "webhooks.parquet")
    back = pd.read_parquet(tmp_path / "webhooks.parquet")
    pd.testing.assert_frame_equal(back, frame, check_frame_type=False, check_dtype=False)
    frame.to_csv(tmp_path / "webhooks.csv", index=False)
    assert pd.read_csv(tmp_path / "webhooks.csv")["id"].tolist() == frame["id"].tolist()


def test_two_frames_are_compared_as_any(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(frame, frame.copy())
    # The documented limit: a plain frame is of another type.
    pd.testing.assert_frame_equal(pd.DataFrame(frame), frame, check_frame_type=False)
