"""Plans over many stores, and taking back what they wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ikas_explore as ikas
from ikas_explore import errors
from tests.fleet.stores import DESIRED, NAMES, ORDERS, connected


def test_a_plan_leaves_stores_alone_that_its_frame_does_not_name() -> None:
    """Also when the ones it names could not be listed, and one other store is left."""
    with ikas.Sandbox(examples=False) as box:
        other = box.add_store("other")
        failing = ikas.connect("failing", access_token="wrong", base_url=box.base_url)
        named = ikas.connect("other", access_token=other.access_token, base_url=box.base_url)
        named.webhooks.save("https://example.com/other", "store/order/created")
        wanted = named.webhooks.list().assign(store="failing")
        with ikas.Fleet([failing, named]) as fleet:
            plan = fleet.plan(wanted, prune=True)
            assert plan.empty
            assert "failing is not in this plan" in plan.notes[0]


def test_a_frame_without_rows_says_nothing_about_a_fleet_of_which_one_store_is_reached(
    box: ikas.Sandbox,
) -> None:
    """With `prune` it would delete all of that store, as if the fleet had no other."""
    with connected(box, "reached") as reached:
        reached.webhooks.save("https://example.com/reached", ORDERS)
        rows = reached.webhooks.list()
        failing = ikas.connect("failing", access_token="wrong", base_url=box.base_url)
        with ikas.Fleet([failing, reached]) as fleet:
            for nothing in (rows.iloc[:0], rows.assign(deleted=True)):
                with pytest.raises(errors.PlanError, match="names no store"):
                    fleet.plan(nothing, prune=True)
            # Its one row that counts is of the store that failed: the other is not named either.
            other = rows.assign(store=["failing", "reached"], deleted=[False, True])
            assert fleet.plan(other, prune=True).empty


def test_a_store_in_a_file_that_is_not_in_the_fleet_is_told(
    fleet: ikas.Fleet, tmp_path: Path
) -> None:
    """Its override is meant for a store whose name it misspells, as a rule."""
    name = fleet.names[0]
    path = tmp_path / "desired.toml"
    path.write_text(f'[webhooks]\n[stores.{name}x]\nwithout = "store/*"\n[stores."{name}*"]\n')
    (note,) = fleet.plan(path).notes
    assert f"[stores.{name}x]" in note
    assert f"Did you mean {name!r}" in note


def test_a_plan_over_all_stores_is_empty_after_it_was_applied(
    box: ikas.Sandbox, fleet: ikas.Fleet
) -> None:
    plan = fleet.plan(DESIRED)
    assert plan.changes["action"].tolist() == ["create"] * 40
    before = box.calls
    outcome = plan.apply()
    assert set(outcome["outcome"]) == {"saved"}
    # Per store: one list before the first write, one save, one list after it.
    assert box.calls - before == {"listWebhook": 40, "saveWebhook": 20}
    assert fleet.plan(DESIRED).empty
    assert fleet.plan(DESIRED, prune=True).empty


def test_the_text_of_a_plan_shows_the_stores_in_which_something_changes(fleet: ikas.Fleet) -> None:
    """Two of twenty: nobody reads two hundred lines to find them."""
    fleet.plan(DESIRED).apply()
    for name in ("shop-04", "shop-16"):
        fleet.stores[name].webhooks.delete("store/order/created")
    lines = fleet.plan(DESIRED).text().splitlines()
    assert lines == [
        "shop-04",
        "  + store/order/created  https://example.com/shop-04",
        "    store/order/updated  https://example.com/shop-04",
        "shop-16",
        "  + store/order/created  https://example.com/shop-16",
        "    store/order/updated  https://example.com/shop-16",
        "Nothing to change in 18 stores: shop-00, shop-01, shop-02, shop-03, shop-05, shop-06, "
        "shop-07, shop-08, shop-09, shop-10 and 8 more",
        "2 to create, 38 kept",
    ]


def test_undo_takes_back_one_apply_in_all_stores(box: ikas.Sandbox, fleet: ikas.Fleet) -> None:
    fleet.plan({"https://old.example.com/{store}": ORDERS}).apply()
    before = fleet.list()
    fleet.plan(DESIRED).apply()
    undone = fleet.undo()
    assert undone is not None
    assert str(undone) == str(fleet.undo())  # looking takes nothing
    assert len(undone.reverts) == len(NAMES)
    calls = box.calls
    undone.apply()
    assert (box.calls - calls)["saveWebhook"] == len(NAMES)
    assert ikas.diff(before, fleet.list()).empty
    with pytest.raises(errors.PlanError, match="taken back already"):
        undone.apply()
    undone = fleet.undo()
    assert undone is not None
    undone.apply()
    assert fleet.list().empty
    assert fleet.undo() is None


def test_undo_takes_no_argument_any_more(fleet: ikas.Fleet) -> None:
    for undo in (fleet.undo, fleet.stores["shop-00"].webhooks.undo):
        with pytest.raises(errors.InvalidArgumentError, match="it only looks now"):
            undo(take=False)


def test_undo_takes_back_what_was_written_through_a_single_store(fleet: ikas.Fleet) -> None:
    """Whatever wrote last: the plan before it is not taken back in its place."""
    fleet.plan(DESIRED).apply()
    wanted = fleet.list()
    fleet.stores["shop-04"].webhooks.delete(ORDERS)
    fleet.stores["shop-09"].webhooks.save("https://other.example.com/", ORDERS[0])
    for store in ("shop-09", "shop-04"):
        looked_at, undone = fleet.undo(), fleet.undo()
        assert looked_at is not None
        assert undone is not None
        assert str(looked_at) == str(undone)
        assert set(undone.changes["store"]) == {store}
        undone.apply()
    assert ikas.diff(wanted, fleet.list()).empty
    last = fleet.undo()  # the plan's own writes are next
    assert last is not None
    assert last.changes["action"].tolist() == ["delete"] * 40


def test_a_store_has_one_journal_whoever_writes_to_it(fleet: ikas.Fleet) -> None:
    """The store itself, its form and the fleet: each takes back what another wrote."""
    store = fleet.stores["shop-04"]
    store.webhooks.save("https://first.example.com/", ORDERS)
    fleet.plan(DESIRED).apply()
    form = store.webhooks.manager(language="en")
    form.click("undo")
    assert set(store.webhooks.list()["endpoint"]) == {"https://first.example.com/"}
    own = store.webhooks.undo()
    assert own is not None
    own.apply()
    assert store.webhooks.list().empty
    rest = fleet.undo()
    assert rest is not None
    assert set(rest.changes["store"]) == {*NAMES} - {"shop-04"}


def test_two_connections_share_no_journal(box: ikas.Sandbox) -> None:
    with connected(box, "acme") as one, ikas.connect(box) as other:
        one.webhooks.save("https://example.com/", ORDERS)
        assert one.webhooks.undo() is not None
        assert other.webhooks.undo() is None


SET_BACK = """
import ikas_explore as ikas
from tests.chaos import clock
clock.install()
with ikas.Sandbox(examples=False) as box:
    added = [box.add_store(name) for name in ("acme", "kitap", "moda")]
    fleet = ikas.Fleet(
        ikas.connect(each.name, access_token=each.access_token, base_url=box.base_url)
        for each in added
    )
    with fleet:
        for name, hours in (("moda", 0), ("acme", -1), ("kitap", -2)):
            clock.jump(hours * 3600)
            fleet.stores[name].webhooks.save("https://example.com/", "store/order/created")
        while (undone := fleet.undo()) is not None:
            print(*undone.changes["store"])
            undone.apply()
