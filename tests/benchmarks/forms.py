"""What a person waits for at a form: beside the one list call that opening it makes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import ikas_explore as ikas
from tests.benchmarks.fleet import served
from tests.benchmarks.measuring import Figure, pairs


def figures(short: bool) -> Iterator[Figure]:
    """Compare opening the manager, and a keystroke in it with eleven scopes chosen."""
    count = 5 if short else 20
    with ikas.connect("sandbox") as store:
        assert store.sandbox is not None
        opened = []

        def manager() -> None:
            opened.append(store.webhooks.manager(language="en"))
            opened[-1]._repr_mimebundle_()

        yield Figure(
            "open the manager",
            "store.webhooks.list()",
            "ms",
            pairs(manager, store.webhooks.list, count),
            goal=8,
            why="makes some 80 widgets",
        )
        form = opened.pop()
        for other in opened:
            other.close()
        form.fill(scopes=list(ikas.Scope.registrable()))
        text = "https://erp.example.com/ikas/webhooks"
        ends = cycle(range(len("https://e"), len(text) + 1))
        yield Figure(
            "a keystroke, previewed",
            "store.webhooks.list()",
            "ms",
            pairs(lambda: form.fill(endpoint=text[: next(ends)]), store.webhooks.list, count),
            goal=1,
            why="judges the endpoint and plans eleven scopes anew",
        )
    stores = 50 if short else 500
    with served(stores) as many, ikas.Fleet.from_file(many.file(stores)) as fleet:

        def matrix() -> None:
            view = fleet.manager(language="en")
            view._repr_mimebundle_()
            view.close()

        yield Figure(
            f"open the manager of {stores:,} stores",
            "fleet.list()",
            "s",
            pairs(matrix, fleet.list, 3 if short else 5, unit="s"),
            goal=3,
            why="also makes the matrix",
        )
