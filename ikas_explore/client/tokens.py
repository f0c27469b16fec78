"""Access tokens: given, fetched by OAuth, kept until shortly before they expire, renewed."""

from __future__ import annotations

import copy
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ikas_explore.client.answers import Answer, rate_limited, read_json
from ikas_explore.errors import CredentialsError, IkasError, ResponseError, TransportError
from ikas_explore.settings import Settings, is_token
from ikas_explore.values.secret import HiddenMapping, Secret, blank

#: Where tokens are fetched; on api.myikas.com as on <store>.myikas.com (docs).
TOKEN_PATH = "/api/admin/oauth/token"  # noqa: S105 - a path
#: Seconds before its end at which a token counts as expired, so that none expires on the way.
EXPIRY_MARGIN = 60.0


class _Granted(NamedTuple):
    """What ikas answered, read."""

    access: Secret
    refresh: Secret | None
    lasts: float | None
    answer: HiddenMapping


Send = Callable[[Mapping[str, str | Secret], Callable[[Answer], _Granted]], _Granted]


class _Fetch:
    """A token being fetched: by whom, and what it failed with."""

    def __init__(self) -> None:
        self.process, self.thread = os.getpid(), threading.get_ident()
        self.failure: IkasError | None = None

    def others(self) -> bool:
        """Whether it can be waited for: not one's own, which `on_token` would wait for in vain."""
        # A forked process has none of its parent's threads.
        return self.process == os.getpid() and self.thread != threading.get_ident()


class Tokens:
    """The access token of one store, safe to use from many threads.

    Threads that need a new token at the same time share one request, and its failure. `on_token`
    is called with every new token, one at a time and in their order. `send` posts a form to the
    token path and returns what a function reads from the answer.
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
        # The lock is taken itself: Ctrl-C while a Condition is entered leaves it taken.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._fetch: _Fetch | None = None
        self._untold: deque[HiddenMapping] = deque()

    @property
    def renewable(self) -> bool:
        """Whether a new token can be fetched."""
        return bool(self._client_id and self._client_secret)

    def blank(self, text: str, sent: Secret) -> str:
        """Blank the token that was sent, and all others, in what a server answered."""
        return blank(text, (sent, self._access, self._refresh, self._client_secret))

    def _good(self, stale: Secret | None) -> Secret | None:
        expired = self._expires_at is not None and self._clock() >= self._expires_at
        return None if self._access is stale or expired else self._access

    def current(self, stale: Secret | None = None) -> Secret:
        """Return a token that is neither expired nor the one ikas refused, fetched if need be."""
        outer = mine = None
        try:
            with self._lock:
                while not (good := self._good(stale)):
                    fetch = self._fetch
                    if fetch is None or not fetch.others():
                        break
                    while self._fetch is fetch and not self._good(stale):
                        self._changed.wait()
                    if fetch.failure is not None:
                        raise copy.copy(fetch.failure)  # of its own: it gets a traceback
                if good:
                    return good
                outer = self._fetch
                mine = self._fetch = _Fetch()
            granted = self._fetched(mine)
            with self._lock:
                self._keep(granted)
                self._changed.notify_all()
            # Not under the lock: it may well ask the store something. What is fetched meanwhile
            # waits for its turn.
            if self._on_token is not None:
                self._untold.append(granted.answer)
                while self._untold and not (outer and outer.thread == mine.thread):
                    self._on_token(dict(self._untold.popleft()))
            return granted.access
        finally:
            if mine is not None:
                self._fetch = outer  # first of all, should Ctrl-C come
                with self._lock:
                    self._changed.notify_all()

    def _keep(self, granted: _Granted) -> None:
        self._access = granted.access
        self._refresh = granted.refresh or self._refresh
        lasts = granted.lasts
        # A token that lasts less than two margins is used for half its life.
        self._expires_at = (
            None if lasts is None else self._clock() + max(lasts - EXPIRY_MARGIN, lasts / 2)
        )

    def _fetched(self, mine: _Fetch) -> _Granted:
        try:
            return self._send(self._form(), self._read)
        except TransportError as error:
            failure: IkasError = error
            if self._refresh:
                failure = TransportError(
                    f"{error} ikas also leaves a refresh unanswered when the app was uninstalled.",
                    sent=error.sent,
                )
        except IkasError as error:
            failure = error
        mine.failure = copy.copy(failure)
        raise failure.with_traceback(None)

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

    def _read(self, response: Answer) -> _Granted:
        # Tokens are made secrets in here, where no frame gets into a traceback.
        what = f"{self._store}: fetching an access token"
        status = response.status_code
        if status == 429:
            raise rate_limited(response, what)
        if status in (400, 401, 403):
            raise CredentialsError(
                f"{what}: ikas refused with HTTP {status}. Check that "
                + (
                    "the refresh token is the newest one and the app is still installed."
                    if self._refresh
                    else "client_id and client_secret belong to an app of this store."
                )
            )
        # Not a word of this answer may show: cut short, it would begin with the token.
        answer = read_json(response, what, blank=lambda _: "***")
        token = answer.get("access_token")
        if status != 200 or not isinstance(token, str) or not is_token(token):
            raise ResponseError(
                f"{what}: ikas answered HTTP {status} without an access_token; check base_url.",
                status_code=status,
            )
        refresh, lasts = answer.get("refresh_token"), answer.get("expires_in")
        return _Granted(
            access=Secret(token),
            refresh=Secret(refresh) if isinstance(refresh, str) and is_token(refresh) else None,
            # In centuries it is a mistake, or worse; it is renewed when ikas refuses it.
            lasts=lasts if isinstance(lasts, (int, float)) and 0 < lasts < 1e9 else None,
            answer=HiddenMapping(answer),
        )