"""


def test_undo_takes_the_last_write_though_the_clock_was_set_back() -> None:
    """In a process of its own, whose clock is."""
    environment = {name: each for name, each in os.environ.items() if name != "IKAS_JOURNAL"}
    done = subprocess.run(
        [sys.executable, "-c", SET_BACK],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["kitap", "acme", "moda"]


def test_a_plan_tells_of_the_stores_it_leaves_out(box: ikas.Sandbox, fleet: ikas.Fleet) -> None:
    """A frame that names one of them is not refused for it."""
    fleet.plan(DESIRED).apply()
    wanted = fleet.list()
    box.faults.add("expired_token", store="shop-05")
    plan = fleet.plan(wanted)
    assert plan.empty
    assert "shop-05" not in set(plan.changes["store"])
    assert plan.notes[0].startswith("shop-05 is not in this plan: ")
    box.faults.add("expired_token")
    with pytest.raises(errors.PlanError, match="No store could be listed"):
        fleet.plan(DESIRED)


def test_a_plan_is_for_one_host(box: ikas.Sandbox) -> None:
    """Listing is for any; the second host is a sandbox that could be taken for the first."""
    with ikas.Sandbox() as other, ikas.Fleet([connected(box, "a"), connected(other, "b")]) as fleet:
        assert fleet.list().empty
        with pytest.raises(errors.InvalidArgumentError, match="one base URL"):
            fleet.plan(DESIRED)


def test_fleets_write_to_the_journal_that_is_named(
    box: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So another process, or the store by itself, can take a write back."""
    monkeypatch.setenv("IKAS_JOURNAL", str(tmp_path / "journal.jsonl"))
    with ikas.Fleet([connected(box, "acme")]) as fleet:
        fleet.plan(DESIRED).apply()
        undone = fleet.stores["acme"].webhooks.undo()
        assert undone is not None
        undone.apply()
        assert fleet.list().empty
        assert fleet.undo() is None
