"""The forms without a browser: filled and clicked from Python, through the same widgets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.forms.form import SETTLE
from ikas_explore.forms.manager import SaveForm
from tests.forms.reading import (
    CREATED,
    NEW,
    OLD,
    ORDER,
    UPDATED,
    html,
    registered,
    unescaped,
    widget,
)
from tests.manage.registries import DictRegistry


def test_a_save_previews_then_saves_then_tells_what_ikas_has(store: ikas.Store) -> None:
    form = store.webhooks.save_form(language="en")
    form.fill(endpoint=NEW, scopes=[ORDER, CREATED])
    assert form.frame["action"].tolist() == ["create", "replace"]
    assert form.frame["endpoint_before"].fillna("").tolist() == ["", OLD]
    assert registered(store) == {CREATED: OLD, UPDATED: OLD}
    form.fill(replace=True)
    form.click("save")
    assert form.message == "Saved 2 of 2, confirmed by ikas."
    assert form.frame["outcome"].tolist() == ["saved", "saved"]
    assert registered(store) == {CREATED: NEW, ORDER: NEW, UPDATED: OLD}


def test_replacing_needs_a_tick_for_exactly_what_is_replaced(store: ikas.Store) -> None:
    form = store.webhooks.save_form(language="en")
    form.fill(endpoint=NEW, scopes=[CREATED], replace=True)
    form.fill(scopes=[CREATED, UPDATED])  # another one is taken over now: the tick is out
    with pytest.raises(InvalidArgumentError, match=r"'save' is disabled now\. replace is not"):
        form.click("save")
    form.fill(endpoint=OLD)
    with pytest.raises(InvalidArgumentError, match="'replace' is disabled now"):
        form.fill(replace=True)
    with pytest.raises(InvalidArgumentError, match="There is nothing to do"):
        form.click("save")
    assert registered(store) == {CREATED: OLD, UPDATED: OLD}


def test_an_outcome_gives_way_to_what_is_found_later(store: ikas.Store) -> None:
    """Another tool took the scope: after a refresh the preview says so, and wants a tick."""
    form = store.webhooks.save_form(language="en")
    form.fill(endpoint=NEW, scopes=[ORDER])
    form.click("save")
    store.webhooks.save("https://other.example.com/", ORDER)
    form.click("refresh")
    assert form.frame["action"].tolist() == ["replace"]
    assert "will be taken over" in html(form)
    manager = store.webhooks.manager(language="en")
    manager.fill(scopes=[ORDER], confirm=True)
    manager.click("delete")
    assert "removed" in html(manager)
    manager.fill(scopes=["store/stock/created"])
    assert "Nothing to remove: none of the selected scopes is registered." in html(manager)


def test_a_success_is_told_until_something_else_is_entered(store: ikas.Store) -> None:
    """Else "Saved" would stand beside what is not; what failed stays, to be read while mending."""
    form = store.webhooks.manager(language="en")
    form.fill(scopes=[ORDER], endpoint=NEW)
    form.click("save")
    assert form.message.startswith("Saved 1 of 1")
    form.fill(scopes=[ORDER, UPDATED])
    assert form.message == ""
    assert html(form).count("Saved 1 of 1") == 1  # in the log
    assert store.sandbox is not None
    store.sandbox.faults.add("missing_permission")
    form.fill(replace=True)
    form.click("save")
    form.fill(endpoint=OLD)
    assert form.message.startswith("The app lacks a permission")


def test_an_address_that_only_a_sandbox_reaches_is_told_of(store: ikas.Store) -> None:
    """Right for trying out, and no address to take to ikas."""
    form = store.webhooks.save_form(language="en")
    form.fill(endpoint="http://127.0.0.1:8701/")
    assert form.problems.keys() == {"scopes"}
    assert "This address works on this machine only; ikas cannot reach it." in html(form)
    form.fill(endpoint=NEW)
    assert "This address can be used." in html(form)


def test_unchanged_scopes_are_not_sent_again(store: ikas.Store) -> None:
    form = store.webhooks.save_form(language="en")
    before: Any = store.webhooks.list().set_index("scope").loc[CREATED, "updated_at"]
    form.fill(endpoint=OLD, scopes=[CREATED, ORDER])
    form.click("save")
    assert form.message == "Saved 1 of 1, confirmed by ikas."
    assert store.webhooks.list().set_index("scope").loc[CREATED, "updated_at"] == before


def test_sales_channels_are_sent_for_unchanged_scopes_too(store: ikas.Store) -> None:
    """ikas does not tell them back, so a form cannot know whether they are new."""
    form = store.webhooks.save_form(language="en")
    form.fill(endpoint=OLD, scopes=[CREATED, ORDER], sales_channel_ids=["a", "b"])
    assert "sales channels will be set" in html(form)
    saved_notebook = form._repr_mimebundle_()
    for kind in ("text/plain", "text/html"):  # it says what the form does
        assert "sales channels will be set" in saved_notebook[kind]
        assert "unchanged" not in saved_notebook[kind]
    assert 'sales_channel_ids=["a", "b"]' in unescaped(html(form))
    form.click("save")
    assert form.message == "Saved 2 of 2, confirmed by ikas."
    with pytest.raises(InvalidArgumentError, match="disabled"):  # the same again does nothing
        form.click("save")
    plan = store.webhooks.undo()
    assert plan is not None
    assert any("Sales channels" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "Required."),
        ("h", "The address has to start with https://."),
        ("http://example.com/", "The address has to start with https://."),
        ("ftp://example.com/", "The address has to start with https://."),
        ("example.com", "The address has to start with https://."),
        ("https://", "The host is missing. Example: https://example.com/ikas"),
        ("https:///ikas", "The host is missing. Example: https://example.com/ikas"),
        ("https://exa mple.com/", "Remove the space."),
        (" https://example.com/", "Remove the space."),
        ("https://example.com:port/", "This is not a valid address."),
        ("https://[::1/", "This is not a valid address."),
        ("https://-x-.example.com/", "This is not a valid address."),
        ("https://example.com/ikas", None),
        ("https://örnek.com.tr/ikas", None),
    ],
)
def test_an_endpoint_is_judged_while_it_is_typed(typed: str, problem: str | None) -> None:
    """In words beside the field; the button is enabled only when the save can work."""
    form = SaveForm(DictRegistry(), language="en")
    form.fill(scopes=[ORDER], endpoint=typed)
    if problem is None:
        assert form.problems == {}
        form.click("save")
        assert form.message.startswith("Saved")
    else:
        assert form.problems["endpoint"].startswith(problem)
        with pytest.raises(InvalidArgumentError, match="endpoint: "):
            form.click("save")


def test_nobody_is_told_off_for_the_first_letters() -> None:
    form = SaveForm(DictRegistry(), language="en")
    form.fill(endpoint="htt")
    assert "The address has to start with" not in html(form)
    form.fill(endpoint="htx")
    assert "The address has to start with" in html(form)


def test_http_is_fine_for_a_store_on_this_machine_only() -> None:
    form = SaveForm(DictRegistry(), allow_http=True, language="en")
    form.fill(endpoint="http://127.0.0.1:8000/", scopes=[ORDER])
    assert form.problems == {}
    form = SaveForm(DictRegistry(), language="en")
    form.fill(endpoint="https://192.168.1.2/", scopes=[ORDER])
    assert "ikas cannot reach this host from the internet" in html(form)


def test_a_group_is_ticked_and_cleared_by_one_button() -> None:
    form = SaveForm(DictRegistry(), language="en")
    form.fill(endpoint=NEW)
    form.click("customer")
    assert form.frame["scope"].tolist() == [CREATED, UPDATED, "store/customer/statusUpdated"]
    form.click("customer")
    assert form.frame.empty


def test_deleting_is_confirmed_for_exactly_what_is_chosen(store: ikas.Store) -> None:
    form = store.webhooks.delete_form(language="en")
    with pytest.raises(InvalidArgumentError, match="'confirm' is disabled"):
        form.fill(confirm=True)
    form.fill(scopes=[CREATED], confirm=True)
    form.fill(scopes=[UPDATED])
    with pytest.raises(InvalidArgumentError, match="confirm is not ticked"):
        form.click("delete")
    form.fill(confirm=True)
    assert form.frame[["scope", "action"]].values.tolist() == [[UPDATED, "delete"]]
    form.click("delete")
    assert form.message == "Removed 1 of 1, confirmed by ikas."
    assert form.frame["outcome"].tolist() == ["deleted"]
    assert registered(store) == {CREATED: OLD}


def test_the_manager_undoes_what_was_done_wherever_it_was_done(store: ikas.Store) -> None:
    """Its journal is that of the store: a save in another cell is taken back as well."""
    manager = store.webhooks.manager(language="en")
    with pytest.raises(InvalidArgumentError, match="'undo' is disabled"):
        manager.click("undo")
    store.webhooks.save(NEW, ORDER)
    manager.click("refresh")
    manager.fill(scopes=[ORDER], confirm=True)
    manager.click("delete")
    assert registered(store) == {CREATED: OLD, UPDATED: OLD}
    manager.click("undo")
    assert manager.message == "Undone: 1 of 1, confirmed by ikas."
    assert registered(store) == {CREATED: OLD, UPDATED: OLD, ORDER: NEW}
    manager.click("undo")
    assert registered(store) == {CREATED: OLD, UPDATED: OLD}
    assert "store.webhooks.undo().apply()" in html(manager)
    with pytest.raises(InvalidArgumentError, match="'undo' is disabled"):
        manager.click("undo")


def test_clicks_that_queue_up_behind_a_call_are_dropped() -> None:
    """As in a kernel: they come to their turn after the call, while the form is still busy."""
    registry = DictRegistry()

    async def kernel() -> None:
        form = SaveForm(registry, language="en")
        form.fill(endpoint=NEW, scopes=[ORDER])
        button, refresh = widget(form, "Save"), widget(form, "Refresh")
        loop = asyncio.get_running_loop()
        rested = asyncio.Event()

        def resting(change: dict[str, Any]) -> None:
            if not change["new"]:
                rested.set()

        refresh.observe(resting, "disabled")
        states: list[bool] = []
        called: list[float] = []

        def queued() -> None:
            states.append(refresh.disabled)
            button.click()
            refresh.click()

        def behind(call: tuple[str, ...]) -> None:
            states.append(button.disabled)
            called.append(loop.time())
            # The loop comes to it before any timer set later, however busy the machine is.
            loop.call_soon(queued)

        registry.after = behind
        for _ in range(3):
            loop.call_soon(button.click)
        await asyncio.wait_for(rested.wait(), 60)
        assert states == [True] * 6
        assert loop.time() - called[-1] > SETTLE / 2
        assert not refresh.disabled

    asyncio.run(kernel())
    assert registry.verbs() == ["list", "list", "save", "list"]
