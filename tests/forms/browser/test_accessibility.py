"""The forms by keyboard, in narrow cells, in light and dark, and as axe-core sees them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import ikas_explore as ikas
from ikas_explore.forms.words import Words
from tests.forms.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Page
from tests.forms.browser.page import (
    CONNECT,
    CREATED,
    FLEET,
    NEW,
    OLD,
    UPDATED,
    box,
    button,
    registered,
    said,
    settled,
    show,
    until_enabled,
)

pytestmark = pytest.mark.heavy


def test_a_save_and_a_delete_with_the_keyboard_alone(lab: Lab, sandbox: ikas.Sandbox) -> None:
    """The order of the keyboard is that of reading; nothing has to be clicked."""
    cells = (CONNECT, "store.webhooks.save_form(language='en')")
    with lab.open(*cells) as page:
        page.locator(".ikas-form").scroll_into_view_if_needed()
        page.get_by_label("Endpoint").focus()
        page.keyboard.type(NEW)
        press_tab_to(page, "Order created")
        page.keyboard.press("Space")
        page.get_by_text("will be registered").wait_for()
        settled(page)
        until_enabled(button(page, "Save"))
        press_tab_to(page, "Save")
        page.keyboard.press("Enter")
        said(page, "Saved 1 of 1")
        assert registered(sandbox)["store/order/created"] == NEW
    with lab.open(CONNECT, "store.webhooks.delete_form(language='en')") as page:
        box(page, "store/order/created").focus()
        page.keyboard.press("Space")
        until_enabled(page.get_by_label("Yes, remove 1 webhook"))
        press_tab_to(page, "Yes, remove 1 webhook")
        page.keyboard.press("Space")
        until_enabled(button(page, "Remove"))
        press_tab_to(page, "Remove")
        page.keyboard.press("Enter")
        said(page, "Removed 1 of 1")
        assert registered(sandbox) == {CREATED: OLD, UPDATED: OLD}


def press_tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const at = document.activeElement;"
            " return [at.title, at.innerText, at.labels?.[0]?.innerText].join('|') }"
        )
        names.append(focused)
        if name in focused:
            return
    raise AssertionError(f"Tab does not come to {name!r}: {names}")


def test_a_host_is_moved_and_moved_back_with_the_keyboard_alone(lab: Lab) -> None:
    """In six stores at once: nothing has to be clicked, from the filter to the undo."""
    from playwright.sync_api import expect

    def press(name: str, text: str) -> None:
        until_enabled(button(page, name))
        press_tab_to(page, name)
        page.keyboard.press("Enter")
        page.get_by_text(text).first.wait_for()

    def choose(name: str, value: str) -> None:
        """Open a list and take its first entry: JupyterLab has the arrows of a closed one."""
        field = page.locator(".ikas-form").get_by_label(name, exact=True)
        field.get_by_text(value, exact=True).wait_for(state="attached")
        press_tab_to(page, name)
        for key in ("Space", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        expect(field).to_have_value(value)

    with lab.open(FLEET, "fleet.manager(language='en')") as page:
        page.locator(".ikas-form").scroll_into_view_if_needed()
        page.locator(".ikas-form").get_by_label("Filter").focus()
        page.keyboard.type("erp.example.com")
        page.get_by_text("6 of 7 rows shown.").wait_for()
        choose("Select", "All shown")
        choose("From", "erp.example.com")
        press_tab_to(page, "Endpoint")
        page.keyboard.type("https://new.example.com/{store}")
        settled(page)  # else the form says that the entries changed, and sends nothing
        press("Preview", "https://new.example.com/acme")
        press_tab_to(page, "Yes, change 12 webhooks in 6 stores")
        page.keyboard.press("Space")
        press("Move", "Moved 12 of 12, confirmed by ikas.")
        page.get_by_text("new.example.com (12)").wait_for()
        press("Undo", "Undone: 12 of 12, confirmed by ikas.")
        page.get_by_text("erp.example.com (12)").wait_for()


def test_tab_goes_through_the_form_as_it_is_read(lab: Lab, sandbox: ikas.Sandbox) -> None:
    """From left to right and from the top down, in a wide cell and in a narrow one."""
    with lab.open(*show("save_form")) as page:
        for width in (1280, 560):
            page.set_viewport_size({"width": width, "height": 1300})
            places = page.locator(
                ".ikas-form :is(input,textarea,button,[tabindex]):not(:disabled)"
            ).evaluate_all(
                "all => all.filter(each => each.offsetParent).map(each => {"
                " const at = each.getBoundingClientRect();"
                " return [Math.round((at.top + at.bottom) / 2), Math.round(at.left)] })"
            )
            assert len(places) >= 18
            lines = [(top // 12, left) for top, left in places]
            down = [b[0] > a[0] - 1 or b[1] > a[1] for a, b in pairwise(lines)]
            assert all(down), places


def test_tab_goes_through_the_manager_as_it_is_read(lab: Lab, sandbox: ikas.Sandbox) -> None:
    """Tab itself: the lines, then what saves, removes and takes back; in a narrow cell too."""
    region = "region"  # a table that may scroll
    fill = f"form.fill(endpoint={NEW!r}, scopes=['store/order/created'])\nform.click('save')"
    setup = f"form = store.webhooks.manager(language='en')\n{fill}\nform"
    scopes = [*map(Words("en").scope, ikas.Scope.registrable())]
    table = ["Filter", "Select", "Refresh", "Check", scopes[0], "! warning: scope-unpaired"]
    table += scopes[1:]
    choice = ["Register or move", "Remove", "Undo the last change"]
    panels = {
        f"scopes=[{CREATED!r}], replace=True": [
            *("Endpoint", "Optional: Sales channels", region),
            *("Take over 1 scope from its current endpoint", "Save"),
        ],
        f"scopes=[{CREATED!r}], confirm=True": [
            region,
            *("Yes, remove 1 webhook. ikas will stop sending its events.", "Remove"),
        ],
        "panel='undo'": [region, "Undo"],
    }
    for entries, expected in panels.items():
        with lab.open(CONNECT, f"{setup.removesuffix('form')}form.fill({entries})\nform") as page:
            for width in (1280, 560):
                page.set_viewport_size({"width": width, "height": 1300})
                page.get_by_text("scope-unpaired").wait_for()
                page.locator(".ikas-form").get_by_label("Filter").focus()
                stops = []
                while (stop := page.evaluate(FOCUSED)) is not None:
                    stops.append(stop)
                    page.keyboard.press("Tab")
                assert [stop["name"] for stop in stops] == [*table, *choice, *expected]
                # Down within each part, or to the right.
                for before, after in pairwise(stops):
                    down = after["top"] > before["top"]
                    right = after["left"] > before["left"]
                    assert down or right, (before, after)
        with ikas.connect(sandbox) as store:
            store.webhooks.delete("store/order/created")


#: What has the focus, and where it is in the form, scrolled or not; null outside the form.
FOCUSED = """() => {
  const at = document.activeElement;
  const form = at.closest('.ikas-form')?.getBoundingClientRect();
  if (!form) return null;
  const place = at.getBoundingClientRect();
  const name = at.getAttribute('role') || at.labels?.[0]?.innerText || at.innerText;
  return {name: name.trim(), top: place.top - form.top, left: place.left};
}"""


@pytest.mark.parametrize("width", [1280, 560], ids=["wide", "narrow"])
def test_what_came_of_a_click_is_seen_without_scrolling(
    lab: Lab, sandbox: ikas.Sandbox, width: int
) -> None:
    """The manager is longer than a small screen, in a narrow cell by far."""
    from playwright.sync_api import expect

    def click(name: str, text: str) -> None:
        until_enabled(button(page, name))
        button(page, name).evaluate("button => button.scrollIntoView({block: 'center'})")
        button(page, name).click()
        said(page, text)
        expect(page.locator(".ikas-said").get_by_text(text)).to_be_in_viewport(ratio=1)
        assert page.locator(".ikas-said .ikas-note").count() == 1  # none from an earlier click

    with lab.open(*show("manager")) as page:
        page.set_viewport_size({"width": width, "height": 640})
        click("Refresh", "Listed at")
        box(page, "store/order/created").check()
        page.get_by_label("Endpoint").fill(NEW)
        click("Save", "Saved 1 of 1")
        page.get_by_role("radio", name="Remove").check()
        until_enabled(page.get_by_label("Yes, remove 1 webhook"))
        page.get_by_label("Yes, remove 1 webhook").check()
        click("Remove", "Removed 1 of 1")
        page.get_by_role("radio", name="Undo").check()
        click("Undo", "Undone: 1 of 1")
