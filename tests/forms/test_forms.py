# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""The forms without a browser: filled and clicked from Python, through the same widgets."""

from __future__ import annotations

import asyncio
import datetime as dt
import html as html_module
import inspect
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
import sgqlc.types
from ipywidgets.widgets import widget as widget_module
from sgqlc.types import Boolean, Field, Input, Int, String, list_of, non_null

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, InvalidScopeError, TransportError
from ikas_explore.forms.delete_form import DeleteForm
from ikas_explore.forms.fleet_matrix import Overview
from ikas_explore.forms.form import SETTLE, Form
from ikas_explore.forms.manager import Manager
from ikas_explore.forms.save_form import SaveForm
from ikas_explore.frames.frames import rows_frame, webhook_columns
from ikas_explore.manage.journal import Journal
from ikas_explore.schema import v1, v2
from ikas_explore.webhooks import Webhooks
from tests.manage.registries import DictRegistry, frame

OLD = "https://mailchimp-dev.ikasapps.com/api/webhook/ikas"
NEW = "https://erp.example.com/ikas"
CREATED, UPDATED = "store/customer/created", "store/customer/updated"
ORDER = "store/order/created"


@pytest.fixture(autouse=True)
def widgets_closed() -> Iterator[None]:
    """ipywidgets keeps every widget until it is closed."""
    yield
    ipywidgets.Widget.close_all()


def registered(store: ikas.Store) -> dict[str, str]:
    listed = store.webhooks.list()
    return dict(zip(listed["scope"], listed["endpoint"], strict=True))


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


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


#: From the write to what is noted of it.
MINUTES = (dt.timedelta(0), dt.timedelta(minutes=1))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone is set for a process on Unix only")
@pytest.mark.usefixtures("in_tokyo")
def test_times_say_that_they_are_in_utc(store: ikas.Store) -> None:
    """One clock in the whole form, whatever the kernel's and the reader's are."""
    form = store.webhooks.manager(language="en")
    form.fill(scopes=[ORDER], endpoint=NEW)
    form.click("save")
    written = form.frame.set_index("scope").loc[ORDER, "created_at"]
    assert "Created (UTC)" in html(form)
    assert any(f"<li>{written + minutes:%H:%M}" in html(form) for minutes in MINUTES)
    form.click("refresh")
    assert form.message.endswith(" UTC.")
    assert "<code>store.webhooks.list()</code>" in html(form)


def test_unchanged_scopes_are_not_sent_again(store: ikas.Store) -> None:
    form = store.webhooks.save_form(language="en")
    before = store.webhooks.list().set_index("scope").loc[CREATED, "updated_at"]
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


def test_an_undo_refuses_what_was_not_shown(store: ikas.Store) -> None:
    """Somebody wrote in between: nothing is taken back, and what stands there is shown."""
    manager = store.webhooks.manager(language="en")
    manager.fill(scopes=[ORDER], endpoint=NEW)
    manager.click("save")
    store.webhooks.save("https://other.example.com/", ORDER)
    manager.click("undo")
    assert manager.message.startswith("Nothing was sent")
    assert registered(store)[ORDER] == "https://other.example.com/"
    assert "https://other.example.com/" in manager.frame["endpoint"].tolist()
    manager.click("undo")
    assert registered(store)[ORDER] == NEW


def test_a_change_between_preview_and_click_is_refused(store: ikas.Store) -> None:
    form = store.webhooks.save_form(language="en")
    form.fill(endpoint=NEW, scopes=[ORDER])
    store.webhooks.save("https://other.example.com/", ORDER)
    form.click("save")
    assert form.message.startswith("Nothing was sent: the webhooks have changed")
    assert form.frame["action"].tolist() == ["replace"]  # and now it needs its tick
    with pytest.raises(InvalidArgumentError, match="replace is not ticked"):
        form.click("save")
    assert registered(store)[ORDER] == "https://other.example.com/"


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("expired_token", {}, "ikas does not accept the access token"),
    ("missing_permission", {}, "The app lacks a permission"),
    ("server_error", {}, "ikas sent an answer that cannot be used"),
    ("truncated", {}, "ikas sent an answer that cannot be used"),
    ("rate_limited", {"seconds": 0.01}, "Too many calls."),
]


