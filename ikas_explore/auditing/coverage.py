"""What is with each scope of each store, for people: the same in the plot and on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ikas_explore.auditing.report import Audit, visible
from ikas_explore.text.printable import first_of

if TYPE_CHECKING:
    from pandas import DataFrame

#: Each state and its letter, as not everybody tells colours apart.
LETTERS: Mapping[str, str] = {
    "registered": "R",
    "missing": "M",
    "wrong host": "W",
    "not asked for": "-",
    "not reached": "?",
}
_WRONG = ("invalid-endpoint", "private-host", "host-not-allowed", "tunnel-host")


class Row(NamedTuple):
    """Stores that have the same states, and the states in the order of the scopes."""

    stores: list[str]
    states: tuple[str, ...]

    @property
    def label(self) -> str:
        """The first of the stores, and how many more."""
        return first_of(map(visible, self.stores), 1)


def states(audit: Audit) -> DataFrame:
    """Return the states of all stores, those with trouble first; see `Audit.states`."""
    import pandas as pd

    there = audit.coverage()
    groups = list(dict.fromkeys(_resource(str(scope)) for scope in there.columns))
    scopes = sorted(map(str, there.columns), key=lambda scope: groups.index(_resource(scope)))
    words = {True: "registered", False: "not asked for"}
    cells = {
        str(store): {
            scope: words[bool(cell)] for scope, cell in zip(there.columns, row, strict=True)
        }
        for store, row in zip(there.index, there.to_numpy(), strict=True)
    }
    found = audit.findings[["rule", "store", "scope"]].fillna("").to_numpy()
    for state, rules in (("missing", ("scope-missing",)), ("wrong host", _WRONG)):
        for rule, store, scope in found:
            if rule in rules and scope in cells.get(store, ()):
                cells[store][scope] = state
    cells |= {store: dict.fromkeys(scopes, "not reached") for store in audit.unreached}
    names = sorted(cells, key=lambda store: (_trouble(cells[store]), store))
    return pd.DataFrame(
        [[cells[store][scope] for scope in scopes] for store in names],
        index=pd.Index(names, dtype=object, name="store"),
        columns=pd.Index(scopes, dtype=object, name="scope"),
        dtype=object,
    )


def rows(table: DataFrame, most: int) -> tuple[list[Row], int]:
    """Return at most so many rows, if need be one for stores alike, and how many are in none."""
    each = [
        Row([str(store)], tuple(cells))
        for store, cells in zip(table.index, table.to_numpy(), strict=True)
    ]
    if len(each) > most:
        alike: dict[tuple[str, ...], list[str]] = {}
        for row in each:
            alike.setdefault(row.states, []).extend(row.stores)
        each = [Row(stores, cells) for cells, stores in alike.items()]
    return each[:most], sum(len(row.stores) for row in each[most:])


def scope_groups(scopes: list[str]) -> list[tuple[str, list[str]]]:
    """Return each resource with what happens to it, in order."""
    groups: dict[str, list[str]] = {}
    for scope in scopes:
        resource = _resource(scope)
        verb = scope.removeprefix("store/").removeprefix(resource).lstrip("/")
        groups.setdefault(visible(resource), []).append(visible(verb))
    return list(groups.items())


def _resource(scope: str) -> str:
    return scope.removeprefix("store/").partition("/")[0]


def _trouble(cells: Mapping[str, str]) -> tuple[bool, int]:
    counts = Counter(cells.values())
    return not counts["not reached"], -counts["missing"] - counts["wrong host"]
