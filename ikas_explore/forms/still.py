"""A picture of a form as it is now: HTML without widgets, which stays as it was."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from ikas_explore.text.html_table import Html, escape


class Still:
    """What a cell goes on showing when the form itself has changed; made by ``form.still()``."""

    def __init__(self, bundle: dict[str, str]) -> None:
        self._bundle = bundle

    def __repr__(self) -> str:
        return self._bundle["text/plain"]

    def _repr_mimebundle_(self, **_kinds: Any) -> dict[str, str]:
        return self._bundle


def draw(widget: Any) -> Html:
    """Draw a widget and those in it, under the classes that the page would give them."""
    looks = " ".join(widget._dom_classes)
    if "ikas-empty" in widget._dom_classes:
        return Html()
    if isinstance(widget, widgets.Box):
        kind = "hbox" if isinstance(widget, widgets.HBox) else "vbox"
        inside = "".join(map(draw, widget.children))
        return Html(f'<div class="widget-box widget-{kind} {looks}">{inside}</div>')
    if isinstance(widget, widgets.HTML):
        return Html(f'<div class="widget-html {looks}">{widget.value}</div>')
    said = escape(widget.description)
    if isinstance(widget, widgets.Checkbox):
        return Html(f'<div class="ikas-still {looks}">{"☑" if widget.value else "☐"} {said}</div>')
    if isinstance(widget, widgets.Button):
        off = "ikas-off" if widget.disabled else ""
        return Html(f'<span class="widget-button {off} {looks}">{said}</span>')
    if isinstance(widget, widgets.RadioButtons):
        choices = (f"{'◉' if value == widget.value else '○'} {escape(label)}"
                   for label, value in widget.options)  # fmt: skip
        return Html(f'<div class="ikas-still {looks}"><b>{said}</b> {" ".join(choices)}</div>')
    value = widget.label if isinstance(widget, widgets.Dropdown) else widget.value
    shown = f'<div class="ikas-typed">{escape(value or "")}&nbsp;</div>'
    return Html(f'<div class="ikas-still {looks}"><b>{said}</b>{shown}</div>')
