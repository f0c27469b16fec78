"""The SDL files, the types generated from them, and the command that generates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema

from ikas_explore.frames.kinds import kind_of
from ikas_explore.schema import API_VERSIONS, regenerate, sdl, v1, v2


def test_the_generated_types_are_those_of_the_sdl(capsys: pytest.CaptureFixture[str]) -> None:
    assert regenerate.main(["--check"]) == 0
    for text in regenerate.package_types().values():
        assert text.startswith("# Generated from webhooks.graphql by ")


def test_generating_twice_gives_the_same_text() -> None:
    assert regenerate.package_types() == regenerate.package_types()


def test_the_two_versions_differ_in_the_name_of_save_only() -> None:
    """So the columns of one webhook frame serve both."""

    def fields(container: Any) -> dict[str, str]:
        return {field.graphql_name: field.type.__name__ for field in container}

    assert fields(v1.Webhook) == fields(v2.Webhook)
    assert fields(v1.Query) == fields(v2.Query)
    assert set(fields(v1.Mutation)) == {"saveWebhook", "deleteWebhook"}
    assert set(fields(v2.Mutation)) == {"saveWebhooks", "deleteWebhook"}
    assert fields(v1.Webhook) == {
        "createdAt": "Timestamp",
        "deleted": "Boolean!",
        "endpoint": "String!",
        "id": "ID!",
        "scope": "String!",
        "updatedAt": "Timestamp",
    }


@pytest.mark.parametrize("version", API_VERSIONS)
def test_the_sdl_tells_its_provenance(version: str) -> None:
    text = sdl(version)  # type: ignore[arg-type]
    head = text.split("scalar")[0]
    assert f"/api/{version}/admin/graphql" in head
    assert "seed" in head
    assert "try to push webhook" in text


@pytest.mark.parametrize(
    ("notation", "kind"),
    [
        ("String!", "string"),
        ("Boolean", "boolean"),
        ("Boolean!", "bool"),
        ("Int", "integer"),
        ("Int!", "int"),
        ("Timestamp!", "time"),
        ("[String!]!", "object"),
        ("Money", "object"),
    ],
)
def test_kinds_of_columns(notation: str, kind: str) -> None:
    assert kind_of(notation) == kind


def introspection() -> dict[str, Any]:
    return dict(introspection_from_schema(build_schema(sdl("v1"))))


def test_check_tells_what_is_out_of_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "introspection.json", tmp_path / "mine.py"
    source.write_text(json.dumps(introspection()))
    arguments = ["--from", str(source), "--out", str(out)]
    assert regenerate.main([*arguments, "--check"]) == 1
    assert "mine.py is out of date" in capsys.readouterr().out
    assert not out.exists()
    assert regenerate.main(arguments) == 0
    assert regenerate.main([*arguments, "--check"]) == 0
    assert list(tmp_path.glob("*.tmp")) == []


def test_a_schema_with_relays_types_is_taken() -> None:
    """sgqlc takes its own Node and PageInfo out of such a schema first."""
    sdl = "interface Node { id: ID! } type PageInfo { hasNextPage: Boolean! } "
    sdl += "type Shop implements Node { id: ID! } type Query { shops: [Shop!]! page: PageInfo }"
    answer = dict(introspection_from_schema(build_schema(sdl)))
    held: dict[str, Any] = {}
    exec(regenerate.types_of(answer, name="mine", source="shop.json"), held)
    assert [field.graphql_name for field in held["Query"]] == ["shops", "page"]


@pytest.mark.parametrize(
    ("content", "out", "message"),
    [
        ("{", "mine.py", "cannot be read as JSON"),
        ("[]", "mine.py", "holds no JSON object"),
        ("{}", "mine.py", "not the answer to an introspection query"),
        ('{"data": null}', "mine.py", "not the answer to an introspection query"),
        (None, "my types.py", "is not a Python name"),
    ],
)
def test_what_is_no_introspection_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, out: str, message: str
) -> None:
    source = tmp_path / "introspection.json"
    source.write_text(json.dumps(introspection()) if content is None else content)
    with pytest.raises(SystemExit) as ended:
        regenerate.main(["--from", str(source), "--out", str(tmp_path / out)])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / out).exists()
