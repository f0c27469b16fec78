"""The seven keys, the sample data, and one's own."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikas_explore.deliveries.payloads import (
    KEYS,
    check_data,
    delivery_id,
    encode,
    envelope,
    read_payload,
)
from ikas_explore.deliveries.samples import differs_from_known, sample
from ikas_explore.errors import InvalidArgumentError, InvalidScopeError
from ikas_explore.schema.scopes import Scope

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
MOMENT = dt.datetime(2024, 1, 31, 12, 30, 0, 987_654, tzinfo=dt.timezone(dt.timedelta(hours=3)))


def made(**changes: Any) -> dict[str, str]:
    parts: dict[str, Any] = {
        "id": delivery_id(Random(1)),
        "scope": "store/order/created",
        "data": '{"id":"ş"}',
        "client_secret": "secret",
        "authorized_app_id": "app",
        "merchant_id": "merchant",
        "created_at": MOMENT,
    }
    return envelope(**(parts | changes))


def test_an_envelope_has_seven_string_keys_as_ikas_sends_them() -> None:
    payload = made()
    assert list(payload) == sorted(KEYS) == list(KEYS)
    assert payload["createdAt"] == "2024-01-31T09:30:00.987Z"
    expected = hmac.new(b"secret", payload["data"].encode(), hashlib.sha256).hexdigest()
    assert payload["signature"] == expected
    assert json.loads(encode(payload)) == payload
    assert "ş".encode() in encode(payload)


def test_an_id_is_two_uuids_and_comes_from_the_random_if_one_is_given() -> None:
    assert re.fullmatch(f"{UUID}-{UUID}", delivery_id())
    assert len(delivery_id()) == 73
    assert delivery_id(Random(5)) == delivery_id(Random(5)) != delivery_id()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="no time zone"):
        made(created_at=dt.datetime(2024, 1, 1))


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.floats(allow_nan=False)))
def test_own_data_is_taken_as_it_is_or_refused(data: dict[str, Any]) -> None:
    try:
        text = check_data(data)
    except InvalidArgumentError:
        return
    assert json.loads(text) == data
    assert check_data(text) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "not JSON"),
        ("{'id': 1}", "not JSON"),
        ('{"a": NaN}', "not JSON"),
        ('"\ud800"', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not an object"),
        ("null", "not an object"),
        ([1], "list"),
        (b"{}", "bytes"),
        ({"a": float("nan")}, "cannot be written"),
        ({"at": MOMENT}, "cannot be written"),
        ({"a": {1, 2}}, "cannot be written"),
        ({1: "a"}, "keys have to be strings"),
        ({"a": {None: 1}}, "keys have to be strings"),
        ({"a": (1, 2)}, "sequences lists"),
        ({"a": "\udfff"}, "not JSON"),
    ],
)
def test_unfit_data_is_refused_with_the_reason(data: Any, reason: str) -> None:
    with pytest.raises(InvalidArgumentError, match=reason):
        check_data(data)


@pytest.mark.parametrize("scope", Scope.registrable())
def test_every_scope_has_a_sample_that_is_its_own_proof(scope: Scope) -> None:
    """Valid JSON, ISO dates in order, the merchant of the payload, fields of the group."""
    one = sample(scope, Random(7), now=MOMENT, merchant_id="merchant-7")
    data = json.loads(check_data(one.data))
    assert data["updatedAt"] == "2024-01-31T09:30:00.987Z"
    assert (data["createdAt"] == data["updatedAt"]) == scope.endswith("/created")
    assert data["createdAt"] <= data["updatedAt"]
    assert data["deleted"] is False
    if scope.group == "stock":
        assert "merchantId" not in data
    else:
        assert data["merchantId"] == "merchant-7"
    unseen = scope.group == "customerFavoriteProducts" or scope.endswith("statusUpdated")
    assert (one.source == "invented") == unseen


def test_an_orders_sums_add_up() -> None:
    for seed in range(50):
        order = json.loads(sample("store/order/updated", Random(seed)).data)
        lines = order["orderLineItems"]
        for name, price in (("totalPrice", "price"), ("totalFinalPrice", "finalPrice")):
            total = sum(line["quantity"] * line[price] for line in lines)
            assert order[name] == pytest.approx(total)
        assert order["itemCount"] == sum(line["quantity"] for line in lines)


def test_turkish_letters_come_up_and_addresses_have_none() -> None:
    texts = [sample("store/customer/created", Random(seed)).data for seed in range(60)]
    assert set("çğıöşüİÇÖŞ") <= set("".join(texts))
    assert all(json.loads(text)["email"].isascii() for text in texts)


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    code = (
        "from random import Random; from ikas_explore.deliveries.samples import sample\n"
        "from ikas_explore.schema.scopes import Scope; import hashlib\n"
        "made = [sample(s, Random(n)).data for s in Scope.registrable() for n in range(20)]\n"
        "text = ''.join(made); print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("0", "1")
    }
    assert digests == {"38241a0e42cbba57e9455fc785c076580773cd6677d3dcbcac36bc04fffeee44"}


@pytest.mark.parametrize("scope", ["store/app/deleted", "store/order/*", "store/ordre/created"])
def test_there_is_no_sample_for_what_cannot_be_registered(scope: str) -> None:
    with pytest.raises(InvalidScopeError):
        sample(scope, Random(1))


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_can_be_read(body: bytes) -> None:
    reading = read_payload(body)
    assert (reading.status is None) == (reading.error is None)
    assert reading.status in (None, 400, 422)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, None),
        ({"added": {"later": 1}}, None),
        ({"createdAt": "2024-01-31T09:30:00+03:00"}, None),
        ({"createdAt": "yesterday"}, 422),
        ({"createdAt": "2024-01-31T09:30:00"}, 422),
        ({"createdAt": 1706693400000}, 422),
        ({"data": {"id": 1}}, 422),
        ({"scope": "\ud800"}, 422),
    ],
)
def test_a_payload_has_seven_strings_and_a_time(change: dict[str, Any], status: int | None) -> None:
    assert read_payload(json.dumps(made() | change).encode()).status == status


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_key_is_named(key: str) -> None:
    payload = made()
    del payload[key]
    reading = read_payload(encode(payload))
    assert reading.status == 422
    assert reading.error == f"keys are missing: {key}"


@pytest.mark.parametrize("scope", ["store/order/created", "store/product/updated"])
def test_payloads_have_numbers_where_ikas_has_numbers(scope: str) -> None:
    data = json.loads(sample(scope, Random(3)).data)
    if scope.startswith("store/order"):
        assert data["salesChannel"]["type"] == 6
        assert (data["cartStatus"], data["createdBy"]) == (2, 2)
        assert (data["paymentMethods"], data["taxLines"]) == ([], [])
        line = data["orderLineItems"][0]
        assert {"id", "price", "finalPrice", "quantity", "status", "taxValue"} <= set(line)
        assert {"sku", "slug", "type", "barcodeList", "productId"} <= set(line["variant"])
        assert data["customer"]["fullName"].startswith(data["customer"]["firstName"])
    else:
        assert data["metaData"]["targetType"] == 1
        assert [channel["status"] for channel in data["salesChannels"]] == [1]
        assert {"sku", "barcodeList", "images", "weight"} <= set(data["variants"][0])


def test_orders_differ_as_real_ones_do() -> None:
    orders = [json.loads(sample("store/order/updated", Random(seed)).data) for seed in range(200)]
    assert {order["currencyCode"] for order in orders} == {"TRY", "EUR"}
    assert {order["status"] for order in orders} == {"CREATED", "REFUNDED"}
    assert {order["customer"]["isGuestCheckout"] for order in orders} == {True, False}
    assert any(order["shippingAddress"] is None for order in orders)
    assert any(order["note"] and len(order["note"]) > 200 for order in orders)
    kinds = {line["variant"]["type"] for order in orders for line in order["orderLineItems"]}
    assert kinds == {1, 3}  # single products and bundles


def test_data_that_differs_from_real_ones_is_described() -> None:
    data = json.loads(sample("store/stock/updated", Random(1)).data)
    assert list(differs_from_known("store/stock/updated", data)) == []
    told = list(differs_from_known("store/stock/updated", {**data, "stockCount": "3"}))
    assert told == ["stockCount is text, and number in real ones"]
    del data["productId"]
    assert list(differs_from_known("store/stock/updated", data)) == [
        "real ones also have productId"
    ]
    assert list(differs_from_known("store/customer/statusUpdated", {})) == []
