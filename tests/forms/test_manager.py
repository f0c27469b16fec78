# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""What the manager shows at first sight: its table, what selects in it, one panel at a time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.forms.manager import Manager, SaveForm
from tests.forms.reading import CREATED, NEW, OLD, ORDER, UPDATED, every, html, looks
from tests.manage.registries import DictRegistry

STOCK = "store/stock/created"
HELD = {CREATED: OLD, UPDATED: "https://mailchimp-dev.ikasapps.com/other", ORDER: NEW, STOCK: "odd"}


def shown(form: Any) -> list[str]:
    """The panels that are not hidden."""
    [panels] = [each for each in every(form.widget) if "ikas-panels" in each._dom_classes]
    choice, *parts = panels.children
    names = [name for _, name in choice.options]
    return [
        name
        for name, each in zip(names, parts, strict=True)
        if "ikas-empty" not in each._dom_classes
    ]


def test_the_id_of_a_scope_is_beside_its_words() -> None:
    manager = Manager(DictRegistry(HELD), language="en")
    for scope in map(str, ikas.Scope.registrable()):
        assert f'<span class="ikas-id">{scope}</span>' in html(manager)


@pytest.mark.parametrize(
    ("select", "scopes"),
    [
        ("shown", list(map(str, ikas.Scope.registrable()))),
        ("mailchimp-dev.ikasapps.com", [CREATED, UPDATED]),
        (OLD, [CREATED]),
        ("erp.example.com", [ORDER]),
        ("odd", [STOCK]),
    ],
)
def test_lines_are_selected_by_what_is_shown_by_host_or_by_endpoint(
    select: str, scopes: list[str]
) -> None:
    manager = Manager(DictRegistry(HELD), language="en")
    manager.fill(scopes=["store/product/created"])
    manager.fill(select=select)
    assert manager._controls["scopes"].value == scopes
    manager.fill(scopes=[])  # it is no longer what is selected
    assert manager._controls["select"].value is None


def test_all_shown_are_those_that_the_filter_leaves() -> None:
    manager = Manager(DictRegistry(HELD), language="tr")
    manager.fill(filter="mailchimp", select="shown")
    assert manager._controls["scopes"].value == [CREATED, UPDATED]
    with pytest.raises(InvalidArgumentError, match=r"Did you mean 'erp\.example\.com'"):
        manager.fill(select="erp.example.co")
    manager.fill(endpoint=NEW, replace=True)
    manager.click("save")
    assert manager.message == "2 kapsamın 2'si kaydedildi, ikas onayladı."
    assert "Gösterilenlerin tümü" in str(
        [each.options for each in every(manager.widget) if hasattr(each, "options")]
    )


def test_one_panel_is_open_by_what_is_selected_filled_in_or_clicked() -> None:
    manager = Manager(DictRegistry(HELD), language="en")
    assert shown(manager) == ["save"]
    manager.fill(panel="delete", scopes=[ORDER, CREATED])
    assert shown(manager) == ["delete"]
    manager.fill(endpoint="https://new.example.com/")
    assert shown(manager) == ["save"]
    manager.fill(confirm=True)
    assert shown(manager) == ["delete"]
    manager.click("delete")
    assert shown(manager) == ["delete"]  # with what came of it
    assert "removed" in html(manager)
    manager.click("undo")
    assert shown(manager) == ["undo"]
    manager.fill(scopes=[UPDATED])  # which an undo does not ask for
    assert shown(manager) == ["save"]
    with pytest.raises(InvalidArgumentError, match="panel cannot be 'remove'"):
        manager.fill(panel="remove")


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ("save", "scopes: Choose at least one scope. endpoint: Required."),
        ("delete", "scopes: Choose at least one scope."),
        ("undo", "There is nothing to do."),
    ],
)
def test_a_disabled_button_says_what_it_alone_needs(button: str, why: str) -> None:
    form = Manager(DictRegistry(), language="en")
    with pytest.raises(InvalidArgumentError) as caught:
        form.click(button)
    assert str(caught.value) == f"The button {button!r} is disabled now. {why}"


def test_times_are_relative_and_exact_on_hover() -> None:
    manager = Manager(DictRegistry({CREATED: OLD}), language="en")  # of November 2021
    assert '<time class="ikas-time" title="2021-11-08 10:11:51 UTC">' in html(manager)
    assert " years ago</time>" in html(manager)


def test_a_long_endpoint_is_shortened_in_the_middle_and_whole_on_hover() -> None:
    long = f"https://erp.example.com/{'a' * 60}/ikas"
    manager = Manager(DictRegistry({CREATED: long, UPDATED: OLD}), language="en")
    assert f'title="{long}">https://erp.example.com/aaaaaaaaaaa…' in html(manager)
    assert f'<span class="ikas-endpoint">{OLD}</span>' in html(manager)
    assert long in manager._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("kind", [SaveForm, Manager])
def test_sales_channels_are_folded_away_until_they_are_used(kind: Any) -> None:
    form = kind(DictRegistry(HELD), language="en")

    def folded() -> bool:
        [area] = [each for each in every(form.widget) if type(each).__name__ == "Textarea"]
        parents = [each for each in every(form.widget) if area in [*every(each)]]
        return any("ikas-empty" in each._dom_classes for each in parents)

    form.fill(endpoint=NEW, scopes=[ORDER])
    assert folded()
    form.fill(sales_channel_ids=["a"])
    assert not folded()
    form.fill(sales_channel_ids=None)
    assert folded()
    [box] = [
        each
        for each in every(form.widget)
        if getattr(each, "description", "") == "Optional: Sales channels"
    ]
    box.value = True
    assert not folded()


