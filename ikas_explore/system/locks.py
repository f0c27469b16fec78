"""A file held against other processes; the system gives it back when this process ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ikas_explore.system.files import ordinary

#: Open handles of this process, each with its file and thread: a fork has no use for them.
_HELD: dict[int, tuple[Path, int]] = {}
#: Taken while a handle is opened and noted, and by a fork: else that could have one not noted yet.
_OPENING = threading.Lock()


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Open a file, made for its owner alone, and hold it until the end; waits for who holds it.

    The file may be removed, or another may take its place, while it is held.
    """
    owner = path, threading.get_ident()
    # Ctrl-C while it was given back: this thread would wait for itself.
    for left in [handle for handle, other in [*_HELD.items()] if other == owner]:
        _release(left)
    while True:
        with _OPENING:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            _HELD[handle] = owner
        try:
            _flock(handle, lock=True)
            if _is_at(handle, path):  # else another took its place while this one waited
                yield handle
                return
        finally:
            if handle in _HELD:  # and this is no fork
                _release(handle)


def _release(handle: int) -> None:
    _flock(handle, lock=False)  # first of all, and by name: a fork may have the handle too
    del _HELD[handle]
    os.close(handle)


def is_held(path: Path) -> bool:
    """Return whether this or another process holds a file now; nothing is changed by it."""
    try:
        handle = os.open(ordinary(path), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        _flock(handle, lock=True, shared=True)  # with others who look
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


def _flock(handle: int, *, lock: bool, shared: bool = False) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: files of ours there are for one process at a time
        return
    mine = fcntl.LOCK_SH | fcntl.LOCK_NB if shared else fcntl.LOCK_EX
    fcntl.flock(handle, mine if lock else fcntl.LOCK_UN)


def _close_held() -> None:
    _OPENING.release()
    while _HELD:
        with suppress(OSError):
            os.close(_HELD.popitem()[0])


if hasattr(os, "register_at_fork"):
    # Else the lock of a process that was killed would be held by its children.
    os.register_at_fork(
        before=_OPENING.acquire, after_in_parent=_OPENING.release, after_in_child=_close_held
    )
