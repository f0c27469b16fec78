"""What is told of a benchmark: medians, quartiles, goals, and an exit status that keeps them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.measuring import Figure, pairs

ROOT = Path(__file__).parents[2]  # where `tests` can be imported, whatever is installed


def test_a_ratio_is_the_median_of_the_pairs_ratios() -> None:
    """Not the ratio of the medians: a slow moment hits both sides of a pair."""
    figure = Figure("ours", "theirs", "ms", ((1.0, 2.0), (30.0, 50.0), (2.0, 2.0), (9.0, 10.0)))
    assert figure.ratio == pytest.approx(0.75)
    assert figure.spread == pytest.approx((0.525, 0.975))


@pytest.mark.parametrize(
    ("unit", "goal", "met", "met_with_headroom"),
    [
        ("ms", 1.3, True, True),
        ("ms", 1.1, False, True),
        ("ms", 0.7, False, False),
        ("/s", 1.1, True, True),
        ("/s", 1.5, False, True),
        ("/s", 2.0, False, False),
    ],
)
def test_a_goal_is_a_limit_for_times_and_a_floor_for_rates(
    unit: str, goal: float, met: bool, met_with_headroom: bool
) -> None:
    figure = Figure("ours", "theirs", unit, ((1.2, 1.0),), goal=goal)  # type: ignore[arg-type]
    assert figure.meets() is met
    assert figure.meets(1.6) is met_with_headroom


def test_pairs_take_turns_after_one_call_that_is_not_counted() -> None:
    calls: list[str] = []
    taken = pairs(lambda: calls.append("ours"), lambda: calls.append("theirs"), 2)
    assert calls == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert len(taken) == 2


def test_one_command_prints_a_table_and_keeps_every_pair(tmp_path: Path) -> None:
    """The JSON holds what the table was made of, and what it ran on."""
    kept, drawn = tmp_path / "run.json", tmp_path / "growth.svg"
    command = [sys.executable, "-m", "tests.benchmarks", "auditing", "--short"]
    run = subprocess.run(
        [*command, "--json", str(kept), "--plot", str(drawn)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    record = json.loads(kept.read_text())
    (figure,) = record["figures"]["auditing"]
    assert f"{figure['what']}" in run.stdout
    assert len(figure["pairs"]) == 3
    assert record["machine"]["pandas"]
    assert [point["size"] for point in record["growth"][0]["points"]] == [11, 1098]
    assert "<svg" in drawn.read_text()


def test_a_group_that_is_none_is_refused() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "listings"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 2
    assert "no group listings" in run.stderr