@pytest.mark.parametrize(("kind", "more", "said"), FAULTS, ids=[each[0] for each in FAULTS])
def test_an_error_is_told_in_words_and_the_entries_stay(
    kind: str, more: dict[str, Any], said: str
) -> None:
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox, api_version="v1") as store:
        form = store.webhooks.save_form(language="en")
        form.fill(endpoint=NEW, scopes=[ORDER, CREATED], replace=True)
        sandbox.faults.add(kind, **more)
        form.click("save")
        assert form.message.startswith(said)
        assert form.message.endswith("Your entries are kept.")
        sandbox.faults.clear()
        assert registered(store) == {CREATED: OLD, UPDATED: OLD}
        form.click("save")  # the entries and the tick are still there
        assert form.message == "Saved 2 of 2, confirmed by ikas."


def test_a_form_of_a_store_that_does_not_answer_says_so_and_can_be_refreshed() -> None:
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        sandbox.faults.add("missing_permission")
        form = store.webhooks.manager(language="en")
        assert form.message.startswith("The app lacks a permission")
        assert form.title == "Webhooks of sandbox: not known yet"
        assert set(form.frame["state"]) == {"unknown"}
        assert "no webhook" not in html(form)
        form.fill(scopes=[ORDER], endpoint=NEW)
        with pytest.raises(InvalidArgumentError, match="'save' is disabled"):
            form.click("save")
        assert (
            html(form).count("The webhooks of this store are not known yet") == 3
        )  # save, remove, undo
        assert "will be" not in html(form)
        delete, save = store.webhooks.delete_form(language="en"), store.webhooks.save_form()
        assert "No webhook is registered" not in html(delete)
        save.fill(scopes=[ORDER], endpoint=NEW)
        assert save.frame.empty
        sandbox.faults.clear()
        form.click("refresh")
        assert form.title == "Webhooks of sandbox: 2 of 11 scopes registered"
        form.click("save")
        assert registered(store)[ORDER] == NEW


def saved(registry: DictRegistry, **more: Any) -> SaveForm:
    """A form on which a save was clicked."""
    form = SaveForm(registry, language="en")
    form.fill(endpoint=NEW, scopes=[ORDER, UPDATED], **more)
    form.click("save")
    return form


CHANNELS = pytest.mark.parametrize("more", [{}, {"sales_channel_ids": ["a"]}], ids=["", "channels"])


@CHANNELS
def test_a_save_that_cannot_be_read_back_says_so(more: dict[str, Any]) -> None:
    registry = DictRegistry()

    def fail(call: tuple[str, ...]) -> None:
        if call == ("list",) and "save" in registry.verbs():
            raise TransportError("acme: no answer", sent=False)

    registry.after = fail
    form = saved(registry, **more)
    assert form.message.startswith("The result could not be confirmed. Press Refresh.")
    assert registry.verbs().count("save") == 1


def test_a_save_whose_answer_is_lost_is_told_by_what_stands_there() -> None:
    registry = DictRegistry()

    def lose(call: tuple[str, ...]) -> None:
        if call[0] == "save":
            raise TransportError("acme: time-out")

    registry.after = lose
    assert saved(registry).message == "Saved 2 of 2, confirmed by ikas."


@CHANNELS
def test_what_somebody_else_took_meanwhile_is_told(more: dict[str, Any]) -> None:
    registry = DictRegistry()

    def take(call: tuple[str, ...]) -> None:
        if call[0] == "save":
            registry.state[ORDER] = "https://other.example.com/"

    registry.after = take
    form = saved(registry, **more)
    assert form.message.startswith("Some of it failed. The table shows what and why.")
    assert form.frame.set_index("scope")["outcome"].to_dict() == {
        ORDER: "conflict",
        UPDATED: "saved",
    }
    assert "another endpoint is registered" in html(form)


def test_a_save_with_sales_channels_is_refused_when_something_changed() -> None:
    registry = DictRegistry()
    form = SaveForm(registry, language="en")
    form.fill(endpoint=NEW, scopes=[ORDER], sales_channel_ids=["a"])
    registry.state[ORDER] = OLD
    form.click("save")
    assert form.message.startswith("Nothing was sent")
    assert "save" not in registry.verbs()


