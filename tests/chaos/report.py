"""The figures of a run, and what went wrong in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

#: What a run looks for; each has to be found no time.
ZEROES = (
    "lost deliveries",
    "phantom deliveries",
    "wrong attempts",
    "phantom rows",
    "unjournaled writes",
    "not taken back",
    "lost writes",
    "claimed twice",
    "not lent",
    "not given back",
    "not forwarded",
    "left running",
    "wrong blocks",
    "unhandled exceptions",
    "leaked threads or sockets",
)


@dataclass
class Report:
    """What a run did and found.

    Attributes
    ----------
    step : str
        The one under way.
    failures : list of (str, str)
        One of `ZEROES`, and what exactly.
    """

    seconds: float = 0.0
    steps: int = 0
    step: str = ""
    faults: Counter[str] = field(default_factory=Counter)
    processes: dict[str, Counter[str]] = field(default_factory=dict)
    jumps: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    journaled: int = 0
    raced: Counter[str] = field(default_factory=Counter)
    sessions: Counter[str] = field(default_factory=Counter)
    forwarded: int = 0
    blocks: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    promised: int = 0
    states: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    received: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, what: str, detail: str) -> None:
        """Note that something that must not be was found."""
        self.failures.append((what, f"{self.step}: {detail}" if self.step else detail))

    def text(self) -> str:
        """Return the table."""
        return "\n".join(f"{name:<26} {value}" for name, value in self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield "steps, seconds", f"{self.steps} in {self.seconds:.0f} s"
        yield "faults injected", _told(self.faults)
        for name, counts in self.processes.items():
            yield name, _told(counts, total=False)
        yield "clock jumps", _told(self.jumps)
        yield "writes", f"{_told(self.writes)}; {self.journaled} in the journal"
        yield "undone by two at once", _told(self.raced)
        yield "sessions of listen", f"{_told(self.sessions)}; {self.forwarded} forwarded"
        yield "under ikas' limits", _told(self.blocks)
        yield "events", f"{_told(self.events)} (those no webhook waits for have no delivery)"
        yield "deliveries", f"{self.promised} acknowledged; in all {_told(self.states)}"
        yield "attempts", f"{self.attempts}; {self.received} requests received"
        found = Counter(what for what, _ in self.failures)
        for what in ZEROES:
            yield ("lost" if what == "lost deliveries" else what), str(found[what])


def _told(counts: Counter[str], *, total: bool = True) -> str:
    parts = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count)
    return f"{sum(counts.values())}: {parts}" if total and parts else parts or "0"
