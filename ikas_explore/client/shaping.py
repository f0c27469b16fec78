"""What is made of fetched columns: a row for each element of a list, pseudonyms, names to type."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ikas_explore.client.rows import Columns
from ikas_explore.client.selection import Node, base_type, fields_of, find_field, is_object
from ikas_explore.errors import InvalidArgumentError, UnknownFieldError
from ikas_explore.text.printable import shown
from ikas_explore.values.names import did_you_mean
from ikas_explore.values.secret import Secret

#: Without a salt of one's own, pseudonyms are the same within a process and no longer.
PROCESS_SALT = Secret(os.urandom(16).hex())


def exploded(columns: Columns, kept: Sequence[int], path: str) -> tuple[Columns, range]:
    """Repeat each kept row for each element of the list at `path`; one with none stays once.

    Returns the columns in their new length, and the indices of all of them.
    """
    inside = [name for name in columns if name == path or name.startswith(f"{path}.")]
    # None is a list that is missing; like an empty one it is a row with blanks.
    lengths = [max(len(columns[inside[0]][i] or ()), 1) for i in kept]
    made: Columns = {}
    for name, cells in columns.items():
        if name in inside:
            made[name] = [each for i in kept for each in (cells[i] or [None])]
        else:
            made[name] = [
                cells[i] for i, times in zip(kept, lengths, strict=True) for _ in range(times)
            ]
    return made, range(sum(lengths))


def masked_columns(names: Sequence[str], columns: Iterable[str]) -> list[str]:
    """Return the columns that names stand for: a whole column's name, or its last part."""
    known = list(columns)
    found = []
    for name in names:
        if not isinstance(name, str):
            raise InvalidArgumentError(f"mask() takes names of columns, not {shown(name)}.")
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
        hits = [each for each in known if snake in (each, each.rpartition(".")[2])]
        if not hits:
            raise UnknownFieldError(
                f"There is no column {name!r} to mask.{did_you_mean(name, known)}"
            )
        found += hits
    return found


def check_salt(salt: Secret | None) -> None:
    """Refuse a salt that is no text, or empty; the message does not show it."""
    if salt is not None and not (
        isinstance(salt.reveal(), str) and salt.reveal() and salt.reveal().isprintable()
    ):
        raise InvalidArgumentError(
            "mask() takes a salt of visible text, not empty; keep it secret."
        )


def pseudonym(value: Any, salt: Secret) -> Any:
    """Return a text that is the same for the same value and salt, and tells nothing of it."""
    import hmac  # most queries mask nothing

    if value is None:
        return None
    if isinstance(value, list):
        return [pseudonym(each, salt) for each in value]
    key = salt.reveal().encode()
    return f"masked-{hmac.new(key, str(value).encode(), hashlib.sha256).hexdigest()[:12]}"


def pruned(value: Any, nodes: tuple[Node, ...], masked: frozenset[str], salt: Secret) -> Any:
    """Return a row without what was fetched for conditions only; `masked` columns as pseudonyms."""
    if isinstance(value, list):
        return [pruned(item, nodes, masked, salt) for item in value]
    if value is None or not nodes:
        return value
    return {
        node.name: pseudonym(value[node.name], salt)
        if node.column in masked
        else pruned(value[node.name], node.children, masked, salt)
        for node in nodes
    }


class FieldNames:
    """The names of a list's fields, to type and complete: ``query.fields.created_at``."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> FieldName:
        if name.startswith("_") or self._container is None:
            raise AttributeError(name)
        try:
            field = find_field(self._container, name)
        except UnknownFieldError as error:
            raise AttributeError(str(error)) from None
        above = f"{self}." if isinstance(self, str) else ""
        return FieldName(above + field.name, base_type(field) if is_object(field) else None)

    def __dir__(self) -> list[str]:
        return [] if self._container is None else [each.name for each in fields_of(self._container)]

    def __repr__(self) -> str:
        return f"<fields: {', '.join(dir(self))}>"


class FieldName(FieldNames, str):
    """A field's dotted name; those of the object it leads to complete after a dot."""

    def __new__(cls, path: str, *_container: object) -> FieldName:
        return str.__new__(cls, path)

    def __init__(self, _path: str, container: Any) -> None:
        super().__init__(container)

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name in self.__dir__():  # before a method of str: title
            return self.__getattr__(name)
        return super().__getattribute__(name)

    __repr__ = str.__repr__
