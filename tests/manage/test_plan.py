from __future__ import annotations

import _thread
import threading
from pathlib import Path

import pandas as pd
import pytest

from ikas_explore.errors import (
    InvalidArgumentError,
    InvalidScopeError,
    LoginRequiredError,
    PlanError,
    TransportError,
)
from ikas_explore.manage.journal import Journal
from tests.manage.registries import SCOPES, DictRegistry, frame, make_plan, undo

A, B, C = (f"https://{letter}.example/ikas" for letter in "abc")
ORDER, ORDER2, STOCK, STOCK2 = (
    "store/order/created",
    "store/order/updated",
    "store/stock/created",
    "store/stock/updated",
)


def outcomes(report: pd.DataFrame) -> dict[str, str]:
    return dict(zip(report["scope"], report["outcome"], strict=True))


def test_a_plan_tells_what_it_would_do_and_sends_nothing() -> None:
    registry = DictRegistry({ORDER: A, ORDER2: A, STOCK: A})
    plan = make_plan({A: [ORDER], B: [ORDER2, STOCK2]}, {"acme": registry})
    assert plan.changes[["scope", "action"]].to_numpy().tolist() == [
        [ORDER, "keep"],
        [ORDER2, "replace"],
        [STOCK2, "create"],
    ]
    assert not plan.empty
    assert registry.verbs() == ["list"]
    assert repr(plan) == "<Plan: 1 to create, 1 to replace, 1 kept>"


def test_prune_deletes_what_is_not_desired() -> None:
    registry = DictRegistry({ORDER: A, STOCK: A})
    plan = make_plan({A: ORDER}, {"acme": registry}, prune=True)
    report = plan.apply()
    assert outcomes(report) == {ORDER: "kept", STOCK: "deleted"}
    assert registry.state == {ORDER: A}


@pytest.mark.parametrize("prune", ["no", "", None, 0, 1])
def test_prune_is_true_or_false(prune: object) -> None:
    with pytest.raises(InvalidArgumentError, match=f"prune is True or False, not {prune!r}"):
        make_plan({}, {"acme": DictRegistry({ORDER: A})}, prune=prune)  # type: ignore[arg-type]


def test_nothing_desired_and_prune_deletes_all_in_one_call() -> None:
    registry = DictRegistry(dict.fromkeys(SCOPES, A))
    report = make_plan({}, {"acme": registry}, prune=True).apply()
    assert set(report["outcome"]) == {"deleted"}
    assert registry.state == {}
    assert registry.verbs() == ["list", "list", "delete", "list"]


def test_apply_makes_one_save_per_endpoint_and_one_delete() -> None:
    registry = DictRegistry({SCOPES[8]: C, SCOPES[9]: C})
    desired = {A: SCOPES[:4], B: SCOPES[4:8]}
    seen: list[tuple[int, int]] = []
    plan = make_plan(desired, {"acme": registry}, prune=True)
    report = plan.apply(progress=lambda done, total: seen.append((done, total)))
    assert registry.verbs() == ["list", "list", "save", "save", "delete", "list"]
    assert set(report["outcome"]) == {"saved", "deleted"}
    assert report["error"].isna().all()
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert plan.report is report


def test_an_empty_plan_sends_nothing() -> None:
    registry = DictRegistry({ORDER: A})
    plan = make_plan({A: ORDER}, {"acme": registry}, prune=True)
    registry.calls.clear()
    assert plan.empty
    assert outcomes(plan.apply()) == {ORDER: "kept"}
    assert registry.calls == []


def test_another_writer_between_plan_and_apply_is_refused_before_any_write() -> None:
    acme, best = DictRegistry({ORDER: A}), DictRegistry({}, "best")
    plan = make_plan({B: [ORDER, STOCK]}, {"acme": acme, "best": best})
    acme.state[STOCK2] = C
    with pytest.raises(PlanError, match=f"acme: {STOCK2} was not registered and is '{C}'"):
        plan.apply()
    assert "save" not in acme.verbs() + best.verbs()


def test_another_writer_during_apply_is_told_as_conflict_and_stays_journaled() -> None:
    registry, journal = DictRegistry({STOCK2: A}), Journal()
    plan = make_plan({A: [ORDER, STOCK2], B: STOCK}, {"acme": registry}, journal=journal)

    def other_writer(call: tuple[str, ...]) -> None:
        if call == ("save", B, STOCK):
            registry.state |= {ORDER: C, STOCK2: C}

    registry.after = other_writer
    report = plan.apply()
    assert outcomes(report) == {ORDER: "conflict", STOCK: "saved", STOCK2: "conflict"}
    assert report.loc[report["scope"] == ORDER, "error"].item().startswith(f"read back, '{C}'")
    assert [dict(entry.after) for entry in journal.entries()] == [{ORDER: A}, {STOCK: B}]


