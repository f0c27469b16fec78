"""Taking writes back: undo() only looks, and its plan takes the write off the journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from ikas_explore.errors import PlanError, TransportError
from ikas_explore.manage.journal import Journal
from tests.manage.registries import DictRegistry, make_plan, outcomes, undo

A, B, C = (f"https://{letter}.example/ikas" for letter in "abc")
ORDER, STOCK, STOCK2 = "store/order/created", "store/stock/created", "store/stock/updated"


def test_undo_of_a_move_restores_and_says_what_it_cannot() -> None:
    registry, journal = DictRegistry({ORDER: A}), Journal()
    make_plan({B: [ORDER, STOCK]}, {"acme": registry}, journal=journal).apply()
    plan = undo(journal, {"acme": registry})
    assert plan is not None
    assert plan.changes[["scope", "action"]].to_numpy().tolist() == [
        [ORDER, "replace"],
        [STOCK, "delete"],
    ]
    assert plan.notes == (
        f"Sales channels cannot be read from ikas, so those that {ORDER} had are not restored.",
    )
    assert plan.notes[0] in plan.text()
    plan.apply()
    assert registry.state == {ORDER: A}
    assert undo(journal, {"acme": registry}) is None


def test_undo_only_looks_and_apply_takes_the_write_off_the_journal() -> None:
    registry, journal = DictRegistry({ORDER: A}), Journal()
    make_plan({B: ORDER}, {"acme": registry}, journal=journal).apply()
    entries = journal.entries()
    plans = [undo(journal, {"acme": registry}) for _ in range(3)]
    for plan in plans:
        assert plan is not None
        assert plan.text() == str(plan)
        assert (repr(plan), plan._repr_html_()) == (repr(plans[0]), plans[0]._repr_html_())  # type: ignore[union-attr]
        assert list(plan.reverts) == entries == journal.entries()
    assert plans[0] is not None
    plans[0].apply()
    assert journal.entries() == []
    assert undo(journal, {"acme": registry}) is None


def test_a_plan_of_undo_is_applied_once() -> None:
    """Nor are other plans of the same write: each would send what somebody may have changed."""
    registry, journal = DictRegistry({ORDER: A}), Journal()
    make_plan({B: ORDER}, {"acme": registry}, journal=journal).apply()
    first, second = (undo(journal, {"acme": registry}) for _ in range(2))
    assert first is not None
    assert second is not None
    first.apply()
    registry.calls.clear()
    registry.state[ORDER] = C
    for plan in (first, second):
        with pytest.raises(PlanError, match="taken back already"):
            plan.apply()
    assert registry.calls == []


def test_an_undo_that_fails_stays_on_the_journal() -> None:
    registry, journal = DictRegistry({ORDER: A}), Journal()
    make_plan({B: ORDER}, {"acme": registry}, journal=journal).apply()

    def refuse(call: tuple[str, ...]) -> None:
        if call[0] == "save":
            registry.state[ORDER] = B
            raise TransportError("no connection", sent=False)

    registry.after = refuse
    plan = undo(journal, {"acme": registry})
    assert plan is not None
    assert outcomes(plan.apply()) == {ORDER: "failed"}
    assert list(plan.reverts) == journal.entries()
    registry.after = lambda call: None
    assert outcomes(plan.apply()) == {ORDER: "saved"}
    assert journal.entries() == []


def test_what_one_apply_wrote_is_undone_as_one_plan() -> None:
    """Two endpoints are two calls, and two stores four."""
    stores = {name: DictRegistry({ORDER: A}, name) for name in ("acme", "best")}
    journal = Journal()
    make_plan({B: ORDER, C: STOCK}, stores, journal=journal).apply()
    make_plan({A: STOCK2}, {"best": stores["best"]}, journal=journal).apply()
    assert len(journal.entries()) == 5
    last, earlier = undo(journal, stores), None
    assert last is not None
    assert last.changes["scope"].tolist() == [STOCK2]
    last.apply()
    earlier = undo(journal, stores)
    assert earlier is not None
    assert set(earlier.changes["store"]) == {"acme", "best"}
    earlier.apply()
    assert [each.state for each in stores.values()] == [{ORDER: A}] * 2
    assert undo(journal, stores) is None


def test_a_store_undoes_its_part_of_an_apply_and_the_others_keep_theirs() -> None:
    stores = {name: DictRegistry({ORDER: A}, name) for name in ("acme", "best", "corp")}
    journal = Journal()
    make_plan({B: ORDER, C: STOCK}, stores, journal=journal).apply()
    own = undo(journal, {"best": stores["best"]})
    assert own is not None
    own.apply()
    assert stores["best"].state == {ORDER: A}
    left = undo(journal, stores)
    assert left is not None
    assert set(left.changes["store"]) == {"acme", "corp"}


def test_a_store_that_is_down_does_not_hold_up_the_undo_of_the_others() -> None:
    """It is noted, and its part stays on the journal."""
    stores = {name: DictRegistry({ORDER: A}, name) for name in ("acme", "best")}
    journal = Journal()
    make_plan({B: ORDER}, stores, journal=journal).apply()

    def refuse(call: tuple[str, ...]) -> None:
        raise TransportError("best: no connection", sent=False)

    stores["best"].after = refuse
    plan = undo(journal, stores)
    assert plan is not None
    assert plan.notes[0] == "best is not in this plan: best: no connection"
    plan.apply()
    assert stores["acme"].state == {ORDER: A}
    assert [entry.store for entry in journal.entries()] == ["best"]


def test_an_undo_of_what_was_just_listed_makes_no_call() -> None:
    registry, journal = DictRegistry({ORDER: A}), Journal()
    make_plan({B: [ORDER, STOCK]}, {"acme": registry}, journal=journal).apply()
    now, before = registry.list(), len(registry.calls) + 1
    shown = undo(journal, {"acme": registry}, now=now)
    assert len(registry.calls) == before - 1
    asked = undo(journal, {"acme": registry})
    assert shown is not None
    assert asked is not None
    assert shown.text() == asked.text()


def test_an_undo_that_was_looked_at_takes_its_own_write_and_no_later_one(tmp_path: Path) -> None:
    """Another process may write while somebody reads the plan."""
    path = tmp_path / "journal.jsonl"
    registry, journal = DictRegistry({ORDER: A}), Journal(path)
    made = make_plan({B: ORDER}, {"acme": registry}, journal=journal)
    assert made.reverts == ()
    made.apply()
    shown = undo(journal, {"acme": registry})
    later = Journal(path)
    with later.write(registry, [STOCK], endpoint=B):
        pass  # it was sent, and did not arrive
    assert shown is not None
    shown.apply()
    assert [entry.after for entry in journal.entries()] == [{STOCK: B}]


def test_deleting_nothing_is_not_journaled() -> None:
    registry, journal = DictRegistry({ORDER: A}), Journal()
    with journal.write(registry, [STOCK, STOCK2]):
        registry.delete([STOCK, STOCK2])
    assert journal.entries() == []
    assert undo(journal, {"acme": registry}) is None


def test_what_sales_channels_a_write_changed_is_told() -> None:
    """The endpoint stayed, so there is nothing to revert, and yet something is lost."""
    registry, journal = DictRegistry({ORDER: A}), Journal()
    with journal.write(registry, [ORDER], endpoint=A, sales_channels=True):
        registry.save(A, [ORDER], sales_channel_ids=["web"])
    plan = undo(journal, {"acme": registry})
    assert plan is not None
    assert plan.empty
    assert "Sales channels" in plan.notes[0]


def test_undo_keeps_to_the_stores_at_hand() -> None:
    acme, best, journal = DictRegistry(), DictRegistry({}, "best"), Journal()
    make_plan({A: ORDER}, {"acme": acme, "best": best}, journal=journal).apply()
    plan = undo(journal, {"acme": acme})
    assert plan is not None
    assert plan.changes["store"].tolist() == ["acme"]
    plan.apply()
    assert undo(journal, {"acme": acme}) is None
    assert undo(journal, {"best": best}) is not None


def test_a_store_that_cannot_be_listed_keeps_its_write_on_the_stack() -> None:
    registry, journal = DictRegistry(), Journal()
    make_plan({A: ORDER}, {"acme": registry}, journal=journal).apply()

    def refuse(call: tuple[str, ...]) -> None:
        raise TransportError("no connection", sent=False)

    registry.after = refuse
    with pytest.raises(TransportError):
        undo(journal, {"acme": registry})
    assert len(journal.entries()) == 1
