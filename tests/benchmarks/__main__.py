"""How fast this is beside doing it by hand: ``python -m tests.benchmarks``.

Prints each figure as a ratio against its rival, the median and the quartiles over pairs, and
ends with 1 when one misses its goal. ``--json FILE`` keeps all pairs, ``--plot FILE`` draws how
cost grows with stores, deliveries and rows (minutes), ``--short`` takes few pairs and ends with
1 only when a ratio is far beyond its goal. Names choose groups: ``python -m tests.benchmarks
listing fleet``. The group ``memory`` is run only when it is named, ``--minutes`` long.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from tests.benchmarks.machine import machine
from tests.benchmarks.measuring import HEADROOM, Figure, Growth

GROUPS = (
    "listing",
    "starting",
    "fleet",
    "deliveries",
    "receiving",
    "listening",
    "auditing",
    "forms",
    "notebooks",
    "growing",
    "schemas",
)
LONG = "memory"
GROWING = ("listing", "auditing", "fleet", "deliveries")
_HEAD = f"{'':37} {'beside':31} {'ours':>9} {'rival':>9}       ratio (quartiles)  goal"


def main() -> int:
    """Run what the arguments ask for; returns the exit status."""
    asked = _arguments()
    # Where it is set, each new Python would compile this checkout anew, and no installed rival.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    found: dict[str, list[Figure]] = {}
    grown: list[Growth] = []
    print(" · ".join(f"{name} {value}" for name, value in machine().items()))
    print(_HEAD)
    try:
        for group in asked.groups:
            module = import_module(f"tests.benchmarks.{group}")
            extent = asked.minutes if group == LONG else asked.short
            found[group] = [_told(figure) for figure in module.figures(extent)]
            if asked.plot and group in GROWING:
                grown += _grown(module.growth(asked.short))
    except KeyboardInterrupt:
        print("Stopped; nothing was written.", file=sys.stderr)
        return 130
    if asked.json:
        record = {
            "machine": machine(),
            "short": asked.short,
            "figures": {group: [each.record() for each in some] for group, some in found.items()},
            "growth": [each.record() for each in grown],
        }
        asked.json.write_text(json.dumps(record, indent=1) + "\n")
    if asked.plot:
        from tests.benchmarks.plotting import plot

        plot(grown, asked.plot)
    headroom = HEADROOM if asked.short else 1.0
    missed = [each for some in found.values() for each in some if not each.meets(headroom)]
    beyond = f"more than {headroom:g} times beyond its goal" if asked.short else "beyond its goal"
    for figure in missed:
        print(f"{figure.what}: {figure.ratio:.2f} of {figure.rival} is {beyond}.", file=sys.stderr)
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join((*GROUPS, LONG)))
    parser.add_argument("--short", action="store_true", help="few pairs: a guard for CI")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all pairs")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the growth: .png or .svg")
    parser.add_argument("--minutes", type=float, default=10, help=f"of {LONG}; default 10")
    asked = parser.parse_args()
    asked.groups = asked.groups or list(GROUPS)
    unknown = [group for group in asked.groups if group not in (*GROUPS, LONG)]
    if unknown:
        parser.error(f"no group {', '.join(unknown)}; there are {', '.join((*GROUPS, LONG))}")
    return asked


def _told(figure: Figure) -> Figure:
    low, high = figure.spread
    ours, rivals = (
        f"{side:.3g}" if side < 100 else f"{side:.0f}" for side in (figure.ours, figure.theirs)
    )
    goal = figure.said
    mark = ("ok" if figure.meets() else "MISSED") if goal else ""
    print(
        f"{figure.what:37} {figure.rival:31} {ours:>6} {figure.unit:2} {rivals:>6} {figure.unit:2} "
        f"{figure.ratio:7.2f} ({low:.2f} to {high:.2f})  {goal:8} {mark}",
        flush=True,
    )
    if figure.worse and figure.why:
        print(f"{'':37} because it {figure.why}")
    return figure


def _grown(growths: Iterable[Growth]) -> list[Growth]:
    told = []
    for growth in growths:
        print(f"{growth.what}, beside {growth.rival}; seconds")
        for size, ours, theirs in growth.points:
            print(f"  {size:>8,} {growth.axis:20} {ours:9.4f} {theirs:9.4f} {ours / theirs:8.2f}")
        told.append(growth)
    return told


if __name__ == "__main__":
    sys.exit(main())
