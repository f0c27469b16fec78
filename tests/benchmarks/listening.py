"""Forwarding, the command that receives, and what is missed, beside doing without.

`fasthook` and `webhook-replay` are measured where their commands are on the PATH; install them
apart from this package, for example with ``uv tool install``, as they bring other servers along.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pandas as pd

import ikas_explore as ikas
from ikas_explore.monitoring.health import find_health
from ikas_explore.monitoring.missed import find_missed
from ikas_explore.network.server import Server
from tests.benchmarks.measuring import Figure, in_turn, pairs
from tests.benchmarks.receiving import SECRET, body_of, load

_SENDERS, _SIZE = 8, 2_200
_LIBRARY = (
    "import sys, ikas_explore as ikas; r = ikas.Receiver(sys.argv[1], port=int(sys.argv[2]),"
    " path='library.db'); sys.stdin.read()"
)


def figures(short: bool) -> Iterator[Figure]:
    """Compare each."""
    yield _forwarding(50 if short else 500)
    yield from _commands(1_000 if short else 3_000, 3 if short else 7)
    yield from _missing(5 if short else 31)


def _forwarding(count: int) -> Figure:
    """From the first byte that the sender sends until the app has all of them."""
    arrived, came, random = [0.0], threading.Event(), Random(1)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                event = (await receive())["type"]
                await send({"type": f"{event}.complete"})
                if event == "lifespan.shutdown":
                    return
        while (await receive()).get("more_body"):
            pass
        arrived[0] = time.perf_counter()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        came.set()

    with (
        Server(app) as server,
        ikas.Receiver(SECRET, forward_to=server.base_url) as receiver,
        httpx.Client(trust_env=False) as client,
    ):

        def sent(to: str) -> float:
            body = body_of(random, _SIZE)
            came.clear()
            begun = time.perf_counter()
            client.post(to, content=body)
            came.wait(30)
            return arrived[0] - begun

        for _ in range(5):
            sent(receiver.endpoint), sent(server.base_url)
        both = in_turn(lambda: sent(receiver.endpoint), lambda: sent(server.base_url), count)
    return Figure(
        "a delivery reaches the app, forwarded",
        "posted to it directly",
        "ms",
        tuple((ours * 1e3, rivals * 1e3) for ours, rivals in both),
        added=3.0,
        why="verifies, writes the row, answers, and posts it in a second connection",
    )


def _commands(requests: int, count: int) -> Iterator[Figure]:
    """The same load on each, in processes of their own, one after the other."""
    programs: dict[str, Sequence[str]] = {
        "receive": [sys.executable, "-m", "ikas_explore", "receive", "--path", "receive.db",
                    "--port", "{port}"],
        "library": [sys.executable, "-c", _LIBRARY, SECRET, "{port}"],
    }  # fmt: skip
    rivals = {
        "fasthook": ["listen", "{port}", "--save", "events.json"],
        "webhook-replay": ["--db", "captures.db", "serve", "-p", "{port}", "--max-captures", "0"],
    }
    for name, arguments in rivals.items():
        if found := shutil.which(name):
            programs[name] = [found, *arguments]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        ports = {
            name: running.enter_context(_program(command, Path(folder)))
            for name, command in programs.items()
        }
        rates: list[Mapping[str, float]] = []
        for pair in range(count):
            turn = [*ports][pair % len(ports) :] + [*ports][: pair % len(ports)]
            rates.append(
                {
                    name: load(ports[name], requests, seed=pair, senders=_SENDERS, size=_SIZE)
                    for name in turn
                }
            )
    for what, rival, beside, goal, why in (
        ("receive", "library", "a Receiver in Python", 0.8, "also prints a line for each"),
        ("library", "fasthook", "fasthook --save", 2.0, ""),
        ("receive", "fasthook", "fasthook --save", 1.5, ""),
        ("library", "webhook-replay", "webhook-replay serve", None, ""),
        ("receive", "webhook-replay", "webhook-replay serve", None, ""),
    ):
        if rival in ports:
            yield Figure(
                "ikas-explore receive" if what == "receive" else "a Receiver in Python",
                beside,
                "/s",
                tuple((rate[what], rate[rival]) for rate in rates),
                goal=goal,
                why=why,
            )


@contextmanager
def _program(command: Sequence[str], folder: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with (
        (folder / f"{port}.out").open("wb") as printed,
        subprocess.Popen(
            [each.replace("{port}", str(port)) for each in command],
            cwd=folder,
            env={**os.environ, "IKAS_CLIENT_SECRET": SECRET},
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            end = time.monotonic() + 30
            while time.monotonic() < end:
                with socket.socket() as probe:
                    if not probe.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.05)
            yield port
        finally:
            process.kill()


def _missing(count: int) -> Iterator[Figure]:
    """10,000 objects of three kinds, 500 of which never arrived, without the fetching."""
    now = pd.Timestamp("2026-11-01", tz="UTC")
    kinds = ("order", "customer", "stock")
    lists = dict(zip(("listOrder", "listCustomer", "listProductStockLocation"), kinds, strict=True))
    objects = pd.DataFrame(
        {
            "id": [f"{number:036}" for number in range(10_000)],
            "kind": [kinds[number % 3] for number in range(10_000)],
            "created_at": now,
            "updated_at": [now + dt.timedelta(seconds=number) for number in range(10_000)],
        }
    ).astype(dict.fromkeys(("created_at", "updated_at"), "datetime64[ms, UTC]"))
    received = pd.DataFrame(
        {
            "scope": "store/" + objects["kind"] + "/updated",
            "object_id": objects["id"],
            "received_at": objects["updated_at"] + pd.Timedelta(seconds=1),
            "object_updated_at": objects["updated_at"],
        }
    )[lambda frame: frame.index % 20 != 0]
    scopes = [f"store/{kind}/{event}" for kind in kinds for event in ("created", "updated")]
    webhooks = pd.DataFrame({"scope": scopes, "endpoint": "https://a.example/", "deleted": False})
    pages = {
        name: objects.loc[objects["kind"] == kind, ["id", "created_at", "updated_at"]]
        for name, kind in lists.items()
    } | {"listProduct": objects.loc[:-1, ["id", "created_at", "updated_at"]]}

    class Pages:
        """A store's lists that are here already: what is timed is what is made of them."""

        def query(self, field: str) -> Any:
            self._field = field
            return self

        def select(self, *names: str) -> Any:
            return self

        def limit(self, most: int) -> Any:
            return self

        def arguments(self, **given: Any) -> Any:
            return self

        def to_frame(self) -> pd.DataFrame:
            return pages[self._field]

    due = objects.assign(scope="store/" + objects["kind"] + "/updated", object_id=objects["id"])

    window: dict[str, Any] = {"since": "2026-10-31", "until": "2026-11-03", "grace": 0}

    def ours() -> int:
        return len(find_missed(received, lambda look: [look("shop", Pages(), webhooks)], **window))

    def health() -> int:
        each = find_health(received, lambda look: [look("shop", Pages(), webhooks)], **window)
        return int(each["missed"].sum())

    def by_hand() -> int:
        # The least that finds them and says when each arrived last, kinds and scopes apart.
        times = ["object_updated_at", "received_at"]
        newest = received.groupby(["scope", "object_id"], as_index=False)[times].max()
        joined = due.merge(newest, how="left", on=["scope", "object_id"])
        gone = joined[~(joined["object_updated_at"] >= joined["updated_at"])]
        return len(gone.sort_values("updated_at"))

    assert ours() == by_hand() == 500  # all were changed after they were made, but for the first
    yield Figure(
        "missed, 10,000 objects",
        "the pandas merge it rests on",
        "ms",
        pairs(ours, by_hand, count),
        goal=2.0,
        why="reads scopes, several kinds and times, and says what it cannot see",
    )
    assert health() >= 500
    yield Figure(
        "health, 10,000 objects", "missed, of the same", "ms", pairs(health, ours, count), goal=2.0,
        why="also judges the rhythm of each scope",
    )  # fmt: skip
