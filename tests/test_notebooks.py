"""The notebooks give the outputs they were saved with, and never write to a real store.

Each is executed once in a run of the tests. What they do on a real store is seen by running their
code in this process.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import ikas_explore as ikas
from ikas_explore.network.server import Server
from ikas_explore.settings import SANDBOX, SANDBOX_SEED

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SANITIZE = ROOT / "ikas_explore" / "testing" / "sanitize.cfg"


#: What ``ikas-explore lab`` sets.
SANDBOXED = {"IKAS_STORE": SANDBOX, "IKAS_SANDBOX_SEED": SANDBOX_SEED}


def run(*options: str, report: Path, **environment: str) -> None:
    """Run all notebooks under strict nbval in a Python of its own, and write a JUnit report."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IKAS_")}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *(path.name for path in NOTEBOOKS)),
            *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", *options),
            *("-q", f"--junitxml={report}", "--rootdir", str(FOLDER), "-c", os.devnull),
            *("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest"),
        ],
        cwd=FOLDER,
        env={**kept, **environment},
        capture_output=True,
        text=True,
    )
    assert report.exists(), done.stdout + done.stderr


def cells(report: Path) -> dict[str, dict[str, str]]:
    """Return what is wrong with each cell of each notebook; empty where nothing is."""
    found: dict[str, dict[str, str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        wrong = "".join(child.text or child.tag for child in case)
        wrong = re.sub(r"#x1B\[\d*m", "", wrong)  # colours
        found.setdefault(case.attrib["classname"], {})[case.attrib["name"]] = wrong
    return found


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The cells of one run with our plugin, whatever the environment says: a store that is real."""
    report = tmp_path_factory.mktemp("executed") / "report.xml"
    with fake_real_store(rows()) as (base_url, documents):
        real = {"IKAS_STORE": "shop", "IKAS_ACCESS_TOKEN": "t", "IKAS_BASE_URL": base_url}
        run("--ikas-sandbox", report=report, LANG="tr_TR.UTF-8", **real)
    assert documents == [], "the plugin let a notebook ask the user's own store"
    return cells(report)


@pytest.mark.heavy
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_the_outputs_it_was_saved_with(
    executed: dict[str, dict[str, str]], notebook: Path
) -> None:
    found = executed[notebook.name]
    assert len(found) == len(sources(notebook))
    wrong = "\n".join(filter(None, found.values()))
    assert not wrong, wrong


@pytest.mark.slow
def test_the_notebooks_give_the_same_outputs_without_our_plugin(tmp_path: Path) -> None:
    run(f"--nbval-sanitize-with={SANITIZE}", report=tmp_path / "report.xml", **SANDBOXED)
    found = cells(tmp_path / "report.xml")
    assert found.keys() == {notebook.name for notebook in NOTEBOOKS}
    assert [wrong for notebook in found.values() for wrong in notebook.values() if wrong] == []


def rows() -> list[dict[str, Any]]:
    """Webhooks that are not the seed's: another host, a scope saved again, no times."""
    webhook = {"endpoint": "https://erp.example.com/ikas?a=<b>", "deleted": False}
    return [
        {**webhook, "id": "1", "scope": "store/order/created", "createdAt": 1, "updatedAt": 2},
        {
            **webhook,
            "id": "2",
            "scope": "store/stock/updated",
            "createdAt": None,
            "updatedAt": None,
        },
    ]


@contextmanager
def fake_real_store(found: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Serve a store that only lists; give its base URL and every document it is sent.

    It has webhooks that are given, as many orders, and the schema of a sandbox.
    """
    documents: list[str] = []

    async def answer(request: Request) -> JSONResponse:
        body = await request.json()
        documents.append(body["query"])
        if documents[-1].lstrip().startswith("mutation"):
            return JSONResponse({"errors": [{"message": "a write"}]}, 500)
        if "listWebhook" in documents[-1]:
            return JSONResponse({"data": {"listWebhook": found}})
        url = f"{behind.base_url}{request.url.path}"
        async with httpx.AsyncClient(trust_env=False) as asking:
            bearer = {"Authorization": f"Bearer {behind.access_token}"}
            answered = await asking.post(url, json=body, headers=bearer)
        return JSONResponse(answered.json(), answered.status_code)

    routes = [Route(f"/api/v{n}/admin/graphql", answer, methods=["POST"]) for n in (1, 2)]
    with ikas.Sandbox(seed=1) as behind, Server(Starlette(routes=routes), name="fake") as server:
        behind.fill(orders=len(found))
        yield server.base_url, documents


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_notebook_writes_to_the_store_of_the_environment(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its code runs to its end on a real store, with other rows or with none, and sends no
    mutation.
    """
    monkeypatch.chdir(FOLDER)
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as in a kernel
    for found in (rows(), []):
        with fake_real_store(found) as (base_url, documents):
            monkeypatch.setenv("IKAS_BASE_URL", base_url)
            monkeypatch.setenv("IKAS_ACCESS_TOKEN", "t")
            monkeypatch.setenv("IKAS_STORE", "shop")
            run_here(sources(notebook))
        asked = any("ikas.connect()" in source for source in sources(notebook))
        assert bool(documents) == asked
        assert [each for each in documents if each.lstrip().startswith("mutation")] == []
        if not asked:
            break  # its own sandbox is the same, whatever the store of the environment has


def run_here(sources: list[str]) -> None:
    """Run the code of cells in this process, and show what a notebook would show."""
    names: dict[str, Any] = {}
    try:
        with pd.option_context("display.max_colwidth", 50):  # notebooks set it for themselves
            for source in sources:
                tree = ast.parse(source)
                last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
                exec(compile(tree, "<cell>", "exec"), names)
                if isinstance(last, ast.Expr):
                    value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
                    repr(value)
                    getattr(value, "_repr_html_", str)()
    finally:
        for value in names.values():
            if isinstance(value, ikas.Store | ikas.Fleet | ikas.Receiver | ikas.Sandbox):
                value.close()


def sources(notebook: Path) -> list[str]:
    """Return the code cells of a notebook."""
    found = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_saved_executed_and_clean(notebook: Path) -> None:
    """Cells in order, all executed, no path of a machine, no time of execution."""
    cells = [
        cell
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert all("execution" not in cell["metadata"] for cell in cells)
    assert not re.search(r"/(home|root|Users|tmp|work)/", json.dumps([c["outputs"] for c in cells]))
