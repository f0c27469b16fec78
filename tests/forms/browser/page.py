"""What a person does on the page, and what can be read there.

``IKAS_SCREENSHOTS=folder`` keeps the pictures.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import ikas_explore as ikas
from ikas_explore.forms.words import Words

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[3]
OLD = "https://mailchimp-dev.ikasapps.com/api/webhook/ikas"
NEW = "https://erp.example.com/ikas"
CREATED, UPDATED = "store/customer/created", "store/customer/updated"
CONNECT = "import ikas_explore as ikas\nstore = ikas.connect()"
#: A cell that makes a fleet of a sandbox's stores.
FLEET = """
import ikas_explore as ikas
box = ikas.Sandbox(examples=False, seed=1)
names = ["acme", "beta-giyim", "cicek-evi", "deniz-spor", "ev-tekstil-istanbul", "kitap", "moda"]
fleet = ikas.Fleet(
    ikas.connect(name, access_token=box.add_store(name).access_token, base_url=box.base_url)
    for name in names
)
for each in [*fleet][:6]:
    each.webhooks.save("https://erp.example.com/ikas", "store/order/*")
for each in [*fleet][2:5]:
    each.webhooks.save("https://mail.example.com/webhooks", "store/customer/*")
_ = fleet["kitap"].webhooks.save("http://old.example.com/kitap", "store/stock/created")
"""
SCREENSHOTS = os.environ.get("IKAS_SCREENSHOTS")  # read before tests take the settings away
SHOWN = ":is(.ikas-form,.ikas-live)"


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


def settled(page: Page) -> None:
    """Wait until the kernel has all that was typed: the page holds back what comes meanwhile."""
    for _ in range(3):
        page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
            ".requestKernelInfo().then(() => {})"
        )


def until_enabled(locator: Locator) -> None:
    from playwright.sync_api import expect

    expect(locator).to_be_enabled()


def box(page: Page | Locator, scope: str) -> Locator:
    """A scope's box, by its label."""
    return page.get_by_label(Words("en").scope(scope), exact=True)


def stretch(page: Page, picture: str) -> None:
    """Make the page high enough for all that is shown, and take a picture where one is kept."""
    form = page.locator(SHOWN).first
    size = page.viewport_size or {"width": 1280, "height": 1300}
    height = int(form.evaluate("form => form.scrollHeight")) + 500
    page.set_viewport_size({"width": size["width"], "height": height})
    page.mouse.move(0, 0)
    if SCREENSHOTS:
        form.screenshot(path=Path(SCREENSHOTS) / f"{picture}.png", animations="disabled")


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA in the output areas, or against some rules."""
    from axe_playwright_python.sync_playwright import Axe

    only = {"type": "rule", "values": rules}
    if not rules:
        only = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    axe = Axe() if page.evaluate("!window.axe") else Axe("")  # half a megabyte, once a page
    found = axe.run(
        page,
        context=".jp-OutputArea",
        options={"runOnly": only, "resultTypes": ["violations"]},
    )
    assert found.response["passes"], "axe looked at nothing"
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]
