"""The parts of a form that act: a preview of what a click will change, a tick, the button."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.deliveries.push import push
from ikas_explore.errors import ArgumentRefusedError, StorageError
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
from ikas_explore.forms.form import Section
from ikas_explore.forms.matrix import Matrix
from ikas_explore.forms.schema_fields import being_typed, describe, endpoint_problem, only_here
from ikas_explore.forms.session import PYTHON_UNDO, Session, python_delete, python_save
from ikas_explore.forms.words import Words
from ikas_explore.manage.changes import KEEP, REPLACE, Change, changes_frame
from ikas_explore.manage.plan import Plan
from ikas_explore.values.secret import Secret

if TYPE_CHECKING:
    from pandas import DataFrame


class Action(Section):
    """A part that previews `changes`; after a click, what came of it until an entry changes."""

    changes: list[Change]

    def __init__(self, session: Session, words: Words, name: str, *, look: str = "") -> None:
        self._session = session
        self._words = words
        self._preview = Markup()
        self._drawn: object = None
        self._outcomes: DataFrame | None = None
        self._done_for: Sequence[object] = ()  # the entries that they are shown for
        self.changes = []
        button = Button(
            words(name), self._act, ready=self._ready, busy=words(f"{name}.busy"), look=look
        )
        self.buttons = {name: button}
        self._button = row(*button.widgets)

    @property
    def frame(self) -> DataFrame:
        """The preview, or the outcome until an entry is changed or ikas is asked again."""
        outcomes = self._outcome()
        return changes_frame(self.changes) if outcomes is None else outcomes

    def rows(self) -> list[dict[Any, Any]]:
        """Return the rows of `frame`, without making one."""
        outcomes = self._outcome()
        if outcomes is not None:
            return outcomes.to_dict("records")
        return [{**each._asdict(), "action": each.action} for each in self.changes]

    def update(self) -> None:
        self.changes = self._changes()
        self._ask()
        now = (self._entries(), self.changes, self._outcome() is None)
        if now != self._drawn:
            self._drawn = now
            self._preview.show(self._preview_html())

    def _outcome(self) -> DataFrame | None:
        return self._outcomes if self._entries() in self._done_for else None

    @abstractmethod
    def _changes(self) -> list[Change]: ...

    @abstractmethod
    def _entries(self) -> object:
        """Return what the preview follows from."""

    def _ask(self) -> None:
        """Ask for the tick that the changes need."""

    @abstractmethod
    def _ready(self) -> bool: ...

    @abstractmethod
    def _act(self) -> Told: ...

    @abstractmethod
    def _preview_html(self) -> str: ...


def judge_endpoint(words: Words, text: str, *, allow_http: bool) -> Judgement:
    """Say what is wrong with an endpoint that is typed in, or that it can be used."""
    problem = endpoint_problem(text, allow_http=allow_http)
    if problem is None:
        # A sandbox can push to an endpoint on this machine, which is the usual one there.
        return Judgement("good", words("good.here" if only_here(text) else "good.endpoint"))
    said = words(f"problem.{problem}")
    if being_typed(text):
        return Judgement("plain", words("hint.endpoint"), said)
    return Judgement("bad", said, said)


class Saving(Action):
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

        super().__init__(session, words, "save", look="ikas-main")
        self._matrix = matrix
        fields = {each.name: each for each in describe(input_type or v1.WebhookInput)}
        self._endpoint = TextControl(
            fields.pop("endpoint"),
            words,
            offers=(),
            check=lambda text: judge_endpoint(words, text, allow_http=session.allow_http),
        )
        fields.pop(matrix.name)
        self._optional = {name: make_control(each, words) for name, each in fields.items()}
        self._replace = TickControl("replace")
        required = [self._optional[name] for name, each in fields.items() if each.required]
        rest = [self._optional[name] for name, each in fields.items() if not each.required]
        self.controls: list[Control] = [self._endpoint, *required, *rest, self._replace]
        self._rest = stack(*(each.widget for each in rest))
        names = ", ".join(words.known(f"field.{each.name}", each.name) for each in rest)
        self._unfold = TickControl(
            "optional", words("field.optional", names=names), look="ikas-fold"
        )
        self._unfold.observe(self._fold)
        self.widget = stack(
            *(each.widget for each in (self._endpoint, *required)),
            *([matrix.widget] if inside else []),
            *([self._unfold.widget] if rest else []),
            self._rest,
            self._preview.widget,
            self._replace.widget,
            self._button,
            name="ikas-section",
        )

    @property
    def resends(self) -> bool:
        """Whether what is registered already is sent as well: an optional field was given."""
        return bool(self._more())

    def update(self) -> None:
        self._fold()
        self._endpoint.offer(self._session.endpoints)
        super().update()

    def _ask(self) -> None:
        taken = [each for each in self.changes if each.action == REPLACE]
        label = self._words.count("save.replace", len(taken)) if taken else ""
        self._replace.ask(tuple(taken), label)

    def _fold(self) -> None:
        """Show the optional fields when they are asked for, and when something is in them."""
        show_if(self._rest, self._unfold.value or self.resends)

    def _more(self) -> dict[str, Any]:
        """Return the further arguments of the save: what was given of the other fields."""
        given = {name: control.value for name, control in self._optional.items()}
        return {name: value for name, value in given.items() if value not in (None, False)}

    def _entries(self) -> object:
        return self._endpoint.value, self._matrix.value, self._more(), self._session.turn

    def _changes(self) -> list[Change]:
        fields: list[Control] = [self._endpoint, self._matrix, *self._optional.values()]
        if any(each.problem for each in fields):
            return []
        return self._session.saving(self._endpoint.value, self._matrix.value)

    def _sent(self) -> list[Change]:
        return [each for each in self.changes if self.resends or each.action != KEEP]

    def _ready(self) -> bool:
        outcome = self._outcome()
        repeated = outcome is not None and not outcome["error"].notna().any()
        return (
            bool(self._sent()) and not repeated and (self._replace.disabled or self._replace.value)
        )

    def _python(self) -> str:
        sent = self._sent()
        return python_save(
            sent[0].endpoint_after or "", [each.scope for each in sent], self._more()
        )

    def _act(self) -> Told:
        sent, python = self._sent(), self._python()
        self._outcomes = None
        self._outcomes = self._session.apply(sent, self._more())
        self._done_for = [self._entries()]
        if isinstance(self._session.error, ArgumentRefusedError):
            self._endpoint.blame(self._words("save.refused"))
        return self._session.told(self._words, self._outcomes, "save.done", python)

    def _preview_html(self) -> str:
        words = self._words
        if not self.changes:
            return markup.note("plain", words("save.first" if self._session.known else "unlisted"))
        name = words("save.preview" if self._outcome() is None else "column.outcome")
        table = markup.changes_table(words, self.rows(), name=name, resend=self.resends)
        below = (
            markup.python(words, self._python())
            if self._sent()
            else markup.note("plain", words("save.nothing"))
        )
        return f"{markup.heading(4, name)}{table}{below}"


class Deleting(Action):
    """The part of a form that deletes what is chosen in the matrix."""

    def __init__(self, session: Session, words: Words, matrix: Matrix) -> None:
        super().__init__(session, words, "delete", look="ikas-danger")
        self._matrix = matrix
        self._confirm = TickControl("confirm")
        self.controls = [self._confirm]
        self.widget = stack(
            self._preview.widget, self._confirm.widget, self._button, name="ikas-section"
        )

    def _entries(self) -> object:
        return self._session.turn, self._matrix.value

    def _changes(self) -> list[Change]:
        return self._session.deleting(self._matrix.value)

    def _ask(self) -> None:
        count = len(self.changes)
        label = self._words.count("delete.confirm", count) if count else ""
        self._confirm.ask(tuple(self.changes), label)

    def _ready(self) -> bool:
        return bool(self.changes) and self._confirm.value

    def _act(self) -> Told:
        changes = self.changes
        self._outcomes = None
        self._outcomes = self._session.apply(changes)
        # What was deleted may no longer be there to choose.
        self._done_for = [self._entries(), (self._session.turn, [])]
        python = python_delete([each.scope for each in changes])
        return self._session.told(self._words, self._outcomes, "delete.done", python)

    def _preview_html(self) -> str:
        words = self._words
        table = markup.changes_table(words, self.rows(), name=words("delete.preview"))
        if self.changes:
            return table + markup.python(
                words, python_delete([each.scope for each in self.changes])
            )
        if table:
            return table
        if not self._session.known:
            return markup.note("plain", words("unlisted"))
        if not self._session.state():
            return markup.note("plain", words("delete.none"))
        return markup.note(
            "plain", words("delete.nothing" if self._matrix.value else "delete.first")
        )


class Undoing(Action):
    """The part of a form that takes back the last write to its store, whoever made it here."""

    def __init__(self, session: Session, words: Words) -> None:
        super().__init__(session, words, "undo")
        self._plan: Plan | None = None
        self.widget = stack(self._preview.widget, self._button, name="ikas-section")

    def _entries(self) -> object:
        return self._session.turn

    def _changes(self) -> list[Change]:
        return []

    def _ready(self) -> bool:
        return self._plan is not None

    def _act(self) -> Told:
        assert self._plan is not None  # noqa: S101 - the button is disabled without one
        outcomes = self._session.undo(self._plan)
        return self._session.told(self._words, outcomes, "undo.done", PYTHON_UNDO)

    def _preview_html(self) -> str:
        words, self._plan = self._words, None
        try:
            plan = self._plan = self._session.undoing()
        except StorageError:  # its message is in English only
            said = words("undo.unreadable", path=self._session.journal.path)
            return markup.note("bad", said)
        if plan is None:
            key = "undo.nothing" if self._session.known else "unlisted"
            return markup.note("plain", words(key))
        if plan.empty:
            return markup.note("plain", words("undo.stands"))
        rows = plan.changes.to_dict("records")
        table = markup.changes_table(words, rows, name=words("undo.preview"))
        channels = markup.note("warning", words("undo.channels")) if plan.notes else ""
        return f"{table}{channels}{markup.python(words, PYTHON_UNDO)}"


class Testing(Section):
    """Sends a signed test event to the endpoint of the line that is selected."""

    def __init__(self, session: Session, words: Words, matrix: Matrix, secret: Secret) -> None:
        self._session = session
        self._words = words
        self._matrix = matrix
        self._secret = secret
        self._confirm = TickControl("confirm_test")
        self._about = Markup()
        send = Button(
            words("test"),
            self._send,
            ready=lambda: self._confirm.value,
            busy=words("test.busy"),
        )
        self.controls = [self._confirm]
        self.buttons = {"test": send}
        parts = (self._about.widget, self._confirm.widget, row(*send.widgets))
        self.widget = stack(*parts, name="ikas-section")

    def _chosen(self) -> Change | None:
        held = self._session.deleting(self._matrix.value)
        return held[0] if len(held) == 1 else None

    def update(self) -> None:
        chosen, words = self._chosen(), self._words
        self._about.show(markup.note("plain", words("test.about" if chosen else "test.first")))
        label = ""
        if chosen is not None:
            scope = words.scope(chosen.scope)
            label = words("test.confirm", scope=scope, endpoint=chosen.endpoint_before)
        self._confirm.ask(chosen, label)

    def _send(self) -> Told:
        chosen, words = self._chosen(), self._words
        assert chosen is not None  # noqa: S101 - the button is disabled without one
        endpoint = chosen.endpoint_before or ""
        sent = push(endpoint, chosen.scope, self._secret, max_attempts=1, synthetic=True)
        error = sent["error"].iloc[0]
        if isinstance(error, str):
            return "bad", [words("test.failed", endpoint=endpoint), error]
        done = words("test.done", endpoint=endpoint, id=sent["delivery_id"].iloc[0])
        return "good", [done]
