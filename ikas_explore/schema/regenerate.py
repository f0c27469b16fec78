"""Make sgqlc types from a schema: this package's own, or any that ikas' introspection gives.

``python -m ikas_explore.schema.regenerate``
    writes ``v1.py`` and ``v2.py`` anew from the SDL files beside them; with ``--check`` it
    writes nothing and ends with 1 when one of them is out of date.
``python -m ikas_explore.schema.regenerate --from introspection.json --out mine.py``
    makes types of a whole schema, for `Store.query`.
"""

from __future__ import annotations

import argparse
import ast
import json
import keyword
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.schema import API_VERSIONS, sdl
from ikas_explore.system.files import replacing
from ikas_explore.text.printable import printable

_FOLDER = Path(__file__).parent


def types_of(introspection: dict[str, Any], *, name: str, source: str) -> str:
    """Return a module of sgqlc types.

    Parameters
    ----------
    introspection : dict
        An introspection result: ``{"__schema": ...}``, also inside ``{"data": ...}``.
    name : str
        A Python identifier that the module will hold the schema under.
    source : str
        What the header names as the source.

    Returns
    -------
    str
        Python source; the same input gives the same text.

    Raises
    ------
    InvalidArgumentError
        For a dict that is no introspection result, or a name that is no identifier.
    """
    from graphql import GraphQLError
    from sgqlc.codegen.schema import CodeGen

    if not name.isidentifier() or keyword.iskeyword(name) or name == "sgqlc":
        raise InvalidArgumentError(f"{name!r} is not a Python name; give --out a plain file name.")
    try:
        schema = introspection.get("data", introspection)["__schema"]
        _refuse_names(schema, source)
        lines: list[str] = []
        CodeGen(name, _quotable(schema), lines.append, docstrings=True).write()
    except (KeyError, TypeError, AttributeError, RecursionError, GraphQLError) as error:
        raise InvalidArgumentError(
            f"{source} is not the answer to an introspection query: {error!r}. Ask for "
            "graphql.get_introspection_query() and save the whole answer."
        ) from error
    header = (
        f"# Generated from {printable(source)} "
        "by ikas_explore.schema.regenerate with sgqlc-codegen."
        "\n# Do not edit: change the source and run it again.\n"
    )
    text = "".join(lines)
    if not _declares(text, name):
        raise _would_run(source)
    return header + text


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
    """Raise InvalidArgumentError for a name that is none of GraphQL's, as sgqlc escapes nothing."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            name = each.get("name")
            if isinstance(name, str) and not re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]*", name):
                raise _would_run(source)
            for inner in each.values():
                _refuse_names(inner, source)


def _declares(text: str, schema: str) -> bool:
    """Tell whether a module declares types and does nothing else.

    sgqlc-codegen writes names and texts of the schema into Python as they are, and the schema may
    be anybody's.
    """
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(map(partial(_is_harmless, schema=schema), nodes))


def _is_harmless(node: ast.AST, schema: str) -> bool:
    # What may be called must not be rebound: nothing is set but plain names and three attributes.
    match node:
        case ast.Attribute(ctx=ast.Store()):
            return ast.unparse(node) in {f"{schema}.{each}_type" for each in _OPERATIONS}
        case ast.Attribute():
            return _READ.fullmatch(ast.unparse(node)) is not None
        case ast.Name(ctx=ast.Store()):
            return node.id != "sgqlc" and (not node.id.startswith("__") or node.id in _SPECIAL)
        case ast.ClassDef():
            return node.name != "sgqlc" and not node.decorator_list and not node.keywords
        case ast.Call():
            return ast.unparse(node.func) in _CALLED
        case ast.alias():
            return node.asname is None and _READ.fullmatch(node.name) is not None
        case _:
            return isinstance(node, _DECLARING)


_OPERATIONS = ("query", "mutation", "subscription")
_READ = re.compile(r"sgqlc\.types(\.(datetime|relay))?(\.[A-Za-z]\w*)?")
_SPECIAL = ("__docformat__", "__schema__", "__field_names__", "__choices__", "__types__")
_DECLARING = (
    *(ast.Module, ast.Import, ast.Assign, ast.AugAssign, ast.Sub, ast.Expr, ast.Pass),
    *(ast.Name, ast.keyword, ast.Load, ast.Store),
    *(ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.UnaryOp, ast.USub),
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
    """Return what this package's generated modules should hold, by path."""
    from graphql import build_schema, introspection_from_schema

    return {
        _FOLDER / f"{version}.py": types_of(
            dict(introspection_from_schema(build_schema(sdl(version)))),
            name=version,
            source=f"{version}.graphql",
        )
        for version in API_VERSIONS
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ikas_explore.schema.regenerate",
        description="Make sgqlc types from a GraphQL schema.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    parser.add_argument("--from", dest="source", type=Path, help="introspection result (JSON)")
    parser.add_argument("--out", type=Path, help="the module to write")
    options = parser.parse_args(arguments)
    if bool(options.source) != bool(options.out):
        parser.error("--from and --out go together")
    try:
        wanted = (
            {options.out: _types_of_file(options.source, options.out)}
            if options.source
            else package_types()
        )
    except InvalidArgumentError as error:
        parser.exit(2, f"{error}\n")
    stale = [path for path, text in wanted.items() if _read(path) != text]
    if options.check:
        for path in stale:
            print(f"{path.name} is out of date; run python -m ikas_explore.schema.regenerate")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, 0o666) as part:
            part.write_text(wanted[path], "utf-8")
        print(f"wrote {path}")
    return 0


def _types_of_file(source: Path, out: Path) -> str:
    try:
        introspection = json.loads(source.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidArgumentError(f"{source} cannot be read as JSON: {error}.") from error
    if not isinstance(introspection, dict):
        raise InvalidArgumentError(f"{source} holds no JSON object.")
    return types_of(introspection, name=out.stem, source=source.name)


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
