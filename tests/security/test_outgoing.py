"""Where requests go, what they carry there, and what an answer can do to us."""

from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import stamina
from click.testing import CliRunner

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.auditing.probes import probe_endpoints
from ikas_explore.cli import app
from ikas_explore.cli.control import call
from ikas_explore.client import answers
from ikas_explore.deliveries.push import check_target
from ikas_explore.values.secret import Secret
from ikas_explore.values.urls import is_private
from tests.auditing.endpoints import endpoint
from tests.security.promises import does_not, holds
from tests.security.servers import EMPTY_LIST, TOKEN, answer, saying, store_at, trickling

ORDER = "store/order/created"

#: Hosts that look like this machine and are not: what is sent there leaves it.
NOT_HERE = [
    "127.0.0.1.nip.io",
    "localhost.example.com",
    "127.0.0.1@example.com",
    "0.0.0.0",
    "[::]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",  # NAT64: the gateway of a network
    "[2002:7f00:1::1]",  # 6to4: a relay
    "[::127.0.0.1]",
    "[2001:0:7f00:1::]",  # Teredo
    "\N{FULLWIDTH DIGIT ONE}27.0.0.1",
    "\N{FULLWIDTH LATIN SMALL LETTER L}ocalhost",
    "169.254.169.254",
    "10.0.0.1",
    "012.0.0.1",  # octal, and private
    "0300.0250.0.1",
    "3232235777",  # 192.168.1.1
    "0xa000001",
]

#: Hosts that programs read differently: no host at all.
NO_HOST = [
    "example.com[::1]",
    "[::1]example.com",
    "example.com\\@127.0.0.1",
    "127.0.0.1\\@example.com",
    "127。0。0。1",
    "127.0.0.%31",
    "[::1",
    f"{'a' * 300}.localhost",
]

#: This machine, in other words.
HERE = [
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.1",
    "017700000001",
    "[::ffff:127.0.0.1]",
    "localhost",
    "LOCALHOST.",
]


@holds("An address that only looks like this machine (`127.0.0.1.nip.io`, 6to4, NAT64) is not.")
@pytest.mark.parametrize("host", NOT_HERE + NO_HOST)
def test_what_is_not_this_machine_is_not_sent_to_in_clear(host: str) -> None:
    url = f"http://{host}/"
    with pytest.raises(errors.InvalidArgumentError):
        ikas.connect("shop", access_token=TOKEN, base_url=url)
    with pytest.raises(errors.InvalidArgumentError):
        ikas.push(url, ORDER, "secret")
    with ikas.Receiver() as receiver, pytest.raises(errors.InvalidArgumentError):
        receiver.replay(endpoint=url)


@holds('The sandbox delivers to this machine only, unless told `deliver_to="any"`.')
@pytest.mark.parametrize("host", NOT_HERE)
def test_the_sandbox_blocks_what_is_not_this_machine(host: str) -> None:
    with ikas.Sandbox(examples=False, retry_delays=(0,)) as sandbox, ikas.connect(sandbox) as store:
        store.webhooks.save(f"http://{host}/", ORDER)
        sandbox.emit(ORDER)
        sandbox.settle()
        assert sandbox.deliveries()["state"].tolist() == ["blocked"]
        assert sandbox.attempts().empty


@pytest.mark.parametrize("host", NO_HOST)
def test_the_sandbox_refuses_a_host_that_programs_read_differently(host: str) -> None:
    with (
        ikas.Sandbox() as sandbox,
        ikas.connect(sandbox) as store,
        pytest.raises(errors.InvalidArgumentError, match=r"cannot be read|is not a host name"),
    ):
        store.webhooks.save(f"http://{host}/", ORDER)


@pytest.mark.parametrize("host", HERE)
def test_this_machine_in_other_words_is_this_machine(host: str) -> None:
    with ikas.Receiver("secret") as receiver:
        attempts = ikas.push(
            receiver.endpoint.replace("127.0.0.1", host), ORDER, "secret", max_attempts=1
        )
    # The address is right; a receiver that knows no such Host may still say 400.
    assert attempts["status_code"].isin([200, 400]).all(), attempts["error"].tolist()


