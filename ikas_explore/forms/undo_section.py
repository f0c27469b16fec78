"""Taking back the last change: what that would do, and the button."""

from __future__ import annotations

from ikas_explore.errors import StorageError
from ikas_explore.forms import markup
from ikas_explore.forms.controls import Button, Markup, Told, row, stack
from ikas_explore.forms.form import Section
from ikas_explore.forms.session import PYTHON_UNDO, Session
from ikas_explore.forms.words import Words
from ikas_explore.manage.plan import Plan


class Undoing(Section):
    """The part of a form that takes back the last write to its store, whoever made it here."""

    def __init__(self, session: Session, words: Words) -> None:
        self._session = session
        self._words = words
        self._plan: Plan | None = None
        self._turn = -1
        self._preview = Markup()
        undo = Button(
            words("undo"),
            self._undo,
            ready=lambda: self._plan is not None,
            busy=words("undo.busy"),
        )
        self.buttons = {"undo": undo}
        self.widget = stack(
            self._preview.widget,
            row(*undo.widgets),
            name="ikas-section",
        )

    def update(self) -> None:
        if self._turn == self._session.turn:
            return
        self._turn = self._session.turn
        self._plan = None
        try:
            self._plan = self._session.undoing()
        except StorageError:  # its message is in English only
            said = self._words("undo.unreadable", path=self._session.journal.path)
            self._preview.show(markup.note("bad", said))
        else:
            self._preview.show(self._preview_html(self._plan))

    def _undo(self) -> Told:
        assert self._plan is not None  # noqa: S101 - the button is disabled without one
        outcomes = self._session.undo(self._plan)
        return self._session.told(self._words, outcomes, "undo.done", PYTHON_UNDO)

    def _preview_html(self, plan: Plan | None) -> str:
        words = self._words
        if plan is None:
            key = "undo.nothing" if self._session.known else "unlisted"
            return markup.note("plain", words(key))
        if plan.empty:
            return markup.note("plain", words("undo.stands"))
        table = markup.changes_table(words, plan.changes, name=words("undo.preview"))
        channels = markup.note("warning", words("undo.channels")) if plan.notes else ""
        return f"{table}{channels}{markup.python(words, PYTHON_UNDO)}"
