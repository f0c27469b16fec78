"""Probes against real sockets on loopback; the resolver is the test's where a name is needed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.auditing.audit import audit
from ikas_explore.auditing.policy import Policy
from ikas_explore.auditing.probe_rules import PROBE_RULES
from ikas_explore.auditing.probes import probe_endpoints
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.urls import read_url
from tests.auditing.endpoints import Authority, Endpoint, answering, endpoint
from tests.auditing.frames import frame, row

NAME = "hooks.example.com"
ORDER, ORDER2 = "store/order/created", "store/order/updated"
OK = "HTTP/1.1 200 OK"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def to_loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def probe(url: str, *, local: bool = True, **options: Any) -> dict[str, Any]:
    """The row of one endpoint, what is missing left out."""
    options = {"timeout": 5.0, "resolve": to_loopback, **options}
    (row,) = probe_endpoints([url], local=[url] if local else [], **options).to_dict("records")
    return {
        str(name): value
        for name, value in row.items()
        if isinstance(value, str) or (value is not None and value == value)
    }


def test_a_good_endpoint_gives_every_figure(authority: Authority, opened: ExitStack) -> None:
    served = opened.enter_context(endpoint(answering(OK), authority.serving(NAME, days=80.5)))
    url = f"https://{NAME}:{served.port}/ikas/ş?a=1#part"
    seen = probe(url, context=authority.trusting())
    assert seen["status_code"] == 200
    assert seen["days_left"] == 80
    assert len(seen["certificate"]) == 64
    assert (seen["host"], seen["address"]) == (NAME, "127.0.0.1")
    assert seen.keys() >= {"dns_ms", "connect_ms", "tls_ms", "expires_at"}
    assert "failure" not in seen


def test_a_probe_is_one_request_without_a_body_and_never_an_event(opened: ExitStack) -> None:
    served = opened.enter_context(endpoint(answering(OK)))
    url = f"http://me:secret@{NAME}:{served.port}/ikas/ş d?a=1".replace(" ", "%20")
    frame_of_two = probe_endpoints([url, url], local=[url], resolve=to_loopback)
    assert len(frame_of_two) == 1
    assert served.connections == 1
    head, _, body = served.sent.decode().partition("\r\n\r\n")
    assert body == ""
    assert head.splitlines()[0] == "HEAD /ikas/%C5%9F%20d?a=1 HTTP/1.1"
    assert f"Host: {NAME}:{served.port}" in head
    assert "secret" not in head


@pytest.mark.parametrize(
    ("host", "named"),
    [("[::1]", "[::1]"), ("127.1", "127.0.0.1"), ("Ş.example.com", "xn--nga.example.com")],
)
def test_the_host_is_named_in_its_normal_form(opened: ExitStack, host: str, named: str) -> None:
    served = opened.enter_context(endpoint(answering(OK)))
    assert probe(f"http://{host}:{served.port}")["status_code"] == 200
    lines = served.sent.decode().splitlines()
    assert lines[0] == "HEAD / HTTP/1.1"
    assert [line for line in lines if line.startswith("Host:")] == [f"Host: {named}:{served.port}"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_usual_port_is_not_named(
    authority: Authority, opened: ExitStack, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Nobody but root may listen there, so the connection is led elsewhere."""
    context = authority.serving(NAME, days=80) if scheme == "https" else None
    served = opened.enter_context(endpoint(answering(OK), context))
    asked: list[tuple[str, int]] = []
    connect = socket.create_connection

    def elsewhere(address: tuple[str, int], **options: Any) -> socket.socket:
        asked.append(address)
        return connect(("127.0.0.1", served.port), **options)

    monkeypatch.setattr(socket, "create_connection", elsewhere)
    assert probe(f"{scheme}://{NAME}/", context=authority.trusting())["status_code"] == 200
    assert f"Host: {NAME}\r\n" in served.sent.decode()
    assert asked == [("127.0.0.1", 443 if scheme == "https" else 80)]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (OK + "\nX-Long: " + "x" * 70_000, "more than 65536 bytes"),
        (OK + "\nX: y" * 101, "more than 100 headers"),
        ("HTTP/2.0 200 OK", "HTTP/2.0"),
        ("HTTP/1.1 99 Few", "HTTP/1.1 99 Few"),
    ],
    ids=["long line", "many lines", "another version", "no status"],
)
def test_an_answer_that_no_client_would_read_is_told(
    opened: ExitStack, head: str, said: str
) -> None:
    served = opened.enter_context(endpoint(answering(head)))
    seen = probe(f"http://{NAME}:{served.port}/")
    assert seen["failure"] == "http"
    assert said in seen["error"]
    assert "status_code" not in seen


