"""The manager's matrix for any webhook frame, a fleet's too: to look at, not to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ikas_explore.forms import markup
from ikas_explore.forms.button import Button
from ikas_explore.forms.controls import Control, Markup, TextControl, stack
from ikas_explore.forms.form import Form
from ikas_explore.forms.listing import FILTER
from ikas_explore.forms.manager import matrix_columns, matrix_table
from ikas_explore.forms.matrix import fits, matrix_frame
from ikas_explore.forms.words import Words

if TYPE_CHECKING:
    from pandas import DataFrame

#: More rows than a person reads only make the page slow; the filter finds the rest.
MOST_ROWS = 200


class Overview(Form):
    """Look at the webhooks of many stores; made by ``fleet.manager()``.

    Field ``filter``; no buttons.

    Parameters
    ----------
    frame : pandas.DataFrame
        A webhook frame, as ``fleet.list()`` gives it.
    stores : sequence of str, optional
        The stores to show, those without a webhook too. Default: those in the frame.
    failures : mapping of str to str, optional
        The stores that could not be listed, and why: told above the rows.
    language : {"en", "tr"}, optional
        Default: that of the locale.

    Examples
    --------
    >>> from ikas_explore.frames.frames import rows_frame, webhook_columns
    >>> listed = rows_frame(webhook_columns(), [])
    >>> view = Overview(listed, stores=["acme", "beta"], language="en")
    >>> view.title, len(view.frame)
    ('Webhooks of 2 stores: 0 registered, to look at only', 22)
    """

    def __init__(
        self,
        frame: DataFrame,
        *,
        stores: Sequence[str] | None = None,
        failures: Mapping[str, str] | None = None,
        language: str | None = None,
    ) -> None:
        words = Words(language)
        named = list(dict.fromkeys(frame["store"])) if stores is None else list(stores)
        self._rows = _Rows(matrix_frame(frame, named), words)
        self._stores = len(named)
        super().__init__(words, [self._rows], shown=[self._rows.widget])
        self._open()
        if failures:
            said = words.count("fleet.failed", len(failures), stores=", ".join(failures))
            self.say("bad", said, *failures.values())

    @property
    def title(self) -> str:
        registered = int((self._rows.frame["state"] == "registered").sum())
        return self.words("fleet.title", stores=self._stores, registered=registered)

    @property
    def frame(self) -> DataFrame:
        """The rows that the filter leaves: ``store, scope, state, endpoint`` and the times."""
        return self._rows.filtered()

    def table(self) -> tuple[list[str], list[list[str]]]:
        return matrix_table(self.words, self.frame.head(MOST_ROWS), store=True)


class _Rows:
    def __init__(self, frame: DataFrame, words: Words) -> None:
        self.frame = frame
        self._words = words
        self._filter = TextControl(FILTER, words)
        self._table = Markup()
        self.controls: Sequence[Control] = [self._filter]
        self.buttons: dict[str, Button] = {}
        self.widget = stack(self._filter.widget, self._table.widget)
        # What a row says, once for all keystrokes.
        said = frame["state"].map({key: words(key) for key in set(frame["state"])})
        names = frame["scope"].map({scope: words.scope(scope) for scope in set(frame["scope"])})
        texts = (frame["store"], frame["scope"], names, said, frame["endpoint"].fillna(""))
        self._said = [" ".join(row) for row in zip(*texts, strict=True)]

    def filtered(self) -> DataFrame:
        wanted = self._filter.text
        if not wanted.strip():
            return self.frame
        return self.frame[[fits(wanted, said) for said in self._said]].reset_index(drop=True)

    def update(self) -> None:
        words = self._words
        frame = self.filtered()
        head = frame.head(MOST_ROWS)
        cells = [
            [
                markup.text(row["store"]),
                markup.text(words.scope(row["scope"])),
                markup.state(words, row["state"]),
                markup.endpoint(row["endpoint"] if isinstance(row["endpoint"], str) else None),
                markup.moment(row["created_at"]),
                markup.moment(row["updated_at"]),
            ]
            for row in head.to_dict("records")
        ]
        columns = matrix_columns(words, store=True)
        table = markup.html_table(columns, cells, name=words("column.scope"))
        shown = words("matrix.shown", shown=len(head), count=len(self.frame))
        self._table.show(table + markup.note("plain", shown))
