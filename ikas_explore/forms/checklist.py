"""The scopes to register, as boxes grouped by resource."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import ipywidgets as widgets

from ikas_explore.forms.controls import Markup, row, stack, with_class
from ikas_explore.forms.markup import heading
from ikas_explore.forms.words import Words
from ikas_explore.schema.scopes import Scope, check_scopes


class Checklist:
    """The registrable scopes, a line a resource, each line with a button for all or none.

    Attributes
    ----------
    buttons : dict of str to Button
        By the resource's name.
    """

    def __init__(self, words: Words) -> None:
        self.name = "scopes"
        self.buttons: dict[str, widgets.Button] = {}
        self._words = words
        self._boxes: dict[str, widgets.Checkbox] = {}
        self._groups: dict[str, list[str]] = {}
        self._quiet = False
        self._changed: Callable[[], None] = lambda: None
        for scope in Scope.registrable():
            self._groups.setdefault(scope.group, []).append(str(scope))
        lines = [self._line(group, scopes) for group, scopes in self._groups.items()]
        title = Markup(heading(4, words("field.scopes")))
        self.widget = stack(title.widget, stack(*lines, name="ikas-groups"), name="ikas-field")

    @property
    def value(self) -> list[str]:
        """The scopes ticked, in the order of the catalogue."""
        return [scope for scope, box in self._boxes.items() if box.value]

    @value.setter
    def value(self, value: str | Iterable[str]) -> None:
        wanted = check_scopes(value) if value else []
        self._set(dict.fromkeys(self._boxes, False) | dict.fromkeys(wanted, True))

    @property
    def problem(self) -> str | None:
        return None if self.value else self._words("problem.scopes")

    def toggle(self, group: str) -> None:
        """Tick all scopes of a resource; take the ticks out when all have one."""
        scopes = self._groups[group]
        self._set(dict.fromkeys(scopes, not self._all(group)))

    def observe(self, changed: Callable[[], None]) -> None:
        def ticked(_: object) -> None:
            if not self._quiet:
                self._label_buttons()
                changed()

        self._changed = changed
        for box in self._boxes.values():
            box.observe(ticked, "value")

    def _line(self, group: str, scopes: list[str]) -> widgets.Widget:
        for scope in scopes:
            self._boxes[scope] = widgets.Checkbox(
                value=False, indent=False, description=self._words.scope(scope)
            )
        button = with_class(widgets.Button(), "ikas-small")
        self.buttons[group] = button
        self._label_button(group)
        boxes = row(*(self._boxes[scope] for scope in scopes), name="ikas-ticks")
        return row(button, boxes, name="ikas-group")

    def _set(self, ticks: dict[str, bool]) -> None:
        self._quiet = True  # one change for all of them
        try:
            for scope, ticked in ticks.items():
                self._boxes[scope].value = ticked
        finally:
            self._quiet = False
        self._label_buttons()
        self._changed()

    def _all(self, group: str) -> bool:
        return all(self._boxes[scope].value for scope in self._groups[group])

    def _label_buttons(self) -> None:
        for group in self._groups:
            self._label_button(group)

    def _label_button(self, group: str) -> None:
        what = "none" if self._all(group) else "all"
        named = self._words.known(f"group.{group}", group)
        self.buttons[group].description = self._words(what, group=named)
