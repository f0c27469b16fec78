"""Schemas as large as ikas' own, and those of somebody who means harm."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema, introspection_from_schema

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, UnknownFieldError
from ikas_explore.schema import introspected
from tests.client import whole_schema

SMALL = """
scalar Timestamp
enum Colour { RED GREEN }
interface Named { name: String }
type Brand implements Named { name: String }
type Shop implements Named { name: String }
union Owner = Brand | Shop
input Filter { colour: Colour = RED text: String = "any" }
type Thing { id: ID! name: String colour: Colour madeAt: Timestamp brand: Brand owner: Owner
  sold(since: String = "ever"): Int @deprecated(reason: "old") }
type Query { listThing(filter: Filter, text: String = "all"): [Thing!]! }
"""
ROW = {"id": "t1", "name": "x", "colour": "RED", "madeAt": 1, "sold": 2, "brand": {"name": "b"}}
FOUND = {"id": "t1", "name": "x", "colour": "RED", "sold": 2, "brand.name": "b"}

Schema = dict[str, Any]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and a process that has not asked for any schema."""
    monkeypatch.setenv("IKAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(introspected, "_loaded", {})
    monkeypatch.setattr(introspected, "_asked", set())
    return tmp_path / "cache"


def connect(server: Callable[[httpx.Request], httpx.Response]) -> ikas.Store:
    return ikas.connect(
        access_token="t", base_url="http://127.0.0.1", transport=httpx.MockTransport(server)
    )


def test_each_of_63_lists_among_660_types_gives_a_frame_or_says_what_it_wants() -> None:
    schema = build_schema(whole_schema.sdl())
    assert schema.query_type is not None
    assert (len(schema.type_map), len(schema.query_type.fields)) == (660, 63)
    server = whole_schema.Server(schema)
    store = connect(server)
    for name in schema.query_type.fields:
        server.asked = 0
        if name.endswith("Union"):
            with pytest.raises(UnknownFieldError, match=r"is a union of Part\d+, Part0"):
                store.query(name)
            continue
        query = store.query(name)
        wanted = whole_schema.wanted(schema, name)
        if wanted:
            with pytest.raises(InvalidArgumentError, match=f"{name} needs {', '.join(wanted)};"):
                query.to_frame()
            query = query.arguments(**{each: ["a", "b"] for each in wanted})
        frame = query.to_frame()
        assert len(frame) == (1 if name.endswith("Single") else 2), name
        columns = frame.columns.tolist()
        if name.endswith("Bare"):
            assert columns == ["inner.id", "inner.name", "inner.code"]
        elif name.endswith("Interface"):
            assert columns == ["id", "name"]
        else:
            assert columns[:3] == ["id", "name", "state"]
            assert str(frame["at"].dtype) == "datetime64[ms, UTC]"
            assert frame["state"].str.startswith("OPEN").all()
            assert frame["part.code"].tolist() == [3] * len(frame)
            assert frame["tags"].map(len).tolist() == [2] * len(frame)
            lines = query.explode("parts").select("parts.code", "id").to_frame()
            assert len(lines) == 2 * len(frame)
        assert server.asked <= 3
    offered = store.capabilities()
    assert (offered["kind"] == "query").sum() == 63


def _text(old: str, new: str) -> Callable[[Schema], Schema]:
    """Put another text in place of one, wherever it is a whole text of the schema."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: change(each) for name, each in value.items()}
        if isinstance(value, list):
            return [change(each) for each in value]
        return new if value == old else value

    return change


def _type(name: str, **parts: Any) -> Callable[[Schema], Schema]:
    """Replace parts of a type."""

    def change(schema: Schema) -> Schema:
        for each in schema["types"]:
            if each["name"] == name:
                each.update(parts)
        return schema

    return change


def _described(text: str) -> Callable[[Schema], Schema]:
    """Describe everything so."""

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(each) for each in value]
        if not isinstance(value, dict):
            return value
        changed = {name: change(each) for name, each in value.items()}
        for name in ("description", "deprecationReason", "specifiedByURL"):
            if name in changed:
                changed[name] = text
        return changed

    return change


def _without(part: str) -> Callable[[Schema], Schema]:
    """Take a part out wherever it is, or make it null."""

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {name: change(each) for name, each in value.items() if name != part}

    return change


def _nested(schema: Schema) -> Schema:
    kind: Any = {"kind": "SCALAR", "name": "Int", "ofType": None}
    for _ in range(300):
        kind = {"kind": "LIST", "name": None, "ofType": kind}
    for each in schema["types"]:
        if each["name"] == "Thing":
            each["fields"].append(
                {"name": "deep", "description": None, "args": [], "type": kind,
                 "isDeprecated": False, "deprecationReason": None}
            )  # fmt: skip
    return schema


CODE = "open({marker!r}, 'w').close()"
NAMES = ("Thing", "Brand", "Owner", "Filter", "Colour", "Timestamp", "Query", "listThing", "id",
         "sold", "since", "filter", "text", "RED", "Named")  # fmt: skip
PARTS = ("types", "queryType", "fields", "args", "name", "kind", "type", "ofType", "interfaces",
         "possibleTypes", "enumValues", "inputFields", "directives", "description",
         "defaultValue", "isDeprecated", "mutationType", "subscriptionType")  # fmt: skip
SHAPES = (
    "{code}", "x: {code}", "x = 1\n{code}\n", "x'''\n{code}\n'''", 'x"""\n{code}\n"""', "\\",
    "'''\\'''{code}", "\\'''\n{code}\n#", "__import__('os')", "x\x00", "\u2028{code}", "ş", "",
    "class", "None", "__class__", "sgqlc", "True", "\ud800",
)  # fmt: skip
HOSTILE: dict[str, Callable[[Schema], Any]] = {
    **{f"{name!r} named {text!r}": _text(name, text) for name in NAMES for text in SHAPES},
    **{f"described {text!r}": _described(text) for text in SHAPES},
    **{
        f"default {old} {text!r}": _text(old, text)
        for old in ('"any"', '"all"', '"ever"', "RED")
        for text in (*SHAPES, "{{a: {code}}}", "[[[[", '"\\"); {code} #"')
    },
    **{f"without {part}": _without(part) for part in PARTS},
    "an interface of itself": _type(
        "Named", possibleTypes=[{"kind": "INTERFACE", "name": "Named"}]
    ),
    "a union of itself": _type("Owner", possibleTypes=[{"kind": "UNION", "name": "Owner"}]),
    "a union of nothing": _type("Owner", possibleTypes=[]),
    "an implementation of what is not there": _type("Brand", interfaces=[{"name": "Gone"}]),
    "a cycle of interfaces": _type("Named", interfaces=[{"kind": "INTERFACE", "name": "Named"}]),
    "a kind of none": _type("Thing", kind="COMMENT"),
    "a type without fields": _type("Thing", fields=[]),
    "fields that are null": _type("Thing", fields=[None]),
    "a list in a list in a list": _nested,
    "a query type that is not there": lambda schema: {**schema, "queryType": {"name": "Gone"}},
    "every type twice": lambda schema: {**schema, "types": schema["types"] * 2},
    "no type": lambda schema: {**schema, "types": []},
    "numbers for types": lambda schema: {**schema, "types": [1, 2]},
    "text": lambda schema: "schema",
}  # fmt: skip


def test_a_hostile_schema_is_right_or_refused_and_nothing_of_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in turn: hundreds of tests of a hundredth of a second would take longer to start."""
    marker = tmp_path / "ran"
    code = CODE.format(marker=str(marker))
    whole: Any = introspection_from_schema(build_schema(SMALL))["__schema"]
    outcomes = {}
    for what, change in HOSTILE.items():
        schema = json.loads(json.dumps(change(copy.deepcopy(whole))))
        schema = _filled(schema, code)
        introspected._loaded.clear()
        introspected._asked.clear()
        outcomes[what] = _outcome(schema)
        assert not marker.exists(), what
    assert outcomes["described ''"] == "right"
    assert outcomes["described {code!r}".format(code="{code}")] == "right"
    assert outcomes["'Thing' named '{code}'"] == "refused"
    assert {"right", "refused"} == set(outcomes.values())


def _filled(value: Any, code: str) -> Any:
    if isinstance(value, list):
        return [_filled(each, code) for each in value]
    if isinstance(value, dict):
        return {name: _filled(each, code) for name, each in value.items()}
    return value.replace("{code}", code) if isinstance(value, str) else value


def _outcome(schema: Any) -> str:
    def server(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["query"]
        data = {"__schema": schema} if "__schema" in asked else {"listThing": [ROW]}
        return httpx.Response(200, content=json.dumps({"data": data}))

    try:
        store = connect(server)
        frame = store.query("listThing").to_frame()
        store.capabilities()
    except ikas.IkasError:
        return "refused"
    row = frame.iloc[0].to_dict()
    assert all(row[name] == cell for name, cell in FOUND.items() if name in row)
    assert "id" in row
    return "right"


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_thousands_of_types_are_right(count: int) -> None:
    whole: Any = introspection_from_schema(
        build_schema("type T0 { id: ID! other: T0 all: [T0!] } type Query { listT: [T0!] }")
    )["__schema"]
    (one,) = (json.dumps(each) for each in whole["types"] if each["name"] == "T0")
    for i in range(1, count):
        # The next one has this one's place in its fields: a cycle of all of them.
        each = json.loads(one)
        each["name"] = f"T{i}"
        each["fields"][1]["type"]["name"] = f"T{(i + 1) % count}"
        whole["types"].append(each)

    def server(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["query"]
        rows = [{"id": "a", "other": {"id": "b"}}]
        data = {"__schema": whole} if "__schema" in asked else {"listT": rows}
        return httpx.Response(200, json={"data": data})

    frame = connect(server).query("listT").to_frame()
    assert frame.to_dict("records") == [{"id": "a", "other.id": "b"}]
