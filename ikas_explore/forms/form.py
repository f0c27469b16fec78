"""What every form is: sections put together, one action at a time, for a person and for Python.

A call of ikas blocks the kernel, and clicks made meanwhile queue up behind it. So the mark that
says "busy" goes on at once and off only on a later turn of the loop, when those clicks have
been dropped. And a click can overtake the last keystrokes before it, which a page sends one
after another: they are waited for, and if they change an entry, nothing is sent.
"""

from __future__ import annotations

import asyncio
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from ikas_explore.errors import IkasError, InvalidArgumentError
from ikas_explore.forms import markup
from ikas_explore.forms.controls import (
    Button,
    Control,
    Markup,
    TickControl,
    Told,
    close,
    make,
)
from ikas_explore.forms.still import Still, draw
from ikas_explore.forms.words import Words
from ikas_explore.live import notebook_cells
from ikas_explore.text.html_table import escape, html_table
from ikas_explore.text.palette import style_sheet
from ikas_explore.text.printable import printable, text_table
from ikas_explore.values.names import did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

#: JupyterLab's colours in Jupyter, a light or dark palette of ours elsewhere: the widgets bring
#: JupyterLab's light colours with them, to dark pages too. A page that does not say that it is
#: dark gets a background of ours. Widths follow the cell: beside a file browser it is narrow.
STYLE = style_sheet(__package__, "style.css")

#: Seconds from a click until it is acted on: what a keystroke takes from a browser to its kernel.
ARRIVE = 0.2

#: Seconds from the end of a call until buttons can be clicked again: longer than a double click
#: takes on its way from a browser to its kernel.
SETTLE = 0.4


class Section(ABC):
    """A part of a form: its widget, its controls and buttons, and what it shows."""

    widget: widgets.Widget
    controls: Sequence[Control] = ()
    buttons: Mapping[str, Button] = {}

    @abstractmethod
    def update(self) -> None:
        """Show what the entries mean now; called after each change."""


