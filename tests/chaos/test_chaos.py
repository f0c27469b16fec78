"""Short chaos runs on every push, a longer one where slow tests are run."""

from __future__ import annotations

import random
import sys
from itertools import islice
from pathlib import Path

import pytest

from tests.chaos.run import run
from tests.chaos.script import steps

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, kills as POSIX does")


def test_a_seed_has_one_script() -> None:
    first, again, other = (list(islice(steps(seed), 300)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len({step.name for step in first}) == 19


@linux
@pytest.mark.parametrize(
    ("seed", "seconds"),
    [
        pytest.param(1, 6.0, id="the same every time"),
        pytest.param(None, 6.0, id="new every time"),
        pytest.param(None, 90.0, id="longer", marks=pytest.mark.slow),
    ],
)
def test_nothing_is_lost_or_invented_or_left_open(
    seed: int | None, seconds: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Repeat one that failed with ``python -m tests.chaos --seed N --steps N``."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    with capsys.disabled():
        print(f"\nchaos: seed {seed}")
    report = run(seed, tmp_path, seconds=seconds)
    with capsys.disabled():
        print(report.text())
    assert report.failures == [], f"seed {seed}, {report.steps} steps"
