"""The manager: all scopes of a store in one matrix, with save, delete and undo in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ikas_explore.forms import markup
from ikas_explore.forms.controls import Markup, row, stack
from ikas_explore.forms.delete_section import Deleting
from ikas_explore.forms.form import Form, Section
from ikas_explore.forms.matrix import COLUMNS, Matrix, table
from ikas_explore.forms.save_section import Saving
from ikas_explore.forms.session import Session
from ikas_explore.forms.undo_section import Undoing
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journal
from ikas_explore.text.html_table import escape
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame


class Manager(Form):
    """See and change all of a store's webhooks; made by ``store.webhooks.manager()``.

    Fields ``filter``, ``scopes`` (the lines selected), ``endpoint``, ``sales_channel_ids``,
    ``replace``, ``confirm``; buttons ``refresh``, ``save``, ``delete``, ``undo``. For many
    stores there is ``fleet.manager()``.

    `fill`, `click`, `message` and `problems` are those of every `Form`.
    """

    def __init__(
        self,
        registry: WebhookStore,
        *,
        journal: Journal | None = None,
        allow_http: bool = False,
        language: str | None = None,
        input_type: Any = None,
    ) -> None:
        words = Words(language)
        self._session = Session(registry, journal=journal, allow_http=allow_http)
        self._matrix = Matrix(self._session, words, "all")
        saving = Saving(self._session, words, self._matrix, input_type)
        deleting = Deleting(self._session, words, self._matrix)
        undoing = Undoing(self._session, words)
        log = _Log(self._session, words)
        panels = row(saving.widget, stack(deleting.widget, undoing.widget), name="ikas-panels")
        super().__init__(
            words,
            [self._matrix, saving, deleting, undoing, log],
            about=self._session.name,
            shown=[self._matrix.head, self._matrix.widget, panels, log.widget],
            error=self._session.error,
        )

    @property
    def title(self) -> str:
        if not self._session.known:
            return self.words("matrix.unknown", store=self.about)
        states = self._matrix.frame["state"].tolist()
        return self.words(
            "matrix.title",
            store=self.about,
            registered=states.count("registered"),
            count=len(states),
        )

    @property
    def frame(self) -> DataFrame:
        """The matrix: ``store, scope, state, endpoint, created_at, updated_at``.

        The state is ``unknown`` for as long as the store was never listed.
        """
        return self._matrix.frame.copy()

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self.frame, ["scope", *COLUMNS["all"]])


class _Log(Section):
    """The part of the manager that lists what was done in this session."""

    def __init__(self, session: Session, words: Words) -> None:
        self._session = session
        self._words = words
        self._list = Markup()
        title = Markup(markup.heading(4, words("log")))
        self.widget = stack(title.widget, self._list.widget, name="ikas-section")

    def update(self) -> None:
        items = "".join(
            f"<li>{done.at:%H:%M:%S} UTC · {escape(done.outcome)}"
            f'<div class="ikas-python"><code>{escape(done.python)}</code></div></li>'
            for done in self._session.log
        )
        nothing = markup.note("plain", self._words("log.nothing"))
        self._list.show(f'<ol class="ikas-log">{items}</ol>' if items else nothing)
