"""Which cell of a notebook shows which form: run again, a cell closes the one it showed before.

ipywidgets keeps every widget, and IPython every result of a cell, until the kernel ends. So a
cell that is run fifty times would keep fifty managers. Without IPython a form goes when nothing
holds it any more; only the one shown last of its kind and store stays, as a page may show it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from IPython import get_ipython


class Form(Protocol):
    """What is shown, and the store it is about."""

    about: str

    def close(self) -> None: ...


class _Shown(NamedTuple):
    """A form on the page: the cell that shows it (None where it is not known), in which run."""

    form: Form
    cell: str | None
    run: int


class _Shell:
    """What is known of IPython: which cell runs now, and what the cells show."""

    def __init__(self, shell: Any) -> None:
        self.shown: list[_Shown] = []
        self.run = 0
        # The cell that runs now began before anybody asked to be told of it.
        self._running: list[str | None] = [_id_of_request(shell)]
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)

    @property
    def cell(self) -> str | None:
        return self._running[-1] if self._running else None

    def _begin(self, info: Any) -> None:
        self.run += 1
        self._running.append(getattr(info, "cell_id", None))

    def _end(self, _result: Any) -> None:
        if self._running:
            self._running.pop()


def _id_of_request(shell: Any) -> str | None:
    """Return the id of the cell that a kernel works on; IPython without a kernel has none."""
    request: dict[str, Any] = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell: str | None = request.get("metadata", {}).get("cellId")
    return cell


_shells: WeakKeyDictionary[Any, _Shell] = WeakKeyDictionary()
_last: dict[tuple[type[Form], str], Form] = {}


def watch() -> _Shell | None:
    """Begin to follow which cell runs; None outside IPython."""
    shell = get_ipython()
    if shell is None:
        return None
    if shell not in _shells:
        _shells[shell] = _Shell(shell)
    return _shells[shell]


def show(form: Form) -> None:
    """Keep a form that is shown now, and close what an earlier run of the cell showed of its kind.

    One that another cell shows too stays.
    """
    at = watch()
    if at is None:
        _last[type(form), form.about] = form
        return
    here, run = at.cell, at.run
    before = [
        each
        for each in at.shown
        if here is not None and each.cell == here and each.run != run and _alike(each.form, form)
    ]
    at.shown = [each for each in at.shown if each not in before]
    at.shown.append(_Shown(form, here, run))
    for each in before:
        if all(each.form is not other.form for other in at.shown):
            each.form.close()


def forget(form: Form) -> None:
    """Stop keeping a form that is closed."""
    for at in _shells.values():
        at.shown = [each for each in at.shown if each.form is not form]
    if _last.get((type(form), form.about)) is form:
        del _last[type(form), form.about]


def _alike(one: Form, other: Form) -> bool:
    return type(one) is type(other) and one.about == other.about
