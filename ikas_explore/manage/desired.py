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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import InvalidArgumentError, InvalidScopeError, PlanError, StorageError
from ikas_explore.frames.snapshots import is_snapshot, read_snapshot
from ikas_explore.manage.changes import Registered, registered
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.system.files import read_toml
from ikas_explore.text.printable import printable, shown
from ikas_explore.values.names import check_known, did_you_mean, matches, read_texts
from ikas_explore.values.urls import read_url

if TYPE_CHECKING:
    from pandas import DataFrame

    DesiredLike = DataFrame | str | Path | Mapping[str, str | Iterable[str] | bool]

_UNKNOWN = "allow_unknown"


@dataclass(frozen=True)
class Desired:
    """What should be registered: scope to endpoint, or the rows of a frame by store.

    An endpoint may hold ``{store}``, unless it is `literal`, of a frame. What `stores` have for a
    name or pattern wins over `webhooks`; None takes a scope out.
    """

    webhooks: Mapping[str, str] = field(default_factory=dict)
    stores: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    rows: Registered | None = None
    literal: bool = False
    path: str = ""

    def of(self, stores: Collection[str]) -> Registered:
        """Return store -> scope -> endpoint for some stores.

        Stores that a frame does not name are left out: a plan leaves them alone. All other
        stores are there, with nothing in them where nothing is desired.
        """
        if self.rows is None:
            return {store: self._of_store(store) for store in stores}
        foreign = [store for store in self.rows if store not in stores]
        if foreign:
            raise PlanError(
                f"The desired frame names the store {foreign[0]!r}, which is not one of "
                f"{printable(', '.join(stores))}. Drop its column 'store' to apply its rows to "
                "every store."
            )
        if not self.rows and len(stores) > 1:
            raise PlanError(
                "The desired frame is empty and names no store; give {} to have no webhooks at all."
            )
        return self.rows or {store: {} for store in stores}

    def _of_store(self, store: str) -> dict[str, str]:
        endpoints: dict[str, str | None] = {**self.webhooks}
        # Patterns first, so that the store's own name has the last word.
        for name in sorted(self.stores, key=lambda name: (name == store, name)):
            if matches(name, store):
                endpoints |= self.stores[name]
        return {
            scope: endpoint if self.literal else endpoint.replace("{store}", store)
            for scope, endpoint in sorted(endpoints.items())
            if endpoint is not None
        }

    def notes(self, stores: Collection[str]) -> list[str]:
        """Return a note for each store that the file names and that is not among `stores`."""
        notes = []
        for name in self.stores:
            if not any(matches(name, store) for store in stores):
                near = did_you_mean(name, stores)
                hint = near if near.startswith(" Did") else ""
                notes.append(f"{_named(name)} in {self.path!r} matches no store here.{hint}")
        return notes


def read_desired(given: DesiredLike) -> Desired:
    """Read a desired state and check all of it, before anything is sent."""
    from ikas_explore.frames.frames import is_frame

    if isinstance(given, str | Path):
        if is_snapshot(given):
            try:
                return _of_frame(read_snapshot(given))
            except StorageError as error:
                raise PlanError(str(error)) from error
        tables = read_toml(given, "The desired state", PlanError)
        try:
            return _of_tables(tables, path=str(given))
        except (PlanError, InvalidScopeError, InvalidArgumentError) as error:
            raise type(error)(f"{given}: {error}") from error
    if isinstance(given, Mapping):
        webhooks = {name: scopes for name, scopes in given.items() if name != _UNKNOWN}
        return _of_tables({"webhooks": webhooks, _UNKNOWN: given.get(_UNKNOWN, False)})
    if not is_frame(given):
        raise PlanError(
            "A desired state is a webhook frame, the path of a TOML file or of a snapshot, or a "
            f"mapping of endpoint to scopes, not {type(given).__name__}."
        )
    return _of_frame(given)


def _of_frame(frame: DataFrame) -> Desired:
    if "store" in frame.columns:
        return Desired(rows=registered(frame))
    return Desired(registered(frame.assign(store="")).get("", {}), literal=True)


def _of_tables(tables: Mapping[str, Any], *, path: str = "") -> Desired:
    if not tables:
        raise PlanError(
            "The file is empty. An empty table [webhooks] says that nothing should be registered."
        )
    check_known(tables, ("webhooks", "stores", _UNKNOWN), "the file", PlanError)
    allow_unknown = tables.get(_UNKNOWN, False)
    if not isinstance(allow_unknown, bool):
        raise PlanError(f"{_UNKNOWN!r} is true or false, not {shown(allow_unknown)}.")
    webhooks = _endpoints(_table(tables, "webhooks"), allow_unknown)
    stores: dict[str, Mapping[str, str | None]] = {}
    for name, override in _table(tables, "stores").items():
        override = _table({name: override}, name)
        check_known(override, ("webhooks", "without"), _named(name), PlanError)
        without = read_texts(
            override.get("without", ()), f"'without' of {_named(name)}", PlanError, of="scopes"
        )
        gone = [scope for pattern in without for scope in _scopes(pattern, allow_unknown)]
        own = _endpoints(_table(override, "webhooks"), allow_unknown)
        stores[name] = {**dict.fromkeys(gone), **own}
    return Desired(webhooks, stores, path=path)


def _endpoints(webhooks: Mapping[str, Any], allow_unknown: bool) -> dict[str, str]:
    """Return scope to endpoint of a table of endpoint to scopes or patterns."""
    named: dict[str, str] = {}
    matching: dict[str, str] = {}
    for endpoint, patterns in webhooks.items():
        _check_endpoint(endpoint)
        for pattern in read_texts(patterns, repr(endpoint), PlanError, of="scopes"):
            found = matching if "*" in pattern else named
            for scope in _scopes(pattern, allow_unknown):
                if found.setdefault(scope, endpoint) != endpoint:
                    raise PlanError(
                        f"{scope!r} has two endpoints, {found[scope]!r} and {endpoint!r}; ikas "
                        "holds one per scope. Write the scope out under the one that counts."
                    )
    return {**matching, **named}


def _scopes(pattern: str, allow_unknown: bool) -> list[str]:
    return check_scopes(pattern, allow_unknown=allow_unknown, patterns=True)


def _check_endpoint(endpoint: str) -> None:
    if not isinstance(endpoint, str):
        raise InvalidArgumentError(
            f"An endpoint is text, not {type(endpoint).__name__}: {shown(endpoint)}."
        )
    unknown = [name for name in re.findall(r"\{(.*?)\}", endpoint) if name != "store"]
    if unknown:
        raise PlanError(
            f"The endpoint {endpoint!r} holds {{{unknown[0]}}}; only {{store}} is replaced."
        )
    read_url(endpoint.replace("{store}", "store"))


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, Mapping):
        raise PlanError(f"{name!r} is a table, not {shown(table)}.")
    return table


def _named(store: str) -> str:
    return f"[stores.{printable(store)}]"
