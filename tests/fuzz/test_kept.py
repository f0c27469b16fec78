"""What is kept between runs and what a store says of itself: leases, cursors, schemas, clocks."""

from __future__ import annotations

import copy
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema, introspection_from_schema
from hypothesis import strategies as st

import ikas_explore as ikas
from ikas_explore.cli.monitoring import _begin
from ikas_explore.deliveries import leases
from ikas_explore.errors import IkasError
from ikas_explore.schema import introspected, sdl
from ikas_explore.schema.files import changes, write_schema
from ikas_explore.schema.limits import CALL_LINES, DELIVERY_LINES
from ikas_explore.schema.tally import Tally
from tests.client.test_own_schema import SDL, Ikas, connect, start_anew
from tests.fuzz.runs import attempt, fuzz
from tests.fuzz.strategies import any_json, quiet, texts
from tests.manage.registries import SCOPES, DictRegistry

URL = "https://tunnel.example/"
cells = st.none() | texts | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.binary(max_size=4)
names = st.sampled_from(["0" * 32, "../x", "a/b", "", "0" * 31 + "\0"]) | cells


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IKAS_LEASES", str(tmp_path / "leases.db"))
    return tmp_path / "leases.db"


@fuzz(
    examples=80,
    row=st.tuples(names, st.sampled_from(SCOPES) | cells, cells, st.just(URL) | cells, cells),
    as_bytes=st.none() | st.binary(max_size=200),
)
def test_leases_of_anything_are_given_back_or_refused(
    file: Path, row: tuple[Any, ...], as_bytes: bytes | None
) -> None:
    for left in file.parent.glob("leases*"):
        left.unlink()
    if as_bytes is None:
        with closing(sqlite3.connect(file)) as made, made:
            made.execute(
                "CREATE TABLE leases (session, base_url, store, scope, before, endpoint, since)"
            )
            made.execute(
                "INSERT INTO leases VALUES (?, 'https://a.example', 'acme', ?, ?, ?, ?)",
                row,
            )
    else:
        file.write_bytes(as_bytes)
    registry = DictRegistry({SCOPES[0]: URL})
    for call in (
        lambda: leases.named(leases.leases_of("https://a.example", "acme")),
        lambda: leases.sweep("https://a.example", registry),
    ):
        refused = attempt(call, IkasError)
        assert not isinstance(refused, IkasError) or quiet(str(refused)), str(refused)
    assert {each.parent for each in file.parent.rglob("*")} <= {file.parent}


@fuzz(
    examples=100,
    content=texts.map(str.encode)
    | st.binary(max_size=40)
    | st.sampled_from([b"2026-01-01", b"9999-12-31T23:59:59-23:59", b"0001-01-01T00:00:00+23:59"]),
)
def test_a_cursor_of_anything_is_a_moment_or_refused(tmp_path: Path, content: bytes) -> None:
    cursor = tmp_path / "cursor"
    cursor.write_bytes(content)
    attempt(lambda: _begin(None, cursor), IkasError)


