"""A process that emits and delivers until it is killed or done; see `test_kill`.

``python -m tests.sandbox.killed FILE ENDPOINT COUNT ACKNOWLEDGED``: the ids of deliveries
are appended to the last file as `Sandbox.emit` returns them, so that what was promised is
known whatever happens to the process.
"""

from __future__ import annotations

import sys
from typing import Any

from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import api_of

SCOPE = "store/order/created"
SETTINGS: dict[str, Any] = {"max_attempts": 3, "retry_delays": (0.01, 0.02)}


def main(path: str, endpoint: str, count: int, acknowledged: str) -> None:
    with Sandbox(path, **SETTINGS) as sandbox, open(acknowledged, "a") as promised:
        with api_of(sandbox) as api:
            api.save(endpoint, SCOPE)
            # Not by the frame: pandas would take longer to import than the process may live.
            there = len(api.client.get("/control/deliveries").json())
        print("ready", flush=True)
        for _ in range(count - there):
            for delivery in sandbox.emit(SCOPE, {"id": "1"}):
                print(delivery, file=promised, flush=True)
        sandbox.settle(120)
        print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
