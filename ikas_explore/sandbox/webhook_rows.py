"""The webhooks of a sandbox's stores: what is registered where.

The rules of ikas: one row per (app authorisation, scope); saving a scope again keeps its id
and creation time and moves it to the new endpoint, so the last writer has it (seed, live);
deleting goes by scope alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ikas_explore.deliveries.payloads import make_uuid
from ikas_explore.sandbox.tables import Rows
from ikas_explore.values.times import now_ms

# The answer of the seed's first example: scope, id, time of creation and update.
_EXAMPLES = (
    ("store/customer/created", "331f40ad-58a5-4b25-b060-15e6ce57fc9f", 1636366311914),
    ("store/customer/updated", "806047a2-ce1d-4e2c-8c7d-10a5407bfa6d", 1636366311924),
)
_EXAMPLE_ENDPOINT = "https://mailchimp-dev.ikasapps.com/api/webhook/ikas"

_SAVE = """
INSERT INTO webhooks (store, scope, id, endpoint, sales_channel_ids, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (store, scope) DO UPDATE SET endpoint = excluded.endpoint, active = 1,
  sales_channel_ids = excluded.sales_channel_ids, updated_at = excluded.updated_at
"""
# As the API names their fields; deleting removes the row, so none that is listed is deleted.
_LIST = """
SELECT created_at AS createdAt, 0 AS deleted, endpoint, id, scope, updated_at AS updatedAt
FROM webhooks WHERE store = ?
"""


class Registrations:
    """The registered webhooks, in rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._ids = rows.random("webhooks", rows.opened)

    def of_store(self, store: str) -> list[dict[str, Any]]:
        """Return a store's webhooks, in the order first saved."""
        return list(map(dict, self._rows.read(f"{_LIST} AND active ORDER BY number", store)))

    def save(
        self,
        store: str,
        endpoint: str,
        scopes: Sequence[str],
        sales_channel_ids: Sequence[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Save one endpoint for some scopes and return a webhook for each, in their order."""
        channels = None if sales_channel_ids is None else json.dumps(list(sales_channel_ids))
        now = now_ms()
        with self._rows.transaction() as connection:
            connection.executemany(
                _SAVE,
                [
                    (store, scope, make_uuid(self._ids), endpoint, channels, now, now)
                    for scope in dict.fromkeys(scopes)
                ],
            )
            saved = {row["scope"]: dict(row) for row in connection.execute(_LIST, (store,))}
        return [saved[scope] for scope in scopes]

    def delete(self, store: str, scopes: Sequence[str]) -> None:
        """Delete the webhooks of some scopes, whatever endpoint holds them."""
        with self._rows.transaction() as connection:
            connection.executemany(
                "DELETE FROM webhooks WHERE store = ? AND scope = ?",
                [(store, scope) for scope in scopes],
            )

    def add_examples(self, store: str) -> None:
        with self._rows.transaction() as connection:
            connection.executemany(
                _SAVE,
                [
                    (store, scope, id, _EXAMPLE_ENDPOINT, None, at, at)
                    for scope, id, at in _EXAMPLES
                ],
            )
