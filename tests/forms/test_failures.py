# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""What the forms say when a call fails, when somebody else writes, and when a name is misspelt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, InvalidScopeError, TransportError
from ikas_explore.forms.manager import DeleteForm, Manager, SaveForm
from ikas_explore.manage.journal import Journal
from tests.forms.reading import (
    CREATED,
    NEW,
    OLD,
    ORDER,
    UPDATED,
    html,
    registered,
)
from tests.manage.registries import DictRegistry


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
    kind: Any, more: dict[str, Any], said: str
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
    with pytest.raises(InvalidArgumentError, match="There is no language 'de'"):
        SaveForm(DictRegistry(), language="de")


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
