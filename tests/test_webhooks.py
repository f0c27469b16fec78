"""Listing, saving and deleting: what is sent, what comes back, and what is refused before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.frames.frames import STRING

DTYPES = {
    "store": STRING,
    "scope": STRING,
    "endpoint": STRING,
    "id": STRING,
    "created_at": "datetime64[ms, UTC]",
    "updated_at": "datetime64[ms, UTC]",
    "deleted": "bool",
}
ENDPOINT = "https://example.com/ikas"


def test_the_first_list_is_the_seeds_example(store: ikas.Store) -> None:
    frame = store.webhooks.list()
    assert frame.to_dict("records") == [
        {
            "store": "sandbox",
            "scope": scope,
            "endpoint": "https://mailchimp-dev.ikasapps.com/api/webhook/ikas",
            "id": id_,
            "created_at": pd.Timestamp(ms, unit="ms", tz="UTC"),
            "updated_at": pd.Timestamp(ms, unit="ms", tz="UTC"),
            "deleted": False,
        }
        for scope, id_, ms in [
            ("store/customer/created", "331f40ad-58a5-4b25-b060-15e6ce57fc9f", 1636366311914),
            ("store/customer/updated", "806047a2-ce1d-4e2c-8c7d-10a5407bfa6d", 1636366311924),
        ]
    ]


def test_columns_and_dtypes_are_the_same_with_and_without_rows(store: ikas.Store) -> None:
    full = store.webhooks.list()
    assert store.webhooks.delete(["store/customer/created", "store/customer/updated"]) is True
    empty = store.webhooks.list()
    assert len(empty) == 0
    for frame in (full, empty):
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == DTYPES


def test_provenance_is_json_and_survives_parquet_and_csv(store: ikas.Store, tmp_path: Path) -> None:
    frame = store.webhooks.list()
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs
    assert frame.attrs["api_version"] == store.api_version
    assert pd.Timestamp(frame.attrs["fetched_at"]).tz is not None
    frame.to_parquet(tmp_path / "snapshot.parquet")
    assert pd.read_parquet(tmp_path / "snapshot.parquet").to_dict() == frame.to_dict()


def test_saving_gives_the_rows_in_the_order_asked(store: ikas.Store) -> None:
    asked = ["store/stock/updated", "store/order/created", "store/stock/updated"]
    saved = store.webhooks.save(ENDPOINT, asked)
    assert saved["scope"].tolist() == ["store/stock/updated", "store/order/created"]
    assert saved["endpoint"].unique().tolist() == [ENDPOINT]
    listed = store.webhooks.list()
    assert listed["scope"].tolist() == sorted(listed["scope"])
    assert set(saved["id"]) <= set(listed["id"])


def test_a_single_string_is_one_scope_and_not_its_letters(store: ikas.Store) -> None:
    assert store.webhooks.save(ENDPOINT, "store/order/created")["scope"].tolist() == [
        "store/order/created"
    ]
    assert store.webhooks.save(ENDPOINT, ikas.Scope.ORDER_UPDATED)["scope"].tolist() == [
        "store/order/updated"
    ]
    assert store.webhooks.delete("store/order/created") is True
    assert "store/order/created" not in store.webhooks.list()["scope"].tolist()


def test_saving_again_keeps_the_id_and_takes_the_scope_over(store: ikas.Store) -> None:
    before = store.webhooks.list().set_index("scope").loc["store/customer/created"]
    after = store.webhooks.save(ENDPOINT, "store/customer/created").iloc[0]
    assert (after["id"], after["created_at"]) == (before["id"], before["created_at"])
    assert after["endpoint"] == ENDPOINT
    assert after["updated_at"] > before["updated_at"]


def test_replace_false_refuses_a_scope_that_another_endpoint_holds(store: ikas.Store) -> None:
    with pytest.raises(errors.ScopeTakenError, match=r"customer/created by https://mailchimp"):
        store.webhooks.save(
            ENDPOINT, ["store/order/created", "store/customer/created"], replace=False
        )
    assert len(store.webhooks.list()) == 2, "nothing was saved"
    mine = "https://mailchimp-dev.ikasapps.com/api/webhook/ikas"
    assert len(store.webhooks.save(mine, "store/customer/created", replace=False)) == 1


def test_a_save_lists_once_whatever_it_has_to_know(api_version: str) -> None:
    """What stood there is asked for the journal; who holds a scope is read from the same list."""
    save = "saveWebhook" if api_version == "v1" else "saveWebhooks"
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox, api_version=api_version) as store:
        store.webhooks.save(ENDPOINT, "store/order/created", replace=False)
        assert sandbox.calls == {"listWebhook": 1, save: 1}
        with pytest.raises(errors.ScopeTakenError):
            store.webhooks.save(ENDPOINT, "store/customer/created", replace=False)
        assert sandbox.calls == {"listWebhook": 2, save: 1}


def test_replace_false_takes_a_scope_whose_webhook_is_marked_deleted() -> None:
    row = {"id": "1", "endpoint": "https://old.example.com/", "scope": "store/order/created"}
    times = {"createdAt": None, "updatedAt": None}

    def answer(request: httpx.Request) -> httpx.Response:
        if b"listWebhook" in request.content:
            return httpx.Response(
                200, json={"data": {"listWebhook": [{**row, **times, "deleted": True}]}}
            )
        saved = {**row, **times, "endpoint": ENDPOINT, "deleted": False}
        return httpx.Response(200, json={"data": {"saveWebhook": [saved]}})

    with ikas.connect(
        "shop", access_token="t", api_version="v1", transport=httpx.MockTransport(answer)
    ) as store:
        saved = store.webhooks.save(ENDPOINT, "store/order/created", replace=False)
    assert saved["endpoint"].tolist() == [ENDPOINT]


def test_sales_channels_are_sent_as_a_list(api_version: str) -> None:
    sent: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if b"listWebhook" in request.content:  # what stands there, for the journal
            return httpx.Response(200, json={"data": {"listWebhook": []}})
        sent.append(json.loads(request.content))
        row = {"id": "1", "endpoint": ENDPOINT, "scope": "store/order/created", "deleted": False}
        name = "saveWebhook" if api_version == "v1" else "saveWebhooks"
        return httpx.Response(
            200, json={"data": {name: [{**row, "createdAt": None, "updatedAt": None}]}}
        )

    with ikas.connect(
        "shop", access_token="t", api_version=api_version, transport=httpx.MockTransport(answer)
    ) as store:
        frame = store.webhooks.save(ENDPOINT, "store/order/created", sales_channel_ids="channel-1")
    assert frame["created_at"].isna().all()
    assert sent[0]["variables"] == {
        "input": {
            "endpoint": ENDPOINT,
            "scopes": ["store/order/created"],
            "salesChannelIds": ["channel-1"],
        }
    }
    assert ("saveWebhooks(" in sent[0]["query"]) is (api_version == "v2")


class Unreachable(httpx.BaseTransport):
    """Fails the test when anything is sent."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was asked")


