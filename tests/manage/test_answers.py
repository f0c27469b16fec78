"""What ikas answers never locks the repair out: two rows for a scope, scopes of tomorrow."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, InvalidScopeError, PlanError

A, B, C = (f"https://{letter}.example.com/ikas" for letter in "abc")
ORDER, STOCK = "store/order/created", "store/stock/created"
TOMORROW = "store/campaign/created"


class Ikas:
    """An ikas that holds the rows it is given, whatever they are."""

    def __init__(self, *rows: tuple[str, str]) -> None:
        self.rows = [*rows]
        self.verbs: list[str] = []
        self.keeps = False  # whatever is written
        self.refused: str | None = None  # a scope that was saved once

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        verb = next(each for each in ("list", "save", "delete") if f"{each}Web" in asked["query"])
        self.verbs.append(verb)
        if verb == "list":
            return self._answer("listWebhook", [self._row(*row) for row in self.rows])
        given = asked["variables"]
        scopes = given["scopes"] if verb == "delete" else given["input"]["scopes"]
        if verb == "save" and self.refused in scopes:
            error = {"message": "no", "extensions": {"code": "INVALID_SCOPE"}}
            return httpx.Response(200, json={"data": None, "errors": [error]})
        if not self.keeps:
            self.rows = [row for row in self.rows if row[0] not in scopes]
        if verb == "delete":
            return self._answer("deleteWebhook", True)
        saved = [(scope, given["input"]["endpoint"]) for scope in scopes]
        self.rows += [row for row in saved if row not in self.rows]
        return self._answer("saveWebhook", [self._row(*row) for row in saved])

    def _answer(self, field: str, value: object) -> httpx.Response:
        return httpx.Response(200, json={"data": {field: value}})

    def _row(self, scope: str, endpoint: str) -> dict[str, Any]:
        times = {"createdAt": 1, "updatedAt": 2, "deleted": False}
        return {"scope": scope, "endpoint": endpoint, "id": f"{scope} {endpoint}", **times}

    def connect(self, name: str = "acme") -> ikas.Store:
        return ikas.connect(name, access_token="t", transport=httpx.MockTransport(self))


def twice() -> Ikas:
    return Ikas((ORDER, A), (ORDER, B), (STOCK, A))


def test_a_scope_listed_twice_can_be_deleted() -> None:
    server = twice()
    with server.connect() as store:
        assert store.webhooks.delete(ORDER)
        assert server.rows == [(STOCK, A)]
        undone = store.webhooks.undo()
        assert undone is not None
        assert undone.apply()["outcome"].tolist() == ["saved"]
        assert server.rows == [(STOCK, A), (ORDER, A)]


def test_a_scope_listed_twice_can_be_saved() -> None:
    server = twice()
    with server.connect() as store:
        store.webhooks.save(C, ORDER)
    assert server.rows == [(STOCK, A), (ORDER, C)]


@pytest.mark.parametrize("endpoint", [A, B, C])
def test_a_plan_replaces_what_is_listed_twice(endpoint: str) -> None:
    """Also where one of the rows is as desired: the other gets the events too."""
    server = twice()
    with server.connect() as store:
        desired = {A: [ORDER, STOCK]} if endpoint == A else {endpoint: [ORDER], A: [STOCK]}
        plan = store.webhooks.plan(desired)
        assert plan.changes["action"].tolist() == ["replace", "keep"]
        (note,) = plan.notes
        assert note.startswith(f"acme: ikas lists {ORDER} 2 times, with ")
        assert plan.apply()["outcome"].tolist() == ["saved", "kept"]
        assert server.rows == [(STOCK, A), (ORDER, endpoint)]
        assert store.webhooks.plan({endpoint: ORDER}).notes == ()


def test_a_plan_prunes_what_is_listed_twice() -> None:
    server = twice()
    with server.connect() as store:
        store.webhooks.plan({}, prune=True).apply()
    assert server.rows == []


def test_a_store_that_lists_a_scope_twice_for_good_is_a_conflict() -> None:
    """ikas keeps both rows, whatever is saved: what is read back is told."""
    server = twice()
    with server.connect() as store:
        plan = store.webhooks.plan({A: ORDER})
        server.rows.reverse()  # in another order: that is no change
        server.keeps = True
        report = plan.apply()
    assert report["outcome"].tolist() == ["conflict"]
    assert f"'{B}' is registered" in report["error"].item()


def test_a_fleet_goes_on_with_a_store_that_lists_a_scope_twice() -> None:
    strange, usual = twice(), Ikas()
    with ikas.Fleet([strange.connect("acme"), usual.connect("moda")]) as fleet:
        assert len(fleet.list()) == 3
        plan = fleet.plan({C: ORDER})
        assert len(plan.notes) == 1
        assert set(plan.apply()["outcome"]) == {"saved"}
        assert usual.rows == [(ORDER, C)]
        assert (ORDER, C) in strange.rows
        undone = fleet.undo()
        assert undone is not None
        undone.apply()
        assert usual.rows == []


def test_a_form_shows_a_store_that_lists_a_scope_twice() -> None:
    server = twice()
    with server.connect() as store:
        manager = store.webhooks.manager(language="en")
        manager.fill(scopes=[ORDER], endpoint=C, replace=True, confirm=True)
        manager.click("save")
    assert server.rows == [(STOCK, A), (ORDER, C)]


def test_a_frame_that_names_two_endpoints_is_no_desired_state() -> None:
    """Which of them is wanted, ikas does not say either."""
    with twice().connect() as store, pytest.raises(InvalidArgumentError, match="two endpoints"):
        store.webhooks.plan(store.webhooks.list())


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_snapshot_restores_a_scope_that_this_version_does_not_know(
    tmp_path: Path, ending: str
) -> None:
    from ikas_explore.frames.snapshots import write_snapshot

    server = Ikas((TOMORROW, A), (ORDER, A))
    with server.connect() as store:
        snapshot = write_snapshot(store.webhooks.list(), tmp_path / f"today.{ending}")
        server.rows.clear()
        plan = store.webhooks.plan(snapshot)
        assert plan.notes == (
            f"{TOMORROW!r} is not a scope that this version knows; ikas decides whether it can be "
            "registered.",
        )
        plan.apply()
        assert sorted(server.rows) == [(TOMORROW, A), (ORDER, A)]
        store.webhooks.plan({}, prune=True).apply()
        assert server.rows == []
        undone = store.webhooks.undo()
        assert undone is not None
        undone.apply()
    assert sorted(server.rows) == [(TOMORROW, A), (ORDER, A)]


@pytest.mark.parametrize("scope", ["store/order/*", "", "store order created", "store/a\u3164"])
def test_a_frame_may_not_name_what_is_no_scope(scope: str) -> None:
    with Ikas((ORDER, A)).connect() as store, pytest.raises(InvalidScopeError):
        store.webhooks.plan(store.webhooks.list().assign(scope=scope))


def test_a_file_or_mapping_names_unknown_scopes_where_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "desired.toml"
    table = f'[webhooks]\n"{A}" = ["{TOMORROW}", "store/order/*"]\n'
    server = Ikas()
    with server.connect() as store:
        for refused in (table, f"allow_unknown = false\n{table}"):
            path.write_text(refused)
            with pytest.raises(InvalidScopeError, match=f"no scope '{TOMORROW}'"):
                store.webhooks.plan(path)
        with pytest.raises(InvalidScopeError, match=f"no scope '{TOMORROW}'"):
            store.webhooks.plan({A: TOMORROW})
        for wrong in ("yes", 1, None):
            with pytest.raises(PlanError, match="'allow_unknown' is true or false"):
                store.webhooks.plan({A: TOMORROW, "allow_unknown": wrong})  # type: ignore[dict-item]
        assert server.verbs == []
        path.write_text(f"allow_unknown = true\n{table}")
        for desired in (path, {A: [TOMORROW, "store/order/*"], "allow_unknown": True}):
            plan = store.webhooks.plan(desired)  # type: ignore[arg-type]
            assert len(plan.changes) == 3
            assert TOMORROW in plan.notes[0]
        plan.apply()
    assert (TOMORROW, A) in server.rows


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ("https://E.com/a", "https://e.com/a"),
        ("https://e.com/a", "https://e.com:443/a"),
        ("https://e.com/a", "https://e.com./a"),
        ("https://ma\u011faza.com/a", "https://xn--maaza-l1a.com/a"),
    ],
)
def test_a_host_that_is_spelled_otherwise_is_no_change(listed: str, wanted: str) -> None:
    server = Ikas((ORDER, listed))
    with server.connect() as store:
        plan = store.webhooks.plan({wanted: ORDER})
        assert plan.empty
        assert plan.text() == f"acme\n    {ORDER}  {listed}\nNothing to change."
        assert repr(plan) == "<Plan: Nothing to change.>"
        plan.apply()
        assert set(server.verbs) == {"list"}
        after = store.webhooks.list().assign(endpoint=wanted)
        assert ikas.diff(store.webhooks.list(), after).empty
        assert not store.webhooks.plan({f"{wanted}/other": ORDER}).empty


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A desired state that can be read once: a second reader would wait for ever."""
    path = tmp_path / "desired.toml"
    os.mkfifo(path)
    text = f'[webhooks]\n"{A}" = ["{ORDER}"]\n[stores.mod]\nwithout = "{ORDER}"\n'
    writer = threading.Thread(target=path.write_text, args=[text])
    writer.start()
    yield path
    writer.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_fleet_reads_its_desired_state_once_and_before_it_lists(pipe: Path) -> None:
    servers = Ikas(), Ikas()
    with ikas.Fleet([servers[0].connect("acme"), servers[1].connect("moda")]) as fleet:
        plan = fleet.plan(pipe)
        assert len(plan.changes) == 2
        assert "[stores.mod]" in plan.notes[0]
        with pytest.raises(PlanError):
            fleet.plan(pipe.with_name("missing.toml"))
    assert [each.verbs for each in servers] == [["list"], ["list"]]


@pytest.mark.parametrize("odd", [TOMORROW, "store/app/deleted"])
def test_a_scope_that_can_be_saved_no_more_takes_no_other_with_it(odd: str) -> None:
    """ikas saves nothing of a call with one that it refuses, so it has a call of its own."""
    server = Ikas((ORDER, A), (STOCK, A), (odd, A))
    server.refused = odd
    with server.connect() as store:
        before = store.webhooks.list()
        assert store.webhooks.delete("*")
        assert server.rows == []
        undone = store.webhooks.undo()
        assert undone is not None
        report = undone.apply()
        assert dict(zip(report["scope"], report["outcome"], strict=True)) == {
            odd: "failed",
            ORDER: "saved",
            STOCK: "saved",
        }
        store.webhooks.delete("*")
        outcomes = store.webhooks.plan(before).apply()["outcome"].tolist()
    assert sorted(outcomes) == ["failed", "saved", "saved"]
    assert {*server.rows} == {(ORDER, A), (STOCK, A)}
