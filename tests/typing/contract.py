"""The public names as a user's type checker sees them. Checked by mypy, never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

import ikas_explore as ikas


def stores(box: ikas.Sandbox) -> None:
    store: ikas.Store = ikas.connect("sandbox", api_version="v2", timeout=5.0)
    ikas.connect(box, on_token=print, on_budget="stop")
    name: str = store.name + store.api_version + store.base_url
    embedded: ikas.Sandbox | None = store.sandbox
    with store as same:
        same.close()
    print(name, embedded)


def webhooks(store: ikas.Store) -> None:
    frame: pd.DataFrame = store.webhooks.list()
    frame = store.budget()
    frame = store.webhooks.save("https://example.com", "store/order/created", replace=False)
    frame = store.webhooks.save("https://example.com", ikas.Scope.match("*"), sales_channel_ids="c")
    done: bool = store.webhooks.delete(frame["scope"])
    plan: ikas.Plan = store.webhooks.plan({"https://example.com": ["store/order/*"]}, prune=True)
    undo: ikas.Plan | None = store.webhooks.undo()
    with store.webhooks.listen("store/order/*", url="https://a.example", take=True) as session:
        frame = session.deliveries(limit=5)
        frame = session.borrowed
        frame = session.restore()
    audit: ikas.Audit = store.webhooks.audit({"required": ["store/order/*"]}, probe=False)
    store.webhooks.save_form(language="tr").fill(endpoint="https://example.com")
    store.webhooks.delete_form().click("delete")
    store.webhooks.manager()
    outcome: pd.DataFrame = plan.apply()
    print(done, undo, audit, outcome, plan.changes, plan.empty)


def queries(store: ikas.Store) -> None:
    query: ikas.Query = (
        store.query("list_webhook")
        .select("scope", "createdAt")
        .where(lambda row: bool(row["scope"]), scope="store/order/*")
        .sort("scope", descending=True)
        .limit(5)
        .arguments()
    )
    text: str = query.graphql + query.curl()
    frame: pd.DataFrame = query.to_frame()
    records: list[dict[str, Any]] = query.to_records()
    print(text, frame, records, query.to_objects())


def many(fleet: ikas.Fleet) -> None:
    frame: pd.DataFrame = fleet.list(workers=8)
    audit: ikas.Audit = fleet.audit(received=frame)
    plan: ikas.Plan = fleet.plan({}, prune=True)
    undo: ikas.Plan | None = fleet.undo()
    budget: pd.DataFrame = fleet.budget()
    fleet.manager(language="tr").fill(filter="order")
    failures: pd.DataFrame = fleet.errors
    changes: pd.DataFrame = ikas.diff(frame, frame)
    again: ikas.Audit = ikas.audit(frame, probe=False)
    ok: bool = audit.ok
    worst: str | None = audit.worst
    coverage: pd.DataFrame = audit.coverage()
    print(plan, undo, budget, failures, changes, again, ok, worst, coverage, audit.to_markdown())


def deliveries(box: ikas.Sandbox, receiver: ikas.Receiver) -> None:
    ids: list[str] = box.emit("store/order/created", {"id": "o1"})
    box.settle(10)
    frame: pd.DataFrame = box.deliveries()
    frame = box.attempts()
    client_id: str = box.add_store("shop").client_id
    receiver.status = [500, 200]
    frame = receiver.wait(2, timeout=5.0)
    frame = receiver.replay(ids, "http://127.0.0.1:1/")
    frame = receiver.deliveries(since="2026-11-01", scope="store/order/*", limit=5)
    removed: int = receiver.prune("2026-11-01")
    frame = receiver.budget()
    ikas.Receiver("s", public_url=["https://a.example", "https://b.example"]).close()
    ikas.Receiver(["new", "old"], forward_to="http://localhost:3000/ikas").close()
    frame = ikas.push(receiver.endpoint, "store/order/created", "s", max_attempts=1)
    data: Mapping[str, Any] = ikas.verify(b"{}", "s")
    data = ikas.verify(b"{}", ["new", "old"])
    signature: str = ikas.sign("{}", "s")
    ikas.Sandbox(blocks=True, time_scale=3_600).close()
    frame = box.budget(store="sandbox")
    print(frame, removed, client_id, data, signature, box.faults, box.rate_limit)
