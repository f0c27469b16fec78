"""The forms in a real JupyterLab and a real Chromium, each click checked in the sandbox.

Skipped, with the reason, where no browser is; with ``CI=true`` that is a failure.
``IKAS_SCREENSHOTS=folder`` keeps the pictures.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ikas_explore as ikas
from ikas_explore.forms.words import Words
from tests.forms import lab as labs
from tests.forms.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).parents[2]
OLD = "https://mailchimp-dev.ikasapps.com/api/webhook/ikas"
NEW = "https://erp.example.com/ikas"
CREATED, UPDATED = "store/customer/created", "store/customer/updated"
CONNECT = "import ikas_explore as ikas\nstore = ikas.connect()"
SCREENSHOTS = os.environ.get("IKAS_SCREENSHOTS")  # read before tests take the settings away
FORMS = ("save_form", "delete_form", "manager")
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.xdist_group("browser"),  # they share one, and its JupyterLab
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    reason = labs.missing()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with labs.open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def strict_sandbox() -> Iterator[ikas.Sandbox]:
    """One that refuses what ikas refuses."""
    with ikas.Sandbox(strict=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def lab(
    browser: Browser, strict_sandbox: ikas.Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with Lab.start(
        tmp_path_factory.mktemp("lab"),
        browser,
        IKAS_STORE="acme",
        IKAS_BASE_URL=strict_sandbox.base_url,
        IKAS_ACCESS_TOKEN=strict_sandbox.access_token,
    ) as lab:
        yield lab


@pytest.fixture
def sandbox(strict_sandbox: ikas.Sandbox) -> Iterator[ikas.Sandbox]:
    """The sandbox behind the page, with the seed's two webhooks."""
    with ikas.connect(strict_sandbox) as store:
        registered = store.webhooks.list()["scope"].tolist()
        if registered:
            store.webhooks.delete(registered)
        store.webhooks.save(OLD, [CREATED, UPDATED])
    yield strict_sandbox
    strict_sandbox.faults.clear()


def registered(sandbox: ikas.Sandbox) -> dict[str, str]:
    """What the sandbox itself says is registered."""
    with ikas.connect(sandbox) as store:
        frame = store.webhooks.list()
    return dict(zip(frame["scope"], frame["endpoint"], strict=True))


def show(form: str) -> tuple[str, str]:
    return CONNECT, f"form = store.webhooks.{form}(language='en')\nform"


def button(page: Page, name: str) -> Locator:
    return page.locator(".ikas-form").get_by_role("button", name=name, exact=True)


def said(page: Page, text: str) -> None:
    """Wait until the form says something about the last click."""
    page.locator(".ikas-said").get_by_text(text).wait_for()


def until_enabled(locator: Locator) -> None:
    from playwright.sync_api import expect

    expect(locator).to_be_enabled()


def box(page: Page | Locator, scope: str) -> Locator:
    """A scope's box, by its label."""
    return page.get_by_label(Words("en").scope(scope), exact=True)


