"""Lists that change while their pages are fetched, and one page asked for alone."""

from __future__ import annotations

import json
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, ResponseError
from tests.client import orders

Change = Callable[[list[str], int], None]


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    module: ModuleType = orders.generated(tmp_path_factory.mktemp("types"))
    return module


class Shop:
    """A list of orders in pages; `change` may alter it before each request is answered."""

    def __init__(self, count: int, change: Change = lambda ids, request: None) -> None:
        self.ids = [f"o{number}" for number in range(count)]
        self.asked: list[dict[str, int]] = []
        self.documents: list[str] = []
        self._change = change

    def __call__(self, request: httpx.Request) -> httpx.Response:
        document = json.loads(request.content)["query"]
        self.documents.append(document)
        found = re.search(r"page: (\d+)", document), re.search(r"limit: (\d+)", document)
        page, limit = (int(each[1]) for each in found if each)
        self.asked.append({"page": page, "limit": limit})
        self._change(self.ids, len(self.asked))
        start = (page - 1) * limit
        rows = [{"id": each, "orderNumber": each} for each in self.ids[start : start + limit]]
        answer = {"count": len(self.ids), "page": page, "data": rows}
        return httpx.Response(
            200,
            json={"data": {"listOrder": answer | {"hasNext": start + limit < len(self.ids)}}},
        )

    def query(self, mine: ModuleType) -> Iterator[Any]:
        transport = httpx.MockTransport(self)
        with ikas.connect("shop", access_token="t", transport=transport) as store:
            yield store.query(mine.Query.list_order).select("order_number")


def numbers(shop: Shop, mine: ModuleType, **pagination: int) -> list[str]:
    """Fetch the orders' numbers, in pages of two."""
    for query in shop.query(mine):
        records = query.arguments(pagination=pagination or {"limit": 2}).to_records()
        assert all(record.keys() == {"orderNumber"} for record in records)
        return [record["orderNumber"] for record in records]
    raise AssertionError


def once(change: Callable[[list[str]], object]) -> Change:
    """Change the list between its first page and its second, and never again."""

    def changing(ids: list[str], request: int) -> None:
        if request == 2:
            change(ids)

    return changing


@pytest.mark.parametrize(
    "change",
    [
        lambda ids: ids.remove("o0"),
        lambda ids: ids.remove("o4"),
        lambda ids: ids.insert(0, "new"),
        lambda ids: ids.append("new"),
        lambda ids: ids.clear(),
        lambda ids: (ids.insert(0, "new"), ids.pop()),
    ],
    ids=["delete before", "delete after", "create before", "create after", "clear", "move"],
)
def test_a_list_that_changes_between_two_pages_is_fetched_again(
    change: Callable[[list[str]], object], mine: ModuleType
) -> None:
    shop = Shop(5, once(change))
    assert numbers(shop, mine) == shop.ids
    assert len(set(shop.ids)) == len(shop.ids)
    assert [each["page"] for each in shop.asked[:3]] == [1, 2, 1]


@pytest.mark.parametrize(
    ("times", "found"), [(1, True), (2, True), (3, True), (4, False), (50, False)]
)
def test_a_list_that_goes_on_changing_is_an_error_in_the_end(
    times: int, found: bool, mine: ModuleType
) -> None:
    def grow(ids: list[str], request: int) -> None:
        if shop.asked[-1]["page"] == 2 and len(ids) < 6 + times:
            ids.insert(0, f"new{request}")

    shop = Shop(6, grow)
    if found:
        assert numbers(shop, mine) == shop.ids
    else:
        with pytest.raises(ResponseError, match=r"page 1 counts \d+, page 2 \d+.*changed 4 times"):
            numbers(shop, mine)
    assert sum(each["page"] == 1 for each in shop.asked) == min(times + 1, 4)


def test_a_limit_that_ends_on_the_page_that_changed_sees_it(mine: ModuleType) -> None:
    """Without the look at the count, o2 would be missing."""
    shop = Shop(6, once(lambda ids: ids.remove("o0")))
    for query in shop.query(mine):
        records = query.arguments(pagination={"limit": 2}).limit(3).to_records()
        assert [record["orderNumber"] for record in records] == ["o1", "o2", "o3"]


def test_ids_are_fetched_for_it_and_not_given(mine: ModuleType) -> None:
    shop = Shop(3)
    assert numbers(shop, mine) == ["o0", "o1", "o2"]
    assert all(re.search(r"^\s+id$", each, re.MULTILINE) for each in shop.documents)
    shop = Shop(3)
    numbers(shop, mine, page=1)
    assert not re.search(r"^\s+id$", shop.documents[0], re.MULTILINE)


