"""What of other libraries we reach into: in one module each, and bounded above."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRIVATE = {"_pool", "_network_backend", "_network_stream", "_h11_state"}


def modules(*words: str) -> dict[str, list[ast.AST]]:
    """The package's modules in whose text one of the words is."""
    package = ROOT / "ikas_explore"
    texts = {path: path.read_text("utf-8") for path in package.rglob("*.py")}
    return {
        path.relative_to(package).as_posix(): [*ast.walk(ast.parse(text))]
        for path, text in texts.items()
        if any(word in text for word in words)
    }


def test_attributes_of_httpx_and_httpcore_are_reached_into_in_one_module() -> None:
    reaching = {
        name
        for name, nodes in modules(*PRIVATE).items()
        for node in nodes
        if (isinstance(node, ast.Attribute) and node.attr in PRIVATE)
        or (isinstance(node, ast.Constant) and node.value in PRIVATE)
    }
    assert reaching == {"network/transport.py"}


def test_uvicorn_is_used_in_one_module() -> None:
    using = {
        name
        for name, nodes in modules("uvicorn").items()
        for node in nodes
        if isinstance(node, ast.ImportFrom | ast.Import)
        for imported in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
        if imported.split(".")[0] == "uvicorn"
    }
    assert using == {"network/server.py"}


@pytest.mark.parametrize("name", ["httpcore", "httpx", "nbval", "uvicorn"])
def test_what_is_reached_into_has_an_upper_bound(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["ci"]]
    (requirement,) = [each for each in wanted if re.match(rf"{name}\b", each)]
    assert "<" in requirement
