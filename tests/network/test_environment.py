"""What the environment says of proxies and certificates: one reading for the whole package."""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import stamina

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.auditing.probes import probe_endpoints
from tests.auditing.endpoints import Authority, endpoint
from tests.security.servers import EMPTY_LIST, TOKEN, answer, saying

ORDER = "store/order/created"
PASSWORD = "hunter2-canary"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL"):
            monkeypatch.delenv(name)


def connect() -> None:
    ikas.connect("shop", access_token=TOKEN).close()


def push() -> None:
    ikas.push("https://127.0.0.1:9/", ORDER, "secret", max_attempts=1)


def probe() -> None:
    probe_endpoints(["https://127.0.0.1:9/"])


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks://127.0.0.1:1080/"),
        ("all_proxy", "ftp://127.0.0.1:1080/"),
        ("HTTPS_PROXY", f"http://me:{PASSWORD}/x@127.0.0.1:3128"),
        ("HTTPS_PROXY", f"http://me:{PASSWORD}#x@127.0.0.1"),
        ("https_proxy", f"http://me:{PASSWORD}@127.0.0.1:99999"),
        ("HTTPS_PROXY", f"http://me:{PASSWORD}@"),
        ("HTTPS_PROXY", f"me:{PASSWORD}@[::1"),
        ("HTTPS_PROXY", f"http://\udce9{PASSWORD}@exa mple"),
    ],
)
def test_a_proxy_that_cannot_be_read_is_named_by_its_variable_alone(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(errors.InvalidArgumentError, match=f"^{variable} names no proxy") as told:
        connect()
    shown = traceback.TracebackException.from_exception(told.value, capture_locals=True)
    assert PASSWORD not in "".join(
        line for line in shown.format() if "test_environment" not in line
    )
    assert told.value.__context__ is None


def test_socks_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080/")
    if find_spec("socksio"):
        pytest.skip("SOCKS works here")
    with pytest.raises(errors.InvalidArgumentError, match=r"httpx\[socks\]"):
        connect()


@pytest.mark.parametrize(
    "entries",
    [
        "localhost,127.0.0.1,[::1]",
        "localhost,fd00::/8",
        "[",
        "*bad*,::1,a b,\x01",
        ",,",
        "10.0.0.0/8",
    ],
)
def test_an_entry_of_no_proxy_that_cannot_be_read_is_left_out(
    entries: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", entries)
    connect()
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert "the proxy http://127.0.0.1:9 (HTTPS_PROXY)" in failure()


@pytest.mark.parametrize(
    "entries", ["*", "myikas.com", ".myikas.com", "x, API.myikas.com:443", "https://api.myikas.com"]
)
def test_a_host_that_no_proxy_names_is_asked_directly(
    entries: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", entries)
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert "DNS failure" in failure()


def nobody(*_: object, **__: object) -> None:
    raise socket.gaierror("no such name")


def failure() -> str:
    """What a call says that finds no connection."""
    with (
        stamina.set_testing(True, attempts=1),
        ikas.connect("shop", access_token=TOKEN) as store,
        pytest.raises(errors.TransportError) as told,
    ):
        store.webhooks.list()
    assert told.value.sent is False
    return str(told.value)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_is_not_there_is_named(
    variable: str, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"http://me:{PASSWORD}@127.0.0.1:{closed_port}")
    said = failure()
    assert (
        f"the proxy http://127.0.0.1:{closed_port} ({variable}) cannot be reached (refused" in said
    )
    assert "base_url" not in said


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 No", "502 Bad"])
def test_a_proxy_that_refuses_is_named(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    echo = f"{status} of {PASSWORD}"
    with endpoint(saying(answer(b"", "Connection: close", status=echo))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}")
        said = failure()
    assert f"127.0.0.1:{proxy.port} (HTTPS_PROXY) refused (HTTP {status[:3]})" in said
    assert PASSWORD not in said


@pytest.mark.parametrize(
    ("variable", "content"),
    [
        ("SSL_CERT_FILE", None),
        ("SSL_CERT_FILE", ""),
        ("SSL_CERT_FILE", "no certificate"),
        ("SSL_CERT_FILE", "folder"),
        ("SSL_CERT_DIR", None),
        ("SSL_CERT_DIR", "a file"),
        ("SSLKEYLOGFILE", "folder"),
        ("SSLKEYLOGFILE", None),
    ],
)
@pytest.mark.parametrize("call", [connect, push, probe])
def test_certificates_that_cannot_be_read_are_named_by_their_variable_alone(
    call: Callable[[], None],
    variable: str,
    content: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "canary" / "file"
    if content is not None:
        path.parent.mkdir()
        path.mkdir() if content == "folder" else path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(errors.InvalidArgumentError, match=f"^{variable} names no f") as told:
        call()
    assert "canary" not in str(told.value)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that only ``SSL_CERT_FILE`` names."""
    authority = Authority(tmp_path)
    (tmp_path / "authority.pem").write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_everything_trusts_what_ssl_cert_file_names(trusted: Authority, host: str) -> None:
    """The client, a push, the sandbox and a probe, of a https address on this machine."""
    serving = trusted.serving(host, days=10)
    empty = answer(b"", "Connection: close")
    with endpoint(saying(answer(EMPTY_LIST, "Connection: close")), serving) as here:
        base_url = f"https://{host}:{here.port}"
        with ikas.connect("shop", access_token=TOKEN, base_url=base_url) as store:
            assert store.webhooks.list().empty
    with endpoint(saying(empty), serving) as here:
        url = f"https://{host}:{here.port}/"
        assert ikas.push(url, ORDER, "secret", max_attempts=1)["status_code"].tolist() == [200]
        (row,) = probe_endpoints([url], local=[url]).to_dict("records")
        assert (row["status_code"], row["days_left"]) == (200, 9)
        with ikas.Sandbox(examples=False, max_attempts=1) as sandbox:
            with ikas.connect(sandbox) as store:
                store.webhooks.save(url, ORDER)
            sandbox.emit(ORDER)
            sandbox.settle()
            assert sandbox.attempts()["status_code"].tolist() == [200]


def test_nothing_else_is_trusted_then(trusted: Authority, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    serving = Authority(tmp_path / "other").serving("localhost", days=10)
    with endpoint(saying(answer(b"")), serving) as here:
        url = f"https://localhost:{here.port}/"
        (said,) = ikas.push(url, ORDER, "secret", max_attempts=1)["error"]
        assert said.startswith("TLS failure: the certificate is not trusted")
        (row,) = probe_endpoints([url], local=[url]).to_dict("records")
        assert row["failure"] == "tls"


def test_a_proxy_is_not_asked_for_this_machine_nor_for_deliveries(
    monkeypatch: pytest.MonkeyPatch, trusted: Authority
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    serving = trusted.serving("localhost", days=10)
    with endpoint(saying(answer(b"", "Connection: close")), serving) as here:
        url = f"https://localhost:{here.port}/"
        assert ikas.push(url, ORDER, "secret", max_attempts=1)["status_code"].tolist() == [200]
