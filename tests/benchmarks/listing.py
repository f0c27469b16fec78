"""How fast listing is beside doing it by hand: ratios in one run, medians over pairs.

``python -m tests.benchmarks.listing`` prints, each with its rival and its goal:

- a list on a warm connection, against `httpx.Client.post` + `pandas.DataFrame` with the same
  two timestamp conversions, as a user would write it;
- 10,000 rows (and 2) to a frame, against the same columns, dtypes and order made by hand, and
  against sgqlc's ``operation + data``;
- ``import ikas_explore`` against ``import httpx``, and the first printed sandbox frame of a
  new Python against the imports it needs.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
import pandas as pd

import ikas_explore as ikas
from ikas_explore.client.columns import read_columns
from ikas_explore.client.fields import scalar_paths, tree
from ikas_explore.frames import webhook_frame
from ikas_explore.schema import v1

QUERY = "{ listWebhook { createdAt deleted endpoint id scope updatedAt }}"
TIME = "datetime64[ms, UTC]"


def pairs(ours: Callable[[], Any], theirs: Callable[[], Any], count: int) -> tuple[float, ...]:
    """Return the median seconds of both and the median of their ratios, run in turn."""
    ours(), theirs()
    times = []
    for index in range(count):
        both = {}
        for name in ("ours", "theirs") if index % 2 else ("theirs", "ours"):
            call = ours if name == "ours" else theirs
            started = time.perf_counter()
            call()
            both[name] = time.perf_counter() - started
        times.append((both["ours"], both["theirs"], both["ours"] / both["theirs"]))
    return tuple(statistics.median(column) for column in zip(*times, strict=True))


def report(what: str, goal: float, ours: float, theirs: float, ratio: float) -> bool:
    met = ratio <= goal
    print(
        f"{what:58} {ours * 1e3:9.3f} ms  {theirs * 1e3:9.3f} ms  {ratio:6.2f}  "
        f"goal {goal:.2f}  {'ok' if met else 'MISSED'}"
    )
    return met


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "createdAt": 1636366311914 + index,
            "deleted": False,
            "endpoint": "https://mailchimp-dev.ikasapps.com/api/webhook/ikas",
            "id": f"331f40ad-58a5-4b25-b060-{index:012d}",
            "scope": f"store/customer/created/{(index * 7919) % count}",
            "updatedAt": 1636366311914,
        }
        for index in range(count)
    ]


def by_hand(found: list[dict[str, Any]]) -> pd.DataFrame:
    """The webhook frame as a user who knows pandas makes it."""
    frame = pd.DataFrame(
        sorted(found, key=lambda row: row["scope"]),
        columns=["scope", "endpoint", "id", "createdAt", "updatedAt", "deleted"],
    ).rename(columns={"createdAt": "created_at", "updatedAt": "updated_at"})
    frame["created_at"] = frame["created_at"].astype(TIME)
    frame["updated_at"] = frame["updated_at"].astype(TIME)
    frame.insert(0, "store", "sandbox")
    return frame


def listing() -> bool:
    with ikas.connect("sandbox") as store, httpx.Client(trust_env=False) as client:
        assert store.sandbox is not None
        headers = {"Authorization": f"Bearer {store.sandbox.access_token}"}
        url = f"{store.base_url}/api/v1/admin/graphql"

        def hand() -> pd.DataFrame:
            answer = client.post(url, json={"query": QUERY}, headers=headers)
            frame = pd.DataFrame(answer.json()["data"]["listWebhook"])
            frame["createdAt"] = pd.to_datetime(frame["createdAt"], unit="ms", utc=True)
            frame["updatedAt"] = pd.to_datetime(frame["updatedAt"], unit="ms", utc=True)
            return frame

        return report("list on a warm connection", 1.15, *pairs(store.webhooks.list, hand, 400))


def frames() -> bool:
    met = True
    nodes = tree(v1.Webhook, scalar_paths(v1.Webhook))
    for count, times in ((2, 400), (10_000, 31)):
        found = rows(count)

        def ours(found: list[dict[str, Any]] = found) -> pd.DataFrame:
            read_columns(found, nodes, "listWebhook")
            return webhook_frame(found, store="sandbox", api_version="v1")

        frame, hand = ours(), by_hand(found)
        pd.testing.assert_frame_equal(frame, hand, check_dtype=True)
        met &= report(
            f"{count:,} rows to a frame, checked",
            1.2,
            *pairs(ours, lambda found=found: by_hand(found), times),  # type: ignore[misc]
        )
    from sgqlc.operation import Operation

    asked = Operation(v1.Query)
    asked.list_webhook().__fields__()
    answer = {"data": {"listWebhook": found}}

    def interpreted() -> pd.DataFrame:
        objects = (asked + answer).list_webhook
        return pd.DataFrame([{name: getattr(each, name) for name in NAMES} for each in objects])

    NAMES = scalar_paths(v1.Webhook)
    return met & report(
        "10,000 rows, against sgqlc's operation + data", 1 / 12, *pairs(ours, interpreted, 7)
    )


def seconds_to_print(code: str) -> float:
    """Return the seconds from starting a new Python until it prints."""
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        seconds = time.perf_counter() - started
        process.stdout.read()  # the rest, so that it ends without an error
        return seconds


def process_pairs(ours: str, theirs: str, count: int = 11) -> tuple[float, ...]:
    """Return the median seconds of both and the median of their ratios, run in turn."""
    seconds_to_print(ours), seconds_to_print(theirs)
    both = [(seconds_to_print(ours), seconds_to_print(theirs)) for _ in range(count)]
    times = [(mine, other, mine / other) for mine, other in both]
    return tuple(statistics.median(column) for column in zip(*times, strict=True))


def imports() -> bool:
    met = report(
        "import ikas_explore, against import httpx",
        1.3,
        *process_pairs("import ikas_explore; print(1)", "import httpx; print(1)"),
    )
    needed = "httpx, pandas, sgqlc.operation, ariadne, uvicorn, starlette, stamina, dotenv"
    return met & report(
        "the first printed sandbox frame, against its imports",
        1.5,
        *process_pairs(
            "import ikas_explore as ikas; "
            "print(ikas.connect('sandbox').webhooks.list(), flush=True)",
            f"import {needed}; print(1, flush=True)",
        ),
    )


def main() -> int:
    print(f"{'':58} {'ours':>12}  {'rival':>12}  {'ratio':>6}")
    results = [listing(), frames(), imports()]
    print(json.dumps({"met": results}))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
