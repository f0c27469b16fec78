"""The audit as pictures; matplotlib comes with the extra ``lab``."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from ikas_explore.auditing.coverage import LETTERS, rows, scope_groups, states
from ikas_explore.auditing.report import Audit
from ikas_explore.auditing.rule import SEVERITIES
from ikas_explore.text.palette import COLOURS, figure
from ikas_explore.text.printable import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

#: Rows that one picture can show with their names.
MOST_ROWS = 40
_LONGEST = 34


def draw(audit: Audit) -> Figure:
    """Draw the coverage and the findings side by side."""
    table = states(audit)
    rules = audit.findings["rule"].nunique()
    lines = max(min(len(table), MOST_ROWS), rules, 4)
    drawn = figure(width=13, height=2.6 + 0.27 * lines)
    left, right = drawn.subplots(1, 2, width_ratios=[3, 2])
    _draw_coverage(left, table)
    _draw_findings(right, audit, lines)
    return drawn


def _draw_coverage(axes: Axes, table: DataFrame) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    if table.empty:
        axes.set_title("Coverage")
        axes.text(0.5, 0.5, "no store", ha="center")
        axes.set_axis_off()
        return
    shown, left_out = rows(table, MOST_ROWS)
    words = list(LETTERS)
    axes.imshow(
        [[words.index(state) for state in row.states] for row in shown],
        aspect="auto",
        cmap=ListedColormap([COLOURS[word] for word in words]),
        vmin=-0.5,
        vmax=len(words) - 0.5,
    )
    for at, row in enumerate(shown):
        for column, state in enumerate(row.states):
            axes.text(column, at, LETTERS[state], ha="center", va="center", fontsize=8)
    axes.set_yticks(range(len(shown)), [_short(row.label) for row in shown], parse_math=False)
    axes.hlines([at + 0.5 for at in range(len(shown) - 1)], *axes.get_xlim(), color="white", lw=1)
    _name_scopes(axes, list(map(str, table.columns)))
    counts = Counter(table.to_numpy().ravel().tolist())
    axes.legend(
        handles=[
            Patch(color=COLOURS[word], label=f"{letter}  {word} ({counts[word]:,})")
            for word, letter in LETTERS.items()
        ],
        loc="upper center",
        bbox_to_anchor=(0.5, -0.02),
        ncols=3,
        frameon=False,
        title=f"{counted(left_out, 'store')} with less trouble not shown" if left_out else None,
    )


def _name_scopes(axes: Axes, scopes: list[str]) -> None:
    """Write the resources above, each once, and what happens to them below those."""
    groups = scope_groups(scopes)
    verbs = [_folded(verb) for _, of_group in groups for verb in of_group]
    axes.set_xticks(range(len(verbs)), verbs, rotation=90, parse_math=False, fontsize=8)
    axes.tick_params(top=False, labeltop=True, bottom=False, labelbottom=False, left=False)
    ends, start = [], -0.5
    middles = []
    for _, of_group in groups:
        middles.append(start + len(of_group) / 2)
        start += len(of_group)
        ends.append(start)
    axes.vlines([at + 0.5 for at in range(len(verbs) - 1)], *axes.get_ylim(), color="white", lw=1)
    axes.vlines(ends[:-1], *axes.get_ylim(), color="white", lw=5)
    above = axes.secondary_xaxis("top")
    above.set_xticks(middles, [_folded(name) for name, _ in groups], parse_math=False)
    above.tick_params(length=0, pad=54)
    above.spines["top"].set_visible(False)
    axes.spines[:].set_visible(False)


def _folded(name: str) -> str:
    """Fold a long name before its capitals, and cut it if it is still long."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "\n", name) if len(name) > 9 else name
    return "\n".join(part if len(part) <= 14 else f"{part[:13]}…" for part in parts.split("\n"))


def _short(label: str) -> str:
    if len(label) <= _LONGEST:
        return label
    half = _LONGEST // 2
    return f"{label[: half - 1]}…{label[-half:]}"


def _draw_findings(axes: Axes, audit: Audit, lines: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title("Findings of each rule")
    counts = Counter(zip(audit.findings["rule"], audit.findings["severity"], strict=True))
    if not counts:
        axes.text(0.5, 0.5, "Nothing was found.", ha="center")
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
        height=0.6,
    )
    axes.bar_label(bars, padding=3)
    axes.margins(x=0.15)
    axes.set_ylim(max(len(names), lines * 0.6) - 0.5, -0.5)  # a bar is as broad as a row of stores
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("findings")
