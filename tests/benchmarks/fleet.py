"""How fast a fleet is listed, beside a loop by hand: a ratio in one run, a median over pairs.

``python -m tests.benchmarks.fleet`` starts a sandbox in a process of its own, with 500 stores of
eleven webhooks and 50 ms of latency on every call, and prints

- a fleet's list with 32 workers, from nothing to the frame, against 32 threads that post with one
  `httpx.Client` and read the JSON, and against the same with a `pandas.DataFrame` of the rows;
- the memory a store takes, opened and listed.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

import ikas_explore as ikas

STORES, WORKERS, LATENCY, PAIRS, GOAL = 500, 32, 0.05, 7, 1.3
QUERY = "{ listWebhook { createdAt deleted endpoint id scope updatedAt }}"


def serve() -> None:
    """Run the sandbox of the benchmark until its standard input ends."""
    with ikas.Sandbox(examples=False) as box:
        stores = [box.add_store(f"shop-{number:03}") for number in range(STORES)]
        tokens = {store.name: store.access_token for store in stores}
        print(json.dumps({"base_url": box.base_url, "tokens": tokens}), flush=True)
        sys.stdin.readline()  # the stores have their webhooks now
        box.faults.add("latency", seconds=LATENCY)
        print("slow", flush=True)
        sys.stdin.read()


@contextmanager
def served() -> Iterator[tuple[str, dict[str, str], Path]]:
    """Give the base URL, the token of each store, and the file of the fleet."""
    command = [sys.executable, "-m", "tests.benchmarks.fleet", "serve"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        path = Path(folder) / "stores.toml"
        tables = "\n".join(f"[stores.{name}]" for name in told["tokens"])
        path.write_text(
            f'base_url = "{told["base_url"]}"\naccess_token = "{{STORE}}_TOKEN"\n{tables}\n'
        )
        for name, token in told["tokens"].items():
            os.environ[f"{name.upper().replace('-', '_')}_TOKEN"] = token
        with ikas.Fleet.from_file(path) as fleet:
            fleet.plan({"https://example.com/{store}": "store/*"}).apply()
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "slow\n"
        try:
            yield told["base_url"], told["tokens"], path
        finally:
            process.stdin.close()


def by_hand(base_url: str, tokens: dict[str, str]) -> list[dict[str, Any]]:
    """The loop as somebody who knows httpx and threads writes it."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=50)
    url, body = f"{base_url}/api/v1/admin/graphql", {"query": QUERY}
    with httpx.Client(trust_env=False, limits=limits) as client:

        def ask(store: str) -> list[dict[str, Any]]:
            headers = {"Authorization": f"Bearer {tokens[store]}"}
            found = client.post(url, json=body, headers=headers).json()["data"]["listWebhook"]
            return [{"store": store, **row} for row in found]

        with ThreadPoolExecutor(WORKERS) as pool:
            return [row for rows in pool.map(ask, tokens) for row in rows]


def framed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    for name in ("createdAt", "updatedAt"):
        frame[name] = pd.to_datetime(frame[name], unit="ms", utc=True)
    return frame.sort_values(["store", "scope"], ignore_index=True)


def seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    assert len(call()) == STORES * 11
    return time.perf_counter() - started


def memory(path: Path) -> None:
    """Print what Python holds for a store; and the most this process ever had, for scale."""
    tracemalloc.start()
    with ikas.Fleet.from_file(path) as fleet:
        opened = tracemalloc.get_traced_memory()[0]
        frame = fleet.list(workers=WORKERS)
        listed, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    own = frame.memory_usage(deep=True).sum()
    # On Linux in KiB.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"memory per store: opened {opened / STORES / 1024:.1f} KiB, listed "
        f"{listed / STORES / 1024:.1f} KiB ({own / STORES / 1024:.1f} KiB of them its rows in "
        f"the frame), at the peak {peak / STORES / 1024:.1f} KiB; the process at most {most:.0f} "
        "MiB"
    )


def main() -> int:
    with served() as (base_url, tokens, path):

        def ours() -> pd.DataFrame:
            with ikas.Fleet.from_file(path) as fleet:
                frame = fleet.list(workers=WORKERS)
                assert fleet.errors.empty
                return frame

        rivals: dict[str, Callable[[], Any]] = {
            "32 threads, httpx, JSON": lambda: by_hand(base_url, tokens),
            "the same, and a DataFrame": lambda: framed(by_hand(base_url, tokens)),
        }
        ours(), by_hand(base_url, tokens)
        print(
            f"{STORES} stores, {LATENCY * 1000:.0f} ms latency, {WORKERS} workers; least "
            f"possible {STORES / WORKERS * LATENCY:.2f} s"
        )
        met = True
        for name, theirs in rivals.items():
            pairs = []
            for index in range(PAIRS):
                # In turn, so that neither always runs on a warmer machine.
                first, second = (ours, theirs) if index % 2 else (theirs, ours)
                both = {call: seconds(call) for call in (first, second)}
                pairs.append((both[ours], both[theirs], both[ours] / both[theirs]))
            mine, other, ratio = (statistics.median(each) for each in zip(*pairs, strict=True))
            met &= ratio <= GOAL
            print(
                f"fleet.list {mine:.2f} s, {name} {other:.2f} s, ratio {ratio:.2f}, goal "
                f"{GOAL} {'ok' if ratio <= GOAL else 'MISSED'}"
            )
        memory(path)
    return 0 if met else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        sys.exit(main())
