"""Which tests are run, and how they are spread over workers."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any

import pytest

# For the workers, and for the many Pythons that tests start: none compiles everything anew, or
# imports what takes long and is not needed.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
_paths = [str(Path(__file__).parent / "tests" / "lighter"), os.environ.get("PYTHONPATH")]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, _paths))

#: Tests that share what takes long to start stay on one worker, and begin first: a browser, the
#: kernels of the notebooks or of other tests, a notebook that was run. The last are long and few:
#: at the end one worker would be left with them.
TOGETHER = (
    "tests/forms/browser/",
    "tests/test_notebooks.py",
    "tests/testing/test_selections.py",
    "tests/forms/test_cells.py",
    "tests/testing/test_projects.py",
    "tests/testing/test_run_notebooks.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tests of the sandbox's promises, asked of a store of ikas; see tests/sandbox/README.md."""
    told = "Ask the development store that the IKAS_ variables name, and run no other test."
    parser.addoption("--ikas-live", action="store_true", help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Read who is asked before tests clear the environment."""
    if config.getoption("--ikas-live"):
        from ikas_explore.errors import IkasError
        from ikas_explore.settings import read_settings
        from tests.sandbox.live import SETTINGS

        try:
            config.stash[SETTINGS] = read_settings()
        except IkasError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no other tests than those that can ask a real store."""
    other = collection_path.is_file() and collection_path.name != "test_ikas_live.py"
    return True if other and config.getoption("--ikas-live") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what asks a real store with ``--ikas-live``, and everything else without."""
    chosen: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        chosen["ikas_live" in getattr(item, "fixturenames", ())].append(item)
    live = config.getoption("--ikas-live")
    config.hook.pytest_deselected(items=chosen[not live])
    items[:] = chosen[live]


def pytest_collection_finish() -> None:
    """Look for garbage less often, and not among modules and thousands of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def leases_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Examples in docstrings borrow scopes too: not in the user's own file."""
    monkeypatch.setenv("IKAS_LEASES", str(tmp_path / "leases.db"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As ``--dist loadgroup``, whose marks pytest-xdist 3.8 loses with pytest 9."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if file.endswith(".ipynb"):  # its cells have one kernel
                return file
            return next((room for room in TOGETHER if file.startswith(room)), nodeid)

    return Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two more than there are processors, as many tests wait for browsers and kernels.

    With ``-n logical`` as many, and none for a run that names its files: they take longer to start
    than such a run.
    """
    from xdist.plugin import pytest_xdist_auto_num_workers as processors

    few = config.getoption("--ikas-live")
    if few or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return 0
    return int(processors(config)) + (2 if config.option.numprocesses == "auto" else 0)
