"""A user's notebooks in CI, by the three lines of the README: what passes and what fails.

Once with the Python of the tests, and once, marked slow, in a fresh project whose environment
has the wheel and nothing else of ours.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.testing.projects import (
    CELLS,
    ROOT,
    Project,
    environment,
    lines_of_the_readme,
    save_executed,
)

PASSED = {f"Cell {number}": "passed" for number in range(len(CELLS))}
OLD, NEW = "mailchimp-dev.ikasapps.com/api/webhook/ikas", "somewhere-else.example/api/webhook/ikas"
pytestmark = pytest.mark.heavy


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the notebook, saved executed, its frames, and pytest.ini."""
    folder = tmp_path_factory.mktemp("saved")
    save_executed(folder)
    (folder / "pytest.ini").write_text(lines_of_the_readme())
    return folder


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel, its extra `ci`, and pytest-xdist."""
    folder = tmp_path_factory.mktemp("fresh")

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            [*map(str, command)], cwd=folder, env=environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    [wheel] = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}[ci]", "pytest-xdist")
    return python


@pytest.fixture(params=["here", pytest.param("fresh", marks=pytest.mark.slow)])
def project(request: pytest.FixtureRequest, saved: Path, tmp_path: Path) -> Project:
    python = Path(sys.executable) if request.param == "here" else request.getfixturevalue("fresh")
    folder = tmp_path / "project"
    shutil.copytree(saved, folder)
    return Project(folder, python)


def test_a_notebook_passes_twice_and_on_two_workers(project: Project) -> None:
    """With a real store in the environment and in .env, of which the notebook sees nothing."""
    (project.folder / ".env").write_text("IKAS_STORE=of-mine\nIKAS_API_VERSION=v2\n")
    before = files(project)
    real = {"IKAS_ACCESS_TOKEN": "of-a-real-store", "IKAS_STORE": "shop", "LANG": "tr_TR.UTF-8"}
    for options in [(), ("-n", "2")]:
        cases, said = project.pytest(*options, **real)
        assert cases == PASSED, said
        assert re.search(r"\d\.\d\d  notebooks/ours\.ipynb", said)  # its seconds
    assert files(project) == before
    assert project.check().returncode == 0


def files(project: Project) -> dict[str, bytes]:
    return {
        str(path.relative_to(project.folder)): path.read_bytes()
        for path in sorted(project.folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_changed_endpoint_fails_its_cell_and_is_named(project: Project) -> None:
    project.path.write_text(project.path.read_text("utf-8").replace(OLD[:20], NEW[:20], 2), "utf-8")
    cases, said = project.pytest()
    assert cases == {**PASSED, "Cell 0": "failed"}
    assert "Cell 0: Cell outputs differ" in said
    assert NEW[:20] in said
    assert OLD[:20] in said


@pytest.mark.slow
def test_a_changed_record_fails_its_cell_and_is_named(project: Project) -> None:
    record = project.path.parent / "frames" / "webhooks.json"
    recorded = record.read_text("utf-8")
    record.write_text(recorded.replace(OLD, NEW, 1), "utf-8")
    cases, said = project.pytest()
    assert cases == {**PASSED, "Cell 2": "failed"}
    assert "store/customer/created  endpoint  https://somewhere-else.example" in said
    assert project.pytest("--ikas-update")[0] == PASSED
    assert record.read_text("utf-8") == recorded
    record.unlink()
    cases, said = project.pytest()
    assert cases == {**PASSED, "Cell 2": "failed"}
    assert "Nothing is recorded in frames/webhooks.json" in said


DOES_NOTHING = 'form._buttons["save"].act = lambda: None  # broken on purpose\n'
SAYS_SO_ONLY = """\
from ikas_explore.forms.session import Session
from ikas_explore.frames.frames import OUTCOMES, rows_frame
done = {"outcome": "saved", "error": None}
Session.apply = lambda self, changes, more=None: rows_frame(
    OUTCOMES, [{**change._asdict(), "action": change.action, **done} for change in changes]
)  # broken on purpose: it says that it has saved
"""


@pytest.mark.parametrize(
    ("broken", "before", "failed"),
    [(DOES_NOTHING, 'form.click("save")', "Cell 1"), (SAYS_SO_ONLY, "form = ", "Cell 2")],
    ids=["does nothing", "says so only"],
)
def test_a_form_that_is_broken_fails_the_notebook(
    project: Project, broken: str, before: str, failed: str
) -> None:
    def breaking(notebook: Any) -> None:
        cell = notebook.cells[1]
        assert before in cell.source
        cell.source = cell.source.replace(before, broken + before, 1)

    project.edit(breaking)
    cases, said = project.pytest()
    assert cases[failed] == "failed", said


@pytest.mark.parametrize(
    "place",
    [
        lambda notebook, text: notebook.cells[0].outputs[0].data.update({"text/plain": text}),
        lambda notebook, text: notebook.metadata.update({"note": text}),
    ],
    ids=["output", "metadata"],
)
def test_a_token_in_a_notebook_fails_the_check(
    project: Project, place: Callable[[Any, str], None]
) -> None:
    token = f"eyJhbGciOiJIUzI1NiJ9.{'a1B2' * 8}.{'c3D4' * 8}"
    project.edit(lambda notebook: place(notebook, f"Bearer {token}"))
    done = project.check()
    assert done.returncode == 1
    assert "secret  " in done.stdout
    assert token not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_distribution_that_tears_notebooks_apart_is_refused(project: Project) -> None:
    """With a sentence, in place of cells that fail."""
    done = project.run("pytest", "-n", "2", "--dist", "load")
    assert done.returncode == 4
    assert "Use --dist loadscope" in done.stdout + done.stderr
    assert project.pytest("-n", "2", "--dist", "loadscope")[0] == PASSED
