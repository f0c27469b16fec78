"""Files that a user names: TOML is read in one way, and what is written is whole or not there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ikas_explore.errors import IkasError, InvalidArgumentError


def read_toml(
    path: Path, what: str, error: type[IkasError] = InvalidArgumentError
) -> dict[str, Any]:
    """Read a TOML file; `what` it is begins the message of the error when it cannot be read."""
    import tomllib  # most commands and notebooks read none

    try:
        return tomllib.loads(path.read_text("utf-8-sig"))  # Notepad begins it with a BOM
    except (OSError, ValueError, RecursionError) as reason:  # TOML's and UTF-8's are ValueErrors
        failure = error(f"{what} {str(path)!r} cannot be read: {reason}.")
    raise failure  # out here: TOML's error holds the whole text, which may hold a secret


def is_trap(path: str | os.PathLike[str]) -> bool:
    """Tell whether another user laid this file, or a folder it is in, where everybody may write."""
    if not hasattr(os, "geteuid"):
        return False
    here, behind_links = Path(path).absolute(), Path(os.path.realpath(path))
    return any(map(_is_laid, {here, *here.parents, behind_links, *behind_links.parents}))


def _is_laid(path: Path) -> bool:
    if not os.path.lexists(path) or os.lstat(path).st_uid in (os.geteuid(), 0):
        return False
    return bool(path.parent.stat().st_mode & stat.S_IWOTH)


@contextmanager
def replacing(path: Path, mode: int) -> Iterator[Path]:
    """Give a new file to write, which takes the place of `path` once it is whole.

    Parameters
    ----------
    path : Path
        A link that stands there is replaced, and not written through.
    mode : int
        Of the file, less what the umask takes: ``0o600`` for what may hold secrets.

    Raises
    ------
    OSError
    """
    part = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
