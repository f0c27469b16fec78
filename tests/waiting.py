"""Waiting for what another thread or process does: with an end, and loudly at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(
    condition: Callable[[], T], seconds: float = 60.0, *, said: Callable[[], object] = str
) -> T:
    """Return what a condition gives as soon as that is true.

    Parameters
    ----------
    condition : callable
    seconds : float, default 60.0
        How long it is asked again.
    said : callable, optional
        What is told at the end, such as a log.

    Raises
    ------
    TimeoutError
        It did not come true.
    """
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"It did not come true within {seconds:g} s. {said()}")
        time.sleep(0.01)
    return found
