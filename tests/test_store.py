"""`connect` and `Store`: where settings come from, and what lives as long as what."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore import errors

ENDPOINT = "https://example.com/ikas"


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


@pytest.mark.parametrize("host", ["localhost.", "LOCALHOST"])
def test_a_place_is_the_same_however_its_host_is_spelled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str
) -> None:
    monkeypatch.setenv("IKAS_JOURNAL", str(tmp_path / "journal.jsonl"))
    with ikas.Sandbox(examples=False) as sandbox:
        port = sandbox.base_url.rpartition(":")[2]

        def at(name: str) -> ikas.Store:
            base_url = f"http://{name}:{port}"
            return ikas.connect("shop", access_token=sandbox.access_token, base_url=base_url)

        with at("localhost") as store:
            store.webhooks.save(ENDPOINT, "store/order/created")
        with at(host) as store:
            assert store.base_url == f"http://localhost:{port}"
            plan = store.webhooks.undo()
        assert plan is not None


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


@pytest.mark.parametrize("client_id", ["a\ud800", "müşteri", "a b", 7, b"id", []])
def test_a_client_id_that_cannot_be_one_is_refused_before_anything_is_sent(client_id: Any) -> None:
    with pytest.raises(errors.CredentialsError, match="client_id"):
        ikas.connect("shop", client_id=client_id, client_secret="s")
