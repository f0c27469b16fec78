"""Taking back the last change: what that would do, and the button."""

from __future__ import annotations

from collections.abc import Sequence

from ikas_explore.errors import StorageError
from ikas_explore.forms import markup
from ikas_explore.forms.button import Button, Told
from ikas_explore.forms.controls import Control, Markup, row, stack
from ikas_explore.forms.outcomes import told
from ikas_explore.forms.session import PYTHON_UNDO, Session
from ikas_explore.forms.words import Words
from ikas_explore.manage.plan import Plan


class Undoing:
    """The part of a form that takes back the last write to its store, whoever made it here.

    Parameters
    ----------
    session : Session
    words : Words
    """

    def __init__(self, session: Session, words: Words) -> None:
        self._session = session
        self._words = words
        self._plan: Plan | None = None
        self._turn = -1
        self._preview = Markup()
        self._button = Button(words("undo"), self._undo, ready=self._ready, busy=words("undo.busy"))
        self.controls: Sequence[Control] = []
        self.buttons = {"undo": self._button}
        self.widget = stack(
            Markup(markup.heading(4, words("undo.section"))).widget,
            self._preview.widget,
            row(self._button.widget, self._button.said.widget),
            name="ikas-section",
        )

    def update(self) -> None:
        if self._turn == self._session.turn:
            return
        self._turn = self._session.turn
        try:
            self._plan = self._session.undoing()
        except StorageError:  # what is wrong with the file stands in no language but one
            self._plan = None
            said = self._words("undo.unreadable", path=self._session.journal.path)
            self._preview.show(markup.note("bad", said))
            return
        self._preview.show(self._preview_html(self._plan))

    def _ready(self) -> bool:
        return self._session.known and self._plan is not None

    def _undo(self) -> Told:
        assert self._plan is not None  # noqa: S101 - the button is disabled without one
        outcomes = self._session.undo(self._plan)
        return told(self._session, self._words, outcomes, "undo.done", PYTHON_UNDO)

    def _preview_html(self, plan: Plan | None) -> str:
        words = self._words
        if plan is None:
            key = "undo.nothing" if self._session.known else "unlisted"
            return markup.note("plain", words(key))
        if plan.empty:
            return markup.note("plain", words("undo.stands"))
        name = words("undo.preview")
        table = markup.changes_table(words, plan.changes, name=name)
        channels = markup.note("warning", words("undo.channels")) if plan.notes else ""
        return f"{table}{channels}{markup.code(words('python'), [PYTHON_UNDO])}"
