"""Make sgqlc types from a schema: this package's own, or any other.

``python -m ikas_explore.schema.regenerate``
    writes ``v1.py`` and ``v2.py`` anew from ``webhooks.graphql``; with ``--check`` it writes
    nothing and exits with 1 when one of them is out of date.
``python -m ikas_explore.schema.regenerate --from introspection.json --out mine.py``
    makes types of a whole schema, for `Store.query`. The file may hold SDL too.
"""

from __future__ import annotations

import argparse
import ast
import json
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ikas_explore.errors import IkasError, InvalidArgumentError
from ikas_explore.schema import API_VERSIONS, sdl
from ikas_explore.system.files import reason_of, user_path, write_text
from ikas_explore.system.garbage import no_collection
from ikas_explore.text.printable import printable
from ikas_explore.values.strict_json import decode

_FOLDER = Path(__file__).parent
_ASK = "Ask for graphql.get_introspection_query() and save the whole answer."


def types_of_file(source: Path, out: Path) -> str:
    """Return a module of the types of a schema file: introspection or SDL."""
    return types_of(read_introspection(source), name=out.stem, source=source.name)


@no_collection()
def types_of(introspection: dict[str, Any], *, name: str, source: str) -> str:
    """Return a module of sgqlc types; the same introspection result gives the same text.

    The module holds the schema under `name`; its header names the `source`.
    """
    from sgqlc.codegen.schema import CodeGen

    if not name.isidentifier() or keyword.iskeyword(name) or name == "sgqlc":
        raise InvalidArgumentError(f"{name!r} is not a Python name; give --out a plain file name.")
    lines: list[str] = []
    try:
        schema = introspection.get("data", introspection)["__schema"]
        _refuse_names(schema, source)
        CodeGen(name, _quotable(schema), lines.append, docstrings=True).write()
        names = [each["name"] for each in schema["types"]]
    except InvalidArgumentError:
        raise
    except Exception as error:  # whatever sgqlc meets in a stranger's answer
        why = f"it has no {error}" if isinstance(error, KeyError) else repr(error)
        raise InvalidArgumentError(
            f"{source} is not the answer to an introspection query: {why}. {_ASK}"
        ) from error
    if name in names:
        raise InvalidArgumentError(
            f"{source} has a type called {name!r}, like the module; give --out another file name."
        )
    for each in filter(keyword.iskeyword, names):
        raise InvalidArgumentError(
            f"{source} has a type called {each!r}, which Python cannot have; leave that type out."
        )
    header = (
        f"# Generated from {printable(source)} "
        "by ikas_explore.schema.regenerate with sgqlc-codegen."
        "\n# Do not edit: change the source and run it again.\n"
    )
    text = "".join(lines)
    if not _declares(text, name):
        raise _would_run(source)
    return header + text


def read_introspection(path: Path) -> dict[str, Any]:
    """Return the introspection result in a file, or that of the SDL in it."""
    try:
        content = user_path(path).read_bytes()
        text = content.decode(json.detect_encoding(content))  # Windows' tools write BOMs, or UTF-16
    except (OSError, ValueError) as error:
        raise InvalidArgumentError(f"{path} cannot be read: {reason_of(error)}.") from error
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] not in ("{", "["):
        return _introspection_of(text, str(path))
    try:
        read = decode(text)
    except RecursionError:
        raise InvalidArgumentError(f"{path} is nested too deeply for a schema. {_ASK}") from None
    except ValueError as error:
        raise InvalidArgumentError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(read, dict):
        raise InvalidArgumentError(f"{path} holds no JSON object. {_ASK}")
    return read


def _introspection_of(text: str, source: str) -> dict[str, Any]:
    from graphql import GraphQLError, build_schema, introspection_from_schema

    try:
        return dict(introspection_from_schema(build_schema(text)))
    except (GraphQLError, TypeError, RecursionError) as error:
        reason = printable(str(error).split("\n")[0]) or "it is nested too deeply"
        raise InvalidArgumentError(
            f"{source} is neither SDL ({reason}) nor JSON. Give a .graphql file with a Query type, "
            "or the answer to an introspection query."
        ) from None


