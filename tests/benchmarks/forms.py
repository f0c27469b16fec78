"""How long a person waits for a form: opening one, and a keystroke in it.

``python -m tests.benchmarks.forms`` prints medians, each beside what it rests on:

- opening the manager, beside the list call that it makes (exactly one);
- its first display, which is what a cell then sends;
- a keystroke in the endpoint field with eleven scopes chosen: judged, previewed, shown.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import ikas_explore as ikas
from ikas_explore.schema.scopes import Scope

ROUNDS = 20


def median(act: Callable[[], Any]) -> float:
    """Return the median milliseconds of an action, after one that is not counted."""
    act()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3


def typed(form: Any) -> Iterator[Callable[[], None]]:
    text = "https://erp.example.com/ikas/webhooks"
    for end in cycle(range(len("https://e"), len(text) + 1)):
        yield lambda end=end: form.fill(endpoint=text[:end])


def main() -> None:
    with ikas.connect("sandbox") as store:
        assert store.sandbox is not None
        listing = median(store.webhooks.list)
        before = store.sandbox.calls["listWebhook"]
        opened = []
        opening = median(lambda: opened.append(store.webhooks.manager(language="en")))
        calls = (store.sandbox.calls["listWebhook"] - before) / (ROUNDS + 1)
        manager = opened[-1]
        showing = median(manager._repr_mimebundle_)
        for form in opened[:-1]:
            form.close()
        manager.fill(scopes=list(Scope.registrable()))
        strokes = typed(manager)
        stroke = median(lambda: next(strokes)())
    print(f"one list call                     {listing:8.2f} ms")
    print(f"opening the manager               {opening:8.2f} ms  {calls:.0f} list call")
    print(f"what a cell sends to show it      {showing:8.2f} ms")
    print(f"a keystroke, eleven scopes chosen {stroke:8.2f} ms")


if __name__ == "__main__":
    main()
