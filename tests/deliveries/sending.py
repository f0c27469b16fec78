"""A payload as ikas sends it, and the rows that a receiver has of what came."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from ikas_explore.deliveries.receiver import Receiver

SECRET = "canary-4711"


def payload(number: int = 1, **changes: Any) -> dict[str, Any]:
    data = json.dumps({"id": str(number), "name": "Çağla"}, ensure_ascii=False)
    return {
        "authorizedAppId": "app",
        "createdAt": "2024-01-31T09:30:00.987Z",
        "data": data,
        "id": f"id-{number}",
        "merchantId": "merchant",
        "scope": "store/order/created",
        "signature": hmac.new(SECRET.encode(), data.encode(), hashlib.sha256).hexdigest(),
        **changes,
    }


def rows(receiver: Receiver) -> list[dict[str, Any]]:
    """The frame as records, what is missing as None."""
    frame = receiver.deliveries()
    cells: Any = frame.astype(object).where(frame.notna(), None)
    records: list[dict[str, Any]] = cells.to_dict("records")
    return records
