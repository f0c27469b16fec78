"""Registering scopes: the endpoint, the preview, the tick for taking over, the button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ikas_explore.errors import ArgumentRefusedError
from ikas_explore.forms import markup
from ikas_explore.forms.controls import (
    Button,
    Control,
    Judgement,
    Markup,
    TextControl,
    TickControl,
    Told,
    make_control,
    row,
    show_if,
    stack,
)
from ikas_explore.forms.fields import being_typed, describe, endpoint_problem, only_here
from ikas_explore.forms.form import Section
from ikas_explore.forms.matrix import Matrix
from ikas_explore.forms.session import Session, python_save
from ikas_explore.forms.words import Words
from ikas_explore.manage.changes import KEEP, REPLACE, Change, changes_frame

if TYPE_CHECKING:
    from pandas import DataFrame


class Saving(Section):
    """The part of a form that saves.

    The fields of `input_type`, the generated input of ikas' save, become the controls.
    With `inside`, the scopes are shown in this part, between its required fields and the rest.
    """

    def __init__(
        self,
        session: Session,
        words: Words,
        matrix: Matrix,
        input_type: Any,
        *,
        inside: bool = False,
    ) -> None:
        from ikas_explore.schema import v1

        self._session = session
        self._words = words
        self._matrix = matrix
        fields = [
            each for each in describe(input_type or v1.WebhookInput) if each.name != matrix.name
        ]
        self._endpoint = TextControl(
            next(each for each in fields if each.name == "endpoint"),
            words,
            offers=(),
            check=self._check_endpoint,
        )
        more = [each for each in fields if each.name != "endpoint"]
        self._optional = {each.name: make_control(each, words) for each in more}
        self._replace = TickControl("replace")
        self._told_for: object = None
        self._outcomes: DataFrame | None = None
        self._preview = Markup()
        save = Button(
            words("save"), self._save, ready=self._ready, busy=words("save.busy"), look="ikas-main"
        )
        required = [self._optional[each.name] for each in more if each.required]
        rest = [self._optional[each.name] for each in more if not each.required]
        self.controls: list[Control] = [self._endpoint, *required, *rest, self._replace]
        self.buttons = {"save": save}
        self._rest = stack(*(each.widget for each in rest))
        names = ", ".join(words.known(f"field.{each.name}", each.name) for each in rest)
        self._unfold = TickControl(
            "optional", words("field.optional", names=names), look="ikas-fold"
        )
        self._unfold.observe(self._fold)
        self._fold()
        self.widget = stack(
            *(each.widget for each in (self._endpoint, *required)),
            *([matrix.widget] if inside else []),
            *([self._unfold.widget] if rest else []),
            self._rest,
            self._preview.widget,
            self._replace.widget,
            row(*save.widgets),
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
        """Whether what is registered already is sent as well: an optional field was given."""
        return bool(self._more())

    def update(self) -> None:
        self._fold()
        self._endpoint.offer(self._session.endpoints)
        taken = [each for each in self._changes() if each.action == REPLACE]
        label = self._words.count("save.replace", len(taken)) if taken else ""
        self._replace.ask(tuple(taken), label)
        self._preview.show(self._preview_html())

    def _fold(self) -> None:
        """Show the optional fields when they are asked for, and when something is in them."""
        show_if(self._rest, self._unfold.value or self.resends)

    def _check_endpoint(self, text: str) -> Judgement:
        problem = endpoint_problem(text, allow_http=self._session.allow_http)
        if problem is None:
            # A sandbox can push to an endpoint on this machine, which is the usual one there.
            return Judgement(
                "good", self._words("good.here" if only_here(text) else "good.endpoint")
            )
        said = self._words(f"problem.{problem}")
        if being_typed(text):
            return Judgement("plain", self._words("hint.endpoint"), said)
        return Judgement("bad", said, said)

    def _more(self) -> dict[str, Any]:
        """Return the further arguments of the save: what was given of the other fields."""
        given = {name: control.value for name, control in self._optional.items()}
        return {name: value for name, value in given.items() if value not in (None, False)}

    def _now(self) -> object:
        return self._endpoint.value, self._matrix.value, self._more(), self._session.turn

    def _changes(self) -> list[Change]:
        fields: list[Control] = [self._endpoint, self._matrix, *self._optional.values()]
        if any(each.problem for each in fields):
            return []
        return self._session.saving(self._endpoint.value, self._matrix.value)

    def _sent(self) -> list[Change]:
        changes = self._changes()
        return changes if self.resends else [each for each in changes if each.action != KEEP]

    def _ready(self) -> bool:
        sent = self._sent()
        taken = any(each.action == REPLACE for each in sent)
        done = self._outcomes is not None and not self._outcomes["error"].notna().any()
        repeated = done and self._told_for == self._now()
        return bool(sent) and not repeated and (not taken or self._replace.value)

    def _python(self, sent: list[Change]) -> str:
        scopes = [each.scope for each in sent]
        return python_save(sent[0].endpoint_after or "", scopes, self._more())

    def _save(self) -> Told:
        sent = self._sent()
        python = self._python(sent)
        self._outcomes = None
        self._outcomes = self._session.save(sent, self._more())
        self._told_for = self._now()
        if isinstance(self._session.error, ArgumentRefusedError):
            self._endpoint.blame(self._words("save.refused"))
        return self._session.told(self._words, self._outcomes, "save.done", python)

    def _preview_html(self) -> str:
        words = self._words
        if not self._changes():
            return markup.note("plain", words("save.first" if self._session.known else "unlisted"))
        frame = self.frame
        name = words("column.outcome" if "outcome" in frame.columns else "save.preview")
        table = markup.changes_table(words, frame, name=name, resend=self.resends)
        sent = self._sent()
        below = (
            markup.python(words, self._python(sent))
            if sent
            else markup.note("plain", words("save.nothing"))
        )
        return f"{markup.heading(4, name)}{table}{below}"
