"""What the paths of a sandbox share: everything but the server, which must not know the door.

The server's thread holds this and not the `Sandbox`, so that a sandbox nobody holds any
more can end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from ikas_explore.sandbox.behaviour import Rules
from ikas_explore.sandbox.breaking import Waits
from ikas_explore.sandbox.event_rows import Emitted, Events
from ikas_explore.sandbox.faults import Faults, RateLimit
from ikas_explore.sandbox.stores import StoreCredentials, Stores
from ikas_explore.sandbox.tables import Rows
from ikas_explore.sandbox.webhook_rows import Registrations
from ikas_explore.sandbox.worker import Worker


@dataclass
class State:
    """The parts of a sandbox."""

    rows: Rows
    rules: Rules
    stores: Stores
    registrations: Registrations
    events: Events
    worker: Worker
    faults: Faults
    waits: Waits = field(default_factory=Waits)
    rate_limit: RateLimit = field(default_factory=RateLimit)
    calls: Counter[str] = field(default_factory=Counter)

    def emit(
        self, store: StoreCredentials, scope: str, data: str | Mapping[str, Any] | None
    ) -> Emitted:
        """Write an event and its deliveries, and have them pushed."""
        emitted = self.events.emit(store, scope, data)
        self.worker.add(emitted.due)
        return emitted


def store_of(request: Request, stores: Stores) -> StoreCredentials | None:
    """Return the store that a request's Bearer token opens."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return stores.of_token(token.strip()) if scheme.lower() == "bearer" else None
