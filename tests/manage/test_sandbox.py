"""Plans against a sandbox over HTTP, in both API versions."""

from __future__ import annotations

from pathlib import Path

import ikas_explore as ikas
from ikas_explore.manage.diff import diff
from ikas_explore.manage.journal import Journal
from ikas_explore.manage.planning import make_plan, undo
from tests.manage.registries import StoreRegistry

HERE = "https://example.com/ikas"


def test_plan_apply_and_undo_go_through_ikas(store: ikas.Store, tmp_path: Path) -> None:
    registries = {store.name: StoreRegistry(store)}
    journal = Journal(tmp_path / "journal", base_url=store.base_url)
    before = store.webhooks.list()
    (tmp_path / "desired.toml").write_text(
        f'[webhooks]\n"{HERE}/{{store}}" = ["store/order/*", "store/customer/created"]\n'
    )
    plan = make_plan(tmp_path / "desired.toml", registries, prune=True, journal=journal)
    report = plan.apply()
    assert dict(zip(report["scope"], report["outcome"], strict=True)) == {
        "store/customer/created": "saved",
        "store/customer/updated": "deleted",
        "store/order/created": "saved",
        "store/order/updated": "saved",
    }
    after = store.webhooks.list()
    assert set(after["endpoint"]) == {f"{HERE}/{store.name}"}
    assert make_plan(tmp_path / "desired.toml", registries, prune=True).empty
    while (reverting := undo(journal, registries)) is not None:
        reverting.apply()
    assert diff(before, store.webhooks.list()).empty


def test_another_writer_during_apply_is_found_on_read_back(store: ikas.Store) -> None:
    """The other writer is a second connection to the same sandbox."""
    assert store.sandbox is not None
    thief = ikas.connect(store.sandbox)
    registry = StoreRegistry(store)

    def save_and_lose(endpoint: str, scopes: list[str], **more: object) -> object:
        saved = store.webhooks.save(endpoint, scopes)
        thief.webhooks.save("https://thief.example/", "store/order/created")
        return saved

    registry.save = save_and_lose  # type: ignore[assignment]
    journal = Journal()
    plan = make_plan({HERE: "store/order/*"}, {store.name: registry}, journal=journal)
    report = plan.apply()
    thief.close()
    assert report["outcome"].tolist() == ["conflict", "saved"]
    assert "https://thief.example/" in report["error"].tolist()[0]
    assert len(journal.entries()) == 1
