"""What the tests of the forms read of a form and of a store."""

from __future__ import annotations

import html as html_module
import re
from collections.abc import Iterator
from typing import Any

import ipywidgets
from ipywidgets.widgets import widget as widget_module

import ikas_explore as ikas
from ikas_explore.forms.form import Form

OLD = "https://mailchimp-dev.ikasapps.com/api/webhook/ikas"
NEW = "https://erp.example.com/ikas"
CREATED, UPDATED = "store/customer/created", "store/customer/updated"
ORDER = "store/order/created"


def registered(store: ikas.Store) -> dict[str, str]:
    listed = store.webhooks.list()
    return dict(zip(listed["scope"], listed["endpoint"], strict=True))


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


def widget(form: Form, description: str) -> Any:
    """The widget with this label."""
    [found] = [x for x in every(form.widget) if getattr(x, "description", "") == description]
    return found


def looks(form: Form, description: str) -> set[str]:
    """The classes around the field with this label."""
    field = widget(form, description)
    return {
        look
        for each in every(form.widget)
        if field in getattr(each, "children", ())
        for look in each._dom_classes
    }


def descriptions(form: Form) -> list[str]:
    return [getattr(widget, "description", "") for widget in every(form.widget)]


def unescaped(text: str) -> str:
    return html_module.unescape(text)


def line(form: Form, start: str) -> str:
    """The line of Python that begins so, as it is shown for the next click."""
    found = re.findall(r"<code>(.*?)</code>", html(form), re.DOTALL)
    return next(text for text in map(unescaped, found) if text.startswith(start))
