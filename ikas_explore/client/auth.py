"""Access tokens: given, fetched by OAuth, kept until shortly before they expire, renewed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from ikas_explore.client.exchange import read_json
from ikas_explore.errors import CredentialsError, RateLimitedError, ResponseError
from ikas_explore.settings import Secret, Settings

#: Where tokens are fetched; on api.myikas.com as on <store>.myikas.com (docs).
TOKEN_PATH = "/api/admin/oauth/token"  # noqa: S105 - a path
#: Seconds before its end at which a token counts as expired, so that none expires on the way.
EXPIRY_MARGIN = 60.0

Send = Callable[[Mapping[str, str]], httpx.Response]


class Tokens:
    """The access token of one store, safe to use from many threads.

    Parameters
    ----------
    settings : Settings
    send : callable
        Posts a form to the token path and gives the answer.
    on_token : callable, optional
        Told of every new token: the answer of ikas as a dict, refresh token included.
    clock : callable, optional
        Seconds, from any beginning.
    """

    def __init__(
        self,
        settings: Settings,
        send: Send,
        on_token: Callable[[dict[str, Any]], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = settings.name
        self._access = settings.access_token
        self._refresh = settings.refresh_token
        self._client_id = settings.client_id
        self._client_secret = settings.client_secret
        self._send = send
        self._on_token = on_token
        self._clock = clock
        self._expires_at: float | None = None
        self._lock = threading.Lock()

    @property
    def renewable(self) -> bool:
        """Whether a new token can be fetched."""
        return bool(self._client_id and self._client_secret)

    def blank(self, text: str) -> str:
        """Blank secrets in what a server gave back, before it gets into a message."""
        for secret in (self._access, self._refresh, self._client_secret):
            if secret:
                text = text.replace(secret.reveal(), "***")
        return text

    def current(self) -> Secret:
        """Return a token that has not expired, fetched if need be."""
        with self._lock:
            if self._access and (self._expires_at is None or self._clock() < self._expires_at):
                return self._access
            return self._fetch()

    def renew(self, stale: Secret) -> Secret:
        """Return another token than the one ikas refused."""
        with self._lock:
            # Another thread may have met the same refusal first.
            if self._access is not None and self._access is not stale:
                return self._access
            return self._fetch()

    def _fetch(self) -> Secret:
        what = f"Fetching an access token for {self._store}"
        response = self._send(self._form())
        if response.status_code == 429:
            raise RateLimitedError(f"{what}: ikas answered HTTP 429; wait and try again.")
        if response.status_code in (400, 401, 403):
            raise CredentialsError(
                f"{what}: ikas refused with HTTP {response.status_code}. Check that "
                + (
                    "the refresh token is the newest one and the app is still installed."
                    if self._refresh
                    else "client_id and client_secret belong to an app of this store."
                )
            )
        # Not a word of this answer may show: cut short, it would begin with the token.
        answer = read_json(response, what, blank=lambda _: "***")
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if response.status_code != 200 or not isinstance(token, str) or not token:
            raise ResponseError(
                f"{what}: ikas answered HTTP {response.status_code} without an access_token; "
                "check base_url.",
                status_code=response.status_code,
            )
        self._access = Secret(token)
        lasts = lasts if isinstance(lasts, (int, float)) and lasts > 0 else None
        # A token that lasts less than two margins is used for half its life.
        self._expires_at = (
            None if lasts is None else self._clock() + max(lasts - EXPIRY_MARGIN, lasts / 2)
        )
        refresh = answer.get("refresh_token")
        if isinstance(refresh, str) and refresh:
            self._refresh = Secret(refresh)
        if self._on_token is not None:
            self._on_token(dict(answer))
        return self._access

    def _form(self) -> dict[str, str]:
        if not self._client_id or not self._client_secret:
            raise CredentialsError(
                f"{self._store} has no access token and nothing to fetch one with; set "
                "IKAS_ACCESS_TOKEN, or IKAS_CLIENT_ID and IKAS_CLIENT_SECRET."
            )
        form = {"client_id": self._client_id, "client_secret": self._client_secret.reveal()}
        if self._refresh:
            return {"grant_type": "refresh_token", "refresh_token": self._refresh.reveal(), **form}
        return {"grant_type": "client_credentials", **form}
