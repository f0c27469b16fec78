"""Several stores at once, each listed or written by one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from ikas_explore.manage.changes import registered
from ikas_explore.values.protocols import WebhookStore


def list_store(registry: WebhookStore) -> dict[str, str]:
    """List a store; returns scope to endpoint."""
    return registered(registry.list()).get(registry.name, {})


def each_store(
    act: Callable[[str], None],
    stores: Iterable[str],
    *,
    workers: int = 1,
    stopped: threading.Event | None = None,
) -> None:
    """Act on each store, several at once, and raise what `act` raises.

    Of several errors, the one of the store that stands first; it is looked at when the stores
    before it have ended, and none is begun from then on. Those begun come to their end first,
    after Ctrl-C too: `stopped` is set to tell them.
    """
    stores = list(stores)
    if workers <= 1 or len(stores) <= 1:
        for store in stores:
            act(store)
        return
    stopped = stopped or threading.Event()
    under_way: set[str] = set()
    changed = threading.Condition()

    def act_unless_stopped(store: str) -> None:
        with changed:
            if stopped.is_set():
                return
            under_way.add(store)
        try:
            act(store)
        finally:
            with changed:
                under_way.discard(store)
                changed.notify_all()

    with ThreadPoolExecutor(min(workers, len(stores))) as pool:
        try:
            for begun in [pool.submit(act_unless_stopped, store) for store in stores]:
                begun.result()
        except BaseException:
            # Not left to the pool: a thread that Ctrl-C caught in its start is unknown to it.
            with changed:
                stopped.set()
                changed.wait_for(lambda: not under_way)
            raise
