"""Fuzz for long: ``python -m tests.fuzz --examples 5000``, or ``--minutes 10``.

Every fuzzer runs in rounds; the seed of each is printed, and ``--seed`` runs it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import counts

#: Examples of a round where a time is given and no number.
ROUND = 500


class _FuzzersOnly:
    """Leaves out the named tests of what was found."""

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        chosen = [item for item in items if getattr(item.obj, "is_hypothesis_test", False)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--examples", type=int, help="of a fuzzer in a round; less of dear ones, more of others"
    )
    parser.add_argument("--minutes", type=float, default=0.0, help="begin rounds for so long")
    parser.add_argument("--seed", type=int, help="of the first round; later ones count up")
    parser.add_argument("-k", default="", help="only these, as pytest takes it")
    given = parser.parse_args()
    counts.EXAMPLES, counts.FIXED = given.examples or ROUND, False
    seed = random.randrange(2**32) if given.seed is None else given.seed
    end = time.monotonic() + given.minutes * 60
    failed = False
    while True:
        print(f"seed {seed}, {counts.EXAMPLES:,} examples", flush=True)
        options = [str(Path(__file__).parent), "-q", "--no-header", "-p", "no:cacheprovider"]
        options += ["-n", "0"]  # the counts are of this process
        options += [f"--hypothesis-seed={seed}", *(["-k", given.k] if given.k else [])]
        failed |= pytest.main(options, [_FuzzersOnly()]) != 0
        seed += 1
        if time.monotonic() >= end:
            break
    print(counts.table())
    print("invalid: drawn, and thrown away as none the fuzzer could use")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
