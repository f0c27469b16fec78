"""One reader of URLs: what one door refuses, every door refuses, and a host has one form."""

from __future__ import annotations

import httpx
import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.urls import (
    check_endpoint,
    is_loopback,
    is_private,
    normal_host,
    read_url,
    same_endpoint,
)

ORDER, STOCK = "store/order/created", "store/stock/updated"

PRIVATE_URLS = [
    "https://10.0.0.1/x",
    "https://localhost/x",
    "https://shop.localhost/x",
    "https://0x7f.1/x",
    "https://[fd00::1]/x",
    "https://printer.local:8443/x",
    "https://intranet/x",
    "https://\N{FULLWIDTH DIGIT ONE}0.0.0.1/x",
]

#: No address at all; every door says so.
UNREADABLE = [
    "https://a..b.example/ikas",
    "https://example.com:\uff14\uff14\uff13/ikas",
    "https://example.com:\u0664\u0664\u0663/",
    "http\u017f://example.com/ikas",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://-a.example/",
    f"https://{'a.' * 127}example/",
    f"https://{'ğ' * 300}.example/",
    "https://exa\u3164mple.com/",
    "https://example.com/\u202ecod",
    "https://example.com/\ufe0f",
    "https://example.com/a b",
    "https://[::1",
    "https://",
    "nonsense",
    "",
]

READABLE = [
    "https://erp.example.com/ikas",
    "https://erp.example.com:8443/ikas/?a=1#b",
    "https://örnek.com.tr/sipariş",
    "https://हिन्दी.example/",
    "https://a_b.example.de",
    "HTTPS://EXAMPLE.COM./",
]

#: Spellings of one place.
ALIKE = [
    ("https://e.com/a", "https://E.com/a"),
    ("https://e.com/a", "HTTPS://e.com:443/a"),
    ("https://e.com", "https://e.com./"),
    ("https://mağaza.example/a", "https://xn--maaza-l1a.example/a"),
    ("https://mağaza.example/a", "https://MAĞAZA.example/a"),
    ("https://[2A00:0:0::1]/a", "https://[2a00::1]/a"),
]

DIFFERENT = [
    ("https://e.com/a", "https://e.com/A"),
    ("https://e.com/a", "https://e.com/a/"),
    ("https://e.com/a", "https://e.com:8443/a"),
    ("https://e.com/a", "https://e.com/a?"),
    ("https://e.com/a", "http://e.com/a"),
    ("https://e.com/a", "https://me@e.com/a"),
    ("https://fass.example/", "https://faß.example/"),
]


def listing(*endpoints: str) -> pd.DataFrame:
    scopes = [str(scope) for scope in ikas.Scope.registrable()][: len(endpoints)]
    return pd.DataFrame({"store": "acme", "scope": scopes, "endpoint": list(endpoints)})


def nothing_sent(request: httpx.Request) -> httpx.Response:
    if b"saveWebhook" in request.content:
        raise AssertionError("it was sent")
    return httpx.Response(200, json={"data": {"listWebhook": []}})


def real_store() -> ikas.Store:
    return ikas.connect(
        "acme",
        access_token="t",
        base_url="https://api.myikas.com",
        transport=httpx.MockTransport(nothing_sent),
    )


@pytest.mark.parametrize("endpoint", PRIVATE_URLS)
def test_a_private_endpoint_is_refused_before_it_is_sent_to_ikas(endpoint: str) -> None:
    with real_store() as store:
        with pytest.raises(InvalidArgumentError, match="cannot be reached from the internet"):
            store.webhooks.save(endpoint, ORDER)
        with pytest.raises(InvalidArgumentError, match="cannot be reached from the internet"):
            store.webhooks.plan({endpoint: [ORDER]})
        form = store.webhooks.save_form(language="en")
        form.fill(endpoint=endpoint, scopes=[ORDER])
        assert list(form.problems) == ["endpoint"]
        assert "from the internet" in form.problems["endpoint"]


