"""``python -m tests.chaos --seed N --seconds S``: faults, kills and disconnects, and a count.

A sandbox, two receivers and three clients, five of them processes of their own, are struck by
random faults, kills, restarts, disconnects, clock jumps, forks and Ctrl-C at a start, while a
model keeps count. Two of the clients write to one store and take writes back there at the same
time. A session of `listen` borrows scopes of another store: its deliveries come over https and
through a tunnel, and go on to an app. With an odd seed the sandbox speaks https. A second one
applies ikas' limits. At the end everything settles and is compared with the model. It exits with
1 when anything was lost, invented, taken back twice, not given back or left open.

A seed has one script of steps, so ``--seed`` with the same ``--steps`` (or fewer) makes the
same decisions again. How the operating system interleaves the processes is not repeated.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.run import run


def main() -> int:
    """Run it as the command line says, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="default: a new one, which is printed")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--steps", type=int, help="so many, however long it takes")
    parser.add_argument("--folder", type=Path, help="keep the files there; it has to be empty")
    parser.add_argument("--verbose", action="store_true", help="print each step")
    given = parser.parse_args()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    begun = time.monotonic()

    def tell(step: object) -> None:
        if given.verbose:
            print(f"{time.monotonic() - begun:7.2f} {step}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        report = run(seed, folder, seconds=given.seconds, count=given.steps, tell=tell)
    print(report.text())
    for what, detail in report.failures:
        print(f"\n{what}: {detail}")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
