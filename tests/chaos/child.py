"""What runs in a process of its own: a sandbox, a receiver, a session, or a client that writes.

``python -m tests.chaos.child KIND JSON``: the settings are a JSON object; then each line of
standard input is a command, answered with a line of JSON. It ends when told to, and at the
end of its input, so that none outlives the run.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos import clock
from tests.chaos.script import DAY, SCOPES, STORES
from tests.waiting import until

#: So that a delivery of the run is over in a second, whatever becomes of it.
SANDBOX: dict[str, Any] = {
    "max_attempts": 3,
    "retry_delays": (0.05, 0.4),
    "receiver_timeout": 0.6,
    "concurrency": 8,
    "token_lifetime": 2.0,
}


def open_things() -> dict[str, Any]:
    """Return the threads and sockets that this process has."""
    handles = []
    for handle in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the one that listed them
            handles.append(os.readlink(f"/proc/self/fd/{handle}"))
    sockets = sum(each.startswith("socket:") for each in handles)
    # The pool of asyncio's to_thread keeps a few; it ends with its loop.
    threads = [each.name for each in threading.enumerate() if not each.name.startswith("asyncio_")]
    return {"sockets": sockets, "handles": len(handles), "threads": sorted(threads)}


class SandboxPart:
    """A sandbox with two stores."""

    def __init__(
        self, opened: contextlib.ExitStack, path: str, port: int, seed: int, tls: bool
    ) -> None:
        from ikas_explore.sandbox import Sandbox

        self._sandbox = opened.enter_context(
            Sandbox(path, port=port, seed=seed, tls=tls, **SANDBOX)
        )
        self.about = {store: vars(self._sandbox.add_store(store)) for store in STORES}

    def do(self, command: Mapping[str, Any]) -> Any:
        """Carry out a command."""
        from ikas_explore.errors import IkasError

        match command["do"]:
            case "fault":
                return self._sandbox.faults.add(**command["fault"])
            case "faults":  # set, and return those that were left
                left = self._sandbox.faults.to_json()
                self._sandbox.faults.replace(command["set"])
                return left
            case "code":
                return self._sandbox.authorization_code(command["store"])
            case "uninstall":
                return self._sandbox.uninstall(command["store"])
            case "install":
                return self._sandbox.install(command["store"])
            case "fork":
                from tests.chaos.rivals import in_a_fork

                return in_a_fork(lambda: self._sandbox.emit(SCOPES[0]))
            case "settle":
                try:
                    return self._sandbox.settle(command["timeout"])
                except IkasError as error:
                    return str(error)


class ReceiverPart:
    """A receiver with a log on disk."""

    def __init__(
        self, opened: contextlib.ExitStack, path: str, port: int, secret: Sequence[str], seed: int
    ) -> None:
        from ikas_explore.deliveries.receiver import Receiver

        self._random = Random(seed)
        self._receiver = opened.enter_context(Receiver(secret, path=path, port=port))
        self.about = {"earlier": self._receiver.earlier}

    def do(self, command: Mapping[str, Any]) -> Any:
        """Carry out a command."""
        if command["do"] == "status":
            status = command["status"]
            self._receiver.status = self._ask if status == "ask" else status
        elif command["do"] == "delay":
            self._receiver.delay = command["delay"]
        elif command["do"] == "fork":
            from tests.chaos.rivals import in_a_fork

            return in_a_fork(lambda: len(self._receiver.deliveries()))
        return None

    def _ask(self, payload: Mapping[str, Any]) -> Any:
        return self._random.choice((200, 200, 500, "drop"))


class ClientPart:
    """A client that saves, deletes, applies and lists until it is killed or told to end."""

    def __init__(
        self, opened: contextlib.ExitStack, endpoint: str, seed: int, **given: Any
    ) -> None:
        import ikas_explore as ikas

        self._ikas = ikas
        self._endpoint = endpoint
        self._random = Random(seed)
        self._number = 0
        self._store = opened.enter_context(ikas.connect(STORES[1], timeout=0.7, **given))
        self.about: dict[str, Any] = {}

    def turn(self) -> None:
        """Write once."""
        self._number += 1
        if self._random.random() < 0.1:
            clock.jump(self._random.choice((-DAY, 0, DAY)))
        endpoint = f"{self._endpoint}-{self._number}"
        scopes = self._random.sample(SCOPES, self._random.choice((1, 1, 2, 4)))
        webhooks = self._store.webhooks
        try:
            match self._random.choice(("save", "save", "save", "delete", "plan", "list")):
                case "save":
                    webhooks.save(endpoint, scopes)
                case "delete":
                    webhooks.delete(scopes[:1])
                case "plan":
                    webhooks.plan({endpoint: scopes}).apply()
                case "list":
                    webhooks.list()
        except self._ikas.IkasError:
            pass  # that is what the faults are for; what it did is read from the rows
        select.select([sys.stdin], [], [], self._random.choice((0, 0.02, 0.1)))

    def do(self, command: Mapping[str, Any]) -> None:
        """Take no command."""


class RivalPart:
    """A client of a store that the run writes to and undoes in at the same time."""

    def __init__(self, opened: contextlib.ExitStack, **given: Any) -> None:
        import ikas_explore as ikas

        self._store = opened.enter_context(ikas.connect(STORES[2], timeout=0.7, **given))
        self.about: dict[str, Any] = {}

    def do(self, command: Mapping[str, Any]) -> Any:
        """Carry out a command, in a forked copy of this process if it says so."""
        from tests.chaos import rivals

        act: Callable[[], Any]
        match command["do"]:
            case "write":
                act = partial(
                    rivals.write,
                    self._store,
                    command["endpoint"],
                    command["scopes"],
                    command["times"],
                )
            case "undo":
                act = partial(rivals.take_back, self._store, command["times"])
            case _:
                return None
        return rivals.in_a_fork(act) if command["forked"] else {"answer": act()}


class ListenPart:
    """A session of `listen` behind a tunnel, with an app; none while the store cannot be asked."""

    def __init__(
        self,
        opened: contextlib.ExitStack,
        scopes: Sequence[str],
        url: str,
        agent: int,
        port: int,
        app: str,
        path: str,
        **given: Any,
    ) -> None:
        import ikas_explore as ikas
        from ikas_explore.cli.tunnel import tunnel

        self._session: Any = None
        self.about: dict[str, Any] = {"borrowed": []}
        relay = Path(__file__).parents[1] / "deliveries" / "relay.py"
        command = f"{sys.executable} {relay} {url} {agent} {{port}}"
        # What cannot be given back at the end has a lease.
        opened.enter_context(contextlib.suppress(ikas.IkasError))
        held = opened.enter_context(contextlib.ExitStack())
        try:
            store = held.enter_context(ikas.connect(STORES[3], timeout=0.7, **given))
            address = held.enter_context(tunnel(command, port))
            self._session = held.enter_context(
                store.webhooks.listen(
                    scopes, url=address, port=port, forward_to=app, take=True, path=path
                )
            )
        except ikas.IkasError as error:
            held.close()
            self.about["refused"] = f"{type(error).__name__}: {error}"
        else:
            self.about["borrowed"] = self._session.borrowed["scope"].tolist()

    def do(self, command: Mapping[str, Any]) -> Any:
        """Carry out a command."""
        if self._session is None:
            return None
        match command["do"]:
            case "fork":
                from tests.chaos.rivals import in_a_fork

                # It has borrowed nothing, and gives nothing back.
                return in_a_fork(lambda: [self._session.close(), len(self._session.deliveries())])
            case "forwarded":  # what the app answered to each
                with contextlib.suppress(TimeoutError):
                    until(lambda: "never asked" not in self._forwarded().values())
                return self._forwarded()
        return None

    def _forwarded(self) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for row in self._session.deliveries().to_dict("records"):
            if row["signature_ok"] is True:
                told.setdefault(row["id"], "never asked")
                if row["forwarded_at"] == row["forwarded_at"]:  # of the same bytes one is forwarded
                    told[row["id"]] = str(row["forwarded_status"])
        return told


class BlockingPart:
    """A sandbox that applies ikas' limits, and a receiver that fails as it is told."""

    def __init__(self, opened: contextlib.ExitStack, path: str) -> None:
        from ikas_explore.deliveries.receiver import Receiver
        from ikas_explore.sandbox import Sandbox
        from tests.sandbox.api import register

        # By its own clock: what was counted went with the process of before, and blocks did not.
        self.about = {"begun": time.time()}
        self._receiver = opened.enter_context(Receiver())
        self._sandbox = opened.enter_context(
            Sandbox(path, blocks=True, max_attempts=1, examples=False)
        )
        register(self._sandbox, self._receiver.endpoint)

    def do(self, command: Mapping[str, Any]) -> Any:
        """Carry out a command."""
        match command["do"]:
            case "events":
                for status in command["statuses"]:
                    self._receiver.status = status
                    self._sandbox.emit("store/order/created")
                    self._sandbox.settle(30)
            case "rows":
                self._sandbox.settle(30)
                frame = self._sandbox.deliveries(limit=command["limit"])
                return [
                    (row["created_at"].timestamp(), row["finished_at"].timestamp(), row["state"])
                    for row in frame.to_dict("records")
                ]
            case "now":
                return time.time()
        return None


