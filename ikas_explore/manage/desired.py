"""What should be registered: read once, from a TOML file, a mapping, a frame or a snapshot.

A file has one table, which says the same as a mapping, and changes for single stores::

    [webhooks]
    "https://example.com/ikas/{store}" = ["store/order/*", "store/stock/updated"]
    "https://crm.example.com/ikas" = ["store/customer/*"]

    [stores.acme]
    without = ["store/stock/*"]

    [stores.acme.webhooks]
    "https://acme.example.com/orders" = ["store/order/created"]

``{store}`` is replaced by the store's name. ``*`` is the only wildcard in a scope and crosses
``/``; a scope that is written out wins over a pattern that matches it too. What is said for one
store wins over what is said for all; ``*`` works in the names of stores as well. With
``allow_unknown = true`` at the top, or as a key of a mapping, scopes that this version does not
know are accepted. A frame or snapshot is taken literally and may name such scopes without it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import InvalidArgumentError, InvalidScopeError, PlanError, StorageError
from ikas_explore.frames.snapshots import is_snapshot, read_snapshot
from ikas_explore.manage.changes import Registered, registered
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.system.files import read_toml
from ikas_explore.text.printable import printable
from ikas_explore.values.names import check_known, did_you_mean, matches, read_texts
from ikas_explore.values.urls import read_url

if TYPE_CHECKING:
    from pandas import DataFrame

    DesiredLike = DataFrame | str | Path | Mapping[str, str | Iterable[str] | bool]

_UNKNOWN = "allow_unknown"


@dataclass(frozen=True)
class Desired:
    """What should be registered: the tables of a file or mapping, or a frame taken literally."""

    tables: Mapping[str, Any]
    frame: DataFrame | None = None
    path: str = ""

    def of(self, stores: Collection[str]) -> Registered:
        """Return store -> scope -> endpoint for some stores.

        Stores that a frame does not name are left out: a plan leaves them alone. All other
        stores are there, with nothing in them where nothing is desired.
        """
        if self.frame is not None:
            return _of_frame(self.frame, stores)
        return {store: _of_store(self.tables, store) for store in stores}

    def notes(self, stores: Collection[str]) -> list[str]:
        """Return a note for each store that the file names and that is not among `stores`."""
        notes = []
        for name in self.tables.get("stores", ()):
            if not any(matches(name, store) for store in stores):
                near = did_you_mean(name, stores)
                hint = near if near.startswith(" Did") else ""
                notes.append(f"{_named(name)} in {self.path!r} matches no store here.{hint}")
        return notes


def read_desired(given: DesiredLike) -> Desired:
    """Read a desired state and check all of it, before anything is sent."""
    if isinstance(given, str | Path):
        if is_snapshot(given):
            try:
                return Desired({}, read_snapshot(given))
            except StorageError as error:
                raise PlanError(str(error)) from error
        tables = read_toml(given, "The desired state", PlanError)
        try:
            return Desired(_checked(tables), path=str(given))
        except (PlanError, InvalidScopeError, InvalidArgumentError) as error:
            raise type(error)(f"{given}: {error}") from error
    if isinstance(given, Mapping):
        webhooks = {name: scopes for name, scopes in given.items() if name != _UNKNOWN}
        return Desired(_checked({"webhooks": webhooks, _UNKNOWN: given.get(_UNKNOWN, False)}))
    if not hasattr(given, "columns"):
        raise PlanError(
            "A desired state is a webhook frame, the path of a TOML file or of a snapshot, or a "
            f"mapping of endpoint to scopes, not {type(given).__name__}."
        )
    return Desired({}, given)


def _of_frame(frame: DataFrame, stores: Collection[str]) -> Registered:
    if "store" not in frame.columns:
        one = registered(frame.assign(store=""))
        return {store: dict(one.get("", {})) for store in stores}
    state = registered(frame)
    foreign = [store for store in state if store not in stores]
    if foreign:
        raise PlanError(
            f"The desired frame names the store {foreign[0]!r}, which is not one of "
            f"{printable(', '.join(stores))}. Drop its column 'store' to apply its rows to every "
            "store."
        )
    if not state and len(stores) > 1:
        raise PlanError(
            "The desired frame is empty and names no store; give {} to have no webhooks at all."
        )
    return state or {store: {} for store in stores}


def _checked(tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the tables with lists in place of all that can be read only once."""
    if not tables:
        raise PlanError(
            "The file is empty. An empty table [webhooks] says that nothing should be registered."
        )
    check_known(tables, ("webhooks", "stores", _UNKNOWN), "the file", PlanError)
    allow_unknown = tables.get(_UNKNOWN, False)
    if not isinstance(allow_unknown, bool):
        raise PlanError(f"{_UNKNOWN!r} is true or false, not {allow_unknown!r}.")
    read: dict[str, Any] = {_UNKNOWN: allow_unknown}
    read["webhooks"] = _webhooks(_table(tables, "webhooks"))
    overrides = _table(tables, "stores")
    read["stores"] = {name: _override(overrides, name) for name in overrides}
    # Expanded for a store of any name: the file is right or wrong as a whole.
    _expanded(read["webhooks"], "store", allow_unknown)
    for override in read["stores"].values():
        _overridden({}, override, "store", allow_unknown)
    return read