def test_the_field_that_is_wrong_is_marked() -> None:
    form = SaveForm(DictRegistry(), language="en")
    form.fill(endpoint="https:")
    assert "ikas-wrong" not in looks(form, "Endpoint")  # only begun
    form.fill(endpoint="https://exa mple.com")
    assert "ikas-wrong" in looks(form, "Endpoint")
    form.fill(endpoint=NEW)
    assert "ikas-wrong" not in looks(form, "Endpoint")


def test_the_field_that_ikas_refused_is_marked_until_it_is_changed() -> None:
    with ikas.Sandbox(strict=True) as sandbox, ikas.connect(sandbox) as store:
        form = store.webhooks.manager(language="en")
        form.fill(endpoint="https://10.0.0.1/", scopes=[ORDER])
        form.click("save")
        assert form.message.startswith("ikas refused a value")
        assert "ikas-wrong" in looks(form, "Endpoint")
        assert "ikas refused this address." in html(form)
        form.fill(endpoint=NEW)
        assert "ikas-wrong" not in looks(form, "Endpoint")


def test_an_error_of_the_whole_call_is_said_once() -> None:
    with ikas.Sandbox(strict=True) as sandbox, ikas.connect(sandbox) as store:
        form = store.webhooks.save_form(language="en")
        form.fill(endpoint="https://10.0.0.1/", scopes=[ORDER, STOCK])
        form.click("save")
        assert form.frame["outcome"].tolist() == ["failed", "failed"]
        [reason] = set(form.frame["error"])
        assert html(form).count(reason.split('"')[0].split("'")[0]) == 1
        assert "Reason" not in html(form)


def test_what_the_audit_finds_is_beside_the_line_it_is_about() -> None:
    """By the rules of the audit: all that it finds is shown, and shown anew after a write."""
    with ikas.connect("sandbox") as store:
        store.webhooks.save("http://plain.example.com/", [CREATED, ORDER])
        form = store.webhooks.manager(language="en")
        assert "not-https" not in html(form)
        form.click("check")
        findings = store.webhooks.audit().findings
        assert form.message == f"{len(findings)} findings."
        for severity, rule in zip(findings["severity"], findings["rule"], strict=True):
            assert f"</span> {severity}: {rule}</summary>" in html(form)
        cells = {
            each.children[0].description: each.children[1].value
            for each in every(form.widget)
            if "ikas-line" in each._dom_classes and "ikas-line-head" not in each._dom_classes
        }
        assert "error: not-https" in cells["Order created"]
        assert "not-https" not in cells["Customer updated"]
        form.fill(scopes=[CREATED, ORDER], endpoint=NEW, replace=True)
        form.click("save")
        assert "not-https" not in html(form)


def test_a_test_event_goes_to_the_endpoint_of_the_line_after_a_tick() -> None:
    """Signed as ikas signs it, and marked as not of ikas; the address is named before."""
    with (
        ikas.Sandbox() as sandbox,
        ikas.connect(sandbox) as store,
        ikas.Receiver(sandbox.client_secret) as receiver,
    ):
        store.webhooks.save(receiver.endpoint, ORDER)
        form = store.webhooks.manager(language="en")
        form.fill(panel="test", scopes=[ORDER, CREATED])
        with pytest.raises(InvalidArgumentError, match="'confirm_test' is disabled"):
            form.fill(confirm_test=True)  # one line at a time
        form.fill(scopes=[ORDER])
        assert shown(form) == ["test"]
        asked = [getattr(each, "description", "") for each in every(form.widget)]
        assert f"Yes, send {receiver.endpoint} a test event: Order created" in asked
        with pytest.raises(
            InvalidArgumentError, match=r"disabled now\. confirm_test is not ticked\.$"
        ):
            form.click("test")
        form.fill(confirm_test=True)
        form.click("test")
        [received] = receiver.deliveries().to_dict("records")
        assert received["id"].startswith("synthetic-")
        assert received["signature_ok"]
        assert received["scope"] == ORDER
        assert form.message == f"{receiver.endpoint} accepted {received['id']}."
        receiver.close()
        form.click("test")
        assert form.message.startswith(f"{receiver.endpoint} did not accept the test event.")


def test_without_the_client_secret_no_test_event_can_be_sent() -> None:
    with ikas.Sandbox() as sandbox:
        made = sandbox.add_store("acme")
        with ikas.connect("acme", access_token=made.access_token, base_url=sandbox.base_url) as it:
            form = it.webhooks.manager(language="en")
            with pytest.raises(InvalidArgumentError, match="panel cannot be 'test'"):
                form.fill(panel="test")


def test_in_a_notebook_the_findings_come_when_the_cell_is_done() -> None:
    registry = DictRegistry({ORDER: "http://plain.example.com/"})
    manager = Manager(registry, language="en")

    async def kernel() -> None:
        manager._repr_mimebundle_()
        assert "not-https" not in html(manager)
        await asyncio.sleep(0)
        assert "not-https" in html(manager)

    asyncio.run(kernel())
