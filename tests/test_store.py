"""Listing, saving and deleting on the sandbox, and what is refused before anything is sent."""

from __future__ import annotations

import gc
import json
import threading
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


@pytest.mark.parametrize(
    ("scopes", "kind", "message"),
    [
        ("store/order/create", errors.InvalidScopeError, "Did you mean 'store/order/created'"),
        ("Store/Order/Created", errors.InvalidScopeError, "Did you mean 'store/order/created'"),
        ("store/app/deleted", errors.InvalidScopeError, "partner panel"),
        ("store/product/deleted", errors.InvalidScopeError, "refuses to register"),
        ("store/order/*", errors.InvalidScopeError, r"Scope.match\('store/order/\*'\)"),
        ([], errors.InvalidArgumentError, "empty"),
        ("", errors.InvalidScopeError, "no scope ''"),
        ([None], errors.InvalidArgumentError, "NoneType"),
        (None, errors.InvalidArgumentError, "not NoneType"),
        (pd.DataFrame({"scope": []}), errors.InvalidArgumentError, r"give frame\['scope'\]"),
        (["store/order/created", 7], errors.InvalidArgumentError, "int: 7"),
    ],
)
@pytest.mark.parametrize("call", ["save", "delete"])
def test_a_scope_that_cannot_be_right_is_refused_before_anything_is_sent(
    call: str, scopes: Any, kind: type[Exception], message: str
) -> None:
    with ikas.connect("shop", access_token="t", transport=Unreachable()) as store:
        given = (ENDPOINT, scopes) if call == "save" else (scopes,)
        with pytest.raises(kind, match=message):
            getattr(store.webhooks, call)(*given)


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


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({}, errors.CredentialsError, r'IKAS_ACCESS_TOKEN.*connect\("sandbox"\) needs no account'),
        ({"client_id": "a"}, errors.CredentialsError, "without IKAS_CLIENT_SECRET"),
        ({"client_secret": "a"}, errors.CredentialsError, "without IKAS_CLIENT_ID"),
        ({"refresh_token": "a"}, errors.CredentialsError, "needs IKAS_CLIENT_ID"),
        ({"store": "My Shop"}, errors.InvalidArgumentError, "not a store name"),
        ({"store": "https://shop.myikas.com/admin"}, errors.InvalidArgumentError, "mean 'shop'"),
        ({"store": ""}, errors.InvalidArgumentError, "not a store name"),
        ({"store": 7}, errors.InvalidArgumentError, "a name or a Sandbox"),
        ({"api_version": "v3"}, errors.InvalidArgumentError, "known: v1, v2"),
        ({"base_url": "http://example.com"}, errors.InvalidArgumentError, "in clear"),
        ({"base_url": "https://u:p@example.com"}, errors.InvalidArgumentError, "base URL may only"),
        ({"base_url": "example.com"}, errors.InvalidArgumentError, "https://"),
        ({"timeout": 0}, errors.InvalidArgumentError, "above 0"),
        ({"timeout": None}, errors.InvalidArgumentError, "above 0"),
    ],
)
def test_a_connection_that_cannot_be_made_says_what_to_do(
    given: dict[str, Any], kind: type[Exception], message: str
) -> None:
    token = {"access_token": "t"} if kind is errors.InvalidArgumentError else {}
    with pytest.raises(kind, match=message):
        ikas.connect(**{**token, **given})


