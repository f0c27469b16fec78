"""What a form shows as plain values, the widgets that show it, and a picture of them.

After every change each part of a form says all that it shows now, whatever it was that changed.
`sync` makes the widgets that are not there yet, and sends to the page only what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import ipywidgets as widgets

from ikas_explore.text.html_table import Html, escape


class Node(NamedTuple):
    """A widget as it has to be now: its kind, its classes in the style sheet, its traits.

    Its widget is found again by its place among the `children`, or by its `key` where those come
    and go. `source` is what is clicked, or what takes the value that is entered.
    """

    kind: Any
    look: str
    traits: Mapping[str, Any]
    children: Sequence[Node] | None = None
    key: str = ""
    source: Any = None


def html(text: str, look: str = "") -> Node:
    """Make a piece of HTML that takes no room while it is empty."""
    return show_if(bool(text), Node(widgets.HTML, look, {"value": text}))


def stack(*children: Node, look: str = "ikas-stack") -> Node:
    """Put nodes under each other."""
    return Node(widgets.VBox, look, {}, children)


def row(*children: Node, look: str = "ikas-row", key: str = "") -> Node:
    """Put nodes beside each other."""
    return Node(widgets.HBox, look, {}, children, key)


def show_if(shown: bool, node: Node) -> Node:
    """Let a node take room only when there is something to show."""
    return node if shown else node._replace(look=f"{node.look} ikas-empty")


def sync(
    node: Node, made: dict[str, Any], heard: Callable[[Any, Any], None], path: str = ""
) -> widgets.Widget:
    """Return the widget that shows a node; `made` has the widgets by path.

    `heard` is called with the source of a node and what it sent.
    """
    traits = {**node.traits, "_dom_classes": tuple(node.look.split())}
    if node.children is not None:
        traits["children"] = tuple(
            sync(child, made, heard, f"{path}/{child.key or place}")
            for place, child in enumerate(node.children)
        )
    widget = made.get(path)
    if widget is None:
        widget = made[path] = _make(node.kind, traits)
        if isinstance(widget, widgets.Button):
            widget.on_click(partial(heard, node.source))
        elif node.source is not None:
            widget.observe(partial(heard, node.source), "value")
    else:
        for name, value in traits.items():  # options before the value: they choose another
            if getattr(widget, name) != value:
                setattr(widget, name, value)
    return widget


def close(these: Iterable[widgets.Widget]) -> None:
    """Free widgets and those in them."""
    for widget in these:
        close(getattr(widget, "children", ()))
        widget.close()


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


#: The layout and the style of each kind of widget. All forms share them and set nothing in them:
#: a widget with its own is three models, for the kernel and for the page.
_LOOKS: dict[type[widgets.Widget], widgets.Widget] = {}


def _make(kind: Any, traits: Mapping[str, Any]) -> Any:
    looks = {"layout": _look(widgets.Layout)}
    if hasattr(kind, "style"):
        looks["style"] = _look(kind.style.klass)
    return kind(**looks, **traits)


def _look(kind: type[widgets.Widget]) -> widgets.Widget:
    if kind not in _LOOKS or _LOOKS[kind].comm is None:  # somebody closed all widgets
        _LOOKS[kind] = kind()
    return _LOOKS[kind]
