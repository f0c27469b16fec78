"""What is registered, as lines to choose from: filter, refresh, select."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ikas_explore.forms import markup
from ikas_explore.forms.button import Button, Told
from ikas_explore.forms.controls import Control, Markup, TextControl, row, stack
from ikas_explore.forms.fields import Field
from ikas_explore.forms.matrix import Matrix, matrix_frame
from ikas_explore.forms.session import PYTHON_LIST, Session
from ikas_explore.forms.words import Words

if TYPE_CHECKING:
    from pandas import DataFrame

FILTER = Field("filter", "String", required=False, many=False)


class Listing:
    """The part of a form that shows what is registered, and where scopes are chosen.

    Parameters
    ----------
    session : Session
    words : Words
    everything : bool
        Show all scopes, and times; else what is registered only, and its age.
    """

    def __init__(self, session: Session, words: Words, *, everything: bool) -> None:
        self._session = session
        self._words = words
        self._everything = everything
        self._rows: DataFrame | None = None
        self._turn = -1
        columns = ["state", "endpoint", "created_at", "updated_at"]
        self.matrix = Matrix(words, columns if everything else ["endpoint", "age"])
        self._filter = TextControl(FILTER, words)
        self._count = Markup()
        self._refresh = refresh_button(session, words)
        shown: list[Control] = [self._filter] if everything else []
        self.controls: Sequence[Control] = [*shown, self.matrix]
        self.buttons = {"refresh": self._refresh}
        refresh = [self._refresh.widget, self._refresh.said.widget]
        above = [self._filter.widget, *refresh] if everything else []
        below = [] if everything else refresh
        self.widget = stack(
            row(*above, name="ikas-filter"), self.matrix.widget, self._count.widget, row(*below)
        )

    @property
    def frame(self) -> DataFrame:
        """The rows, a filter aside."""
        if self._rows is None or self._turn != self._session.turn:
            self._turn = self._session.turn
            rows = matrix_frame(self._session.shown, [self._session.name])
            if not self._session.known:
                rows["state"] = "unknown"
            if not self._everything:
                rows = rows[rows["endpoint"].notna()].reset_index(drop=True)
            self._rows = rows
        return self._rows

    def update(self) -> None:
        frame = self.frame
        now = dt.datetime.now(dt.UTC)
        ages = [
            self._words.age((now - made).total_seconds()) if known else markup.NONE
            for made, known in zip(frame["created_at"], frame["created_at"].notna(), strict=True)
        ]
        shown = self.matrix.show(frame, self._filter.text, ages)
        hidden = shown < len(frame)
        said = self._words("matrix.shown", shown=shown, count=len(frame)) if hidden else ""
        self._count.show(markup.note("plain", said))


def refresh_button(session: Session, words: Words) -> Button:
    """Make the button that lists the store again."""

    def refresh() -> Told:
        session.refresh()
        if session.error is not None:
            return "bad", [words.error(session.error), str(session.error)]
        done = words("refresh.done", time=f"{dt.datetime.now(dt.UTC):%H:%M:%S}")
        session.note(PYTHON_LIST, done)
        return "good", [done]

    return Button(words("refresh"), refresh, busy=words("refresh.busy"))
