"""Webhook frames to audit: a healthy one, and rows to plant faults with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pandas as pd

from ikas_explore.frames.frames import webhook_columns, webhook_frame
from ikas_explore.schema.scopes import Scope

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SCOPES = [str(scope) for scope in Scope.registrable()]


def row(scope: str, endpoint: str, store: str = "acme", days: float = 3, **more: Any) -> Any:
    """The cells of a webhook, updated some days before NOW, and its store."""
    updated = round((NOW - dt.timedelta(days=days)).timestamp() * 1000)
    record = {
        "scope": scope,
        "endpoint": endpoint,
        "id": f"{store}-{scope}",
        "created_at": updated,
        "updated_at": updated,
        "deleted": False,
        **more,
    }
    return store, record


def healthy(stores: Iterable[str] = ("acme", "best")) -> list[Any]:
    """Rows of stores with all scopes, each with an endpoint that names its store."""
    return [
        row(scope, f"https://hooks.example.com/ikas/{store}", store)
        for store in stores
        for scope in SCOPES
    ]


def frame(rows: Iterable[Any]) -> pd.DataFrame:
    """A webhook frame of such rows; of two with one id the later one holds."""
    held = {(store, record["id"]): record for store, record in rows}
    cells = {
        name: [record[name] for record in held.values()]
        for name in webhook_columns()
        if name != "store"
    }
    return webhook_frame(cells, store=[store for store, _ in held])
