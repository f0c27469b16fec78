"""The two small forms: one registers an endpoint for scopes, one removes webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ikas_explore.forms import markup
from ikas_explore.forms.actions import Deleting, Saving
from ikas_explore.forms.form import Form
from ikas_explore.forms.matrix import Matrix
from ikas_explore.forms.scope_rows import table
from ikas_explore.forms.session import Session
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journal
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame


class SaveForm(Form):
    """Register an endpoint for scopes; made by ``store.webhooks.save_form()``.

    Fields ``endpoint``, ``scopes``, ``sales_channel_ids``, ``replace``; buttons ``save``,
    ``refresh`` and one per resource (``order``, ...) for all of its scopes or none.

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
        session = Session(registry, journal=journal, allow_http=allow_http)
        matrix = Matrix(session, words, "registrable")
        self._saving = Saving(session, words, matrix, input_type, inside=True)
        shown = [matrix.head, self._saving.widget]
        super().__init__(words, [matrix, self._saving], session.name, shown, session.failed(words))

    @property
    def title(self) -> str:
        return self.words("save.title", store=self.about)

    @property
    def frame(self) -> DataFrame:
        """The preview ``store, scope, action, endpoint_before, endpoint_after``.

        After a save also ``outcome`` and ``error``, until an entry is changed.
        """
        return self._saving.frame

    def table(self) -> tuple[list[str], list[list[str]]]:
        return markup.changes(self.words, self._saving.rows(), resend=self._saving.resends)


class DeleteForm(Form):
    """Remove webhooks; made by ``store.webhooks.delete_form()``.

    Fields ``scopes``, ``confirm``; buttons ``delete``, ``refresh``. Otherwise as `SaveForm`.
    """

    def __init__(
        self, registry: WebhookStore, *, journal: Journal | None = None, language: str | None = None
    ) -> None:
        words = Words(language)
        session = Session(registry, journal=journal)
        self._matrix = Matrix(session, words, "registered")
        self._deleting = Deleting(session, words, self._matrix)
        shown = [self._matrix.head, self._matrix.widget, self._deleting.widget]
        parts = [self._matrix, self._deleting]
        super().__init__(words, parts, session.name, shown, session.failed(words))

    @property
    def title(self) -> str:
        return self.words("delete.title", store=self.about)

    @property
    def frame(self) -> DataFrame:
        """The preview or the outcome, as in `SaveForm`."""
        return self._deleting.frame

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self._matrix.lines, ["scope", "endpoint", "created_at"])
