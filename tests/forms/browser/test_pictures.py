"""Pictures of all that is shown, light and dark, narrow and zoomed, and what can be measured there.

``IKAS_SCREENSHOTS=folder`` keeps the pictures, to be looked at.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ikas_explore as ikas
from tests.forms import lab as labs
from tests.forms.browser.page import (
    CONNECT,
    CREATED,
    FLEET,
    NEW,
    SCREENSHOTS,
    SHOWN,
    UPDATED,
    stretch,
    violations,
)
from tests.forms.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.heavy

LIVE = """
import time
import ikas_explore as ikas
receiver = ikas.Receiver("secret")
for scope in ("store/order/created", "store/customer/updated", "store/stock/created"):
    ikas.push(receiver.endpoint, scope, "secret", seed=1)
_ = ikas.push(receiver.endpoint, "store/order/updated", "wrong", max_attempts=1, seed=2)
"""

#: What is shown, as cells of a notebook.
CELLS = {
    "save_form": (
        CONNECT,
        "form = store.webhooks.save_form(language='en')\n"
        "form.fill(endpoint='https://10.0.0.1/', scopes=['store/order/created'])\n"
        f"form.click('save')\nform.fill(scopes=[{CREATED!r}, 'store/order/created'])\nform",
    ),
    "delete_form": (
        CONNECT,
        "form = store.webhooks.delete_form(language='en')\n"
        f"form.fill(scopes=[{CREATED!r}], confirm=True)\nform",
    ),
    "manager": (
        CONNECT,
        "form = store.webhooks.manager(language='en')\n"
        f"form.fill(endpoint={NEW!r}, scopes=[{CREATED!r}, 'store/order/created'], replace=True)\n"
        "form.click('save')\nform.click('check')\n"
        f"form.fill(scopes=[{UPDATED!r}, 'store/product/created'], replace=True)\nform",
    ),
    "manager-tr": (CONNECT, "store.webhooks.manager(language='tr')"),
    "fleet": (
        FLEET,
        "form = fleet.manager(language='en')\nform.click('check')\n"
        "form.fill(stores=['cicek-evi', 'kitap'], source='erp.example.com',"
        " endpoint='https://new.example.com/{store}')\n"
        "form.click('preview')\nform",
    ),
    "fleet-open": (
        FLEET,
        "form = fleet.manager(language='tr')\nform.fill(store='kitap')\nform.click('open')\nform",
    ),
    "live": (LIVE, "live = receiver.live(language='en')\nlive"),
    "still": (
        CONNECT,
        "form = store.webhooks.manager(language='en')\n"
        f"form.fill(endpoint={NEW!r}, scopes=[{CREATED!r}, 'store/order/created'])\nform.still()",
    ),
}

#: Nothing is beyond the edge of its cell, cut off, or over something else.
MISTAKES = """root => {
  const found = [];
  const name = each => each.outerHTML.slice(0, 120);
  const there = each => each.offsetParent && getComputedStyle(each).clipPath === 'none'
    && !each.closest('.widget-inline-hbox > .widget-label');
  const edge = root.getBoundingClientRect().right + 1;
  const all = [...root.querySelectorAll('*')].filter(there);
  for (const each of all) {
    const at = each.getBoundingClientRect();
    if (at.width && at.right > edge) found.push('beyond the edge: ' + name(each));
    const {overflowX, overflowY} = getComputedStyle(each);
    const typed = ['INPUT', 'SELECT', 'TEXTAREA', 'PRE'].includes(each.tagName);
    if (!typed && overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1)
      found.push('cut at the side: ' + name(each));
    if (!typed && overflowY === 'hidden' && each.scrollHeight > each.clientHeight + 1)
      found.push('cut at the end: ' + name(each));
  }
  const columns = [...root.querySelectorAll('.ikas-marks')].map(each =>
    [...each.children].map(mark => Math.round(mark.getBoundingClientRect().left)).join());
  if (new Set(columns).size > 1) found.push('heads are not over their columns');
  const used = all.filter(each => each.matches('button,input,select,textarea,summary'));
  const boxes = used.map(each => each.getBoundingClientRect());
  for (let a = 0; a < used.length; a++)
    for (let b = a + 1; b < used.length; b++)
      if (boxes[a].left < boxes[b].right - 1 && boxes[b].left < boxes[a].right - 1
          && boxes[a].top < boxes[b].bottom - 1 && boxes[b].top < boxes[a].bottom - 1)
        found.push('over each other: ' + name(used[a]) + name(used[b]));
  return found;
}"""

#: Pixels of the page in width: a window, a narrow one, and 1,280 of them zoomed to 200 %.
WIDTHS = {"": 1280, "-600": 600, "-zoomed": 640}


@pytest.mark.parametrize("shown", CELLS)
def test_it_is_readable_and_whole_and_axe_finds_nothing(
    lab: Lab, sandbox: ikas.Sandbox, shown: str
) -> None:
    """WCAG 2.1 A and AA in light and dark, at each width, with previews and messages."""
    with lab.open(*CELLS[shown]) as page:
        page.wait_for_function("document.fonts.status === 'loaded'")
        for end, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 1300})
            for theme in labs.THEMES if not end else ("light",):
                labs.change_theme(page, theme)
                assert violations(page) == []
                stretch(page, f"{shown}-{theme}{end}")
                assert page.locator(SHOWN).first.evaluate(MISTAKES) == []


#: How pages say that they are dark, as an attribute of the document: VS Code, Sphinx and MyST
#: books, Colab, Bootstrap, Quarto. The last says nothing, and is only black.
DARK_PAGES = {
    "vscode": ("class", "vscode-dark"),
    "class": ("class", "dark"),
    "theme": ("theme", "dark"),
    "data-theme": ("data-theme", "dark"),
    "bootstrap": ("data-bs-theme", "dark"),
    "quarto": ("class", "quarto-dark"),
    "color-scheme": ("style", "color-scheme: dark"),
    "silent": ("class", ""),
}

PLAIN = """<!doctype html><html lang="en"><head><title>A page</title><style>{rules}</style>
<style>body {{ background: #000; color: #eee }}</style></head>
<body><div class="jp-OutputArea">{form}</div></body></html>"""

#: The form as it is, and all rules that apply to it: among them JupyterLab's light variables,
#: which the widgets bring to other pages too.
TAKEN = """() => [
  document.querySelector(':is(.ikas-form,.ikas-live)').outerHTML,
  [...document.styleSheets].flatMap(each => [...each.cssRules]).map(each => each.cssText)
    .filter(each => !each.startsWith('@import')).join('\\n'),
]"""


@pytest.mark.parametrize("shown", ["manager", "fleet", "live"])
def test_a_dark_page_without_jupyterlab_is_readable(
    lab: Lab, browser: Browser, sandbox: ikas.Sandbox, shown: str
) -> None:
    """Light on dark where the page says that it is dark; else on a background of the form's own."""
    with lab.open(*CELLS[shown]) as page:
        form, rules = page.evaluate(TAKEN)
    with browser.new_context(viewport={"width": 1000, "height": 1500}) as context:
        plain = context.new_page()
        plain.set_content(PLAIN.format(rules=rules, form=form))
        document = plain.locator("html")
        for name, dark in DARK_PAGES.items():
            document.evaluate("(all, given) => all.setAttribute(...given)", dark)
            assert violations(plain, "color-contrast") == [], name
            back, text = plain.locator(SHOWN).first.evaluate(
                "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
            )
            bright = [sum(map(int, each[4:-1].split(","))) > 384 for each in (back, text)]
            assert bright == ([True, False] if name == "silent" else [False, True]), (name, back)
            if SCREENSHOTS and name in ("class", "silent"):
                plain.screenshot(path=Path(SCREENSHOTS) / f"{shown}-plain-{name}.png")
            document.evaluate("(all, name) => all.removeAttribute(name)", dark[0])