@CHANNELS
def test_nothing_is_sent_when_the_journal_cannot_be_written(
    more: dict[str, Any], tmp_path: Path
) -> None:
    registry = DictRegistry()
    form = SaveForm(registry, journal=Journal(tmp_path), language="en")  # a folder, not a file
    form.fill(endpoint=NEW, scopes=[ORDER], **more)
    form.click("save")
    assert "it is no file. Nothing was sent" in form.message
    assert registry.state == {}


def test_an_uninstalled_app_is_told() -> None:
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        sandbox.uninstall()
        form = store.webhooks.save_form(language="tr")
        form.fill(endpoint=NEW, scopes=[ORDER])
        form.click("save")
        assert form.message.startswith("Uygulama artık bu mağazada kurulu değil.")


@pytest.mark.parametrize("make", ["save_form", "delete_form", "manager"])
def test_opening_makes_one_list_call(make: str) -> None:
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        form = getattr(store.webhooks, make)(language="en")
        form._repr_mimebundle_()
        assert sandbox.calls == {"listWebhook": 1}


def test_clicks_that_queue_up_behind_a_call_are_dropped() -> None:
    """As in a kernel: they come to their turn after the call, while the form is still busy."""
    registry = DictRegistry()

    async def kernel() -> None:
        form = SaveForm(registry, language="en")
        form.fill(endpoint=NEW, scopes=[ORDER])
        button, refresh = form._buttons["save"].widget, form._buttons["refresh"].widget
        loop = asyncio.get_running_loop()
        rested = asyncio.Event()
        refresh.observe(lambda change: change["new"] or rested.set(), "disabled")
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


def test_a_mistake_of_ours_is_told_and_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """ipywidgets would only log it, and a notebook under nbval would pass."""
    registry = DictRegistry()
    form = SaveForm(registry, language="en")
    form.fill(endpoint=NEW, scopes=[ORDER])

    def broken(call: tuple[str, ...]) -> None:
        raise ZeroDivisionError

    registry.after = broken
    with pytest.raises(ZeroDivisionError):
        form.click("save")
    assert form.message.startswith("Something unexpected went wrong (ZeroDivisionError)")
    registry.after = lambda call: None
    form.click("refresh")


def test_misspelt_fields_buttons_scopes_and_languages_name_the_near_ones() -> None:
    form = SaveForm(DictRegistry({CREATED: OLD}), language="en")
    with pytest.raises(InvalidArgumentError, match="Did you mean 'endpoint'"):
        form.fill(endpiont=NEW)
    with pytest.raises(InvalidArgumentError, match="Did you mean 'save'"):
        form.click("svae")
    with pytest.raises(InvalidScopeError, match=f"Did you mean '{ORDER}'"):
        form.fill(scopes=["store/ordr/created"])
    with pytest.raises(InvalidScopeError, match="not on the list"):
        DeleteForm(DictRegistry({CREATED: OLD}), language="en").fill(scopes=[ORDER])
    with pytest.raises(InvalidArgumentError, match="do not speak 'de'"):
        SaveForm(DictRegistry(), language="de")


def test_every_action_is_shown_as_python_that_does_the_same(store: ikas.Store) -> None:
    """The lines are run on the store and have the effect the form told of."""
    manager = store.webhooks.manager(language="en")
    manager.fill(scopes=[ORDER, "store/stock/updated"], endpoint=NEW + '?a="1"')
    save = line(manager, "store.webhooks.save(")
    eval(save, {"store": store})
    assert registered(store)["store/stock/updated"] == NEW + '?a="1"'
    manager.click("refresh")
    eval(line(manager, "store.webhooks.delete("), {"store": store})
    assert registered(store) == {CREATED: OLD, UPDATED: OLD}
    manager.click("refresh")
    eval(line(manager, "store.webhooks.undo("), {"store": store})
    assert registered(store)[ORDER] == NEW + '?a="1"'