@pytest.mark.parametrize("endpoint", ["https://localhost/x", "http://127.0.0.1:8000/x"])
def test_a_sandbox_takes_endpoints_on_this_machine(endpoint: str) -> None:
    with ikas.Sandbox(examples=False) as sandbox, ikas.connect(sandbox) as store:
        assert store.webhooks.save(endpoint, ORDER)["endpoint"].to_list() == [endpoint]


@pytest.mark.parametrize("endpoint", UNREADABLE)
def test_the_audit_reports_what_save_refuses(endpoint: str) -> None:
    with real_store() as store, pytest.raises(InvalidArgumentError):
        store.webhooks.save(endpoint, ORDER)
    findings = ikas.audit(listing(endpoint)).findings
    assert "invalid-endpoint" in findings["rule"].to_list()


@pytest.mark.parametrize("endpoint", READABLE)
def test_what_save_takes_the_audit_reads(endpoint: str) -> None:
    assert check_endpoint(endpoint) == endpoint
    assert "invalid-endpoint" not in ikas.audit(listing(endpoint)).findings["rule"].to_list()


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_a_host_spelled_otherwise_is_the_same_place(one: str, other: str) -> None:
    assert same_endpoint(one, other)
    assert same_endpoint(other, one)
    assert ikas.diff(listing(one), listing(other)).empty


def test_a_plan_keeps_an_endpoint_spelled_otherwise() -> None:
    with ikas.Sandbox(examples=False) as sandbox, ikas.connect(sandbox) as store:
        store.webhooks.save("https://E.com/a", ORDER)
        assert store.webhooks.plan({"https://e.com/a": [ORDER]}).empty


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_place_is_another_endpoint(one: str, other: str) -> None:
    assert not same_endpoint(one, other)


@pytest.mark.parametrize("allowed", ["mağaza.example", "xn--maaza-l1a.example", "*.ĞAZ.example"])
def test_an_allowed_host_may_be_spelled_either_way(allowed: str) -> None:
    hosts = ["a.ğaz.example"] if "*" in allowed else ["mağaza.example", "xn--maaza-l1a.example"]
    rows = listing(*(f"https://{host}/ikas" for host in hosts))
    rules = ikas.audit(rows, {"allowed_hosts": [allowed]}).findings["rule"].to_list()
    assert "host-not-allowed" not in rules
    foreign = ikas.audit(listing("https://b.example/"), {"allowed_hosts": [allowed]}).findings
    assert "host-not-allowed" in foreign["rule"].to_list()


@pytest.mark.parametrize(
    "host",
    [
        "192.0.0.8",
        "192.0.0.1",
        "[3fff::1]",
        "[5f00::1]",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[2001:db8::1]",
        "[64:ff9b::a00:1]",
        "[2002:a00:1::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[64:ff9b:1::1]",
        "[100::1]",
        "[2001::1]",
        "0.0.0.0",
        "printer.localdomain",
    ],
)
def test_special_addresses_are_private_on_every_python(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize(
    "host",
    [
        "203.0.114.1",
        "192.0.1.8",
        "8.8.8.8",
        "[2a00:1450:4001:800::200e]",
        "[3ffe::1]",
        "[64:ff9b::808:808]",
        "[2002:808:808::1]",
        "example.com",
    ],
)
def test_others_are_not(host: str) -> None:
    assert not is_private(host)


def test_wide_letters_are_no_address_to_send_to_in_clear() -> None:
    """Not every program reads an address in them, and the internet reaches none of it."""
    for host in ("\N{FULLWIDTH DIGIT ONE}27.0.0.1", "\N{FULLWIDTH LATIN SMALL LETTER L}ocalhost"):
        read = read_url(f"https://{host}/").host
        assert read == normal_host(host) == host
        assert not is_loopback(read)
        assert is_private(read)
