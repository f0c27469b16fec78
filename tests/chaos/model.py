"""What must be true, kept beside the run: registrations, deliveries, and what explains them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ikas_explore.manage.journal import Journal
from ikas_explore.manage.journal_file import Entry
from ikas_explore.schema.limits import DELIVERY_LINES
from tests.chaos.report import Report
from tests.chaos.script import SCOPES

Endpoint = str | None


class Registered:
    """The registrations of one store: what may stand at each scope.

    After a write whose outcome nobody was told, the row may be either; the next look at the
    rows decides.

    Parameters
    ----------
    store : str
    journal : Journal
        Has to know every write.
    report : Report
    start : mapping of str to str
        What stood there at first.
    """

    def __init__(
        self, store: str, journal: Journal, report: Report, start: Mapping[str, str]
    ) -> None:
        self.store = store
        self.start: dict[str, Endpoint] = {scope: start.get(scope) for scope in SCOPES}
        #: Scopes whose start cannot be told from the journal: a fault lied to who wrote it.
        self.blurred: set[str] = set()
        self._journal = journal
        self._report = report
        self._possible = {scope: {endpoint} for scope, endpoint in self.start.items()}
        self._seen = dict(self.start)
        self._told: set[str] = set()
        self._explained: dict[str, set[Endpoint]] = {}

    def entries(self) -> list[Entry]:
        """Return the writes that are on the journal's stack."""
        return self._journal.entries([self.store])

    def may(self, writes: Mapping[str, Endpoint]) -> None:
        """Note writes that may happen."""
        for scope, endpoint in writes.items():
            self._possible[scope].add(endpoint)

    def did(self, writes: Mapping[str, Endpoint]) -> None:
        """Note writes that happened."""
        for scope, endpoint in writes.items():
            self._possible[scope] = {endpoint}

    def did_not(self, scopes: Iterable[str], before: Mapping[str, set[Endpoint]]) -> None:
        """Note writes that did not happen: what was possible before is so still."""
        for scope in scopes:
            self._possible[scope] = set(before[scope])

    def possible(self) -> dict[str, set[Endpoint]]:
        """Return a copy of what may stand at each scope."""
        return {scope: set(endpoints) for scope, endpoints in self._possible.items()}

    def known(self, scope: str) -> tuple[Endpoint, ...]:
        """Return what may stand at a scope."""
        return tuple(self._possible[scope])

    def undoes(self, entry: Entry) -> None:
        """Note that a write is taken back, and goes off the journal, whether that succeeds or not.

        Both what stood before it and what it wrote are explained.
        """
        self.explain(entry.before)
        self.explain(entry.after)

    def explain(self, writes: Mapping[str, Endpoint]) -> None:
        """Note writes that are not in the journal."""
        for scope, endpoint in writes.items():
            self._explained.setdefault(scope, set()).add(endpoint)

    def check_listed(self, rows: Mapping[str, str]) -> None:
        """Check what a client was told: nothing that no write explains."""
        for scope in SCOPES:
            found = rows.get(scope)
            if found not in self._possible[scope]:
                self._report.fail(
                    "phantom rows",
                    f"{self.store} {scope}: {found}, not one of {self._possible[scope]}",
                )

    def check_rows(self, rows: Mapping[str, str], *, from_journal: bool = False) -> None:
        """Check the rows themselves while nobody writes, and that the journal knows them.

        Parameters
        ----------
        rows : mapping of str to str
        from_journal : bool, default False
            What is possible is what the journal says: nobody told of the writes.
        """
        new = {entry.id: entry for entry in self.entries() if entry.id not in self._told}
        self._told.update(new)
        if from_journal:
            for entry in new.values():
                self.may(entry.after)
        self.check_listed(rows)
        for scope in SCOPES:
            found = rows.get(scope)
            if found != self._seen[scope]:
                explained = any(
                    scope in entry.after and entry.after[scope] == found for entry in new.values()
                )
                if not explained and found not in self._explained.get(scope, ()):
                    self._report.fail("unjournaled writes", f"{self.store} {scope}: {found}")
            self._possible[scope] = {found}
            self._seen[scope] = found
        self._explained.clear()

    def forget(self, rows: Mapping[str, str]) -> None:
        """Take the rows as they are: somebody else changed them, as an uninstall does."""
        entries = self.entries()
        for scope in SCOPES:
            found = rows.get(scope)
            self._possible[scope], self._seen[scope] = {found}, found
            if not any(scope in entry.before for entry in entries):
                self.start[scope] = found
        self._told.update(entry.id for entry in entries)
        self._explained.clear()

    def check_lent(
        self,
        rows: Mapping[str, str],
        url: str,
        leased: Collection[str],
        borrowed: Collection[str],
    ) -> None:
        """Check what sessions have to do with: all of it, or a lease, leads back to the start."""
        for scope in SCOPES:
            found = rows.get(scope)
            if scope in borrowed and (found != url or scope not in leased):
                self._report.fail("not lent", f"{scope}: {found}, leased are {leased}")
            elif found != self.start[scope] and not (found == url and scope in leased):
                self._report.fail("not given back", f"{scope}: {found}, leased are {leased}")

    def check_start(self, rows: Mapping[str, str]) -> None:
        """Check that everything is as it was at first, all writes being taken back."""
        for scope in SCOPES:
            if scope not in self.blurred and rows.get(scope) != self.start[scope]:
                self._report.fail(
                    "not taken back",
                    f"{self.store} {scope}: {rows.get(scope)}, at first {self.start[scope]}",
                )