_PARTS: dict[str, tuple[str, Any]] = {
    "sandbox": ("ikas_explore.sandbox", SandboxPart),
    "receiver": ("ikas_explore.deliveries.receiver", ReceiverPart),
    "client": ("ikas_explore.store", ClientPart),
    "rival": ("ikas_explore.store", RivalPart),
    "listen": ("ikas_explore.deliveries.receiver", ListenPart),
    "blocking": ("ikas_explore.sandbox", BlockingPart),
}


def main(kind: str, settings: dict[str, Any]) -> None:
    """Serve until told to end, or interrupted."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # It knows what a part has opened even while the part is being made.
    opened = contextlib.ExitStack()
    try:
        _serve(kind, settings, opened)
    except KeyboardInterrupt:
        opened.close()
        with contextlib.suppress(TimeoutError):  # then what is left is told
            until(lambda: not open_things()["sockets"] and threading.active_count() == 1, 10)
        _tell(open_things())


def _serve(kind: str, settings: dict[str, Any], opened: contextlib.ExitStack) -> None:
    module, make = _PARTS[kind]
    import_module(module)  # first: what is written in C looks at the real datetime
    clock.install()
    clock.jump(settings.pop("jump"))
    part = make(opened, **settings)
    _tell({"about": part.about, "open": open_things()})
    turn = getattr(part, "turn", None)
    while True:
        while turn is not None and not select.select([sys.stdin], [], [], 0)[0]:
            turn()
        line = sys.stdin.readline()
        command = json.loads(line) if line else {"do": "end"}
        if command["do"] == "end":
            opened.close()
            _tell(open_things())
            return
        if command["do"] == "jump":
            clock.jump(float(command["seconds"]))
        _tell(open_things() if command["do"] == "open" else part.do(command))


def _tell(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