class Reads(httpx.BaseTransport):
    """Lists some scopes, and fails the test when anything is written."""

    def __init__(self, *scopes: str) -> None:
        self.rows = [
            {"scope": scope, "endpoint": OTHER, "id": str(number), "deleted": False}
            | {"createdAt": 1, "updatedAt": 2}
            for number, scope in enumerate(scopes)
        ]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert b"listWebhook" in request.content, "something was written"
        return httpx.Response(200, json={"data": {"listWebhook": self.rows}})


OTHER = "https://other.example.com/"
UNFIT = [
    ([], errors.InvalidArgumentError, "empty"),
    ([None], errors.InvalidArgumentError, "NoneType"),
    (None, errors.InvalidArgumentError, "not NoneType"),
    (pd.DataFrame({"scope": []}), errors.InvalidArgumentError, r"give frame\['scope'\]"),
    (["store/order/created", 7], errors.InvalidArgumentError, "int: 7"),
]
WRONG = [
    ("store/order/create", errors.InvalidScopeError, "Did you mean 'store/order/created'"),
    ("Store/Order/Created", errors.InvalidScopeError, "Did you mean 'store/order/created'"),
    ("store/app/deleted", errors.InvalidScopeError, "partner panel"),
    ("store/product/deleted", errors.InvalidScopeError, "refuses to register"),
    ("store/orders/*", errors.InvalidScopeError, r"No \w*\s?scope matches 'store/orders/\*'"),
    (["store/order/created", "*/x"], errors.InvalidScopeError, r"scope matches '\*/x'"),
    ("", errors.InvalidScopeError, "no scope ''"),
]


@pytest.mark.parametrize(("scopes", "kind", "message"), [*UNFIT, *WRONG])
def test_a_scope_that_cannot_be_saved_is_refused_before_anything_is_sent(
    scopes: Any, kind: type[Exception], message: str
) -> None:
    with (
        ikas.connect("shop", access_token="t", transport=Unreachable()) as store,
        pytest.raises(kind, match=message),
    ):
        store.webhooks.save(ENDPOINT, scopes)


