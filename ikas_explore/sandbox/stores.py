"""The stores of a sandbox and the tokens that open them.

Credentials are plain strings: they open nothing but this sandbox. All come from the seed
and the store's name, so that a seeded sandbox has the same ones every time.
"""

from __future__ import annotations

import itertools
import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field, fields
from random import Random
from typing import Literal

from ikas_explore.deliveries.payloads import make_uuid, to_json
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox.tables import Rows
from ikas_explore.settings import check_store_name
from ikas_explore.text.printable import shown
from ikas_explore.values.names import did_you_mean
from ikas_explore.values.times import now_ms

TokenKind = Literal["access", "refresh", "code"]
#: Seconds that the code of an install is valid.
CODE_LIFETIME = 600


@dataclass(frozen=True)
class StoreCredentials:
    """What opens one store of a sandbox; the access token never expires.

    The client secret also signs the store's deliveries, whose payloads hold the two ids.
    """

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    merchant_id: str
    authorized_app_id: str


class Stores:
    """The stores and their tokens, in rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._numbers = itertools.count()
        self._by_name = {
            row["name"]: _credentials(row) for row in rows.read("SELECT * FROM stores")
        }

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[str]:
        return iter([*self._by_name])

    def add(self, name: str) -> tuple[StoreCredentials, bool]:
        """Return a store's credentials and whether the store is new."""
        check_store_name(name)
        with self._rows.transaction() as connection:
            # The rows decide: another thread may have added it a moment ago.
            row = connection.execute("SELECT * FROM stores WHERE name = ?", (name,)).fetchone()
            store = _credentials(row) if row else self._new_credentials(name)
            if row is None:
                connection.execute(
                    "INSERT INTO stores (name, client_id, client_secret, access_token,"
                    " merchant_id, authorized_app_id) VALUES (?, ?, ?, ?, ?, ?)",
                    astuple(store),
                )
                connection.execute(
                    "INSERT INTO tokens VALUES (?, 'access', ?, NULL)", (store.access_token, name)
                )
        self._by_name[name] = store
        return store, row is None

    def named(self, name: str) -> StoreCredentials:
        """Return the store of that name, or raise InvalidArgumentError."""
        if not isinstance(name, str) or name not in self._by_name:
            raise InvalidArgumentError(
                f"The sandbox has no store {shown(name)}.{did_you_mean(name, self._by_name)} "
                "Add it with add_store()."
            )
        return self._by_name[name]

    def of_token(self, token: str, kind: TokenKind = "access") -> StoreCredentials | None:
        """Return the store a token opens; None for a wrong or an expired one."""
        row = self._one(
            "SELECT store FROM tokens WHERE token = ? AND kind = ?"
            " AND (expires_at IS NULL OR expires_at > ?)",
            token,
            kind,
            now_ms(),
        )
        return self._by_name[row["store"]] if row else None

    def of_header(self, authorization: str) -> StoreCredentials | None:
        """Return the store that the Bearer token of a header opens."""
        scheme, _, token = authorization.partition(" ")
        return self.of_token(token.strip()) if scheme.lower() == "bearer" else None

    def issue(self, store: str, kind: TokenKind, lifetime: float | None = None) -> str:
        """Make a token; ``lifetime`` in seconds, None for one that does not expire."""
        now = now_ms()
        with self._rows.transaction() as connection:
            number = next(self._numbers)
            if number % 100 == 0:  # all tokens are looked at for it
                connection.execute("DELETE FROM tokens WHERE expires_at <= ?", (now,))
            # A generator for each: of one for all, who has many values can compute the next.
            random = self._rows.random("token", self._rows.opened, number)
            token = _new_token(random, kind, store)
            expires_at = None if lifetime is None else now + round(lifetime * 1000)
            connection.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?)", (token, kind, store, expires_at)
            )
        return token

    def withdraw(self, token: str) -> None:
        with self._rows.transaction() as connection:
            connection.execute("DELETE FROM tokens WHERE token = ?", (token,))

    def of_client_id(self, client_id: str) -> StoreCredentials | None:
        row = self._one("SELECT * FROM stores WHERE client_id = ?", client_id)
        return _credentials(row) if row else None

    def installed(self, name: str) -> bool:
        row = self._one("SELECT installed FROM stores WHERE name = ?", name)
        return bool(row and row["installed"])

    def set_installed(self, name: str, installed: bool) -> None:
        """Install the app, or uninstall it: that drops its webhooks without a word (live)."""
        with self._rows.transaction() as connection:
            connection.execute(
                "UPDATE stores SET installed = ? WHERE name = ?", (int(installed), name)
            )
            if not installed:
                connection.execute("DELETE FROM webhooks WHERE store = ?", (name,))

    def _new_credentials(self, name: str) -> StoreCredentials:
        random = self._rows.random("store", name)
        return StoreCredentials(
            name=name,
            client_id=make_uuid(random),
            client_secret=f"s_{random.getrandbits(256):064x}",
            access_token=_new_token(random, "access", name),
            merchant_id=make_uuid(random),
            authorized_app_id=make_uuid(random),
        )

    def _one(self, statement: str, *values: object) -> sqlite3.Row | None:
        found = self._rows.read(statement, *values)
        return found[0] if found else None


def _new_token(random: Random, kind: TokenKind, store: str) -> str:
    """Return a token; an access token looks like a JSON Web Token, as ikas' own do."""
    secret = f"{random.getrandbits(192):048x}"
    if kind != "access":
        return f"sandbox-{kind}-{secret}"
    # The merchant in it is made up, as is all of it; no times, so that a seed brings it back.
    merchant = make_uuid(Random(store))  # noqa: S311 - it is made up, and opens nothing
    parts = ({"alg": "none", "sandbox": True}, {"merchantId": merchant, "store": store})
    encoded = (urlsafe_b64encode(to_json(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join([*encoded, secret])


def _credentials(row: sqlite3.Row) -> StoreCredentials:
    return StoreCredentials(*(row[each.name] for each in fields(StoreCredentials)))
