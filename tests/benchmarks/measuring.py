"""What a benchmark gives: a figure beside its rival's, measured in pairs, told as their ratio.

Milliseconds depend on the machine and on what else it does; a ratio of two calls made right
after each other hardly does. So every figure has a rival in the same run, the two take turns in
going first, and what is told is the median of the pairs' ratios with its quartiles.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["us", "ms", "s", "/s", "MiB"]
Pair = tuple[float, float]

_PER_SECOND: Mapping[str, float] = {"us": 1e6, "ms": 1e3, "s": 1.0}
#: How far beyond its goal a ratio may be before the short run, on few pairs and perhaps on a
#: busy machine, calls it broken.
HEADROOM = 2.5


@dataclass(frozen=True)
class Figure:
    """One thing measured beside its rival.

    Parameters
    ----------
    what, rival : str
        What was timed, and what it stands beside.
    unit : {"us", "ms", "s", "/s", "MiB"}
        Of both sides of a pair.
    pairs : tuple of (float, float)
        Ours and the rival's, measured right after each other.
    goal : float, optional
        For the median ratio ours / rival: at most this, for a rate at least this. None for a
        figure that is only told.
    why : str
        Why it is not better; told beside it.
    added : float, optional
        A goal in place of a ratio: what ours may take beyond the rival, at the median.
    """

    what: str
    rival: str
    unit: Unit
    pairs: tuple[Pair, ...]
    goal: float | None = None
    why: str = ""
    added: float | None = None

    @property
    def ratios(self) -> list[float]:
        return sorted(ours / rival for ours, rival in self.pairs)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of the ratios; the extremes where there are few pairs."""
        ratios = self.ratios
        if len(ratios) < 4:
            return ratios[0], ratios[-1]
        low, _, high = statistics.quantiles(ratios, n=4)
        return low, high

    @property
    def ours(self) -> float:
        return statistics.median(ours for ours, _ in self.pairs)

    @property
    def theirs(self) -> float:
        return statistics.median(rival for _, rival in self.pairs)

    @property
    def sign(self) -> str:
        return ">=" if self.unit == "/s" else "<="

    @property
    def said(self) -> str:
        """The goal as it is printed; empty where there is none."""
        if self.added is not None:
            return f"<= rival + {self.added:g} {self.unit}"
        return "" if self.goal is None else f"{self.sign} {self.goal:.2f}"

    @property
    def worse(self) -> bool:
        """Whether ours is the slower or larger one."""
        return self.ratio < 1 if self.unit == "/s" else self.ratio > 1

    def meets(self, headroom: float = 1.0) -> bool:
        """Tell whether the ratio is within its goal, or so many times beyond it."""
        if self.added is not None:
            beyond = statistics.median(ours - rival for ours, rival in self.pairs)
            return beyond <= self.added * headroom
        if self.goal is None:
            return True
        if self.unit == "/s":
            return self.ratio >= self.goal / headroom
        return self.ratio <= self.goal * headroom

    def record(self) -> dict[str, Any]:
        """Return all of it as JSON takes it."""
        low, high = self.spread
        return {
            "what": self.what,
            "rival": self.rival,
            "unit": self.unit,
            "ours": self.ours,
            "rivals": self.theirs,
            "ratio": self.ratio,
            "quartiles": [low, high],
            "pairs": self.pairs,
            "goal": self.said or None,
            "met": self.meets(),
            "worse": self.worse,
            "why": self.why,
        }


@dataclass(frozen=True)
class Growth:
    """How the cost of both sides grows with a size.

    Parameters
    ----------
    what, rival : str
    axis : str
        What is counted: the label of the plot's axis.
    points : tuple of (int, float, float)
        The size, our seconds and the rival's, medians each.
    """

    what: str
    rival: str
    axis: str
    points: tuple[tuple[int, float, float], ...]

    def record(self) -> dict[str, Any]:
        """Return all of it as JSON takes it."""
        return {
            "what": self.what,
            "rival": self.rival,
            "axis": self.axis,
            "points": [
                {"size": size, "ours_s": ours, "rivals_s": theirs}
                for size, ours, theirs in self.points
            ],
        }


def pairs(
    ours: Callable[[], Any],
    rival: Callable[[], Any],
    count: int,
    *,
    unit: Literal["us", "ms", "s"] = "ms",
    calls: int = 1,
) -> tuple[Pair, ...]:
    """Time two calls in turn, after one of each that is not counted.

    Parameters
    ----------
    ours, rival : callable
    count : int
        Pairs.
    unit : {"us", "ms", "s"}
        Of the result.
    calls : int, default 1
        So many calls are timed together: for those shorter than a clock can tell.
    """
    ours(), rival()
    taken = in_turn(lambda: seconds(ours, calls), lambda: seconds(rival, calls), count)
    factor = _PER_SECOND[unit]
    return tuple((mine * factor, theirs * factor) for mine, theirs in taken)


def in_turn(ours: Callable[[], float], rival: Callable[[], float], count: int) -> tuple[Pair, ...]:
    """Return the seconds that both tell of themselves; they take turns in going first."""
    taken = []
    for index in range(count):
        if index % 2:
            first = ours()
            taken.append((first, rival()))
        else:
            first = rival()
            taken.append((ours(), first))
    return tuple(taken)


def seconds(call: Callable[[], Any], calls: int = 1) -> float:
    """Return the seconds one of so many calls takes."""
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - started) / calls


def medians(both: tuple[Pair, ...]) -> Pair:
    """Return the median of each side."""
    mine, theirs = (statistics.median(side) for side in zip(*both, strict=True))
    return mine, theirs


def python(*arguments: str, **variables: str) -> Callable[[], None]:
    """Return a call that runs a new Python to its end."""

    def run() -> None:
        subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, **variables},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    return run


#: Tells of the modules of others on standard error at the end.
_TELLING = """
import atexit, sys
def tell():
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    print(*(name for name, file in files.items() if "site-packages" in file), file=sys.stderr)
atexit.register(tell)
"""


def modules_of_others(code: str, environment: dict[str, str]) -> list[str]:
    """Return what some code ends up loading, but for ours and Python's own."""
    done = subprocess.run(
        [sys.executable, "-c", _TELLING + code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    ours = ("ikas_explore", "_")
    return [name for name in done.stderr.split() if not name.startswith(ours)]


def importing(names: list[str]) -> str:
    """Return code that loads modules."""
    return f"from importlib import import_module\nfor name in {names}: import_module(name)"