def test_continue_is_no_answer(opened: ExitStack) -> None:
    """What follows it is; a redirect is told and not followed."""
    head = "HTTP/1.1 100 Continue\n\nHTTP/1.1 301 Moved\nLOCATION:  https://other.example/ "
    served = opened.enter_context(endpoint(answering(head)))
    seen = probe(f"http://{NAME}:{served.port}/")
    assert (seen["status_code"], seen["location"]) == (301, "https://other.example/")
    assert served.connections == 1


@pytest.mark.parametrize(
    ("host", "days", "failure", "said"),
    [
        ("other.example.com", 80, "hostname", "not valid for"),
        (NAME, -1, "tls", "expired"),
    ],
)
def test_a_bad_certificate_is_told_and_no_request_is_made(
    authority: Authority, opened: ExitStack, host: str, days: float, failure: str, said: str
) -> None:
    served = opened.enter_context(endpoint(answering(OK), authority.serving(host, days=days)))
    seen = probe(f"https://{NAME}:{served.port}/", context=authority.trusting())
    assert seen["failure"] == failure
    assert said in seen["error"]
    assert served.sent == b""


def test_a_chain_that_nobody_signed_is_told(authority: Authority, opened: ExitStack) -> None:
    served = opened.enter_context(endpoint(answering(OK), authority.serving(NAME, days=80)))
    seen = probe(f"https://{NAME}:{served.port}/")
    assert seen["failure"] == "tls"
    assert "certificate" in seen["error"]


def hang(connection: socket.socket) -> None:
    connection.recv(1)
    threading.Event().wait(0.5)


def count_oddly(connection: socket.socket) -> None:
    """A status of superscripts: digits to Python's isdigit(), and no number."""
    connection.recv(4096)
    connection.sendall("HTTP/1.1 ²²² OK\r\n\r\n".encode("latin-1"))


def trickle(connection: socket.socket) -> None:
    """A byte every 50 ms: no wait for one byte is ever long."""
    while True:
        connection.sendall(b"H")
        threading.Event().wait(0.05)


