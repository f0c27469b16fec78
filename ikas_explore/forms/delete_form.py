"""The form that removes webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ikas_explore.forms.actions import Deleting
from ikas_explore.forms.form import Form
from ikas_explore.forms.lines import table
from ikas_explore.forms.matrix import Matrix
from ikas_explore.forms.session import Session
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journal
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame


class DeleteForm(Form):
    """Remove webhooks; made by ``store.webhooks.delete_form()``.

    Fields ``scopes``, ``confirm``; buttons ``delete``, ``refresh``.

    `fill`, `click`, `message` and `problems` are those of every `Form`.
    """

    def __init__(
        self, registry: WebhookStore, *, journal: Journal | None = None, language: str | None = None
    ) -> None:
        words = Words(language)
        session = Session(registry, journal=journal)
        self._matrix = Matrix(session, words, "registered")
        self._deleting = Deleting(session, words, self._matrix)
        super().__init__(
            words,
            [self._matrix, self._deleting],
            about=session.name,
            shown=[self._matrix.head, self._matrix.widget, self._deleting.widget],
            error=session.error,
        )

    @property
    def title(self) -> str:
        return self.words("delete.title", store=self.about)

    @property
    def frame(self) -> DataFrame:
        """The preview ``store, scope, action, endpoint_before, endpoint_after``.

        After a delete also ``outcome`` and ``error``, until something else is chosen.
        """
        return self._deleting.frame

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self._matrix.lines, ["scope", "endpoint", "created_at"])
