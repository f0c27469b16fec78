"""Who is let in to a server on this machine: programs here, and hosts that were named."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from ikas_explore.network.authority import IKAS_DOMAIN
from ikas_explore.text.printable import printable
from ikas_explore.values.urls import is_loopback, normal_host

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

#: Called with each request that is refused before the app sees it: the ASGI scope (None when it
#: was not HTTP), the status of the answer, and the reason.
Refused = Callable[["Scope | None", int, str], None]

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:@/\\?#%\[\]]+)(:\d*)?", re.ASCII | re.IGNORECASE)


class Door:
    """Lets in what is meant for this server, and refuses the rest.

    Without it a web page could not read answers, but it could have requests made that change
    things where no token is asked for, as at a receiver.
    """

    def __init__(
        self,
        app: ASGIApp,
        base_url: str,
        public_hosts: Collection[str] | None,
        refused: Refused | None,
    ) -> None:
        self._app = app
        self._base_url = base_url
        self._public_hosts = public_hosts
        self._refused = refused
        scheme, _, own = base_url.partition("://")
        # Clients that know no other address than ikas' own get here by https alone.
        self._as_ikas = scheme == "https"
        self._last_own = own.encode()  # mostly it is the same again

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._judge(scope["headers"]) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        self.refuse(scope, *refusal)
        status, reason = refusal
        await PlainTextResponse(f"{reason}\n", status)(scope, receive, send)

    def refuse(self, scope: Scope | None, status: int, reason: str) -> None:
        if self._refused is not None:
            self._refused(scope, status, reason)

    def _judge(self, headers: Collection[tuple[bytes, bytes]]) -> tuple[int, str] | None:
        host = b""
        for name, value in headers:
            if name == b"host":
                host = value
            elif name == b"origin" and value != self._base_url.encode():
                return 403, self._page(value)
            elif name == b"sec-fetch-site" and value.endswith(b"-site"):
                return 403, self._page(b"another site")
        if host == self._last_own:
            return None
        given = host.decode("utf-8", "replace")  # some tunnels write a name as it is read
        parts = _AUTHORITY.fullmatch(given)
        named = None if parts is None else normal_host(parts[1].strip("[]"))
        if named is not None and self._is_own(named):
            self._last_own = host
            return None
        shown = printable(given.rpartition("@")[2])
        if self._public_hosts is None or parts is None:
            advice = f"use {self._base_url}"
        else:
            advice = (
                f"if it is your tunnel's, make the receiver with public_url='https://{shown}', or "
                f"in a terminal with --public-url https://{shown}"
            )
        return 400, f"The Host {shown!r} is not this machine; {advice}."

    def _is_own(self, host: str) -> bool:
        if is_loopback(host) or host in (self._public_hosts or ()):
            return True
        return self._as_ikas and host.endswith(f".{IKAS_DOMAIN}")

    def _page(self, origin: bytes) -> str:
        who = printable(origin.decode("latin-1"))
        return f"A browser sent this for a web page ({who}); send it from a program instead."