def trickle_lines(connection: socket.socket) -> None:
    """A whole line every 50 ms: more of a head, and never its end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: y\r\n")
        threading.Event().wait(0.05)


@pytest.mark.parametrize(
    ("behave", "failure", "said"),
    [
        (hang, "http", "within 0.3 s"),
        (trickle, "http", "within 0.3 s"),
        (trickle_lines, "http", "within 0.3 s"),
        (answering("hello"), "http", "not HTTP"),
        (count_oddly, "http", "not HTTP"),
        (lambda connection: None, "http", "No"),
    ],
    ids=["hangs", "trickles", "trickles lines", "is not HTTP", "counts oddly", "closes"],
)
def test_an_endpoint_that_does_not_answer_ends_in_time(
    opened: ExitStack, behave: Any, failure: str, said: str
) -> None:
    served = opened.enter_context(endpoint(behave))
    seen = probe(f"http://{NAME}:{served.port}/", timeout=0.3)
    assert seen["failure"] == failure
    assert said in seen["error"] or "not HTTP" in seen["error"]


def test_a_handshake_that_trickles_ends_in_time(opened: ExitStack) -> None:
    served = opened.enter_context(endpoint(trickle))
    seen = probe(f"https://{NAME}:{served.port}/", timeout=0.3)
    assert seen["failure"] == "tls"


def test_nobody_there_and_no_address_are_told(closed_port: int) -> None:
    seen = probe(f"http://{NAME}:{closed_port}/")
    assert seen["failure"] == "connect"

    def nowhere(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    assert probe(f"https://{NAME}/", resolve=nowhere)["failure"] == "dns"
    assert probe(f"https://{NAME}/", resolve=lambda host, port: [])["failure"] == "dns"
    assert probe(f"https://{'a' * 64}.example.com/")["failure"] == "dns"
    assert probe("nowhere")["failure"] == "invalid"


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.1.2.3"], ["::ffff:127.0.0.1"], ["fe80::1"], ["93.184.216.34", "::1"]],
)
def test_a_name_with_a_private_address_is_not_connected_to(addresses: list[str]) -> None:
    seen = probe(f"https://{NAME}/", local=False, resolve=lambda host, port: addresses)
    assert seen["failure"] == "private"
    assert "address" not in seen


def test_the_connection_goes_to_the_address_that_was_checked(opened: ExitStack) -> None:
    """A name that answers something else the second time is asked once only."""
    served = opened.enter_context(endpoint(answering(OK)))
    asked: list[str] = []

    def changing(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    seen = probe(f"http://rebinding.invalid:{served.port}/", resolve=changing)
    assert seen["address"] == "127.0.0.1"
    assert seen["status_code"] == 200
    assert asked == ["rebinding.invalid"]


def test_probes_run_at_once_within_a_bound_and_tell_progress(opened: ExitStack) -> None:
    """Two at a time meet at a barrier: one alone would not get past it, and three never are."""
    barrier = threading.Barrier(2)
    under_way, most = 0, 0
    lock = threading.Lock()

    def meet(host: str, port: int) -> list[str]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        barrier.wait(10)
        with lock:
            under_way -= 1
        raise OSError("no such name")

    told: list[tuple[int, int]] = []
    rows = probe_endpoints(
        [f"https://{letter}.example.com/" for letter in "abcd"],
        workers=2,
        resolve=meet,
        progress=lambda done, total: told.append((done, total)),
    )
    assert most == 2
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert rows["host"].str[0].tolist() == list("abcd")


def test_a_resolver_that_hangs_ends_in_time() -> None:
    """Nobody waits for it, and what was not begun because of it says so."""
    held = threading.Event()
    waited_for: list[str] = []

    def hanging(host: str, port: int) -> list[str]:
        held.wait(30)
        waited_for.append(host)
        raise OSError("no such name")

    rows = probe_endpoints(
        ["https://a.example.com/", "https://b.example.com/"],
        workers=1,
        timeout=0.1,
        resolve=hanging,
    )
    assert waited_for == []
    held.set()
    assert rows["failure"].tolist() == ["dns", "unprobed"]
    assert "a.example.com has no address" in rows["error"][0]
    assert "others took all the time" in rows["error"][1]


def test_a_mistake_of_ours_costs_one_row_and_says_so() -> None:
    def mistaken(host: str, port: int) -> list[str]:
        if host.startswith("a."):
            raise ZeroDivisionError("of no use")
        raise OSError("no such name")

    rows = probe_endpoints(
        ["https://a.example.com/", "https://b.example.com/"], workers=1, resolve=mistaken
    )
    assert rows["failure"].tolist() == ["crashed", "dns"]
    assert rows["host"].tolist() == ["a.example.com", "b.example.com"]
    assert "ZeroDivisionError: of no use" in rows["error"][0]
    assert "no such name" in rows["error"][1]


def test_half_a_character_in_an_endpoint_is_told() -> None:
    """JSON may bring one, and nothing could post to it. No password is told with it."""
    with pytest.raises(InvalidArgumentError, match="a character that does not show") as caught:
        read_url("https://me:secret@hooks.example.com/\ud800")
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


def rules_of(seen: dict[str, Any]) -> list[str]:
    """The ids of the probe rules that find something in one row."""
    import pandas as pd

    from ikas_explore.frames.frames import PROBES, rows_frame

    probed = rows_frame(PROBES, [dict.fromkeys(PROBES) | {"endpoint": "https://a.example/"} | seen])
    probed.insert(0, "store", "acme")
    assert isinstance(probed, pd.DataFrame)
    return [each.id for each in PROBE_RULES if len(each(probed, Policy()))]


@pytest.mark.parametrize(
    ("seen", "rule_id"),
    [
        ({"failure": "dns", "error": "no address"}, "dns-failed"),
        ({"failure": "private", "error": "10.0.0.1"}, "resolves-private"),
        ({"failure": "connect", "error": "refused"}, "connect-failed"),
        ({"failure": "tls", "error": "expired"}, "certificate-invalid"),
        ({"failure": "hostname", "error": "other names"}, "certificate-hostname"),
        ({"failure": "http", "error": "no answer"}, "no-answer"),
        ({"failure": "unprobed", "error": "no time"}, "not-probed"),
        ({"failure": "crashed", "error": "a mistake"}, "not-probed"),
        ({"status_code": 301, "location": "https://b.example/"}, "redirect"),
        ({"status_code": 304}, "redirect"),
        ({"host": "a.example", "days_left": 20, "certificate": "ab"}, "certificate-expires"),
    ],
)
def test_each_probe_rule_finds_its_fault(seen: dict[str, Any], rule_id: str) -> None:
    assert rules_of(seen) == [rule_id]


@pytest.mark.parametrize("status", [200, 404, 405])
def test_a_good_probe_has_no_finding(status: int) -> None:
    """HEAD is no POST: that it is not found or not allowed says nothing of a delivery."""
    assert rules_of({"status_code": status, "days_left": 60, "certificate": "ab"}) == []


def test_an_audit_probes_a_sandbox_on_this_machine_and_no_other_store(opened: ExitStack) -> None:
    moved = "HTTP/1.1 308 Permanent Redirect\nLocation: /there"
    served: Endpoint = opened.enter_context(endpoint(answering(moved)))
    sandbox = opened.enter_context(ikas.Sandbox(examples=False))
    store = opened.enter_context(ikas.connect(sandbox))
    url = f"http://127.0.0.1:{served.port}/ikas"
    store.webhooks.save(url, [ORDER, ORDER2])
    webhooks = store.webhooks.list()

    foreign = audit(webhooks, probe=True)
    assert served.connections == 0
    assert "resolves-private" in set(foreign.findings["rule"])

    own = audit(webhooks, probe=True, sandboxes=[store.name])
    assert served.connections == 1
    assert own.findings[own.findings["rule"] == "redirect"]["message"].tolist() == [
        "It answers 308, to /there."
    ]
    assert own.probes is not None
    assert own.probes["status_code"].tolist() == [308]
    assert "redirect" in own.to_markdown()
    assert sandbox.deliveries().empty


def test_an_audit_does_not_probe_unless_asked(opened: ExitStack) -> None:
    served = opened.enter_context(endpoint(answering(OK)))
    rows = frame([row(ORDER, f"http://127.0.0.1:{served.port}/")])
    assert audit(rows, sandboxes=["acme"]).probes is None
    assert served.connections == 0


def test_one_certificate_is_one_finding(authority: Authority, tmp_path: Path) -> None:
    from ikas_explore.frames.frames import PROBES, rows_frame

    rows = [
        dict.fromkeys(PROBES)
        | {
            "endpoint": f"https://{host}/",
            "host": host,
            "certificate": certificate,
            "days_left": days,
        }
        for host, certificate, days in [
            ("a.example", "one", 3),
            ("b.example", "one", 3),
            ("c.example", "two", 4),
            ("d.example", "three", 90),
        ]
    ]
    probed = rows_frame(PROBES, rows)
    probed.insert(0, "store", ["acme", "best", "acme", "acme"])
    (expires,) = [each for each in PROBE_RULES if each.id == "certificate-expires"]
    messages = expires(probed, Policy())["message"].tolist()
    assert [message.split(";")[0] for message in messages] == [
        "The certificate of a.example, b.example expires in 3 days",
        "The certificate of c.example expires in 4 days",
    ]
    assert "2 endpoints of 2 stores" in messages[0]
