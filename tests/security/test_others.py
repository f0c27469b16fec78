"""Files, schemas and messages that somebody else wrote."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.schema.regenerate import types_of
from tests.security.promises import holds

PACKAGE = Path(ikas.__file__).parent

#: Their readers run what they read.
EXECUTING = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "runpy"}


#: Where the types that were made of a store's schema are loaded, which a test below attacks.
LOADS_TYPES = (PACKAGE / "schema" / "introspected.py", {"exec", "compile"})


@holds("Files and answers are never executed: no pickle, no YAML, no `eval`.")
def test_no_reader_runs_what_it_reads() -> None:
    seen = 0
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            seen += 1
            if isinstance(node, ast.Import):
                assert not EXECUTING & {each.name.split(".")[0] for each in node.names}, path
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in EXECUTING, path
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if path != LOADS_TYPES[0] or called not in LOADS_TYPES[1]:
                    ran = ("eval", "exec", "__import__", "compile", "os.system")
                    assert called not in ran, path
                assert not called.endswith(("read_pickle", "read_hdf")), path
                shell = [each for each in node.keywords if each.arg == "shell"]
                assert not shell, path
    assert seen > 10_000


@holds("The parts of starlette that had holes (forms, files, endpoints, `request.url`) are unused.")
def test_no_part_of_starlette_with_a_known_hole_is_used() -> None:
    """CVE-2026-48710, -48817, -48818, -54282, -54283: fixed in 1.3.1, the oldest we take."""
    seen = 0
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "starlette" in text or "request" in text else ():
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("starlette"):
                seen += 1
                used = {each.name for each in node.names}
                assert not used & {"FileResponse", "StaticFiles", "HTTPEndpoint", "URL"}, path
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "request":
                assert node.attr not in ("form", "url", "base_url"), path
    assert seen > 5


SDL = """
"A type." type Row { id: ID! "How many." size(most: Int = -3, of: [String!] = ["a"]): Int }
input Wanted { name: String = "x" }
enum Colour { RED GREEN }
type Query { rows(wanted: Wanted, colour: Colour = RED): [Row!]! }
"""

#: Each would run `ran()` from a place where the generator writes text of the schema.
CODE = [
    "x''';ran();'''",
    "x'''\nran()\n'''",
    "x\\''';ran()#",
    "x\\",
    "x\nran()\n",
    "ran()",
    "x = ran()",
    "x(ran())",
    "x', ran(), '",
    "\"x''';ran();'''\"",
    '"\\\\"',
    # Rebinds a name that may be called.
    "x(sgqlc.types.Scalar):\n    pass\nsgqlc.types.Field = ran\nsgqlc.types.Field('1')\nclass x",
    "x(sgqlc.types.Scalar):\n    pass\nclass sgqlc:\n    types = ran\nsgqlc.types('1')\nclass x",
    "x\n@ran\nclass x",
    "x(metaclass=ran)",
]


def introspection_of(sdl: str) -> dict[str, Any]:
    """The answer without the types that every schema has."""
    answer: dict[str, Any] = {**introspection_from_schema(build_schema(sdl))}
    schema: dict[str, Any] = dict(answer["__schema"])
    schema["types"] = [each for each in schema["types"] if not each["name"].startswith("__")]
    return {"__schema": schema}


def texts(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [each for key in value for each in texts(value[key], (*path, key))]
    if isinstance(value, list):
        return [each for key, one in enumerate(value) for each in texts(one, (*path, key))]
    return [path]


@holds("Types made from an introspection answer only declare types; nothing in them runs.")
@pytest.mark.parametrize("code", CODE)
def test_a_schema_cannot_bring_code(code: str) -> None:
    plain = json.dumps(introspection_of(SDL))
    refused = 0
    # One place of each kind: a[0].b and a[1].b are written by the same lines.
    kinds: dict[tuple[str, ...], tuple[Any, ...]] = {
        tuple(key for key in path if isinstance(key, str)): path
        for path in texts(json.loads(plain))
    }
    paths = list(kinds.values())
    for path in paths:
        introspection = at = json.loads(plain)
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = code
        try:
            module = types_of(introspection, name="mine", source="schema.json")
        except errors.InvalidArgumentError:
            refused += 1
            continue
        assert not any(getattr(each, "id", "") == "ran" for each in ast.walk(ast.parse(module))), (
            path
        )
    assert 0 < refused < len(paths)


def test_a_description_may_hold_quotes_and_backslashes() -> None:
    sdl = "type Query { \"It's '''so''', C:\\\\new\\\\dir\" a: Int }"
    answer = dict(introspection_from_schema(build_schema(sdl)))
    module = types_of(answer, name="mine", source="schema.json")
    assert 'It\'s "so", C:/new/dir' in module
    exec(module, {})