def picture(page: Page, name: str, tmp_path: Path) -> None:
    folder = Path(SCREENSHOTS or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    form = page.locator(".ikas-form").first
    size = page.viewport_size or {"width": 1280, "height": 1300}
    height = int(form.evaluate("form => form.scrollHeight")) + 500
    page.set_viewport_size({"width": size["width"], "height": height})
    page.mouse.move(0, 0)
    form.screenshot(path=folder / f"{name}.png", animations="disabled")


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA in the output areas."""
    from axe_playwright_python.sync_playwright import Axe

    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    found = Axe().run(
        page,
        context=".jp-OutputArea",
        options={"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]},
    )
    assert found.response["passes"], "axe looked at nothing"
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


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
        page.get_by_label("Yes, remove 1 webhook").check()
        until_enabled(button(page, "Remove"))
        button(page, "Remove").click()
        said(page, "Removed 1 of 1")
        assert registered(sandbox) == {CREATED: NEW}
        page.get_by_text("Webhooks of acme: 1 of 11 scopes registered").wait_for()

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
    """Under a second of latency, which the form tells of, and further clicks queue up behind."""
    with lab.open(*show("save_form")) as page:
        page.get_by_label("Endpoint").fill(NEW)
        box(page, "store/order/created").check()
        until_enabled(button(page, "Save"))
        before = sandbox.calls["saveWebhook"]
        sandbox.faults.add("latency", seconds=1.0)
        # Straight to the page: Playwright's own clicks would wait until the button is enabled.
        button(page, "Save").evaluate(
            "(button, clicks) => { for (let i = 0; i < clicks; i++) button.click() }", clicks
        )
        said(page, "Saving")
        assert button(page, "Save").is_disabled()
        said(page, "Saved 1 of 1")
        until_enabled(button(page, "Refresh"))
        assert sandbox.calls["saveWebhook"] == before + 1


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
    fill += f"\nform.fill(scopes=[{CREATED!r}], confirm=True, replace=True)"
    setup = f"form = store.webhooks.manager(language='en')\n{fill}\nform"
    expected = [
        *("Filter", "Refresh", *map(Words("en").scope, ikas.Scope.registrable())),
        *("Endpoint", "Sales channels (optional)", region),
        *("Take over 1 scope from its current endpoint", "Save"),
        *(region, "Yes, remove 1 webhook. ikas will stop sending its events.", "Remove"),
        *(region, "Undo"),
    ]
    with lab.open(CONNECT, setup) as page:
        for width in (1280, 560):
            page.set_viewport_size({"width": width, "height": 1300})
            page.locator(".ikas-form").get_by_label("Filter").focus()
            stops = []
            while (stop := page.evaluate(FOCUSED)) is not None:
                stops.append(stop)
                page.keyboard.press("Tab")
            assert [stop["name"] for stop in stops] == expected
            # Down within each part, and from part to part to the right or down.
            for before, after in pairwise(stops):
                down = after["top"] > before["top"]
                right = after["left"] > before["left"]
                assert down or right, (before, after)


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
        until_enabled(page.get_by_label("Yes, remove 1 webhook"))
        page.get_by_label("Yes, remove 1 webhook").check()
        click("Remove", "Removed 1 of 1")
        click("Undo", "Undone: 1 of 1")


@pytest.mark.parametrize("form", FORMS)
def test_axe_finds_nothing(lab: Lab, sandbox: ikas.Sandbox, form: str, tmp_path: Path) -> None:
    """WCAG 2.1 A and AA; light, dark and narrow; with previews and messages, all pictured."""
    fill = {
        "save_form": "form.fill(endpoint='https://10.0.0.1/', scopes=['store/order/created'])\n"
        f"form.click('save')\nform.fill(scopes=[{CREATED!r}, 'store/order/created'])",
        "delete_form": f"form.fill(scopes=[{CREATED!r}], confirm=True)",
        "manager": f"form.fill(endpoint={NEW!r}, scopes=[{CREATED!r}, 'store/order/created'], "
        "replace=True)\nform.click('save')\n"
        f"form.fill(scopes=[{UPDATED!r}, 'store/product/created'], replace=True)",
    }[form]
    cells = (CONNECT, f"form = store.webhooks.{form}(language='en')\n{fill}\nform")
    with lab.open(*cells) as page:
        for theme in labs.THEMES:
            labs.change_theme(page, theme)
            page.wait_for_function("document.fonts.status === 'loaded'")
            assert violations(page) == []
            picture(page, f"{form}-{theme}", tmp_path)
        page.set_viewport_size({"width": 520, "height": 1300})
        assert violations(page) == []
        picture(page, f"{form}-narrow", tmp_path)
        overflow = page.locator(".ikas-form").evaluate("e => e.scrollWidth - e.clientWidth")
        assert overflow <= 0


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
