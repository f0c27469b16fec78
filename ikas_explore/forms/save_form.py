"""The form that registers an endpoint for scopes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ikas_explore.forms import markup
from ikas_explore.forms.button import Button
from ikas_explore.forms.checklist import Checklist
from ikas_explore.forms.controls import Control
from ikas_explore.forms.form import Form
from ikas_explore.forms.listing import refresh_button
from ikas_explore.forms.save_section import Saving
from ikas_explore.forms.session import Session
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journal
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame


class SaveForm(Form):
    """Register an endpoint for scopes; made by ``store.webhooks.save_form()``.

    Fields ``endpoint``, ``scopes``, ``sales_channel_ids``, ``replace``; buttons ``save``,
    ``refresh`` and one a resource (``order``, ...) for all of its scopes or none.

    Parameters
    ----------
    registry : WebhookStore
        Listed once.
    journal : Journal, optional
        Where the save is recorded.
    allow_http : bool, default False
        Accept ``http://`` endpoints: for a store on this machine only.
    language : {"en", "tr"}, optional
        Default: that of the locale.
    input_type : type, optional
        The generated type of ikas' input. Default: v1's ``WebhookInput``.
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
        self._session.refresh()
        checklist = Checklist(words)
        groups = _Groups(checklist, self._session, words)
        self._saving = Saving(
            self._session,
            words,
            checklist,
            input_type,
            inside=checklist,
            beside=groups.refresh,
        )
        super().__init__(words, [self._saving, groups], shown=[self._saving.widget])
        self._open(self._session.error)

    @property
    def title(self) -> str:
        return self.words("save.title", store=self._session.name)

    @property
    def frame(self) -> DataFrame:
        """The preview ``store, scope, action, endpoint_before, endpoint_after``.

        After a save also ``outcome`` and ``error``, until an entry is changed.
        """
        return self._saving.frame

    def table(self) -> tuple[list[str], list[list[str]]]:
        frame = self.frame
        rows = markup.changes_rows(self.words, frame, resend=self._saving.resends)
        return markup.changes_columns(self.words, frame), rows


class _Groups:
    """The buttons for all or none of a resource, and the one that refreshes."""

    def __init__(self, checklist: Checklist, session: Session, words: Words) -> None:
        self.controls: Sequence[Control] = []
        self.refresh = refresh_button(session, words)
        self.buttons = {"refresh": self.refresh}
        for group, widget in checklist.buttons.items():
            self.buttons[group] = Button(widget, partial(checklist.toggle, group))

    def update(self) -> None:
        """Nothing of it follows from the entries."""