def _override(overrides: Mapping[str, Any], name: str) -> dict[str, Any]:
    override = _table(overrides, name)
    check_known(override, ("webhooks", "without"), _named(name), PlanError)
    return {
        "webhooks": _webhooks(_table(override, "webhooks")),
        "without": read_texts(
            override.get("without", ()), f"'without' of {_named(name)}", PlanError, of="scopes"
        ),
    }


def _webhooks(table: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        template: read_texts(scopes, repr(template), PlanError, of="scopes")
        for template, scopes in table.items()
    }


def _of_store(tables: Mapping[str, Any], store: str) -> dict[str, str]:
    allow_unknown = tables[_UNKNOWN]
    state = _expanded(tables["webhooks"], store, allow_unknown)
    # Patterns first, so that the store's own name has the last word.
    for name in sorted(tables["stores"], key=lambda name: (name == store, name)):
        if matches(name, store):
            state = _overridden(state, tables["stores"][name], store, allow_unknown)
    return state


def _overridden(
    state: Mapping[str, str], override: Mapping[str, Any], store: str, allow_unknown: bool
) -> dict[str, str]:
    without = {
        scope for pattern in override["without"] for scope in _scopes(pattern, allow_unknown)
    }
    kept = {scope: endpoint for scope, endpoint in state.items() if scope not in without}
    return kept | _expanded(override["webhooks"], store, allow_unknown)


def _expanded(webhooks: Mapping[str, list[str]], store: str, allow_unknown: bool) -> dict[str, str]:
    named: dict[str, str] = {}
    matching: dict[str, str] = {}
    for template, patterns in webhooks.items():
        endpoint = _filled(template, store)
        for pattern in patterns:
            found = matching if "*" in pattern else named
            for scope in _scopes(pattern, allow_unknown):
                if found.setdefault(scope, endpoint) != endpoint:
                    raise PlanError(
                        f"{scope!r} has two endpoints, {found[scope]!r} and {endpoint!r}; ikas "
                        "holds one per scope. Write the scope out under the one that counts."
                    )
    state = {**matching, **named}
    return {scope: state[scope] for scope in sorted(state)}


def _scopes(pattern: str, allow_unknown: bool) -> list[str]:
    return check_scopes(pattern, allow_unknown=allow_unknown, patterns=True)


def _filled(template: str, store: str) -> str:
    if not isinstance(template, str):
        raise InvalidArgumentError(
            f"An endpoint is text, not {type(template).__name__}: {template!r}."
        )
    unknown = [name for name in re.findall(r"\{(.*?)\}", template) if name != "store"]
    if unknown:
        raise PlanError(
            f"The endpoint {template!r} holds {{{unknown[0]}}}; only {{store}} is replaced."
        )
    endpoint = template.replace("{store}", store)
    read_url(endpoint)
    return endpoint


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, Mapping):
        raise PlanError(f"{name!r} is a table, not {table!r}.")
    return table


def _named(store: str) -> str:
    return f"[stores.{printable(store)}]"
