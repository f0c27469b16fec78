"""The audit as pictures; matplotlib comes with the extra ``lab``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ikas_explore.auditing.result import Result, visible
from ikas_explore.auditing.rule import SEVERITIES
from ikas_explore.text.palette import COLOURS, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


#: Names beside rows are readable up to this many; beyond, only their number is told.
MOST_NAMES = 40


def draw(result: Result) -> Figure:
    """Draw the coverage and the findings side by side."""
    coverage = result.coverage()
    height = min(2.5 + 0.25 * max(len(coverage), 8), 12)
    drawn = figure(width=12, height=height)
    left, right = drawn.subplots(1, 2, width_ratios=[3, 2])
    _draw_coverage(left, coverage)
    _draw_findings(right, result)
    return drawn


def _draw_coverage(axes: Axes, coverage: Any) -> None:
    axes.set_title("Coverage: which store has which scope")
    if coverage.empty:
        axes.text(0.5, 0.5, "no store", ha="center")
        axes.set_axis_off()
        return
    axes.imshow(coverage.to_numpy(), aspect="auto", cmap="Greens", vmin=0, vmax=1.4)
    scopes = [visible(str(scope)).removeprefix("store/") for scope in coverage.columns]
    axes.set_xticks(range(len(scopes)), scopes, rotation=45, ha="right", parse_math=False)
    axes.vlines(
        [at + 0.5 for at in range(len(scopes) - 1)], -0.5, len(coverage) - 0.5, color="white"
    )
    if len(coverage) > MOST_NAMES:
        axes.set_yticks([])
        axes.set_ylabel(f"{len(coverage)} stores")
        return
    names = [visible(str(store)) for store in coverage.index]
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.hlines([at + 0.5 for at in range(len(names) - 1)], -0.5, len(scopes) - 0.5, color="white")
    for row, cells in enumerate(coverage.to_numpy()):
        for column, there in enumerate(cells):
            if not there:  # in a word, not in colour alone
                axes.text(column, row, "no", ha="center", va="center", fontsize=7)


def _draw_findings(axes: Axes, result: Result) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title("Findings of each rule")
    counts = Counter(zip(result.findings["rule"], result.findings["severity"], strict=True))
    if not counts:
        axes.text(0.5, 0.5, "nothing was found", ha="center")
        axes.set_axis_off()
        return
    worst_first = sorted(
        counts.items(), key=lambda item: (SEVERITIES.index(item[0][1]), -item[1], item[0][0])
    )
    names = [f"{rule} ({severity})" for (rule, severity), _ in worst_first]
    bars = axes.barh(
        names,
        [count for _, count in worst_first],
        color=[COLOURS[severity] for (_, severity), _ in worst_first],
    )
    axes.bar_label(bars, padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("findings")
