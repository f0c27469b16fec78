"""Missed objects against a model that looks at each object by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ikas_explore.monitoring.arrived import KINDS
from ikas_explore.monitoring.joined import expected, not_arrived

EPOCH = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
SCOPES = [
    f"store/{kind}/{event}" for kind in ("order", "stock") for event in ("created", "updated")
]
minutes = st.integers(0, 40)


def at(minute: int | None) -> dt.datetime | None:
    return None if minute is None else EPOCH + dt.timedelta(minutes=minute)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    objects = {}
    for number in range(draw(st.integers(0, 8))):
        made = draw(minutes)
        changed = max(made, draw(minutes))
        objects[(draw(st.sampled_from(["order", "stock"])), f"o{number}")] = (made, changed)
    names = [*objects, ("order", "stranger")]
    deliveries = [
        (*draw(st.sampled_from(names)), draw(minutes), draw(st.none() | minutes))
        for _ in range(draw(st.integers(0, 12)))
    ]
    since = draw(minutes)
    return {
        "objects": objects,
        "deliveries": draw(st.permutations(deliveries)),
        "registered": draw(st.sets(st.sampled_from(SCOPES))),
        "since": since,
        "until": draw(st.integers(since, 45)),
    }


def frames(world: dict[str, Any]) -> pd.DataFrame:
    time = "datetime64[ms, UTC]"
    changed = pd.DataFrame(
        [
            (kind, name, at(made), at(moved))
            for (kind, name), (made, moved) in world["objects"].items()
        ],
        columns=["kind", "id", "created_at", "updated_at"],
    ).astype({"created_at": time, "updated_at": time})
    arrived = pd.DataFrame(
        [
            (KINDS.index(kind), name, at(came), at(own))
            for kind, name, came, own in world["deliveries"]
        ],
        columns=["kind", "id", "received_at", "object_updated_at"],
    ).astype({"received_at": time, "object_updated_at": time})
    since, until = (
        EPOCH + dt.timedelta(minutes=world["since"]),
        EPOCH + dt.timedelta(minutes=world["until"]),
    )
    due = []
    for kind in ("order", "stock"):
        events = {event for event in ("created", "updated")
                  if f"store/{kind}/{event}" in world["registered"]}  # fmt: skip
        own = changed[changed["kind"] == kind]
        due.append(expected(own, kind, events, since=since, until=until))
    return not_arrived(pd.concat(due), arrived, until=until)


def by_hand(world: dict[str, Any]) -> set[tuple[str, str]]:
    missed = set()
    for (kind, name), (made, moved) in world["objects"].items():
        created = f"store/{kind}/created" in world["registered"]
        updated = f"store/{kind}/updated" in world["registered"]
        in_window = {
            "made": world["since"] <= made <= world["until"],
            "moved": world["since"] <= moved <= world["until"],
        }
        if created and updated:
            counts = in_window["moved"]
        elif created:
            counts = in_window["made"]
        else:
            counts = updated and in_window["moved"] and moved > made
        own = [(came, data) for k, n, came, data in world["deliveries"] if (k, n) == (kind, name)]
        if created and not updated:
            covered = bool(own)
        else:
            covered = any((came if data is None else data) >= moved for came, data in own)
        if counts and not covered:
            event = "updated" if updated and moved > made else "created"
            missed.add((f"store/{kind}/{event}", name))
    return missed


@settings(max_examples=30, deadline=None)
@given(worlds())
def test_what_is_missed_is_what_a_look_at_each_object_finds(world: dict[str, Any]) -> None:
    found = frames(world)
    assert set(zip(found["scope"], found["id"], strict=True)) == by_hand(world)
    assert len(found) == len(set(found["id"]))
    assert found["updated_at"].is_monotonic_increasing


@settings(max_examples=30, deadline=None)
@given(worlds(), st.integers(-30, 30))
def test_the_clock_of_the_receiver_does_not_matter_where_the_data_says_when(
    world: dict[str, Any], skew: int
) -> None:
    dated = [(k, n, came, came if own is None else own) for k, n, came, own in world["deliveries"]]
    skewed = [(k, n, max(came + skew, 0), own) for k, n, came, own in dated]
    right = frames({**world, "deliveries": dated})
    wrong = frames({**world, "deliveries": skewed})
    assert right[["scope", "id"]].values.tolist() == wrong[["scope", "id"]].values.tolist()
