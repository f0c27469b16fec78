"""The manager: all scopes of a store in one matrix, with save, delete and undo in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.forms import markup
from ikas_explore.forms.button import Button
from ikas_explore.forms.controls import Control, Markup, row, stack
from ikas_explore.forms.delete_section import Deleting
from ikas_explore.forms.form import Form
from ikas_explore.forms.listing import Listing
from ikas_explore.forms.markup import time
from ikas_explore.forms.save_section import Saving
from ikas_explore.forms.session import Session
from ikas_explore.forms.undo_section import Undoing
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journal
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame


class Manager(Form):
    """See and change all of a store's webhooks; made by ``store.webhooks.manager()``.

    Fields ``filter``, ``scopes`` (the lines selected), ``endpoint``, ``sales_channel_ids``,
    ``replace``, ``confirm``; buttons ``refresh``, ``save``, ``delete``, ``undo``. Many
    stores are looked at with ``fleet.manager()``.

    Parameters
    ----------
    registry : WebhookStore
        Listed once.
    journal : Journal, optional
        Where writes are recorded, and where undo finds the last one.
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
        self._listing = Listing(self._session, words, everything=True)
        matrix = self._listing.matrix
        saving = Saving(self._session, words, matrix, input_type)
        deleting = Deleting(self._session, words, matrix)
        undoing = Undoing(self._session, words)
        log = _Log(self._session, words)
        super().__init__(
            words,
            [self._listing, saving, deleting, undoing, log],
            shown=[
                self._listing.widget,
                row(
                    saving.widget,
                    stack(deleting.widget, undoing.widget),
                    name="ikas-panels",
                ),
                log.widget,
            ],
        )
        self._open(self._session.error)

    @property
    def title(self) -> str:
        if not self._session.known:
            return self.words("matrix.unknown", store=self._session.name)
        states = self._listing.frame["state"].tolist()
        return self.words(
            "matrix.title",
            store=self._session.name,
            registered=states.count("registered"),
            count=len(states),
        )

    @property
    def frame(self) -> DataFrame:
        """The matrix: ``store, scope, state, endpoint, created_at, updated_at``.

        The state is ``unknown`` for as long as the store was never listed.
        """
        return self._listing.frame.copy()

    def table(self) -> tuple[list[str], list[list[str]]]:
        return matrix_table(self.words, self.frame)


def matrix_table(
    words: Words, frame: DataFrame, *, store: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Put a matrix into words: the names of its columns, and a list of texts a row."""
    rows = [
        [
            *([row["store"]] if store else []),
            words.scope(row["scope"]),
            words(row["state"]),
            row["endpoint"] if isinstance(row["endpoint"], str) else markup.NONE,
            time(row["created_at"]),
            time(row["updated_at"]),
        ]
        for row in frame.to_dict("records")
    ]
    return matrix_columns(words, store=store), rows


def matrix_columns(words: Words, *, store: bool = False) -> list[str]:
    """Name the columns of a matrix in words."""
    names = ["scope", "state", "endpoint", "created_at", "updated_at"]
    return [words(f"column.{name}") for name in (["store"] if store else []) + names]


class _Log:
    """The part of the manager that tells what was done in this session."""

    def __init__(self, session: Session, words: Words) -> None:
        self._session = session
        self._words = words
        self._list = Markup()
        self.controls: Sequence[Control] = []
        self.buttons: dict[str, Button] = {}
        self.widget = stack(
            Markup(markup.heading(4, words("log"))).widget, self._list.widget, name="ikas-section"
        )

    def update(self) -> None:
        if not self._session.log:
            self._list.show(markup.note("plain", self._words("log.nothing")))
            return
        items = "".join(
            f"<li>{done.at:%H:%M:%S} UTC · {markup.text(done.outcome)}"
            f'<div class="ikas-python"><code>{markup.text(done.python)}</code></div></li>'
            for done in self._session.log
        )
        self._list.show(f'<ol class="ikas-log">{items}</ol>')
