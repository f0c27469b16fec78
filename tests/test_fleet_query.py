"""One query for many stores: one frame with a column `store`, failures beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from graphql import build_schema, introspection_from_schema

import ikas_explore as ikas
from ikas_explore.errors import PlanError, UnknownFieldError


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(seed=2, examples=False) as box:
        yield box


@pytest.fixture
def fleet(box: ikas.Sandbox) -> Iterator[ikas.Fleet]:
    shops = [box.add_store(name) for name in ("moda", "acme")]
    for number, shop in enumerate(shops, 2):
        box.fill(orders=number, store=shop.name)
    with ikas.Fleet(
        ikas.connect(shop.name, access_token=shop.access_token, base_url=box.base_url)
        for shop in shops
    ) as fleet:
        yield fleet


def test_the_rows_of_all_stores_are_one_frame(fleet: ikas.Fleet) -> None:
    query = fleet.query("listOrder").select("orderNumber", "status").sort("orderNumber")
    frame = query.to_frame()
    assert frame.columns.tolist() == ["store", "order_number", "status"]
    assert frame["store"].tolist() == ["acme"] * 3 + ["moda"] * 2
    assert fleet.errors.empty
    assert "2 stores" in repr(query)
    assert len(query.limit(1).to_frame()) == 2
    assert query.where(order_number="1001").mask("order_number").to_frame().shape == (2, 3)


def test_a_store_that_fails_is_named_and_the_others_are_there(
    box: ikas.Sandbox, fleet: ikas.Fleet
) -> None:
    query = fleet.query("listOrder").select("id")
    box.faults.add("expired_token", store="moda")
    assert set(query.to_frame()["store"]) == {"acme"}
    assert fleet.errors["store"].tolist() == ["moda"]
    box.faults.add("expired_token", store="acme")
    with pytest.raises(PlanError, match="No store"):
        query.to_frame()
    box.faults.clear()
    assert set(query.to_frame()["store"]) == {"acme", "moda"}
    assert fleet.errors.empty


def test_a_mistake_is_an_error_at_its_step(fleet: ikas.Fleet) -> None:
    query = fleet.query("listOrder")
    with pytest.raises(UnknownFieldError, match="order_number"):
        query.select("orderNumbr")
    assert "created_at" in dir(query.fields)
    with pytest.raises(UnknownFieldError, match="list_order"):
        fleet.query("listOrdr")


def test_a_list_with_a_field_of_the_same_name_as_the_column_of_stores_is_asked_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IKAS_CACHE", str(tmp_path))
    types = build_schema("type Visit { id: ID! store: String } type Query { listVisit: [Visit!] }")

    def answer(request: httpx.Request) -> httpx.Response:
        if "__schema" in json.loads(request.content)["query"]:
            return httpx.Response(200, json={"data": introspection_from_schema(types)})
        return httpx.Response(200, json={"data": {"listVisit": [{"id": "1", "store": "x"}]}})

    store = ikas.connect(
        "acme",
        access_token="t",
        base_url="http://127.0.0.1:9",
        transport=httpx.MockTransport(answer),
    )
    with ikas.Fleet([store]) as fleet:
        query = fleet.query("listVisit")
        with pytest.raises(PlanError, match=r"has a field 'store'.*select\(\) the other fields"):
            query.to_frame()
        assert query.select("id").to_frame().to_dict("records") == [{"store": "acme", "id": "1"}]
