"""Random values that a seed brings back: credentials, ids and sample events."""

from __future__ import annotations

from random import Random


def generator(seed: str, *purpose: object) -> Random:
    """Return a generator of its own for each purpose, so that none shifts another's values."""
    # Not for cryptography: nothing made here opens more than a sandbox on this machine.
    return Random("/".join(map(str, (seed, *purpose))))  # noqa: S311
