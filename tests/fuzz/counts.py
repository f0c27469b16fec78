"""What was run: how many examples of each fuzzer, what they found, in which time."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Examples for each hundred that a fuzzer asks for, and whether they are the same ones each time:
#: so that a plain run of pytest takes half a minute. ``python -m tests.fuzz`` sets both.
EXAMPLES = 30
FIXED = True


@dataclass
class Run:
    """What one fuzzer did: cases executed to their end, and what they found."""

    executed: int = 0
    invalid: int = 0
    seconds: float = 0.0
    findings: set[tuple[str, str]] = field(default_factory=set)


#: By the name of the fuzzer. A fuzzer that was not run yet is not in it.
RUNS: dict[str, Run] = {}


def table() -> str:
    """Return what was run, as lines of text."""
    rows = [("fuzzer", "examples", "invalid", "findings", "seconds")]
    runs = sorted(RUNS.items())
    total = Run()
    for name, run in runs:
        rows.append(_row(name, run))
        total.executed += run.executed
        total.invalid += run.invalid
        total.seconds += run.seconds
        total.findings |= {(name, place) for _, place in run.findings}
    rows.append(_row(f"{len(runs)} fuzzers", total))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _row(name: str, run: Run) -> tuple[str, str, str, str, str]:
    counts = (f"{run.executed:,}", f"{run.invalid:,}", str(len(run.findings)))
    return (name, *counts, f"{run.seconds:.1f}")
