"""A run: the steps of a seed, then all faults off, and what must be true."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import ikas_explore as ikas
from ikas_explore.deliveries.leases import leases_of
from ikas_explore.network.authority import serving_https
from tests.chaos.acts import Acts
from tests.chaos.child import SANDBOX, open_things
from tests.chaos.report import Report
from tests.chaos.script import RECEIVERS, SCOPES, STORES, Step, steps
from tests.chaos.world import World

#: Seconds that sockets have to be gone in after their other side has: uvicorn waits 5.
_GONE = 20.0


def run(
    seed: int,
    folder: Path,
    *,
    seconds: float = 60.0,
    count: int | None = None,
    tell: Callable[[Step], object] = lambda step: None,
) -> Report:
    """Run the steps of a seed for some seconds, or so many of them.

    Parameters
    ----------
    seed : int
    folder : Path
        An empty one: for files, journal and what the processes say.
    seconds : float
        For the steps; the start and the end come on top.
    count : int, optional
        Of steps, in place of seconds.
    tell : callable, optional
        Told each step before it is made.

    Returns
    -------
    Report
    """
    report = Report()
    begun = time.monotonic()
    before = open_things()
    journal = folder / "journal.jsonl"
    with serving_https() as https, _environment(folder, https.ca_file), _uncaught(report):
        world = World(seed, folder, report, journal, https.context)
        try:
            acts = Acts(world)
            first = time.monotonic()
            for step in islice(steps(seed), count):
                if count is None and time.monotonic() - first > seconds:
                    break
                tell(step)
                try:
                    acts.do(step)
                except Exception:  # neither an IkasError nor expected: what the run looks for
                    report.fail("unhandled exceptions", traceback.format_exc())
            report.step = ""
            _Finish(world, acts, report).run()
        finally:
            world.abandon()
        gc.collect()
    _check_left(report, "the run itself", open_things(), before)
    report.seconds = time.monotonic() - begun
    return report


class _Finish:
    """All faults off, everything settled, everything compared."""

    def __init__(self, world: World, acts: Acts, report: Report) -> None:
        self._world = world
        self._acts = acts
        self._report = report

    def run(self) -> None:
        world, report = self._world, self._report
        self._calm_down()
        stuck = world.parts["sandbox"].command("settle", timeout=60)
        if stuck:
            report.fail("lost deliveries", f"not settled: {stuck}")
        deliveries, attempts = world.control("deliveries"), world.control("attempts")
        forwarded = self._give_back()
        report.journaled = sum(len(each.entries()) for each in world.registered.values())
        self._take_back()
        self._end_all()
        received: dict[str, list[Any]] = {}
        for name in (*RECEIVERS, "listen"):
            with ikas.Receiver(world.secrets, path=world.log_of(name)) as receiver:
                for row in receiver.deliveries().to_dict("records"):
                    report.received += 1
                    if isinstance(row["id"], str):
                        received.setdefault(row["id"], []).append(row)
        report.promised = len(world.deliveries.promised)
        world.deliveries.check(report, deliveries, attempts, received, SANDBOX["max_attempts"])
        for identity, status in forwarded.items():
            reached = [row for row in received[identity] if row["target"] == "/app"]
            kept = any(row["status"] == 200 for row in reached)
            if status == "never asked" or (status == "200" and not kept):
                report.fail("not forwarded", f"{identity}, of which is said: {status}")

    def _calm_down(self) -> None:
        self._acts.end_client()
        for part in self._world.parts.values():
            part.settled()
        for proxy in self._world.proxies.values():
            proxy.clear()
        self._world.count_faults(aside=True)
        for name in RECEIVERS:
            self._world.parts[name].command("status", status=200)
            self._world.parts[name].command("delay", delay=0)
        self._world.look("sandbox")

    def _give_back(self) -> dict[str, Any]:
        """Begin a last session and end it: nothing is borrowed, and the app was asked for all."""
        part = self._world.parts["listen"]
        if not part.baseline:
            return {}
        self._acts.listen([*SCOPES])
        if "refused" in part.about:
            self._report.fail("not lent", part.about["refused"])
        forwarded: dict[str, Any] = part.command("forwarded") or {}
        self._report.forwarded = len(forwarded)
        self._acts.end_session()
        left = leases_of(self._world.lent_url, "lent")
        if left:
            self._report.fail("not given back", f"leases are left: {left}")
        return forwarded

    def _take_back(self) -> None:
        """Take every write back, the last first: the stores are as they were."""
        for name in STORES:
            registered = self._world.registered[name]
            with self._world.connect(name) as store:
                while (plan := store.webhooks.undo()) is not None:
                    plan.apply()
                registered.check_start(self._world.rows(name))

    def _end_all(self) -> None:
        world, report = self._world, self._report
        for name, proxy in world.proxies.items():
            report.faults.update({f"{kind} ({name})": n for kind, n in proxy.struck.items()})
        world.end_network()
        for name, part in world.parts.items():
            report.processes[name] = part.counts
            # Killed, or keeping their connections, or never used.
            if name in ("client", "rival", "listen") or not part.baseline:
                continue
            end = time.monotonic() + _GONE
            while _more(now := part.command("open"), part.baseline) and time.monotonic() < end:
                time.sleep(0.1)
            _check_left(report, name, now, part.baseline)
        for name, part in world.parts.items():
            self._acts.check_ended(name, part.end())
            said = part.stderr()
            if said:
                report.fail("unhandled exceptions", f"{name} said:\n{said}")


def _more(now: dict[str, Any], before: dict[str, Any]) -> bool:
    return bool(
        now["sockets"] > before["sockets"]
        or now["handles"] > before["handles"]
        or len(now["threads"]) > len(before["threads"])
    )


def _check_left(report: Report, who: str, now: dict[str, Any], before: dict[str, Any]) -> None:
    if _more(now, before):
        report.fail("leaked threads or sockets", f"{who} has {now}, at first {before}")


@contextmanager
def _environment(folder: Path, ca_file: str) -> Iterator[None]:
    mine = {"IKAS_DOTENV": "off", "SSL_CERT_FILE": ca_file}
    mine |= {"IKAS_JOURNAL": str(folder / "journal.jsonl")}
    mine |= {"IKAS_LEASES": str(folder / "leases.db"), "TMPDIR": str(folder)}
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _uncaught(report: Report) -> Iterator[None]:
    """Have exceptions that nobody catches told in the report, those of threads too."""

    def note(what: Any) -> None:
        error = what.exc_value
        told = "".join(traceback.format_exception(error)) if error else repr(what)
        report.fail("unhandled exceptions", told)

    before = threading.excepthook, sys.unraisablehook
    threading.excepthook = sys.unraisablehook = note
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = before