def test_a_call_that_fails_is_told_and_the_others_are_made() -> None:
    registry = DictRegistry()

    def refuse(call: tuple[str, ...]) -> None:
        if call[:2] == ("save", A):
            del registry.state[ORDER]
            raise InvalidArgumentError("refused by ikas")

    registry.after = refuse
    journal = Journal()
    report = make_plan({A: ORDER, B: STOCK}, {"acme": registry}, journal=journal).apply()
    assert outcomes(report) == {ORDER: "failed", STOCK: "saved"}
    assert report["error"].tolist()[0] == "refused by ikas"
    assert [list(entry.after) for entry in journal.entries()] == [[STOCK]]


def test_a_call_that_timed_out_but_arrived_is_saved_and_journaled() -> None:
    registry, journal = DictRegistry(), Journal()

    def time_out(call: tuple[str, ...]) -> None:
        if call[0] == "save":
            raise TransportError("time-out")

    registry.after = time_out
    report = make_plan({A: ORDER}, {"acme": registry}, journal=journal).apply()
    assert outcomes(report) == {ORDER: "saved"}
    assert report["error"].isna().all()
    assert len(journal.entries()) == 1


def test_after_a_refused_token_no_further_call_is_made() -> None:
    registry = DictRegistry()
    plan = make_plan({A: ORDER, B: STOCK}, {"acme": registry})

    def log_out(call: tuple[str, ...]) -> None:
        if call[0] == "save":
            registry.state.clear()
            raise LoginRequiredError("the token expired")

    registry.after = log_out
    report = plan.apply()
    assert set(report["outcome"]) == {"failed"}
    assert registry.verbs().count("save") == 1
    assert report["error"].tolist()[1] == "not sent: the token expired"


def test_a_delete_answered_with_false_is_failed() -> None:
    class Deaf(DictRegistry):
        def delete(self, scopes: object) -> bool:
            return False

    report = make_plan({}, {"acme": Deaf({ORDER: A})}, prune=True).apply()
    assert outcomes(report) == {ORDER: "failed"}
    assert "false" in report["error"].item()


def test_what_could_not_be_read_back_says_so() -> None:
    registry = DictRegistry()
    plan = make_plan({A: ORDER}, {"acme": registry})

    def no_list_after_save(call: tuple[str, ...]) -> None:
        if call[0] == "list" and "save" in registry.verbs():
            raise TransportError("no answer")

    registry.after = no_list_after_save
    report = plan.apply()
    assert outcomes(report) == {ORDER: "saved"}
    assert report["error"].item() == "not read back: no answer"


def test_applying_again_sends_nothing_and_continues_after_a_failure() -> None:
    registry = DictRegistry()
    plan = make_plan({A: ORDER, B: STOCK}, {"acme": registry})

    def fail_once(call: tuple[str, ...]) -> None:
        if call[:2] == ("save", B) and registry.verbs().count("save") == 2:
            del registry.state[STOCK]
            raise TransportError("no connection", sent=False)

    registry.after = fail_once
    assert outcomes(plan.apply()) == {ORDER: "saved", STOCK: "failed"}
    assert outcomes(plan.apply()) == {ORDER: "kept", STOCK: "saved"}
    registry.calls.clear()
    assert outcomes(plan.apply()) == {ORDER: "kept", STOCK: "kept"}
    assert registry.verbs() == ["list"]


@pytest.mark.parametrize("workers", [1, 4])
def test_a_store_that_cannot_be_reached_does_not_hold_up_the_others(workers: int) -> None:
    registries = {name: DictRegistry({}, name) for name in ("acme", "best", "corp")}
    plan = make_plan({A + "/{store}": ORDER}, registries, workers=workers)

    def refuse(call: tuple[str, ...]) -> None:
        raise TransportError("no connection", sent=False)

    registries["best"].after = refuse
    report = plan.apply()
    assert dict(zip(report["store"], report["outcome"], strict=True)) == {
        "acme": "saved",
        "best": "failed",
        "corp": "saved",
    }
    assert registries["corp"].state == {ORDER: A + "/corp"}


