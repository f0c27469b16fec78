"""Registering scopes: the endpoint, the preview, the tick for taking over, the button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.forms import markup
from ikas_explore.forms.button import Button, Told
from ikas_explore.forms.controls import (
    Control,
    Judgement,
    Markup,
    TextControl,
    TickControl,
    make_control,
    row,
    stack,
)
from ikas_explore.forms.fields import (
    being_typed,
    describe,
    endpoint_problem,
)
from ikas_explore.forms.outcomes import told
from ikas_explore.forms.session import Session, python_save
from ikas_explore.forms.words import Words
from ikas_explore.manage.changes import KEEP, REPLACE, Change, changes_frame
from ikas_explore.values.urls import is_private, read_url

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.forms.checklist import Checklist


class Saving:
    """The part of a form that saves.

    Parameters
    ----------
    session : Session
    words : Words
    scopes : Control
        Where the scopes are chosen.
    input_type : type or None
        The generated input type of ikas' save; its fields become the controls. Without one
        v1's ``WebhookInput``.
    inside : Checklist, optional
        Given when the scopes are chosen in this part, between its required fields and the rest.
    beside : Button, optional
        Stands beside the one that saves.
    """

    def __init__(
        self,
        session: Session,
        words: Words,
        scopes: Control,
        input_type: Any,
        *,
        inside: Checklist | None = None,
        beside: Button | None = None,
    ) -> None:
        from ikas_explore.schema import v1

        self._session = session
        self._words = words
        self._scopes = scopes
        asked = describe(input_type or v1.WebhookInput)
        self._fields = {
            field.name: self._endpoint_control(field)
            if field.name == "endpoint"
            else make_control(field, words)
            for field in asked
            if field.name != scopes.name
        }
        required = [f.name for f in asked if f.required and f.name in self._fields]
        self._replace = TickControl("replace")
        self._told_for: object = None
        self._outcomes: DataFrame | None = None
        self._preview = Markup()
        self._button = Button(
            words("save"), self._save, ready=self._ready, busy=words("save.busy"), look="ikas-main"
        )
        first = [self._fields[name] for name in required]
        rest = [each for name, each in self._fields.items() if name not in required]
        chosen: list[Control] = [] if inside is None else [inside]
        self.controls: Sequence[Control] = [*first, *chosen, *rest, self._replace]
        self.buttons = {"save": self._button}
        buttons = [self._button, *([beside] if beside else [])]
        title = Markup("" if inside else markup.heading(4, words("save.section")))
        self.widget = stack(
            title.widget,
            *(control.widget for control in self.controls[:-1]),
            self._preview.widget,
            self._replace.widget,
            row(*(each.widget for each in buttons), *(each.said.widget for each in buttons)),
            name="ikas-section",
        )

    @property
    def frame(self) -> DataFrame:
        """The preview, or the outcome until an entry is changed or ikas is asked again."""
        if self._outcomes is not None and self._told_for == self._now():
            return self._outcomes
        return changes_frame(self._changes())

    @property
    def resends(self) -> bool:
        """Whether what stands so already is sent as well: an optional field was given."""
        return bool(self._more())

    def update(self) -> None:
        endpoint = self._fields["endpoint"]
        if isinstance(endpoint, TextControl):
            endpoint.offer(self._session.endpoints)
        taken = [each for each in self._changes() if each.action == REPLACE]
        label = self._words.count("save.replace", len(taken)) if taken else ""
        self._replace.ask(tuple(taken), label)
        self._preview.show(self._preview_html())

    def _endpoint_control(self, field: Any) -> TextControl:
        return TextControl(field, self._words, offers=(), check=self._check_endpoint)

    def _check_endpoint(self, text: str) -> Judgement:
        local = self._session.allow_http
        problem = endpoint_problem(text, allow_http=local)
        if problem is not None:
            said = self._words(f"problem.{problem}")
            if being_typed(text):
                return Judgement("plain", self._words("hint.endpoint"), said)
            return Judgement("bad", said, said)
        # One that only a sandbox can push to is the usual one there: it is told, not warned of.
        here = local and is_private(read_url(text).host)
        return Judgement("good", self._words("good.here" if here else "good.endpoint"))

    def _more(self) -> dict[str, Any]:
        """Return the further arguments of the save: what was given of the optional fields."""
        return {
            name: control.value
            for name, control in self._fields.items()
            if name != "endpoint" and control.value not in (None, False)
        }

    def _now(self) -> object:
        endpoint = self._fields["endpoint"].value
        return endpoint, self._scopes.value, self._more(), self._session.turn

    def _changes(self) -> list[Change]:
        if self._scopes.problem or any(each.problem for each in self._fields.values()):
            return []
        return self._session.saving(self._fields["endpoint"].value, self._scopes.value)

    def _sent(self) -> list[Change]:
        changes = self._changes()
        return changes if self.resends else [each for each in changes if each.action != KEEP]

    def _ready(self) -> bool:
        taken = any(each.action == REPLACE for each in self._changes())
        repeated = self._done() and self._told_for == self._now()
        return (
            self._session.known
            and bool(self._sent())
            and not repeated
            and (not taken or self._replace.value)
        )

    def _done(self) -> bool:
        return self._outcomes is not None and not self._outcomes["error"].notna().any()

    def _save(self) -> Told:
        sent, more = self._sent(), self._more()
        python = python_save(sent[0].endpoint_after or "", [each.scope for each in sent], more)
        self._outcomes = None
        self._outcomes = self._session.save(sent, more)
        self._told_for = self._now()
        return told(self._session, self._words, self._outcomes, "save.done", python)

    def _preview_html(self) -> str:
        words = self._words
        changes = self._changes()
        if not changes:
            return markup.note("plain", words("save.first" if self._session.known else "unlisted"))
        done = "outcome" in self.frame.columns
        name = words("column.outcome" if done else "save.preview")
        table = markup.changes_table(words, self.frame, name=name, resend=self.resends)
        sent = self._sent()
        if not sent:
            return f"{markup.heading(4, name)}{table}{markup.note('plain', words('save.nothing'))}"
        scopes = [each.scope for each in sent]
        python = python_save(sent[0].endpoint_after or "", scopes, self._more())
        return f"{markup.heading(4, name)}{table}{markup.code(words('python'), [python])}"