#: Somebody's name server says that every name is here.
ELSEWHERE = "127.0.0.2"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names looked up, of which each is answered with an address that is not ours."""
    names: list[str] = []
    system: Callable[..., Any] = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if any(letter.isalpha() for letter in str(name)) and ":" not in str(name):
            names.append(name)
            host = ELSEWHERE
        return system(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


@holds("`localhost` and similar names are never looked up, so no name server can redirect them.")
@pytest.mark.parametrize("host", ["localhost", "shop.localhost", "localhost.", "127.0.0.1."])
def test_a_name_server_cannot_lead_loopback_elsewhere(host: str, asked: list[str]) -> None:
    with (
        endpoint(saying(*[answer(EMPTY_LIST)] * 2)) as here,
        endpoint(saying(answer(b""))) as pushed_to,
        endpoint(saying(answer(b""))) as delivered_to,
        ikas.Sandbox(examples=False, max_attempts=1) as sandbox,
    ):
        base_url = f"http://{host}:{here.port}"
        with ikas.connect("shop", access_token=TOKEN, base_url=base_url) as store:
            assert store.webhooks.list().empty
        pushed = ikas.push(f"http://{host}:{pushed_to.port}/", ORDER, "secret", max_attempts=1)
        assert pushed["status_code"].tolist() == [200]
        with ikas.connect(sandbox) as store:
            store.webhooks.save(f"http://{host}:{delivered_to.port}/", ORDER)
        sandbox.emit(ORDER)
        sandbox.settle()
        assert sandbox.deliveries()["state"].tolist() == ["delivered"]
    assert asked == []


def test_a_receiver_that_listens_on_ipv6_alone_is_found_as_localhost() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    port = listener.getsockname()[1]
    with listener, ikas.Sandbox(max_attempts=1, receiver_timeout=0.3) as sandbox:
        with ikas.connect(sandbox) as store:
            store.webhooks.save(f"http://localhost:{port}/", ORDER)
        listener.settimeout(10)
        sandbox.emit(ORDER)
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(4) == b"POST"


@holds("A probe connects to the address that it checked; private ones only for a sandbox.")
@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "169.254.169.254",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:a00:1::1",
        "2001:0:7f00:1::",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
        "fe80::1%1",
        "0.0.0.0",
        "100.64.0.1",
    ],
)
def test_a_probe_does_not_connect_to_a_private_address(address: str) -> None:
    answers = iter([[address], ["127.0.0.1"]])
    with endpoint(saying(answer(b""))) as here:
        url = f"http://hook.example.com:{here.port}/"
        (row,) = probe_endpoints([url], resolve=lambda *_: next(answers)).to_dict("records")
    assert row["failure"] == "private"
    assert here.connections == 0
    assert is_private(address)


@holds("A probe connects to the address that it checked; private ones only for a sandbox.")
def test_a_name_that_changes_is_looked_up_once() -> None:
    with endpoint(saying(answer(b"", "Connection: close"))) as here:
        url = f"http://rebinding.invalid:{here.port}/"
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])
        (row,) = probe_endpoints([url], local=[url], resolve=lambda *_: next(answers)).to_dict(
            "records"
        )
    assert (row["address"], row["status_code"]) == ("127.0.0.1", 200)


def test_a_probe_of_a_sandboxs_webhook_may_stay_here() -> None:
    with endpoint(saying(answer(b"", "Connection: close"))) as here:
        url = f"http://127.0.0.1:{here.port}/"
        (row,) = probe_endpoints([url], local=[url]).to_dict("records")
    assert row["status_code"] == 200


@does_not("`push` and `replay` connect to any https address that you name, private ones included.")
def test_a_push_goes_where_it_is_told() -> None:
    check_target(Secret("https://10.0.0.1/"))
    with endpoint(lambda connection: None) as here:
        url = f"https://127.0.0.1:{here.port}/"
        ikas.push(url, ORDER, "secret", max_attempts=1)
        assert here.connections == 1
        replayed(url)
        assert here.connections == 2


def replayed(url: str) -> pd.DataFrame:
    """Receive a delivery and send it on to a URL."""
    with ikas.Receiver("secret") as receiver:
        ikas.push(receiver.endpoint, ORDER, "secret")
        return receiver.replay(endpoint=url)


@holds("Redirects are never followed, by a call, a delivery or a probe.")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(saying(answer(b""))) as there:
        location = f"Location: http://127.0.0.1:{there.port}/"
        away = answer(b"", location, "Connection: close", status=f"{status} Moved")
        with endpoint(saying(away)) as here:
            with store_at(here.port) as store, pytest.raises(errors.ResponseError):
                store.webhooks.list()
            with (
                ikas.connect(
                    "shop",
                    client_id="id",
                    client_secret="secret",
                    base_url=f"http://127.0.0.1:{here.port}",
                ) as store,
                pytest.raises(errors.ResponseError),
            ):
                store.webhooks.list()
            url = f"http://127.0.0.1:{here.port}/"
            pushed = ikas.push(url, ORDER, "secret", max_attempts=1)
            assert pushed["status_code"].tolist() == [status]
            assert replayed(url)["status_code"].tolist() == [status]
            (row,) = probe_endpoints([url], local=[url]).to_dict("records")
            assert row["status_code"] == status
            with ikas.Sandbox(max_attempts=1) as sandbox, ikas.connect(sandbox) as store:
                store.webhooks.save(url, ORDER)
                sandbox.emit(ORDER)
                sandbox.settle()
                assert sandbox.attempts()["status_code"].tolist() == [status]
            assert here.connections == 6
        assert there.connections == 0


@holds("A proxy from the environment is used for ikas only, with TLS through it.")
def test_a_proxy_sees_the_host_and_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = answer(b"", "Connection: close", status="502 Bad")
    with endpoint(saying(refused)) as proxy, endpoint(saying(answer(EMPTY_LIST))) as here:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with store_at(here.port) as store:
            assert store.webhooks.list().empty
        assert proxy.connections == 0
        with (
            stamina.set_testing(True, attempts=1),
            ikas.connect("shop", access_token=TOKEN) as store,
            pytest.raises(
                errors.TransportError,
                match=r"the proxy http://127\.0\.0\.1:\d+ \(HTTPS_PROXY\) refused \(HTTP 502\)",
            ),
        ):
            store.webhooks.list()
        assert proxy.sent.startswith(b"CONNECT api.myikas.com:443 ")
        assert TOKEN.encode() not in proxy.sent


@does_not("`timeout` does not limit how long the system takes to look up a name.")
def test_looking_up_a_name_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []

    def slow(host: Any, *args: Any, **options: Any) -> Any:
        threading.Event().wait(0.5)
        looked_up.append(host)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    attempts = ikas.push("https://slow.example/", ORDER, "secret", max_attempts=1, timeout=0.1)
    assert attempts["status_code"].isna().all()
    assert len(looked_up) == 1


@holds("`timeout` limits a whole request or attempt, even one that sends a byte at a time.")
def test_an_answer_whose_head_trickles_is_given_up() -> None:
    with (
        endpoint(trickling(b"HTTP/1.1 200 OK\r\nX-Slow: ")) as slow,
        store_at(slow.port, timeout=0.3) as store,
        pytest.raises(errors.TransportError, match="no answer in time"),
    ):
        store.webhooks.list()
    with endpoint(trickling(b"HTTP/1.1 200 OK\r\nX-Slow: ")) as slow:
        url = f"http://127.0.0.1:{slow.port}/"
        attempts = ikas.push(url, ORDER, "secret", max_attempts=1, timeout=0.3)
        assert attempts["error"].tolist() == ["time-out: no answer in time"]


@pytest.mark.parametrize("timeout", [1e12, float("inf")])
def test_a_time_out_of_ages_is_one(timeout: float) -> None:
    with (
        endpoint(saying(answer(EMPTY_LIST))) as here,
        store_at(here.port, timeout=timeout) as store,
    ):
        assert store.webhooks.list().empty
    with ikas.Receiver("secret") as receiver:
        attempts = ikas.push(receiver.endpoint, ORDER, "secret", timeout=1e12)
    assert attempts["status_code"].tolist() == [200]


@pytest.mark.parametrize("lasts", ["1e999", "1" + "0" * 400, "-1", '"1"', "true"])
def test_a_token_that_says_to_last_for_ages_is_taken(lasts: str) -> None:
    token = f'{{"access_token":"{TOKEN}","expires_in":{lasts}}}'.encode()
    with (
        endpoint(saying(answer(token), answer(EMPTY_LIST))) as here,
        ikas.connect(
            "shop", client_id="i", client_secret="s", base_url=f"http://127.0.0.1:{here.port}"
        ) as store,
    ):
        assert store.webhooks.list().empty


def test_a_command_for_the_sandbox_follows_no_redirect_and_no_name_server(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with endpoint(saying(answer(b""))) as there:
        location = f"Location: http://127.0.0.1:{there.port}/"
        away = answer(b"", location, "Connection: close", status="307 Moved")
        with endpoint(saying(away)) as here:
            monkeypatch.setenv("IKAS_BASE_URL", f"http://localhost.:{here.port}")
            monkeypatch.setenv("IKAS_ACCESS_TOKEN", TOKEN)
            result = CliRunner().invoke(app, ["deliveries"])
            assert result.exit_code == 1
            assert TOKEN.encode() in here.sent
        assert there.connections == 0
    assert asked == []


def test_answers_without_end_before_the_answer_are_given_up() -> None:
    """100 Continue, again and again: each comes in time."""
    with endpoint(trickling(b"HTTP/1.1 100 Continue\r\n\r\n" * 8)) as slow:
        url = f"http://127.0.0.1:{slow.port}/"
        attempts = ikas.push(url, ORDER, "secret", max_attempts=1, timeout=0.3)
    assert attempts["error"].tolist() == ["time-out: no answer in time"]


def test_calls_share_a_connection_and_the_time_of_one_is_not_that_of_the_next() -> None:
    with endpoint(saying(*[answer(EMPTY_LIST)] * 3)) as here, store_at(here.port) as store:
        for _ in range(3):
            assert store.webhooks.list().empty
        assert here.connections == 1


@holds("An answer larger than 100 MB, compressed or not, is not read to its end.")
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_large_answer_is_given_up(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MAX_ANSWER", 2_000_000)
    body = pack(b" " * 100_000_000 if pack is gzip.compress else b" " * 3_000_000)
    packed = ["Content-Encoding: gzip"] if pack is gzip.compress else []
    with endpoint(saying(answer(body, *packed))) as here, store_at(here.port) as store:
        tracemalloc.start()
        try:
            with pytest.raises(errors.ResponseError, match="larger than 2,000,000 bytes"):
                store.webhooks.list()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 20_000_000


def test_a_large_answer_to_a_command_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_ANSWER", 2_000_000)
    body = gzip.compress(b" " * 10_000_000)
    with endpoint(saying(answer(body, "Content-Encoding: gzip"))) as here:
        monkeypatch.setenv("IKAS_BASE_URL", f"http://127.0.0.1:{here.port}")
        monkeypatch.setenv("IKAS_ACCESS_TOKEN", TOKEN)
        with pytest.raises(errors.ResponseError, match="larger than 2,000,000 bytes"):
            call("GET", "deliveries")


@pytest.mark.parametrize("size", [0, 1_048_576, 3_000_001])
def test_a_compressed_answer_is_read_whole(size: int) -> None:
    body = gzip.compress(b" " * size + EMPTY_LIST)
    gzipped = answer(body, "Content-Encoding: gzip")
    with endpoint(saying(gzipped)) as here, store_at(here.port) as store:
        assert store.webhooks.list().empty
    assert b"accept-encoding: gzip\r\n" in here.sent.lower()


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip"])
def test_an_answer_that_cannot_be_decompressed_is_an_error_of_ours(encoding: str) -> None:
    strange = answer(b"\x00\xffnot compressed", f"Content-Encoding: {encoding}")
    with (
        endpoint(saying(strange)) as here,
        store_at(here.port) as store,
        pytest.raises(errors.TransportError, match="could not be decompressed"),
    ):
        store.webhooks.list()


@holds("Cookies are not kept, so the stores of a fleet share no session.")
def test_no_cookie_is_sent_back() -> None:
    cookie = answer(EMPTY_LIST, "Set-Cookie: session=of-another-store; Path=/")
    with endpoint(saying(cookie, cookie)) as here, store_at(here.port) as store:
        store.webhooks.list()
        store.webhooks.list()
    assert b"cookie:" not in here.sent.lower()
    again = answer(b"", "Set-Cookie: a=b", status="500 No")
    with endpoint(saying(again, again)) as here:
        url = f"http://127.0.0.1:{here.port}/"
        ikas.push(url, ORDER, "secret", max_attempts=2, retry_delays=(0,))
    assert here.sent.count(b"POST ") == 2
    assert b"cookie:" not in here.sent.lower()


@does_not("On this machine everything is plain HTTP: whoever can read loopback can read it.")
def test_loopback_is_plain_http() -> None:
    with ikas.Sandbox() as sandbox, ikas.Receiver() as receiver:
        assert sandbox.base_url.startswith("http://127.0.0.1:")
        assert receiver.endpoint.startswith("http://127.0.0.1:")
