"""Memory over a long run: ``python -m tests.benchmarks memory --minutes 10``.

One process emits, delivers, receives and lists, both logs in files, as fast as it comes. What it
holds is read from the system every second (Linux tells it in ``/proc``). Flat is that the
median of the run's last quarter is that of its second: the first one fills caches.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import ikas_explore as ikas
from tests.benchmarks.measuring import Figure

SCOPE = "store/order/created"
BATCH = 50


def figures(minutes: float) -> Iterator[Figure]:
    """Run so long and compare what the process holds early and late."""
    samples: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ikas.Sandbox(Path(folder) / "sandbox.db", seed=1, examples=False) as sandbox,
        ikas.Receiver(sandbox.client_secret, path=Path(folder) / "log.sqlite") as receiver,
        ikas.connect(sandbox) as store,
    ):
        store.webhooks.save(receiver.endpoint, SCOPE)
        started = told = time.monotonic()
        emitted = 0
        while (now := time.monotonic()) < started + 60 * minutes:
            for _ in range(BATCH):
                sandbox.emit(SCOPE)
            emitted += BATCH
            sandbox.settle(60)
            store.webhooks.list()
            if len(samples) <= now - started:
                samples.append(held())
            if now >= told + 30:
                told = now
                print(
                    f"  {now - started:5.0f} s {emitted:>9,} deliveries {samples[-1]:7.1f} MiB",
                    flush=True,
                )
        assert (sandbox.deliveries()["state"] == "delivered").all()
        assert len(receiver.deliveries()) == emitted
    quarter = max(1, len(samples) // 4)
    early = statistics.median(samples[quarter : 2 * quarter])
    late = statistics.median(samples[-quarter:])
    grown = (late - early) / (emitted / 2) * 100_000  # the two are half a run apart
    yield Figure(
        f"memory, {emitted:,} deliveries",
        "the same, a quarter into them",
        "MiB",
        ((late, early),),
        goal=1.05,
        why=f"grew by {grown:.2f} MiB in 100,000 deliveries",
    )


def held() -> float:
    """Return the MiB of memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
