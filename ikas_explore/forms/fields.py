"""From a field of the generated schema to the description of a control; pure.

A field that ikas adds and the schema is regenerated with appears in the forms by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.urls import check_endpoint, read_url

#: GraphQL's names of the scalars that are numbers, with what reads one.
NUMBERS = {"Int": int, "Float": float}


@dataclass(frozen=True)
class Field:
    """What a control has to take in.

    Attributes
    ----------
    name : str
        As ``save()`` and the generated types name it: ``sales_channel_ids``.
    scalar : str
        GraphQL's name of one value's type: ``String``.
    required : bool
    many : bool
        Whether it takes a list.
    """

    name: str
    scalar: str
    required: bool
    many: bool


def describe(input_type: Any) -> tuple[Field, ...]:
    """Describe the fields of a generated input type.

    Parameters
    ----------
    input_type : type
        A subclass of ``sgqlc.types.Input``, such as ``v1.WebhookInput``.

    Returns
    -------
    tuple of Field
        The required ones first.

    Examples
    --------
    >>> from ikas_explore.schema import v1
    >>> [(field.name, field.required, field.many) for field in describe(v1.WebhookInput)]
    [('endpoint', True, False), ('scopes', True, True), ('sales_channel_ids', False, True)]
    """
    found = [_field(field.name, field.type.__name__) for field in input_type]
    return tuple(sorted(found, key=lambda field: not field.required))


def _field(name: str, notation: str) -> Field:
    # sgqlc names a wrapped type in GraphQL's own notation: "[String!]!".
    return Field(
        name=name,
        scalar=notation.strip("[]!"),
        required=notation.endswith("!"),
        many=notation.startswith("["),
    )


def endpoint_problem(endpoint: str, *, allow_http: bool = False) -> str | None:
    """Tell why an endpoint cannot be saved, as a key of the messages.

    Whether it can is decided by `addresses.check_endpoint`; here the refusal is only named, so
    that it can be said in every language.

    Parameters
    ----------
    endpoint : str
    allow_http : bool, default False
        For a store on this machine.

    Returns
    -------
    str or None
        ``required``, ``endpoint.space``, ``endpoint.https``, ``endpoint.host``,
        ``endpoint.private`` or ``endpoint.unreadable``; None when it can be saved.

    Examples
    --------
    >>> endpoint_problem("http://example.com/"), endpoint_problem("https://example.com/")
    ('endpoint.https', None)
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
        if not rest.split("/")[0].strip(":"):
            return "endpoint.host"
        return "endpoint.private" if _reads(endpoint) else "endpoint.unreadable"
    return None


def _reads(endpoint: str) -> bool:
    try:
        read_url(endpoint)
    except InvalidArgumentError:
        return False
    return True


def being_typed(endpoint: str) -> bool:
    """Tell whether an endpoint is only begun, so that nobody is told off for its first letters.

    Examples
    --------
    >>> being_typed("htt"), being_typed("https://"), being_typed("ftp")
    (True, True, False)
    """
    return "https://".startswith(endpoint.casefold())
