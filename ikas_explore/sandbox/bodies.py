"""Reading the JSON of a request's body."""

from __future__ import annotations

import json
from typing import Any


def read_json(body: bytes) -> Any:
    """Read JSON, refusing what could be neither stored nor answered.

    Raises
    ------
    ValueError
        It is not JSON, is nested too deeply, or escapes half a surrogate pair.

    Examples
    --------
    >>> read_json(b'{"scope": "store/order/created"}')
    {'scope': 'store/order/created'}
    """
    try:
        value = json.loads(body)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeError:
        raise ValueError("it is not UTF-8, or holds half a surrogate pair") from None
    return value
