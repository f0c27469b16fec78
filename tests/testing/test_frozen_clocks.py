"""The fixtures in tests with a frozen clock: nothing crashes, and every wait ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.test_plugin import run

pytestmark = pytest.mark.heavy  # a process each

TESTS = """
import pytest
import ikas_explore as ikas
FREEZE

@frozen
def test_list(ikas_store):
    assert len(ikas_store.webhooks.list()) == 2

@frozen
def test_deliveries_come(ikas_sandbox, ikas_store, ikas_receiver):
    ikas_receiver.status = [500, 200]
    ikas_store.webhooks.save(ikas_receiver.endpoint, "store/order/created")
    ikas_sandbox.emit("store/order/created")
    assert len(ikas_receiver.wait(2, timeout=20)) == 2
    ikas_sandbox.settle(timeout=20)
    assert ikas_sandbox.deliveries()["state"].tolist() == ["delivered"]

@frozen
def test_waits_end(ikas_receiver):
    with pytest.raises(ikas.errors.WaitTimeoutError):
        ikas_receiver.wait(1, timeout=0.2)
"""
FREEZEGUN = """
from freezegun import freeze_time
frozen = freeze_time("2024-03-01")
"""
TIME_MACHINE = """
import time_machine
frozen = time_machine.travel("2024-03-01", tick=False)
"""
# As pytest-freezer does: the clock stops before our fixtures are made.
FIXTURE = """
from freezegun import freeze_time
frozen = lambda test: test

@pytest.fixture(autouse=True)
def frozen_from_the_start():
    with freeze_time("2024-03-01"):
        yield
"""


@pytest.mark.parametrize(
    "freeze", [FREEZEGUN, TIME_MACHINE, FIXTURE], ids=["freezegun", "time-machine", "fixture"]
)
def test_a_frozen_clock_neither_crashes_nor_hangs_a_test(freeze: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS.replace("FREEZE", freeze))
    done = run(tmp_path, "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_clock_that_is_frozen_before_pandas_is_loaded_is_refused(tmp_path: Path) -> None:
    """In place of a crash of Python."""
    freeze = "from freezegun import freeze_time\nfreeze_time('2024-03-01').start()\n"
    (tmp_path / "conftest.py").write_text(freeze)
    (tmp_path / "test_it.py").write_text("def test_it(ikas_store):\n    pass\n")
    done = run(tmp_path)
    assert done.returncode != 0
    assert "Add 'import pandas' to the top of conftest.py" in done.stdout + done.stderr
    assert "Segmentation" not in done.stderr
    (tmp_path / "conftest.py").write_text(f"import pandas\n{freeze}")
    assert run(tmp_path).returncode == 0