def test_ctrl_c_tells_and_journals_what_was_done() -> None:
    acme, best, journal = DictRegistry(), DictRegistry({}, "best"), Journal()
    plan = make_plan({A: ORDER, B: STOCK, C: STOCK2}, {"acme": acme, "best": best}, journal=journal)

    def interrupt(call: tuple[str, ...]) -> None:
        if call[:2] == ("save", B):
            raise KeyboardInterrupt

    acme.after = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        plan.apply()
    assert plan.report is not None
    assert plan.report[["store", "scope", "outcome"]].to_numpy().tolist() == [
        ["acme", ORDER, "saved"],
        ["acme", STOCK, "saved"],  # cut off, and found there all the same
        ["acme", STOCK2, "failed"],
        ["best", ORDER, "failed"],
        ["best", STOCK, "failed"],
        ["best", STOCK2, "failed"],
    ]
    assert set(plan.report["error"].dropna()) == {"not sent: interrupted"}
    assert [list(entry.after) for entry in journal.entries()] == [[ORDER], [STOCK]]
    assert "plan.report" in caught.value.__notes__[0]
    assert best.verbs() == ["list", "list"]


def test_ctrl_c_ends_a_fleets_apply_after_the_calls_under_way() -> None:
    names = [f"store-{number}" for number in range(12)]
    registries = {name: DictRegistry({}, name) for name in names}
    journal = Journal()
    plan = make_plan({A: ORDER, B: STOCK}, registries, journal=journal, workers=2)
    once = threading.Lock()

    def interrupt(call: tuple[str, ...]) -> None:
        if call[0] == "save" and once.acquire(blocking=False):
            _thread.interrupt_main()

    for registry in registries.values():
        registry.after = interrupt
    with pytest.raises(KeyboardInterrupt):
        plan.apply()
    report = plan.report
    assert report is not None
    assert len(report) == 24
    done = report[report["outcome"] == "saved"]
    for name, registry in registries.items():
        assert set(registry.state) == set(done.loc[done["store"] == name, "scope"])
    assert sorted((entry.store, *entry.after) for entry in journal.entries()) == sorted(
        zip(done["store"], done["scope"], strict=True)
    )
    assert set(report["error"].dropna()) <= {"not sent: interrupted"}


@pytest.mark.parametrize(
    ("desired", "error"),
    [
        (frame({"store/order/*": A}), InvalidScopeError),
        (frame({ORDER: "http://a.example/"}), InvalidArgumentError),
        ({"http://a.example/": ORDER}, InvalidArgumentError),
    ],
)
def test_what_ikas_would_refuse_is_refused_before_the_plan(
    desired: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        make_plan(desired, {"acme": DictRegistry()})  # type: ignore[arg-type]


def test_http_is_fine_where_the_store_is_local_and_where_it_stands_already() -> None:
    local = {"http://127.0.0.1:8000/": ORDER}
    assert not make_plan(local, {"acme": DictRegistry()}, local=True).empty
    assert make_plan(local, {"acme": DictRegistry({ORDER: "http://127.0.0.1:8000/"})}).empty


def test_a_listing_at_hand_is_not_fetched_again() -> None:
    registry = DictRegistry({ORDER: A})
    assert make_plan({A: ORDER}, {"acme": registry}, before=registry.list()).empty
    assert registry.verbs() == ["list"]


def test_the_text_has_a_sign_a_line_and_no_control_character() -> None:
    registry = DictRegistry({ORDER: "https://a.example/\x1b[2J", ORDER2: A, STOCK2: A})
    plan = make_plan({A: [STOCK2, ORDER], B: STOCK}, {"acme": registry}, prune=True)
    assert plan.text().splitlines() == [
        "acme",
        f"  ~ {ORDER}  https://a.example/\\x1b[2J -> {A}",
        f"  - {ORDER2}  {A}",
        f"  + {STOCK}  {B}",
        f"    {STOCK2}  {A}",
        "1 to create, 1 to replace, 1 to delete, 1 kept",
    ]
    assert "\x1b[33m  ~ " in plan.text(colour=True)
    assert "\x1b[2J" not in plan.text(colour=True)
    assert str(plan) == plan.text()


def test_an_endpoint_shows_as_text_in_a_notebook() -> None:
    evil = "https://a.example/<img onerror=alert(1)>"
    html = make_plan({A: ORDER}, {"acme": DictRegistry({ORDER: evil})})._repr_html_()
    assert "<img" not in html
    assert "&lt;img" in html


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