@pytest.mark.parametrize(("scopes", "kind", "message"), [*UNFIT, *WRONG])
def test_a_scope_that_cannot_be_deleted_is_refused_before_anything_is_written(
    scopes: Any, kind: type[Exception], message: str
) -> None:
    """What is no list of texts before anything is sent; any other may be registered."""
    unfit = kind is errors.InvalidArgumentError
    transport = Unreachable() if unfit else Reads("store/stock/updated")
    with (
        ikas.connect("shop", access_token="t", transport=transport) as store,
        pytest.raises(kind, match=message),
    ):
        store.webhooks.delete(scopes)


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("http://example.com/ikas", "not https"),
        ("https://", "names no host"),
        ("https:///ikas", "names no host"),
        ("example.com/ikas", "start with 'https://'"),
        ("ftp://example.com", "start with 'https://'"),
        ("", "empty"),
        ("https://exa mple.com", "white space"),
        ("https://example.com/\n", "white space"),
        ("https://example.com:99999", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://exa<b>mple.com", "not a host name"),
        (None, "NoneType"),
    ],
)
def test_an_endpoint_that_cannot_be_right_is_refused_before_anything_is_sent(
    endpoint: Any, message: str
) -> None:
    with (
        ikas.connect("shop", access_token="t", transport=Unreachable()) as store,
        pytest.raises(errors.InvalidArgumentError, match=message),
    ):
        store.webhooks.save(endpoint, "store/order/created")


def test_http_is_fine_when_the_store_is_on_this_machine(store: ikas.Store) -> None:
    saved = store.webhooks.save("http://127.0.0.1:8000/ikas", "store/order/created")
    assert saved["endpoint"].tolist() == ["http://127.0.0.1:8000/ikas"]


def test_writes_are_taken_back_one_by_one(store: ikas.Store) -> None:
    before = store.webhooks.list()
    store.webhooks.save(ENDPOINT, ["store/customer/created", "store/order/created"])
    store.webhooks.delete("store/customer/updated")
    for _ in range(2):
        plan = store.webhooks.undo()
        assert plan is not None
        assert set(plan.apply()["outcome"]) <= {"saved", "deleted"}
    assert ikas.diff(before, store.webhooks.list()).empty
    assert store.webhooks.undo() is None


def test_a_refused_write_leaves_nothing_to_undo(store: ikas.Store) -> None:
    with pytest.raises(errors.ScopeTakenError):
        store.webhooks.save(ENDPOINT, "store/customer/created", replace=False)
    with pytest.raises(errors.InvalidScopeError):
        store.webhooks.delete("store/customer/create")
    assert store.webhooks.undo() is None


def test_the_journal_outlives_the_store_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IKAS_JOURNAL", str(tmp_path / "journal.jsonl"))
    with ikas.Sandbox() as sandbox:
        with ikas.connect(sandbox) as first:
            first.webhooks.delete("store/customer/created")
        with ikas.connect(sandbox) as second:
            plan = second.webhooks.undo()
            assert plan is not None
            assert plan.changes["action"].tolist() == ["create"]


def test_a_store_is_planned_and_audited(store: ikas.Store) -> None:
    plan = store.webhooks.plan({ENDPOINT: ["store/order/*"]}, prune=True)
    assert plan.changes["action"].value_counts().to_dict() == {"create": 2, "delete": 2}
    assert set(plan.apply()["outcome"]) == {"saved", "deleted"}
    assert store.webhooks.plan({ENDPOINT: ["store/order/*"]}, prune=True).empty
    audit = store.webhooks.audit({"required": ["store/stock/updated"]})
    assert not audit.ok
    assert "store/stock/updated" in audit.findings["scope"].tolist()


TOMORROW = "store/campaign/created"


