"""Events: something happens in a store, and each matching webhook gets a delivery.

Both are rows, committed before anything leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ikas_explore.deliveries.payloads import check_data, delivery_id, make_uuid
from ikas_explore.deliveries.samples import sample
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox.behaviour import DeliverTo, Rules
from ikas_explore.sandbox.blocks import Blocks
from ikas_explore.sandbox.stores import StoreCredentials
from ikas_explore.sandbox.tables import Rows
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.text.printable import shown
from ikas_explore.values.times import now_ms
from ikas_explore.values.urls import is_loopback, read_url

#: Who has seen such data, for data that the caller gave.
OWN = "own"


class Due(NamedTuple):
    """An attempt to be made, from 1; `receiver` is scheme, host and port: slow or fast as one."""

    delivery: int
    attempt: int
    receiver: str
    store: str
    seconds: float = 0.0  # until then


class Events:
    """Events and their deliveries, in rows; `push` is called with what is to be sent."""

    def __init__(
        self, rows: Rows, rules: Rules, blocks: Blocks, push: Callable[[Sequence[Due]], None]
    ) -> None:
        self._rows = rows
        self._rules = rules
        self._blocks = blocks
        self._push = push
        self._random = rows.random("events", rows.opened)

    def emit(
        self, store: StoreCredentials, scope: str, data: str | Mapping[str, Any] | None
    ) -> tuple[str, list[str]]:
        """Make an event happen, see `Sandbox.emit`; return its id and those of its deliveries."""
        if not isinstance(scope, str):
            raise InvalidArgumentError(f"An event has one scope, a text, not {shown(scope)}.")
        (scope,) = check_scopes(scope)
        text, source = None if data is None else check_data(data), OWN
        now = now_ms()
        with self._rows.transaction() as connection:
            if text is None:
                made = sample(
                    scope,
                    self._random,
                    merchant_id=store.merchant_id,
                    private_app=self._rules.private_app,
                )
                text, source = made.data, str(made.source)
            event_id = make_uuid(self._random)
            event = connection.execute(
                "INSERT INTO events (id, store, scope, data, sample, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (event_id, store.name, scope, text, source, now),
            ).lastrowid
            deliveries: list[str] = []
            due: list[Due] = []
            for (endpoint,) in connection.execute(
                "SELECT endpoint FROM webhooks WHERE store = ? AND scope = ? AND active",
                (store.name, scope),
            ).fetchall():
                state, reason = "pending", why_blocked(endpoint, self._rules.deliver_to)
                if reason:
                    state = "blocked"
                elif block := self._blocks.blocked("deliveries", store.name):
                    state, reason = "withheld", block[1]
                next_at, ended = (None, now) if reason else (now, None)
                new_id = delivery_id(self._random)
                number = connection.execute(
                    "INSERT INTO deliveries (id, event, endpoint, state, reason, created_at,"
                    " next_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (new_id, event, endpoint, state, reason, now, next_at, ended),
                ).lastrowid
                deliveries.append(new_id)
                if not reason and number is not None:
                    due.append(Due(number, 1, receiver_of(endpoint), store.name))
            # Before the commit, so that Ctrl-C cannot come between: the worker waits for the lock,
            # and drops what is not there then.
            self._push(due)
        return event_id, deliveries


@lru_cache(maxsize=1024)
def receiver_of(endpoint: str) -> str:
    """Return what is slow or fast as one: the endpoint's scheme, host and port."""
    return read_url(endpoint).origin


@lru_cache(maxsize=1024)
def why_blocked(endpoint: str, deliver_to: DeliverTo) -> str | None:
    """Return why nothing may be sent to an endpoint; None when it may."""
    host = read_url(endpoint).host
    if deliver_to == "any" or is_loopback(host):
        return None
    return f'{host} is not this machine; deliver_to="any" lets deliveries leave it'
