"""How long the static rules take, beside ten vectorised string operations on the same frame.

Run as ``python -m tests.benchmarks.audit``. Medians over pairs of runs; asserted is that
the time grows linearly, and that the largest frame takes at most twice the operations.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import pandas as pd

from ikas_explore.auditing.audit import audit
from ikas_explore.frames import webhook_frame
from ikas_explore.schema.scopes import Scope

SCOPES = [str(scope) for scope in Scope.registrable()]
POLICY = {"required": "store/order/*", "allowed_hosts": ["*.example.com"]}
#: Rows: 11 scopes of 1,250 to 10,000 stores.
STORES = (1_250, 2_500, 5_000, 10_000)
PAIRS = 7


def fleet(stores: int, *, faulty: float = 0.02) -> pd.DataFrame:
    """A fleet with an endpoint a store, some of them at fault in several ways."""
    rows, names = [], []
    now = int(time.time() * 1000)
    step = round(1 / faulty)
    for number in range(stores):
        store = f"store-{number:05d}"
        scheme, host = ("http", "10.0.0.1") if number % step == 0 else ("https", "h.example.com")
        for scope in SCOPES:
            if number % step == 1 and scope == "store/order/created":
                continue
            rows.append(
                {
                    "scope": scope,
                    "endpoint": f"{scheme}://{host}/ikas/{store}",
                    "id": f"{number}-{scope}",
                    "createdAt": now,
                    "updatedAt": now,
                    "deleted": False,
                }
            )
            names.append(store)
    return webhook_frame(rows, store=names, in_order=True)


def ten_string_operations(frame: pd.DataFrame) -> None:
    """What a rule written by hand would do, ten times over."""
    endpoints, scopes = frame["endpoint"], frame["scope"]
    endpoints.str.startswith("https://")
    endpoints.str.contains("@", regex=False)
    endpoints.str.contains(r"[?&](?:token|key|secret)=", regex=True)
    endpoints.str.lower()
    endpoints.str.rstrip("/")
    endpoints.str.extract(r"^https?://([^/:?#]+)", expand=False)
    endpoints.str.replace(":443", "", regex=False)
    endpoints.str.len()
    scopes.str.split("/").str[1]
    scopes.str.endswith("/created")


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def main() -> int:
    audit(fleet(50), POLICY)  # imports and caches
    medians = {}
    for stores in STORES:
        frame = fleet(stores)
        pairs = [
            (timed(lambda: audit(frame, POLICY)), timed(lambda: ten_string_operations(frame)))  # noqa: B023 - called at once
            for _ in range(PAIRS)
        ]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        medians[len(frame)] = ours
        findings = len(audit(frame, POLICY).findings)
        print(
            f"{len(frame):>7,} rows: audit {ours * 1000:6.0f} ms, ten string operations "
            f"{theirs * 1000:5.0f} ms, ratio {ours / theirs:4.2f}, {findings:,} findings"
        )
    (few, least), *_, (many, most) = medians.items()
    growth = (most / least) / (many / few)
    last_ratio = ours / theirs
    print(f"time per row at {many:,} rows / at {few:,} rows: {growth:.2f} (linear is 1)")
    return 0 if growth <= 1.5 and last_ratio <= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
