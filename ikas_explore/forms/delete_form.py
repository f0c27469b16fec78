"""The form that removes webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ikas_explore.forms.delete_section import Deleting
from ikas_explore.forms.form import Form
from ikas_explore.forms.listing import Listing
from ikas_explore.forms.markup import time
from ikas_explore.forms.session import Session
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journal
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame


class DeleteForm(Form):
    """Remove webhooks; made by ``store.webhooks.delete_form()``.

    Fields ``scopes``, ``confirm``; buttons ``delete``, ``refresh``.

    Parameters
    ----------
    registry : WebhookStore
        Listed once.
    journal : Journal, optional
        Where the delete is recorded.
    language : {"en", "tr"}, optional
        Default: that of the locale.
    """

    def __init__(
        self, registry: WebhookStore, *, journal: Journal | None = None, language: str | None = None
    ) -> None:
        words = Words(language)
        self._session = Session(registry, journal=journal)
        self._session.refresh()
        self._listing = Listing(self._session, words, everything=False)
        self._deleting = Deleting(self._session, words, self._listing.matrix)
        super().__init__(
            words,
            [self._listing, self._deleting],
            shown=[self._listing.widget, self._deleting.widget],
        )
        self._open(self._session.error)

    @property
    def title(self) -> str:
        return self.words("delete.title", store=self._session.name)

    @property
    def frame(self) -> DataFrame:
        """The preview ``store, scope, action, endpoint_before, endpoint_after``.

        After a delete also ``outcome`` and ``error``, until something else is chosen.
        """
        return self._deleting.frame

    def table(self) -> tuple[list[str], list[list[str]]]:
        columns = ("scope", "endpoint", "created_at")
        rows = [
            [self.words.scope(row["scope"]), row["endpoint"], time(row["created_at"])]
            for row in self._listing.frame.to_dict("records")
        ]
        return [self.words(f"column.{name}") for name in columns], rows
