"""A file held against other processes; the system gives it back when this process ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Open handles of this process: a fork has no use for them.
_HELD: set[int] = set()


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Open a file, made for its owner alone, and hold it until the end; waits for who holds it.

    The file may be removed, or another may take its place, while it is held.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        _HELD.add(handle)
        try:
            _flock(handle, lock=True)
            if _is_at(handle, path):  # else another took its place while this one waited
                yield handle
                return
        finally:
            if handle in _HELD:  # and this is no fork
                _HELD.discard(handle)
                _flock(handle, lock=False)  # a fork may have the handle too
                os.close(handle)


def is_held(path: Path) -> bool:
    """Return whether this or another process holds a file now."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        _flock(handle, lock=True, wait=False)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _flock(handle: int, *, lock: bool, wait: bool = True) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: files of ours there are for one process at a time
        return
    how = fcntl.LOCK_EX if lock else fcntl.LOCK_UN
    fcntl.flock(handle, how if wait else how | fcntl.LOCK_NB)


def _close_held() -> None:
    while _HELD:
        with suppress(OSError):
            os.close(_HELD.pop())


if hasattr(os, "register_at_fork"):
    # Else the lock of a process that was killed would be held by its children.
    os.register_at_fork(after_in_child=_close_held)
