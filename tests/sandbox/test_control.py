"""The control routes, for programs in other languages."""

from __future__ import annotations

from typing import Any

import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.frames.frames import ATTEMPTS, DELIVERIES
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import Api, api_of, codes

ORDER = "store/order/created"
ROUTES = [
    ("POST", "events"),
    ("GET", "deliveries"),
    ("GET", "attempts"),
    ("PUT", "faults"),
    ("GET", "budget"),
]


def test_an_event_is_made_to_happen(sandbox: Sandbox, api: Api) -> None:
    """201 after the commit, with the event's id and its deliveries'."""
    with Receiver(sandbox.client_secret) as receiver:
        api.save(receiver.endpoint, ORDER)
        answer = api.client.post("/control/events", json={"scope": ORDER, "data": {"id": "1"}})
        assert answer.status_code == 201
        body = answer.json()
        assert set(body) == {"event", "deliveries"}
        assert body["deliveries"] == sandbox.deliveries()["id"].tolist()
        sandbox.settle(10)
        assert receiver.deliveries()["data"].tolist() == ['{"id":"1"}']
    assert (
        api.client.post("/control/events", json={"scope": "store/stock/updated"}).json()[
            "deliveries"
        ]
        == []
    )


def test_rows_have_the_keys_of_the_frames(sandbox: Sandbox, api: Api) -> None:
    """All rows of the token's store, oldest first, times in Unix milliseconds."""
    with Receiver(status=[500, 200]) as receiver:
        api.save(receiver.endpoint, ORDER)
        (delivery,) = sandbox.emit(ORDER)
        sandbox.settle(10)
    (row,) = api.client.get("/control/deliveries").json()
    first, second = api.client.get("/control/attempts").json()
    assert list(row) == list(DELIVERIES)
    assert list(first) == list(ATTEMPTS)
    assert (row["id"], row["state"], row["attempts"]) == (delivery, "delivered", 2)
    assert isinstance(row["created_at"], int)
    assert [first["status_code"], second["status_code"]] == [500, 200]


def test_a_token_sees_its_own_rows_only(sandbox: Sandbox, api: Api) -> None:
    shop = sandbox.add_store("shop-1")
    with api_of(sandbox, shop) as other:
        other.save("https://example.com/", ORDER)
        other.client.post("/control/events", json={"scope": ORDER})
        assert len(other.client.get("/control/deliveries").json()) == 1
        assert api.client.get("/control/deliveries").json() == []
        assert api.client.get("/control/attempts").json() == []


def test_faults_are_replaced(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("latency", seconds=30)
    answer = api.client.put("/control/faults", json=[{"kind": "rate_limited", "calls": 1}])
    assert answer.status_code == 200
    assert [fault["kind"] for fault in answer.json()] == ["rate_limited"]
    assert api.call("{ listWebhook { id } }").status_code == 429
    assert api.call("{ listWebhook { id } }").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "events", "no JSON"),
        ("POST", "events", []),
        ("POST", "events", {}),
        ("POST", "events", {"scope": 1}),
        ("POST", "events", {"scope": "nothing"}),
        ("POST", "events", {"scope": ORDER, "data": 7}),
        ("POST", "events", {"scope": ORDER, "extra": 7}),
        ("PUT", "faults", {}),
        ("PUT", "faults", [1]),
        ("PUT", "faults", '[{"kind": "hang", "seconds": NaN}]'),
        ("POST", "events", '{"scope": "store/order/created", "data": {"price": NaN}}'),
        ("PUT", "faults", [{}]),
        ("PUT", "faults", [{"kind": "nothing"}]),
        ("PUT", "faults", [{"kind": "hang", "share": 2}]),
        ("PUT", "faults", [{"kind": "hang", "calls": 0}]),
        ("PUT", "faults", [{"kind": "hang", "calls": 1.5}]),
        ("PUT", "faults", [{"kind": "hang", "seconds": "1"}]),
        ("PUT", "faults", [{"kind": "hang", "colour": 1}]),
        ("PUT", "faults", [{"kind": "rate_limited", "hint": "smoke"}]),
        ("PUT", "faults", [{"kind": "hang", "store": 1}]),
    ],
)
def test_bad_requests_are_400_with_the_reason(
    sandbox: Sandbox, api: Api, method: str, path: str, body: Any
) -> None:
    kind = "content" if isinstance(body, str) else "json"
    answer = api.client.request(method, f"/control/{path}", **{kind: body})
    assert answer.status_code == 400
    assert codes(answer)[0] in ("ARGUMENT_VALIDATION_ERROR", "INVALID_SCOPE")
    assert answer.json()["errors"][0]["message"]
    assert list(sandbox.faults) == []


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_query_is_never_ignored(api: Api, sandbox: Sandbox, method: str, path: str) -> None:
    """The store is that of the token: who names another one is not given that one's rows."""
    sandbox.add_store("shop-1")
    answer = api.client.request(method, f"/control/{path}?store=shop-1")
    assert answer.status_code == 400
    assert "There is no 'store' in the query" in answer.text


def test_a_query_that_says_two_things_is_refused(api: Api) -> None:
    answer = api.client.get("/control/deliveries?limit=1&limit=2")
    assert answer.status_code == 400
    assert "limit more than once" in answer.text


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_token_is_needed(sandbox: Sandbox, method: str, path: str) -> None:
    with Api(sandbox.base_url, "wrong") as api:
        answer = api.client.request(method, f"/control/{path}")
    assert (answer.status_code, codes(answer)) == (401, ["LOGIN_REQUIRED"])


def test_a_foreign_host_is_refused(sandbox: Sandbox, api: Api) -> None:
    """So that no page in a browser reaches it through a name that resolves to loopback."""
    for path in ("/control/deliveries", "/api/v1/admin/graphql"):
        assert api.client.get(path, headers={"Host": "example.com"}).status_code == 400
