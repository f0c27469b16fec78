"""The plot of how cost grows: a panel for each size that can grow, ours beside the rival's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure as Canvas

from tests.benchmarks.measuring import Growth

OURS, RIVAL = "#1f6feb", "#8c959f"


def plot(growths: Sequence[Growth], path: Path) -> None:
    """Draw them beside each other, both axes logarithmic, and write the file."""
    canvas = Canvas(figsize=(4 * len(growths), 3.4), layout="constrained")
    for growth, axes in zip(
        growths, canvas.subplots(1, len(growths), squeeze=False)[0], strict=True
    ):
        sizes, ours, theirs = zip(*growth.points, strict=True)
        axes.loglog(sizes, theirs, color=RIVAL, marker="s", markersize=4, label=growth.rival)
        axes.loglog(sizes, ours, color=OURS, marker="o", markersize=4, label="ikas_explore")
        axes.set(title=growth.what, xlabel=growth.axis, ylabel="seconds")
        axes.grid(color="#d0d7de", linewidth=0.5)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize="small")
    canvas.savefig(path, dpi=110)
