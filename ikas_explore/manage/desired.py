"""What should be registered: read from a TOML file, a mapping or a webhook frame.

The file has one table, which says the same as the mapping, and overrides per store::

    [webhooks]
    "https://example.com/ikas/{store}" = ["store/order/*", "store/stock/updated"]
    "https://crm.example.com/ikas" = ["store/customer/*"]

    [stores.acme]
    without = ["store/stock/*"]

    [stores.acme.webhooks]
    "https://acme.example.com/orders" = ["store/order/created"]

``{store}`` stands for the store's name. ``*`` in a scope is the only wildcard and crosses
``/``; a scope that is written out wins over a pattern that fits it too. What a store says
for itself wins over what is said for all; ``*`` works in the names of stores as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import InvalidArgumentError, InvalidScopeError, PlanError, StorageError
from ikas_explore.frames.snapshots import is_snapshot, read_snapshot
from ikas_explore.manage.changes import Registered, registered
from ikas_explore.schema.scopes import Scope, check_scopes
from ikas_explore.system.files import read_toml
from ikas_explore.text.printable import printable
from ikas_explore.values.names import check_known, did_you_mean, matches, read_texts
from ikas_explore.values.urls import read_url

if TYPE_CHECKING:
    from pandas import DataFrame

    Desired = DataFrame | str | Path | Mapping[str, str | Iterable[str]]


def read_desired(desired: Desired, stores: Collection[str]) -> Registered:
    """Read a desired state for some stores.

    Parameters
    ----------
    desired : pandas.DataFrame, path of a TOML file or snapshot, or mapping of endpoint to scopes
        A frame is taken literally; without a column ``store`` it holds for every store.
    stores : collection of str
        The stores it is wanted for.

    Returns
    -------
    dict
        Store to scope to endpoint. Stores that a frame does not name are left out, so that
        they are left alone; all others are there, with nothing in them if so desired.

    Raises
    ------
    PlanError
        The file is empty or cannot be read, a table or key is unknown, a scope has two
        endpoints, or a frame names a store that is not among `stores`.
    InvalidScopeError, InvalidArgumentError
        A scope or endpoint that cannot be right.

    Examples
    --------
    >>> read_desired({"https://example.com/{store}": ["store/stock/*"]}, ["acme"])
    ... # doctest: +NORMALIZE_WHITESPACE
    {'acme': {'store/stock/created': 'https://example.com/acme',
              'store/stock/updated': 'https://example.com/acme'}}
    """
    desired = opened(desired)
    if isinstance(desired, str | Path):
        return _read_file(Path(desired), stores)
    if isinstance(desired, Mapping):
        return {store: _expanded(desired, store) for store in stores}
    if not hasattr(desired, "columns"):
        raise PlanError(
            "A desired state is a webhook frame, the path of a TOML file or of a snapshot, or a "
            f"mapping of endpoint to scopes, not {type(desired).__name__}."
        )
    return _read_frame(desired, stores)


def opened(desired: Desired) -> Desired:
    """Return the frame of the snapshot that a path names; all else as it is."""
    if isinstance(desired, str | Path) and is_snapshot(desired):
        try:
            return read_snapshot(desired)
        except StorageError as error:
            raise PlanError(str(error)) from error
    return desired


def unplanned(desired: Desired, stores: Collection[str]) -> list[str]:
    """Return notes on the stores that a file names and that are not here: misspelt, perhaps."""
    if not isinstance(desired, str | Path) or is_snapshot(desired):
        return []
    overrides = read_toml(Path(desired), "The desired state", PlanError).get("stores")
    notes = []
    for name in overrides if isinstance(overrides, Mapping) else ():  # what it is, others judge
        if not any(matches(name, store) for store in stores):
            near = did_you_mean(name, stores)
            hint = near if near.startswith(" Did") else ""
            notes.append(f"{_named(name)} in {str(desired)!r} names no store that is here.{hint}")
    return notes


def _read_frame(frame: DataFrame, stores: Collection[str]) -> Registered:
    if "store" not in frame.columns:
        one = registered(frame.assign(store=""))
        return {store: dict(one.get("", {})) for store in stores}
    state = registered(frame)
    foreign = [store for store in state if store not in stores]
    if foreign:
        raise PlanError(
            f"The desired frame names the store {foreign[0]!r}, which is not planned here "
            f"({printable(', '.join(stores))}). Drop its column 'store' to have its rows in every "
            "store."
        )
    if not state and len(stores) > 1:
        raise PlanError(
            "The desired frame is empty and names no store; give {} to have no webhooks at all."
        )
    return state or {store: {} for store in stores}


def _read_file(path: Path, stores: Collection[str]) -> Registered:
    tables = read_toml(path, "The desired state", PlanError)
    if not tables:
        raise PlanError(
            f"The desired state {str(path)!r} is empty. An empty table [webhooks] says that "
            "nothing should be registered."
        )
    try:
        check_known(tables, ("webhooks", "stores"), "the file", PlanError)
        overrides = _table(tables, "stores")
        for name in overrides:
            override = _table(overrides, name)
            check_known(override, ("webhooks", "without"), _named(name), PlanError)
        # Checked for stores that are not planned here too: the file is right or wrong as a whole.
        _expanded(_table(tables, "webhooks"), "store")
        for name in overrides:
            _overridden({}, _table(overrides, name), "store", _named(name))
        return {store: _of_store(tables, store) for store in stores}
    except (PlanError, InvalidScopeError, InvalidArgumentError) as error:
        raise type(error)(f"{path}: {error}") from error


def _of_store(tables: Mapping[str, Any], store: str) -> dict[str, str]:
    state = _expanded(_table(tables, "webhooks"), store)
    overrides = _table(tables, "stores")
    # Patterns first, so that the store's own name has the last word.
    for name in sorted(overrides, key=lambda name: (name == store, name)):
        if matches(name, store):
            state = _overridden(state, _table(overrides, name), store, _named(name))
    return state


def _named(store: str) -> str:
    return f"[stores.{printable(store)}]"


def _overridden(
    state: Mapping[str, str], override: Mapping[str, Any], store: str, where: str
) -> dict[str, str]:
    without = {
        scope
        for pattern in read_texts(
            override.get("without", ()), f"'without' of {where}", PlanError, of="scopes"
        )
        for scope in _scopes(pattern)
    }
    kept = {scope: endpoint for scope, endpoint in state.items() if scope not in without}
    return kept | _expanded(_table(override, "webhooks"), store)


def _expanded(webhooks: Mapping[str, Any], store: str) -> dict[str, str]:
    named: dict[str, str] = {}
    fitting: dict[str, str] = {}
    for template, scopes in webhooks.items():
        endpoint = _filled(template, store)
        for pattern in read_texts(scopes, repr(template), PlanError, of="scopes"):
            found = fitting if "*" in pattern else named
            for scope in _scopes(pattern):
                if found.setdefault(scope, endpoint) != endpoint:
                    raise PlanError(
                        f"{scope!r} has two endpoints, {found[scope]!r} and {endpoint!r}; ikas "
                        "holds one per scope. Write the scope out under the one that counts."
                    )
    state = {**fitting, **named}
    return {scope: state[scope] for scope in sorted(state)}


def _scopes(pattern: str) -> list[str]:
    if "*" not in pattern:
        return check_scopes(pattern)
    found = [str(scope) for scope in Scope.match(pattern)]
    if not found:
        raise InvalidScopeError(
            f"No scope fits {pattern!r}.{did_you_mean(pattern, map(str, Scope.registrable()))}"
        )
    return found


def _filled(template: str, store: str) -> str:
    if not isinstance(template, str):
        raise InvalidArgumentError(
            f"An endpoint is text, not {type(template).__name__}: {template!r}."
        )
    unknown = [name for name in re.findall(r"\{(.*?)\}", template) if name != "store"]
    if unknown:
        raise PlanError(
            f"The endpoint {template!r} holds {{{unknown[0]}}}; {{store}} is the only name that "
            "is filled in."
        )
    endpoint = template.replace("{store}", store)
    read_url(endpoint)
    return endpoint


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, Mapping):
        raise PlanError(f"{name!r} is a table, not {table!r}.")
    return table
