"""Where a store's credentials come from, and how they are kept from showing.

Arguments come first, then the environment, then the nearest ``.env`` file at or above the
working folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ikas_explore.errors import CredentialsError, InvalidArgumentError
from ikas_explore.schema import API_VERSIONS, ApiVersion
from ikas_explore.system.files import is_trap
from ikas_explore.text.printable import shown
from ikas_explore.values.secret import NOT_SHOWN, HiddenMapping, Secret, hide, looks_secret
from ikas_explore.values.urls import is_loopback, read_url

BASE_URL = "https://api.myikas.com"
SANDBOX = "sandbox"
#: The seed with which notebooks are written and checked, so that ids and samples are the same.
SANDBOX_SEED = "1"

_PAIR = ("client_id", "client_secret")
#: What logs in to a store; some of them are enough.
CREDENTIALS = ("access_token", "refresh_token", *_PAIR)


class Settings(NamedTuple):
    """All that is needed to talk to one store; see `read_settings`."""

    name: str
    base_url: str
    api_version: ApiVersion
    access_token: Secret | None
    refresh_token: Secret | None
    client_id: str | None
    client_secret: Secret | None
    #: The authority of a sandbox that speaks https: trusted here, and no other.
    ca_file: str | None = None

    @property
    def local(self) -> bool:
        """Whether the store is on this machine."""
        return is_loopback(read_url(self.base_url).host)


def read_settings(*, environment: bool = True, **arguments: str | Secret | None) -> Settings:
    """Collect a store's settings from arguments, the environment and ``.env``.

    If one credential is given, those of the environment are ignored, so that a store's token is
    never sent, or renewed, with another's; only a client id and its secret may come from two
    places. What is None or missing in `arguments` is looked up as ``IKAS_STORE``,
    ``IKAS_ACCESS_TOKEN`` and so on.
    """
    # First of all: a traceback may print local variables.
    given = HiddenMapping(arguments)
    del arguments
    any_given = any(given.get(name) is not None for name in CREDENTIALS)
    half_given = any(given.get(name) is not None for name in _PAIR)
    # The first that names a variable has it, an empty one too.
    file = _read_file() if environment else HiddenMapping({})
    places = (HiddenMapping(os.environ), file) if environment else ()
    came_from: dict[str, Mapping[str, str | None]] = {}

    def find(name: str) -> Any:
        value = given.get(name)
        kind = type(value.reveal() if isinstance(value, Secret) else value)
        if value is not None and not issubclass(kind, str):
            error = CredentialsError if name in CREDENTIALS else InvalidArgumentError
            raise error(f"{name} is text, not {kind.__name__}.")
        kept_out = name in CREDENTIALS and any_given and not (name in _PAIR and half_given)
        if value is not None or kept_out:
            return value
        variable = _variable(name)
        place = next((each for each in places if variable in each), {})
        if place.get(variable):
            came_from[name] = place
        return place.get(variable) or None

    def secret(name: str) -> Secret | None:
        value = hide(find(name))
        if value is None:
            return None
        value = Secret(value.reveal().strip())
        if value and not is_token(value.reveal()):
            # Not shown: it may be right but for a letter.
            raise CredentialsError(
                f"{name} ({_variable(name)}) holds white space or characters beyond ASCII, which "
                "no token or secret of ikas has; copy it again."
            )
        return value or None

    base_url = check_base_url(find("base_url") or BASE_URL)
    name, client_id = find("store"), secret("client_id")
    if name is None:
        name = SANDBOX if is_loopback(read_url(base_url).host) else "store"
    settings = Settings(
        name=check_store_name(name),
        base_url=base_url,
        api_version=check_api_version(find("api_version") or "v1"),
        access_token=secret("access_token"),
        refresh_token=secret("refresh_token"),
        client_id=client_id.reveal() if client_id else None,
        client_secret=secret("client_secret"),
    )
    if not settings.access_token and not (settings.client_id and settings.client_secret):
        raise CredentialsError(_what_is_missing(settings))
    _refuse_mixture(settings, came_from, file)
    return settings


def _refuse_mixture(
    settings: Settings,
    came_from: Mapping[str, Mapping[str, str | None]],
    file: Mapping[str, str | None],
) -> None:
    """Raise CredentialsError for credentials that would go to another store or server than theirs.

    `came_from` says where each setting was looked up: the environment, or `file`, the ``.env``.
    """
    used = [name for name in CREDENTIALS if getattr(settings, name)]
    foreign = [name for name in used if came_from.get(name) is not file]
    if came_from.get("base_url") is file and foreign and not is_trusted(settings.base_url):
        # Such a file may have come with the notebooks of somebody else.
        raise CredentialsError(
            f"IKAS_BASE_URL in the .env file would have {foreign[0]}, which is not from that file, "
            f"sent to {settings.base_url}. If that is right, put IKAS_BASE_URL into the "
            "environment or give base_url; if not, set IKAS_DOTENV=off."
        )
    named = os.environ.get("IKAS_STORE", file.get("IKAS_STORE"))
    for name in used:
        place = came_from.get(name)
        owner = None if place is None else place.get("IKAS_STORE") or named
        if owner not in (None, SANDBOX, settings.name):
            raise CredentialsError(
                f"{_variable(name)} is of the store {owner!r}, as IKAS_STORE beside it says, and "
                f"{settings.name!r} is asked for. Give {settings.name!r} credentials of its own, "
                "as arguments or in place of these; if they are its own, set IKAS_STORE to it."
            )


def is_trusted(base_url: str) -> bool:
    """Return whether a base URL is ikas' own, or on this machine: what a file may name."""
    host = read_url(base_url).host
    return is_loopback(host) or host == "myikas.com" or host.endswith(".myikas.com")


