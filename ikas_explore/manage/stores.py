"""Several stores at once, each listed or written by one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from ikas_explore.manage.diff import registered
from ikas_explore.manage.registry import Registry


def list_store(registry: Registry) -> dict[str, str]:
    """List a store; returns scope to endpoint."""
    return registered(registry.list()).get(registry.name, {})


def each_store(
    act: Callable[[str], None],
    stores: Iterable[str],
    *,
    workers: int = 1,
    stopped: threading.Event | None = None,
) -> None:
    """Act on each store, several at once; the first error ends it.

    Those begun come to their end first, after Ctrl-C too: `stopped` is set to tell them.
    """
    stores = list(stores)
    if workers <= 1 or len(stores) <= 1:
        for store in stores:
            act(store)
        return
    with ThreadPoolExecutor(min(workers, len(stores))) as pool:
        begun = [pool.submit(act, store) for store in stores]
        try:
            for each in begun:
                each.result()
        except BaseException:
            if stopped is not None:
                stopped.set()
            for each in begun:
                each.cancel()
            raise
