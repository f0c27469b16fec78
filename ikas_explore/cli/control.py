"""Calls to a running sandbox's control routes."""

from __future__ import annotations

from typing import Any

import httpx

from ikas_explore.client.answers import whole
from ikas_explore.client.client import open_http
from ikas_explore.errors import InvalidArgumentError, ResponseError, TransportError
from ikas_explore.network.transport import deadline
from ikas_explore.settings import read_settings

_TIMEOUT = 10.0


def call(method: str, route: str, body: Any = None) -> Any:
    """Call a control route of the sandbox that IKAS_BASE_URL and IKAS_ACCESS_TOKEN point at.

    Raises
    ------
    InvalidArgumentError
        IKAS_BASE_URL is not on this machine, or the sandbox refused the values.
    TransportError
        No sandbox answers there.
    """
    settings = read_settings()
    if not settings.local or settings.access_token is None:
        raise InvalidArgumentError(
            f"IKAS_BASE_URL is {settings.base_url}, which is no sandbox on this machine. Start "
            "one with 'ikas-explore sandbox' and set the two variables it prints."
        )
    try:
        with (
            open_http(settings, timeout=_TIMEOUT) as http,
            deadline(_TIMEOUT),
            http.stream(
                method,
                f"{settings.base_url}/control/{route}",
                json=body,
                headers={"Authorization": f"Bearer {settings.access_token.reveal()}"},
            ) as streamed,
        ):
            response = whole(streamed, f"/control/{route}")
    except httpx.HTTPError as error:
        failure = TransportError(
            f"No sandbox answers at {settings.base_url} ({type(error).__name__}). Start one with "
            "'ikas-explore sandbox'."
        )
    else:
        return _read(response)
    raise failure  # out here, so that httpx's error with its request is not its context


def _read(response: httpx.Response) -> Any:
    try:
        answer = response.json()
        if response.is_success:
            return answer
        raise InvalidArgumentError(answer["errors"][0]["message"])
    except (ValueError, KeyError, TypeError, IndexError):
        raise no_sandbox(f"HTTP {response.status_code}", response.status_code) from None


def no_sandbox(answered: str, status_code: int | None = None) -> ResponseError:
    """Return the error for an answer that no sandbox gives."""
    return ResponseError(
        f"IKAS_BASE_URL is {read_settings().base_url}, which answered {answered}: no sandbox does "
        "that. Set it to one.",
        status_code=status_code,
    )
