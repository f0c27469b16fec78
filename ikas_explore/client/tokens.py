"""Access tokens: given, fetched by OAuth, kept until shortly before they expire, renewed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from ikas_explore.client.answers import rate_limited, read_json
from ikas_explore.errors import CredentialsError, ResponseError, TransportError
from ikas_explore.settings import Settings, is_token
from ikas_explore.values.secret import HiddenMapping, Secret

#: Where tokens are fetched; on api.myikas.com as on <store>.myikas.com (docs).
TOKEN_PATH = "/api/admin/oauth/token"  # noqa: S105 - a path
#: Seconds before its end at which a token counts as expired, so that none expires on the way.
EXPIRY_MARGIN = 60.0

Send = Callable[[Mapping[str, str | Secret]], httpx.Response]


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
        return self._other_than(None)

    def renew(self, stale: Secret) -> Secret:
        """Return another token than the one ikas refused."""
        return self._other_than(stale)

    def _other_than(self, stale: Secret | None) -> Secret:
        with self._lock:
            # Of several threads that met the same refusal, the first has fetched another.
            if self._access and self._access is not stale and not self._expired:
                return self._access
            answer = self._fetch()
            access = self._keep(answer)
        # Not under the lock: it may well ask the store something.
        if self._on_token is not None:
            self._on_token(dict(answer))
        return access

    @property
    def _expired(self) -> bool:
        return self._expires_at is not None and self._clock() >= self._expires_at

    def _keep(self, answer: Mapping[str, Any]) -> Secret:
        self._access = Secret(answer["access_token"])
        lasts = answer.get("expires_in")
        # In centuries it is a mistake, or worse; it is renewed when ikas refuses it.
        lasts = lasts if isinstance(lasts, (int, float)) and 0 < lasts < 1e9 else None
        # A token that lasts less than two margins is used for half its life.
        self._expires_at = (
            None if lasts is None else self._clock() + max(lasts - EXPIRY_MARGIN, lasts / 2)
        )
        refresh = answer.get("refresh_token")
        if isinstance(refresh, str) and is_token(refresh):
            self._refresh = Secret(refresh)
        return self._access

    def _fetch(self) -> Mapping[str, Any]:
        """Return ikas' answer with a new token in it."""
        what = f"{self._store}: fetching an access token"
        response = self._answer()
        if response.status_code == 429:
            raise rate_limited(response, what)
        if response.status_code in (400, 401, 403):
            raise CredentialsError(
                f"{what}: ikas refused with HTTP {response.status_code}. Check that "
                + (
                    "the refresh token is the newest one and the app is still installed."
                    if self._refresh
                    else "client_id and client_secret belong to an app of this store."
                )
            )
        granted = _granted(response, what)
        if granted is None:
            raise ResponseError(
                f"{what}: ikas answered HTTP {response.status_code} without an access_token; "
                "check base_url.",
                status_code=response.status_code,
            )
        return granted

    def _answer(self) -> httpx.Response:
        try:
            return self._send(self._form())
        except TransportError as error:
            if not self._refresh:
                raise
            failure = TransportError(
                f"{error} ikas also leaves a refresh unanswered when the app was uninstalled.",
                sent=error.sent,
            )
        raise failure

    def _form(self) -> dict[str, str | Secret]:
        if not self._client_id or not self._client_secret:
            raise CredentialsError(
                f"{self._store} has no access token and nothing to fetch one with; set "
                "IKAS_ACCESS_TOKEN, or IKAS_CLIENT_ID and IKAS_CLIENT_SECRET."
            )
        form: dict[str, str | Secret] = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        if self._refresh:
            return {"grant_type": "refresh_token", "refresh_token": self._refresh, **form}
        return {"grant_type": "client_credentials", **form}


def _granted(response: httpx.Response, what: str) -> Mapping[str, Any] | None:
    # Not a word of this answer may show: cut short, it would begin with the token.
    answer = read_json(response, what, blank=lambda _: "***")
    token = answer.get("access_token")
    good = response.status_code == 200 and isinstance(token, str) and is_token(token)
    return HiddenMapping(answer) if good else None
