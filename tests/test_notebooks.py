"""The notebooks say what they said, and those that only read leave a real store alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ikas_explore.network.server import Server

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SANITIZE = ROOT / "ikas_explore" / "testing" / "sanitize.cfg"


def run(*options: str, **environment: str) -> None:
    """Run all notebooks under nbval in a Python of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IKAS_")}
    command = [sys.executable, "-m", "pytest", *(path.name for path in NOTEBOOKS), *options]
    command += [
        "--nbval-current-env",
        "--nbval-cell-timeout=120",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
    ]
    done = subprocess.run(
        [*command, "-q", "--durations=5", "--rootdir", str(FOLDER), "-c", os.devnull],
        cwd=FOLDER,
        env={**kept, **environment},
        capture_output=True,
        text=True,
    )
    print(done.stdout)  # the times, with pytest -rP
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (
            ["--ikas-sandbox"],
            {"IKAS_STORE": "shop", "IKAS_ACCESS_TOKEN": "t", "LANG": "tr_TR.UTF-8"},
        ),
        ([f"--nbval-sanitize-with={SANITIZE}"], {"IKAS_STORE": "sandbox"}),
    ],
    ids=["plugin", "IKAS_STORE"],
)
def test_the_notebooks_give_the_outputs_they_were_saved_with(
    options: list[str], environment: dict[str, str]
) -> None:
    """Strict nbval: with our plugin, whatever the environment says, and without it."""
    run("--nbval", *options, **environment)


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
    """Serve a store that only lists; give its base URL and every document it is sent."""
    documents: list[str] = []

    async def answer(request: Request) -> JSONResponse:
        documents.append((await request.json())["query"])
        if documents[-1].lstrip().startswith("mutation"):
            return JSONResponse({"errors": [{"message": "a write"}]}, 500)
        return JSONResponse({"data": {"listWebhook": found}})

    app = Starlette(routes=[Route("/api/v1/admin/graphql", answer, methods=["POST"])])
    with Server(app, name="fake real store") as server:
        yield server.base_url, documents


@pytest.mark.parametrize("found", [rows(), []], ids=["rows", "empty"])
def test_no_notebook_writes_to_the_store_of_the_environment(found: list[dict[str, Any]]) -> None:
    """Each runs to its end with a real store in the environment, which sees no mutation."""
    with fake_real_store(found) as (base_url, documents):
        run("--nbval-lax", IKAS_BASE_URL=base_url, IKAS_ACCESS_TOKEN="t", IKAS_STORE="shop")
    assert documents
    assert [document for document in documents if "mutation" in document] == []


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
