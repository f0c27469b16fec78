"""How often, how long between, and why an attempt failed."""

from __future__ import annotations

import asyncio
import math
import re
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ikas_explore.deliveries.attempts import Retries, outcome_of
from ikas_explore.errors import InvalidArgumentError


@pytest.mark.parametrize(
    ("retries", "delays"),
    [
        (Retries(), [1, 2, None]),
        (Retries(1), [None]),
        (Retries(4), [1, 2, 2, None]),
        (Retries(3, ()), [0, 0, None]),
        (Retries(2, (0.5, 9)), [0.5, None]),
    ],
)
def test_the_last_delay_stays_until_the_attempts_are_used_up(
    retries: Retries, delays: list[float | None]
) -> None:
    assert [retries.delay_after(number + 1) for number in range(len(delays))] == delays
    assert retries.delay_after(len(delays) + 1) is None


@pytest.mark.parametrize(
    "given",
    [{"max_attempts": bad} for bad in (0, -1, 1.5, "3", True, None)]
    + [
        {"retry_delays": bad}
        for bad in ((-1,), (math.inf,), (math.nan,), ("a",), "12", {1.0}, None, 1.0)
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(InvalidArgumentError, match=name):
        Retries(**given)


def test_success_is_200_and_nothing_else() -> None:
    good = [status for status in range(100, 600) if outcome_of(status).ok]
    assert good == [200]
    assert outcome_of(200).error is None
    assert outcome_of(301).error == "HTTP 301: redirects are not followed"
    assert outcome_of(500).error == "HTTP 500: only 200 counts"


def subclasses(root: type[BaseException]) -> Iterator[type[BaseException]]:
    yield root
    for each in root.__subclasses__():
        if each.__module__.startswith("httpx"):
            yield from subclasses(each)


ROOTS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)


@pytest.mark.parametrize("kind", [each for root in ROOTS for each in subclasses(root)])
def test_every_error_of_httpx_has_a_reason_in_words(kind: type[BaseException]) -> None:
    outcome = outcome_of(None, kind.__new__(kind))
    assert outcome.status_code is None
    assert not outcome.ok
    assert outcome.error
    assert kind.__name__ not in outcome.error
    assert re.match("time-out", outcome.error) or not issubclass(kind, httpx.TimeoutException)


def failures(endpoint: str) -> Iterator[str | None]:
    """The reason of a request that fails, made both ways: push is sync, the sandbox async."""

    async def send() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            await client.post(endpoint)

    with pytest.raises(httpx.TransportError) as caught:
        asyncio.run(send())
    yield outcome_of(None, caught.value).error
    with httpx.Client(verify=False, trust_env=False, timeout=2) as client:
        with pytest.raises(httpx.TransportError) as caught:
            client.post(endpoint)
        yield outcome_of(None, caught.value).error


def test_refused_and_unknown_hosts_are_told_apart(closed_port: int) -> None:
    for reason in failures(f"http://127.0.0.1:{closed_port}"):
        assert reason == "refused: nothing answers at that address"
    for reason in failures("http://nowhere.invalid"):
        assert reason == "DNS failure: the host name is not known"


def test_tls_failures_are_told_with_the_certificates_fault() -> None:
    fault = ssl.SSLCertVerificationError("failed")
    fault.verify_message = "self-signed certificate"
    error = httpx.ConnectError("failed")
    error.__cause__ = OSError("between")
    error.__cause__.__context__ = fault
    assert outcome_of(None, error).error == (
        "TLS failure: the certificate is not trusted (self-signed certificate)"
    )


def test_an_error_of_another_kind_says_what_it_is() -> None:
    assert outcome_of(None, RuntimeError("odd")).error == "RuntimeError: odd"
    assert outcome_of(None, TimeoutError()).error == "time-out: no answer in time"