def test_the_controls_come_from_the_schema() -> None:
    """A field that the schema is given appears by itself, of the right kind, and is sent."""
    mine = sgqlc.types.Schema()

    class WebhookInput(Input):
        __schema__ = mine
        endpoint = Field(non_null(String), graphql_name="endpoint")
        scopes = Field(non_null(list_of(non_null(String))), graphql_name="scopes")
        max_attempts = Field(Int, graphql_name="maxAttempts")
        paused = Field(Boolean, graphql_name="paused")
        signing_key_id = Field(non_null(String), graphql_name="signingKeyId")

    sent: dict[str, Any] = {}

    class Registry(DictRegistry):
        def save(self, endpoint: str, scopes: Any, **more: Any) -> Any:
            sent.update(more)
            return super().save(endpoint, scopes)

    form = SaveForm(Registry(), language="en", input_type=WebhookInput)
    form.fill(endpoint=NEW, scopes=[ORDER], max_attempts="x")
    assert form.problems == {
        "max_attempts": "Enter a number.",
        "signing_key_id": "Required.",
    }
    form.fill(max_attempts=3, paused=True, signing_key_id="k1")
    assert form.problems == {}
    form.click("save")
    assert sent == {"max_attempts": 3, "paused": True, "signing_key_id": "k1"}
    assert "Max attempts" in descriptions(form)


@pytest.mark.parametrize("schema", [v1, v2])
def test_save_takes_every_field_of_the_schema(schema: Any) -> None:
    """Else a field would appear in the form that `save` has no argument for."""
    takes = inspect.signature(Webhooks.save).parameters
    assert {field.name for field in schema.WebhookInput} <= takes.keys()


def test_the_state_of_every_widget_is_free_of_secrets() -> None:
    tokens: list[str] = []
    with ikas.Sandbox() as sandbox:
        credentials = sandbox.add_store("acme")
        with ikas.connect(
            "acme",
            base_url=sandbox.base_url,
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
            on_token=lambda told: tokens.append(told["access_token"]),
        ) as store:
            store.webhooks.save(OLD, CREATED)
            forms = [store.webhooks.manager(), store.webhooks.save_form()]
            forms[0].fill(endpoint=NEW, scopes=[ORDER])
            forms[0].click("save")
            sandbox.faults.add("expired_token")
            forms[0].click("refresh")
            states = [w.get_state() for w in alive()]
            written = json.dumps([states, [f._repr_mimebundle_() for f in forms]], default=str)
            assert len(states) > 100
            assert tokens
            for secret in (credentials.client_secret, *tokens):
                assert secret not in written


def test_an_endpoint_is_escaped_wherever_it_stands() -> None:
    evil = "https://x.example/<img/src=x/onerror=alert(1)>"
    registry = DictRegistry({CREATED: evil, UPDATED: OLD})
    manager = Manager(registry, language="en")
    manager.fill(scopes=[CREATED, UPDATED], endpoint=evil.replace("x.e", "y.e"), replace=True)
    manager.click("save")
    texts = [manager._repr_mimebundle_()["text/html"], html(manager)]
    delete = DeleteForm(registry, language="en")
    delete.fill(scopes=[CREATED])
    texts += [html(delete), html(Overview(registry.list(), language="en"))]
    for text in texts:
        assert "&lt;img/src=x" in text
        assert "<img" not in text
    assert all(not getattr(widget, "description_allow_html", False) for widget in alive())


def test_a_saved_notebook_shows_the_state_without_widgets(store: ikas.Store) -> None:
    bundle = store.webhooks.manager(language="en")._repr_mimebundle_()
    assert bundle["text/plain"].splitlines()[0] == "Webhooks of sandbox: 2 of 11 scopes registered"
    assert len(bundle["text/plain"].splitlines()) == 13
    assert bundle["text/html"].count("<tr>") == 12
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_matrix_has_what_the_catalogue_does_not_know_and_what_is_deleted() -> None:
    """Rows of scopes ikas has added, and rows marked deleted, which hold no scope."""
    registry = DictRegistry({"store/return/created": OLD, CREATED: OLD})
    manager = Manager(registry, language="en")
    assert manager.frame["scope"].tolist()[-1] == "store/return/created"
    assert manager.title == "Webhooks of acme: 2 of 12 scopes registered"
    registry.list = lambda: frame({CREATED: OLD}, deleted=True)  # type: ignore[method-assign]
    manager = Manager(registry, language="en")
    assert manager.frame.set_index("scope").loc[CREATED, "state"] == "deleted"
    manager.fill(scopes=[CREATED])
    assert manager.frame["state"].tolist().count("registered") == 0


