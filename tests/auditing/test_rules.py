"""Each rule finds its fault, and a healthy store has none."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ikas_explore.auditing.audit import audit
from ikas_explore.auditing.rule import found, rule
from ikas_explore.auditing.rules import RULES
from ikas_explore.errors import InvalidArgumentError
from tests.auditing.frames import NOW, SCOPES, frame, healthy, row

ORDER, ORDER2, STOCK = "store/order/created", "store/order/updated", "store/stock/created"
HERE = "https://hooks.example.com/ikas/acme"
POLICY = {"required": "store/order/*", "allowed_hosts": ["*.example.com", "hooks.other.net"]}

# One row a fault: what is planted beside the healthy rows, the rule that finds it, on which scope.
FAULTS: list[tuple[str, list[Any], str, str | None]] = [
    ("no address", [row(ORDER, "nowhere")], "invalid-endpoint", ORDER),
    ("another scheme", [row(ORDER, "ftp://hooks.example.com/x")], "invalid-endpoint", ORDER),
    ("no host", [row(ORDER, "https:///ikas")], "invalid-endpoint", ORDER),
    ("a bad port", [row(ORDER, "https://hooks.example.com:99999/")], "invalid-endpoint", ORDER),
    ("http", [row(ORDER, "http://hooks.example.com/ikas/acme")], "not-https", ORDER),
    ("loopback", [row(ORDER, "https://127.0.0.1/acme")], "private-host", ORDER),
    ("loopback by name", [row(ORDER, "https://localhost:8000/acme")], "private-host", ORDER),
    ("decimal address", [row(ORDER, "https://2130706433/acme")], "private-host", ORDER),
    ("private", [row(ORDER, "https://192.168.1.4/acme")], "private-host", ORDER),
    ("private IPv6", [row(ORDER, "https://[fd00::1]/acme")], "private-host", ORDER),
    ("IPv4 inside NAT64", [row(ORDER, "https://[64:ff9b::a00:1]/acme")], "private-host", ORDER),
    ("reserved", [row(ORDER, "https://240.0.0.1/acme")], "private-host", ORDER),
    ("a tunnel", [row(ORDER, "https://a1b2.ngrok-free.app/acme")], "tunnel-host", ORDER),
    ("a request bin", [row(ORDER, "https://webhook.site/acme")], "tunnel-host", ORDER),
    ("credentials", [row(ORDER, "https://u:p@hooks.example.com/")], "credentials-in-url", ORDER),
    ("a token", [row(ORDER, HERE + "?page=1&token=abc")], "credentials-in-url", ORDER),
    *(
        (query, [row(ORDER, f"{HERE}?{query}")], "credentials-in-url", ORDER)
        for query in ("x-api-key=1", "access%5Ftoken=1", "authToken=1", "code=0123456789abcdef")
    ),
    ("a client secret", [row(ORDER, f"{HERE}/s_{'0a1b' * 8}")], "credentials-in-url", ORDER),
    ("a JWT", [row(ORDER, HERE + "/eyJhbGciOi.eyJzdWIiOi.c2ln")], "credentials-in-url", ORDER),
    ("a foreign host", [row(ORDER, "https://hooks.else.net/acme")], "host-not-allowed", ORDER),
    ("required, deleted", [row(ORDER, HERE, deleted=True)], "scope-missing", ORDER),
    ("half of a pair", [row(STOCK, HERE, deleted=True)], "scope-unpaired", "store/stock/updated"),
    ("two hosts", [row(STOCK, "https://b.example.com/acme")], "resource-split", "store/stock/*"),
    ("a slash more", [row(STOCK, HERE + "/")], "endpoint-alike", STOCK),
    ("another case", [row(STOCK, "https://Hooks.example.com/IKAS/acme")], "endpoint-alike", STOCK),
    ("a port", [row(STOCK, "https://hooks.example.com:443/ikas/acme")], "endpoint-alike", STOCK),
    ("twice", [row(ORDER, HERE + "/again", id="twice")], "scope-twice", ORDER),
    ("unknown", [row("store/order/paid", HERE)], "scope-unknown", "store/order/paid"),
    ("refused", [row("store/product/deleted", HERE)], "scope-unknown", "store/product/deleted"),
    ("panel-only", [row("store/app/deleted", HERE)], "scope-unknown", "store/app/deleted"),
    ("deleted", [row(STOCK, HERE, deleted=True)], "row-deleted", STOCK),
    ("old", [row(STOCK, HERE, days=366)], "stale", STOCK),
    (
        "shared",
        [row(STOCK, "https://hooks.example.com/all", store) for store in ("acme", "best")],
        "endpoint-shared",
        None,
    ),
    (
        "many endpoints",
        [row(scope, f"{HERE}/{number}") for number, scope in enumerate(SCOPES)],
        "many-endpoints",
        None,
    ),
]


@pytest.mark.parametrize(
    ("planted", "rule_id", "scope"),
    [fault[1:] for fault in FAULTS],
    ids=[fault[0] for fault in FAULTS],
)
def test_a_planted_fault_is_found(planted: list[Any], rule_id: str, scope: str | None) -> None:
    findings = audit(frame([*healthy(), *planted]), POLICY, now=NOW).findings
    hits = findings[findings["rule"] == rule_id]
    assert [each if isinstance(each, str) else None for each in hits["scope"]] == [scope] * max(
        len(hits), 1
    )
    assert set(hits["store"]) == {store for store, _ in planted}
    assert hits["message"].str.len().gt(0).all()
    assert hits["remedy"].str.len().gt(0).all()


def test_every_rule_has_a_planted_fault_a_docstring_and_an_id_of_its_own() -> None:
    assert {fault[2] for fault in FAULTS} == {each.id for each in RULES}
    assert len({each.id for each in RULES}) == len(RULES)
    for each in RULES:
        assert each.find.__doc__, each.id


def test_a_healthy_fleet_has_no_finding() -> None:
    outcome = audit(frame(healthy()), POLICY, now=NOW)
    assert outcome.findings.empty
    assert outcome.ok
    assert outcome.worst is None
    assert outcome.exit_code("info") == 0


@pytest.mark.parametrize(
    "query", ["page=1&code=TR", "keyword=shoes", "by=key", "monkey=0123456789abcdef"]
)
def test_what_only_looks_like_a_secret_is_left_alone(query: str) -> None:
    rows = [row(ORDER, f"{HERE}?{query}"), row(ORDER2, f"{HERE}?{query}")]
    assert audit(frame(rows), now=NOW).findings.empty


def test_order_and_index_of_the_rows_make_no_difference() -> None:
    rows = frame([*healthy(), *(each for fault in FAULTS for each in fault[1])])
    shuffled = rows.sample(frac=1, random_state=3)
    one, other = (audit(each, POLICY, now=NOW).findings for each in (rows, shuffled))
    key = ["rule", "store", "scope", "endpoint", "message"]
    pd.testing.assert_frame_equal(
        one.sort_values(key, ignore_index=True), other.sort_values(key, ignore_index=True)
    )


def test_an_empty_frame_is_audited() -> None:
    outcome = audit(frame([]), {"required": ORDER}, stores=["acme"], now=NOW)
    assert outcome.findings[["rule", "store", "scope"]].to_numpy().tolist() == [
        ["scope-missing", "acme", ORDER]
    ]
    full = audit(frame(healthy()), now=NOW).findings
    assert dict(outcome.findings.dtypes) == dict(full.dtypes)
    assert audit(frame([]), now=NOW).ok


def test_only_the_needed_columns_have_to_be_there_and_missing_text_is_told() -> None:
    rows = frame([row(ORDER, "https://a.example/"), row(ORDER2, "https://a.example/")])
    bare = rows[["store", "scope", "endpoint"]].copy()
    assert audit(bare, now=NOW).findings.empty
    bare.loc[0, "endpoint"] = None
    assert audit(bare, now=NOW).findings["rule"].tolist() == ["invalid-endpoint"]
    with pytest.raises(InvalidArgumentError, match="no column 'endpoint'"):
        audit(bare.drop(columns="endpoint"))
    with pytest.raises(InvalidArgumentError, match="'store' more than once"):
        audit(pd.concat([rows, rows], axis=1))


def test_the_unusual_spelling_is_the_finding() -> None:
    rows = [*healthy(["acme"]), row(STOCK, HERE + "/")]
    findings = audit(frame(rows), now=NOW).findings
    assert findings[["rule", "endpoint"]].to_numpy().tolist() == [["endpoint-alike", HERE + "/"]]
    assert HERE + " only" in findings["message"].item()


def test_a_rule_of_ones_own_has_the_same_form() -> None:
    @rule("wrong-path", "warning", remedy="Use /ikas/<store>.")
    def wrong_path(webhooks: pd.DataFrame, policy: object) -> pd.DataFrame:
        """The path is not the agreed one."""
        rows = webhooks[~webhooks["endpoint"].str.contains("/ikas/", regex=False)]
        return found(rows, [f"{host} has another path." for host in rows["host"]])

    rows = [*healthy(["acme"]), row(STOCK, "https://hooks.example.com/acme")]
    findings = audit(frame(rows), {"rules": [wrong_path]}, now=NOW).findings
    assert findings[["severity", "rule", "scope", "message"]].to_numpy().tolist() == [
        ["warning", "wrong-path", STOCK, "hooks.example.com has another path."]
    ]


def test_the_worst_comes_first() -> None:
    rows = [row(ORDER, "http://a.example/", days=400), row(STOCK, "https://webhook.site/x")]
    severities = audit(frame(rows), now=NOW).findings["severity"].tolist()
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
