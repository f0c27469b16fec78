"""The bodies of requests, read no further than they may be long."""

from __future__ import annotations

from starlette.requests import Request

#: Bytes. An event's data may be long, an operation or a form of OAuth is not.
MOST_OF_AN_EVENT = 10_000_000
MOST = 200_000


class TooLarge(Exception):
    """A body is longer than it may be; its text says so."""


async def read_body(request: Request, most: int = MOST) -> bytes:
    """Return the body of a request, or raise `TooLarge`; what is too much is not kept."""
    parts, size = [], 0
    # To its end in any case: who is cut off while writing does not see the answer.
    async for part in request.stream():
        size += len(part)
        if size <= most:
            parts.append(part)
    if size > most:
        raise TooLarge(f"The body is larger than {most:,} bytes.")
    return b"".join(parts)
