"""The forms of a store: the manager, and two that have a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.forms import markup
from ikas_explore.forms.actions import Deleting, Saving, Testing, Undoing
from ikas_explore.forms.form import Form
from ikas_explore.forms.matrix import Matrix
from ikas_explore.forms.scope_rows import TABLE, Line, lines_frame, table
from ikas_explore.forms.session import Session
from ikas_explore.forms.view import Node, html, stack
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journal
from ikas_explore.text.html_table import escape
from ikas_explore.values.secret import Secret

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.values.protocols import WebhookStore


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
        self._saving = Saving(matrix, input_type)
        super().__init__(matrix, [self._saving])

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
        return markup.changes(self.words, self._saving.rows(), resend=bool(self._saving.given))


class DeleteForm(Form):
    """Remove webhooks; made by ``store.webhooks.delete_form()``.

    Fields ``scopes``, ``confirm``; buttons ``delete``, ``refresh``. Otherwise as `SaveForm`.
    """

    def __init__(
        self, registry: WebhookStore, *, journal: Journal | None = None, language: str | None = None
    ) -> None:
        words = Words(language)
        matrix = Matrix(Session(registry, journal=journal), words, "registered")
        self._deleting = Deleting(matrix)
        super().__init__(matrix, [self._deleting])

    @property
    def title(self) -> str:
        return self.words("delete.title", store=self.about)

    @property
    def frame(self) -> DataFrame:
        """The preview or the outcome, as in `SaveForm`."""
        return self._deleting.frame

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self._lines.lines, ["scope", "endpoint", "created_at"])


class Manager(Form):
    """See and change all of a store's webhooks; made by ``store.webhooks.manager()``.

    Fields ``filter``, ``select`` (``shown``, a host or an endpoint: the lines to select),
    ``scopes`` (the lines selected), ``panel`` (``save``, ``delete`` or ``undo``: the one that is
    open), ``endpoint``, ``sales_channel_ids``, ``replace``, ``confirm``; buttons ``refresh``,
    ``check``, ``save``, ``delete``, ``undo``. Where the client secret is known there are the panel
    and the button ``test``, and the field ``confirm_test``. For many stores there is
    ``fleet.manager()``.

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
        client_secret: Secret | None = None,
    ) -> None:
        words = Words(language)
        self._session = Session(registry, journal=journal, allow_http=allow_http)
        matrix = Matrix(self._session, words, "all")
        panels = [Saving(matrix, input_type), Deleting(matrix), Undoing(matrix)]
        if client_secret is not None:
            panels.append(Testing(matrix, client_secret))
        super().__init__(matrix, panels)
        self.shown = matrix.check

    @property
    def title(self) -> str:
        if not self._session.known:
            return self.words("matrix.unknown", store=self.about)
        states = [line["state"] for line in self.lines]
        registered = states.count("registered")
        return self.words(
            "matrix.title", store=self.about, registered=registered, count=len(states)
        )

    @property
    def lines(self) -> Sequence[Line]:
        """What is known of each scope, a filter aside."""
        return self._lines.lines

    @property
    def frame(self) -> DataFrame:
        """The matrix: ``store, scope, state, endpoint, created_at, updated_at``.

        The state is ``unknown`` for as long as the store was never listed.
        """
        return lines_frame(self.lines)

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self.lines, TABLE)

    def _body(self) -> list[Node]:
        items = "".join(
            f"<li>{at:%H:%M:%S} UTC · {escape(outcome)}"
            f'<div class="ikas-python"><code>{escape(python)}</code></div></li>'
            for at, python, outcome in self._session.log
        )
        nothing = markup.note("plain", self.words("log.nothing"))
        log = f'<ol class="ikas-log">{items}</ol>' if items else nothing
        title = markup.heading(4, self.words("log"))
        return [*super()._body(), stack(html(title), html(log), look="ikas-section")]
