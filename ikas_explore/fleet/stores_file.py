"""The file that names the stores of a fleet, and the environment variables that hold the secrets.

::

    client_id = "IKAS_CLIENT_ID"                # for every store that says nothing else
    client_secret = "IKAS_CLIENT_SECRET"
    refresh_token = "{STORE}_REFRESH_TOKEN"     # ACME_REFRESH_TOKEN, MODA_EV_REFRESH_TOKEN
    api_version = "v1"

    [stores.acme]

    [stores.moda-ev]
    api_version = "v2"

    [stores.kitap]
    access_token = "KITAP_TOKEN"

The four credentials are names of variables, looked up in the environment and then in the
nearest ``.env``; the secret itself is refused, since such a file is made to be shared.
``{STORE}`` stands for the store's name in capitals, with ``_`` for ``-``. ``api_version`` and
``base_url`` are the values themselves; a ``base_url`` that is neither ikas' own nor on this machine
has to stand in IKAS_BASE_URL too, as the file alone may not say where secrets go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ikas_explore.client.client import Client, open_http
from ikas_explore.errors import CredentialsError, IkasError, InvalidArgumentError
from ikas_explore.manage.journal import Journal, path_of_environment
from ikas_explore.settings import (
    CREDENTIALS,
    Settings,
    check_api_version,
    check_base_url,
    check_store_name,
    is_trusted,
    read_settings,
    read_variables,
)
from ikas_explore.store import Store
from ikas_explore.system.files import read_toml
from ikas_explore.values.names import check_known
from ikas_explore.values.secret import HiddenMapping

if TYPE_CHECKING:
    import httpx

VALUES = ("api_version", "base_url")

# Capitals only: tokens and client secrets have small letters, hyphens or dots in them.
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
# Long, with digits and no underscore: no name that somebody would give.
_LIKE_A_SECRET = re.compile(r"(?=.*\d)[A-Z0-9]{20,}")


@dataclass(frozen=True)
class Member:
    """One store of the file: the variables of its credentials, its API version and base URL."""

    name: str
    variables: Mapping[str, str]
    values: Mapping[str, str]

    def settings(self, environment: Mapping[str, str | None]) -> Settings:
        """Return the settings of the store; a variable that is not set or wrong is named."""
        found = HiddenMapping(
            {name: environment.get(variable) for name, variable in self.variables.items()}
        )
        missing = [self.variables[name] for name, value in found.items() if not value]
        if missing:
            are, them = ("is", "it") if len(missing) == 1 else ("are", "them")
            raise CredentialsError(
                f"{self.name}: {', '.join(missing)} {are} not set, in the environment or in .env; "
                f"the file of the fleet names {them}."
            )
        try:
            return read_settings(environment=False, store=self.name, **found, **self.values)
        except CredentialsError as error:
            names = ", ".join(self.variables.values())
            raise CredentialsError(f"{self.name}, from {names}: {error}") from None


@dataclass
class Roster:
    """The stores of a file: those that could be opened, why others could not, their connections."""

    stores: list[Store] = field(default_factory=list)
    unusable: dict[str, IkasError] = field(default_factory=dict)
    https: dict[str, httpx.Client] = field(default_factory=dict)


def open_roster(
    path: str | Path, *, timeout: float = 30.0, transport: httpx.BaseTransport | None = None
) -> Roster:
    """Open the stores that a file names; see `ikas_explore.fleet.Fleet.from_file`."""
    roster = Roster()
    members = read_members(path)
    for member in members:
        _check_destination(member, path)
    environment = read_variables()
    for member in members:
        try:
            settings = member.settings(environment)
        except IkasError as error:  # what is in its variables, as the file itself was checked
            roster.unusable[member.name] = error
            continue
        host = settings.base_url
        if host not in roster.https:
            roster.https[host] = open_http(settings, timeout=timeout, transport=transport)
        client = Client(settings, roster.https[host])
        journal = Journal(path_of_environment(), base_url=host)
        roster.stores.append(Store(client, journal=journal))
    return roster


def read_members(path: str | Path) -> list[Member]:
    """Read the stores of a fleet, in the order of the file; a value in it is never shown."""
    tables = HiddenMapping(read_toml(path, "The fleet"))
    try:
        return _members(tables)
    except InvalidArgumentError as error:
        failure = InvalidArgumentError(f"{path}: {error}")
    raise failure  # out here: what it was raised from may be a secret in the wrong place


def _check_destination(member: Member, path: str | Path) -> None:
    """Raise CredentialsError when the file alone has secrets sent to who knows where."""
    base_url = member.values.get("base_url")
    if base_url is None or is_trusted(base_url) or base_url == os.environ.get("IKAS_BASE_URL"):
        return
    raise CredentialsError(
        f"{path} has the credentials of {member.name!r} sent to {base_url}, which is neither "
        f"ikas' own nor on this machine. If that is right, set IKAS_BASE_URL={base_url} in the "
        "environment too."
    )


def _members(tables: Mapping[str, Any]) -> list[Member]:
    shared = {name: value for name, value in tables.items() if name != "stores"}
    check_known(shared, (*CREDENTIALS, *VALUES, "stores"), "the file")
    stores = tables.get("stores")
    if not isinstance(stores, Mapping) or not stores:
        raise InvalidArgumentError("It names no store: add a table [stores.NAME] for each.")
    return [_member(name, own, shared) for name, own in stores.items()]


def _member(name: str, own: Any, shared: Mapping[str, Any]) -> Member:
    where = f"[stores.{check_store_name(name)}]"
    if not isinstance(own, Mapping):
        raise InvalidArgumentError(f"{where} is a table.")
    check_known(own, (*CREDENTIALS, *VALUES), where)
    settings = {**shared, **own}
    variables = {
        key: _variable(key, settings[key], name, where) for key in CREDENTIALS if key in settings
    }
    if "access_token" not in variables and not {"client_id", "client_secret"} <= variables.keys():
        raise InvalidArgumentError(
            f"{where} has nothing to log in with: name the variable of its access_token, or "
            "those of client_id and client_secret."
        )
    values = {key: settings[key] for key in VALUES if key in settings}
    for key, value in values.items():
        if not isinstance(value, str):
            raise InvalidArgumentError(f"{key!r} in {where} is text.")
        (check_api_version if key == "api_version" else check_base_url)(value)
    return Member(name, variables, values)


def _variable(key: str, value: Any, store: str, where: str) -> str:
    prefix = store.upper().replace("-", "_")
    variable = value.replace("{STORE}", prefix) if isinstance(value, str) else ""
    if _VARIABLE.fullmatch(variable) and not _LIKE_A_SECRET.fullmatch(variable):
        return variable
    raise InvalidArgumentError(
        f"{key!r} in {where} is not the name of an environment variable (capitals, digits and "
        "'_', a capital first), and is not shown in case it is the secret itself. "
        "Secrets do not belong in this file: put it into the environment or .env as "
        f"IKAS_{prefix}_{key.upper()}, say, and write that name here."
    )
