"""The manager: all scopes of a store in one matrix, with save, delete and undo in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from ikas_explore.forms import markup
from ikas_explore.forms.actions import Deleting, Saving, Testing, Undoing
from ikas_explore.forms.controls import ChoiceControl, Control, Markup, show_if, stack
from ikas_explore.forms.form import Form, Section
from ikas_explore.forms.matrix import Lines, Matrix
from ikas_explore.forms.scope_rows import TABLE, Line, lines_frame, table
from ikas_explore.forms.session import Session
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journal
from ikas_explore.text.html_table import escape
from ikas_explore.values.protocols import WebhookStore
from ikas_explore.values.secret import Secret

if TYPE_CHECKING:
    from pandas import DataFrame


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
        self._matrix = Matrix(self._session, words, "all")
        panels: dict[str, Section] = {
            "save": Saving(self._session, words, self._matrix, input_type),
            "delete": Deleting(self._session, words, self._matrix),
            "undo": Undoing(self._session, words),
        }
        if client_secret is not None:
            panels["test"] = Testing(self._session, words, self._matrix, client_secret)
        choice = Panels(panels, self._matrix, words, ["save", "delete", "test"])
        log = _Log(self._session, words)
        super().__init__(
            words,
            [self._matrix, choice, *panels.values(), log],
            self._session.name,
            [self._matrix.head, self._matrix.widget, choice.widget, log.widget],
            self._session.failed(words),
        )
        self.shown = self._matrix.check

    @property
    def title(self) -> str:
        if not self._session.known:
            return self.words("matrix.unknown", store=self.about)
        states = [line["state"] for line in self.lines]
        return self.words(
            "matrix.title",
            store=self.about,
            registered=states.count("registered"),
            count=len(states),
        )

    @property
    def lines(self) -> Sequence[Line]:
        """What is known of each scope, a filter aside."""
        return self._matrix.lines

    @property
    def frame(self) -> DataFrame:
        """The matrix: ``store, scope, state, endpoint, created_at, updated_at``.

        The state is ``unknown`` for as long as the store was never listed.
        """
        return lines_frame(self.lines)

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self.lines, TABLE)


class Panels(Section):
    """One panel at a time, close to the table: what is selected, filled in or clicked opens it.

    Those in `asks` work on the lines selected; the first of them opens for a new selection.
    """

    def __init__(
        self, panels: Mapping[str, Section], lines: Lines, words: Words, asks: Sequence[str]
    ) -> None:
        self._panels = panels
        self._lines = lines
        self._asks = asks
        self._choice = ChoiceControl(
            "panel", widgets.RadioButtons, words("field.panel"), "ikas-choice"
        )
        self._choice.offer({name: words(f"{name}.panel") for name in panels})
        self._choice.value = asks[0]
        self._chosen: list[str] = []
        self.controls = [self._choice]
        for name, panel in panels.items():
            for control in panel.controls:
                control.observe(partial(self._filled, name, control))
            for button in panel.buttons.values():
                button.widget.on_click(partial(self._open, name))
        self.widget = stack(
            self._choice.widget, *(panel.widget for panel in panels.values()), name="ikas-panels"
        )

    def update(self) -> None:
        chosen = self._lines.value
        if chosen and chosen != self._chosen and self._choice.value not in self._asks:
            self._open(self._asks[0])
        self._chosen = chosen
        for name, panel in self._panels.items():
            show_if(panel.widget, name == self._choice.value)

    def _filled(self, name: str, control: Control) -> None:
        if control.value:
            self._open(name)

    def _open(self, name: str, _button: object = None) -> None:
        self._choice.value = name


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
