"""`check-notebooks`: any file is checked or unreadable, a secret is found and never shown."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import strategies as st

from ikas_explore.testing.notebooks import Finding, check_notebooks
from tests.fuzz.runs import fuzz
from tests.fuzz.strategies import any_json, quiet, texts
from tests.testing.notebooks import code, error, markdown, notebook, result, stream

CLIENT_SECRET = "s_" + "0123456789abcdef" * 4
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJpa2FzIn0.c2lnbmF0dXJlLW9mLTE"
WIDGETS = "application/vnd.jupyter.widget-state+json"


def checked(folder: Path, content: Any, **environment: str) -> list[Finding]:
    path = folder / "n.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    found = check_notebooks([path], environment=environment)
    for each in found:
        assert quiet(each.message), ascii(each.message)
    return found


def widget(value: Any) -> dict[str, Any]:
    return {WIDGETS: {"version_major": 2, "state": {"1": {"model_name": "T", "state": value}}}}


#: Where a text may stand in a notebook.
PLACES: dict[str, Callable[[str], Any]] = {
    "source": lambda text: notebook(code(f"a = 1\n# {text}")),
    "markdown": lambda text: notebook(code("1"), markdown(f"it is {text}.")),
    "stream": lambda text: notebook(code("1", stream(f"told\n{text}\n"))),
    "stderr": lambda text: notebook(code("1", stream(text, name="stderr"))),
    "plain result": lambda text: notebook(code("1", result(text_plain=text))),
    "html result": lambda text: notebook(code("1", result(text_html=f"<td>{text}</td>"))),
    "json result": lambda text: notebook(code("1", result(application_json={"a": [text]}))),
    "svg": lambda text: notebook(code("1", {"data": {"image/svg+xml": [text]}})),
    "error": lambda text: notebook(code("1", error(text))),
    "traceback": lambda text: notebook(code("1", error("e", "line", f"\x1b[31m{text}\x1b[0m"))),
    "output's metadata": lambda text: notebook(code("1", {"metadata": {"a": {"b": text}}})),
    "cell's metadata": lambda text: notebook(code("1", a={"b": [text]})),
    "cell's metadata, a key": lambda text: notebook(code("1", a={text: 1})),
    "notebook's metadata": lambda text: notebook(code("1"), a=[{"b": text}]),
    "notebook's metadata, a key": lambda text: notebook(code("1"), **{text: {"a": "token"}}),
    "attachment": lambda text: notebook({**markdown("a"), "attachments": {"a": {"text/x": text}}}),
    "attachment's name": lambda text: notebook({**markdown("a"), "attachments": {text: {}}}),
    "widget": lambda text: notebook(code("1"), widgets=widget({"value": text})),
    "widget, a key": lambda text: notebook(code("1"), widgets=widget({text: "a"})),
    "unknown key": lambda text: {**notebook(code("1")), "more": {"a": text}},
    "kind of an output": lambda text: notebook(code("1", {"data": {text: "a"}})),
    "name of a stream": lambda text: notebook(code("1", stream("a", name=text))),
    "kernel": lambda text: notebook(code("1"), kernel=text),
    "tag": lambda text: notebook(code("1", tags=[text])),
    "path": lambda text: notebook(code("1", stream(f"/home/me/{text}/file"))),
    "cell's id": lambda text: notebook({**code("1"), "id": text}),
}
#: How the value of a variable may be written. In base64 it is not found, nor cut into outputs.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps({"a": text}),
    "Python": lambda text: repr([text]),
    "HTML": html.escape,
    "URL": lambda text: f"https://a.example/?x={quote(text, safe='')}",
    "coloured": lambda text: f"\x1b[1;31m{text[:5]}\x1b[0m{text[5:]}",
}


def cut(content: Any, at: int) -> Any:
    """Cut the texts of source, text and data into lists of lines, as Jupyter may."""
    if isinstance(content, dict):
        return {
            key: [value[:at], value[at:]]
            if key in ("source", "text", "text/plain", "text/html") and isinstance(value, str)
            else cut(value, at)
            for key, value in content.items()
        }
    return [cut(each, at) for each in content] if isinstance(content, list) else content


secrets = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=80
).filter(lambda text: not text.startswith("sandbox-") and len(set(text)) > 5)


@fuzz(
    examples=250,
    secret=secrets,
    place=st.sampled_from(sorted(PLACES)),
    spelling=st.sampled_from(sorted(SPELLINGS)),
    around=st.tuples(texts, texts),
    at=st.integers(0, 60),
)
def test_the_value_of_a_variable_is_found_and_never_shown(
    tmp_path: Path, secret: str, place: str, spelling: str, around: tuple[str, str], at: int
) -> None:
    text = f"{around[0]}{SPELLINGS[spelling](secret)}{around[1]}"
    found = checked(tmp_path, cut(PLACES[place](text), at), IKAS_CLIENT_SECRET=secret)
    assert "secret" in {each.rule for each in found}
    assert secret not in str(found)
    assert not any(secret in part for each in found for part in each[1:])


@fuzz(
    examples=150,
    secret=st.sampled_from([CLIENT_SECRET, TOKEN]),
    place=st.sampled_from(sorted(PLACES)),
    around=st.tuples(st.sampled_from(["", " ", "\n", '"', "'", "=", "(", "<b>", "\t", "/"]), texts),
    at=st.integers(0, 60),
)
def test_what_looks_like_a_secret_is_found_and_never_shown(
    tmp_path: Path, secret: str, place: str, around: tuple[str, str], at: int
) -> None:
    text = f"{around[0]}{secret} {around[1]}"
    found = checked(tmp_path, cut(PLACES[place](text), at))
    assert "secret" in {each.rule for each in found}
    assert not any(secret in part for each in found for part in each[1:])


CELL = code("1", stream("a"), result(text_plain="b"), error("c", "d"))
KEYS = [*CELL, *stream("a"), *error("c"), "data", "cells", "tags", "widgets", "kernelspec", "name"]
parts = st.dictionaries(st.sampled_from(KEYS) | texts, any_json, max_size=3)
notebooks = st.one_of(
    st.lists(parts.map(lambda part: CELL | part) | any_json, max_size=3).map(
        lambda cells: {**notebook(), "cells": cells}
    ),
    parts.map(lambda part: notebook(CELL) | part),
    parts.map(lambda part: notebook({**CELL, "outputs": [part, {**result(), **part}]})),
    parts.map(lambda part: notebook(CELL, **part)),
    parts.map(lambda part: notebook(CELL, widgets={WIDGETS: part})),
    any_json,
).map(lambda content: json.dumps(content).encode())
nested = st.sampled_from([10, 900, 3_000]).map(
    lambda depth: b'{"cells": [], "a": ' + b"[" * depth + b"]" * depth + b"}"
)


@fuzz(
    examples=250,
    content=notebooks | nested | st.binary(max_size=40),
    environment=st.dictionaries(st.sampled_from(["IKAS_ACCESS_TOKEN", "A_TOKEN"]), texts),
)
def test_a_file_of_anything_is_checked_or_unreadable(
    tmp_path: Path, content: bytes, environment: dict[str, str]
) -> None:
    checked(tmp_path, content, **environment)


repeated = st.tuples(
    st.sampled_from(
        ["a.", "a+", "eyJ-", "+/a", "/a", "token", "bearer ", "a:", "://", "?key=", "_"]
    )
    | st.text("aA0.+-/:@=eyJ_ ", min_size=1, max_size=4),
    st.sampled_from([100, 100_000]),
).map(lambda made: made[0] * made[1])


@fuzz(examples=25, text=repeated, end=texts)
def test_long_outputs_are_checked(tmp_path: Path, text: str, end: str) -> None:
    checked(tmp_path, notebook(code("1", stream(text + end))), A_TOKEN="hunter2hunter2hunter2")


# -- found by the above -------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a.", "a+", "eyJ-", "+/a", "a-b."])
def test_a_megabyte_without_a_blank_is_checked(tmp_path: Path, text: str) -> None:
    """The forms of secrets and paths looked from every letter to its end, for an hour."""
    found = checked(tmp_path, notebook(code("1", stream(text * 300_000))))
    assert found == []


@pytest.mark.parametrize("place", [place for place in PLACES if "key" in place or "name" in place])
def test_a_secret_that_is_a_name_is_found(tmp_path: Path, place: str) -> None:
    assert "secret" in {each.rule for each in checked(tmp_path, PLACES[place](CLIENT_SECRET))}


@pytest.mark.parametrize("place", ["kernel", "path", "widget, a key", "name of a stream"])
def test_a_secret_is_masked_in_every_finding(tmp_path: Path, place: str) -> None:
    """Of a path and a kernel too, and in the place where something else was found."""
    content = PLACES[place](f"{CLIENT_SECRET}")
    content["cells"].append(code("1", stream(f"/home/me/{CLIENT_SECRET}", name=CLIENT_SECRET)))
    found = checked(tmp_path, content)
    assert {"secret", "machine-path"} <= {each.rule for each in found}
    assert not any(CLIENT_SECRET in part for each in found for part in each)


@pytest.mark.parametrize(
    "output",
    [
        result(application_json={"a": f"told\n{CLIENT_SECRET}"}),
        result(text_plain=repr(f"told\n{CLIENT_SECRET}")),
        result(text_plain=repr(f"told\t{TOKEN}")),
    ],
)
def test_a_secret_after_a_line_end_that_is_an_escape_is_found(
    tmp_path: Path, output: dict[str, Any]
) -> None:
    assert "secret" in {each.rule for each in checked(tmp_path, notebook(code("1", output)))}


def test_a_coloured_secret_within_a_structure_is_found(tmp_path: Path) -> None:
    """As JSON its colours were escapes of letters, and no colours any more."""
    coloured = f"\x1b[31m{CLIENT_SECRET[:9]}\x1b[0m{CLIENT_SECRET[9:]}"
    content = notebook(code("1", {"metadata": {"a": {"b": coloured}}}))
    assert "secret" in {each.rule for each in checked(tmp_path, content)}
