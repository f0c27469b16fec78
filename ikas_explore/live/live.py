"""The table that grows: newest first, with a filter, a pause, and the body of one delivery.

A thread looks whether anything changed, which is one number; only then are rows read and sent
to the browser. Nothing else runs while nothing arrives.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import ipywidgets as widgets

from ikas_explore.errors import IkasError
from ikas_explore.live import notebook_cells
from ikas_explore.live.words import Words
from ikas_explore.text.html_table import Html, escape, html_lines, html_table
from ikas_explore.text.palette import style_sheet
from ikas_explore.text.printable import printable, text_table

#: Seconds between two looks: as quick as a person sees.
LOOK = 0.25
#: Rows that are shown; all are kept by whoever received them.
SHOWN = 50

_STYLE = style_sheet(__package__, "live.css")


@dataclass(frozen=True)
class LiveRow:
    """One delivery as it is shown; `answer` is the status, or why there was none.

    `key` is what `LiveSource.body` and `LiveSource.replay` take. `signature` is None where it was
    not checked, and `ok` is whether ikas would count the delivery as received.
    """

    key: str
    time: str
    scope: str
    object: str
    signature: bool | None
    answer: str
    ok: bool
    attempts: int


class LiveSource(Protocol):
    """What a live table looks at: a receiver, a sandbox, a session of `listen`."""

    def changes(self) -> int:
        """Return a number that is another after each change; raise IkasError when closed."""
        ...

    def rows(self, limit: int) -> Sequence[LiveRow]:
        """Return the newest rows, the newest first."""
        ...

    def body(self, key: str) -> str:
        """Return what was sent, as text."""
        ...

    def replay(self, key: str) -> str:
        """Send it again; return what came of it, in words."""
        ...


class Live:
    """A table of deliveries that grows; made by ``receiver.live()`` or ``sandbox.live()``.

    It stops when its cell is run again, when what it shows is closed, and by `stop`.

    Parameters
    ----------
    source : LiveSource
    title : str
    language : {"en", "tr"}, optional
        Default: that of the locale.
    """

    def __init__(self, source: LiveSource, *, title: str, language: str | None = None) -> None:
        self._source = source
        self._words = words = Words(language)
        self.about = title
        self._rows: Sequence[LiveRow] = ()
        self._stopped = threading.Event()
        self._handle: Any = None
        self._filter = widgets.Text(placeholder=words("filter"), tooltip=words("filter"))
        self._pause = widgets.ToggleButton(description=words("pause"), icon="pause")
        self._chosen = widgets.Dropdown(options=[(words("choose"), "")], description=words("body"))
        self._replay = widgets.Button(description=words("replay"), disabled=True)
        self._table, self._body = widgets.HTML(), widgets.HTML()
        self._said = widgets.HTML()
        self.widget = widgets.VBox(
            [
                widgets.HTML(f"{_STYLE}<b>{escape(title)}</b>"),
                widgets.HBox([self._filter, self._pause]),
                self._table,
                widgets.HBox([self._chosen, self._replay, self._said]),
                self._body,
            ]
        )
        self.widget.add_class("ikas-live")
        self._filter.observe(lambda _: self._show(), "value")
        self._pause.observe(lambda change: self._paused(change["new"]), "value")
        self._chosen.observe(lambda _: self._choose(), "value")
        self._replay.on_click(lambda _: self._again())
        self._read()
        notebook_cells.watch()
        threading.Thread(target=self._watch, name="ikas-live", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it still grows."""
        return not self._stopped.is_set()

    def stop(self) -> None:
        """Stop growing, and leave the table as it is now; calling it again does nothing."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._pause.disabled = self._replay.disabled = True
            self._said.value = escape(self._words("stopped"))
            self._save()

    def close(self) -> None:
        """Stop, and free the widgets; a cell that is run again calls it."""
        self.stop()
        notebook_cells.forget(self)
        _free(self.widget)

    # -- what it shows

    def _watch(self) -> None:
        seen = -1
        while not self._stopped.wait(LOOK):
            try:
                now = self._source.changes()
                if now != seen and not self._pause.value:
                    seen = now
                    self._read()
            except IkasError:  # closed: what was shown stays
                self.stop()

    def _read(self) -> None:
        self._rows = self._source.rows(SHOWN)
        self._show()
        chosen = self._chosen.value
        options = [(self._words("choose"), "")]
        options += [(f"{row.time}  {row.scope}  {row.object}", row.key) for row in self._rows]
        if chosen and chosen not in {key for _, key in options}:
            options.append((chosen, chosen))  # what is looked at stays chosen
        if options != list(self._chosen.options):
            with self._chosen.hold_trait_notifications():
                self._chosen.options = options
                self._chosen.value = chosen

    def _show(self) -> None:
        columns, cells = self._cells()
        self._table.value = (
            html_table(columns, cells, name=self.about) if cells else escape(self._words("none"))
        )

    def _cells(self) -> tuple[list[str], list[list[Html]]]:
        words, wanted = self._words, self._filter.value.casefold().split()
        cells = []
        for row in self._rows:
            signature = words({True: "good", False: "wrong", None: "unchecked"}[row.signature])
            texts = [row.time, row.scope, row.object, signature, row.answer, str(row.attempts)]
            if all(word in " ".join(texts[:5]).casefold() for word in wanted):
                said = [*map(escape, texts)]
                if row.signature is False:
                    said[3] = Html(f'<span class="ikas-bad">{said[3]}</span>')
                look = "ok" if row.ok else "bad"
                said[4] = Html(f'<span class="ikas-{look}">{said[4]}</span>')
                cells.append(said)
        names = ("time", "scope", "object", "signature", "answer", "attempts")
        return [words(name) for name in names], cells

    def _paused(self, paused: bool) -> None:
        self._pause.description = self._words("go on" if paused else "pause")
        if paused:
            self._save()
        elif not self._stopped.is_set():
            self._read()

    def _choose(self) -> None:
        key = self._chosen.value
        self._replay.disabled = not key or self._stopped.is_set()
        self._said.value = ""
        try:
            text = self._source.body(key) if key else ""
        except IkasError as error:
            text = str(error)
        self._body.value = html_lines(text) if text else ""

    def _again(self) -> None:
        try:
            said = self._words("replayed", what=self._source.replay(self._chosen.value))
        except IkasError as error:
            said = str(error)
        self._said.value = escape(said)

    # -- in a notebook that is saved

    def _ipython_display_(self) -> None:
        from IPython import display

        notebook_cells.show(self)

        ipython: Any = display  # it has no types
        if self._handle is None:
            self._handle = ipython.display(self._bundle(), raw=True, display_id=True)
        else:
            ipython.display(self._bundle(), raw=True)

    def _save(self) -> None:
        """Have a saved notebook show the table as it is now."""
        if self._handle is not None:
            self._handle.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, Any]:
        columns, cells = self._cells()
        table = html_table(columns, cells) if cells else escape(self._words("none"))
        texts: dict[str, Any] = {"text/plain": repr(self), "text/html": table}
        closed = self.widget.comm is None
        return texts if closed else {**self.widget._repr_mimebundle_(), **texts}

    def __repr__(self) -> str:
        if not hasattr(self, "_words"):  # in the traceback of why it could not be made
            return "<Live (not made)>"
        heads = [self._words(name) for name in ("time", "scope", "object", "answer")]
        rows = [[row.time, row.scope, row.object, row.answer] for row in self._rows]
        return text_table(heads, rows) if rows else printable(self._words("none"))


def _free(widget: widgets.Widget) -> None:
    """Close a widget and all that belongs to it: ipywidgets keeps what is not closed."""
    for name in ("layout", "style"):
        if widget.has_trait(name):
            getattr(widget, name).close()
    for each in getattr(widget, "children", ()):
        _free(each)
    widget.close()
