"""Any sequence of saves and deletes gives what a plain dict gives."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import ikas_explore as ikas
from ikas_explore.errors import ScopeTakenError

SCOPES = [str(scope) for scope in ikas.Scope.registrable()]
scopes = st.lists(st.sampled_from(SCOPES), min_size=1, max_size=4)
endpoints = st.sampled_from([f"https://example.com/{name}" for name in "abc"])


class Machine(RuleBasedStateMachine):
    """The sandbox beside a dict from scope to endpoint."""

    api_version = "v1"

    def __init__(self) -> None:
        super().__init__()
        self.store = ikas.connect("sandbox", api_version=self.api_version)
        first = self.store.webhooks.list()
        self.model = dict(zip(first["scope"], first["endpoint"], strict=True))
        self.ids = dict(zip(first["scope"], first["id"], strict=True))

    @rule(endpoint=endpoints, asked=scopes, replace=st.booleans())
    def save(self, endpoint: str, asked: list[str], replace: bool) -> None:
        taken = any(self.model.get(scope, endpoint) != endpoint for scope in asked)
        if taken and not replace:
            with pytest.raises(ScopeTakenError):
                self.store.webhooks.save(endpoint, asked, replace=False)
            return
        saved = self.store.webhooks.save(endpoint, asked, replace=replace)
        assert saved["scope"].tolist() == list(dict.fromkeys(asked))
        for scope, id_ in zip(saved["scope"], saved["id"], strict=True):
            if scope in self.model:
                assert self.ids[scope] == id_
            self.ids[scope] = id_
        self.model |= dict.fromkeys(asked, endpoint)

    @rule(asked=scopes)
    def delete(self, asked: list[str]) -> None:
        assert self.store.webhooks.delete(asked) is True
        for scope in asked:
            self.model.pop(scope, None)

    @invariant()
    def the_list_is_the_model(self) -> None:
        frame = self.store.webhooks.list()
        assert frame["scope"].tolist() == sorted(self.model)
        assert dict(zip(frame["scope"], frame["endpoint"], strict=True)) == self.model
        assert {scope: self.ids[scope] for scope in self.model} == dict(
            zip(frame["scope"], frame["id"], strict=True)
        )

    def teardown(self) -> None:
        self.store.close()


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("api_version", "examples"),
    [
        ("v1", 15),
        ("v2", 15),
        pytest.param("v1", 150, marks=pytest.mark.slow),
        pytest.param("v2", 150, marks=pytest.mark.slow),
    ],
)
def test_any_sequence_of_writes_gives_what_a_dict_gives(api_version: str, examples: int) -> None:
    run_state_machine_as_test(
        type("Machine", (Machine,), {"api_version": api_version}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
