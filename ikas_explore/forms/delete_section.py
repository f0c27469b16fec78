"""Removing scopes: the preview, the tick that confirms, the button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ikas_explore.forms import markup
from ikas_explore.forms.controls import Button, Markup, TickControl, Told, row, stack
from ikas_explore.forms.form import Section
from ikas_explore.forms.matrix import Matrix
from ikas_explore.forms.session import Session, python_delete
from ikas_explore.forms.words import Words
from ikas_explore.manage.changes import Change, changes_frame

if TYPE_CHECKING:
    from pandas import DataFrame


class Deleting(Section):
    """The part of a form that deletes what is chosen in the matrix."""

    def __init__(self, session: Session, words: Words, matrix: Matrix) -> None:
        self._session = session
        self._words = words
        self._matrix = matrix
        self._confirm = TickControl("confirm")
        self._chosen: list[str] = []
        self._turn = -1
        self._outcomes: DataFrame | None = None
        self._preview = Markup()
        delete = Button(
            words("delete"),
            self._delete,
            ready=lambda: bool(self._changes()) and self._confirm.value,
            busy=words("delete.busy"),
            look="ikas-danger",
        )
        self.controls = [self._confirm]
        self.buttons = {"delete": delete}
        self.widget = stack(
            self._preview.widget,
            self._confirm.widget,
            row(*delete.widgets),
            name="ikas-section",
        )

    @property
    def frame(self) -> DataFrame:
        """The preview, or the outcome until something else is chosen or ikas is asked again."""
        # What was deleted may no longer be there to choose.
        same = self._turn == self._session.turn and self._matrix.value in ([], self._chosen)
        if self._outcomes is not None and same:
            return self._outcomes
        return changes_frame(self._changes())

    def update(self) -> None:
        changes = self._changes()
        label = self._words.count("delete.confirm", len(changes)) if changes else ""
        self._confirm.ask(tuple(changes), label)
        self._preview.show(self._preview_html(changes))

    def _changes(self) -> list[Change]:
        return self._session.deleting(self._matrix.value)

    def _delete(self) -> Told:
        changes = self._changes()
        self._outcomes = None
        self._outcomes = self._session.delete(changes)
        self._chosen, self._turn = self._matrix.value, self._session.turn
        python = python_delete([each.scope for each in changes])
        return self._session.told(self._words, self._outcomes, "delete.done", python)

    def _preview_html(self, changes: list[Change]) -> str:
        words = self._words
        table = markup.changes_table(words, self.frame, name=words("delete.preview"))
        if changes:
            return table + markup.python(words, python_delete([each.scope for each in changes]))
        if table:
            return table
        if not self._session.known:
            return markup.note("plain", words("unlisted"))
        if not self._session.state():
            return markup.note("plain", words("delete.none"))
        return markup.note(
            "plain", words("delete.nothing" if self._matrix.value else "delete.first")
        )
