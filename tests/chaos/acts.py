"""What each step of the script does to the world, and what the model notes of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx

import ikas_explore as ikas
from tests.chaos import rivals
from tests.chaos.model import Endpoint, check_blocks
from tests.chaos.parts import PartError
from tests.chaos.proxy import Strike
from tests.chaos.script import DAY, RECEIVERS, SCOPES, Step
from tests.chaos.world import World

_DONE = rivals.DONE


class Acts:
    """Carries out steps, each by the method of its name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._report = world.report
        self._registered = world.registered["sandbox"]
        self._webhooks = world.store.webhooks
        self._children = 0

    def do(self, step: Step) -> None:
        """Carry out one step."""
        self._report.steps += 1
        self._report.step = f"step {self._report.steps}, {step}"
        getattr(self, step.name)(**step.given)

    def save(self, scopes: list[str], to: str, path: str) -> None:
        endpoint = self._world.endpoint(to, path)
        self._write(dict.fromkeys(scopes, endpoint), lambda: self._webhooks.save(endpoint, scopes))

    def doubt(self, scopes: list[str], to: str, path: str) -> None:
        """Save so that the answer is lost, and a further attempt refused."""
        fault = {"kind": "missing_permission", "calls": 1, "store": "sandbox"}
        refuse = partial(self._world.add_fault, fault)
        strike = Strike("unanswered", True, b"saveWebhook", refuse)
        self._world.proxies["sandbox"].strike(strike)
        self.save(scopes, to, path)

    def delete(self, scopes: list[str]) -> None:
        self._write(dict.fromkeys(scopes), lambda: self._webhooks.delete(scopes))

    def plan(self, desired: dict[str, list[str]]) -> None:
        wanted = {
            self._world.endpoint(*place.split("/")): scopes for place, scopes in desired.items()
        }
        writes: dict[str, Endpoint] = {
            scope: endpoint for endpoint, scopes in wanted.items() for scope in scopes
        }
        self._write(writes, lambda: self._webhooks.plan(wanted).apply())

    def undo(self) -> None:
        lying, calm = self._world.lying["sandbox"], self._calm()
        try:
            plan = self._webhooks.undo()
        except ikas.IkasError:
            self._look_unless(calm())
            return
        if plan is None:
            return
        writes: dict[str, Endpoint] = {}
        for entry in plan.reverts:
            writes.update(entry.before)
            self._registered.undoes(entry)
        self._registered.may(writes)
        try:
            done = bool(plan.apply()["outcome"].isin(_DONE).all())
        except ikas.IkasError:
            done = False
        if done and not lying:
            self._registered.did(writes)
        else:  # it may be on the journal or not
            self._registered.blurred.update(writes)
        self._report.writes["taken back" if done else "taken back in part"] += 1
        self._look_unless(calm() and done)

    def list(self) -> None:
        calm = self._calm()
        try:
            frame = self._webhooks.list()
        except ikas.IkasError:
            self._look_unless(calm())
            return
        if not self._world.lying["sandbox"]:
            self._registered.check_listed(dict(zip(frame["scope"], frame["endpoint"], strict=True)))

    def emit(self, scopes: Sequence[str], pad: int, id: str, store: str = "sandbox") -> None:
        for scope in scopes:
            self._emit(scope, {"id": id, "pad": "ş" * pad}, store)

    def _emit(self, scope: str, data: Mapping[str, str], store: str) -> None:
        promised = self._world.deliveries
        token = self._world.credentials[store]["access_token"]
        try:
            answer = self._world.http.post(
                f"{self._world.base_url}/control/events",
                headers={"Authorization": f"Bearer {token}"},
                json={"scope": scope, "data": data},
            )
        except httpx.HTTPError:
            promised.unknown += 1
            self._report.events["unanswered"] += 1
            return
        if answer.status_code != 201:
            self._report.fail("unhandled exceptions", f"an event was answered {answer.text}")
            return
        self._report.events["acknowledged"] += 1
        ids, may_hold = answer.json()["deliveries"], self._world.registered[store].known(scope)
        if len(ids) not in {int(endpoint is not None) for endpoint in may_hold}:
            self._report.fail(
                "lost deliveries", f"{scope} has {len(ids)} deliveries, at {may_hold}"
            )
        for identity in ids:
            promised.promised[identity] = (scope, may_hold)

    def fault(self, fault: dict[str, Any]) -> None:
        self._world.add_fault(fault)

    def strike(self, part: str, kinds: Sequence[str], reset: bool) -> None:
        for kind in kinds:
            self._world.proxies[part].strike(Strike(kind, reset))

    def disconnect(self, part: str) -> None:
        self._world.proxies[part].disconnect()

    def status(self, part: str, status: Any) -> None:
        self._world.parts[part].command("status", status=status)
        self._report.faults["receiver's status"] += status != 200

    def delay(self, part: str, delay: float) -> None:
        self._world.parts[part].command("delay", delay=delay)
        self._report.faults["receiver's delay"] += delay > 0

    def kill(self, part: str, after: float, down: float, early: float | None) -> None:
        killed = self._world.part(part)
        if part in ("sandbox", "listen"):
            self._leave_waiting(part)
        # What a session sent just before has arrived when the next one gives back.
        killed.kill(after=after, down=max(down, 0.3) if part == "listen" else down, early=early)

    def _leave_waiting(self, part: str) -> None:
        """Have deliveries wait for their next attempt: what a killed process could lose."""
        if part == "listen":
            receiver, store = RECEIVERS[1], "lent"
        else:
            receiver, store = RECEIVERS[0], "sandbox"
            self.save([*SCOPES], receiver, "waiting")
        status = [*[503] * 2 * len(SCOPES), 200]
        self._world.parts[receiver].command("status", status=status)
        self.emit([*SCOPES], 0, "waiting", store)

    def restart(self, part: str) -> None:
        left = self._world.part(part).end()
        self.check_ended(part, left)
        self._world.parts[part].start()
        self._world.parts[part].counts["restarted"] += 1

    def check_ended(self, part: str, left: dict[str, Any] | None) -> None:
        """Check that a process which ended by itself had closed all it had opened."""
        if left is not None and (left["sockets"] or left["threads"] != ["MainThread"]):
            self._report.fail("leaked threads or sockets", f"{part} ended with {left}")
        if part == "listen":
            self._world.look_tunnel()

    def jump(self, part: str, seconds: float, kill: bool) -> None:
        settings = self._world.part(part).settings
        before, settings["jump"] = settings["jump"], seconds
        self._report.jumps["ahead" if seconds > before else "back"] += 1
        if kill:
            self.kill(part, after=0.05, down=0, early=None)
        else:
            self._world.parts[part].command("jump", seconds=seconds)

    def client(self, seed: int, lives: float, jump: float) -> None:
        self.end_client()
        known = self._world.credentials["other"]
        self._children += 1
        self._world.client.settings = {
            "base_url": self._world.base_url,
            "client_id": known["client_id"],
            "client_secret": known["client_secret"],
            "endpoint": self._world.endpoint("receiver-0", f"c{self._children}"),
            "seed": seed,
            "jump": jump,
        }
        self._report.jumps["ahead" if jump > 0 else "back"] += jump != 0
        self._world.client.live(lives)

    def end_client(self) -> None:
        """Wait until the writing client is killed; all it wrote has to be in the journal."""
        if self._children:
            self._world.client.settled()
            self._world.look("other")

    def refresh(self) -> None:
        calm = self._calm()
        code = self._world.parts["sandbox"].command("code", store="sandbox")
        if code is None:
            return
        self._world.parts["sandbox"].settled()
        try:
            refresh_token = self._world.grant(code)
            with self._world.connect("sandbox", refresh_token=refresh_token) as store:
                store.webhooks.list()
        except ikas.IkasError:
            self._look_unless(calm())

    def uninstall(self) -> None:
        sandbox = self._world.parts["sandbox"]
        sandbox.settled()
        sandbox.command("uninstall", store="sandbox")
        endpoint = self._world.endpoint("receiver-0", "gone")
        try:
            self._webhooks.save(endpoint, "store/order/created")
        except ikas.IkasError:
            self._report.writes["refused"] += 1
        else:
            self._report.fail("phantom rows", "saved in a store without the app")
        self._world.quiet()
        sandbox.command("install", store="sandbox")
        self._report.faults["uninstall"] += 1
        self._registered.forget(self._world.rows("sandbox"))

    def race(self, path: str, counts: Sequence[int], forked: bool) -> None:
        """Write to the shared store, then undo there, each with another process at once."""
        rival, registered = self._world.part("rival"), self._world.registered["shared"]
        own, others, times = counts
        endpoint = self._world.endpoint("receiver-1", path)
        with self._world.connect("shared") as store, ThreadPoolExecutor(1) as beside:
            # Each its own scopes: what a write found is not what the other was about to write.
            scopes = [*SCOPES[::2]]
            given = {"scopes": SCOPES[1::2], "times": others}
            writing = beside.submit(
                rival.command, "write", endpoint=f"{endpoint}-r", forked=forked, **given
            )
            written = rivals.write(store, endpoint, scopes, own)
            written += self._answer("write", writing.result())
            known = {entry.id: entry for entry in registered.entries()}
            journaled = {each for entry in known.values() for each in entry.after.values()}
            for lost in {*written} - journaled:
                self._report.fail("lost writes", f"{lost} is not in the journal")
            for entry in known.values():
                registered.undoes(entry)
                registered.may(entry.before)
                registered.may(entry.after)
            undoing = beside.submit(rival.command, "undo", times=times, forked=forked)
            told = [rivals.take_back(store, times), self._answer("undo", undoing.result())]
        self._check_undone(told, set(known), {entry.id for entry in registered.entries()})
        unknown = {each for one in told for each in one["unknown"]}
        registered.blurred.update(*(known[each].before for each in unknown if each in known))
        self._world.look("shared")

    def _answer(self, what: str, answer: dict[str, Any] | None) -> Any:
        if answer is None or "answer" not in answer:
            self._report.fail("unhandled exceptions", f"the rival's {what}: {answer}")
            return [] if what == "write" else {"done": [], "unknown": [], "refused": []}
        return answer["answer"]

    def _check_undone(
        self, told: Sequence[Mapping[str, Sequence[str]]], before: set[str], after: set[str]
    ) -> None:
        done = Counter(each for one in told for each in one["done"])
        unknown = {each for one in told for each in one["unknown"]}
        self._report.raced["by one"] += len(done)
        self._report.raced["refused, as the other was first"] += sum(
            len(one["refused"]) for one in told
        )
        for identity, times in done.items():
            if times > 1 or identity in after:
                self._report.fail("claimed twice", f"{identity} {times} times, or still there")
        for lost in before - after - set(done) - unknown:
            self._report.fail("lost writes", f"{lost} is neither in the journal nor taken back")

    def listen(self, scopes: Sequence[str], killed: bool = False) -> None:
        """End the session of `listen`, if there is one, and begin another.

        One that is killed dies when its save was carried out, before it has the answer.
        """
        part, proxy = self._world.parts["listen"], self._world.proxies["lent"]
        part.settled()
        self.end_session()
        part.settings["scopes"] = scopes
        if killed:
            proxy.strike(Strike("unanswered", True, b"saveWebhook", part.crash))
            try:
                part.start()
            except PartError:
                self._report.sessions["killed at its save"] += 1
                self._world.look_tunnel()
                self._world.look_lent()
            else:
                self.end_session()
            proxy.clear()
        part.start()
        self._report.sessions["refused" if "refused" in part.about else "begun"] += 1
        self._world.look_lent()

    def end_session(self) -> None:
        """End the session of `listen`; all it borrowed went back, or will by its leases."""
        part = self._world.parts["listen"]
        if part.baseline:
            self.check_ended("listen", part.end())
            part.about = {}
            self._world.look_lent()

    def block(self, statuses: Sequence[int], jumps: Sequence[float], kill: float | None) -> None:
        """Have deliveries fail in a sandbox that applies ikas' limits, as its clock goes on."""
        part, begin = self._world.part("blocking"), 0.0
        for number, seconds in enumerate((2 * DAY, *jumps)):  # two days: the past is forgotten
            part.settings["jump"] += seconds
            part.command("jump", seconds=part.settings["jump"])
            begin = begin or part.command("now") - 0.001  # the rows have milliseconds
            if number == 1 and kill is not None:
                part.kill(after=kill, down=0, early=None)
            part.command("events", statuses=statuses[10 * number : 10 * number + 10])
            part.settled()
        rows = [row for row in part.command("rows", limit=len(statuses)) if row[0] >= begin]
        check_blocks(self._report, rows, part.about["begun"])

    def fork(self, part: str) -> None:
        """Use a sandbox, a receiver or a session in a forked copy of its process: refused."""
        answer = self._world.part(part).command("fork")
        if part == "listen":
            self._world.look_lent()
        if "refused" in self._world.parts[part].about:  # there is no session
            return
        self._report.events["refused in a fork"] += 1
        if answer != {"refused": "StorageError"}:
            self._report.fail("unhandled exceptions", f"a fork of {part} was told {answer}")

    def interrupt(self, part: str, after: float) -> None:
        """Press Ctrl-C while it starts: nothing stays, and the next start finds all in order."""
        self.check_ended(part, self._world.part(part).end())
        self.check_ended(part, self._world.parts[part].interrupted(after))
        self._world.parts[part].start()
        self._world.parts[part].counts["restarted"] += 1

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def _write(self, writes: Mapping[str, Endpoint], act: Callable[[], Any]) -> None:
        """Write, and note of each scope whether it was written, or may have been."""
        lying, calm = self._world.lying["sandbox"], self._calm()
        before, stack = self._registered.possible(), self._registered.entries()
        self._registered.may(writes)
        done: set[str] = set()
        try:
            result = act()
        except ikas.IkasError:
            pass  # that is what faults are for; the journal says whether it may be done
        else:
            if hasattr(result, "columns") and "outcome" in result:
                done = set(result[result["outcome"].isin(_DONE)]["scope"])
            else:
                done = set(writes)
        # A delete that was told of nothing to delete is done and not in the journal.
        unseen = lying and bool(done)
        if lying:
            self._registered.blurred.update(writes)
            done = set()
        if unseen:
            self._registered.explain(writes)
        new = self._registered.entries()[len(stack) :]
        for scope, endpoint in writes.items():
            journaled = any(entry.after.get(scope, "") == endpoint for entry in new)
            if scope in done:
                self._registered.did({scope: endpoint})
            elif not journaled and not unseen:
                self._registered.did_not([scope], before)
            outcome = "done" if scope in done else "unknown" if journaled else "not done"
            self._report.writes[outcome] += 1
        self._look_unless(calm() and len(done) == len(writes))

    def _calm(self) -> Callable[[], bool]:
        """Return a function that tells whether nothing has struck the store's client since."""
        sandbox, proxy = self._world.parts["sandbox"], self._world.proxies["sandbox"]
        then = (sandbox.counts.total(), proxy.struck.total())
        return lambda: (sandbox.counts.total(), proxy.struck.total()) == then

    def _look_unless(self, calm: bool) -> None:
        if not calm:
            self._world.look("sandbox")
