"""What the API answers beside webhooks: who the app is, and the lists of a store's objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, build_schema

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox import catalogue
from ikas_explore.schema import sdl
from tests.interrupting import interrupted
from tests.sandbox.api import api_of
from tests.sandbox.coverage import emulates


@pytest.fixture
def sandbox() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(seed=4, retry_delays=(0.01,), examples=False) as made:
        yield made


def ask(sandbox: ikas.Sandbox, query: str, version: str = "v1", **variables: Any) -> dict[str, Any]:
    with api_of(sandbox) as api:
        answer: dict[str, Any] = api.call(query, variables, version=version).json()
    return answer


def rows(sandbox: ikas.Sandbox, field: str, **arguments: Any) -> list[dict[str, Any]]:
    given = ", ".join(f"{name}: {_literal(value)}" for name, value in arguments.items())
    call = f"{field}({given})" if given else field
    found: list[dict[str, Any]] = ask(
        sandbox, f"{{ {call} {{ data {{ id createdAt updatedAt }} }} }}"
    )["data"][field]["data"]
    return found


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value)


@emulates("`me`, `getMerchant`, `getAuthorizedApp`, `listSalesChannel`", source="sdk, docs")
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_app_finds_out_who_it_is(sandbox: ikas.Sandbox, version: str) -> None:
    data = ask(
        sandbox,
        "{ me { id name email scope scopes storeAppId } getMerchant { id email storeName }"
        " getAuthorizedApp { id scope partnerId deleted } listSalesChannel { id name type } }",
        version,
    )["data"]
    assert data["getMerchant"]["storeName"] == "sandbox"
    assert data["me"]["scopes"] == data["me"]["scope"].split(",")
    assert data["me"]["id"] == data["getAuthorizedApp"]["id"]
    channel = data["listSalesChannel"][0]
    assert channel["type"] == "STOREFRONT"
    same = ask(sandbox, f'{{ listSalesChannel(id: {{eq: "{channel["id"]}"}}) {{ id }} }}')
    assert same["data"]["listSalesChannel"] == [{"id": channel["id"]}]


@emulates("lists answer pages of 1 to 200 rows, 50 unless asked otherwise", source="sdk, docs")
def test_lists_answer_in_pages(sandbox: ikas.Sandbox) -> None:
    sandbox.fill(orders=130)
    page = "listOrder(pagination: {page: %d, limit: %d}) { count hasNext page limit data { id } }"
    first = ask(sandbox, "{ listOrder { count hasNext page limit data { id } } }")["data"][
        "listOrder"
    ]
    assert (first["count"], first["hasNext"], first["page"], first["limit"]) == (130, True, 1, 50)
    ids = [row["id"] for row in first["data"]]
    for number in (2, 3):
        answer = ask(sandbox, "{" + page % (number, 50) + "}")["data"]["listOrder"]
        assert answer["hasNext"] is (number == 2)
        ids += [row["id"] for row in answer["data"]]
    assert len(set(ids)) == 130
    for number, limit in ((1, 201), (1, -1), (-1, 10)):
        refused = ask(sandbox, "{" + page % (number, limit) + "}")["errors"][0]
        assert refused["extensions"]["code"] == "ARGUMENT_VALIDATION_ERROR"


@emulates("filters of lists; products have none for `updatedAt`", source="sdk, docs")
def test_filters_keep_what_they_say(sandbox: ikas.Sandbox) -> None:
    sandbox.fill(orders=60, customers=20, products=10)
    every = rows(sandbox, "listOrder", pagination={"limit": 200})
    some = every[20]
    after = rows(
        sandbox, "listOrder", updatedAt={"gt": some["updatedAt"]}, pagination={"limit": 200}
    )
    assert {row["id"] for row in after} == {
        row["id"] for row in every if row["updatedAt"] > some["updatedAt"]
    }
    assert [row["id"] for row in rows(sandbox, "listOrder", id={"in": [some["id"]]})] == [
        some["id"]
    ]
    others = rows(sandbox, "listOrder", id={"nin": [some["id"]]}, pagination={"limit": 200})
    assert len(others) == 59
    assert len(rows(sandbox, "listOrder", orderNumber={"eq": "1001"})) == 1
    stock = ask(sandbox, "{ listProductStockLocation { data { productId } } }")["data"]
    product = stock["listProductStockLocation"]["data"][0]["productId"]
    assert len(rows(sandbox, "listProductStockLocation", productId={"eq": product})) == 1
    unknown = ask(sandbox, "{ listProduct(updatedAt: {gt: 1}) { count } }")["errors"][0]
    assert "updatedAt" in unknown["message"]
    skus = ask(sandbox, "{ listProduct { data { id variants { sku } } } }")["data"]["listProduct"]
    first = skus["data"][0]
    found = rows(sandbox, "listProduct", sku={"eq": first["variants"][0]["sku"]})
    assert first["id"] in {row["id"] for row in found}


@pytest.mark.parametrize("moment", [10**22, 10**400])
def test_moments_beyond_all_numbers_of_a_database_are_answered(
    sandbox: ikas.Sandbox, moment: int
) -> None:
    made = sandbox.change("order")
    for operator, found in (("lte", [made]), ("gte", []), ("ne", [made])):
        listed = rows(sandbox, "listOrder", updatedAt={operator: moment})
        assert [row["id"] for row in listed] == found


def test_orders_come_through_the_sales_channels_of_the_store(sandbox: ikas.Sandbox) -> None:
    sandbox.fill(orders=80)
    listed = ask(sandbox, "{ listSalesChannel { id name } }")["data"]["listSalesChannel"]
    fields = "{ data { salesChannelId salesChannel { id name } } }"
    asked = ask(sandbox, "{ listOrder(pagination: {limit: 200}) " + fields + " }")
    orders = asked["data"]["listOrder"]["data"]
    assert all(order["salesChannel"] in listed for order in orders)
    assert {order["salesChannelId"] for order in orders} == {each["id"] for each in listed}


def test_sorting_goes_both_ways(sandbox: ikas.Sandbox) -> None:
    sandbox.fill(products=30)
    for field, sort in (("listProduct", "updatedAt"), ("listProductStockLocation", "createdAt")):
        up = [row[sort] for row in rows(sandbox, field, sort=sort)]
        assert up == sorted(up)
        down = [row[sort] for row in rows(sandbox, field, sort=f"-{sort}")]
        assert down == sorted(down, reverse=True)
    refused = ask(sandbox, '{ listProduct(sort: "price") { count } }')["errors"][0]
    assert "createdAt" in refused["message"]


def test_what_happens_is_listed_and_emitted(sandbox: ikas.Sandbox) -> None:
    with ikas.Receiver(sandbox.client_secret) as receiver, ikas.connect(sandbox) as store:
        store.webhooks.save(receiver.endpoint, ["store/order/created", "store/order/updated"])
        order = sandbox.change("order")
        (before,) = rows(sandbox, "listOrder", id={"eq": order})
        assert sandbox.change("order", order, status="CANCELLED", total_price=5) == order
        sandbox.change("order", order, emit=False, note="not sent")
        sandbox.settle(timeout=30)
        received = receiver.deliveries()
    assert received["scope"].tolist() == ["store/order/created", "store/order/updated"]
    sent = [json.loads(data) for data in received["data"]]
    assert [data["id"] for data in sent] == [order, order]
    assert sent[1]["status"] == "CANCELLED"
    assert sent[1]["totalPrice"] == 5
    (after,) = rows(sandbox, "listOrder", id={"eq": order})
    assert after["updatedAt"] > before["updatedAt"] == before["createdAt"]


def test_ctrl_c_leaves_no_change_without_its_event(sandbox: ikas.Sandbox) -> None:
    """Nor an event without its change, at whatever line it comes."""
    with ikas.connect(sandbox) as store:
        store.webhooks.save("https://example.com/hook", "store/customer/created")
        line, ended = 0, False
        while not ended:
            line += 5
            ended = interrupted(lambda: sandbox.change("customer"), line) is None
            listed = store.query("listCustomer").select("id").to_records()
            assert len(sandbox.deliveries()) == len(listed), line
    assert line > 100


@pytest.mark.parametrize("kind", ["order", "customer", "product", "stock"])
def test_each_kind_is_emitted_under_its_scope(sandbox: ikas.Sandbox, kind: Any) -> None:
    sandbox.change(kind, sandbox.change(kind))
    with ikas.connect(sandbox) as store:
        store.webhooks.save("https://example.com/", [f"store/{kind}/updated"])
    made = sandbox.change(kind)
    sandbox.change(kind, made)
    assert sandbox.deliveries()["scope"].tolist() == [f"store/{kind}/updated"]


@pytest.mark.parametrize(
    ("arguments", "fields", "message"),
    [
        (("ordre",), {}, "order"),
        (("order", "nobody"), {}, "nobody"),
        (("order",), {"statsu": "CANCELLED"}, "status"),
        (("order",), {"status": 7}, "7"),
        (("order",), {"total_price": True}, "total_price"),
        (("order",), {"status": None}, "never missing"),
        (("order",), {"ordered_at": 10**17}, "ordered_at of an order is a time"),
        (("order",), {"ordered_at": -(10**14)}, "ordered_at of an order is a time"),
        (("product",), {"merchant_id": 5}, "merchant_id"),
        (("order",), {"id": "mine"}, "id"),
        (("order",), {"store": "nowhere"}, "nowhere"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    sandbox: ikas.Sandbox, arguments: tuple[Any, ...], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        sandbox.change(*arguments, **fields)
    assert rows(sandbox, "listOrder") == []


def test_what_only_looks_like_a_time_is_sent_as_it_is(sandbox: ikas.Sandbox) -> None:
    own = [{"xAt": 10**25, "yAt": True}]
    with ikas.Receiver(sandbox.client_secret) as receiver, ikas.connect(sandbox) as store:
        store.webhooks.save(receiver.endpoint, "store/product/created")
        sandbox.change("product", attributes=own)
        (data,) = receiver.wait()["data"]
    assert json.loads(data)["attributes"] == own


@pytest.mark.parametrize("kind", ["order", "customer", "product", "stock"])
def test_each_field_that_may_be_missing_can_be_taken_away(sandbox: ikas.Sandbox, kind: Any) -> None:
    listed = {made: name for name, made in catalogue.LISTS.items()}[kind]
    made = sandbox.change(kind)
    with ikas.connect(sandbox) as store:
        for field in set(dir(store.query(listed).fields)) - {"id"}:
            gone: dict[str, Any] = {field: None}
            with suppress(InvalidArgumentError):
                sandbox.change(kind, made, **gone)
        assert store.query(listed).to_frame()["id"].tolist() == [made]


def test_a_number_that_no_answer_can_hold_is_refused(sandbox: ikas.Sandbox) -> None:
    """Else every list with that order would be an internal error from then on."""
    with pytest.raises(InvalidArgumentError, match="total_final_price"):
        sandbox.change("order", total_final_price=10**400)
    assert rows(sandbox, "listOrder") == []


def test_a_past_is_the_same_for_the_same_seed_and_ends_now() -> None:
    pasts = []
    for _ in range(2):
        with ikas.Sandbox(seed="past") as sandbox:
            sandbox.fill(orders=80, customers=9, products=7, days=3)
            past = rows(sandbox, "listOrder", pagination={"limit": 200})
            assert len(rows(sandbox, "listCustomer")) == 9
            assert len(rows(sandbox, "listProduct")) == len(
                rows(sandbox, "listProductStockLocation")
            )
            changed = [row for row in past if row["updatedAt"] > row["createdAt"]]
            assert len(changed) >= 60
            assert sandbox.deliveries().empty
            pasts.append([row["id"] for row in past])
            span = max(row["updatedAt"] for row in past) - min(row["createdAt"] for row in past)
            assert span <= 3 * 86_400_000 + 1
    assert pasts[0] == pasts[1]


def test_orders_are_counted_on(sandbox: ikas.Sandbox) -> None:
    for _ in range(2):
        sandbox.fill(orders=3)
        sandbox.change("order")
    with ikas.connect(sandbox) as store:
        orders = store.query("listOrder").select("orderNumber").to_records()
    assert [each["orderNumber"] for each in orders] == [str(1001 + each) for each in range(8)]


@pytest.mark.parametrize("numbers", [{"orders": -1}, {"orders": 1.5}, {"days": 0}, {"orders": "2"}])
def test_a_past_that_cannot_be_is_refused(sandbox: ikas.Sandbox, numbers: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError, match=next(iter(numbers))):
        sandbox.fill(**numbers)


def test_a_file_of_before_gets_the_lists(tmp_path: Path) -> None:
    from ikas_explore.sandbox import tables
    from ikas_explore.system.database import Database

    path = tmp_path / "old.db"
    Database(path, name="sandbox", tables=tables._TABLES, application_id=0x696B6173).close()
    with ikas.Sandbox(path) as sandbox:
        sandbox.change("order")
        assert len(rows(sandbox, "listOrder")) == 1
    with ikas.Sandbox(path) as sandbox:
        assert len(rows(sandbox, "listOrder")) == 1


@pytest.mark.parametrize("field", catalogue.LISTS)
def test_every_field_of_a_list_can_be_asked_for(sandbox: ikas.Sandbox, field: str) -> None:
    sandbox.fill(orders=30, customers=30, products=30)
    schema = build_schema(sdl("v1") + catalogue.SDL)
    assert schema.query_type is not None
    selection = whole(schema.query_type.fields[field].type)
    answer = ask(sandbox, f"{{ {field} {selection} }}")
    assert "errors" not in answer, answer["errors"]
    assert len(answer["data"][field]["data"]) == 30


def whole(kind: Any) -> str:
    while isinstance(kind, (GraphQLNonNull, GraphQLList)):
        kind = kind.of_type
    if not isinstance(kind, GraphQLObjectType):
        return ""
    return (
        "{ " + " ".join(f"{name} {whole(field.type)}" for name, field in kind.fields.items()) + " }"
    )


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("order", {"customer": {"emial": "a"}}, "no 'emial' in customer of an order.*'email'"),
        ("order", {"customer": {"email": 7}}, r"customer\.email of an order is text, not 7"),
        ("order", {"order_line_items": [7]}, r"order_line_items\[0\] of an order is an object"),
        ("order", {"order_line_items": [{"price": "7"}]}, r"\[0\]\.price .* is a number, not '7'"),
        ("order", {"order_line_items": [{"price": 10**400}]}, "is a number"),
        ("order", {"order_line_items": [{"variant": {"nme": "x"}}]}, "Did you mean 'name'"),
        ("order", {"order_line_items": [None]}, r"\[0\] of an order is never missing"),
        ("order", {"order_line_items": [{"status": "NO"}]}, "status .* is one of 'CANCELLED'"),
        ("order", {"order_line_items": [{1: 2}]}, "There is no 1 in"),
        ("order", {"status": "NO"}, "status of an order is one of"),
        ("order", {"shipping_address": {"country": "TR"}}, "country of an order is an object"),
        ("order", {"customer": {"email": "\ud800"}}, "cannot be written as JSON"),
        ("product", {"attributes": json.loads("[" * 300 + "]" * 300)}, "nested too deeply"),
        ("product", {"tag_ids": [7]}, r"tag_ids\[0\] of a product is text, not 7"),
        ("product", {"variants": [{"prices": [{"sellPrice": True}]}]}, "is a number, not True"),
        ("customer", {"addresses": [{"city": {"name": 3}}]}, r"addresses\[0\]\.city\.name"),
    ],
)
def test_what_a_list_could_not_answer_is_refused_however_deep(
    sandbox: ikas.Sandbox, kind: Any, fields: dict[str, Any], told: str
) -> None:
    made = sandbox.change(kind)
    with pytest.raises(InvalidArgumentError, match=told):
        sandbox.change(kind, made, **fields)
    with pytest.raises(InvalidArgumentError, match=told):
        sandbox.change(kind, **fields)


def test_what_a_nested_object_lacks_is_empty_and_lists_answer_it(sandbox: ikas.Sandbox) -> None:
    sandbox.change(
        "order", shipping_address={"firstName": "Ayşe"}, customer={"email": "a@b.example"}
    )
    sandbox.change("order", order_line_items=[{"quantity": 2, "variant": {"name": "Çanta"}}])
    sandbox.change("product", sales_channels=[{"id": "1"}], variants=[{"sku": "A"}])
    with ikas.connect(sandbox) as store:
        orders = store.query("listOrder").select("*").to_records()
        assert orders[0]["shippingAddress"]["firstName"] == "Ayşe"
        assert orders[0]["shippingAddress"]["lastName"] == ""
        assert orders[1]["orderLineItems"][0]["variant"]["name"] == "Çanta"
        assert len(store.query("listProduct").select("*").to_records()) == 1