def _variable(name: str) -> str:
    return f"IKAS_{name.upper()}"


def read_variable(name: str) -> str | None:
    """Look one setting up in the environment, then in the nearest ``.env``; empty is None."""
    if name in os.environ:
        return os.environ[name] or None
    return _read_file().get(name) or None


def read_variables() -> Mapping[str, str | None]:
    """Return the environment, and beneath it the nearest ``.env``: one reading for many names."""
    return HiddenMapping({**_read_file(), **os.environ})


def _read_file() -> Mapping[str, str | None]:
    """Read the nearest ``.env``; nothing with ``IKAS_DOTENV=off``, so that runs are alike."""
    if os.environ.get("IKAS_DOTENV") == "off":
        return {}
    from dotenv import dotenv_values, find_dotenv  # not needed where arguments say it all

    try:
        path = find_dotenv(usecwd=True)
    except FileNotFoundError:  # the working folder was deleted
        return {}
    if not path:
        return {}
    if is_trap(path):
        raise CredentialsError(
            f"{path} belongs to another user and lies where everybody may write, so it is not "
            "read. Work in a folder of your own, or set IKAS_DOTENV=off."
        )
    try:
        # As they stand: ${OTHER} would take any variable of the environment to where the file says.
        return HiddenMapping(dotenv_values(path, interpolate=False))
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, ValueError) else str(error.strerror)
    # Raised out here: the codec's error holds what it read.
    raise CredentialsError(
        f"The file {path!r} cannot be read: {reason}. Fix it, or set IKAS_DOTENV=off."
    )


def is_token(text: str) -> bool:
    """Return whether a text can be sent as a token: printable ASCII without blanks, not empty."""
    return text.isascii() and text.isprintable() and bool(text) and " " not in text


def check_store_name(name: str) -> str:
    """Return a store name that ikas could have given, or raise InvalidArgumentError."""
    if not isinstance(name, str):
        kind = type(name).__name__
        raise InvalidArgumentError(f"A store name is text, not {kind}: {shown(name)}.")
    if re.fullmatch(r"[a-z0-9-]+", name):
        return name
    if looks_secret(name):
        raise InvalidArgumentError(
            f"The store name {NOT_SHOWN} A store name is the first part of <store>.myikas.com."
        )
    inner = re.sub(r"^https?://|\.myikas\.com.*$", "", name.strip().lower())
    hint = f" Did you mean {inner!r}?" if re.fullmatch(r"[a-z0-9-]+", inner) else ""
    raise InvalidArgumentError(
        f"{name!r} is not a store name: it is the first part of <store>.myikas.com, lower-case "
        f"letters, digits and hyphens.{hint}"
    )


def check_api_version(api_version: str) -> ApiVersion:
    """Return the API version, or raise InvalidArgumentError."""
    if api_version not in API_VERSIONS:
        raise InvalidArgumentError(
            f"There is no API version {api_version!r}; known: {', '.join(API_VERSIONS)}."
        )
    return api_version


def check_base_url(base_url: str | Secret) -> str:
    """Return the base URL in one form, without a slash at the end, or raise InvalidArgumentError.

    Journals, leases and schemas are found by it, however its host was spelled.
    """
    base_url = hide(base_url)  # one that is refused may hold a password
    url = read_url(base_url)
    if url.userinfo or re.search(r"[?#]", url.rest):
        raise InvalidArgumentError(
            "The base URL may only have a scheme, a host, a port and a path; "
            f"give one such as {BASE_URL!r}."
        )
    if url.scheme == "http" and not is_loopback(url.host):
        raise InvalidArgumentError(
            f"The base URL {base_url.reveal()!r} would send the access token in clear; use https://."
        )
    return f"{url.origin}{url.rest}".rstrip("/")


def _what_is_missing(settings: Settings) -> str:
    if settings.refresh_token:
        missing = "A refresh token needs IKAS_CLIENT_ID and IKAS_CLIENT_SECRET beside it."
    elif settings.client_id:
        missing = "IKAS_CLIENT_ID was found without IKAS_CLIENT_SECRET."
    elif settings.client_secret:
        missing = "IKAS_CLIENT_SECRET was found without IKAS_CLIENT_ID."
    else:
        missing = "No credentials were found in the arguments, the environment or a .env file."
    return (
        f"{missing} Set IKAS_ACCESS_TOKEN, or IKAS_CLIENT_ID and IKAS_CLIENT_SECRET "
        '(and IKAS_STORE for the name). connect("sandbox") needs no account, nor does '
        "--store sandbox on the command line."
    )
