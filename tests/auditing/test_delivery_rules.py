"""Deliveries that stopped or went quiet, and scopes that a dead session of listen left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.auditing.audit import examine
from ikas_explore.auditing.health_rules import HEALTH_RULES, LEASE_RULES
from ikas_explore.deliveries import leases
from ikas_explore.errors import InvalidArgumentError

CREATED, UPDATED = "store/order/created", "store/order/updated"
HERE = "https://hooks.example.com/ikas"
OURS = {each.id for each in (*HEALTH_RULES, *LEASE_RULES)}


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(seed=4, examples=False) as box:
        yield box


@pytest.fixture
def store(box: ikas.Sandbox) -> Iterator[ikas.Store]:
    with ikas.connect(box) as store:
        store.webhooks.save(HERE, [CREATED, UPDATED])
        yield store


def found(audit: ikas.Audit) -> list[tuple[str, str]]:
    rows = audit.findings[audit.findings["rule"].isin(list(OURS))]
    return [*zip(rows["rule"], rows["scope"], strict=True)]


def received(**minutes_ago: list[int]) -> pd.DataFrame:
    """A table of one's own: so many minutes ago something else of the scope arrived."""
    now = dt.datetime.now(dt.UTC)
    rows = [
        {
            "scope": f"store/order/{event}",
            "object_id": f"{event} {each}",
            "received_at": now - dt.timedelta(minutes=each),
        }
        for event, times in minutes_ago.items()
        for each in times
    ]
    return pd.DataFrame(rows, columns=["scope", "object_id", "received_at"])


def test_what_stopped_and_what_is_quiet_is_found_with_the_evidence_of_health(
    box: ikas.Sandbox, store: ikas.Store
) -> None:
    often = [*range(600, 660, 2)]
    box.change("customer", emit=False)  # nobody is registered for it
    quiet = store.webhooks.audit(received=received(created=often, updated=[6]))
    assert found(quiet) == [("delivery-quiet", CREATED)]
    (row,) = quiet.findings[quiet.findings["rule"] == "delivery-quiet"].to_dict("records")
    assert row["endpoint"] == HERE
    health = store.webhooks.health(received(created=often, updated=[6])).set_index("scope")
    assert str(health.loc[CREATED, "evidence"]) in row["message"]
    assert quiet.exit_code() == 1


def test_stopped_needs_a_change_that_did_not_arrive(box: ikas.Sandbox, store: ikas.Store) -> None:
    for _ in range(2):
        box.change("order", emit=False)
    # An audit looks at what changed until five minutes ago; health() can look until now.
    came = received(created=[60, 120])
    health = store.webhooks.health(came, grace=0)
    (row,) = examine(store.webhooks.list(), health=health).findings.to_dict("records")
    assert (row["rule"], row["severity"], row["scope"]) == ("delivery-stopped", "error", CREATED)
    assert row["message"].startswith("Stopped since 2")
    assert "2 changes did not arrive" in row["message"]
    assert found(store.webhooks.audit(received=came)) == []


def test_without_a_log_the_rules_are_not_run_and_a_wrong_one_is_refused(store: ikas.Store) -> None:
    ran = {each.id for each in store.webhooks.audit().rules}
    assert ran & OURS == {"lease-overdue"}
    assert {each.id for each in store.webhooks.audit(received=received()).rules} >= OURS
    wrong: Any = 7
    with pytest.raises(InvalidArgumentError, match="received"):
        store.webhooks.audit(received=wrong)
    off = {"severities": {"lease-overdue": "off", "delivery-quiet": "info"}}
    assert {each.id for each in store.webhooks.audit(off).rules} & OURS == set()


def test_a_lease_of_a_dead_session_is_named_and_one_of_a_running_session_is_not(
    store: ikas.Store,
) -> None:
    with leases.session() as name:
        lease = leases.Lease(name, store.base_url, store.name, CREATED, "https://a.b/", HERE, 1)
        leases.write([lease, lease._replace(scope=UPDATED, before=None)])
        assert found(store.webhooks.audit()) == []
    audit = store.webhooks.audit()
    assert found(audit) == [("lease-overdue", CREATED), ("lease-overdue", UPDATED)]
    messages = audit.findings["message"].tolist()
    assert "https://a.b/" in messages[0]
    assert "nobody" in messages[1]
    assert "listen --restore" in audit.findings["remedy"].iloc[0]
    before = store.webhooks.list()
    assert store.webhooks.list().equals(before)
    assert leases.leases_of(store.base_url, store.name)  # it only names them
    store.webhooks._give_back()
    assert found(store.webhooks.audit()) == []


def test_a_fleet_is_judged_as_one_and_a_store_whose_lists_fail_was_not_checked(
    box: ikas.Sandbox,
) -> None:
    shops = [box.add_store(name) for name in ("acme", "moda")]
    with ikas.Fleet(
        ikas.connect(each.name, access_token=each.access_token, base_url=box.base_url)
        for each in shops
    ) as fleet:
        for store in fleet:
            store.webhooks.save(HERE, CREATED)
        audit = fleet.audit(received=received(created=[*range(600, 660, 2)]))
        quiet = audit.findings[audit.findings["rule"] == "delivery-quiet"]
        assert quiet["store"].tolist() == ["acme", "moda"]
        fleet["acme"].close()
        audit = fleet.audit(received=received())
        assert [*audit.unreached] == ["acme"]
        assert audit.exit_code() == 2
