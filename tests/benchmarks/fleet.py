"""Listing and changing many stores: beside 32 threads that post with one httpx client.

The sandbox runs in a process of its own (this module, with a count of stores) and takes 50 ms
for every answer, as a server far away does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

import ikas_explore as ikas
from tests.benchmarks.listing import QUERY
from tests.benchmarks.measuring import Figure, Growth, medians, pairs

WORKERS, LATENCY, WEBHOOKS = 32, 0.05, 11
SAVE = "mutation($input: WebhookInput!) { saveWebhook(input: $input) { id scope endpoint } }"


def figures(short: bool) -> Iterator[Figure]:
    """Compare the list of a fleet, from its file to the frame."""
    stores = 100 if short else 1_000
    with served(stores) as fleet:
        for rival, theirs in (
            ("32 threads, httpx, JSON", fleet.by_hand),
            ("the same, and a DataFrame", fleet.by_hand_framed),
        ):
            yield Figure(
                f"list {stores:,} stores",
                rival,
                "s",
                pairs(
                    partial(fleet.ours, stores),
                    partial(theirs, stores),
                    3 if short else 7,
                    unit="s",
                ),
                goal=1.10,
                why="reads the file, checks every answer, keeps to 50 calls in 10 s a store",
            )
        moved = 30 if short else 300
        yield Figure(
            f"plan and apply a move of {moved} stores",
            "32 threads, httpx, the same calls",
            "s",
            pairs(
                partial(fleet.move, moved),
                partial(fleet.move_by_hand, moved),
                3 if short else 7,
                unit="s",
            ),
            goal=1.15,
            why="compares what is there with what is wanted, and writes the journal first",
        )


def growth(short: bool) -> Iterator[Growth]:
    """Compare fleets of growing size."""
    points = []
    with served(10 if short else 1_000) as fleet:
        for stores in (1, 10) if short else (1, 10, 100, 300, 1_000):
            both = pairs(
                partial(fleet.ours, stores), partial(fleet.by_hand_framed, stores), 3, unit="s"
            )
            points.append((stores, *medians(both)))
    yield Growth(
        f"list a fleet, {WORKERS} workers", "32 threads, httpx + pandas", "stores", tuple(points)
    )


class Served:
    """A sandbox with many stores, and both ways to list the first of them."""

    def __init__(self, base_url: str, tokens: dict[str, str], folder: Path) -> None:
        self.base_url = base_url
        self.tokens = tokens
        self._folder = folder
        self._moves = 0
        for name, token in tokens.items():
            os.environ[f"{name.upper().replace('-', '_')}_TOKEN"] = token

    def file(self, stores: int) -> Path:
        """Return the file of a fleet of so many stores."""
        path = self._folder / f"{stores}.toml"
        if not path.exists():
            tables = "\n".join(f"[stores.{name}]" for name in islice(self.tokens, stores))
            path.write_text(
                f'base_url = "{self.base_url}"\naccess_token = "{{STORE}}_TOKEN"\n{tables}\n'
            )
        return path

    def ours(self, stores: int) -> pd.DataFrame:
        with ikas.Fleet.from_file(self.file(stores)) as fleet:
            frame = fleet.list(workers=WORKERS)
            assert fleet.errors.empty
            assert len(frame) == stores * WEBHOOKS
            return frame

    def move(self, stores: int) -> None:
        """Move all webhooks of so many stores to an endpoint they were not at."""
        with ikas.Fleet.from_file(self.file(stores)) as fleet:
            done = fleet.plan({self._elsewhere(): "store/*"}, workers=WORKERS).apply()
            assert len(done) == stores * WEBHOOKS

    def move_by_hand(self, stores: int) -> None:
        """Do so without a plan: look, then look again, save, and read back."""
        endpoint, scopes = self._elsewhere(), list(ikas.Scope.registrable())

        def change(client: httpx.Client, store: str) -> None:
            self._post(client, store, QUERY)
            given = {"endpoint": endpoint, "scopes": [str(scope) for scope in scopes]}
            self._post(client, store, SAVE, {"input": given})
            rows = self._post(client, store, QUERY)["listWebhook"]
            assert {row["endpoint"] for row in rows} == {endpoint}

        with self._threads(stores) as each:
            each(lambda client, store: self._post(client, store, QUERY))
            each(change)

    def _elsewhere(self) -> str:
        self._moves += 1
        return f"https://example.com/{self._moves}"

    def by_hand(self, stores: int) -> list[dict[str, Any]]:
        """List as somebody who knows httpx and threads does."""
        with self._threads(stores) as each:
            answers = each(lambda client, store: self._post(client, store, QUERY))
        rows = [
            {"store": store, **row}
            for store, answer in zip(self.tokens, answers, strict=False)
            for row in answer["listWebhook"]
        ]
        assert len(rows) == stores * WEBHOOKS
        return rows

    @contextmanager
    def _threads(self, stores: int) -> Iterator[Callable[[Callable[..., Any]], list[Any]]]:
        """Give a function that calls another with a client and each of so many stores."""
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=50)
        names = list(islice(self.tokens, stores))
        with (
            httpx.Client(trust_env=False, limits=limits) as client,
            ThreadPoolExecutor(WORKERS) as pool,
        ):
            yield lambda call: list(pool.map(partial(call, client), names))

    def _post(self, client: httpx.Client, store: str, query: str, variables: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[store]}"}
        body = {"query": query, "variables": variables} if variables else {"query": query}
        url = f"{self.base_url}/api/v1/admin/graphql"
        return client.post(url, json=body, headers=headers).json()["data"]

    def by_hand_framed(self, stores: int) -> pd.DataFrame:
        frame = pd.DataFrame(self.by_hand(stores))
        for name in ("createdAt", "updatedAt"):
            frame[name] = pd.to_datetime(frame[name], unit="ms", utc=True)
        return frame.sort_values(["store", "scope"], ignore_index=True)


@contextmanager
def served(stores: int) -> Iterator[Served]:
    """Start a sandbox with so many stores of eleven webhooks, and make it slow."""
    command = [sys.executable, "-m", "tests.benchmarks.fleet", str(stores)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            fleet = Served(told["base_url"], told["tokens"], Path(folder))
            with ikas.Fleet.from_file(fleet.file(stores)) as opened:
                opened.plan({"https://example.com/{store}": "store/*"}).apply()
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "slow\n"
            yield fleet
        finally:
            process.stdin.close()


def serve(stores: int) -> None:
    """Run the sandbox until its standard input ends."""
    with ikas.Sandbox(examples=False) as box:
        made = [box.add_store(f"shop-{number:04}") for number in range(stores)]
        tokens = {store.name: store.access_token for store in made}
        print(json.dumps({"base_url": box.base_url, "tokens": tokens}), flush=True)
        sys.stdin.readline()  # the stores have their webhooks now
        box.faults.add("latency", seconds=LATENCY)
        print("slow", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