SCHEMA: dict[str, Any] = dict(introspection_from_schema(build_schema(sdl("v1"))))


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name each place in the answer."""
    yield way
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, each in inner:
        yield from places(each, (*way, key))


def damaged(schema: dict[str, Any], damage: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    """Return a copy with other values in some of its places."""
    made = copy.deepcopy(schema)
    for way, value in damage:
        parent: Any = made
        try:
            for key in way[:-1]:
                parent = parent[key]
            parent[way[-1]] = value
        except (TypeError, KeyError, IndexError):  # that place went with the one before
            continue
    return made


PLACES = [way for way in places(SCHEMA) if way]


@fuzz(
    examples=60,
    damage=st.lists(st.tuples(st.sampled_from(PLACES), any_json | texts), min_size=1, max_size=3),
    ending=st.sampled_from([".py", ".graphql", ".json"]),
)
def test_a_schema_of_anything_is_written_compared_or_refused(
    tmp_path: Path, damage: list[tuple[tuple[Any, ...], Any]], ending: str
) -> None:
    made, out = damaged(SCHEMA, damage), tmp_path / f"made{ending}"
    for call in (
        lambda: write_schema(made, out, source="fuzz"),
        lambda: changes(SCHEMA, made),
        lambda: changes(made, SCHEMA),
    ):
        refused = attempt(call, IkasError)
        assert not isinstance(refused, IkasError) or quiet(str(refused)), str(refused)


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ikas.Store]:
    """Connect as another process would: it knows the files of the cache, and no more."""

    def connected(server: Callable[[httpx.Request], httpx.Response]) -> ikas.Store:
        monkeypatch.setattr(introspected, "_loaded", {})
        monkeypatch.setattr(introspected, "_asked", set())
        start_anew(monkeypatch)
        return connect(server)

    return connected


THINGS: dict[str, Any] = dict(
    introspection_from_schema(build_schema(SDL.format(field="size: Int!", more="")))
)
ASKS = st.sampled_from(
    [
        lambda store: store.query("listThing"),
        lambda store: store.capabilities(),
        lambda store: store.schema(refresh=True),
    ]
)


@fuzz(
    examples=40,
    damage=st.lists(
        st.tuples(st.sampled_from([way for way in places(THINGS) if way]), any_json | texts),
        min_size=1,
        max_size=3,
    ),
    ask=ASKS,
)
def test_an_introspection_of_anything_is_types_or_refused(
    anew: Callable[..., ikas.Store], damage: list[tuple[Any, Any]], ask: Callable[..., Any]
) -> None:
    content = json.dumps({"data": damaged(THINGS, damage)})
    answer = httpx.Response(200, content=content)
    refused = attempt(lambda: ask(anew(lambda _: answer)), IkasError)
    assert not isinstance(refused, IkasError) or quiet(str(refused)), str(refused)


@fuzz(
    examples=15,
    suffix=st.sampled_from(["py", "json"]),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    put=st.binary(max_size=40) | any_json.map(json.dumps).map(str.encode),
)
def test_a_cached_schema_of_anything_is_used_made_again_or_refused(
    anew: Callable[..., ikas.Store], suffix: str, cut: tuple[float, float], put: bytes
) -> None:
    server = Ikas()
    anew(server).schema(refresh=True)
    (path,) = Path(os.environ["IKAS_CACHE"]).glob(f"*.{suffix}")
    whole = path.read_bytes()
    begin, end = sorted(round(each * len(whole)) for each in cut)
    path.write_bytes(whole[:begin] + put + whole[end:])
    refused = attempt(lambda: anew(server).query("listThing").to_frame(), IkasError)
    assert not isinstance(refused, IkasError) or quiet(str(refused)), str(refused)
    anew(server).schema(refresh=True)
    assert anew(server).query("listThing").to_frame().shape == (2, 6)


moments = st.floats(-1e11, 1e11) | st.sampled_from([0.0, 1e9, 1e9 + 0.1, 4e9])


@fuzz(
    examples=100,
    requests=st.lists(st.tuples(moments, st.booleans(), st.booleans()), max_size=60),
    scale=st.sampled_from([0.01, 1.0, 3600.0, 1e6]),
)
def test_a_budget_at_any_clock_counts_what_came(
    requests: list[tuple[float, bool, bool]], scale: float
) -> None:
    for lines in (CALL_LINES, DELIVERY_LINES):
        tally = Tally(lines, scale=scale)
        for now, failed, over_rate in requests:
            tally.add(now, failed=failed, over_rate=over_rate)
            for row in tally.rows(now):
                assert 0 <= row["errors"] <= row["requests"] <= len(requests)
                assert row["left"] >= 0
                assert json.dumps(row)
            blocked = tally.blocked(now)
            assert blocked is None or blocked[1] > now