class Form(ABC):
    """A form in a cell; made by ``store.webhooks.save_form()``, ``delete_form()`` or ``manager()``.

    Display it to fill it in by hand. `fill` and `click` do the same from Python, through the
    same widgets, so that a notebook with a form is a test of it.

    Attributes
    ----------
    widget : ipywidgets.Widget
        What is displayed.
    words : Words
        The language it speaks.
    """

    def __init__(
        self,
        words: Words,
        sections: Sequence[Section],
        about: str,
        shown: Sequence[widgets.Widget],
        told: Told | None = None,
    ) -> None:
        self.words = words
        self.about = about
        self._sections = sections
        self._controls = {each.name: each for part in sections for each in part.controls}
        self._buttons = {name: each for part in sections for name, each in part.buttons.items()}
        self._busy = self._by_python = self._updating = self._success = False
        self._timer: asyncio.TimerHandle | None = None
        self._bug: Exception | None = None
        #: Called after each click that asked ikas for something.
        self.acted: Callable[[], None] = lambda: None
        #: Called in a notebook when the cell that shows the form is done.
        self.shown: Callable[[], None] = lambda: None
        self._said: list[str] = []
        self._heading = Markup()
        self._place = Markup(name="ikas-said")
        head = [make(widgets.HTML, value=STYLE), self._heading.widget, self._place.widget]
        self.widget = make(widgets.VBox, "ikas-stack", "ikas-form", children=[*head, *shown])
        # ipywidgets holds every widget, so no widget may hold the form: when nothing else does,
        # the widgets go with it.
        entered, clicked = _weakly(self._entered), _weakly(self._clicked)
        for control in self._controls.values():
            control.observe(entered)
        for button in self._buttons.values():
            button.widget.on_click(lambda _, button=button: clicked(button))
        notebook_cells.watch()
        self._closing = weakref.finalize(self, close, self.widget)
        self._closing.atexit = False
        self.update()
        if told is not None:
            self.say(told[0], *told[1])

    @property
    @abstractmethod
    def frame(self) -> DataFrame:
        """What the form shows, as a table."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What the form is about, in one line."""

    @abstractmethod
    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return what a saved notebook shows where no widget can be drawn: columns and rows."""

    @property
    def message(self) -> str:
        """What the form says about the last click, as plain text.

        A success is shown until something else is entered.
        """
        return "\n".join(self._said)

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with the entries, by field; empty when nothing is."""
        return {name: each.problem for name, each in self._controls.items() if each.problem}

    def fill(self, **values: Any) -> None:
        """Fill in fields as a person would, from the top down.

        Parameters
        ----------
        **values
            By field: ``endpoint="https://..."``, ``scopes=[...]``, ``replace=True``.

        Raises
        ------
        InvalidArgumentError
            There is no such field, or it is disabled now, or cannot hold the value.
        InvalidScopeError
            The form does not list this scope.
        """
        for name in values:
            self._named(self._controls, name, "field")
        for name, control in self._controls.items():
            if name in values:
                if isinstance(control, TickControl) and control.disabled:
                    raise InvalidArgumentError(
                        f"The field {name!r} is disabled now: there is nothing to fill in."
                    )
                control.value = values[name]

    def click(self, name: str) -> None:
        """Click a button as a person would.

        Parameters
        ----------
        name : str
            ``"save"``, ``"delete"``, ``"undo"``, ``"refresh"``, whatever the form has.

        Raises
        ------
        InvalidArgumentError
            There is no such button, or it is disabled now.

        Notes
        -----
        When ikas refuses something, no error is raised: `message` says so, as for a person.
        """
        button: Button = self._named(self._buttons, name, "button")
        if button.widget.disabled:
            raise InvalidArgumentError(f"The button {name!r} is disabled now. {self._why(name)}")
        self._bug = None
        self._by_python = True
        try:
            button.widget.click()
        finally:
            self._by_python = False
            self._rest()
        if self._bug is not None:  # outside a notebook ipywidgets only logs it
            raise self._bug

    def close(self) -> None:
        """Take the form off the page and free its widgets."""
        notebook_cells.forget(self)
        self._closing()

    def update(self) -> None:
        """Show what the entries mean now; called after each change."""
        if self._updating:
            return
        self._updating = True
        try:
            self._heading.show(markup.heading(3, self.title))
            for section in self._sections:
                section.update()
        finally:
            self._updating = False
        self._enable()

    def say(self, kind: markup.Kind, *sentences: str) -> None:
        """Show a message where the last click was; before the first, at the top."""
        self._said = [each for each in sentences if each]
        self._success = kind == "good"
        self._place.show(markup.note(kind, *sentences))

    def _entered(self) -> None:
        if self._updating:
            return  # the form itself took a tick out
        if self._success:
            self.say("plain")  # "Saved" beside what is not saved yet would mislead
        self.update()

    def _enable(self) -> None:
        for button in self._buttons.values():
            disabled = self._busy or not button.ready()
            if button.widget.disabled != disabled:
                button.widget.disabled = disabled

    def _clicked(self, button: Button) -> None:
        if self._busy or button.widget.disabled:
            return  # a second click that queued up behind the first
        if not button.busy:
            button.act()
            return
        self._busy = True
        self._enable()
        self._place.show("")
        self._place = button.said or self._place
        self.say("busy", button.busy)
        loop = None if self._by_python else _running_loop()
        if loop is None:
            self._act(button)
        else:
            loop.call_later(ARRIVE, self._act_as_shown, button, self._entries())

    def _act_as_shown(self, button: Button, entries: dict[str, Any]) -> None:
        if self._entries() == entries:
            self._act(button)
        else:
            self.say("warning", self.words("changed_entries"))
            self._rest()

    def _act(self, button: Button) -> None:
        told: Told | None = None
        try:
            told = button.act()
        except IkasError as error:
            told = "bad", [self.words.error(error), str(error), self.words("kept_entries")]
        except KeyboardInterrupt:
            told = "warning", [self.words("cancelled")]
        except Exception as error:
            # A mistake of ours: shown in the form, and raised for the log and for tests.
            self._bug = error
            told = "bad", [self.words.error(error)]
            raise
        finally:
            self.update()
            if told is not None:  # last: who has read it sees what it tells of
                self.say(told[0], *told[1])
            self.acted()
            self._rest_later()

    def _rest_later(self) -> None:
        loop = _running_loop()
        if loop is None:
            self._rest()
        else:
            self._timer = loop.call_later(SETTLE, self._rest)

    def _rest(self) -> None:
        if self._timer is not None:  # else it would end the busy time of a later click
            self._timer.cancel()
            self._timer = None
        self._busy = False
        self._enable()

    def _entries(self) -> dict[str, Any]:
        return {name: each.value for name, each in self._controls.items()}

    def _why(self, button: str) -> str:
        # What another panel asks for says nothing about this button.
        others = {
            each.name
            for part in self._sections
            if button not in part.buttons and any(isinstance(x, TickControl) for x in part.controls)
            for each in part.controls
        }
        asked = {name: each for name, each in self._controls.items() if name not in others}
        problems = [f"{name}: {each.problem}" for name, each in asked.items() if each.problem]
        ticks = [
            f"{name} is not ticked."
            for name, each in asked.items()
            if isinstance(each, TickControl) and each.asked and not each.value
        ]
        return " ".join([*problems, *ticks]) or "There is nothing to do."

    def _named(self, found: Mapping[str, Any], name: str, what: str) -> Any:
        if not isinstance(name, str) or name not in found:
            raise InvalidArgumentError(
                f"The form has no {what} {name!r}.{did_you_mean(name, found)}"
            )
        return found[name]

    def __dir__(self) -> list[str]:
        """Complete what a notebook uses, not what the parts of a form are to each other."""
        inside = {"about", "acted", "say", "shown", "table", "update"}
        return [name for name in super().__dir__() if name not in inside]

    def __repr__(self) -> str:
        if not hasattr(self, "widget"):  # in the traceback of why it could not be made
            return f"<{type(self).__name__} (not made)>"
        return f"<{type(self).__name__}: {printable(self.title)}>"

    def still(self) -> Still:
        """Return a picture of the form as it is now, for a cell that keeps showing this step.

        The form itself shows the same in all cells that have it: what it is at the end.
        """
        plain = self._texts()["text/plain"]
        return Still({"text/plain": plain, "text/html": draw(self.widget)})

    def _texts(self) -> dict[str, str]:
        """Return what a saved notebook shows."""
        columns, rows = self.table()
        texts = [self.title, text_table(columns, rows) if rows else "", *self._said]
        plain = "\n".join("\n".join(map(printable, each.split("\n"))) for each in texts if each)
        table = html_table(columns, rows, left=True) if rows else ""
        title = f"<p><b>{escape(self.title)}</b></p>"
        html = f"{title}{table}{markup.note('plain', *self._said)}"
        return {"text/plain": plain, "text/html": html}

    def _repr_mimebundle_(self, **_kinds: Any) -> dict[str, Any]:
        if not self._closing.alive:
            return self._texts()
        notebook_cells.show(self)
        loop = _running_loop()
        if loop is not None:
            loop.call_soon(self.shown)
        # What ipywidgets gives, without its text: the repr of every widget in the form.
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"application/vnd.jupyter.widget-view+json": view, **self._texts()}


def _weakly(method: Callable[..., None]) -> Callable[..., None]:
    """Return a function that calls a method for as long as something else holds its object."""
    held = weakref.WeakMethod(method)

    def call(*arguments: Any) -> None:
        found = held()
        if found is not None:
            found(*arguments)

    return call


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:  # plain Python: nobody clicks there but Python
        return None