@pytest.mark.parametrize(
    ("pagination", "asked", "found"),
    [
        ({"page": 2}, {"page": 2, "limit": 200}, (200, 400)),
        ({"page": 1}, {"page": 1, "limit": 200}, (0, 200)),
        ({"page": 3}, {"page": 3, "limit": 200}, (400, 450)),
        ({"page": 2, "limit": 10}, {"page": 2, "limit": 10}, (10, 20)),
        ({"page": 9}, {"page": 9, "limit": 200}, (0, 0)),
    ],
)
def test_a_page_that_is_asked_for_comes_alone(
    pagination: dict[str, int], asked: dict[str, int], found: tuple[int, int], mine: ModuleType
) -> None:
    shop = Shop(450)
    assert numbers(shop, mine, **pagination) == shop.ids[slice(*found)]
    assert shop.asked == [asked]


def test_a_limit_takes_the_first_rows_of_the_page_that_was_asked_for(mine: ModuleType) -> None:
    """The page stays the one it is: a smaller one would hold other rows."""
    shop = Shop(450)
    for query in shop.query(mine):
        records = query.arguments(pagination={"page": 2}).limit(3).to_records()
        assert [record["orderNumber"] for record in records] == shop.ids[200:203]


def test_a_size_alone_fetches_all_pages(mine: ModuleType) -> None:
    shop = Shop(5)
    assert numbers(shop, mine, limit=2) == shop.ids
    assert shop.asked == [{"page": page, "limit": 2} for page in (1, 2, 3)]


@pytest.mark.parametrize("page", [0, -1])
def test_there_is_no_page_before_the_first(page: int, mine: ModuleType) -> None:
    for query in Shop(1).query(mine):
        with pytest.raises(InvalidArgumentError, match="the first page is 1"):
            query.arguments(pagination={"page": page})


def test_a_row_that_comes_twice_in_every_walk_is_an_error(mine: ModuleType) -> None:
    def twice(ids: list[str], request: int) -> None:
        ids[:] = ["o0", "o1", "o1"]

    with pytest.raises(ResponseError, match="a row of page 2 had come before"):
        numbers(Shop(3, twice), mine)


@pytest.mark.parametrize(
    ("count", "size", "limit", "calls"),
    [(602, 2, None, 301), (600, 2, None, 0), (602, 2, 600, 0), (3010, 10, None, 301)],
)
def test_more_calls_than_a_minute_allows_are_said_after_the_first_page(
    count: int,
    size: int,
    limit: int | None,
    calls: int,
    mine: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(count)
    asked: list[int] = []
    said: list[str] = []

    def show(message: Warning | str, *_: Any) -> None:
        asked.append(len(shop.asked))
        said.append(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", show)
        transport = httpx.MockTransport(shop)
        with ikas.connect(
            "shop", access_token="t", base_url="http://127.0.0.1", transport=transport
        ) as store:
            query = store.query(mine.Query.list_order).select("order_number")
            query = query.arguments(pagination={"limit": size})
            query = query if limit is None else query.limit(limit)
            assert len(query.to_records()) == (limit or count)
    if calls:
        assert asked == [1]
        assert f"shop: listOrder needs {calls} calls for {count:,} rows" in said[0]
        assert "300 in a minute" in said[0]
    else:
        assert asked == []


def test_a_long_list_shows_a_bar_unless_it_is_switched_off(
    mine: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    clock = iter(range(0, 10_000, 5))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    assert len(numbers(Shop(5), mine)) == 5
    assert "2 of 5 rows" in capsys.readouterr().err
    monkeypatch.setenv("IKAS_PROGRESS", "off")
    assert len(numbers(Shop(5), mine)) == 5
    assert capsys.readouterr().err == ""


def test_an_argument_that_looks_like_a_page_stays_what_it_is(mine: ModuleType) -> None:
    """Pages are the first one's text with another number."""
    shop = Shop(5)
    text = "{page: 1, limit: 2}"
    for query in shop.query(mine):
        asking = query.arguments(pagination={"limit": 2}, search=text)
        assert len(asking.to_records()) == 5
        numbers = [re.findall(r"pagination: \{page: (\d)", each) for each in shop.documents]
        assert numbers == [["1"], ["2"], ["3"]]
        assert all(text in each for each in shop.documents)
