"""A row for each element of a list, pseudonyms for personal data, and names that complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, UnknownFieldError


@pytest.fixture(scope="module")
def store() -> Iterator[ikas.Store]:
    with ikas.connect("sandbox") as store:
        assert store.sandbox is not None
        store.sandbox.fill(orders=12, customers=6)
        store.sandbox.change("order", order_line_items=[])
        yield store


def test_each_line_of_an_order_is_a_row_with_the_orders_id(store: ikas.Store) -> None:
    lines = store.query("listOrder").select("orderNumber", "orderLineItems.quantity")
    records = lines.to_records()
    frame = lines.explode("orderLineItems").to_frame()
    assert frame.columns.tolist() == ["id", "order_number", "order_line_items.quantity"]
    assert len(frame) == sum(max(len(each["orderLineItems"]), 1) for each in records)
    expected = [line["quantity"] for each in records for line in each["orderLineItems"]]
    assert frame["order_line_items.quantity"].dropna().tolist() == expected
    assert frame["order_line_items.quantity"].isna().sum() == 1  # the order without lines
    assert frame["id"].nunique() == len(records)


def test_without_a_choice_the_elements_have_all_their_scalars(store: ikas.Store) -> None:
    frame = store.query("listOrder").explode("order_line_items").to_frame()
    assert {"id", "order_line_items.id", "order_line_items.price", "status"} <= set(frame.columns)


def test_rows_are_filtered_sorted_and_limited_before(store: ikas.Store) -> None:
    query = store.query("listOrder").select("orderNumber", "orderLineItems.quantity")
    two = query.sort("orderNumber", descending=True).limit(2).explode("orderLineItems").to_frame()
    assert two["order_number"].nunique() == 2
    assert two["order_number"].is_monotonic_decreasing


@pytest.mark.parametrize("step", ["select", "sort", "mask"])
def test_a_step_without_a_field_is_refused(store: ikas.Store, step: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"[Nn]o (field|column)"):
        getattr(store.query("listOrder"), step)()


@pytest.mark.parametrize("field", ["customer", "orderNumber"])
def test_only_lists_are_exploded(store: ikas.Store, field: str) -> None:
    with pytest.raises(InvalidArgumentError, match="not a list"):
        store.query("listOrder").explode(field)
    with pytest.raises(UnknownFieldError, match="order_line_items"):
        store.query("listOrder").explode("orderLineItem")


def test_pseudonyms_are_stable_and_tell_nothing(store: ikas.Store) -> None:
    plain = store.query("listCustomer").select("id", "email", "phone", "addresses.phone")
    masked = plain.mask("email", "phone", salt="pepper")
    frame, again, other = (
        masked.to_frame(),
        masked.to_frame(),
        plain.mask("email", salt="salt").to_frame(),
    )
    secret = set(plain.to_frame()["email"])
    assert not secret & set(frame["email"])
    assert frame["email"].tolist() == again["email"].tolist() != other["email"].tolist()
    assert frame["id"].tolist() == plain.to_frame()["id"].tolist()
    assert "+90" not in str(frame["addresses.phone"].tolist())
    assert not any(email in str(masked.to_records()) for email in secret)
    default = plain.mask("email").to_frame()["email"].tolist()
    assert default == plain.mask("email").to_frame()["email"].tolist()
    assert "pepper" not in repr(masked)
    assert "pepper" not in str(vars(masked))


@pytest.mark.parametrize("name", ["customerEmail", "e-mail", 7])
def test_a_mask_that_masks_nothing_is_refused(store: ikas.Store, name: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        store.query("listOrder").select("customer.email").mask(name)


@pytest.mark.parametrize("salt", ["", "\ud800", 7, b"pepper"])
def test_a_salt_that_protects_nothing_is_refused_and_not_shown(
    store: ikas.Store, salt: Any
) -> None:
    """With an empty one anybody could make the pseudonym of an address, and compare."""
    with pytest.raises(InvalidArgumentError) as refused:
        store.query("listCustomer").select("email").mask("email", salt=salt)
    assert "pepper" not in str(refused.value)


@pytest.mark.parametrize("name", ["status", "totalFinalPrice"])
def test_pseudonyms_in_place_of_other_types_are_no_objects(store: ikas.Store, name: str) -> None:
    query = store.query("listOrder").select("id", name).mask(name)
    assert all("masked-" in str(record) for record in query.to_records())
    with pytest.raises(InvalidArgumentError, match="to_records"):
        query.to_objects()


def test_names_complete_and_can_be_used(store: ikas.Store) -> None:
    query = store.query("listOrder")
    assert {"created_at", "customer", "order_line_items"} <= set(dir(query.fields))
    assert "email" in dir(query.fields.customer)
    addresses: Any = store.query("listCustomer").fields.addresses
    assert addresses.title == "addresses.title"  # and not a method of str
    chosen = query.select(query.fields.order_number, query.fields.customer.email)
    assert chosen.sort(query.fields.order_number).to_frame().columns.tolist() == [
        "order_number",
        "customer.email",
    ]
    assert len(query.where(**{query.fields.status: "CREATED"}).to_records()) > 0
    with pytest.raises(AttributeError, match="created_at"):
        query.fields.creatd_at  # noqa: B018
