"""What a receiver refuses: a row with the reason and what to do, and nothing of the body."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.deliveries import log
from ikas_explore.deliveries.push import push
from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import InvalidArgumentError
from tests.deliveries.sending import SECRET, payload, rows
from tests.waiting import until


def port_of(receiver: Receiver) -> int:
    return int(receiver.endpoint.rstrip("/").rsplit(":", 1)[1])


def raw(receiver: Receiver, sent: bytes) -> bytes:
    """Send bytes as they are, and return all that comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", port_of(receiver)), 30) as sender:
        sender.sendall(sent)
        answer = b""
        while part := sender.recv(65_536):
            answer += part
    return answer


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "shop.localhost",
        "127.1",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "127.0.0.1.",
        "127.0.0.2",
        "[::ffff:127.0.0.1]",
    ],
)
@pytest.mark.parametrize("port", ["", ":1", ":65535"])
def test_every_name_of_this_machine_is_let_in(
    shared: Receiver, client: httpx.Client, host: str, port: str
) -> None:
    answer = client.post(shared.endpoint, json=payload(), headers={"Host": f"{host}{port}"})
    assert answer.status_code == 200
    assert rows(shared)[-1]["host"] == f"{host}{port}"


@pytest.mark.parametrize("host", ["localhost", "shop.localhost", "127.1", "localhost."])
def test_push_reaches_what_it_takes_for_this_machine(shared: Receiver, host: str) -> None:
    pushed = push(f"http://{host}:{port_of(shared)}/", "store/order/created", SECRET)
    assert pushed["status_code"].tolist() == [200]


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("1a2b-3c.tunnel.example", "1a2b-3c.tunnel.example"),
        ("host.docker.internal:8000", "host.docker.internal:8000"),
        ("127.0.0.1.nip.io", "127.0.0.1.nip.io"),
        ("localhost.evil.example", "localhost.evil.example"),
        ("", ""),
        ("127.0.0.1@evil.example", "***@evil.example"),
        ("me:hunter2@127.0.0.1", "***@127.0.0.1"),
        ("127.0.0.1%evil", "127.0.0.1%evil"),
        ("127.0.0.1, evil.example", "127.0.0.1, evil.example"),
        ("evil.example\\127.0.0.1", "evil.example\\127.0.0.1"),
        ("[::1]evil", "[::1]evil"),
    ],
)
def test_a_foreign_host_has_a_row_with_what_to_do(
    shared: Receiver, client: httpx.Client, host: str, shown: str
) -> None:
    answer = client.post(
        f"{shared.endpoint}hook?a=1",
        json=payload(),
        headers={
            "Host": host,
            "X-Forwarded-Host": "127.0.0.1",
            "Authorization": "Bearer canary-1",
            "Proxy-Authorization": "Basic canary-2",
            "Cookie": "session=canary-3",
            "X-Api-Key": "canary-4",
            "X-Gitlab-Token": "canary-5",
        },
    )
    assert answer.status_code == 400
    row = rows(shared)[-1]
    headers = row.pop("headers")
    assert (row["status"], row["method"], row["target"]) == (400, "POST", "/hook?a=1")
    assert (row["host"], row["body"], row["id"], row["data"]) == (shown, None, None, None)
    assert f"'{shown.rpartition('@')[2]}'".replace("\\", "\\\\") in row["error"]
    assert "public_url='https://" in row["error"] or "use http://127.0.0.1:" in row["error"]
    assert row["error"] in answer.text
    secret = ["authorization", "proxy-authorization", "cookie", "x-api-key", "x-gitlab-token"]
    assert [headers[name] for name in secret] == ["***"] * 5
    assert headers["x-forwarded-host"] == "127.0.0.1"
    assert "canary-" not in repr((row, headers, shared))
    assert "hunter2" not in repr((row, headers))


@pytest.mark.parametrize(
    ("public_url", "host"),
    [
        ("https://1a2b.tunnel.example", "1a2b.tunnel.example"),
        ("https://1a2b.tunnel.example/some/path", "1A2B.tunnel.example."),
        ("https://1a2b.tunnel.example:8443", "1a2b.tunnel.example:443"),
        ("http://10.0.0.7:8000", "10.0.0.7"),
        ("https://mağaza.example", "xn--maaza-l1a.example"),
        ("https://xn--maaza-l1a.example", "mağaza.example"),
        (["https://a.example", "https://b.example"], "b.example"),
    ],
)
def test_the_host_of_a_public_url_is_let_in_whatever_the_port(
    client: httpx.Client, public_url: Any, host: str
) -> None:
    with Receiver(SECRET, public_url=public_url) as receiver:
        for name, status in ((host, 200), ("127.0.0.1", 200), ("c.example", 400)):
            named = {b"Host": name.encode()}
            answer = client.post(receiver.endpoint, json=payload(), headers=named)
            assert answer.status_code == status
        forwarded = {b"Host": b"c.example", b"X-Forwarded-Host": host.encode()}
        assert client.post(receiver.endpoint, headers=forwarded).status_code == 400
        assert [row["status"] for row in rows(receiver)] == [200, 200, 400, 400]


