"""Deliveries over time as a picture, by outcome; matplotlib comes with the extra ``lab``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from ikas_explore.text.palette import COLOURS, OTHERS, figure

if TYPE_CHECKING:
    import datetime as dt

    from matplotlib.figure import Figure

#: Bars over the whole of the time; fewer where there are fewer moments.
_BARS = 60


def draw_times(
    times: Sequence[dt.datetime], groups: Sequence[str], *, title: str, order: Sequence[str] = ()
) -> Figure:
    """Draw how many things happened when (UTC), each group in a colour of its own."""
    picture = figure(width=9, height=3)
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    axes = picture.subplots()
    axes.set_title(title, loc="left")
    names = [*order, *sorted(set(groups) - set(order))]
    given: Mapping[str, list[Any]] = {name: [] for name in names}
    for time, group in zip(times, groups, strict=True):
        given[group].append(time)
    shown = [name for name in names if given[name]]
    if not shown:
        axes.text(0.5, 0.5, "nothing", ha="center", va="center", transform=axes.transAxes)
        axes.set_axis_off()
        return picture
    axes.hist(
        [given[name] for name in shown],
        bins=min(_BARS, max(len(times) // 3, 1)),
        stacked=True,
        color=[COLOURS.get(name, other) for name, other in zip(shown, cycle(OTHERS), strict=False)],
        label=[f"{name} ({len(given[name])})" for name in shown],
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    axes.set_xlabel("UTC")
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    return picture
