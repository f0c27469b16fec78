"""Write ``tests/heavy.txt``, the tests that `.ci/check` leaves out: ``python -m tests.heaviest``.

It runs all tests in one process, which takes minutes, and keeps the names of those that take more
than half a second of processor time in all, and more than a tenth for each of their parameters.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).with_name("heavy.txt")


class Stopwatch:
    """Measures the processor time of each test, its processes included."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.times: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        name = item.nodeid.partition("[")[0]
        before = sum(os.times()[:4])
        result = yield
        self.seconds[name] += sum(os.times()[:4]) - before  # type: ignore[assignment]  # seconds
        self.times[name] += 1
        return result

    def heavy(self) -> list[str]:
        return sorted(
            name
            for name, seconds in self.seconds.items()
            if seconds > 0.5 and seconds / self.times[name] > 0.1
        )


if __name__ == "__main__":
    stopwatch = Stopwatch()
    status = pytest.main(["-q", "-n", "0"], [stopwatch])
    FILE.write_text("".join(f"{name}\n" for name in stopwatch.heavy()), "utf-8")
    sys.exit(status)
