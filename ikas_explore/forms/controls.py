"""What a person fills in and clicks: fields by name, and buttons, with what is entered in them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import ipywidgets as widgets

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.forms.markup import Kind, Told, note
from ikas_explore.forms.view import Node, html, row, show_if, stack
from ikas_explore.forms.words import Words
from ikas_explore.values.names import did_you_mean, read_texts

#: What to say beside a text, and why it cannot be used, if so.
Judgement = tuple[Kind, str, str | None]

#: GraphQL's names of the scalars that are numbers, with what reads one.
NUMBERS = {"Int": int, "Float": float}


class Control(Protocol):
    """A field of a form, whatever it is made of."""

    name: str

    @property
    def value(self) -> Any: ...
    @property
    def problem(self) -> str | None:
        """Why the value cannot be used, in words; None when it can."""

    def set(self, value: Any) -> None:
        """Enter a value from Python; InvalidArgumentError says why it cannot be entered."""


class Part(ABC):
    """A part of a form: its fields and its buttons, and what it shows."""

    name: str
    controls: Sequence[Control] = ()
    buttons: Sequence[Button] = ()
    #: Whether it is about the lines that are selected.
    asks = True
    #: What to call after a change that is no entry and no click; set by the form.
    changed: Callable[[], None] = staticmethod(lambda: None)

    @abstractmethod
    def update(self) -> None:
        """Find out what the entries mean now; called after each change."""

    @abstractmethod
    def show(self) -> Node:
        """Return what it shows, as of the last update."""


class Button:
    """A button: `act` does it and returns what to say, `ready` says whether it can work now.

    `busy` names what to say meanwhile, empty for what needs no call. `said` is what came of the
    last click: close by, so that nobody has to scroll to read it.
    """

    def __init__(
        self,
        words: Words,
        name: str,
        act: Callable[[], Told | None],
        ready: Callable[[], bool] = lambda: True,
        *,
        busy: str = "",
        look: str = "",
    ) -> None:
        self.name = name
        self.label = words.known(name, name)
        self.act = act
        self.ready = ready
        self.busy = busy and words(busy)
        self.said = ""
        self.blocked = False  # while a click is acted on
        self._look = look

    @property
    def disabled(self) -> bool:
        return self.blocked or not self.ready()

    def show(self) -> list[Node]:
        traits = {"description": self.label, "disabled": self.disabled}
        button = Node(widgets.Button, self._look, traits, source=self)
        return [button, html(self.said, "ikas-said")] if self.busy else [button]


class TextControl:
    """A field to type into: one text, a number, or a list with one entry per line.

    `kind` is its type in GraphQL's notation, ``[String!]!`` for a list that is required. `offers`
    are values to choose from, any other can be typed too; `check` judges the text while it is
    typed.
    """

    def __init__(
        self,
        name: str,
        words: Words,
        *,
        kind: str = "String",
        hint: str = "",
        offers: Sequence[str] | None = None,
        check: Callable[[str], Judgement] | None = None,
    ) -> None:
        self.name = name
        self.offers = offers
        self.required = kind.endswith("!")
        self._many = kind.startswith("[")
        self._read = NUMBERS.get(kind.strip("[]!"))
        self._words = words
        self._check = check
        otherwise = words("hint.one_a_line") if self._many else ""
        self._hint = hint or words.known(f"hint.{name}", otherwise)
        self.enter("")

    @property
    def value(self) -> Any:
        """The value as ``save()`` takes it; None when nothing was typed."""
        if self._many:
            return [line.strip() for line in self.text.splitlines() if line.strip()] or None
        if not self.text:
            return None
        return self._read(self.text) if self._read and self.problem is None else self.text

    def set(self, value: Any) -> None:
        if value is None:
            value = ""
        if self._many and not isinstance(value, str):
            value = "\n".join(read_texts(value, self.name))
        elif isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InvalidArgumentError(f"{self.name} takes a text, not {value!r}.")
        text = str(value)
        if any("\ud800" <= each <= "\udfff" for each in text):  # it cannot get to the page
            raise InvalidArgumentError(f"{self.name} holds half a surrogate pair: {text!r}.")
        self.enter(text)

    def enter(self, text: str) -> None:
        """Take in what was typed, as it was typed."""
        self.text = text
        self._kind, self._said, self.problem = self._judged()

    def blame(self, said: str) -> None:
        """Mark the field as the one that is wrong, until something else is entered."""
        self._kind, self._said = "bad", said

    def show(self) -> Node:
        kind: Any = widgets.Text
        more: dict[str, Any] = {}
        if self._many:
            kind, more = widgets.Textarea, {"rows": 2}
        elif self.offers is not None:
            kind, more = widgets.Combobox, {"options": tuple(self.offers)}
        label = self._words.field(self.name)
        # A screen reader reads the tooltip out with the label.
        traits = {**more, "description": label, "tooltip": self._said, "value": self.text}
        typed = Node(kind, "", traits, source=self.enter)
        wrong = " ikas-wrong" if self._kind == "bad" else ""
        beside = html(note(self._kind, self._said), "ikas-beside")
        return stack(typed, beside, look=f"ikas-field{wrong}")

    def _judged(self) -> Judgement:
        if not self.text.strip():  # an empty field is no mistake yet
            return "plain", self._hint, self._words("problem.required") if self.required else None
        try:
            _ = self._read and self._read(self.text)
        except ValueError:
            said = self._words("problem.number")
            return "bad", said, said
        return self._check(self.text) if self._check else ("plain", self._hint, None)


class TickControl:
    """A box to tick. `ask` takes the tick out whenever it is asked about something else."""

    problem: str | None = None

    def __init__(self, name: str, label: str = "", *, look: str = "ikas-tick") -> None:
        self.name = name
        self.asked: object = None
        self.disabled = False
        self._label = label
        self._look = look
        self.value = False

    def set(self, value: object) -> None:
        if not isinstance(value, bool):
            raise InvalidArgumentError(f"{self.name} takes True or False, not {value!r}.")
        if self.disabled:
            raise InvalidArgumentError(
                f"The field {self.name!r} is disabled now: there is nothing to fill in."
            )
        self.value = value

    def ask(self, about: object, label: str) -> None:
        """Ask for a tick about exactly this; about nothing, the box is off and out of sight."""
        if about != self.asked:
            self.asked = about
            self.value = False
        self.disabled = not about
        self._label = label or self._label

    def show(self) -> Node:
        traits = {"description": self._label, "indent": False, "disabled": self.disabled}
        entered = partial(setattr, self, "value")
        box = Node(widgets.Checkbox, "", {**traits, "value": self.value}, source=entered)
        return show_if(not self.disabled, row(box, look=self._look))


class ChoiceControl:
    """One of several values, each with a label: a list to unfold, or buttons of which one is in."""

    problem: str | None = None

    def __init__(self, name: str, label: str, *, radio: bool = False) -> None:
        self.name = name
        self._label = label
        self._kind, self._look = (
            (widgets.RadioButtons, "ikas-choice") if radio else (widgets.Dropdown, "ikas-select")
        )
        self._offers: Mapping[str, str] = {}
        self.value: str | None = None

    def set(self, value: str | None) -> None:
        if value is not None and value not in self._offers:
            near = did_you_mean(str(value), self._offers)
            raise InvalidArgumentError(f"{self.name} cannot be {value!r}.{near}")
        self.value = value

    def offer(self, offers: Mapping[str, str]) -> None:
        """Offer values with their labels; the one that is chosen stays if it is among them."""
        self._offers = offers
        if self.value not in offers:
            self.value = None

    def show(self) -> Node:
        options = tuple((label, value) for value, label in self._offers.items())
        traits = {"description": self._label, "options": options, "value": self.value}
        return Node(self._kind, self._look, traits, source=partial(setattr, self, "value"))


def make_control(name: str, kind: str, words: Words) -> TextControl | TickControl:
    """Make the control of a field nothing more is known of than its type in GraphQL's notation."""
    if kind.strip("!") == "Boolean":
        return TickControl(name, words.field(name))
    return TextControl(name, words, kind=kind)
