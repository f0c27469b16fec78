"""``ikas-explore schema``: types of another schema; what is wrong is said in a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import build_schema, introspection_from_schema

from tests.cli.running import run

SDL = "type Query { listOrder: [Order!]! }\ntype Order { id: ID! orderNumber: String }\n"


@pytest.mark.parametrize("name", ["shop.graphql", "shop.json"])
def test_types_are_made_of_sdl_and_of_introspection(name: str, tmp_path: Path) -> None:
    introspection = {"data": introspection_from_schema(build_schema(SDL))}
    text = SDL if name.endswith("graphql") else json.dumps(introspection)
    (tmp_path / name).write_text(text)
    done = run("schema", "--from", name, "--out", "shop.py")
    assert (done.returncode, done.stdout) == (0, "Wrote shop.py.\n")
    module = (tmp_path / "shop.py").read_text()
    assert "class Order(sgqlc.types.Type)" in module
    assert "list_order" in module


@pytest.mark.parametrize(
    "options",
    [
        ("--from", "deep.json", "--out", "mine.py"),
        ("--from", "missing.json", "--out", "mine.py"),
        ("--from", "good.graphql", "--out", "."),
        ("--from", "good.graphql", "--out", "good.graphql/mine.py"),
        ("--from", "hostile.json", "--out", "mine.graphql"),
        ("--from", "good.graphql"),
        ("--out", "mine.py"),  # of a store that nothing says how to reach
    ],
    ids=" ".join,
)
def test_what_is_wrong_is_said_in_words(options: tuple[str, ...], tmp_path: Path) -> None:
    """Not with 2, which says that two schemas differ."""
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "good.graphql").write_text(SDL)
    hostile = json.dumps(introspection_from_schema(build_schema(SDL)))
    hostile = hostile.replace('"orderNumber"', r'"\u001b[31m"')
    (tmp_path / "hostile.json").write_text(hostile)
    done = run("schema", *options)
    assert done.returncode == 1
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert "Path(" not in done.stderr
    assert "\x1b" not in done.stderr
    assert not list(tmp_path.glob("mine.*"))
