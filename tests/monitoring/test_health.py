"""Healthy, quiet, stopped, never: told apart by what arrived and by what changed."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.errors import PlanError
from ikas_explore.monitoring.health import judge

HOUR = 3_600_000


def steady(number: int, every: int = HOUR) -> list[int]:
    return [each * every for each in range(number)]


@pytest.mark.parametrize(
    ("arrivals", "missed", "until", "state"),
    [
        ([], [], HOUR, "never"),
        ([], [5], HOUR, "never"),
        (steady(20), [], 20 * HOUR, "healthy"),
        (steady(20), [3], 20 * HOUR, "healthy"),
        (steady(20), [], 40 * HOUR, "quiet"),
        (steady(20), [20 * HOUR], 40 * HOUR, "stopped"),
        (steady(3), [4 * HOUR], 40 * HOUR, "healthy"),  # one, and no rhythm yet
        (steady(3), [4 * HOUR, 5 * HOUR], 40 * HOUR, "stopped"),
        (steady(3), [], 400 * HOUR, "healthy"),
    ],
)
def test_the_evidence_decides(
    arrivals: list[int], missed: list[int], until: int, state: str
) -> None:
    judged = judge(arrivals, missed, until)
    assert judged.state == state
    assert judged.evidence
    assert "None" not in judged.evidence


def test_in_a_thousand_weeks_without_an_outage_nothing_is_called_stopped() -> None:
    """Busy shops, quiet ones, nights, and a delivery that is lost now and then."""
    week = 7 * 24 * HOUR
    for seed in range(1000):
        random = Random(seed)
        rate, night = random.choice((0.2, 2, 30)), random.random() < 0.5
        arrivals: list[int] = []
        lost: list[int] = []
        now = 0.0
        while now < week:
            now += random.expovariate(rate) * HOUR
            if night and 1 <= now / HOUR % 24 < 7:
                continue
            # A receiver that was down for a moment: one change in a hundred is lost, and the
            # next one arrives.
            (lost if arrivals and random.random() < 0.01 else arrivals).append(int(now))
        until = arrivals[-1] if arrivals else week
        missed = [each for each in lost if each < until]
        assert judge(arrivals, missed, until).state in ("healthy", "quiet", "never")


def test_four_shops_are_told_apart() -> None:
    with ikas.Sandbox(seed=5, examples=False, retry_delays=(0.01,)) as box:
        shops = {name: box.add_store(name) for name in ("busy", "stopped", "silent", "wrong")}
        with (
            ikas.Receiver() as receiver,
            ikas.Fleet(
                ikas.connect(shop.name, access_token=shop.access_token, base_url=box.base_url)
                for shop in shops.values()
            ) as fleet,
        ):
            for store in fleet:
                store.webhooks.save(
                    receiver.endpoint, ["store/order/created", "store/order/updated"]
                )
            for name in ("busy", "stopped", "wrong"):
                receiver.status = 201 if name == "wrong" else 200
                for _ in range(3):
                    box.change("order", store=name)
                box.settle(timeout=30)
            for _ in range(3):
                box.change("order", store="stopped", emit=False)
            fleet["busy"].webhooks.delete("store/order/updated")
            # Each shop signs with a secret of its own; here all are believed.
            received = receiver.deliveries().assign(signature_ok=True)
            health = fleet.health(received, grace=0)
            created: Any = health[health["scope"] == "store/order/created"].set_index("store")
            states: Any = created["state"].to_dict()
            assert states["busy"] == "healthy"
            assert states["stopped"] == "stopped"
            assert states["silent"] == "never"
            assert int(created.loc["stopped", "missed"]) == 3
            assert "did not arrive" in str(created.loc["stopped", "evidence"])
            summary = health.attrs["summary"]
            assert "1 stopped since" in summary
            assert "3 missed" in summary


def test_the_first_delivery_of_a_scope_counts_within_the_grace_too() -> None:
    with (
        ikas.Sandbox(seed=5, examples=False) as box,
        ikas.Receiver(box.client_secret) as receiver,
        ikas.connect(box) as store,
    ):
        store.webhooks.save(receiver.endpoint, "store/stock/updated")
        box.emit("store/stock/updated")
        box.settle(timeout=30)
        (row,) = store.webhooks.health(receiver).to_dict("records")  # until is five minutes ago
    assert row["last_received_at"] is not None
    assert (row["state"], row["evidence"]) == ("healthy", "1 delivery, nothing is missing")


def test_a_scope_that_nobody_registered_any_more_is_named() -> None:
    with (
        ikas.Sandbox(seed=5, examples=False) as box,
        ikas.Receiver(box.client_secret) as receiver,
        ikas.connect(box) as store,
    ):
        store.webhooks.save(receiver.endpoint, "store/stock/updated")
        box.emit("store/stock/updated")
        box.settle(timeout=30)
        store.webhooks.delete("store/stock/updated")
        (row,) = store.webhooks.health(receiver, grace=0).to_dict("records")
        assert row["state"] == "not registered"


def test_without_a_log_the_states_are_missing_and_the_changes_are_there() -> None:
    with ikas.connect("sandbox") as store:
        assert store.sandbox is not None
        store.sandbox.change("customer")
        health = store.webhooks.health(grace=0)
        assert health["state"].isna().all()
        assert health["last_changed_at"].notna().sum() == 1
        assert store.webhooks.health(since=dt.date(2020, 1, 1)).shape == (2, 9)


def test_the_frame_is_the_same_without_webhooks() -> None:
    with ikas.Sandbox(examples=False) as box, ikas.connect(box) as store:
        health = store.webhooks.health()
    assert health.empty
    assert str(health["since"].dtype) == "datetime64[ms, UTC]"
    assert pd.api.types.is_integer_dtype(health["missed"])


def test_a_fleet_without_a_store_that_answers_says_so() -> None:
    with ikas.Sandbox() as box:
        shop = ikas.connect("acme", base_url=box.base_url, access_token=box.access_token)
    with ikas.Fleet([shop]) as fleet:
        received = pd.DataFrame(columns=["scope", "object_id", "received_at"])
        for ask in (fleet.health, lambda: fleet.missed(received, since="2026-01-01")):
            with (
                pytest.warns(UserWarning, match="acme"),
                pytest.raises(PlanError, match=r"No store could be asked\. .*acme"),
            ):
                ask()