@dataclass
class Deliveries:
    """The deliveries that were promised.

    Attributes
    ----------
    promised : dict of str to (str, tuple)
        By id: the scope, and the endpoints that may have held it.
    unknown : int
        Events whose answer did not come: each may have a delivery or not.
    """

    promised: dict[str, tuple[str, tuple[Endpoint, ...]]] = field(default_factory=dict)
    unknown: int = 0

    def check(
        self,
        report: Report,
        rows: Iterable[Mapping[str, Any]],
        attempts: Iterable[Mapping[str, Any]],
        received: Mapping[str, list[Mapping[str, Any]]],
        max_attempts: int,
    ) -> None:
        """Check the rows of a sandbox that has settled against what receivers kept."""
        by_id = {row["id"]: row for row in rows}
        numbers: dict[str, list[int]] = {identity: [] for identity in by_id}
        for attempt in attempts:
            numbers[attempt["delivery_id"]].append(attempt["number"])
            if attempt["status_code"] is None and attempt["error"] is None:
                report.fail("wrong attempts", f"{attempt} has no outcome")
            report.attempts += 1
        for identity, (scope, endpoints) in self.promised.items():
            row = by_id.get(identity)
            if row is None or row["scope"] != scope or row["endpoint"] not in endpoints:
                report.fail("lost deliveries", f"{identity} ({scope}): {row}")
        for identity, row in by_id.items():
            state, made = row["state"], numbers[identity]
            report.states[state] += 1
            if state == "pending":
                report.fail("lost deliveries", f"{identity} is still pending: {row}")
            least = {"exhausted": max_attempts, "delivered": 1}.get(state, 0)
            if made != list(range(1, len(made) + 1)) or not least <= len(made) <= max_attempts:
                report.fail("wrong attempts", f"{state} {identity} has attempts {made}")
            kept = received.get(identity, ())
            if state == "delivered" and not any(
                each["signature_ok"] and each["status"] == 200 for each in kept
            ):
                report.fail("lost deliveries", f"{identity} is in no receiver's log: {row}")
        extra = len(by_id.keys() - self.promised.keys())
        if extra > self.unknown:
            report.fail("phantom deliveries", f"{extra} nobody emitted, {self.unknown} unknown")
        for identity, kept in received.items():
            if identity not in by_id or not all(each["signature_ok"] for each in kept):
                report.fail("phantom deliveries", f"received {identity}, which nobody sent")


def check_blocks(report: Report, rows: Sequence[tuple[float, float, str]], begun: float) -> None:
    """Check that exactly those deliveries are withheld that ikas' limits say.

    Parameters
    ----------
    report : Report
    rows : sequence of (float, float, str)
        When each was made and finished, and its state; one after the other.
    begun : float
        What ended before is not counted with what ended later; its blocks stay.
    """
    until, counted = 0.0, [(0.0, False)]
    for created_at, finished_at, state in rows:
        report.blocks[state] += 1
        if (state == "withheld") != (created_at < until):
            report.fail("wrong blocks", f"{state} at {created_at:.3f}, blocked until {until:.3f}")
        if state == "withheld":
            continue
        counted = [each for each in counted if (each[0] < begun) == (finished_at < begun)]
        counted.append((finished_at, state != "delivered"))
        for line in DELIVERY_LINES:
            recent = [failed for at, failed in counted if at > finished_at - line.window]
            if len(recent) > line.requests and 100 * sum(recent) >= line.percent * len(recent):
                until = max(until, finished_at + line.block)
