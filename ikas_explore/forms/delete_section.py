"""Removing scopes: the preview, the tick that confirms, the button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ikas_explore.forms import markup
from ikas_explore.forms.button import Button, Told
from ikas_explore.forms.controls import Control, Markup, TickControl, row, stack
from ikas_explore.forms.outcomes import told
from ikas_explore.forms.session import Session, python_delete
from ikas_explore.forms.words import Words
from ikas_explore.manage.changes import Change, changes_frame

if TYPE_CHECKING:
    from pandas import DataFrame


class Deleting:
    """The part of a form that deletes.

    Parameters
    ----------
    session : Session
    words : Words
    scopes : Control
        Where the scopes are chosen.
    """

    def __init__(self, session: Session, words: Words, scopes: Control) -> None:
        self._session = session
        self._words = words
        self._scopes = scopes
        self._confirm = TickControl("confirm")
        self._chosen: list[str] = []
        self._turn = -1
        self._outcomes: DataFrame | None = None
        self._preview = Markup()
        self._button = Button(
            words("delete"),
            self._delete,
            ready=self._ready,
            busy=words("delete.busy"),
            look="ikas-danger",
        )
        self.controls: Sequence[Control] = [self._confirm]
        self.buttons = {"delete": self._button}
        self.widget = stack(
            Markup(markup.heading(4, words("delete.section"))).widget,
            self._preview.widget,
            self._confirm.widget,
            row(self._button.widget, self._button.said.widget),
            name="ikas-section",
        )

    @property
    def frame(self) -> DataFrame:
        """The preview, or the outcome until something else is chosen or ikas is asked again."""
        if self._outcomes is not None and self._told():
            return self._outcomes
        return changes_frame(self._changes())

    def update(self) -> None:
        changes = self._changes()
        label = self._words.count("delete.confirm", len(changes)) if changes else ""
        self._confirm.ask(tuple(changes), label)
        self._preview.show(self._preview_html(changes))

    def _changes(self) -> list[Change]:
        return self._session.deleting(self._scopes.value)

    def _told(self) -> bool:
        # What was deleted may no longer be there to choose.
        return self._turn == self._session.turn and self._scopes.value in ([], self._chosen)

    def _ready(self) -> bool:
        return self._session.known and bool(self._changes()) and self._confirm.value

    def _delete(self) -> Told:
        changes = self._changes()
        self._outcomes = None
        self._outcomes = self._session.delete(changes)
        self._chosen, self._turn = self._scopes.value, self._session.turn
        python = python_delete([each.scope for each in changes])
        return told(self._session, self._words, self._outcomes, "delete.done", python)

    def _preview_html(self, changes: list[Change]) -> str:
        words = self._words
        name = words("delete.preview")
        if not changes:
            if self._outcomes is not None and self._told():
                return markup.changes_table(words, self._outcomes, name=name)
            if not self._session.known:
                return markup.note("plain", words("unlisted"))
            if not self._session.state():
                return markup.note("plain", words("delete.none"))
            key = "delete.nothing" if self._scopes.value else "delete.first"
            return markup.note("plain", words(key))
        table = markup.changes_table(words, self.frame, name=name)
        python = python_delete([each.scope for each in changes])
        return f"{table}{markup.code(words('python'), [python])}"
