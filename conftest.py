"""How the tests are spread over workers, whichever of them are run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

#: Tests that share what takes long to start stay on one worker, and begin first: a browser, the
#: kernels of the notebooks, a notebook that was run.
TOGETHER = ("tests/forms/browser/", "tests/test_notebooks.py", "tests/testing/test_projects.py")


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
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """No workers for a run that names its files: they take longer to start than such a run."""
    return None if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0
