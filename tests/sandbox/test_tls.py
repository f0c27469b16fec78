"""A sandbox that speaks https: who trusts it, and under which names it answers."""

from __future__ import annotations

import gc
import socket
import ssl
import sys
from collections.abc import Iterator

import freezegun
import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.errors import IkasError, InvalidArgumentError, TransportError
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import register

QUERY = {"query": "{ __typename }"}


@pytest.fixture
def secure() -> Iterator[Sandbox]:
    with Sandbox(tls=True) as sandbox:
        yield sandbox


def ask(sandbox: Sandbox, host: str) -> httpx.Response:
    """Send a query, verified by a client that knows nothing of this package."""
    verify = ssl.create_default_context(cafile=sandbox.ca_file) if sandbox.ca_file else False
    address = f"{sandbox.base_url}/api/v1/admin/graphql"
    return httpx.post(address, json=QUERY, headers={"Host": host}, verify=verify, trust_env=False)


def test_connect_trusts_the_authority_of_its_sandbox_and_no_other(
    secure: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with ikas.connect(secure) as store:
        assert len(store.webhooks.list()) == 2
    with (
        ikas.connect(
            "shop", access_token=secure.access_token, base_url=secure.base_url
        ) as stranger,
        pytest.raises(TransportError, match=r"certificate is not trusted.*SSL_CERT_FILE"),
    ):
        stranger.webhooks.list()
    with Sandbox(tls=True) as other, ikas.connect(other) as store:
        monkeypatch.setenv("SSL_CERT_FILE", str(secure.ca_file))
        assert len(store.webhooks.list()) == 2


def test_elsewhere_ssl_cert_file_says_what_is_trusted(
    secure: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.ca_file))
    monkeypatch.setenv("IKAS_BASE_URL", secure.base_url)
    monkeypatch.setenv("IKAS_ACCESS_TOKEN", secure.access_token)
    with ikas.connect() as store:
        assert len(store.webhooks.list()) == 2


def test_hosts_of_ikas_are_let_in_with_tls_only(secure: Sandbox) -> None:
    assert ask(secure, "api.myikas.com").json() == {"data": {"__typename": "Query"}}
    assert ask(secure, "localhost:1").status_code == 200
    with Sandbox() as plain:
        refused = [ask(plain, "api.myikas.com"), ask(secure, "myikas.com.example.com")]
    assert [answer.status_code for answer in refused] == [400, 400]
    assert f"use {secure.base_url}" in refused[1].text


def test_a_receiver_that_never_ends_the_handshake_is_hung_up_on() -> None:
    """When its time is up, and not when Python next looks for garbage."""
    gc.disable()
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as receiver,
            Sandbox(receiver_timeout=0.2, max_attempts=1, examples=False) as sandbox,
        ):
            register(sandbox, f"https://127.0.0.1:{receiver.getsockname()[1]}/")
            sandbox.emit("store/order/created")
            connection, _ = receiver.accept()
            with connection:
                connection.settimeout(10)
                while connection.recv(65_536):  # raises when it stays open
                    pass
            sandbox.settle(10)
            assert "time-out" in sandbox.attempts()["error"].iloc[0]
    finally:
        gc.enable()


def test_a_closed_sandbox_is_said_to_be_closed() -> None:
    sandbox = Sandbox(tls=True)
    sandbox.close()
    with pytest.raises(InvalidArgumentError, match="The sandbox is closed"):
        ikas.connect(sandbox)


def test_certificates_are_of_today_where_a_test_has_stopped_the_clock() -> None:
    with freezegun.freeze_time("2020-01-01"), Sandbox(tls=True) as sandbox:
        assert ask(sandbox, "localhost").status_code == 200


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(IkasError, match=r"pip install 'ikas_explore\[tls\]'"):
        Sandbox(tls=True)
    with Sandbox() as plain:
        assert plain.ca_file is None
