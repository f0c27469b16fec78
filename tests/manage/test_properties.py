"""What holds for any state, any desire and any order."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ikas_explore.manage.changes import diff
from ikas_explore.manage.journal import Journal
from tests.manage.registries import SCOPES, DictRegistry, frame, make_plan, undo

ENDPOINTS = [f"https://{letter}.example/ikas" for letter in "abc"]

scopes = st.sampled_from(SCOPES)
states = st.dictionaries(scopes, st.sampled_from(ENDPOINTS))
forms = st.sampled_from(["mapping", "frame"])
writes = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(ENDPOINTS), st.lists(scopes, min_size=1, max_size=4, unique=True)
        ),
        st.tuples(st.none(), st.lists(scopes, min_size=1, max_size=4, unique=True)),
    ),
    max_size=8,
)

runs = pytest.mark.parametrize(
    "examples", [40, pytest.param(1000, marks=pytest.mark.slow)], ids=["short", "long"]
)


def as_desired(wanted: dict[str, str], form: str, order: list[str]) -> object:
    ordered = {scope: wanted[scope] for scope in order}
    if form == "frame":
        rows = frame(ordered)
        return rows.set_index("scope").loc[order].reset_index() if order else rows
    mapping: dict[str, list[str]] = {}
    for scope, endpoint in ordered.items():
        mapping.setdefault(endpoint, []).append(scope)
    return mapping


@runs
def test_a_frame_does_not_differ_from_itself_in_any_order(examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(state=states, seed=st.integers(0, 2**32 - 1))
    def check(state: dict[str, str], seed: int) -> None:
        one = frame(state)
        changes = diff(one, one.sample(frac=1, random_state=seed))
        assert changes.empty
        assert dict(changes.dtypes) == dict(make_plan(one, {"acme": DictRegistry()}).changes.dtypes)

    check()


@runs
def test_diff_is_antisymmetric(examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(one=states, other=states)
    def check(one: dict[str, str], other: dict[str, str]) -> None:
        there, back = diff(frame(one), frame(other)), diff(frame(other), frame(one))
        turned = {"create": "delete", "delete": "create", "replace": "replace"}
        mirrored = there.rename(
            columns={"endpoint_before": "endpoint_after", "endpoint_after": "endpoint_before"}
        ).assign(action=there["action"].map(turned))[list(there.columns)]
        pd.testing.assert_frame_equal(mirrored, back, check_dtype=False)

    check()


@runs
def test_after_apply_the_plan_is_empty(examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(state=states, wanted=states, form=forms, prune=st.booleans(), data=st.data())
    def check(
        state: dict[str, str], wanted: dict[str, str], form: str, prune: bool, data: st.DataObject
    ) -> None:
        registry = DictRegistry(state)
        desired = as_desired(wanted, form, data.draw(st.permutations(sorted(wanted))))
        plan = make_plan(desired, {"acme": registry}, prune=prune)  # type: ignore[arg-type]
        plan.apply()
        again = as_desired(wanted, form, data.draw(st.permutations(sorted(wanted))))
        assert make_plan(again, {"acme": registry}, prune=prune).empty  # type: ignore[arg-type]
        assert registry.state == (wanted if prune else {**state, **wanted})

    check()


@runs
def test_a_plan_never_touches_what_it_does_not_name(examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(state=states, wanted=states)
    def check(state: dict[str, str], wanted: dict[str, str]) -> None:
        registry = DictRegistry(state)
        plan = make_plan(as_desired(wanted, "mapping", list(wanted)), {"acme": registry})  # type: ignore[arg-type]
        assert set(plan.changes["scope"]) == set(wanted)
        plan.apply()
        written = {scope for call in registry.calls for scope in call[1:] if scope in SCOPES}
        assert written <= set(wanted)

    check()


@runs
def test_undoing_any_writes_one_by_one_restores_the_frame(examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(state=states, made=writes, wanted=states)
    def check(
        state: dict[str, str], made: list[tuple[str | None, list[str]]], wanted: dict[str, str]
    ) -> None:
        registry, journal = DictRegistry(state), Journal()
        history = [dict(state)]
        for endpoint, asked in made:
            with journal.write(registry, asked, endpoint=endpoint):
                if endpoint is None:
                    registry.delete(asked)
                else:
                    registry.save(endpoint, asked)
            if len(journal.entries()) == len(history):  # else nothing was deleted
                history.append(dict(registry.state))
        assert len(journal.entries()) == len(history) - 1
        desired = as_desired(wanted, "mapping", list(wanted))
        make_plan(desired, {"acme": registry}, journal=journal, prune=True).apply()  # type: ignore[arg-type]
        while len(journal.entries()) > len(history) - 1:
            reverting = undo(journal, {"acme": registry})
            assert reverting is not None
            reverting.apply()
        for before in reversed(history):
            assert registry.state == before
            reverting = undo(journal, {"acme": registry})
            if reverting is not None:
                reverting.apply()
        assert registry.state == state
        assert undo(journal, {"acme": registry}) is None

    check()
