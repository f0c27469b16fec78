"""The query builder on a schema the package has never seen: nested, paged, with arguments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, ResponseError, UnknownFieldError
from tests.client import orders


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """450 orders behind HTTP, the types made from its introspection, and a store on it."""
    mine = orders.generated(tmp_path_factory.mktemp("types"))
    with (
        orders.served(450) as (base_url, asked),
        ikas.connect("shop", access_token="t", base_url=base_url) as store,
    ):
        yield SimpleNamespace(mine=mine, store=store, asked=asked)


def test_all_pages_are_fetched_to_the_end(service: SimpleNamespace) -> None:
    service.asked.clear()
    frame = service.store.query(service.mine.Query.list_order).to_frame()
    assert len(frame) == 450
    assert frame["id"].tolist() == [f"o{n}" for n in range(450)]
    assert [each["pagination"] for each in service.asked] == [
        {"page": page, "limit": 200} for page in (1, 2, 3)
    ]


def test_columns_and_dtypes_come_from_the_schema(service: SimpleNamespace) -> None:
    query = service.store.query(service.mine.Query.list_order).select(
        "orderedAt",
        "status",
        "total_price",
        "itemCount",
        "gift",
        "tags",
        "customer",
        "lines.quantity",
    )
    frame = query.to_frame()
    assert list(frame.columns) == [
        "ordered_at", "status", "total_price", "item_count", "gift", "tags",
        "customer.id", "customer.full_name", "customer.email", "customer.is_email_verified",
        "lines.quantity",
    ]  # fmt: skip
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert kinds["ordered_at"] == "datetime64[ms, UTC]"
    assert kinds["total_price"] == "float64"
    assert kinds["item_count"] == "Int64"
    assert kinds["gift"] == "boolean"
    # Required in its own type, but its customer may be missing.
    assert kinds["customer.is_email_verified"] == "boolean"
    assert kinds["lines.quantity"] == kinds["tags"] == "object"
    empty = query.where(status="no such").to_frame()
    assert empty.dtypes.tolist() == frame.dtypes.tolist()
    assert len(empty) == 0


def test_nested_values_stand_in_dotted_columns(service: SimpleNamespace) -> None:
    frame = (
        service.store.query(service.mine.Query.list_order)
        .select("customer.fullName", "lines.variant.barcodes", "lines.quantity")
        .limit(6)
        .to_frame()
    )
    assert frame["customer.full_name"].fillna("-").tolist() == [
        "Müşteri 0", "Müşteri 1", "-", "Müşteri 3", "Müşteri 4", "-",
    ]  # fmt: skip
    assert frame["lines.variant.barcodes"].tolist() == [[], [[]], [[], ["x"]]] * 2
    assert frame["lines.quantity"].tolist() == [[], [1], [1, 2]] * 2


def test_a_limit_fetches_no_page_beyond_it(service: SimpleNamespace) -> None:
    query = service.store.query(service.mine.Query.list_order)
    service.asked.clear()
    assert len(query.limit(3).to_records()) == 3
    assert [each["pagination"] for each in service.asked] == [{"page": 1, "limit": 3}]
    service.asked.clear()
    assert len(query.limit(201).to_records()) == 201
    assert len(service.asked) == 2
    service.asked.clear()
    kept = query.where(status="CANCELLED").limit(45).to_records()
    assert [row["id"] for row in kept] == [f"o{n}" for n in range(450) if n % 5 == 4][:45]
    assert len(service.asked) == 2, "45 of every fifth order stand in the first 225"
    service.asked.clear()
    assert query.limit(0).to_frame().empty
    assert service.asked == []


def test_order_comes_before_the_limit_and_missing_values_last(service: SimpleNamespace) -> None:
    query = service.store.query(service.mine.Query.list_order).select("id", "orderedAt")
    newest = query.sort("ordered_at", descending=True).limit(2).to_records()
    assert [row["id"] for row in newest] == ["o449", "o448"]
    assert query.sort("orderedAt").to_records()[-1]["orderedAt"] is None


def test_conditions_on_times_lists_and_rows(service: SimpleNamespace) -> None:
    query = service.store.query(service.mine.Query.list_order).select("id")
    day = dt.datetime(2021, 11, 10, tzinfo=dt.UTC)
    first = query.where(ordered_at=lambda time: time is not None and time < day).to_records()
    assert [row["id"] for row in first] == ["o0", "o1"]
    assert query.where(orderedAt=1_636_366_311_914).to_records() == [{"id": "o0"}]
    assert query.where(**{"lines.quantity": 2}).limit(2).to_records() == [
        {"id": "o2"},
        {"id": "o5"},
    ]
    assert query.where(**{"customer.email": "c1@*"}).to_records() == [{"id": "o1"}]
    picked = query.select("customer.email").where(
        lambda row: row["customer.email"] == "c3@example.com" and row["id"] == "o3"
    )
    assert picked.to_records() == [{"id": "o3", "customer": {"email": "c3@example.com"}}]
    with pytest.raises(UnknownFieldError, match="'status', which is not selected"):
        query.where(lambda row: row["status"] == "CREATED").to_records()


def test_fields_that_only_conditions_need_are_fetched_but_not_given(
    service: SimpleNamespace,
) -> None:
    query = (
        service.store.query(service.mine.Query.list_order).select("id").where(gift=True).limit(1)
    )
    assert "gift" in query.graphql
    assert "orderNumber" not in query.graphql
    assert list(query.to_frame().columns) == ["id"]
    assert query.to_records() == [{"id": "o0"}]


def test_arguments_are_checked_and_sent(service: SimpleNamespace) -> None:
    query = service.store.query(service.mine.Query.list_order).select("id")
    assert len(query.arguments(status="CANCELLED").to_records()) == 90
    found = query.arguments(number={"in_": ["1001", "1003"]})
    assert [row["id"] for row in found.to_records()] == ["o1", "o3"]
    single = query.arguments(number={"in": "1002"})  # not the letters of 1002
    assert [row["id"] for row in single.to_records()] == ["o2"]


def test_a_page_to_begin_with_and_a_size_may_be_given(service: SimpleNamespace) -> None:
    service.asked.clear()
    query = service.store.query(service.mine.Query.list_order).select("id")
    rows = query.arguments(pagination={"page": 5, "limit": 100}).to_records()
    assert [row["id"] for row in rows] == [f"o{n}" for n in range(400, 450)]
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"statsu": "CREATED"}, UnknownFieldError, "Did you mean 'status'"),
        ({"status": "CREATE"}, InvalidArgumentError, "Did you mean 'CREATED'"),
        ({"number": {"equal": "1"}}, UnknownFieldError, "has no 'equal'"),
        ({"number": "1"}, InvalidArgumentError, "has to be a dict"),
        ({"search": 5}, InvalidArgumentError, "has to be a String"),
        ({"pagination": {"limit": 201}}, InvalidArgumentError, "1 to 200 rows"),
        ({"pagination": {"limit": 0}}, InvalidArgumentError, "1 to 200 rows"),
        ({"pagination": {"page": True}}, InvalidArgumentError, "has to be a Int"),
        ({"pagination": {"page": 10**400}}, InvalidArgumentError, "has to be a Int"),
    ],
)
def test_a_wrong_argument_fails_where_it_is_written(
    service: SimpleNamespace, given: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        service.store.query(service.mine.Query.list_order).arguments(**given)


def test_required_arguments_are_missed_before_anything_is_sent(service: SimpleNamespace) -> None:
    query = service.store.query(service.mine.Query.list_tag)
    with pytest.raises(InvalidArgumentError, match="needs ids"):
        query.to_frame()
    assert query.arguments(ids="a1").to_frame()["id"].tolist() == ["a1"]
    assert query.arguments(ids=["a1", 2]).to_frame()["id"].tolist() == ["a1", "2"]


def test_one_object_is_one_row(service: SimpleNamespace) -> None:
    frame = service.store.query(service.mine.Query.get_shop).to_frame()
    assert frame.to_dict("records") == [{"id": "s1", "name": "Dükkân"}]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cusomer", "no field 'cusomer'. Did you mean 'customer'"),
        ("customer.fulName", "Customer has no field 'fulName'. Did you mean 'full_name'"),
        ("id.x", "has no fields such as 'x'"),
        ("history", "needs arguments"),
    ],
)
def test_a_misspelt_field_names_the_near_ones(
    service: SimpleNamespace, name: str, message: str
) -> None:
    with pytest.raises(UnknownFieldError, match=message):
        service.store.query(service.mine.Query.list_order).select(name)


def test_what_is_no_list_of_objects_is_refused(service: SimpleNamespace) -> None:
    for field in (service.mine.Query.version, service.mine.Order.lines):
        with pytest.raises(UnknownFieldError):
            service.store.query(field)
    with pytest.raises(InvalidArgumentError, match="a name or a field"):
        service.store.query(42)


def test_objects_are_those_of_sgqlc(service: SimpleNamespace) -> None:
    first = (
        service.store.query(service.mine.Query.list_order).select("customer").limit(1).to_objects()
    )
    assert isinstance(first[0], service.mine.Order)
    assert first[0].customer.full_name == "Müşteri 0"


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ({"data": [], "hasNext": True}, "empty and says that more follow"),
        ({"data": [{"id": "o1"}]}, "does not say whether it is the last"),
        ({"data": [{"id": "o1"}], "hasNext": True, "page": 3}, "page 3 came"),
        ({"data": [{"id": "o1"}], "hasNext": False, "page": 1, "count": 5}, "1 of 5 rows came"),
        (None, "answered no page"),
        ({"data": None, "hasNext": False}, "promises a list"),
    ],
)
def test_a_page_that_would_cut_the_list_is_an_error(
    service: SimpleNamespace, page: Any, message: str
) -> None:
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"data": {"listOrder": page}})
    )
    with (
        ikas.connect("shop", access_token="t", transport=transport) as store,
        pytest.raises(ResponseError, match=message),
    ):
        store.query(service.mine.Query.list_order).select("id").to_frame()


def test_a_server_that_gives_the_same_page_for_ever_is_noticed(service: SimpleNamespace) -> None:
    page = {"data": [{"id": "o1"}], "count": 1, "hasNext": True, "page": 1}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"data": {"listOrder": page}})
    )
    with (
        ikas.connect("shop", access_token="t", transport=transport) as store,
        pytest.raises(ResponseError, match="page 2 was asked for, and page 1 came"),
    ):
        store.query(service.mine.Query.list_order).select("id").to_frame()
