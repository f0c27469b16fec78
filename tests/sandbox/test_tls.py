"""A sandbox that speaks https: who trusts it, and under which names it answers."""

from __future__ import annotations

import gc
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

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
            Sandbox(receiver_timeout=2, max_attempts=1, examples=False) as sandbox,
        ):
            receiver.settimeout(60)
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


def handshakes(sandbox: Sandbox, host: str) -> list[subprocess.CompletedProcess[str]]:
    """Make a verified handshake with each client that is installed, by that name."""
    port = sandbox.base_url.rpartition(":")[2]
    url, ca_file = f"https://{host}:{port}/", str(sandbox.ca_file)
    of_python = (
        "import socket, ssl, sys\n"
        "context = ssl.create_default_context(cafile=sys.argv[1])\n"
        "raw = socket.create_connection(('127.0.0.1', int(sys.argv[2])))\n"
        "print(context.wrap_socket(raw, server_hostname=sys.argv[3]).version())"
    )
    of_node = (
        "const [port, servername] = process.argv.slice(1);"
        "const socket = require('tls').connect({port: +port, host: '127.0.0.1', servername},"
        "() => { console.log(socket.authorized); socket.destroy() })"
    )
    there = f"{host}:{port}:127.0.0.1"
    commands = [
        [sys.executable, "-c", of_python, ca_file, port, host],
        *([["curl", "-sS", "--cacert", ca_file, "--resolve", there, url]] * bool(which("curl"))),
        *([["node", "-e", of_node, port, host]] * bool(which("node"))),
    ]
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": ca_file}
    return [
        subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        for command in commands
    ]


def test_every_store_has_a_name_that_clients_verify(tmp_path: Path) -> None:
    """OpenSSL takes ``*.localhost`` for no name at all."""
    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        sandbox.add_store("from-the-file")
    with Sandbox(tmp_path / "sandbox.db", tls=True) as sandbox:
        sandbox.add_store("added-later")
        for name in ("sandbox", "from-the-file", "added-later"):
            for host in (f"{name}.localhost", f"{name}.myikas.com", "localhost"):
                for done in handshakes(sandbox, host):
                    assert done.returncode == 0, (host, done.args, done.stderr)
        for done in handshakes(sandbox, "nobody.localhost"):
            assert done.returncode != 0, done.args


def test_a_store_is_found_by_its_own_name(secure: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by who trusted the sandbox before it had the store."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.ca_file))
    token = secure.access_token
    for name in ("sandbox", "shop", "moda"):
        url = secure.base_url.replace("127.0.0.1", f"{secure.add_store(name).name}.localhost")
        with ikas.connect(name, access_token=token, base_url=url) as store:
            assert len(store.webhooks.list()) == 2


def test_what_a_killed_sandbox_left_goes_when_it_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-m", "ikas_explore", "sandbox", "--tls", "--json"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    (left,) = tmp_path.glob("ikas-sandbox-*")
    with Sandbox(tls=True):
        assert left.exists()  # it may still run
    month_ago = left.stat().st_mtime - 31 * 86_400
    os.utime(left, (month_ago, month_ago))
    with Sandbox(tls=True) as sandbox:
        assert not left.exists()
        assert ask(sandbox, "localhost").status_code == 200
    assert list(tmp_path.iterdir()) == []
