"""What a form shares with its store: one journal, what can be saved, what ikas lists."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.errors import IkasError, InvalidArgumentError
from ikas_explore.forms.manager import DeleteForm, Manager, SaveForm
from tests.forms.reading import CREATED, NEW, OLD, ORDER, UPDATED, html, registered
from tests.manage.registries import DictRegistry, frame

OTHER = "https://other.example.com/"


def test_looking_at_a_manager_takes_nothing_off_the_journal(store: ikas.Store) -> None:
    """Its preview of an undo, and its refresh, are looks; the click takes the write back."""
    store.webhooks.save(NEW, ORDER)
    store.webhooks.save(NEW, "store/stock/created")
    for _ in range(2):
        manager = store.webhooks.manager(language="en")
        manager._repr_mimebundle_()
        manager.click("refresh")
    plan = store.webhooks.undo()
    assert plan is not None
    assert plan.changes["scope"].tolist() == ["store/stock/created"]
    manager.click("undo")
    assert registered(store) == {CREATED: OLD, UPDATED: OLD, ORDER: NEW}
    with pytest.raises(IkasError):  # it was taken back already
        plan.apply()
    assert registered(store) == {CREATED: OLD, UPDATED: OLD, ORDER: NEW}


def test_a_form_writes_to_the_journal_of_its_store_and_its_fleets(store: ikas.Store) -> None:
    """Whoever wrote last, the store, a form or a fleet, is undone first, by whoever undoes."""
    fleet = ikas.Fleet([store])
    form = store.webhooks.save_form(language="en")
    form.fill(endpoint=NEW, scopes=[ORDER, "store/stock/created"])
    form.click("save")
    plan = fleet.undo()
    assert plan is not None
    plan.apply()
    assert registered(store) == {CREATED: OLD, UPDATED: OLD}
    assert store.webhooks.undo() is None

    fleet.plan({NEW: [ORDER]}).apply()
    manager = store.webhooks.manager(language="en")
    manager.click("undo")
    assert registered(store) == {CREATED: OLD, UPDATED: OLD}
    assert fleet.undo() is None


@pytest.mark.parametrize("kind", [SaveForm, Manager])
@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "localhost",
        "localhost.",
        "shop.localhost",
        "127.1",
        "2130706433",
        "[::1]",
        "[fc00::1]",
        "192.168.1.2:8443",
        "printer.local",
        "intranet",
    ],
)
def test_a_host_that_ikas_cannot_reach_is_refused_before_anything_is_sent(
    kind: Any, host: str
) -> None:
    """As save, plan and audit refuse it: each refusal of ikas counts towards a block."""
    registry = DictRegistry()
    form = kind(registry, language="en")
    form.fill(endpoint=f"https://{host}/ikas", scopes=[ORDER])
    assert form.problems == {
        "endpoint": "ikas cannot reach this host from the internet. Use a public address."
    }
    with pytest.raises(InvalidArgumentError, match="endpoint: ikas cannot reach"):
        form.click("save")
    assert registry.verbs() == ["list"]
    local = kind(registry, allow_http=True, language="en")  # a sandbox reaches it
    local.fill(endpoint=f"https://{host}/ikas", scopes=[ORDER])
    assert local.problems == {}


class TwiceRegistry(DictRegistry):
    """ikas answers two rows for one scope, until that scope is written."""

    def list(self) -> pd.DataFrame:
        listed = super().list()
        if self.verbs() == ["list"] * len(self.calls):
            listed = pd.concat([listed, frame({ORDER: OTHER}, self.name)], ignore_index=True)
        return listed


def test_two_rows_of_one_scope_can_be_replaced_and_removed() -> None:
    saving: tuple[Any, ...] = (SaveForm, Manager)
    for kind in saving:
        registry = TwiceRegistry({ORDER: OLD})
        form = kind(registry, language="en")
        form.fill(endpoint=NEW, scopes=[ORDER], replace=True)
        form.click("save")
        assert form.message == "Saved 1 of 1, confirmed by ikas."
        assert registry.state == {ORDER: NEW}
    deleting: tuple[Any, ...] = (DeleteForm, Manager)
    for kind in deleting:
        registry = TwiceRegistry({ORDER: OLD})
        form = kind(registry, language="en")
        form.fill(scopes=[ORDER], confirm=True)
        form.click("delete")
        assert form.message == "Removed 1 of 1, confirmed by ikas."
        assert registry.state == {}


@pytest.mark.parametrize("more", [{}, {"sales_channel_ids": ["a"]}], ids=["", "channels"])
def test_a_scope_of_tomorrow_can_be_moved_removed_and_taken_back(more: dict[str, Any]) -> None:
    """It is on the list because it is registered, although this version does not know it."""
    scope = "store/return/created"
    asked: list[dict[str, Any]] = []

    class Registry(DictRegistry):
        def save(self, endpoint: str, scopes: Any, **options: Any) -> Any:
            asked.append(options)
            return super().save(endpoint, scopes, **options)

    registry = Registry({scope: OLD})
    manager = Manager(registry, language="en")
    manager.fill(scopes=[scope], endpoint=NEW, replace=True, **more)
    manager.click("save")
    assert registry.state == {scope: NEW}
    assert asked == [{"allow_unknown": True, **more}]
    manager.fill(scopes=[scope], confirm=True)
    manager.click("delete")
    assert registry.state == {}
    manager.click("undo")
    assert registry.state == {scope: NEW}


@pytest.mark.parametrize(
    "entry",
    [
        {"scopes": 7},
        {"scopes": [None]},
        {"scopes": {ORDER: True}},
        {"scopes": frame({ORDER: OLD})},
        {"endpoint": object()},
        {"endpoint": "https://example.com/\ud800"},
        {"sales_channel_ids": 3.5},
        {"sales_channel_ids": ["\udfff"]},
        {"replace": "yes"},
        {"filter": b"order"},
    ],
    ids=lambda entry: next(iter(entry)),
)
def test_a_value_of_the_wrong_kind_is_refused_in_words(entry: dict[str, Any]) -> None:
    manager = Manager(DictRegistry({CREATED: OLD}), language="en")
    manager.fill(scopes=[CREATED], endpoint=NEW)
    before = html(manager)
    with pytest.raises(InvalidArgumentError, match=next(iter(entry))):
        manager.fill(**entry)
    assert html(manager) == before


@pytest.mark.parametrize("name", [7, None, [], {}])
def test_a_button_of_the_wrong_kind_is_refused_in_words(name: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="The form has no button"):
        Manager(DictRegistry(), language="en").click(name)


def test_no_scopes_are_none() -> None:
    form = SaveForm(DictRegistry(), language="en")
    form.fill(endpoint=NEW, scopes=pd.Series([ORDER, CREATED]))
    assert form.frame["scope"].tolist() == [ORDER, CREATED]
    empty: tuple[Any, ...] = (None, [], ())
    for nothing in empty:
        form.fill(scopes=nothing)
        assert form.frame.empty
