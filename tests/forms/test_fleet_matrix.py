# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""Many stores in one matrix: what it shows, and moving, taking back and opening from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ipywidgets import DOMWidget

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.forms.fleet_matrix import PAGE
from tests.fleet.stores import connected
from tests.forms.reading import NEW, OLD, ORDER, alive, descriptions, every, html

STOCK = "store/stock/created"
OTHER = "https://other.example.com/{store}"


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        yield box


@pytest.fixture
def fleet(box: ikas.Sandbox) -> Iterator[ikas.Fleet]:
    """Three stores with one endpoint and one with another."""
    with ikas.Fleet(connected(box, name) for name in ("acme", "beta", "moda", "nova")) as fleet:
        for name in ("acme", "beta", "moda"):
            fleet[name].webhooks.save(OLD, [ORDER, STOCK])
        fleet["nova"].webhooks.save(NEW, ORDER)
        yield fleet


def held(fleet: ikas.Fleet) -> dict[str, list[str]]:
    listed = fleet.list()
    return {str(name): [*part["endpoint"]] for name, part in listed.groupby("store")}


def test_a_row_is_a_store_and_a_letter_the_host_of_an_endpoint(fleet: ikas.Fleet) -> None:
    form = fleet.manager(language="en")
    assert form.title == "Webhooks of 4 stores: 7 registered"
    shown = html(form)
    assert "mailchimp-dev.ikasapps.com (6)" in shown
    assert "erp.example.com (1)" in shown
    assert shown.count(f'aria-label="Order created: {OLD}"') == 3
    assert shown.count('aria-label="Product created: no webhook"') == 4
    assert {"acme", "beta", "moda", "nova"} <= {*descriptions(form)}
    bundle = form._repr_mimebundle_()
    assert bundle["text/html"].count("<tr>") == 45  # a saved notebook says it scope by scope
    assert form.frame["state"].value_counts().to_dict() == {"not_registered": 37, "registered": 7}


def test_the_filter_goes_by_store_scope_endpoint_and_state(fleet: ikas.Fleet) -> None:
    form = fleet.manager(language="en")
    for words, stores in (
        ("mailchimp", ["acme", "beta", "moda"]),
        ("acme", ["acme"]),
        ("order created registered erp", ["nova"]),
    ):
        form.fill(filter=words)
        assert [*form.frame["store"].unique()] == stores
        form.fill(select="shown")
        assert form._controls["stores"].value == stores
    form.fill(filter="", select="erp.example.com")
    assert form._controls["stores"].value == ["nova"]
    with pytest.raises(InvalidArgumentError, match="Did you mean 'acme'"):
        form.fill(stores=["acne"])


def test_a_host_is_moved_after_a_preview_and_a_tick_and_taken_back_in_one_click(
    box: ikas.Sandbox, fleet: ikas.Fleet
) -> None:
    before = held(fleet)
    form = fleet.manager(language="en")
    with pytest.raises(InvalidArgumentError, match=r"disabled now. store is empty\.$"):
        form.click("open")
    form.fill(stores=["acme", "moda"], source="mailchimp-dev.ikasapps.com", endpoint=OTHER)
    with pytest.raises(InvalidArgumentError, match="'move' is disabled"):
        form.click("move")
    form.click("preview")
    assert "https://other.example.com/moda" in html(form)
    assert "Yes, change 4 webhooks in 2 stores" in descriptions(form)
    with pytest.raises(InvalidArgumentError, match="confirm is not ticked"):
        form.click("move")
    assert box.calls["saveWebhook"] == 4  # of the fixture
    form.fill(confirm=True)
    told: list[str] = []
    for each in every(form.widget):
        if "ikas-said" in each._dom_classes:
            each.observe(lambda change: told.append(change["new"]), "value")
    form.click("move")
    assert any("2 of 2 calls made." in each for each in told)
    assert form.message == "Moved 4 of 4, confirmed by ikas."
    assert "<td>acme</td><td>saved: 2</td>" in html(form)
    assert held(fleet) == before | {
        name: [f"https://other.example.com/{name}"] * 2 for name in ("acme", "moda")
    }
    assert "other.example.com (4)" in html(form)
    form.click("undo")
    assert form.message == "Undone: 4 of 4, confirmed by ikas."
    assert held(fleet) == before
    with pytest.raises(InvalidArgumentError, match="'undo' is disabled"):
        form.click("undo")


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("en", "Yes, change 1 webhook in 1 store"),
        ("tr", "Evet, 1 mağazada 1 webhook'u değiştir"),
    ],
)
def test_one_webhook_is_one(fleet: ikas.Fleet, language: str, asked: str) -> None:
    fleet["acme"].webhooks.save("https://single.example.com", "store/product/created")
    form = fleet.manager(language=language)
    form.fill(stores=["acme"], source="single.example.com", endpoint=OTHER)
    form.click("preview")
    assert asked in descriptions(form)


