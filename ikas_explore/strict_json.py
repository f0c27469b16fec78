"""JSON as its standard has it: NaN and Infinity, which Python would take, are none."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Made once: json.loads with an argument makes a decoder for each text.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def decode(text: str) -> Any:
    """Read a JSON text.

    Raises
    ------
    ValueError
        It is none.
    RecursionError
        It is nested deeper than Python can follow.

    Examples
    --------
    >>> decode('{"a": [1, null]}')
    {'a': [1, None]}
    >>> decode("NaN")
    Traceback (most recent call last):
    ValueError: NaN is not JSON
    """
    return _DECODER.decode(text)
