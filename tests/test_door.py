"""The public door: what stands in it, and what importing it costs."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ikas_explore as ikas

PACKAGE = Path(ikas.__file__).parent
HEAVY = ["pandas", "ipywidgets", "IPython", "graphql", "starlette", "uvicorn", "click", "httpx"]


def test_the_names_are_sorted_few_and_there() -> None:
    assert ikas.__all__ == sorted(ikas.__all__)
    assert len(ikas.__all__) <= 20
    for name in ikas.__all__:
        assert getattr(ikas, name) is not None
        assert name in dir(ikas)
    assert set(ikas._HOMES) == set(ikas.__all__) - {"errors"}
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        ikas.conect  # noqa: B018


def test_a_type_checker_sees_the_same_names() -> None:
    tree = ast.parse(inspect.getsource(ikas))
    seen = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        for each in node.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }
    assert seen == set(ikas.__all__)


def test_importing_loads_nothing_heavy() -> None:
    code = f"import sys, ikas_explore; print([n for n in {HEAVY} if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_no_public_name_is_hidden_by_a_module_of_the_same_name() -> None:
    """Importing `ikas_explore.audit` would put the module in the place of `ikas.audit`."""
    modules = {path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py")}
    assert modules & set(ikas.__all__) == {"errors"}


def test_pandas_is_imported_at_the_top_of_the_frames_only() -> None:
    importers = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.parse(text).body if "pandas" in text else ():
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            if any(name.split(".")[0] == "pandas" for name in names):
                importers.add(path.name)
    assert importers == {"frames.py", "display.py"}


def test_every_public_thing_has_a_docstring_with_its_parts() -> None:
    for name in ikas.__all__:
        thing = getattr(ikas, name)
        assert inspect.getdoc(thing), name
        if inspect.isfunction(thing):
            for part in ("Parameters", "Returns", "Raises", "Examples"):
                assert f"{part}\n{'-' * len(part)}" in inspect.getdoc(thing), (name, part)  # type: ignore[operator]


def test_the_headings_of_docstrings_have_lines_of_their_own() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert not re.search(r"\w -{3,} \w", path.read_text("utf-8")), path
