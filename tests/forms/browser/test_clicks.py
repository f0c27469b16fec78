"""The forms in a real JupyterLab and a real Chromium, each click checked in the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ikas_explore as ikas
from tests.forms import lab as labs
from tests.forms.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser
from tests.forms.browser.page import (
    CREATED,
    NEW,
    OLD,
    ROOT,
    SCREENSHOTS,
    UPDATED,
    box,
    button,
    registered,
    said,
    show,
    until_enabled,
)

pytestmark = pytest.mark.heavy


def test_two_scopes_are_saved_and_read_back(lab: Lab, sandbox: ikas.Sandbox) -> None:
    """Typed and clicked; what is wrong is said while it is typed, what will change before."""
    with lab.open(*show("save_form")) as page:
        endpoint = page.get_by_label("Endpoint")
        endpoint.press_sequentially("erp.example.com")
        page.get_by_text("The address has to start with https://").wait_for()
        box(page, "store/order/created").check()
        box(page, "store/stock/updated").check()
        assert button(page, "Save").is_disabled()
        endpoint.fill(NEW)
        page.get_by_text("This address can be used.").wait_for()
        page.get_by_text("will be registered").nth(1).wait_for()
        assert registered(sandbox).keys() == {CREATED, UPDATED}
        until_enabled(button(page, "Save"))
        button(page, "Save").click()
        said(page, "Saved 2 of 2, confirmed by ikas.")
        assert registered(sandbox) == {
            CREATED: OLD,
            UPDATED: OLD,
            "store/order/created": NEW,
            "store/stock/updated": NEW,
        }


def test_taking_a_scope_over_needs_its_own_tick(lab: Lab, sandbox: ikas.Sandbox) -> None:
    with lab.open(*show("save_form")) as page:
        page.get_by_label("Endpoint").fill(NEW)
        box(page, CREATED).check()
        page.get_by_text("will be taken over").wait_for()
        assert button(page, "Save").is_disabled()
        page.get_by_label("Take over 1 scope").check()
        until_enabled(button(page, "Save"))
        button(page, "Save").click()
        said(page, "Saved 1 of 1")
        assert registered(sandbox) == {CREATED: NEW, UPDATED: OLD}


def test_what_ikas_refuses_is_told_and_the_entries_stay(lab: Lab, sandbox: ikas.Sandbox) -> None:
    with lab.open(*show("save_form")) as page:
        page.get_by_label("Endpoint").fill("https://10.0.0.1/ikas")
        box(page, "store/order/created").check()
        until_enabled(button(page, "Save"))
        button(page, "Save").click()
        said(page, "ikas refused a value, most likely the endpoint.")
        assert page.get_by_label("Endpoint").input_value() == "https://10.0.0.1/ikas"
        assert box(page, "store/order/created").is_checked()
        assert registered(sandbox) == {CREATED: OLD, UPDATED: OLD}
        page.get_by_label("Endpoint").fill(NEW)
        until_enabled(button(page, "Save"))
        button(page, "Save").click()
        said(page, "Saved 1 of 1")
        assert registered(sandbox)["store/order/created"] == NEW


def test_deleting_needs_a_tick(lab: Lab, sandbox: ikas.Sandbox) -> None:
    with lab.open(*show("delete_form")) as page:
        assert button(page, "Remove").is_disabled()
        box(page, CREATED).check()
        page.get_by_text("will be removed").wait_for()
        assert button(page, "Remove").is_disabled()
        page.get_by_label("Yes, remove 1 webhook").check()
        until_enabled(button(page, "Remove"))
        button(page, "Remove").click()
        said(page, "Removed 1 of 1, confirmed by ikas.")
        assert registered(sandbox) == {UPDATED: OLD}
        box(page, CREATED).wait_for(state="detached")


def test_the_manager_saves_deletes_and_undoes(lab: Lab, sandbox: ikas.Sandbox) -> None:
    """In place, with the matrix always what stands there, and every step in the log."""
    with lab.open(*show("manager")) as page:
        box(page, CREATED).check()
        page.get_by_label("Endpoint").fill(NEW)
        page.get_by_label("Take over 1 scope").check()
        until_enabled(button(page, "Save"))
        button(page, "Save").click()
        said(page, "Saved 1 of 1")
        assert registered(sandbox) == {CREATED: NEW, UPDATED: OLD}

        box(page, CREATED).uncheck()
        box(page, UPDATED).check()
        page.get_by_role("radio", name="Remove").check()
        page.get_by_label("Yes, remove 1 webhook").check()
        until_enabled(button(page, "Remove"))
        button(page, "Remove").click()
        said(page, "Removed 1 of 1")
        assert registered(sandbox) == {CREATED: NEW}
        page.get_by_text("Webhooks of acme: 1 of 11 scopes registered").wait_for()

        page.get_by_role("radio", name="Undo").check()
        for left in ({CREATED: NEW, UPDATED: OLD}, {CREATED: OLD, UPDATED: OLD}):
            until_enabled(button(page, "Undo"))
            button(page, "Undo").click()
            said(page, "Undone: 1 of 1")
            page.locator(".ikas-log li").nth(2 if left[CREATED] == NEW else 3).wait_for()
            assert registered(sandbox) == left
        page.locator(".ikas-form").get_by_label("Filter").fill("status")
        page.get_by_text("1 of 11 rows shown.").wait_for()


@pytest.mark.parametrize("clicks", [2, 5])
def test_a_double_click_makes_one_call(lab: Lab, sandbox: ikas.Sandbox, clicks: int) -> None:
    """While ikas takes long, which the form tells of, and further clicks queue up behind."""
    with lab.open(*show("save_form")) as page:
        page.get_by_label("Endpoint").fill(NEW)
        box(page, "store/order/created").check()
        until_enabled(button(page, "Save"))
        before = sandbox.calls["saveWebhook"]
        sandbox.faults.add("latency", seconds=0.5)
        # Straight to the page: Playwright's own clicks would wait until the button is enabled.
        button(page, "Save").evaluate(
            "(button, clicks) => { for (let i = 0; i < clicks; i++) button.click() }", clicks
        )
        said(page, "Saving")
        assert button(page, "Save").is_disabled()
        said(page, "Saved 1 of 1")
        until_enabled(button(page, "Refresh"))
        assert sandbox.calls["saveWebhook"] == before + 1


def test_the_text_of_an_endpoint_is_only_text(lab: Lab, sandbox: ikas.Sandbox) -> None:
    """Typed, registered, in the matrix, in the offers, in the preview and in the log."""
    evil = "https://x.example/<img/src=x/onerror=window.pwned=1>"
    with ikas.connect(sandbox) as store:
        store.webhooks.save(evil, "store/stock/created")
    with lab.open(*show("manager")) as page:
        page.get_by_label("Endpoint").fill(evil.replace("x.example", "y.example"))
        box(page, "store/stock/created").check()
        page.get_by_label("Take over 1 scope").check()
        until_enabled(button(page, "Save"))
        button(page, "Save").click()
        said(page, "Saved 1 of 1")
        page.locator(".ikas-log li").wait_for()
        assert page.get_by_text("<img/src=x/onerror").count() >= 3
        assert page.locator(".ikas-form img").count() == 0
        assert page.evaluate("window.pwned") is None


def test_no_secret_reaches_the_page_or_the_saved_notebook(
    lab: Lab, sandbox: ikas.Sandbox, tmp_path: Path
) -> None:
    with lab.open(*show("manager")) as page:
        page.get_by_label("Endpoint").fill(NEW)
        box(page, "store/stock/created").check()
        until_enabled(button(page, "Save"))
        button(page, "Save").click()
        said(page, "Saved 1 of 1")
        saved = lab.saved(page)
        source = page.content()
    for secret in (sandbox.access_token, sandbox.client_secret):
        assert secret not in saved
        assert secret not in source
    stored: dict[str, Any] = json.loads(saved)
    outputs = stored["cells"][1]["outputs"][0]["data"]
    assert "Webhooks of acme" in "".join(outputs["text/plain"])
    assert "<table" in "".join(outputs["text/html"])


def test_the_notebook_is_a_page_under_voila(browser: Browser, tmp_path: Path) -> None:
    """For people who never open Jupyter: 04_manage works the same, and no code is shown."""
    folder = tmp_path / "home"
    folder.mkdir()
    port = labs.free_port()
    command = ["-m", "voila", str(ROOT / "notebooks" / "04_manage.ipynb"), "--no-browser"]
    command += [f"--port={port}", "--Voila.ip=127.0.0.1"]
    url = f"http://127.0.0.1:{port}/"
    with (
        labs.serve(command, f"{url}voila/static/voila.js", folder, labs.environment(folder)),
        browser.new_context(viewport={"width": 1280, "height": 1300}) as context,
    ):
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(url)
        form = page.locator(".ikas-form", has_text="Webhooks of sandbox").last
        form.get_by_label("Filter").wait_for()
        assert page.get_by_text("import ikas_explore").count() == 0
        form.get_by_role("button", name="Refresh").click()  # another form has saved since
        form.locator(".ikas-said").get_by_text("Listed at").wait_for()
        box(form, "store/product/updated").check()
        form.get_by_label("Endpoint").fill("https://page.example.com/ikas")
        save = form.get_by_role("button", name="Save", exact=True)
        until_enabled(save)
        save.click()
        form.locator(".ikas-said").get_by_text("Saved 1 of 1, confirmed by ikas.").wait_for()
        form.locator(".ikas-matrix").get_by_text("https://page.example.com/ikas").wait_for()
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / "voila.png", full_page=True)


def test_a_click_saves_only_what_was_shown(lab: Lab, sandbox: ikas.Sandbox) -> None:
    """A click can overtake the last keystrokes on their way: then nothing is saved, and told."""
    with lab.open(*show("save_form")) as page:
        page.get_by_label("Endpoint").fill("https://erp.example.co")
        box(page, "store/order/created").check()
        until_enabled(button(page, "Save"))
        page.evaluate(
            """() => {
              const input = document.querySelector('.ikas-form .widget-text input');
              for (const end of [1, 2, 3, 4]) {
                input.value = 'https://erp.example.co' + 'm/ik'.slice(0, end);
                input.dispatchEvent(new Event('input', {bubbles: true}));
              }
              [...document.querySelectorAll('.ikas-form button')]
                .find(each => each.innerText === 'Save').click();
            }"""
        )
        said(page, "The entries changed as you clicked")
        assert registered(sandbox) == {CREATED: OLD, UPDATED: OLD}
        until_enabled(button(page, "Save"))
        button(page, "Save").click()
        said(page, "Saved 1 of 1")
        assert registered(sandbox)["store/order/created"] == "https://erp.example.com/ik"
