from __future__ import annotations

import _thread
import threading

import pytest

from ikas_explore.errors import (
    InvalidArgumentError,
    InvalidScopeError,
    LoginRequiredError,
    PlanError,
    TransportError,
)
from ikas_explore.manage.journal import Journal
from tests.manage.registries import SCOPES, DictRegistry, frame, make_plan, outcomes

A, B, C = (f"https://{letter}.example/ikas" for letter in "abc")
ORDER, ORDER2, STOCK, STOCK2 = (
    "store/order/created",
    "store/order/updated",
    "store/stock/created",
    "store/stock/updated",
)


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
        make_plan({}, {"acme": DictRegistry({ORDER: A})}, prune=prune)


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
    assert "save" not in [*acme.verbs(), *best.verbs()]


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
    assert make_plan({A: ORDER}, {"acme": registry}, before=[("acme", ORDER, A)]).empty
    assert registry.verbs() == []


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
