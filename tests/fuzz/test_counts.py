"""The counts of a run are of cases executed, and a seed runs the same ones again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from tests.fuzz.counts import RUNS, Run, table
from tests.fuzz.runs import fuzz


@pytest.fixture
def ran() -> Iterator[dict[str, Run]]:
    """The runs of one test, apart from those of the session."""
    kept = dict(RUNS)
    RUNS.clear()
    yield RUNS
    RUNS.clear()
    RUNS.update(kept)


def test_cases_that_were_given_up_are_counted_apart(ran: dict[str, Run]) -> None:
    seen: list[int] = []

    @fuzz(number=st.integers(0, 1_000))
    def even(number: int) -> None:
        assume(number % 2 == 0)
        seen.append(number)

    even()
    (run,) = ran.values()
    assert run.executed == len(seen) > 0
    assert run.invalid > 0
    assert f"{run.executed:,}" in table()


def test_what_a_fuzzer_finds_is_counted_by_its_place(ran: dict[str, Run]) -> None:
    @fuzz(number=st.integers(0, 1_000))
    def broken(number: int) -> None:
        assert number < 500
        raise KeyError(number)

    with pytest.raises(BaseExceptionGroup):
        broken()
    (run,) = ran.values()
    assert {kind for kind, _ in run.findings} == {"AssertionError", "KeyError"}


@pytest.mark.slow
def test_a_long_run_prints_its_seed_and_counts_its_rounds() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.fuzz", "-k", "test_verify", "--examples", "20"),
            *("--seed", "5", "--minutes", "0.02"),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rounds = done.stdout.count("20 examples")
    assert "seed 5, 20 examples" in done.stdout
    total = next(line for line in done.stdout.splitlines() if line.startswith("3 fuzzers"))
    assert total.split()[2] == str(60 * rounds)