class Remembering(httpx.BaseTransport):
    """An ikas of tomorrow, which registers every scope."""

    def __init__(self, **registered: str) -> None:
        self.held = dict(registered)
        self.deleted: list[list[str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)
        answer: dict[str, Any] = {}
        if "deleteWebhook" in sent["query"]:
            self.deleted.append(sent["variables"]["scopes"])
            for scope in sent["variables"]["scopes"]:
                self.held.pop(scope, None)
            answer["deleteWebhook"] = True
        elif "saveWebhook" in sent["query"]:
            given = sent["variables"]["input"]
            self.held |= dict.fromkeys(given["scopes"], given["endpoint"])
            answer["saveWebhook"] = [self.row(scope) for scope in given["scopes"]]
        else:
            answer["listWebhook"] = [self.row(scope) for scope in self.held]
        return httpx.Response(200, json={"data": answer})

    def row(self, scope: str) -> dict[str, Any]:
        times = {"createdAt": 1, "updatedAt": 2}
        return {"scope": scope, "endpoint": self.held[scope], "id": scope, "deleted": False} | times


def connected(server: httpx.BaseTransport) -> ikas.Store:
    return ikas.connect("shop", access_token="t", api_version="v1", transport=server)


def test_a_listed_scope_that_is_not_known_is_deleted_and_restored() -> None:
    server = Remembering(**{TOMORROW: OTHER})
    with connected(server) as store:
        assert store.webhooks.delete(TOMORROW) is True
        assert server.held == {}
        plan = store.webhooks.undo()
        assert plan is not None
        assert plan.apply()["outcome"].tolist() == ["saved"]
        assert server.held == {TOMORROW: OTHER}
        with pytest.raises(errors.InvalidScopeError, match="no scope 'store/campaign/updated'"):
            store.webhooks.delete("store/campaign/updated")


def test_a_scope_that_is_not_known_is_saved_with_a_named_switch() -> None:
    server = Remembering()
    with connected(server) as store:
        with pytest.raises(errors.InvalidScopeError, match="no scope"):
            store.webhooks.save(ENDPOINT, TOMORROW)
        saved = store.webhooks.save(ENDPOINT, [TOMORROW, "store/order/*"], allow_unknown=True)
        assert saved["scope"].tolist() == [
            TOMORROW,
            "store/order/created",
            "store/order/updated",
        ]
        for wrong in ("order", "store/order created", "", "store/order/\u200b"):
            with pytest.raises(errors.InvalidScopeError):
                store.webhooks.save(ENDPOINT, wrong, allow_unknown=True)
        with pytest.raises(errors.InvalidArgumentError, match="allow_unknown is True or False"):
            store.webhooks.save(ENDPOINT, TOMORROW, allow_unknown=1)  # type: ignore[arg-type]  # on purpose


def test_a_pattern_saves_what_is_registrable_and_deletes_what_is_registered() -> None:
    server = Remembering(**{TOMORROW: OTHER, "store/customer/created": OTHER})
    with connected(server) as store:
        saved = store.webhooks.save(ENDPOINT, "store/customer/*")
        assert saved["scope"].tolist() == [
            str(each) for each in ikas.Scope.match("store/customer/*")
        ]
        assert store.webhooks.delete(["store/*/created", "store/stock/updated"]) is True
        assert server.deleted == [[TOMORROW, "store/customer/created", "store/stock/updated"]]


def test_a_delete_can_be_limited_to_one_endpoint() -> None:
    server = Remembering(
        **{"store/order/created": ENDPOINT, "store/order/updated": OTHER, TOMORROW: ENDPOINT}
    )
    with connected(server) as store:
        with pytest.raises(
            errors.ScopeTakenError, match=rf"order/updated by {OTHER}\. Nothing was removed"
        ):
            store.webhooks.delete("store/order/*", endpoint=ENDPOINT)
        assert server.deleted == []
        assert store.webhooks.undo() is None
        same = "https://EXAMPLE.com:443/ikas"
        assert store.webhooks.delete(["store/order/created", TOMORROW], endpoint=same) is True
        assert server.held == {"store/order/updated": OTHER}
        assert store.webhooks.delete("store/order/created", endpoint=ENDPOINT) is False
        assert len(server.deleted) == 1, "nothing is sent for what is gone"
        with pytest.raises(errors.InvalidArgumentError, match="endpoint is text"):
            store.webhooks.delete("store/order/updated", endpoint=7)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("rows", [[ENDPOINT, OTHER], [OTHER, ENDPOINT]])
def test_of_two_rows_for_one_scope_that_of_somebody_else_counts(rows: list[str]) -> None:
    server = Reads(ROW_SCOPE, ROW_SCOPE)
    for row, held in zip(server.rows, rows, strict=True):
        row["endpoint"] = held
    with connected(server) as store:
        with pytest.raises(errors.ScopeTakenError, match=OTHER):
            store.webhooks.delete(ROW_SCOPE, endpoint=ENDPOINT)
        with pytest.raises(errors.ScopeTakenError, match=OTHER):
            store.webhooks.save(ENDPOINT, ROW_SCOPE, replace=False)


ROW_SCOPE = "store/order/created"
