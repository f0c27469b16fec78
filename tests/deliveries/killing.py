"""Kills of every process of a session, and what is left: ``python -m tests.deliveries.killing``.

A sandbox, an app, `ikas-explore listen`, what keeps its tunnel and the tunnel's agent are five
processes. One of them is killed at a random moment; then the session ends, or is given back by
`listen --restore`. After each kill the holders are those of before, no lease is left, and no
tunnel runs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx

import ikas_explore as ikas
from ikas_explore.deliveries.leases import leases_of
from ikas_explore.network.authority import serving_https
from tests.deliveries.relay import public_end
from tests.waiting import until

_COMMAND = (sys.executable, "-m", "ikas_explore")
_AGENT = Path(__file__).with_name("relay.py")
_SCOPE, _HOLDER = "store/order/created", "https://shop.example/hook"
_KINDS = ("listen", "keeper", "agent", "app", "sandbox")


class Scene:
    """The processes; the sandbox and the app keep their ports and files."""

    def __init__(self, folder: Path, url: str, agent: int, ca_file: str) -> None:
        self.folder = folder
        self._tunnel = f"{sys.executable} {_AGENT} {url} {agent} {{port}}"
        self.variables = {
            **os.environ,
            "IKAS_LEASES": str(folder / "leases.db"),
            "IKAS_JOURNAL": str(folder / "journal.jsonl"),
            "SSL_CERT_FILE": ca_file,
        }
        self.ports = {name: _free_port() for name in ("sandbox", "app")}
        self.running: dict[str, subprocess.Popen[str]] = {}
        told = self.start("sandbox")
        self.base_url, token = told["base_url"], told["access_token"]
        self.variables |= {
            "IKAS_BASE_URL": self.base_url,
            "IKAS_ACCESS_TOKEN": token,
            "IKAS_CLIENT_SECRET": told["client_secret"],
            "IKAS_STORE": "shop",
        }
        self.start("app")
        self.store = ikas.connect("shop", access_token=token, base_url=self.base_url)

    def start(self, name: str) -> dict[str, str]:
        """Start a process unless it runs; returns what it printed first, if it printed JSON."""
        if name in self.running and self.running[name].poll() is None:
            return {}
        command = {
            "sandbox": ["sandbox", "--path", "box.db", "--port", str(self.ports["sandbox"])],
            "app": ["receive", "--path", "app.db", "--port", str(self.ports["app"])],
            "listen": [
                *("listen", f"{self.ports['app']}/ikas", "--scopes", _SCOPE, "--take", "--yes"),
                *("--tunnel", self._tunnel),
            ],
        }[name]
        self.running[name] = process = subprocess.Popen(
            [*_COMMAND, *command, "--json"],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if name == "listen" or process.stdout is None:
            return {}
        line = process.stdout.readline()
        return dict(json.loads(line)) if line else {}

    def kill(self, kind: str, chain: Sequence[int]) -> str:
        """Kill one process; of a session that has no tunnel yet, the command."""
        if kind in ("app", "sandbox"):
            self.running[kind].kill()
            self.running[kind].communicate()
            return kind
        place = min(_KINDS.index(kind), len(chain) - 1)
        with suppress(ProcessLookupError):
            os.kill(chain[place], signal.SIGKILL)
        return _KINDS[place]

    def left(self) -> list[str]:
        """What a session has left, in words."""
        frame = self.store.webhooks.list()
        held = dict(zip(frame["scope"], frame["endpoint"], strict=True))
        found = [] if held == {_SCOPE: _HOLDER} else [f"held: {held}"]
        return found + [f"lease: {each}" for each in leases_of(self.base_url, "shop")]

    def close(self) -> None:
        self.store.close()
        for each in self.running.values():
            each.kill()
            each.communicate()


def kill_at_random(
    folder: Path, count: int, *, seed: int, kinds: Counter[str] | None = None
) -> list[str]:
    """Kill so many times; returns what was left that should not be."""
    chance = random.Random(seed)
    os.environ["IKAS_LEASES"] = str(folder / "leases.db")
    failures: list[str] = []
    with ExitStack() as opened:
        https = opened.enter_context(serving_https())
        agent = _free_port()
        url = opened.enter_context(public_end(https.context, agent))
        scene = Scene(folder, url, agent, https.ca_file)
        opened.callback(scene.close)
        scene.store.webhooks.delete("*")
        scene.store.webhooks.save(_HOLDER, _SCOPE)
        for number in range(count):
            killed = _round(scene, chance)
            if kinds is not None:
                kinds[killed] += 1
            failures += [f"{number}, {killed}: {each}" for each in scene.left()]
    return failures


def _round(scene: Scene, chance: random.Random) -> str:
    scene.start("listen")
    session = scene.running["listen"]
    assert session.stdout is not None
    if chance.random() < 0.5 and session.stdout.readline():  # it is open
        token = {"Authorization": f"Bearer {scene.variables['IKAS_ACCESS_TOKEN']}"}
        event = {"scope": _SCOPE}
        url = f"{scene.base_url}/control/events"
        httpx.post(url, json=event, headers=token).raise_for_status()
        time.sleep(chance.random() * 0.1)
    else:
        time.sleep(chance.random() * 1.5)
    chain = [session.pid, *_below(session.pid)]
    killed = scene.kill(chance.choice(_KINDS), chain)
    if chance.random() < 0.5:
        scene.start("sandbox")
    with suppress(ProcessLookupError):
        session.send_signal(signal.SIGINT)
    session.communicate(timeout=60)
    scene.start("sandbox")
    scene.start("app")
    if leases_of(scene.base_url, "shop"):
        subprocess.run(
            [*_COMMAND, "listen", "--restore", "--yes"],
            cwd=scene.folder,
            env=scene.variables,
            capture_output=True,
            check=True,
        )
    until(lambda: not any(map(_runs, chain)))
    return killed


def _below(pid: int) -> list[int]:
    """What a process started, and what that did."""
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [each for child in map(int, done.stdout.split()) for each in (child, *_below(child))]


def _runs(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip()[:1] not in ("", "Z")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> int:
    """Kill as often as asked, and print what was killed and what is left."""
    parser = argparse.ArgumentParser(prog="python -m tests.deliveries.killing")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked = parser.parse_args()
    kinds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        failures = kill_at_random(Path(folder), asked.count, seed=asked.seed, kinds=kinds)
    print(f"seed {asked.seed}: {asked.count} kills, {dict(kinds)}; {len(failures)} left over")
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