def test_a_filter_hides_lines_and_keeps_what_is_selected() -> None:
    manager = Manager(DictRegistry({CREATED: OLD}), language="en")
    manager.fill(scopes=[ORDER], filter="mailchimp", endpoint=NEW)
    assert "1 of 11 rows shown." in html(manager)
    for words, shown in (("registered", 1), ("no webhook", 10), ("CREATED order", 1)):
        manager.fill(filter=words)
        assert f"{shown} of 11 rows shown." in html(manager)
    manager.click("save")
    assert manager.message.startswith("Saved 1 of 1")


def test_a_fleet_is_looked_at_with_the_same_matrix() -> None:
    """Read-only, filtered, and never more rows than a person reads."""
    rows = frame({CREATED: OLD, ORDER: NEW})
    row = dict.fromkeys(webhook_columns()) | {"scope": ORDER, "endpoint": NEW, "deleted": False}
    many = rows_frame(webhook_columns(), [{**row, "store": f"s{n}"} for n in range(500)])
    overview = Overview(rows, stores=["acme", "beta"], language="en")
    assert overview.title == "Webhooks of 2 stores: 2 registered, read-only"
    assert overview.frame["state"].value_counts().to_dict() == {
        "not_registered": 20,
        "registered": 2,
    }
    overview.fill(filter="mailchimp")
    assert overview.frame[["store", "scope"]].values.tolist() == [["acme", CREATED]]
    overview.fill(filter="registered acme")
    assert overview.frame["scope"].tolist() == [ORDER, CREATED]
    large = Overview(many, language="en")
    assert len(large.frame) == 5500
    assert html(large).count("<tr>") == 201
    large.fill(filter="s499")
    assert html(large).count("<tr>") == 12


def test_undo_reads_a_journal_on_disk_and_tells_when_it_cannot(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    registry = DictRegistry()
    form = Manager(registry, journal=Journal(path), language="en")
    form.fill(scopes=[ORDER], endpoint=NEW)
    form.click("save")
    again = Manager(registry, journal=Journal(path), language="en")
    again.click("undo")
    assert registry.state == {}
    path.write_text("this is no journal\n{}\n")
    form = Manager(registry, journal=Journal(path), language="tr")
    assert f"{path} günlüğü okunamıyor, bu yüzden hiçbir şey geri alınamaz." in html(form)
    assert "entry of a journal" not in html(form)  # the reason that the error gives in English
    form = Manager(registry, journal=Journal(path), language="en")
    assert f"The journal {path} cannot be read, so nothing can be undone." in html(form)
    form.fill(scopes=[ORDER], endpoint=NEW)
    with pytest.raises(InvalidArgumentError, match="'undo' is disabled"):
        form.click("undo")


def test_undo_does_not_say_that_nothing_was_sent_when_the_journal_fails_after_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal"
    registry = DictRegistry()
    form = Manager(registry, journal=Journal(path), language="en")
    form.fill(scopes=[ORDER], endpoint=NEW)
    form.click("save")

    def break_journal(call: tuple[str, ...]) -> None:
        if call[0] == "delete":
            path.unlink()
            path.mkdir()

    registry.after = break_journal
    form.click("undo")
    assert registry.state == {}
    assert "The write that was taken back stays in it" in form.message
    assert "nothing was sent" not in form.message.casefold()


def test_closing_frees_the_widgets() -> None:
    before = len(alive())
    form = Manager(DictRegistry(), language="en")
    assert len(alive()) > before
    form.close()
    assert len(alive()) == before


def alive() -> list[ipywidgets.Widget]:
    """All widgets that ipywidgets keeps; its public name for them is deprecated."""
    return list(widget_module._instances.values())


def every(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


def html(form: Form) -> str:
    """All the HTML that the form shows."""
    return "\n".join(
        widget.value for widget in every(form.widget) if isinstance(widget, ipywidgets.HTML)
    )


def descriptions(form: Form) -> list[str]:
    return [getattr(widget, "description", "") for widget in every(form.widget)]


def unescaped(text: str) -> str:
    return html_module.unescape(text)


def line(form: Form, start: str) -> str:
    """The line of Python that begins so, as it is shown for the next click."""
    found = re.findall(r"<code>(.*?)</code>", html(form), re.DOTALL)
    return next(text for text in map(unescaped, found) if text.startswith(start))