def test_a_preview_is_for_exactly_what_is_entered(fleet: ikas.Fleet) -> None:
    form = fleet.manager(language="en")
    form.fill(stores=["acme"], source=OLD, endpoint=OTHER)
    form.click("preview")
    form.fill(confirm=True)
    form.fill(stores=["acme", "beta"])
    with pytest.raises(InvalidArgumentError, match="'move' is disabled"):
        form.click("move")
    form.fill(source=OLD, endpoint=OLD)
    form.click("preview")
    assert "Already set. Nothing to save." in html(form)
    form.fill(endpoint="https://10.0.0.1.")
    assert form.problems == {}  # a sandbox reaches it
    form.fill(endpoint="nowhere")
    assert form.problems["endpoint"].startswith("The address has to start with")


def test_what_somebody_else_wrote_is_not_taken_back(fleet: ikas.Fleet) -> None:
    form = fleet.manager(language="en")
    form.fill(stores=["acme"], source=OLD, endpoint=OTHER)
    form.click("preview")
    form.fill(confirm=True)
    form.click("move")
    fleet["beta"].webhooks.save(NEW, "store/product/created")
    now = held(fleet)
    form.click("undo")
    assert form.message.startswith("Meanwhile another change was made elsewhere.")
    assert held(fleet) == now


def test_a_store_that_fails_is_told_beside_those_that_are_moved(
    box: ikas.Sandbox, fleet: ikas.Fleet
) -> None:
    form = fleet.manager(language="tr")
    form.fill(stores=["acme", "beta"], source=OLD, endpoint=OTHER)
    form.click("preview")
    form.fill(confirm=True)
    box.faults.add("missing_permission", store="beta")
    form.click("move")
    assert form.message.startswith("Bir kısmı yapılamadı.")
    assert "<td>acme</td><td>kaydedildi: 2</td>" in html(form)
    assert "<td>beta</td><td>yapılamadı: 2</td>" in html(form)
    box.faults.clear()
    assert held(fleet)["beta"] == [OLD, OLD]


def test_only_problems_are_stores_with_an_error_or_a_warning_of_the_audit(
    fleet: ikas.Fleet,
) -> None:
    fleet["nova"].webhooks.save("http://plain.example.com/", ORDER)
    form = fleet.manager(language="en")
    assert "not-https" not in html(form)
    form.click("check")
    audit = fleet.audit()
    assert form.message == f"{len(audit.findings)} findings."
    assert "error: not-https store/order/created" in html(form)
    form.fill(problems=True)
    bad = audit.findings[audit.findings["severity"].isin(["error", "warning"])]
    assert {*form.frame["store"]} == {*bad["store"]}


def test_a_store_opens_its_own_manager_in_place(fleet: ikas.Fleet) -> None:
    form = fleet.manager(language="en")
    form.fill(store="nova")
    form.click("open")
    opening: Any = form._panels["open"]
    manager = opening._manager
    assert manager.title == "Webhooks of nova: 1 of 11 scopes registered"
    assert manager.widget in [*every(form.widget)]
    manager.fill(scopes=[ORDER], confirm=True)
    manager.click("delete")
    assert form.title == "Webhooks of 4 stores: 6 registered"  # the matrix knows
    form.fill(store="acme")
    form.click("open")
    assert manager.widget.comm is None  # the one before is closed
    form.close()
    assert not any(isinstance(each, DOMWidget) for each in alive())


def test_stores_are_shown_page_by_page_and_selected_beyond_it(box: ikas.Sandbox) -> None:
    names = [f"shop-{number:03}" for number in range(PAGE + 20)]
    with ikas.Fleet(connected(box, name) for name in names) as fleet:
        form = fleet.manager(language="en")
        assert len({*names} & {*descriptions(form)}) == PAGE
        form.fill(select="shown")
        assert form._controls["stores"].value == names
        form.fill(page=str(PAGE))
        boxes = [each for each in every(form.widget) if getattr(each, "description", "") in names]
        assert len(boxes) == len(names)
        assert all(each.value for each in boxes)  # those of the second page too
        form.fill(filter="shop-001")
        assert "1 of 70 rows shown." in html(form)