def test_the_environment_and_a_dotenv_file_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Path(".env").write_text("IKAS_STORE=from-file\nIKAS_ACCESS_TOKEN=t\nIKAS_API_VERSION=v2\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert repr(ikas.connect()) == "Store('from-file', v2, https://api.myikas.com)"
    monkeypatch.setenv("IKAS_STORE", "from-environment")
    with pytest.raises(errors.CredentialsError, match="is of the store 'from-file'"):
        ikas.connect()
    monkeypatch.setenv("IKAS_ACCESS_TOKEN", "another")
    assert ikas.connect().name == "from-environment"
    assert ikas.connect("given", access_token="third").name == "given"
    monkeypatch.setenv("IKAS_STORE", "sandbox")
    with ikas.connect() as store:
        assert store.sandbox is not None
        assert len(store.webhooks.list()) == 2


def test_a_working_folder_that_was_deleted_has_no_dotenv_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with ikas.connect("sandbox") as store:
        assert len(store.webhooks.list()) == 2
    with pytest.raises(errors.CredentialsError, match="No credentials were found"):
        ikas.connect()


def test_no_dotenv_file_is_read_when_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("IKAS_ACCESS_TOKEN=t\n")
    monkeypatch.setenv("IKAS_DOTENV", "off")
    with pytest.raises(errors.CredentialsError):
        ikas.connect("shop")


def test_a_seed_in_the_environment_gives_the_same_sandbox_every_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Credentials and the ids of new webhooks."""
    monkeypatch.setenv("IKAS_STORE", "sandbox")
    monkeypatch.setenv("IKAS_SANDBOX_SEED", "7")

    def look() -> tuple[Any, ...]:
        with ikas.connect() as store:
            assert store.sandbox is not None
            saved = store.webhooks.save(ENDPOINT, "store/order/created")
            return store.sandbox.client_secret, saved["id"][0]

    seen = look()
    assert seen == look()
    monkeypatch.setenv("IKAS_SANDBOX_SEED", "8")
    assert seen != look()


def test_a_given_credential_keeps_those_of_the_environment_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A token in the environment is never sent for credentials given by hand."""
    monkeypatch.setenv("IKAS_ACCESS_TOKEN", "of-another-store")
    monkeypatch.setenv("IKAS_REFRESH_TOKEN", "of-another-store")
    with ikas.Sandbox() as sandbox:
        other = sandbox.add_store("other")
        with ikas.connect(
            "other",
            client_id=other.client_id,
            client_secret=other.client_secret,
            base_url=sandbox.base_url,
        ) as store:
            assert store.webhooks.list().empty
    monkeypatch.setenv("IKAS_CLIENT_SECRET", "s")
    assert ikas.connect("shop", client_id="app").name == "shop"


def test_a_sandbox_is_connected_to_and_left_open() -> None:
    with ikas.Sandbox() as sandbox:
        with ikas.connect(sandbox) as first:
            first.webhooks.delete("store/customer/created")
        with ikas.connect(sandbox, api_version="v2") as second:
            assert second.sandbox is None
            assert second.webhooks.list()["scope"].tolist() == ["store/customer/updated"]


def test_a_sandbox_takes_no_credentials_of_another_store() -> None:
    """They would be ignored, and the sandbox's own store listed in place of theirs."""
    with ikas.Sandbox() as sandbox:
        other = sandbox.add_store("other")
        for store in (sandbox, "sandbox"):
            with pytest.raises(
                errors.InvalidArgumentError, match=r"its own client_id.*base_url=sandbox"
            ):
                ikas.connect(store, client_id=other.client_id, client_secret=other.client_secret)


def test_a_sandbox_that_cannot_be_connected_to_is_not_left_running() -> None:
    before = set(threading.enumerate())  # an earlier test's may not be collected yet
    with pytest.raises(errors.InvalidArgumentError, match="v9") as failure:  # its traceback is kept
        ikas.connect("sandbox", api_version="v9")
    assert failure.tb is not None
    assert set(threading.enumerate()) <= before


def test_closing_ends_the_embedded_sandbox() -> None:
    store = ikas.connect("sandbox")
    base_url = store.base_url
    store.close()
    store.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(base_url)


def test_the_sandbox_lives_as_long_as_anything_can_ask_it() -> None:
    webhooks = ikas.connect("sandbox").webhooks
    query = ikas.connect("sandbox").webhooks.query()
    gc.collect()
    assert len(webhooks.list()) == len(query.to_frame()) == 2


def test_proxies_are_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with ikas.connect("sandbox") as store:
        assert len(store.webhooks.list()) == 2


def test_it_reads_well(store: ikas.Store) -> None:
    assert repr(store) == f"Store('sandbox', {store.api_version}, {store.base_url})"
    assert repr(store.webhooks).startswith("<Webhooks of 'sandbox': list(), ")
    assert "<b>sandbox</b>" in store._repr_html_()


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
