"""Push a signed delivery to a handler, with the attempts ikas would make."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

import httpx

from ikas_explore.deliveries.attempts import MOST_OF_AN_ANSWER, Outcome, Retries, outcome_of
from ikas_explore.deliveries.payloads import (
    SYNTHETIC,
    check_data,
    delivery_id,
    encode,
    envelope,
    make_uuid,
)
from ikas_explore.deliveries.samples import sample
from ikas_explore.deliveries.signatures import check_secret
from ikas_explore.errors import InvalidArgumentError, InvalidScopeError
from ikas_explore.network.transport import deadline, open_client
from ikas_explore.schema.scopes import Scope, check_scopes
from ikas_explore.text.printable import shown
from ikas_explore.values.names import check_flag
from ikas_explore.values.numbers import FINITE, check_number
from ikas_explore.values.secret import Secret, hide, masked
from ikas_explore.values.times import now_ms
from ikas_explore.values.urls import is_loopback, read_url

if TYPE_CHECKING:
    import pandas as pd

HEADERS = {"Content-Type": "application/json"}


def push(
    endpoint: str,
    scope: str,
    client_secret: str | Secret,
    *,
    data: str | Mapping[str, Any] | None = None,
    max_attempts: int = 3,
    retry_delays: Sequence[float] = (1.0, 2.0),
    timeout: float = 5.0,
    wrong_signature: bool = False,
    duplicate: bool = False,
    unknown_keys: bool = False,
    synthetic: bool = False,
    seed: int | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> pd.DataFrame:
    """Send a signed test delivery to an endpoint, as ikas would.

    No account is needed. Ctrl-C ends it at any moment and leaves nothing open.

    Parameters
    ----------
    endpoint : str
        An https address of your own, or http on this machine.
    scope : str
        A registrable scope. With ``data`` also one that ikas delivers only to the address in
        the partner panel.
    client_secret : str or Secret
        The secret that your handler verifies with.
    data : str or mapping, optional
        Your own data instead of a sample: a JSON object, or the text of one, sent unchanged.
    max_attempts : int, default 3
        Attempts until a whole answer with HTTP 200 comes.
    retry_delays : sequence of float, default (1.0, 2.0)
        Seconds between attempts; the last one repeats. ikas' own delays are not known.
    timeout : float, default 5.0
        Seconds for one attempt, from connecting to the end of the answer. ikas' own time-out is
        not known.
    wrong_signature : bool, default False
        Sign with another secret. Your handler has to refuse the delivery.
    duplicate : bool, default False
        Send the same bytes twice. Your handler has to ignore an ``id`` it has already handled.
    unknown_keys : bool, default False
        Add keys that ikas does not send today. Your handler has to ignore them.
    synthetic : bool, default False
        Begin the ``id`` with ``synthetic-``, so that a handler in use can tell it from ikas' own.
    seed : int, optional
        The same seed gives the same ids and the same sample.
    sleep : callable, default time.sleep
        Called with the seconds to wait between two attempts.

    Returns
    -------
    pandas.DataFrame
        One row per attempt: ``delivery_id``, ``number`` (from 1), ``started_at`` (UTC),
        ``duration_ms`` (milliseconds), ``status_code``, ``error`` (missing when it was
        delivered). ``attrs`` has ``scope`` and ``sample``: "own" for your data, else "live" or
        "sdk" when these fields were seen in real payloads or in ikas' SDK, "invented" when not.

    Raises
    ------
    InvalidArgumentError
        The endpoint, ``data`` or a setting is not valid; nothing was sent.
    InvalidScopeError
        The scope does not exist.
    SignatureError
        The secret is empty.

    Examples
    --------
    >>> from ikas_explore import Receiver
    >>> with Receiver("secret") as receiver:
    ...     attempts = push(receiver.endpoint, "store/order/created", "secret")
    >>> attempts["status_code"].tolist()
    [200]
    """
    # First of all: a traceback may print local variables.
    client_secret, target, endpoint = hide(client_secret), Secret(endpoint), ""
    from ikas_explore.frames.frames import ATTEMPTS, rows_frame

    retries = Retries(max_attempts, retry_delays)
    for name, flag in (
        ("wrong_signature", wrong_signature),
        ("duplicate", duplicate),
        ("unknown_keys", unknown_keys),
        ("synthetic", synthetic),
    ):
        check_flag(name, flag)
    check_target(target)
    check_secret(client_secret)
    if seed is not None:
        seed = check_number("seed", seed, least=-(2**63), most=2**63, whole=True)
    if not callable(sleep):
        raise InvalidArgumentError(f"sleep is {shown(sleep)}; give a function that takes seconds.")
    random = Random(seed)  # noqa: S311 - ids, not secrets
    merchant_id = make_uuid(random)
    now = dt.datetime.now(dt.UTC)
    panel_only = isinstance(scope, str) and scope in _PANEL_ONLY
    if data is None:
        if panel_only:
            raise InvalidScopeError(
                f"It is not known what ikas sends for {scope!r}; give your own `data`."
            )
        made = sample(scope, random, now=now if seed is None else None, merchant_id=merchant_id)
        text, source = made.data, str(made.source)
    else:
        text, source = check_data(data), "own"
        if not panel_only:
            check_scopes([scope])
    payload = envelope(
        id=SYNTHETIC * synthetic + delivery_id(random),
        scope=str(scope),
        data=text,
        # The right form and another key: what a stranger who knows the endpoint can send.
        client_secret=Secret(f"not of {merchant_id}") if wrong_signature else client_secret,
        authorized_app_id=make_uuid(random),
        merchant_id=merchant_id,
        created_at=now,
    )
    sent: dict[str, Any] = dict(payload)
    if unknown_keys:
        sent |= {"apiVersion": "v99", "context": {"retry": False, "tags": ["ç", None]}}
    body = encode(sent)
    times = 2 if duplicate else 1
    rows = deliver(target, [(payload["id"], body)] * times, retries, timeout=timeout, sleep=sleep)
    frame = rows_frame(ATTEMPTS, rows)
    frame.attrs = {"scope": str(scope), "sample": source}
    return frame


def check_target(target: Secret) -> None:
    """Refuse an address that nothing may be pushed to: neither https, nor on this machine.

    It may hold a password or a token, so it is kept as a secret.
    """
    url = read_url(target)
    if url.scheme == "http" and not is_loopback(url.host):
        raise InvalidArgumentError(
            f"The endpoint {masked(target.reveal())!r} is not https, and not on this machine: a "
            "customer's data would go over the network in clear. Give an https:// address."
        )


def deliver(
    target: Secret,
    deliveries: Iterable[tuple[str, bytes]],
    retries: Retries,
    *,
    timeout: float,
    sleep: Callable[[float], object] = time.sleep,
) -> list[dict[str, Any]]:
    """Send bodies, each with its id, to a checked address; return rows of the attempts frame."""
    timeout = check_number("timeout", timeout, least=0, most=FINITE, above=True)
    rows = []
    # Through no proxy: it would send the delivery elsewhere.
    with open_client(read_url(target).origin, timeout=timeout) as client:
        for identity, body in deliveries:
            for number in range(1, retries.max_attempts + 1):
                started_at, start = now_ms(), time.perf_counter()
                outcome = attempt(client, target, body)
                rows.append(
                    {
                        "delivery_id": identity,
                        "number": number,
                        "started_at": started_at,
                        "duration_ms": (time.perf_counter() - start) * 1000,
                        "status_code": outcome.status_code,
                        "error": outcome.error,
                    }
                )
                delay = retries.delay_after(number)
                if outcome.ok or delay is None:
                    break
                sleep(delay)
    return rows


def attempt(client: httpx.Client, target: Secret, body: bytes) -> Outcome:
    """Post a body once."""
    status: int | None = None
    try:
        with (
            deadline(client.timeout.read),
            client.stream("POST", target.reveal(), content=body, headers=HEADERS) as response,
        ):
            status, size = response.status_code, 0
            for part in response.iter_raw():
                size += len(part)
                if size > MOST_OF_AN_ANSWER:
                    break
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return outcome_of(status, error)  # ValueError: a host name that cannot be encoded
    except BaseException as error:
        ended = error
    else:
        return outcome_of(status)
    raise ended.with_traceback(None)  # Ctrl-C: frames beneath have the address in clear


_PANEL_ONLY = tuple(scope for scope in Scope if scope.registration == "panel-only")
