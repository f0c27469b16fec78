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


class Action(Part):
    """A part that previews `changes`; after a click, what came of it until an entry changes."""

    name: str
    #: The field to tick before the click, where the changes need it.
    tick = ""
    look = ""

    def __init__(self, matrix: Matrix) -> None:
        self.changes: Sequence[Change] = ()
        self._matrix = matrix
        self._session = matrix.session
        self._words = words = matrix.words
        self._preview = ""
        self._drawn: object = None
        self._outcomes: DataFrame | None = None
        self._done_for: Sequence[object] = ()  # the entries that they are shown for
        self._tick = TickControl(self.tick)
        self.controls: Sequence[Control] = [self._tick] if self.tick else []
        name, busy = self.name, f"{self.name}.busy"
        self.buttons = [Button(words, name, self._act, self._ready, busy=busy, look=self.look)]

    @property
    def frame(self) -> DataFrame:
        """The preview, or the outcome until an entry is changed or ikas is asked again."""
        outcomes = self._outcome()
        return changes_frame(self.changes) if outcomes is None else outcomes

    def rows(self) -> Sequence[markup.Row]:
        """Return the rows of `frame`, without making one."""
        outcomes = self._outcome()
        if outcomes is not None:
            rows: Sequence[markup.Row] = outcomes.to_dict("records")
            return rows
        return [{**each._asdict(), "action": each.action} for each in self.changes]

    def update(self) -> None:
        self.changes = self._changes()
        self._tick.ask(*self._asked())
        drawn = (self._entries(), self.changes, self._outcome() is None)
        if drawn != self._drawn:
            self._drawn = drawn
            self._preview = self._preview_html()

    def show(self) -> Node:
        tick = [self._tick.show()] if self.tick else []
        [button] = self.buttons
        parts = (*self._above(), html(self._preview), *tick, row(*button.show()))
        return stack(*parts, look="ikas-section")

    def _outcome(self) -> DataFrame | None:
        return self._outcomes if self._entries() in self._done_for else None

    def _apply(self, changes: Sequence[Change], python: str, more: Any = None) -> Told:
        self._outcomes = None
        self._outcomes = self._session.apply(changes, more)
        self._done_for = [self._entries()]
        return self._session.told(self._words, self._outcomes, f"{self.name}.done", python)

    def _entries(self) -> object:
        """Return what the preview follows from."""
        return self._session.turn, self._matrix.value

    def _changes(self) -> Sequence[Change]:
        return ()

    def _asked(self) -> tuple[object, str]:
        """Return what a tick is asked for, and its label."""
        return None, ""

    def _ready(self) -> bool:
        return bool(self.changes) and self._tick.value

    def _above(self) -> Sequence[Node]:
        """Return what is above the preview."""
        return ()

    @abstractmethod
    def _act(self) -> Told: ...

    @abstractmethod
    def _preview_html(self) -> str: ...


class Saving(Action):
    """The part of a form that saves.

    The fields of `input_type`, the generated input of ikas' save, become the controls.
    Scopes that are shown inside are between its required fields and the rest.
    """

    name, tick, look = "save", "replace", "ikas-main"

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

    def _asked(self) -> tuple[object, str]:
        taken = [each for each in self.changes if each.action == REPLACE]
        return taken, self._words.count("save.replace", len(taken)) if taken else ""

    def _entries(self) -> object:
        return super()._entries(), self._endpoint.value, self.given

    def _changes(self) -> Sequence[Change]:
        if any(each.problem for each in (self._endpoint, self._matrix, *self._more.values())):
            return ()
        return self._session.saving(self._endpoint.value, self._matrix.value)

    def _sent(self) -> Sequence[Change]:
        resent = bool(self.given)
        return [each for each in self.changes if resent or each.action != KEEP]

    def _ready(self) -> bool:
        outcome = self._outcome()
        repeated = outcome is not None and not outcome["error"].notna().any()
        return bool(self._sent()) and not repeated and (self._tick.disabled or self._tick.value)

    def _python(self) -> str:
        scopes = [each.scope for each in self._sent()]
        return python_save(self._endpoint.value, scopes, self.given)

    def _act(self) -> Told:
        told = self._apply(self._sent(), self._python(), self.given)
        if isinstance(self._session.error, ArgumentRefusedError):
            self._endpoint.blame(self._words("save.refused"))
        return told

    def _preview_html(self) -> str:
        words = self._words
        if not self.changes:
            return markup.note("plain", words("save.first" if self._session.known else "unlisted"))
        name = words("save.preview" if self._outcome() is None else "column.outcome")
        table = markup.changes_table(words, self.rows(), name=name, resend=bool(self.given))
        nothing = markup.note("plain", words("save.nothing"))
        below = markup.python(words, self._python()) if self._sent() else nothing
        return f"{markup.heading(4, name)}{table}{below}"


class Deleting(Action):
    """The part of a form that deletes what is chosen in the matrix."""

    name, tick, look = "delete", "confirm", "ikas-danger"

    def _changes(self) -> Sequence[Change]:
        return self._session.deleting(self._matrix.value)

    def _asked(self) -> tuple[object, str]:
        count = len(self.changes)
        return self.changes, self._words.count("delete.confirm", count) if count else ""

    def _python(self) -> str:
        return python_delete([each.scope for each in self.changes])

    def _act(self) -> Told:
        told = self._apply(self.changes, self._python())
        # What was deleted may no longer be there to choose.
        self._done_for = [self._entries(), (self._session.turn, [])]
        return told

    def _preview_html(self) -> str:
        words = self._words
        table = markup.changes_table(words, self.rows(), name=words("delete.preview"))
        if table:
            return table + (markup.python(words, self._python()) if self.changes else "")
        if not self._session.known:
            key = "unlisted"
        elif not self._session.state:
            key = "delete.none"
        else:
            key = "delete.nothing" if self._matrix.value else "delete.first"
        return markup.note("plain", words(key))


class Undoing(Action):
    """The part of a form that takes back the last write to its store, whoever made it here."""

    name = "undo"
    asks = False
    _plan: Plan | None = None

    def _entries(self) -> object:
        return self._session.turn

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


class Testing(Action):
    """Sends a signed test event to the endpoint of the line that is selected."""

    name, tick = "test", "confirm_test"

    def __init__(self, matrix: Matrix, secret: Secret) -> None:
        super().__init__(matrix)
        self._secret = secret

    def _changes(self) -> Sequence[Change]:
        held = self._session.deleting(self._matrix.value)
        return held if len(held) == 1 else ()

    def _asked(self) -> tuple[object, str]:
        if not self.changes:
            return None, ""
        [chosen] = self.changes
        scope, endpoint = self._words.scope(chosen.scope), chosen.endpoint_before
        return chosen, self._words("test.confirm", scope=scope, endpoint=endpoint)

    def _act(self) -> Told:
        [chosen], words = self.changes, self._words
        endpoint = chosen.endpoint_before or ""
        sent = push(endpoint, chosen.scope, self._secret, max_attempts=1, synthetic=True)
        error = sent["error"].iloc[0]
        if isinstance(error, str):
            return "bad", [words("test.failed", endpoint=endpoint), error]
        done = words("test.done", endpoint=endpoint, id=sent["delivery_id"].iloc[0])
        return "good", [done]

    def _preview_html(self) -> str:
        return markup.note("plain", self._words("test.about" if self.changes else "test.first"))
