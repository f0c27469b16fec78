"""A web page in the browser of somebody who runs a sandbox or a receiver.

``verify=False``: loading certificates for http takes longer than a call.
"""

from __future__ import annotations

import datetime as dt
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509

import ikas_explore as ikas
from ikas_explore.network import requests
from ikas_explore.sandbox import control
from tests.security.promises import does_not, holds

LIST = {"query": "{ listWebhook { endpoint id scope } }"}

#: What only the store's token opens.
WITH_TOKEN = [
    ("POST", "/api/v1/admin/graphql"),
    ("POST", "/api/v2/admin/graphql"),
    ("POST", "/control/events"),
    ("GET", "/control/deliveries"),
    ("GET", "/control/attempts"),
    ("GET", "/control/budget"),
    ("PUT", "/control/faults"),
]


@pytest.fixture
def sandbox() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def receiver() -> Iterator[ikas.Receiver]:
    with ikas.Receiver("secret") as receiver:
        yield receiver


def own_addresses() -> set[str]:
    """The addresses of this machine that others can reach, as far as it knows them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks for a route
            found = {probe.getsockname()[0]}
        except OSError:
            found = set()
    return found | {"127.0.0.2"}


def refused(receiver: ikas.Receiver) -> list[int]:
    """The statuses of all that came: nothing of it is kept but that it came."""
    rows = receiver.deliveries()
    assert rows[["id", "data", "body"]].isna().all(axis=None)
    return [int(status) for status in rows["status"]]


@holds("Sandbox and receiver listen on 127.0.0.1 and on no other address.")
def test_they_listen_on_loopback_alone(sandbox: ikas.Sandbox, receiver: ikas.Receiver) -> None:
    for url in (sandbox.base_url, receiver.endpoint):
        port = httpx.URL(url).port
        socket.create_connection(("127.0.0.1", port), 5).close()
        for address in own_addresses() - {"127.0.0.1"}:
            with pytest.raises(OSError, match=r"refused|unreachable"):
                socket.create_connection((address, port), 5).close()


@holds("They refuse a `Host` that is not this machine, so DNS rebinding gains nothing.")
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.nip.io", "localhost.evil.example", "", "127.0.0.1@evil"]
)
def test_a_foreign_host_is_refused(
    host: str, sandbox: ikas.Sandbox, receiver: ikas.Receiver
) -> None:
    headers = {"Host": host, "Authorization": f"Bearer {sandbox.access_token}"}
    for url in (f"{sandbox.base_url}/control/deliveries", receiver.endpoint):
        assert httpx.get(url, headers=headers, trust_env=False, verify=False).status_code == 400
    assert refused(receiver) == [400]


@holds(
    "They refuse requests that a browser sends for another site's page, and send no CORS headers."
)
@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_page_from_elsewhere_is_refused(
    sent: dict[str, str], kind: str, sandbox: ikas.Sandbox, receiver: ikas.Receiver
) -> None:
    headers = {**sent, "Content-Type": kind, "Authorization": f"Bearer {sandbox.access_token}"}
    body = json.dumps(LIST)
    for url in (f"{sandbox.base_url}/api/v1/admin/graphql", receiver.endpoint):
        answer = httpx.post(url, content=body, headers=headers, trust_env=False, verify=False)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        preflight = {
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Private-Network": "true",
        }
        asked = httpx.options(url, headers=preflight, trust_env=False, verify=False)
        assert asked.status_code == 403
        assert not [name for name in asked.headers if name.startswith("access-control-")]
    assert refused(receiver) == [403, 403]
    assert sandbox.calls["listWebhook"] == 0


def test_a_person_and_a_program_are_served(sandbox: ikas.Sandbox) -> None:
    """What was typed into the address bar, and the page that it gave."""
    url = f"{sandbox.base_url}/control/deliveries"
    token = {"Authorization": f"Bearer {sandbox.access_token}"}
    for sent in ({"Sec-Fetch-Site": "none"}, {"Origin": sandbox.base_url}, {}):
        answer = httpx.get(url, headers={**token, **sent}, trust_env=False, verify=False)
        assert answer.status_code == 200


@holds("Every route that reads or changes a store of the sandbox needs that store's token.")
@pytest.mark.parametrize(("method", "path"), WITH_TOKEN)
@pytest.mark.parametrize("token", [None, "wrong"])
def test_every_route_wants_a_token(
    method: str, path: str, token: str | None, sandbox: ikas.Sandbox
) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = httpx.request(
        method,
        f"{sandbox.base_url}{path}",
        json=LIST,
        headers=headers,
        trust_env=False,
        verify=False,
    )
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "LOGIN_REQUIRED"


@holds("The sandbox limits the size of request bodies and how long it waits for them.")
@pytest.mark.parametrize("path", [path for _, path in WITH_TOKEN[:3]] + ["/api/admin/oauth/token"])
def test_a_large_request_is_refused(
    path: str, sandbox: ikas.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "MOST_OF_AN_EVENT", 300_000)
    answer = httpx.post(
        f"{sandbox.base_url}{path}",
        content=b'{"query": "#' + b" " * 300_000 + b'"}',
        headers={"Authorization": f"Bearer {sandbox.access_token}"},
        trust_env=False,
        verify=False,
    )
    assert answer.status_code == 413
    assert "larger than" in answer.json()["errors"][0]["message"]


@holds("The sandbox limits the size of request bodies and how long it waits for them.")
def test_a_body_that_does_not_end_is_refused(
    sandbox: ikas.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "BODY_TIMEOUT", 0.2)
    port = httpx.URL(sandbox.base_url).port
    with socket.create_connection(("127.0.0.1", port), 30) as sender:
        head = "POST /api/v1/admin/graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        sender.sendall(f"{head}Content-Length: 9\r\n\r\n{{".encode())
        assert sender.recv(1000).startswith(b"HTTP/1.1 408")


def test_a_long_document_of_many_errors_is_refused_before_they_are_counted(
    sandbox: ikas.Sandbox,
) -> None:
    """For the place of each, all lines before it were counted."""
    query = "\n" * 30_000 + "{" + " ".join(f"z{number}" for number in range(200)) + "}"
    answer = httpx.post(
        f"{sandbox.base_url}/api/v1/admin/graphql",
        json={"query": query},
        trust_env=False,
        verify=False,
    )
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert "longer than 20,000 characters" in error["message"]
    assert not sandbox.calls


def test_there_is_no_other_route(sandbox: ikas.Sandbox) -> None:
    """A new one has to be added to the list above, or here with the reason.

    OAuth's ask for an app's id, and one of them for its secret; GET of GraphQL says to POST.
    """
    routes = {
        (method, route.path)
        for route in sandbox._state.routes
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert routes == {
        *WITH_TOKEN,
        ("POST", "/api/admin/oauth/token"),
        ("GET", "/api/admin/oauth/authorize"),
        ("GET", "/api/v1/admin/graphql"),
        ("GET", "/api/v2/admin/graphql"),
    }


@does_not(
    "A receiver accepts requests from every program here; `signature_ok` shows which to trust."
)
def test_a_receiver_asks_for_no_token(receiver: ikas.Receiver) -> None:
    ikas.push(receiver.endpoint, "store/order/created", "another", max_attempts=1)
    ikas.push(receiver.endpoint, "store/order/created", "secret", max_attempts=1)
    assert receiver.deliveries()["signature_ok"].tolist() == [False, True]


@does_not("A signature covers `data` alone: `id`, `scope` and times can be forged, and replayed.")
def test_the_signature_covers_data_alone(receiver: ikas.Receiver) -> None:
    ikas.push(receiver.endpoint, "store/order/created", "secret", max_attempts=1)
    (body,) = receiver.deliveries()["body"]
    forged = {**json.loads(body), "id": "forged", "scope": "store/stock/updated"}
    httpx.post(receiver.endpoint, json=forged, trust_env=False, verify=False)
    assert receiver.deliveries()["signature_ok"].tolist() == [True, True]
    ikas.verify(forged, "secret")


@does_not("A store's token sets the faults of the whole sandbox, for its other stores too.")
def test_faults_are_the_whole_sandboxes(sandbox: ikas.Sandbox) -> None:
    other = sandbox.add_store("other")
    httpx.put(
        f"{sandbox.base_url}/control/faults",
        json=[{"kind": "latency", "store": "sandbox"}],
        headers={"Authorization": f"Bearer {other.access_token}"},
        trust_env=False,
        verify=False,
    ).raise_for_status()
    assert [fault.store for fault in sandbox.faults] == ["sandbox"]


@does_not("The token of a sandbox with a `seed`, as `lab` starts it, can be computed by anyone.")
def test_a_seed_gives_everybody_the_same_token() -> None:
    with ikas.Sandbox(seed=1) as one, ikas.Sandbox(seed=1) as two, ikas.Sandbox() as third:
        assert one.access_token == two.access_token != third.access_token


@holds(
    "The authority of `Sandbox(tls=True)` is good for this machine and `*.myikas.com`, for 30 "
    "days; its key is never written."
)
def test_the_authority_of_a_sandbox_signs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    write = Path.write_bytes

    def note(path: Path, data: bytes) -> int:
        written.append(data)
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", note)
    with ikas.Sandbox(tls=True) as sandbox:
        ca_file = Path(str(sandbox.ca_file))
        assert list(ca_file.parent.iterdir()) == [ca_file]
        sandbox.add_store("shop")
        authorities = x509.load_pem_x509_certificates(ca_file.read_bytes())
    assert not ca_file.parent.exists()
    # The server's own keys, which Python reads from a file alone, and for that moment only.
    heads = [line for data in written for line in data.splitlines() if b"KEY-----" in line]
    assert set(heads[::2]) == {b"-----BEGIN ENCRYPTED PRIVATE KEY-----"}
    assert len(authorities) == 3  # of the sandbox, its store, and the one that was added
    for each in authorities:
        assert each.not_valid_after_utc - each.not_valid_before_utc == dt.timedelta(days=30)
        limits = each.extensions.get_extension_for_class(x509.NameConstraints)
        assert limits.critical
        assert {str(name.value) for name in limits.value.permitted_subtrees or ()} == {
            "localhost", "myikas.com", "127.0.0.1/32", "::1/128"
        }  # fmt: skip
