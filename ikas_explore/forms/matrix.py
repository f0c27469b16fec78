"""The scopes of a store as lines to choose from: what is registered, where, since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from ikas_explore.errors import InvalidScopeError
from ikas_explore.forms.controls import Markup, row, stack
from ikas_explore.forms.markup import endpoint, moment, state, text
from ikas_explore.forms.words import Words
from ikas_explore.schema.scopes import Scope
from ikas_explore.values.names import did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame


def matrix_frame(shown: DataFrame, stores: Sequence[str]) -> DataFrame:
    """Set a webhook frame against all registrable scopes.

    Parameters
    ----------
    shown : pandas.DataFrame
        A webhook frame of one store or several.
    stores : sequence of str
        Those to show.

    Returns
    -------
    pandas.DataFrame
        ``store, scope, state, endpoint, created_at, updated_at``: a row for every store and
        registrable scope, in the order of the catalogue, and one for whatever else is
        registered. The state is ``registered``, ``not_registered`` or ``deleted``.
    """
    import numpy as np
    import pandas as pd

    from ikas_explore.frames.frames import STRING

    known = [str(scope) for scope in Scope.registrable()]
    wanted = pd.MultiIndex.from_product([list(stores), known], names=["store", "scope"])
    # Where a deleted row stands beside a live one, the live one counts.
    rows = shown.sort_values("deleted", kind="stable").drop_duplicates(["store", "scope"])
    held = rows.set_index(["store", "scope"])
    others = held.index.difference(wanted)
    frame = held.reindex(wanted.append(others)).reset_index()
    there, gone = frame["endpoint"].notna(), frame["deleted"].eq(True)
    states = np.select([gone, there], ["deleted", "registered"], "not_registered")
    frame["state"] = pd.Series(states, dtype=STRING, index=frame.index)
    frame = frame.sort_values("store", kind="stable", ignore_index=True)
    return frame[["store", "scope", "state", "endpoint", "created_at", "updated_at"]]


def fits(wanted: str, said: str) -> bool:
    """Tell whether every word that was typed into a filter is part of what a line says.

    Examples
    --------
    >>> fits("erp order", "Order created https://erp.example.com"), fits("crm", "Order created")
    (True, False)
    """
    return all(word in said.casefold() for word in wanted.casefold().split())


class Matrix:
    """Lines to choose from, the value of the field ``scopes``.

    Parameters
    ----------
    words : Words
    columns : sequence of str
        Which cells a line has beside its box: ``state``, ``endpoint``, ``created_at``,
        ``updated_at``, ``age``.
    """

    def __init__(self, words: Words, columns: Sequence[str]) -> None:
        self.name = "scopes"
        self._words = words
        self._columns = columns
        self._boxes: dict[str, widgets.Checkbox] = {}
        self._cells: dict[str, Markup] = {}
        self._lines: dict[str, widgets.Widget] = {}
        self._shown: list[str] = []
        self._changed: Callable[[], None] = lambda: None
        named = "".join(f"<span>{text(words(f'column.{each}'))}</span>" for each in columns)
        scope = Markup(f'<span aria-hidden="true">{text(words("column.scope"))}</span>')
        cells = Markup(
            f'<div class="ikas-cells ikas-cells-{len(columns)}" aria-hidden="true">{named}</div>'
        )
        self._head = row(scope.widget, cells.widget, name="ikas-line")
        self._head.add_class("ikas-line-head")
        self.widget = stack(name="ikas-matrix")

    @property
    def value(self) -> list[str]:
        """The scopes chosen, those that a filter hides too."""
        return [scope for scope in self._lines if self._boxes[scope].value]

    @value.setter
    def value(self, value: str | Iterable[str]) -> None:
        wanted = [value] if isinstance(value, str) else [str(each) for each in value]
        for scope in wanted:
            if scope not in self._lines:
                raise InvalidScopeError(
                    f"{scope!r} is not on the list.{did_you_mean(scope, self._lines)}"
                )
        for scope, box in self._boxes.items():
            box.value = scope in wanted

    @property
    def problem(self) -> str | None:
        return None if self.value else self._words("problem.scopes")

    def observe(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def show(self, frame: DataFrame, wanted: str = "", ages: Sequence[str] = ()) -> int:
        """Show the lines of a frame that hold a text; returns how many.

        Parameters
        ----------
        frame : pandas.DataFrame
            From `matrix_frame`, of one store.
        wanted : str
            What `fits` looks for; all lines without it.
        ages : sequence of str
            The age of each row in words, for the column of that name.
        """
        lines, shown = {}, []
        for index, record in enumerate(frame.to_dict("records")):
            scope = record["scope"]
            lines[scope] = self._line(scope)
            said = {**self._said(record), "age": ages[index] if ages else ""}
            self._cells[scope].show(self._cells_html(record, said))
            named = (self._words.scope(scope), scope, said["state"], said["endpoint"])
            if fits(wanted, " ".join(named)):
                shown.append(scope)
        for scope in self._lines.keys() - lines.keys():
            self._boxes[scope].value = False  # what is gone cannot stay chosen
        self._lines = lines
        if shown != self._shown or not self.widget.children:
            self._shown = shown
            self.widget.children = (self._head, *(lines[scope] for scope in shown))
        return len(shown)

    def _line(self, scope: str) -> widgets.Widget:
        if scope not in self._boxes:
            self._boxes[scope] = widgets.Checkbox(
                value=False, indent=False, description=self._words.scope(scope)
            )
            self._boxes[scope].observe(lambda _: self._changed(), "value")
            self._cells[scope] = Markup()
        if scope in self._lines:
            return self._lines[scope]
        return row(self._boxes[scope], self._cells[scope].widget, name="ikas-line")

    def _said(self, record: dict[Any, Any]) -> dict[str, str]:
        held = record["endpoint"] if isinstance(record["endpoint"], str) else ""
        return {"state": self._words(record["state"]), "endpoint": held}

    def _cells_html(self, record: dict[Any, Any], said: dict[str, str]) -> str:
        made = {
            "state": lambda: state(self._words, record["state"]),
            "endpoint": lambda: endpoint(said["endpoint"]),
            "created_at": lambda: moment(record["created_at"]),
            "updated_at": lambda: moment(record["updated_at"]),
            "age": lambda: text(said["age"]),
        }
        absent = "" if said["endpoint"] else " ikas-none"
        cells = "".join(
            f'<div class="ikas-cell{absent if name != "state" else ""}"><span class="ikas-label">'
            f"{text(self._words(f'column.{name}'))}</span>{made[name]()}</div>"
            for name in self._columns
        )
        return f'<div class="ikas-cells ikas-cells-{len(self._columns)}">{cells}</div>'
