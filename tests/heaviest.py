"""Write ``tests/heavy.txt``, the tests that `.ci/check` leaves out: ``python -m tests.heaviest``.

It runs all tests in one process, which takes minutes, and names the heaviest, so many that the
others together take no more than `LEFT` seconds.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).with_name("heavy.txt")
LEFT = 50.0


class Stopwatch:
    """Measures the time that each test takes."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.times: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        name = item.nodeid.partition("[")[0]
        before = time.perf_counter()
        result = yield
        self.seconds[name] += time.perf_counter() - before  # type: ignore[assignment]  # seconds
        self.times[name] += 1
        return result

    def heavy(self) -> list[str]:
        """Return the names of tests, those first whose cases take longest, until little is left."""
        left, names = self.seconds.total(), []
        for name in sorted(self.seconds, key=lambda each: -self.seconds[each] / self.times[each]):
            if left <= LEFT:
                break
            names.append(name)
            left -= self.seconds[name]
        return sorted(names)


if __name__ == "__main__":
    stopwatch = Stopwatch()
    status = pytest.main(["-q", "-n", "0"], [stopwatch])
    FILE.write_text("".join(f"{name}\n" for name in stopwatch.heavy()), "utf-8")
    sys.exit(status)
