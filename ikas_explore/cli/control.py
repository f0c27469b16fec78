"""Calls to a running sandbox's control routes."""

from __future__ import annotations

from typing import Any

import httpx

from ikas_explore.client.answers import Answer, whole
from ikas_explore.client.client import open_http
from ikas_explore.errors import InvalidArgumentError, ResponseError, TransportError
from ikas_explore.network.failures import failure_of
from ikas_explore.network.transport import deadline
from ikas_explore.settings import read_settings
from ikas_explore.values.strict_json import decode_bytes

_TIMEOUT = 10.0


def call(method: str, route: str, body: Any = None) -> Any:
    """Call a control route of the sandbox that IKAS_BASE_URL and IKAS_ACCESS_TOKEN name."""
    return _call(method, route, json=body)[0]


def call_for_rows(route: str, **asked: str | int | None) -> tuple[list[Any], int]:
    """Return the rows of a control route, and how many there are without the limit."""
    rows, headers = _call(
        "GET",
        route,
        params={name: value for name, value in asked.items() if value is not None},
        # All the rows may take long, as long as they come.
        bounded=asked.get("limit") is not None,
    )
    if not isinstance(rows, list):
        raise not_a_sandbox("with something that is no list of rows")
    count = headers.get("x-total-count", "")
    return rows, int(count) if count.isascii() and count.isdigit() else len(rows)


def _call(
    method: str, route: str, *, bounded: bool = True, **request: Any
) -> tuple[Any, httpx.Headers]:
    settings = read_settings()
    if not settings.local or settings.access_token is None:
        raise InvalidArgumentError(
            f"IKAS_BASE_URL is {settings.base_url}, which is not a sandbox on this machine. Start "
            "one with 'ikas-explore sandbox' and set the variables that it prints."
        )
    try:
        with (
            open_http(settings, timeout=_TIMEOUT) as http,
            deadline(_TIMEOUT if bounded else None),
            http.stream(
                method,
                f"{settings.base_url}/control/{route}",
                headers={"Authorization": f"Bearer {settings.access_token.reveal()}"},
                **request,
            ) as streamed,
        ):
            response = whole(streamed, f"/control/{route}")
            headers = streamed.headers
    except httpx.TimeoutException:
        failure = TransportError(
            f"The sandbox at {settings.base_url} is busy: it did not answer within {_TIMEOUT:g} s. "
            "Try again."
        )
    except httpx.HTTPError as error:
        failure = TransportError(
            f"No sandbox answers at {settings.base_url} ({failure_of(error).reason}). Start one "
            "with 'ikas-explore sandbox' and set the variables that it prints."
        )
    else:
        return _read(response), headers
    raise failure  # out here, so that httpx's error with its request is not its context


def _read(response: Answer) -> Any:
    try:
        answer = decode_bytes(response.content)
        if 200 <= response.status_code < 300:
            return answer
        refusal = str(answer["errors"][0]["message"])
    except (ValueError, KeyError, TypeError, IndexError):
        raise not_a_sandbox(f"HTTP {response.status_code}", response.status_code) from None
    raise InvalidArgumentError(refusal)


def not_a_sandbox(answered: str, status_code: int | None = None) -> ResponseError:
    """Return the error for an answer that a sandbox does not give."""
    return ResponseError(
        f"IKAS_BASE_URL is {read_settings().base_url}, which answered {answered} and is not a "
        "sandbox. Point IKAS_BASE_URL at one.",
        status_code=status_code,
    )
