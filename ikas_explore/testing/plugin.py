"""The pytest plugin: fixtures, and notebooks that find a sandbox of their own.

pytest loads this wherever the package is installed, so it imports nothing heavy, and beyond
offering its fixtures does nothing unless ``--ikas-sandbox`` or ``--ikas-update`` asks for it.
Three lines of pytest.ini check the notebooks of a folder::

    [pytest]
    addopts = --nbval --nbval-current-env --ikas-sandbox
    testpaths = notebooks

Tests with a frozen clock (freezegun, time-machine) work with these fixtures; without them, import
pandas before the clock is frozen: under freezegun a first import crashes Python.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ikas_explore.settings import SANDBOX_SEED
from ikas_explore.testing.execution import KERNEL_VARIABLES
from ikas_explore.testing.recorded_frames import FOLDER, FOLDER_VARIABLE, UPDATE_VARIABLE

if TYPE_CHECKING:
    from ikas_explore import Receiver, Sandbox, Store

#: What nbval is to overlook in the outputs.
SANITIZE = Path(__file__).with_name("sanitize.cfg")

# The distributions of pytest-xdist that keep the cells of a notebook on one worker, in their order.
# `loadgroup` would, but pytest-xdist 3.8 does not see its groups under pytest 9.2.
_WHOLE_NOTEBOOKS = ("no", "loadscope", "loadfile", "each")


@pytest.fixture
def ikas_sandbox() -> Iterator[Sandbox]:
    """An ikas on this machine with the seed's two webhooks, new for every test."""
    from ikas_explore import Sandbox

    _load_pandas()
    # Milliseconds between attempts: a test is not to wait for seconds.
    with Sandbox(seed=SANDBOX_SEED, retry_delays=(0.01, 0.02)) as sandbox:
        yield sandbox


@pytest.fixture
def ikas_store(ikas_sandbox: Sandbox) -> Iterator[Store]:
    """The store of `ikas_sandbox`."""
    from ikas_explore import connect

    with connect(ikas_sandbox) as store:
        yield store


@pytest.fixture
def ikas_receiver(ikas_sandbox: Sandbox) -> Iterator[Receiver]:
    """An endpoint on this machine that knows the client secret of `ikas_sandbox`."""
    from ikas_explore import Receiver

    with Receiver(ikas_sandbox.client_secret) as receiver:
        yield receiver


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ikas", "notebooks on an ikas sandbox")
    group.addoption(
        "--ikas-sandbox",
        action="store_true",
        help="with --nbval: every notebook finds a fresh sandbox of its own, with the same ids "
        "on every run, whatever the environment or a .env file says",
    )
    group.addoption(
        "--ikas-update",
        action="store_true",
        help="record anew what check_frame compares with",
    )


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    # A wrapper, to come before pytest-xdist's own, which makes `load` of `-n` alone.
    option = config.option
    checked = getattr(option, "nbval", False) or getattr(option, "nbval_lax", False)
    if option.ikas_sandbox and checked and getattr(option, "dist", None) is not None:
        if option.dist == "no" and option.numprocesses:
            option.dist = "loadscope"
        if option.dist not in _WHOLE_NOTEBOOKS:
            raise pytest.UsageError(
                f"--dist {option.dist} spreads the cells of a notebook over several kernels, where "
                "they cannot work. Use --dist loadscope, or -n without --dist."
            )
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Load pandas before any test, if one uses the fixtures: a test may freeze the clock first."""
    ours = any("ikas_sandbox" in getattr(item, "fixturenames", ()) for item in session.items)
    if ours and not session.config.option.collectonly:
        _load_pandas()


def _load_pandas() -> None:
    if "pandas" not in sys.modules and dt.datetime.__module__ != "datetime":
        raise pytest.UsageError(
            "The clock is frozen, and pandas is not loaded yet: its import would crash Python. "
            "Add 'import pandas' to the top of conftest.py."
        )
    import ikas_explore.frames.frames  # noqa: F401 - it imports pandas


def pytest_configure(config: pytest.Config) -> None:
    if config.option.ikas_sandbox or config.option.ikas_update:
        config.pluginmanager.register(_Notebooks(config), "ikas-notebooks")


class _Notebooks:
    """What happens to notebooks when it is asked for."""

    def __init__(self, config: pytest.Config) -> None:
        self._sandbox = bool(config.option.ikas_sandbox)
        self._update = {UPDATE_VARIABLE: "1"} if config.option.ikas_update else {}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._cells: dict[Path, list[pytest.Item]] = {}
        self._added: set[pytest.Item] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Add the cells that a node id or --lf left out, before others mark and select items."""
        for notebook, group in _cells_of(items).items() if self._sandbox else ():
            here = {cell.name: cell for cell in group}
            collector: Any = group[0].parent
            self._cells[notebook] = [here.get(cell.name, cell) for cell in collector.collect()]
            self._added.update(cell for cell in self._cells[notebook] if cell.name not in here)
        items += self._added

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Put the cells of each notebook that is selected together, all of them and in order."""
        done: set[Path] = set()
        items: list[pytest.Item] = []
        for item in session.items:
            if item.path not in self._cells:
                items.append(item)
            elif item.path not in done:
                done.add(item.path)
                items += self._cells[item.path]
        back = set(items) - set(session.items)
        self._added = self._added & set(items) | back
        session.items[:] = items
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        if back and reporter is not None:
            deselected = reporter.stats.pop("deselected", [])
            if left := [item for item in deselected if item not in back]:
                reporter.stats["deselected"] = left

    def pytest_report_collectionfinish(self) -> list[str]:
        names = sorted({item.path.name for item in self._added})
        return [f"ikas: all cells of {name} run, as each needs those before it" for name in names]

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self) -> Generator[None, list[Any], list[Any]]:
        collectors = yield
        nbval = sys.modules.get("nbval.plugin")
        if self._sandbox and nbval is not None:
            rules = nbval.get_sanitize_patterns(SANITIZE.read_text("utf-8"))
            for collector in collectors:
                if isinstance(collector, nbval.IPyNbFile):
                    collector.sanitize_patterns.update(rules)  # a file of the user's comes after
        return collectors

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        # nbval starts the kernel within; it inherits the environment of this process.
        nbval = sys.modules.get("nbval.plugin")
        if nbval is None or not isinstance(item, nbval.IPyNbCell):
            return (yield)
        with _environment(self._of_kernel(item.path.parent)):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        # check_frame in a test in Python, too, records anew when asked.
        if not self._update:
            return (yield)
        with _environment({**_kept(), **self._update}):
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        notebook = report.nodeid.partition("::")[0]
        if notebook.endswith(".ipynb"):
            self._seconds[notebook] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._seconds:
            terminalreporter.section("notebooks, their seconds")
            for notebook, seconds in sorted(self._seconds.items()):
                terminalreporter.line(f"{seconds:7.2f}  {notebook}")

    def _of_kernel(self, folder: Path) -> Mapping[str, str]:
        frames = {FOLDER_VARIABLE: str(folder / FOLDER), **self._update}
        if not self._sandbox:
            return {**_kept(), **frames}
        # None of the user's settings gets into the kernel, so that all runs are alike.
        return {**frames, **KERNEL_VARIABLES}


def _cells_of(items: list[pytest.Item]) -> dict[Path, list[pytest.Item]]:
    """Return the cells among the items, by their notebook."""
    nbval = sys.modules.get("nbval.plugin")
    found: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if nbval is not None and isinstance(item, nbval.IPyNbCell):
            found.setdefault(item.path, []).append(item)
    return found


def _kept() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("IKAS_")}


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Let the environment hold these variables, and no others of ours, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _kept():
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        yield