def _quotable(value: Any) -> Any:
    """Return a schema whose descriptions can stand in a docstring, where sgqlc escapes nothing."""
    if isinstance(value, list):
        return [_quotable(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: each.replace("\\", "/").replace("'''", '"')
        if key == "description" and isinstance(each, str)
        else _quotable(each)
        for key, each in value.items()
    }


def _refuse_names(value: Any, source: str) -> None:
    """Refuse names that GraphQL does not allow: sgqlc writes them into Python as they are."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            name = each.get("name")
            if name is not None and not re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]*", str(name)):
                raise _would_run(source)
            for inner in each.values():
                _refuse_names(inner, source)


def _declares(text: str, schema: str) -> bool:
    """Tell whether a module declares types and does nothing else.

    sgqlc-codegen writes names and texts of the schema into Python as they are, and the schema may
    be anybody's.
    """
    try:
        waiting: list[ast.AST] = [ast.parse(text)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    while waiting:
        node = waiting.pop()
        if not _is_harmless(node, schema):
            return False
        waiting += _parts(node)
    return True


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a harmless node is made of, but for what was looked at with it."""
    if isinstance(node, ast.Attribute | ast.Name | ast.Constant):
        return
    for name in node._fields:
        part = getattr(node, name)
        if isinstance(part, list):
            yield from (each for each in part if isinstance(each, ast.AST))
        elif isinstance(part, ast.AST):
            yield part


def _is_harmless(node: ast.AST, schema: str) -> bool:
    # What may be called must not be rebound: nothing is set but plain names and three attributes.
    match node:
        case ast.Constant():
            return True
        case ast.Attribute(ctx=ast.Store()):
            return _dotted(node) in {f"{schema}.{each}_type" for each in _OPERATIONS}
        case ast.Attribute():
            return _READ.fullmatch(_dotted(node)) is not None
        case ast.Name(ctx=ast.Store()):
            return node.id != "sgqlc" and (not node.id.startswith("__") or node.id in _SPECIAL)
        case ast.ClassDef():
            return node.name != "sgqlc" and not node.decorator_list and not node.keywords
        case ast.Call():
            return _dotted(node.func) in _CALLED
        case ast.alias():
            return node.asname is None and _READ.fullmatch(node.name) is not None
        case _:
            return isinstance(node, _DECLARING)


def _dotted(node: ast.AST) -> str:
    """Return a plain dotted name, or nothing; of large schemas ast.unparse takes seconds."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


_OPERATIONS = ("query", "mutation", "subscription")
_READ = re.compile(r"sgqlc\.types(\.(datetime|relay))?(\.[A-Za-z]\w*)?")
_SPECIAL = ("__docformat__", "__schema__", "__field_names__", "__choices__", "__types__")
_DECLARING = (
    *(ast.Module, ast.Import, ast.Assign, ast.AugAssign, ast.Sub, ast.Expr, ast.Pass),
    *(ast.Name, ast.keyword, ast.Tuple, ast.List, ast.Load, ast.Dict, ast.UnaryOp, ast.USub),
)
_CALLED = frozenset(
    f"sgqlc.types.{name}"
    for name in ("Schema", "Field", "Arg", "ArgDict", "Variable", "list_of", "non_null")
)


def _would_run(source: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{source} holds a name or a text that would run as Python, and no types are made of it. "
        "Ask ikas itself for its schema."
    )


def package_types() -> dict[Path, str]:
    """Return what this package's generated modules should hold: v2 is v1 but for a name."""
    v1, v2 = (_introspection_of(sdl(version), version)["__schema"] for version in API_VERSIONS)
    own = [each for each in v2["types"] if each not in v1["types"]]
    texts = [
        types_of({"__schema": schema}, name=name, source="webhooks.graphql")
        for name, schema in (("v1", v1), ("v2", {**v2, "types": own}))
    ]
    head = "from ikas_explore.schema.v1 import *\n\n\nv2 = sgqlc.types.Schema(v1)\n"
    head += "".join(f"v2 -= v1.{each['name']}\n" for each in own)
    texts[1] = texts[1].replace("\n\nv2 = sgqlc.types.Schema()\n", head)
    return dict(zip((_FOLDER / "v1.py", _FOLDER / "v2.py"), texts, strict=True))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ikas_explore.schema.regenerate",
        description="Make sgqlc types from a GraphQL schema.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    parser.add_argument("--from", dest="source", type=Path, help="introspection (JSON) or SDL")
    parser.add_argument("--out", type=Path, help="the module to write")
    options = parser.parse_args(arguments)
    if bool(options.source) != bool(options.out):
        parser.error("--from and --out go together")
    try:
        wanted = (
            {options.out: types_of_file(options.source, options.out)}
            if options.source
            else package_types()
        )
        if options.check:
            stale = [path for path, text in wanted.items() if _read(path) != text]
            for path in stale:
                print(f"{path.name} is out of date; run python -m ikas_explore.schema.regenerate")
            return 1 if stale else 0
        for path, text in wanted.items():
            if write_if_new(path, text):
                print(f"wrote {path}")
    except IkasError as error:
        parser.exit(2, f"{error}\n")
    return 0


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):  # not there, or not a module of ours
        return None


def write_if_new(path: Path, text: str) -> bool:
    if _read(user_path(path)) == text:
        return False
    write_text(path, text, "The schema", whole=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
