from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ikas_explore.auditing.audit import audit
from ikas_explore.auditing.policy import Policy, read_policy
from ikas_explore.auditing.rule import Rule, found, rule
from ikas_explore.errors import IkasError, InvalidArgumentError, InvalidScopeError
from tests.auditing.frames import NOW, frame, healthy, row

ORDER = "store/order/created"
TUNNEL = "https://acme.ngrok.app/acme"
FILE = """
required = ["store/order/*", "store/order/created"]
allowed_hosts = ["*.example.com"]
stale_after_days = 180
fail_on = "error"

[severities]
tunnel-host = "error"
many-endpoints = "off"

[[ignores]]
rule = "tunnel-host"
store = "ac*"
reason = "A demo."
until = 2026-11-23
"""


def test_a_file_says_the_same_as_keywords(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(FILE)
    same = Policy(
        required=["store/order/*", "store/order/created"],  # type: ignore[arg-type]
        allowed_hosts="*.example.com",  # type: ignore[arg-type]
        stale_after_days=180,
        fail_on="error",
        severities={"tunnel-host": "error", "many-endpoints": "off"},
        ignores=[  # type: ignore[arg-type]
            {"rule": "tunnel-host", "store": "ac*", "reason": "A demo.", "until": "2026-11-23"}
        ],
    )
    assert read_policy(path) == read_policy(str(path)) == same
    assert read_policy(path).required_scopes() == [ORDER, "store/order/updated"]
    assert read_policy(path).ignores[0].until == dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("required = [", InvalidArgumentError, "cannot be read"),
        ("requird = []", InvalidArgumentError, "Did you mean 'required'"),
        ("required = 3", InvalidArgumentError, "list of texts"),
        ("required = [3]", InvalidArgumentError, "not text"),
        ('required = ["store/ordr/*"]', InvalidScopeError, "fits the required"),
        ('required = ["store/app/deleted"]', InvalidScopeError, "fits the required"),
        ("stale_after_days = -1", InvalidArgumentError, "0 or more"),
        ('allowed_hosts = ["https://a.example"]', InvalidArgumentError, "which is no host"),
        ('allowed_hosts = ["a.example:443"]', InvalidArgumentError, "which is no host"),
        ('allowed_hosts = ["a..example"]', InvalidArgumentError, "which is no host"),
        ('allowed_hosts = ["*.example.com", ""]', InvalidArgumentError, "which is no host"),
        ("certificate_days = true", InvalidArgumentError, "0 or more"),
        ('fail_on = "eror"', InvalidArgumentError, "Did you mean 'error'"),
        ("severities = 1", InvalidArgumentError, "is a table"),
        ('[severities]\nstal = "off"', InvalidArgumentError, "Did you mean 'stale'"),
        ('[severities]\nstale = "none"', InvalidArgumentError, "error, warning, info, off"),
        ('[severities]\nstale = "of"', InvalidArgumentError, "Did you mean 'off'"),
        ("ignores = [1]", InvalidArgumentError, "is a table"),
        ('[[ignores]]\nrule = "stale"', InvalidArgumentError, "needs 'reason'"),
        (
            '[[ignores]]\nrule = "stale"\nreason = ""\nuntil = 2027-01-01',
            InvalidArgumentError,
            "needs a reason",
        ),
        (
            '[[ignores]]\nrule = "stale"\nreason = "x"\nuntil = "soon"',
            InvalidArgumentError,
            "until",
        ),
        (
            '[[ignores]]\nrule = "stale"\nreason = "x"\nuntil = 3',
            InvalidArgumentError,
            "needs a date",
        ),
        (
            '[[ignores]]\nrule = "stail"\nreason = "x"\nuntil = 2027-01-01',
            InvalidArgumentError,
            "Did you mean 'stale'",
        ),
        (
            '[[ignores]]\nrule = "stale"\nreason = "x"\nuntil = 2027-01-01\nshop = "a"',
            InvalidArgumentError,
            "Did you mean",
        ),
    ],
)
def test_a_file_that_cannot_be_right_says_where_and_why(
    tmp_path: Path, text: str, error: type[IkasError], said: str
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(error) as caught:
        read_policy(path)
    assert "policy.toml" in str(caught.value)
    assert said in str(caught.value) or "has no 'shop'" in str(caught.value)


@pytest.mark.parametrize("policy", [3, Path("nowhere.toml"), {"rules": [print]}])
def test_something_else_is_refused(policy: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        read_policy(policy)


def test_two_rules_of_one_id_are_refused() -> None:
    @rule("stale", "error", remedy="")
    def mine(webhooks: Any, policy: Any) -> Any:
        return found(webhooks, "")

    assert isinstance(mine, Rule)
    with pytest.raises(InvalidArgumentError, match="Two rules have the id 'stale'"):
        Policy(rules=(mine,))


def test_severities_are_the_policys() -> None:
    rows = frame([*healthy(["acme"]), row(ORDER, TUNNEL)])
    off = {"tunnel-host": "off", "resource-split": "off"}
    assert audit(rows, {"severities": off}, now=NOW).findings.empty
    as_error = audit(rows, {"severities": {"tunnel-host": "error"}}, now=NOW)
    assert as_error.worst == "error"
    assert audit(rows, {"fail_on": "error"}, now=NOW).ok
    assert not audit(rows, now=NOW).ok


def test_an_ignore_holds_to_the_end_of_its_last_day_and_then_is_told() -> None:
    rows = frame([*healthy(["acme"]), row(ORDER, TUNNEL)])
    ignore = {"rule": "tunnel-host", "store": "acme", "reason": "A demo.", "until": "2026-11-23"}
    policy = {"ignores": [ignore], "severities": {"resource-split": "off"}}
    holding = audit(rows, policy, now=NOW)
    assert holding.findings.empty
    assert holding.ignored["rule"].tolist() == ["tunnel-host"]
    ended = audit(rows, policy, now=NOW + dt.timedelta(days=1))
    assert ended.findings["rule"].tolist() == ["tunnel-host", "ignore-expired"]
    assert "A demo." in ended.findings["message"].tolist()[1]
    other = {**policy, "ignores": [{**ignore, "store": "best"}]}
    assert audit(rows, other, now=NOW).findings["rule"].tolist() == ["tunnel-host"]


def test_a_store_that_was_not_reached_is_never_ok() -> None:
    ignore = {"rule": "*", "reason": "All is well.", "until": "2030-01-01"}
    outcome = audit(
        frame(healthy(["acme"])),
        {"ignores": [ignore], "required": ORDER},
        stores=["acme", "best"],
        errors={"best": "HTTP 502"},
        now=NOW,
    )
    assert outcome.findings[["severity", "rule", "store"]].to_numpy().tolist() == [
        ["error", "store-not-reached", "best"]
    ]
    assert "HTTP 502" in outcome.findings["message"].item()
    assert outcome.exit_code() == 2
    assert not outcome.ok
    assert outcome.stores == ["acme"]
