"""The processes that the run starts, kills, restarts and gives commands to."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]  # where `tests` can be imported, whatever is installed
#: Seconds a process has to start, or to carry out a command.
PATIENCE = 120.0
# Of asyncio's debug mode, on a busy machine: no fault of anybody's.
_SLOW = re.compile(r"^Executing <.* took \d+\.\d+ seconds\n", re.MULTILINE)


class PartError(Exception):
    """A process that was not to end has ended, or does not answer."""


class Part:
    """One process, started anew after each kill with the same settings.

    Parameters
    ----------
    name : str
    kind : {"sandbox", "receiver", "client"}
    settings : mapping
        Handed over as JSON.
    folder : Path
        Where its standard error goes.

    Attributes
    ----------
    about : dict
        What it told of itself when it was ready.
    baseline : dict
        The threads and sockets it had then.
    counts : Counter of str
        Its kills and restarts.
    failure : BaseException or None
        What went wrong with the last kill that was left to a thread.
    """

    def __init__(self, name: str, kind: str, settings: Mapping[str, Any], folder: Path) -> None:
        self.name = name
        self.settings = {"jump": 0.0, **settings}
        self.about: dict[str, Any] = {}
        self.baseline: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._kind = kind
        self._errors = folder / f"{name}.stderr"
        self._process: subprocess.Popen[bytes] | None = None
        self._up = False
        self._lock = threading.Lock()  # one command at a time
        self._killing: threading.Thread | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self._spawn()
        told = self._read()
        if told is None:
            self._end_process()
            raise PartError(f"{self.name} ended before it was ready: {self.stderr()[-2000:]}")
        self.about, self.baseline = told["about"], told["open"]
        self._up = True

    def command(self, do: str, **given: Any) -> Any:
        """Give a command and return its answer; None when the process was killed meanwhile."""
        with self._lock:
            if not self._up or self._process is None or self._process.stdin is None:
                return None
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps({"do": do, **given}).encode() + b"\n")
                self._process.stdin.flush()
            return self._read()

    def kill(self, *, after: float, down: float, early: float | None) -> None:
        """Kill it in a while, and start it anew; see `settled`."""
        self.settled()
        self._killing = threading.Thread(
            target=self._kill, args=(after, down, early), name=f"kill {self.name}"
        )
        self._killing.start()

    def live(self, seconds: float) -> None:
        """Start it for so long, and kill it for good; see `settled`."""
        self.settled()
        self._killing = threading.Thread(
            target=self._live, args=(seconds,), name=f"live {self.name}"
        )
        self._killing.start()

    def crash(self) -> None:
        """Kill it while it starts: `start` notices."""
        if self._process is not None:
            self._process.kill()

    def settled(self) -> None:
        """Wait until a kill has happened and the process is back."""
        if self._killing is not None:
            self._killing.join()
            self._killing = None
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure

    def interrupted(self, after: float) -> dict[str, Any] | None:
        """Start it, press Ctrl-C in a while, and return the threads and sockets it then has."""
        self._spawn(subprocess.DEVNULL)  # Python tells of Ctrl-C
        process = self._process
        assert process is not None
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)  # ends its input: it ends, if still there
        self._process = None
        self.counts["interrupted"] += 1
        lines = [json.loads(line) for line in output.splitlines()]
        return next((line for line in reversed(lines) if "sockets" in line), None)

    def end(self) -> dict[str, Any] | None:
        """Have it end by itself; return the threads and sockets that it then still had."""
        self.settled()
        if self._process is None:
            return None
        left: dict[str, Any] | None = self.command("end")
        code = self._process.wait(PATIENCE)
        self._up = False
        self._forget()
        if code != 0 or left is None:
            raise PartError(f"{self.name} ended with {code}: {self.stderr()[-2000:]}")
        return left

    def abandon(self) -> None:
        """Kill it for good, in whatever state it is."""
        if self._killing is not None:
            self._killing.join()
        if self._process is not None:
            self._end_process()

    def stderr(self) -> str:
        """Return what it wrote to standard error, in all its lives."""
        text = self._errors.read_text("utf-8", "replace") if self._errors.exists() else ""
        return _SLOW.sub("", text).strip()

    def _spawn(self, errors_to: int | None = None) -> None:
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-X", "dev", "-W", "error", "-m", "tests.chaos.child"),
                    *(self._kind, json.dumps(self.settings)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors if errors_to is None else errors_to,
                cwd=ROOT,
                env={**os.environ, "IKAS_DOTENV": "off"},
            )

    def _live(self, seconds: float) -> None:
        try:
            self.start()
            self.counts["started"] += 1
            time.sleep(seconds)
            self._end_process()
        except BaseException as error:
            self.failure = error

    def _kill(self, after: float, down: float, early: float | None) -> None:
        try:
            time.sleep(after)
            self._end_process()
            if early is not None:
                self._spawn()
                time.sleep(early)
                self._end_process()
            time.sleep(down)
            self.start()
            self.counts["restarted"] += 1
        except BaseException as error:  # told by settled(), on the thread of the run
            self.failure = error

    def _end_process(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.counts["killed"] += 1
        with self._lock:  # a command that waits for it sees the end of its output
            self._up = False
            self._forget()

    def _forget(self) -> None:
        process, self._process = self._process, None
        assert process is not None
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()

    def _read(self) -> Any:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], PATIENCE)[0]:
            raise PartError(f"{self.name} does not answer.")
        line = process.stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None


def free_ports(count: int) -> list[int]:
    """Return ports below those that the system gives to outgoing connections.

    A port of theirs could be taken while the process that stands on it is down.
    """
    start = 20_000 + os.getpid() * 10 % 10_000
    found = []
    for port in range(start, start + 1000):
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise PartError("No port is free.")
