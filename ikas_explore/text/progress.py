"""A progress bar for a terminal or a notebook; it disappears when it is done."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.html_table import escape
from ikas_explore.text.printable import shown

#: Called with how many are done, and of how many.
Progress = Callable[[int, int], None]

#: Seconds before it shows, as what is quick needs no bar, and between two changes.
DELAY, INTERVAL = 2.0, 0.1
_WIDTH = 30


@contextmanager
def progressing(progress: Progress | bool | None, what: str) -> Iterator[Progress]:
    """Yield what to call with how many are done.

    True and None show a bar that counts `what`, False shows nothing.
    """
    if progress is None or progress is True:
        with Bar(what) as bar:
            yield bar
    elif progress is False:
        yield lambda *_: None
    elif callable(progress):
        yield progress
    else:
        raise InvalidArgumentError(
            f"progress is {shown(progress)}; give True, False or a function of (done, total)."
        )


class Bar:
    """A bar of what is counted, shown where somebody can see it: a notebook, or a terminal.

    ``IKAS_PROGRESS=off`` hides it: whether it shows depends on how fast the machine is, and the
    outputs of a notebook that is checked must not.
    """

    def __init__(self, what: str, *, delay: float = DELAY) -> None:
        self._what = what
        hidden = os.environ.get("IKAS_PROGRESS") == "off"
        self._next = math.inf if hidden else time.monotonic() + delay
        self._notebook = _in_notebook()
        self._handle: Any = None
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        """Show how many are done, and of how many."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + INTERVAL
        if self._notebook:
            self._draw(
                f'<progress value="{done}" max="{total}"></progress> '
                f"{done} of {total} {escape(self._what)}"
            )
        elif sys.stderr.isatty():
            filled = _WIDTH * done // max(total, 1)
            bar = "#" * filled + "." * (_WIDTH - filled)
            sys.stderr.write(f"\r\x1b[K[{bar}] {done} of {total} {self._what}")
            sys.stderr.flush()
            self._shown = True

    def close(self) -> None:
        """Remove it."""
        if self._handle is not None:
            self._draw("")
        elif self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

    def _draw(self, text: str) -> None:
        from IPython import display

        ipython: Any = display  # it has no types
        if self._handle is None:
            self._handle = ipython.display(ipython.HTML(text), display_id=True)
        else:
            self._handle.update(ipython.HTML(text))

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _in_notebook() -> bool:
    # Whoever runs in a notebook has IPython loaded; nobody else should pay for it.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
