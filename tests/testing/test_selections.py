"""With --ikas-sandbox the cells of a notebook run together, all and in order, whatever selects."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.notebooks import code, notebook, stream, write

pytestmark = pytest.mark.heavy  # a kernel in each

REVERSED = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items[:] = items[::2] + items[1::2]  # torn apart, between the tests of other files
    items.reverse()
"""
SOME = """
def pytest_collection_modifyitems(config, items):
    away = [item for item in items if item.name == "Cell 0"]
    items[:] = [item for item in items if item not in away]
    config.hook.pytest_deselected(items=away)
"""
WHOLE = {"a.ipynb": ["Cell 0", "Cell 1", "Cell 2"], "b.ipynb": ["Cell 0", "Cell 1", "Cell 2"]}


def cells(last: str = "print(y + 1)") -> dict[str, object]:
    return notebook(
        code("x = 1"),
        code("y = x + 1\nprint(y)", stream("2\n"), count=2),
        code(last, stream("3\n"), count=3),
    )


def fill(folder: Path) -> Path:
    for name in ("a.ipynb", "b.ipynb"):
        write(folder / name, cells())
    (folder / "test_it.py").write_text("def test_one(): pass\ndef test_two(): pass\n")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a cell has failed, with what pytest keeps of that."""
    folder = fill(tmp_path_factory.mktemp("failed"))
    write(folder / "a.ipynb", cells("print(y + 1, oops)"))
    status, said = run(folder)
    assert status == 1
    assert ran(said)["a.ipynb"] == ["Cell 0", "Cell 1"]
    return folder


def run(folder: Path, *options: str, plugins: tuple[str, ...] = ()) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    loaded = [part for each in ("ikas-explore", "nbval", *plugins) for part in ("-p", each)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *loaded, "-v", "--color=no"),
            *("--nbval", "--nbval-current-env", "--ikas-sandbox", *options),
        ],
        cwd=folder,
        env={**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def ran(said: str) -> dict[str, list[str]]:
    """Return the cells that passed, by notebook, in the order in which they ran."""
    found: dict[str, list[str]] = {}
    lines = re.findall(r"^(\w)::ipynb::(Cell \d)\S* PASSED", said, re.MULTILINE)
    of_workers = re.findall(r" PASSED (\w)::ipynb::(Cell \d)", said)
    for name, cell in lines or of_workers:
        found.setdefault(f"{name}.ipynb", []).append(cell)
    return found


@pytest.mark.parametrize(
    ("options", "notebooks"),
    [
        (("a.ipynb::Cell 2",), ["a.ipynb"]),
        (("b.ipynb::Cell 1", "a.ipynb::Cell 2", "test_it.py::test_two"), ["a.ipynb", "b.ipynb"]),
        (("-k", "a.ipynb and 1"), ["a.ipynb"]),
        (("--deselect", "a.ipynb::Cell 0"), ["a.ipynb", "b.ipynb"]),
        (("-k", "test_it"), []),
    ],
    ids=["node id", "node ids", "-k", "--deselect", "other tests"],
)
def test_a_selected_cell_brings_its_notebook(
    folder: Path, options: tuple[str, ...], notebooks: list[str]
) -> None:
    status, said = run(folder, *options)
    assert status == 0, said
    assert ran(said) == {name: WHOLE[name] for name in notebooks}
    assert ("run, as each needs those before it" in said) == bool(notebooks)


def test_cells_are_not_counted_as_deselected_when_they_run(folder: Path) -> None:
    _, said = run(folder, "-k", "a.ipynb and 1")
    assert re.search(r"3 passed, 5 deselected", said), said


@pytest.mark.parametrize("option", ["--lf", "--ff", "--nf", "--sw"])
def test_a_cell_that_failed_and_was_fixed_passes(failed: Path, tmp_path: Path, option: str) -> None:
    folder = shutil.copytree(failed, tmp_path / "fixed")
    write(folder / "a.ipynb", cells())
    status, said = run(folder, option)
    assert status == 0, said
    assert ran(said)["a.ipynb"] == WHOLE["a.ipynb"]


@pytest.mark.parametrize("hook", [REVERSED, SOME], ids=["reordered", "deselected"])
def test_a_plugin_cannot_tear_a_notebook_apart(folder: Path, hook: str) -> None:
    """As pytest-randomly does, and many a conftest.py."""
    (folder / "conftest.py").write_text(hook)
    status, said = run(folder)
    assert status == 0, said
    assert ran(said) == WHOLE


@pytest.mark.parametrize("distribution", ["loadscope", "loadfile", "each"])
def test_on_workers_a_notebook_stays_on_one(folder: Path, distribution: str) -> None:
    (folder / "conftest.py").write_text(REVERSED)
    options = ("-n", "2", "--dist", distribution, "a.ipynb::Cell 2", "b.ipynb", "test_it.py")
    status, said = run(folder, *options, plugins=("xdist",))
    assert status == 0, said
    assert {name: sorted(set(each)) for name, each in ran(said).items()} == WHOLE
    for name in WHOLE:
        workers = set(re.findall(rf"\[(gw\d)\].* PASSED {name[0]}::ipynb", said))
        assert len(workers) == (2 if distribution == "each" else 1)


@pytest.mark.parametrize("distribution", ["load", "worksteal", "loadgroup"])
def test_a_distribution_that_tears_notebooks_apart_is_refused(
    folder: Path, distribution: str
) -> None:
    status, said = run(folder, "-n", "2", "--dist", distribution, plugins=("xdist",))
    assert status == 4
    assert "Use --dist loadscope" in said
