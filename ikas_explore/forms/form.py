"""What every form is: parts put together, one action at a time, for a person and for Python.

A form holds what is entered. After each change its parts find out what that means and say what they
show, and the widgets become so.

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

from ikas_explore.errors import IkasError, InvalidArgumentError
from ikas_explore.forms import markup
from ikas_explore.forms.controls import Button, ChoiceControl, Control, Part, TickControl
from ikas_explore.forms.markup import Told
from ikas_explore.forms.matrix import Lines
from ikas_explore.forms.view import Node, Still, close, draw, html, show_if, stack, sync
from ikas_explore.live import notebook_cells
from ikas_explore.text.html_table import Html, escape, html_table
from ikas_explore.text.palette import style_sheet
from ikas_explore.text.printable import printable, shown, text_table
from ikas_explore.values.names import did_you_mean

if TYPE_CHECKING:
    import ipywidgets as widgets
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


class Form(ABC):
    """A form in a cell; made by ``store.webhooks.save_form()``, ``delete_form()`` or ``manager()``.

    Display it to fill it in by hand. `fill` and `click` do the same from Python, with the same
    fields and buttons, so that a notebook with a form is a test of it.

    Attributes
    ----------
    widget : ipywidgets.Widget
        What is displayed.
    words : Words
        The language it speaks.
    """

    widget: widgets.Widget

    def __init__(self, lines: Lines, panels: Sequence[Part]) -> None:
        self.words = words = lines.words
        self.about = lines.about
        self._lines = lines
        self._panels = {each.name: each for each in panels}
        self._panel = ChoiceControl("panel", words("field.panel"), radio=True)
        self._panel.offer({name: words(f"{name}.panel") for name in self._panels})
        self._panel.value = panels[0].name
        parts = [lines, *panels]
        choice = [self._panel] if len(panels) > 1 else []
        controls = [*lines.controls, *choice, *(x for each in panels for x in each.controls)]
        self._controls: dict[str, Control] = {each.name: each for each in controls}
        self._buttons = {each.name: each for part in parts for each in part.buttons}
        self._entered: dict[str, Any] = {}  # as of the last update
        self._updating = self._success = False
        self._timer: asyncio.TimerHandle | None = None
        #: Called after each click that asked ikas for something.
        self.acted: Callable[[], None] = lambda: None
        #: Called in a notebook when the cell that shows the form is done.
        self.shown: Callable[[], None] = lambda: None
        self._said: list[str] = []
        self._note = Html()
        self._clicked_last: Button | None = None
        # ipywidgets holds every widget, so no widget may hold the form: when nothing else does,
        # the widgets go with it.
        self._made: dict[str, Any] = {}
        self._listen = _weakly(self._heard)
        for part in parts:
            part.changed = _weakly(self.update)
        notebook_cells.watch()
        self._closing = weakref.finalize(self, close, self._made.values())
        self._closing.atexit = False
        self.update()
        if (told := lines.failed()) is not None:
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
                control.set(values[name])
                self._changed()

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
        if button.disabled:
            raise InvalidArgumentError(f"The button {name!r} is disabled now. {self._why(button)}")
        try:
            self._click(button, None)
        finally:
            self._rest()

    def close(self) -> None:
        """Take the form off the page and free its widgets."""
        notebook_cells.forget(self)
        self._closing()

    def update(self) -> None:
        """Show what the entries mean now; called after each change."""
        if self._updating or not self._closing.alive:
            return
        self._updating = True  # what is set now is heard too
        try:
            self._lines.update()
            self._open()
            for panel in self._panels.values():
                panel.update()
            self._entered = self._entries()
            head = [html(STYLE), html(markup.heading(3, self.title)), html(self._note, "ikas-said")]
            whole = stack(*head, *self._body(), look="ikas-stack ikas-form")
            self.widget = sync(whole, self._made, self._listen)
        finally:
            self._updating = False

    def _body(self) -> list[Node]:
        """Return what is under the title: the lines, then one panel at a time close to them."""
        panels = [show_if(n == self._panel.value, x.show()) for n, x in self._panels.items()]
        if len(panels) > 1:
            panels = [stack(self._panel.show(), *panels, look="ikas-panels")]
        lines = [] if self._lines.inside else [self._lines.show()]
        return [self._lines.head(), *lines, *panels]

    def say(self, kind: markup.Kind, *sentences: str) -> None:
        """Show a message where the last click was; before the first, at the top."""
        self._said = [each for each in sentences if each]
        self._success = kind == "good"
        note = markup.note(kind, *sentences)
        if self._clicked_last is None:
            self._note = note
        else:
            self._clicked_last.said = note
        self.update()

    def _open(self) -> None:
        """Open the panel that something was filled in, or the first for a new selection."""
        entries, before = self._entries(), self._entered
        changed = {name for name, each in entries.items() if each and each != before.get(name)}
        opened = self._panels.get(self._panel.value or "")
        if self._lines.name in changed and not (opened and opened.asks):
            self._panel.value = next(iter(self._panels))
        for name, panel in self._panels.items():
            if any(each.name in changed for each in panel.controls):
                self._panel.value = name

    def _heard(self, source: Any, event: Any) -> None:
        if isinstance(source, Button):
            self._click(source, _running_loop())
        elif not self._updating:  # else the form itself took a tick out
            source(event["new"])
            self._changed()

    def _changed(self) -> None:
        if self._success and self._entries() != self._entered:
            self.say("plain")  # "Saved" beside what is not saved yet would mislead
        self.update()

    def _click(self, button: Button, loop: asyncio.AbstractEventLoop | None) -> None:
        if button.disabled:
            return  # a second click that queued up behind the first
        for name, panel in self._panels.items():
            if button in panel.buttons:
                self._panel.value = name
        if not button.busy:
            button.act()
            self._changed()
            return
        self.say("plain")
        self._clicked_last = button
        self._block(True)
        self.say("busy", button.busy)
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
            told = "bad", [self.words.error(error)]
            raise
        finally:
            self.update()
            if told is not None:  # last: who has read it sees what it tells of
                self.say(told[0], *told[1])
            self.acted()
            loop = _running_loop()
            if loop is None:
                self._rest()
            else:
                self._timer = loop.call_later(SETTLE, self._rest)

    def _rest(self) -> None:
        if self._timer is not None:  # else it would end the busy time of a later click
            self._timer.cancel()
            self._timer = None
        self._block(False)
        self.update()

    def _block(self, blocked: bool) -> None:
        for button in self._buttons.values():
            button.blocked = blocked

    def _entries(self) -> dict[str, Any]:
        return {name: each.value for name, each in self._controls.items()}

    def _why(self, button: Button) -> str:
        # What another panel asks for says nothing about this button.
        part = next((each for each in self._panels.values() if button in each.buttons), None)
        own = () if part is None else part.controls
        asked = [*(self._lines.controls if part is None or part.asks else ()), *own]
        problems = [f"{each.name}: {each.problem}" for each in asked if each.problem]
        empty = [
            f"{each.name} is empty."
            for each in own
            if isinstance(each, ChoiceControl) and each.value is None
        ]
        ticks = [
            f"{each.name} is not ticked."
            for each in own
            if isinstance(each, TickControl) and each.asked and not each.value
        ]
        return " ".join([*problems, *empty, *ticks]) or "There is nothing to do."

    def _named(self, found: Mapping[str, Any], name: str, what: str) -> Any:
        if not isinstance(name, str) or name not in found:
            raise InvalidArgumentError(
                f"The form has no {what} {shown(name)}.{did_you_mean(name, found)}"
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
        said = markup.note("plain", *self._said)
        return {"text/plain": plain, "text/html": f"{title}{table}{said}"}

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
