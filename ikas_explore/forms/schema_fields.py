"""From a field of the generated schema to the description of a control; pure.

A field that ikas adds appears in the forms once the schema is regenerated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.printable import is_visible
from ikas_explore.values.urls import check_endpoint, is_private, read_url

#: GraphQL's names of the scalars that are numbers, with what reads one.
NUMBERS = {"Int": int, "Float": float}


@dataclass(frozen=True)
class Field:
    """What a control takes in: its name in Python, GraphQL's scalar, whether it takes a list."""

    name: str
    scalar: str = "String"
    required: bool = False
    many: bool = False


def describe(input_type: Any) -> tuple[Field, ...]:
    """Describe the fields of a generated input type, the required ones first."""
    # sgqlc names a wrapped type in GraphQL's own notation: "[String!]!".
    found = [(field.name, field.type.__name__) for field in input_type]
    fields = [
        Field(name, kind.strip("[]!"), required=kind.endswith("!"), many=kind.startswith("["))
        for name, kind in found
    ]
    return tuple(sorted(fields, key=lambda field: not field.required))


def endpoint_problem(endpoint: str, *, allow_http: bool = False) -> str | None:
    """Say why an endpoint cannot be saved, as a key of the texts.

    `check_endpoint` decides; here its refusal is named, to be said in every language.
    """
    try:
        check_endpoint(endpoint, local=allow_http)
    except InvalidArgumentError:
        text = endpoint.strip()
        scheme, _, rest = text.partition("://")
        if not text:
            return "required"
        if text != endpoint or any(each.isspace() for each in text):
            return "endpoint.space"
        if scheme.casefold() != "https" and not (allow_http and scheme.casefold() == "http"):
            return "endpoint.https"
        if not is_visible(text):
            return "endpoint.hidden"
        if not rest.split("/")[0].strip(":"):
            return "endpoint.host"
        return "endpoint.private" if only_here(endpoint) else "endpoint.unreadable"
    return None


def only_here(endpoint: str) -> bool:
    """Whether an endpoint leads to no host on the internet, so that ikas cannot reach it."""
    try:
        return is_private(read_url(endpoint).host)
    except InvalidArgumentError:
        return False


def being_typed(endpoint: str) -> bool:
    """Whether an endpoint is only begun: its first letters are no mistake yet."""
    return "https://".startswith(endpoint.casefold())
