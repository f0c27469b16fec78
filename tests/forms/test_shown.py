"""What the forms show: times, Python, fields of the schema, escaped texts, the matrix."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sgqlc.types
from sgqlc.types import Boolean, Field, Input, Int, String, list_of, non_null

import ikas_explore as ikas
from ikas_explore.forms.manager import DeleteForm, Manager, SaveForm
from ikas_explore.schema import v1, v2
from ikas_explore.webhooks import Webhooks
from tests.forms.reading import (
    CREATED,
    NEW,
    OLD,
    ORDER,
    UPDATED,
    alive,
    descriptions,
    html,
    line,
    registered,
)
from tests.manage.registries import DictRegistry, frame


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
    written: Any = form.frame.set_index("scope").loc[ORDER, "created_at"]
    assert f'title="{written:%Y-%m-%d %H:%M:%S} UTC">' in html(form)
    assert "Created (UTC)" in form._repr_mimebundle_()["text/plain"]
    assert any(f"<li>{written + minutes:%H:%M}" in html(form) for minutes in MINUTES)
    form.click("refresh")
    assert form.message.endswith(" UTC.")
    assert "<code>store.webhooks.list()</code>" in html(form)


@pytest.mark.parametrize("make", ["save_form", "delete_form", "manager"])
def test_opening_makes_one_list_call(make: str) -> None:
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        form = getattr(store.webhooks, make)(language="en")
        form._repr_mimebundle_()
        assert sandbox.calls == {"listWebhook": 1}


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

    class WebhookInput(Input):  # type: ignore[misc]  # sgqlc has no types
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
    texts.append(html(delete))
    for text in texts:
        assert "&lt;img/src=x" in text
        assert "<img" not in text
    assert all(not getattr(widget, "description_allow_html", False) for widget in alive())


def test_a_saved_notebook_shows_the_state_without_widgets(store: ikas.Store) -> None:
    bundle = store.webhooks.manager(language="en")._repr_mimebundle_()
    assert bundle["text/plain"].splitlines()[0] == "Webhooks of sandbox: 2 of 11 scopes registered"
    assert len(bundle["text/plain"].splitlines()) == 13
    assert bundle["text/html"].count("<tr>") == 12
    assert '<th scope="col" style="text-align:left' in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_what_a_notebook_uses_is_completed(store: ikas.Store) -> None:
    names = {name for name in dir(store.webhooks.save_form()) if not name.startswith("_")}
    assert names == {
        *("click", "close", "fill", "frame", "message", "problems", "still", "title"),
        *("widget", "words"),
    }


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
