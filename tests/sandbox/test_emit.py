"""What happens in a store, and the payload that is sent of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.deliveries.samples import sample
from ikas_explore.errors import InvalidArgumentError, InvalidScopeError
from ikas_explore.sandbox import Sandbox
from ikas_explore.schema.scopes import Scope
from tests.sandbox.api import api_of, register
from tests.sandbox.coverage import emulates

ORDER = "store/order/created"
STOCK = "store/stock/updated"


@emulates(
    "seven string keys, `data` a string of JSON, ISO time, 73-character id", source="sdk, live"
)
@emulates("`signature`: hex HMAC-SHA256 of `data`, in the body", source="sdk, live")
def test_the_payload_is_signed_and_has_seven_string_keys(sandbox: Sandbox) -> None:
    """The expected signature is computed with hmac directly."""
    with Receiver() as receiver:
        register(sandbox, receiver.endpoint, *map(str, Scope.registrable()))
        for scope in Scope.registrable():
            sandbox.emit(scope)
        sandbox.settle(10)
        bodies = receiver.deliveries()["body"].tolist()
    store = sandbox.add_store("sandbox")
    assert len(bodies) == 11
    for body in bodies:
        payload = json.loads(body)
        assert list(payload) == [
            "authorizedAppId",
            "createdAt",
            "data",
            "id",
            "merchantId",
            "scope",
            "signature",
        ]
        assert {type(value) for value in payload.values()} == {str}
        expected = hmac.new(store.client_secret.encode(), payload["data"].encode(), hashlib.sha256)
        assert payload["signature"] == expected.hexdigest()
        assert isinstance(json.loads(payload["data"]), dict)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", payload["createdAt"])
        assert len(payload["id"]) == 73
        assert payload["merchantId"] == store.merchant_id
        assert payload["authorizedAppId"] == store.authorized_app_id


@emulates("every attempt of a delivery has the same id and bytes", source="inferred")
def test_all_attempts_send_the_same_bytes(sandbox: Sandbox) -> None:
    with Receiver(status=500) as receiver:
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER)
        sandbox.settle(10)
        bodies = receiver.deliveries()["body"].tolist()
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


def test_an_event_without_a_webhook_has_no_delivery(sandbox: Sandbox) -> None:
    assert sandbox.emit(ORDER) == []
    sandbox.settle(1)
    assert sandbox.deliveries().empty


@pytest.mark.parametrize("data", ['{ "id" : "1", "ad": "Çağla" }', {"id": 1, "ad": "Öz"}])
def test_own_data_is_sent_as_it_is(sandbox: Sandbox, data: Any) -> None:
    with Receiver(sandbox.client_secret) as receiver:
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER, data)
        sandbox.settle(10)
        received = receiver.deliveries().iloc[0]
    assert received["signature_ok"]
    assert (
        received["data"] == data if isinstance(data, str) else json.loads(received["data"]) == data
    )
    assert sandbox.deliveries()["sample"].tolist() == ["own"]


@pytest.mark.parametrize("data", ["", "no JSON", "[]", "1", {1: 2}, {"a": float("nan")}, [], 7])
def test_other_data_is_refused(sandbox: Sandbox, data: Any) -> None:
    """With a reason, before anything is written; never silently replaced."""
    register(sandbox, "http://127.0.0.1:9/")
    with pytest.raises(InvalidArgumentError):
        sandbox.emit(ORDER, data)
    assert sandbox.deliveries().empty


@pytest.mark.parametrize("scope", ["store/order/deleted", "store/app/deleted", "store/x/*", ""])
def test_an_event_needs_a_scope_that_can_be_registered(sandbox: Sandbox, scope: str) -> None:
    with pytest.raises(InvalidScopeError):
        sandbox.emit(scope)
    with pytest.raises(InvalidArgumentError):
        sandbox.emit([ORDER])  # type: ignore[arg-type]


def test_samples_nobody_has_seen_say_so(sandbox: Sandbox) -> None:
    register(sandbox, "https://example.com/", *map(str, Scope.registrable()))
    for scope in Scope.registrable():
        sandbox.emit(scope)
    samples = dict(zip(sandbox.deliveries()["scope"], sandbox.deliveries()["sample"], strict=True))
    assert samples["store/order/created"] == "live"
    assert samples["store/stock/updated"] == "sdk"
    assert samples["store/customer/statusUpdated"] == "invented"
    assert samples["store/customerFavoriteProducts/created"] == "invented"


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Credentials, ids and samples; another seed gives others."""

    def run(seed: int) -> tuple[str, str, list[str], list[str]]:
        with Receiver() as receiver, Sandbox(seed=seed) as sandbox:
            register(sandbox, receiver.endpoint, ORDER, STOCK)
            ids = sandbox.emit(ORDER) + sandbox.emit(STOCK)
            sandbox.settle(10)
            data = sorted(receiver.deliveries()["data"])
            return sandbox.access_token, sandbox.client_secret, ids, data

    assert run(1) == run(1)
    assert run(1)[0] != run(2)[0]


def test_events_from_many_threads_are_all_delivered(sandbox: Sandbox) -> None:
    """Through the method and through the control route, while scopes are saved anew."""

    def emit(number: int) -> list[str]:
        ids = []
        with api_of(sandbox) as api:
            for _ in range(10):
                api.save(receiver.endpoint, ORDER)
                ids += sandbox.emit(ORDER)
                ids += api.client.post("/control/events", json={"scope": ORDER}).json()[
                    "deliveries"
                ]
        return ids

    with Receiver() as receiver, ThreadPoolExecutor(8) as pool:
        register(sandbox, receiver.endpoint)
        ids = [one for some in pool.map(emit, range(8)) for one in some]
        sandbox.settle(30)
        assert len(ids) == len(set(ids)) == len(receiver.deliveries()) == 160
    assert set(sandbox.deliveries()["state"]) == {"delivered"}


def test_data_unlike_real_ones_is_taken_with_a_warning(sandbox: Sandbox) -> None:
    with pytest.warns(UserWarning, match="real ones also have productId"):
        sandbox.emit("store/stock/updated", {"id": "1", "stockCount": "3"})
    with pytest.warns(UserWarning, match="stockCount is text, and number"):
        sandbox.emit("store/stock/updated", '{"id": "1", "stockCount": "3"}')
    whole = json.loads(sample("store/stock/updated", Random(1)).data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sandbox.emit("store/stock/updated", whole)
        sandbox.emit("store/customer/statusUpdated", {"id": "1"})


def test_a_list_of_scopes_is_refused_with_data_too(sandbox: Sandbox) -> None:
    for data in (None, {"id": "1"}):
        with pytest.raises(InvalidArgumentError, match="An event has one scope"):
            sandbox.emit([ORDER], data)  # type: ignore[arg-type]


def test_where_the_warning_is_an_error_nothing_happened(sandbox: Sandbox) -> None:
    with Receiver() as receiver, warnings.catch_warnings():
        warnings.simplefilter("error")
        register(sandbox, receiver.endpoint)
        for scope in (ORDER, "store/*/created"):
            with pytest.raises(UserWarning, match="The data given"):
                sandbox.emit(scope, {"id": "1"})
        sandbox.settle(10)
    assert sandbox.deliveries().empty
