"""The table of two runs in README.md: ``python -m tests.benchmarks.table ONE.json TWO.json``.

What is not as good as its rival in one of them says why.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def table(runs: list[dict[str, Any]]) -> str:
    """Return a Markdown table with a row a figure and the ratio of each run."""
    numbers = [f"run {number + 1}" for number in range(len(runs))]
    head = ["what", "beside", *numbers, "goal", "because it"]
    lines = [head, ["---"] * len(head)]
    for same in zip(*map(_figures, runs), strict=True):
        first = same[0]
        goal = (first["goal"] or "").replace("<=", "≤").replace(">=", "≥")
        why = first["why"] if any(each["worse"] for each in same) else ""
        lines.append([first["what"], first["rival"], *(_ratio(each) for each in same), goal, why])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _figures(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [figure for group in run["figures"].values() for figure in group]


def _ratio(figure: dict[str, Any]) -> str:
    low, high = figure["quartiles"]
    return f"{figure['ratio']:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    print(table([json.loads(Path(name).read_text()) for name in sys.argv[1:]]))
