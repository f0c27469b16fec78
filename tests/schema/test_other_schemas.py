"""Schemas of others: types are made of them, or the refusal says what to give."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema, introspection_from_schema

import ikas_explore as ikas
from ikas_explore.errors import IkasError, InvalidArgumentError, StorageError, UnknownFieldError
from ikas_explore.schema.regenerate import types_of_file, write_if_new

SDL = """
type Query {
  listThing(pagination: PaginationInput): ThingPage!
  things: [Thing!]!
  oneThing: Thing
  listRow: [Row!]!
}
input PaginationInput { page: Int limit: Int }
type ThingPage { data: [Thing!]! count: Int! hasNext: Boolean! page: Int! limit: Int! }
union Thing = A | B
type A { id: ID! ad: String }
type B { id: ID! size: Int }
"Öğe: çok güzel."
type Row { id: ID! thing: Thing things: [Thing!] }
"""


def write_types(source: Path, out: Path) -> bool:
    return write_if_new(out, types_of_file(source, out))


def as_json() -> str:
    return json.dumps(introspection_from_schema(build_schema(SDL)), ensure_ascii=False)


def generated(source: Path, out: Path) -> Any:
    assert write_types(source, out)
    spec = spec_from_file_location(out.stem, out)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", ["sdl", "json"])
def test_sdl_and_introspection_are_read_as_editors_write_them(
    tmp_path: Path, form: str, encoding: str
) -> None:
    """Notepad writes a BOM, PowerShell UTF-16; the suffix does not matter."""
    source, out = tmp_path / "schema.txt", tmp_path / "mine.py"
    source.write_text(SDL if form == "sdl" else as_json(), encoding)
    module = generated(source, out)
    assert [field.name for field in module.Row] == ["id", "thing", "things"]
    assert "Öğe: çok güzel." in out.read_text("utf-8")
    assert not write_types(source, out)  # up to date


@pytest.mark.parametrize("name", ["list_thing", "things", "one_thing"])
def test_rows_of_a_union_are_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "schema.graphql").write_text(SDL)
    mine = generated(tmp_path / "schema.graphql", tmp_path / "mine.py")
    unasked = httpx.MockTransport(lambda request: pytest.fail("it was sent"))
    with ikas.connect("shop", access_token="t", transport=unasked) as store:
        for call in (
            lambda: store.query(getattr(mine.Query, name)).graphql,
            lambda: store.query(getattr(mine.Query, name)).to_frame(),
            lambda: store.query(getattr(mine.Query, name)).select("id"),
        ):
            with pytest.raises(UnknownFieldError, match="Thing is a union of A, B"):
                call()


def test_a_union_in_a_row_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(SDL)
    mine = generated(tmp_path / "schema.graphql", tmp_path / "mine.py")
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, json={"data": {"listRow": [{"id": "1"}]}})
    )
    with ikas.connect("shop", access_token="t", transport=transport) as store:
        assert store.query(mine.Query.list_row).to_frame()["id"].tolist() == ["1"]
        with pytest.raises(UnknownFieldError, match="union"):
            store.query(mine.Query.list_row).select("things")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "neither SDL"),
        ("type Query {", "neither SDL .*Syntax Error"),
        ("type Query { a: Nothing }", "neither SDL .*Unknown type"),
        ("type A { a: Int }", "neither SDL"),
        ("type Query { a: " + "[" * 100_000, "neither SDL"),
        ("[" * 100_000, "nested too deeply"),
        ('{"__schema": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"__schema": ' + "[" * 900 + "]" * 900 + "}", "not the answer to an introspection"),
        ('{"__schema": {"types": [{"name": "A", "kind": "OBJECT"}]}}', "not the answer"),
        ("type Query { a: None } type None { id: ID }", "called 'None', which Python cannot have"),
        ("type Query { a: mine } type mine { id: ID }", "like the module"),
    ],
)
def test_what_is_no_schema_is_refused(tmp_path: Path, content: str, message: str) -> None:
    source, out = tmp_path / "schema", tmp_path / "mine.py"
    source.write_text(content)
    with pytest.raises(InvalidArgumentError, match=message):
        write_types(source, out)
    assert not out.exists()


@pytest.mark.parametrize("source", ["missing.json", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(InvalidArgumentError, match="cannot be read"):
        write_types(tmp_path / source, tmp_path / "mine.py")


@pytest.mark.parametrize(
    ("out", "error", "said"),
    [
        ("schema.graphql/mine.py", StorageError, "cannot be written"),
        ("folder", StorageError, "cannot be written"),
        ("a\0b/mine.py", InvalidArgumentError, "holds a NUL character"),
    ],
)
def test_a_module_that_cannot_be_written_is_an_error_of_ours(
    tmp_path: Path, out: str, error: type[IkasError], said: str
) -> None:
    (tmp_path / "schema.graphql").write_text(SDL)
    (tmp_path / "folder").mkdir()
    with pytest.raises(error, match=said):
        write_types(tmp_path / "schema.graphql", tmp_path / out)


@pytest.mark.parametrize("out", ["schema.graphql/mine.py", "folder"])
def test_the_command_says_so_in_one_line(tmp_path: Path, out: str) -> None:
    (tmp_path / "schema.graphql").write_text(SDL)
    (tmp_path / "folder").mkdir()
    command = [sys.executable, "-m", "ikas_explore.schema.regenerate"]
    ended = subprocess.run(
        [*command, "--from", str(tmp_path / "schema.graphql"), "--out", str(tmp_path / out)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "cannot be written" in ended.stderr