@pytest.mark.parametrize("public_url", ["", "tunnel.example", "ftp://a.example", 7, [None], "s_x"])
def test_a_public_url_that_is_none_is_refused(public_url: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        Receiver(public_url=public_url)


@pytest.mark.parametrize(
    "sent",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_what_a_browser_sends_for_a_page_has_a_row(
    shared: Receiver, client: httpx.Client, sent: dict[str, str]
) -> None:
    answer = client.post(shared.endpoint, json=payload(), headers=sent)
    row = rows(shared)[-1]
    assert (answer.status_code, row["status"], row["body"]) == (403, 403, None)
    assert "web page" in row["error"]
    assert "from a program" in row["error"]


def test_what_is_too_large_keeps_no_body(client: httpx.Client) -> None:
    with Receiver(SECRET, max_body=10) as receiver:
        assert client.put(receiver.endpoint, content=b"1").status_code == 405
        assert client.post(receiver.endpoint, content=b"1" * 11).status_code == 413
        kept = rows(receiver)
    assert [(row["status"], row["method"], row["body"]) for row in kept] == [
        (405, "PUT", b"1"),
        (413, "POST", None),
    ]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50, "https"),
        (b"GARBAGE\r\n\r\n", "not valid HTTP"),
        (b"POST / HTTP/1.1\r\n\r\n", "not valid HTTP"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "not valid HTTP"),
        (b"POST / HTTP/1.1\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", "not valid HTTP"),
    ],
    ids=["tls", "garbage", "no host", "two hosts", "long head"],
)
def test_what_is_no_http_has_a_row(
    shared: Receiver, sent: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And no line in the log: any sender could write into a notebook."""
    before = len(shared.deliveries())
    with contextlib.suppress(ConnectionError):  # what it sent is not read to its end
        raw(shared, sent)
    until(lambda: len(shared.deliveries()) == before + 1)
    row = rows(shared)[-1]
    assert (row["status"], row["body"], row["method"]) == (400, None, None)
    assert reason in row["error"]
    assert not caplog.records


def test_who_leaves_in_the_middle_of_a_body_has_a_row(shared: Receiver) -> None:
    before = len(shared.deliveries())
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port_of(shared)), 30) as sender:
        sender.sendall(head + b"{")
    until(lambda: len(shared.deliveries()) == before + 1)
    assert rows(shared)[-1]["error"] == "The sender left after 1 byte of the body."


def test_who_wants_a_websocket_gets_an_answer_and_writes_no_line(
    shared: Receiver, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    assert client.post(shared.endpoint, json=payload(), headers=wanted).status_code == 200
    assert [each.getMessage() for each in caplog.records if each.name != "httpx"] == []


def test_of_refused_rows_the_newest_stay_and_deliveries_all(client: httpx.Client) -> None:
    with Receiver(SECRET) as receiver:
        for number in range(2):
            client.post(receiver.endpoint, json=payload(number))
            for at in range(log.REFUSED_KEPT // 2 + 10):
                target = f"{receiver.endpoint}{number}/{at}"
                client.get(target, headers={"Host": "evil.example"} if at % 2 else {})
        kept = receiver.deliveries()
        assert receiver.wait(log.REFUSED_KEPT + 22, 0).equals(kept)  # those removed came, too
    refused = kept[kept["id"].isna()]
    assert kept["id"].dropna().tolist() == ["id-0", "id-1"]
    assert len(refused) == log.REFUSED_KEPT
    assert refused["target"].iloc[[0, -1]].tolist() == ["/0/20", "/1/509"]


def test_a_refused_request_is_seen_by_who_waits(receiver: Receiver, client: httpx.Client) -> None:
    client.post(receiver.endpoint, json=payload(), headers={"Host": "tunnel.example"})
    (error,) = receiver.wait(1)["error"]
    assert "make the receiver with public_url='https://tunnel.example'" in error


def test_a_sandbox_says_what_to_use(client: httpx.Client) -> None:
    with ikas.Sandbox() as sandbox:
        answer = client.get(sandbox.base_url, headers={"Host": "tunnel.example"})
        assert answer.status_code == 400
        assert answer.text == (
            f"The Host 'tunnel.example' is not this machine; use {sandbox.base_url}.\n"
        )
