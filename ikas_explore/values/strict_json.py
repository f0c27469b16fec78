"""JSON as its standard has it: NaN and Infinity, which Python would take, are none."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Made once: json.loads with an argument makes a decoder for each text.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def decode(text: str) -> Any:
    """Read a JSON text; raise ValueError, or RecursionError where it is nested too deeply."""
    return _DECODER.decode(text)


def decode_bytes(content: bytes) -> Any:
    """Read JSON in UTF-8; raise ValueError, also for deep nesting and half a surrogate pair.

    Half a pair is legal JSON, but neither UTF-8 nor pandas accepts it.
    """
    try:
        value = decode(content.decode("utf-8-sig"))
        if b"\\" in content and b"\\u" in content:  # one byte is found far sooner than two
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeError:
        raise ValueError("it is not UTF-8, or holds half a surrogate pair") from None
    return value
