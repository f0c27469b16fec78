"""Stores of a sandbox to make fleets of."""

from __future__ import annotations

from pathlib import Path

import ikas_explore as ikas

NAMES = [f"shop-{number:02}" for number in range(20)]
ORDERS = ["store/order/created", "store/order/updated"]
DESIRED = {"https://example.com/{store}": ORDERS}
CANARY = "s3cretC4nary"


def connected(box: ikas.Sandbox, name: str, base_url: str | None = None) -> ikas.Store:
    store = box.add_store(name)
    return ikas.connect(
        name, access_token=store.access_token, base_url=base_url or box.base_url, timeout=1.0
    )


def stores_toml(folder: Path, *lines: str) -> Path:
    path = folder / "stores.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path
