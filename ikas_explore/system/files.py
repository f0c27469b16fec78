"""Files that a user names: a path is read in one way, and what is written is whole or not there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ikas_explore.errors import IkasError, InvalidArgumentError, StorageError
from ikas_explore.text.printable import shown


def user_path(path: str | os.PathLike[str]) -> Path:
    """Return a path as a user gave it, ``~`` expanded; one that cannot be is refused."""
    try:
        text = os.fspath(path)
    except TypeError:
        text = None
    if not isinstance(text, str) or not text:
        raise InvalidArgumentError(f"A path is text or a Path, not {shown(path)}.")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise InvalidArgumentError(f"The path {text!r} holds half of a character.") from None
    if "\0" in text:
        raise InvalidArgumentError(f"The path {text!r} holds a NUL character; remove it.")
    try:
        return Path(text).expanduser()
    except RuntimeError:  # no HOME, or no such user
        raise InvalidArgumentError(
            f"There is no home folder for the path {text!r}; give it without '~', or set HOME."
        ) from None


def reason_of(error: Exception) -> str:
    """Return why a file could not be used, without the system's number and the path again."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def read_toml(
    path: str | os.PathLike[str], what: str, error: type[IkasError] = InvalidArgumentError
) -> dict[str, Any]:
    """Read a TOML file; `what` it is begins the message of the error when it cannot be read."""
    import tomllib  # most commands and notebooks read none

    file = user_path(path)
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))  # Notepad begins it with a BOM
    except (OSError, ValueError, RecursionError) as reason:  # TOML's and UTF-8's are ValueErrors
        failure = error(f"{what} {str(path)!r} cannot be read: {reason_of(reason)}.")
    raise failure  # out here: TOML's error holds the whole text, which may hold a secret


def ordinary(path: Path) -> Path:
    """Return the path of a file of ours, which may be missing; OSError for one of another kind.

    A FIFO in its place would be waited for without end.
    """
    if path.exists() and not path.is_file():
        raise OSError("it is no file")
    return path


def write_text(path: str | os.PathLike[str], text: str, what: str, *, whole: bool = False) -> None:
    """Write a file; `what` it is begins the message of the StorageError when it cannot be.

    With `whole` the file is replaced at once, and its folder is made.
    """
    file = user_path(path)
    try:
        if not whole:
            file.write_text(text, "utf-8")
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file, 0o666) as part:
            part.write_text(text, "utf-8")
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{what} {str(path)!r} cannot be written: {reason_of(error)}."
        ) from error


def is_trap(path: str | os.PathLike[str]) -> bool:
    """Return whether another user put this file, or its folder, where everybody may write."""
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
    """Yield a new file to write, which replaces `path` once it is whole.

    A link at `path` is replaced, not followed. `mode` is less what the umask takes: ``0o600`` for
    what may hold secrets.
    """
    if not path.name:  # "." or "/"
        raise IsADirectoryError("it is a folder")
    part = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
