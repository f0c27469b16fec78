"""Arguments of a field, checked and put into the shape sgqlc needs.

sgqlc turns a single string given for a list into its letters and drops keys it does not
know, both without a word; so every value goes through here first.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Container, Iterable, Mapping
from typing import Any

import sgqlc.types
from sgqlc.types import Arg, Field, Schema

from ikas_explore.errors import InvalidArgumentError, UnknownFieldError
from ikas_explore.text.printable import shown
from ikas_explore.values.names import did_you_mean
from ikas_explore.values.times import check_time


def read_arguments(field: Field, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked arguments of a field by their snake_case names; None is null."""
    where = f"{field.graphql_name}(...)"
    return _read_named(field.args.values(), values, field.schema, where)


def missing_arguments(field: Field, given: Container[str]) -> list[str]:
    """Return the names of required arguments that were not given."""
    return [arg.name for arg in field.args.values() if _required(arg) and arg.name not in given]


def _required(each: Arg | Field) -> bool:
    return each.type.__name__.endswith("!") and getattr(each, "default", None) is None


def _read_named(
    known: Iterable[Arg | Field], values: Mapping[str, Any], schema: Schema, where: str
) -> dict[str, Any]:
    by_name = {name: each for each in known for name in (each.graphql_name, each.name)}
    read = {}
    for name, value in values.items():
        if name not in by_name:
            names = dict.fromkeys(each.name for each in by_name.values())
            raise UnknownFieldError(f"{where} has no {name!r}.{did_you_mean(name, names)}")
        each = by_name[name]
        read[each.name] = _read(value, each.type.__name__, schema, f"{where} {each.name}")
    return read


def _read(value: Any, notation: str, schema: Schema, where: str) -> Any:
    if value is None:
        if notation.endswith("!"):
            raise InvalidArgumentError(f"{where} is None, but has to be a {notation}.")
        return None
    notation = notation.removesuffix("!")
    if notation.startswith("["):
        single = isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable)
        items = [value] if single else list(value)
        return [
            _read(item, notation[1:-1], schema, f"{where}[{i}]") for i, item in enumerate(items)
        ]
    base = schema[notation]
    if issubclass(base, sgqlc.types.Input):
        return _read_input(value, base, schema, where)
    if issubclass(base, sgqlc.types.Enum):
        if value not in base.__choices__:
            raise InvalidArgumentError(
                f"{where} is {shown(value)}.{did_you_mean(value, base.__choices__)}"
            )
        return str(value)
    return _read_scalar(value, notation, where)


def _read_input(value: Any, base: Any, schema: Schema, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(
            f"{where} is {shown(value)}, but has to be a dict ({base.__name__})."
        )
    fields = list(base)
    read = _read_named(fields, value, schema, where)
    missing = [field.name for field in fields if _required(field) and field.name not in read]
    if missing:
        raise InvalidArgumentError(f"{where} lacks {', '.join(missing)}.")
    return base(**read)


def _read_scalar(value: Any, name: str, where: str) -> Any:
    """Read GraphQL's scalars and ikas' Timestamp; leave others to the server that knows them."""
    if name == "Timestamp" and isinstance(value, (dt.date, str)):
        return check_time(where, value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = {
        "String": isinstance(value, str),
        "ID": isinstance(value, (str, int)) and not isinstance(value, bool),
        "Boolean": isinstance(value, bool),
        "Int": number and not isinstance(value, float) and -(2**31) <= value < 2**31,
        "Float": number and -sys.float_info.max <= value <= sys.float_info.max,
        "Timestamp": number and not isinstance(value, float),
    }
    if not fits.get(name, True):
        raise InvalidArgumentError(f"{where} is {shown(value)}, but has to be a {name}.")
    return str(value) if name in ("String", "ID") else value
