"""A button of a form: what it does, and when it can."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from ikas_explore.forms.controls import Markup
from ikas_explore.forms.markup import Kind

#: A message about a form: its kind, and its sentences.
Told = tuple[Kind, list[str]]


class Button:
    """A button, what it does, and when it can.

    Parameters
    ----------
    widget : Button or str
        The widget, or the label of one.
    act : callable
        Does it and returns the message about it: its kind and its sentences, or none.
    ready : callable
        Whether it can work now.
    busy : str
        What to say meanwhile; empty for what needs no call.
    look : str, optional
        A class of the style sheet.

    Attributes
    ----------
    said : Markup
        What came of the last click: put close by, so that nobody has to scroll to read it.
    """

    def __init__(
        self,
        widget: widgets.Button | str,
        act: Callable[[], Told | None],
        *,
        ready: Callable[[], bool] = lambda: True,
        busy: str = "",
        look: str = "",
    ) -> None:
        self.widget = widgets.Button(description=widget) if isinstance(widget, str) else widget
        if look:
            self.widget.add_class(look)
        self.act = act
        self.ready = ready
        self.busy = busy
        self.said = Markup(name="ikas-said")
