"""The parts of a form that act: a preview of what a click will change, a tick, the button."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ikas_explore.deliveries.push import push
from ikas_explore.errors import ArgumentRefusedError, StorageError
from ikas_explore.forms import markup
from ikas_explore.forms.controls import (
    Button,
    Control,
    Part,
    TextControl,
    TickControl,
    make_control,
)
from ikas_explore.forms.endpoints import judge_endpoint
from ikas_explore.forms.markup import Told
from ikas_explore.forms.matrix import Matrix
from ikas_explore.forms.session import PYTHON_UNDO, python_delete, python_save
from ikas_explore.forms.view import Node, html, row, show_if, stack
from ikas_explore.manage.changes import KEEP, REPLACE, Change, changes_frame
from ikas_explore.manage.plan import Plan
from ikas_explore.values.secret import Secret

if TYPE_CHECKING:
    from pandas import DataFrame


class Look(NamedTuple):
    """What an action would change now, and how that is shown.

    `ready` says whether a click could do it, `asked` what has to be ticked before, with its label.
    """

    html: str
    changes: Sequence[Change] = ()
    ready: bool = False
    asked: object = None
    label: str = ""


class Action(Part):
    """A part that shows what a click will change; then what came of it, until an entry changes."""

    #: The field to tick before the click, where the changes need it.
    tick = ""
    style = ""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._session = matrix.session
        self._words = words = matrix.words
        self._look = Look("")
        self._looked_for: object = None
        self._outcomes: DataFrame | None = None
        self._done_for: Sequence[object] = ()  # the entries that they are shown for
        self._tick = TickControl(self.tick)
        self.controls: Sequence[Control] = [self._tick] if self.tick else []
        name, busy = self.name, f"{self.name}.busy"
        self.buttons = [Button(words, name, self._act, self._ready, busy=busy, look=self.style)]

    @property
    def frame(self) -> DataFrame:
        """The preview, or the outcome until an entry is changed or ikas is asked again."""
        outcomes = self._outcome()
        return changes_frame(self._look.changes) if outcomes is None else outcomes

    def rows(self, changes: Sequence[Change] | None = None) -> Sequence[markup.Row]:
        """Return the rows of `frame`, without making one."""
        outcomes = self._outcome()
        if outcomes is not None:
            rows: Sequence[markup.Row] = outcomes.to_dict("records")
            return rows
        shown = self._look.changes if changes is None else changes
        return [{**each._asdict(), "action": each.action} for each in shown]

    def update(self) -> None:
        entries = self._entries()
        if entries != self._looked_for:
            self._looked_for, self._look = entries, self.look()
        self._tick.ask(self._look.asked, self._look.label)

    def show(self) -> Node:
        tick = [self._tick.show()] if self.tick else []
        [button] = self.buttons
        parts = (*self._above(), html(self._look.html), *tick, row(*button.show()))
        return stack(*parts, look="ikas-section")

    def _outcome(self) -> DataFrame | None:
        return self._outcomes if self._entries() in self._done_for else None

    def _apply(self, changes: Sequence[Change], python: str, more: Any = None) -> Told:
        self._outcomes = None
        self._outcomes = self._session.apply(changes, more)
        self._done_for = [self._entries()]
        return self._session.told(self._words, self._outcomes, f"{self.name}.done", python)

    def _ready(self) -> bool:
        return self._look.ready and (self._tick.value or not self._look.asked)

    def _entries(self) -> object:
        """Return all that a look follows from."""
        return self._session.turn, self._matrix.value

    def _above(self) -> Sequence[Node]:
        """Return what is above the preview."""
        return ()

    @abstractmethod
    def look(self) -> Look: ...

    @abstractmethod
    def _act(self) -> Told: ...


class Saving(Action):
    """The part of a form that saves.

    The fields of `input_type`, the generated input of ikas' save, become the controls.
    Scopes that are shown inside are between its required fields and the rest.
    """

    name, tick, style = "save", "replace", "ikas-main"

    def __init__(self, matrix: Matrix, input_type: Any) -> None:
        from ikas_explore.schema import v1

        super().__init__(matrix)
        words, allow_http = matrix.words, matrix.session.allow_http
        # sgqlc names a type in GraphQL's own notation.
        fields: Any = input_type or v1.WebhookInput
        kinds = {each.name: each.type.__name__ for each in fields}
        self._endpoint = TextControl(
            "endpoint",
            words,
            kind=kinds.pop("endpoint"),
            offers=(),
            check=lambda text: judge_endpoint(words, text, allow_http=allow_http),
        )
        del kinds[matrix.name]
        self._more = {name: make_control(name, kind, words) for name, kind in kinds.items()}
        self._required = [each for name, each in self._more.items() if kinds[name].endswith("!")]
        self._rest = [each for each in self._more.values() if each not in self._required]
        names = ", ".join(words.field(each.name) for each in self._rest)
        self._unfold = TickControl(
            "optional", words("field.optional", names=names), look="ikas-fold"
        )
        self.controls = [self._endpoint, *self._required, *self._rest, self._tick]

    @property
    def given(self) -> dict[str, Any]:
        """The further arguments of the save; with them what is registered already is sent too."""
        given = {name: control.value for name, control in self._more.items()}
        return {name: value for name, value in given.items() if value not in (None, False)}

    def update(self) -> None:
        self._endpoint.offers = self._session.endpoints
        super().update()

    def _above(self) -> Sequence[Node]:
        unfolded = self._unfold.value or bool(self.given)
        return [
            *(each.show() for each in (self._endpoint, *self._required)),
            *([self._matrix.show()] if self._matrix.inside else []),
            *([self._unfold.show()] if self._rest else []),
            show_if(unfolded, stack(*(each.show() for each in self._rest))),
        ]

    def _entries(self) -> object:
        return super()._entries(), self._endpoint.value, self.given

    def look(self) -> Look:
        words, session = self._words, self._session
        fields = (self._endpoint, self._matrix, *self._more.values())
        changes: Sequence[Change] = ()
        if not any(each.problem for each in fields):
            changes = session.saving(self._endpoint.value, self._matrix.value)
        if not changes:
            return Look(markup.note("plain", words("save.first" if session.known else "unlisted")))
        sent, outcome = self._sent(changes), self._outcome()
        name = words("save.preview" if outcome is None else "column.outcome")
        table = markup.changes_table(words, self.rows(changes), name=name, resend=bool(self.given))
        nothing = markup.note("plain", words("save.nothing"))
        below = markup.python(words, self._python(sent)) if sent else nothing
        repeated = outcome is not None and not outcome["error"].notna().any()
        taken = [each for each in changes if each.action == REPLACE]
        return Look(
            f"{markup.heading(4, name)}{table}{below}",
            changes,
            ready=bool(sent) and not repeated,
            asked=taken,
            label=words.count("save.replace", len(taken)) if taken else "",
        )

    def _sent(self, changes: Sequence[Change]) -> Sequence[Change]:
        resent = bool(self.given)
        return [each for each in changes if resent or each.action != KEEP]

    def _python(self, sent: Sequence[Change]) -> str:
        return python_save(self._endpoint.value, [each.scope for each in sent], self.given)

    def _act(self) -> Told:
        sent = self._sent(self._look.changes)
        told = self._apply(sent, self._python(sent), self.given)
        if isinstance(self._session.error, ArgumentRefusedError):
            self._endpoint.blame(self._words("save.refused"))
        return told


class Deleting(Action):
    """The part of a form that deletes what is chosen in the matrix."""

    name, tick, style = "delete", "confirm", "ikas-danger"

    def look(self) -> Look:
        words, session = self._words, self._session
        changes = session.deleting(self._matrix.value)
        shown = markup.changes_table(words, self.rows(changes), name=words("delete.preview"))
        if changes:
            python = markup.python(words, python_delete([each.scope for each in changes]))
            label = words.count("delete.confirm", len(changes))
            return Look(shown + python, changes, ready=True, asked=changes, label=label)
        if not session.known:
            key = "unlisted"
        elif not session.state:
            key = "delete.none"
        else:
            key = "delete.nothing" if self._matrix.value else "delete.first"
        return Look(shown or markup.note("plain", words(key)))

    def _act(self) -> Told:
        changes = self._look.changes
        told = self._apply(changes, python_delete([each.scope for each in changes]))
        # What was deleted may no longer be there to choose.
        self._done_for = [self._entries(), (self._session.turn, [])]
        return told


class Undoing(Action):
    """The part of a form that takes back the last write to its store, whoever made it here."""

    name = "undo"
    asks = False
    _plan: Plan | None = None

    def _entries(self) -> object:
        return self._session.turn

    def _act(self) -> Told:
        assert self._plan is not None  # noqa: S101 - the button is disabled without one
        outcomes = self._session.undo(self._plan)
        return self._session.told(self._words, outcomes, "undo.done", PYTHON_UNDO)

    def look(self) -> Look:
        words, self._plan = self._words, None
        try:
            plan = self._plan = self._session.undoing()
        except StorageError:  # its message is in English only
            said = words("undo.unreadable", path=self._session.journal.path)
            return Look(markup.note("bad", said))
        if plan is None:
            key = "undo.nothing" if self._session.known else "unlisted"
            return Look(markup.note("plain", words(key)))
        if plan.empty:
            return Look(markup.note("plain", words("undo.stands")), ready=True)
        rows = plan.changes.to_dict("records")
        table = markup.changes_table(words, rows, name=words("undo.preview"))
        channels = markup.note("warning", words("undo.channels")) if plan.notes else ""
        return Look(f"{table}{channels}{markup.python(words, PYTHON_UNDO)}", ready=True)


class Testing(Action):
    """Sends a signed test event to the endpoint of the line that is selected."""

    name, tick = "test", "confirm_test"

    def __init__(self, matrix: Matrix, secret: Secret) -> None:
        super().__init__(matrix)
        self._secret = secret

    def look(self) -> Look:
        words = self._words
        changes = self._session.deleting(self._matrix.value)
        if len(changes) != 1:
            return Look(markup.note("plain", words("test.first")))
        [chosen] = changes
        scope, endpoint = words.scope(chosen.scope), chosen.endpoint_before
        label = words("test.confirm", scope=scope, endpoint=endpoint)
        about = markup.note("plain", words("test.about"))
        return Look(about, changes, ready=True, asked=chosen, label=label)

    def _act(self) -> Told:
        [chosen], words = self._look.changes, self._words
        endpoint = chosen.endpoint_before or ""
        sent = push(endpoint, chosen.scope, self._secret, max_attempts=1, synthetic=True)
        error = sent["error"].iloc[0]
        if isinstance(error, str):
            return "bad", [words("test.failed", endpoint=endpoint), error]
        done = words("test.done", endpoint=endpoint, id=sent["delivery_id"].iloc[0])
        return "good", [done]
