"""The bodies of requests: no more of them is kept than they may be long, nor waited for long."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

#: Bytes. An event's data may be long, an operation or a form of OAuth is not.
MOST_OF_AN_EVENT = 10_000_000
MOST = 200_000
#: Seconds a sender has for a body, once its head is there.
READ_TIMEOUT = 10.0


class BodyRefused(Exception):
    """A body is too long, or does not end; the text says which, ``status`` is HTTP's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def read_body(request: Request, most: int = MOST) -> bytes:
    """Return the body of a request, or raise `BodyRefused`."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            # To its end, if it has one: who is cut off while writing does not see the answer.
            async for part in request.stream():
                size += len(part)
                if size <= most:
                    parts.append(part)
    except TimeoutError:
        raise BodyRefused(408, f"The body was not complete after {READ_TIMEOUT:g} s.") from None
    if size > most:
        raise BodyRefused(413, f"The body is larger than {most:,} bytes.")
    return b"".join(parts)
