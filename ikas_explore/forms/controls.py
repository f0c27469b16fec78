"""What a person fills in and clicks: a control per field, and buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import ipywidgets as widgets

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.forms.markup import Kind, note
from ikas_explore.forms.schema_fields import NUMBERS, Field
from ikas_explore.forms.words import Words
from ikas_explore.values.names import did_you_mean, read_texts

#: A message about a form: its kind, and its sentences.
Told = tuple[Kind, list[str]]


class Judgement(NamedTuple):
    """What to say beside a text, and why it cannot be used, if so."""

    kind: Kind
    said: str
    problem: str | None = None


class Control(Protocol):
    """A field of a form, whatever it is made of."""

    name: str

    @property
    def widget(self) -> widgets.Widget: ...
    @property
    def value(self) -> Any: ...
    @value.setter
    def value(self, value: Any) -> None: ...
    @property
    def problem(self) -> str | None:
        """Why the value cannot be used, in words; None when it can."""
        ...

    def observe(self, changed: Callable[[], None]) -> None:
        """Have a function called after every change, whoever made it."""
        ...


#: The layout and the style of each kind of widget. All forms share them and set nothing in them:
#: a widget with its own is three models, for the kernel and for the page.
_LOOKS: dict[type[widgets.Widget], widgets.Widget] = {}


def make(kind: Any, *names: str, **traits: Any) -> Any:
    """Make a widget under classes of the style sheet."""
    traits["layout"] = _look(widgets.Layout)
    if hasattr(kind, "style"):
        traits["style"] = _look(kind.style.klass)
    return kind(_dom_classes=names, **traits)


def _look(kind: type[widgets.Widget]) -> widgets.Widget:
    if kind not in _LOOKS or _LOOKS[kind].comm is None:  # somebody closed all widgets
        _LOOKS[kind] = kind()
    return _LOOKS[kind]


def stack(*children: widgets.Widget, name: str = "ikas-stack") -> widgets.VBox:
    """Put widgets under each other."""
    return make(widgets.VBox, name, children=children)


def row(*children: widgets.Widget, name: str = "ikas-row") -> widgets.HBox:
    """Put widgets beside each other."""
    return make(widgets.HBox, name, children=children)


def set_class(widget: widgets.Widget, name: str, there: bool) -> None:
    if there != (name in widget._dom_classes):
        (widget.add_class if there else widget.remove_class)(name)


def show_if(widget: widgets.Widget, shown: bool) -> None:
    """Let a widget take room only when there is something to show."""
    set_class(widget, "ikas-empty", not shown)


def close(widget: widgets.Widget) -> None:
    """Free a widget and those in it."""
    for child in getattr(widget, "children", ()):
        close(child)
    widget.close()


class Markup:
    """A piece of HTML that takes no room while it is empty."""

    def __init__(self, html: str = "", *, name: str = "") -> None:
        self.widget = make(widgets.HTML, *filter(None, (name, "" if html else "ikas-empty")))
        self.show(html)

    def show(self, html: str) -> None:
        if self.widget.value != html:  # what stays the same is not sent again
            self.widget.value = html
        show_if(self.widget, bool(html))


class Button:
    """A button: `act` does it and returns what to say, `ready` says whether it can work now.

    `busy` is what to say meanwhile, empty for what needs no call. `said` is where the outcome of
    the last click goes: close by, so that nobody has to scroll to read it.
    """

    def __init__(
        self,
        label: str,
        act: Callable[[], Told | None],
        *,
        ready: Callable[[], bool] = lambda: True,
        busy: str = "",
        look: str = "",
    ) -> None:
        self.widget = make(widgets.Button, *filter(None, [look]), description=label)
        self.act = act
        self.ready = ready
        self.busy = busy
        self.said = Markup(name="ikas-said") if busy else None
        self.widgets = [self.widget, *([self.said.widget] if self.said else [])]


class TextControl:
    """A field to type into: one text, a number, or a list with one entry per line.

    `offers` are values to choose from, any other can be typed too; `check` judges the text while
    it is typed.
    """

    def __init__(
        self,
        field: Field,
        words: Words,
        *,
        hint: str = "",
        offers: Sequence[str] | None = None,
        check: Callable[[str], Judgement] | None = None,
    ) -> None:
        self.name = field.name
        self._field = field
        self._words = words
        self._check = check
        label = _label(field, words)
        if field.many:
            self._input: Any = make(widgets.Textarea, description=label, rows=2)
        elif offers is not None:
            self._input = make(widgets.Combobox, description=label, options=tuple(offers))
        else:
            self._input = make(widgets.Text, description=label)
        otherwise = words("hint.one_a_line") if field.many else ""
        self._hint = hint or words.known(f"hint.{field.name}", otherwise)
        self._note = Markup(name="ikas-beside")
        self.problem: str | None = None
        self.widget = stack(self._input, self._note.widget, name="ikas-field")
        self._look()

    @property
    def text(self) -> str:
        """What was typed, as it was typed."""
        return str(self._input.value)

    @property
    def value(self) -> Any:
        """The value as ``save()`` takes it; None when nothing was typed."""
        if self._field.many:
            return [line.strip() for line in self.text.splitlines() if line.strip()] or None
        if not self.text:
            return None
        read = NUMBERS.get(self._field.scalar)
        return read(self.text) if read and self.problem is None else self.text

    @value.setter
    def value(self, value: Any) -> None:
        if value is None:
            value = ""
        if self._field.many and not isinstance(value, str):
            value = "\n".join(read_texts(value, self.name))
        elif isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InvalidArgumentError(f"{self.name} takes a text, not {value!r}.")
        text = str(value)
        if any("\ud800" <= each <= "\udfff" for each in text):  # it cannot get to the page
            raise InvalidArgumentError(f"{self.name} holds half a surrogate pair: {text!r}.")
        self._input.value = text

    def offer(self, offers: Sequence[str]) -> None:
        """Offer other values."""
        if self._input.options != tuple(offers):
            self._input.options = tuple(offers)

    def observe(self, changed: Callable[[], None]) -> None:
        def typed(_: object) -> None:
            self._look()
            changed()

        self._input.observe(typed, "value")

    def blame(self, said: str) -> None:
        """Mark the field as the one that is wrong, until something else is entered."""
        self._say("bad", said)

    def _look(self) -> None:
        kind, said, self.problem = self._judged()
        self._say(kind, said)

    def _say(self, kind: Kind, said: str) -> None:
        self._note.show(note(kind, said))
        self._input.tooltip = said  # what a screen reader reads out with the label
        set_class(self.widget, "ikas-wrong", kind == "bad")

    def _judged(self) -> Judgement:
        if not self.text.strip():  # an empty field is no mistake yet
            needed = self._words("problem.required") if self._field.required else None
            return Judgement("plain", self._hint, needed)
        read = NUMBERS.get(self._field.scalar)
        if read is not None:
            try:
                read(self.text)
            except ValueError:
                said = self._words("problem.number")
                return Judgement("bad", said, said)
        return self._check(self.text) if self._check else Judgement("plain", self._hint)


class TickControl:
    """A box to tick. `ask` takes the tick out whenever it is asked about something else."""

    def __init__(self, name: str, label: str = "", *, look: str = "ikas-tick") -> None:
        self.name = name
        self.problem: str | None = None
        self._box = make(widgets.Checkbox, description=label, indent=False)
        self.widget = row(self._box, name=look)
        self.asked: object = None

    @property
    def value(self) -> bool:
        return bool(self._box.value)

    @value.setter
    def value(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise InvalidArgumentError(f"{self.name} takes True or False, not {value!r}.")
        self._box.value = value

    @property
    def disabled(self) -> bool:
        return bool(self._box.disabled)

    def ask(self, about: object, label: str) -> None:
        """Ask for a tick about exactly this; about nothing, the box is off and out of sight."""
        if about != self.asked:
            self.asked = about
            self._box.value = False
        self._box.disabled = not about
        if label:
            self._box.description = label
        show_if(self.widget, bool(about))

    def observe(self, changed: Callable[[], None]) -> None:
        self._box.observe(lambda _: changed(), "value")


class ChoiceControl:
    """One of several values, each with a label: a list to unfold, or buttons of which one is in."""

    problem: str | None = None

    def __init__(self, name: str, kind: type[widgets.Widget], label: str, look: str) -> None:
        self.name = name
        self._offering = False
        self._input = self.widget = make(kind, look, description=label, options=[])

    @property
    def value(self) -> str | None:
        found: str | None = self._input.value
        return found

    @value.setter
    def value(self, value: str | None) -> None:
        values = [each for _, each in self._input.options]
        if value is not None and value not in values:
            near = did_you_mean(str(value), values)
            raise InvalidArgumentError(f"{self.name} cannot be {value!r}.{near}")
        self._input.value = value

    def offer(self, offers: Mapping[str, str]) -> None:
        """Offer values with their labels; the one that is chosen stays if it is among them."""
        options = [(label, value) for value, label in offers.items()]
        if list(self._input.options) == options:
            return
        chosen = self.value
        self._offering = True  # new options choose the first of them
        try:
            self._input.options = options
            self._input.value = chosen if chosen in offers else None
        finally:
            self._offering = False

    def observe(self, changed: Callable[[], None]) -> None:
        self._input.observe(lambda _: None if self._offering else changed(), "value")


def make_control(field: Field, words: Words) -> Control:
    """Make the control of a field nothing more is known of than its type."""
    if field.scalar == "Boolean" and not field.many:
        return TickControl(field.name, _label(field, words))
    return TextControl(field, words)


def _label(field: Field, words: Words) -> str:
    return words.known(f"field.{field.name}", field.name.replace("_", " ").capitalize())
