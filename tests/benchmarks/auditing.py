"""Auditing: beside ten vectorised string operations on the same frame."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pandas as pd

import ikas_explore as ikas
from ikas_explore.frames.frames import rows_frame, webhook_columns
from tests.benchmarks.measuring import Figure, Growth, medians, pairs

SCOPES = [str(scope) for scope in ikas.Scope.registrable()]
POLICY = {"required": "store/order/*", "allowed_hosts": ["*.example.com"]}


def figures(short: bool) -> Iterator[Figure]:
    """Compare the static rules on the webhooks of many stores."""
    frame = fleet(1_250 if short else 10_000)
    yield Figure(
        f"audit {len(frame):,} rows",
        "ten string operations",
        "ms",
        pairs(
            partial(ikas.audit, frame, POLICY),
            partial(ten_string_operations, frame),
            3 if short else 9,
        ),
        goal=2,
        why="runs fifteen rules, whose 30 ms of calls of pandas a few rows cost as well",
    )


def growth(short: bool) -> Iterator[Growth]:
    """Compare growing fleets."""
    points = []
    for stores in (1, 100) if short else (1, 10, 100, 1_000, 10_000):
        frame = fleet(stores)
        both = pairs(
            partial(ikas.audit, frame, POLICY),
            partial(ten_string_operations, frame),
            5,
            unit="s",
        )
        points.append((len(frame), *medians(both)))
    yield Growth("audit", "ten string operations", "rows audited", tuple(points))


def fleet(stores: int, *, faulty: float = 0.02) -> pd.DataFrame:
    """Return a fleet with an endpoint a store, some of them at fault in several ways."""
    rows = []
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
                    "store": store,
                    "scope": scope,
                    "endpoint": f"{scheme}://{host}/ikas/{store}",
                    "id": f"{number}-{scope}",
                    "created_at": now,
                    "updated_at": now,
                    "deleted": False,
                }
            )
    return rows_frame(webhook_columns(), rows)


def ten_string_operations(frame: pd.DataFrame) -> None:
    """Do what a rule written by hand would do, ten times over."""
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
