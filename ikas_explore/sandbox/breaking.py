"""How a fault shows in an HTTP answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ikas_explore.network.server import Ending, first_of, until_disconnect
from ikas_explore.sandbox.faults import Fault, Hint
from ikas_explore.sandbox.resolvers import Call

Struck = Mapping[str, Fault]


class Waits:
    """What faults wait for, cut short when the sandbox ends."""

    def __init__(self) -> None:
        self.ending = Ending()

    async def sleep(self, seconds: float) -> None:
        """Wait so long, or until the sandbox ends."""
        await first_of(self.ending.wait(), timeout=seconds)

    async def hang(self, fault: Fault, request: Request) -> Response:
        """Answer nothing until the fault's time is up, the caller has gone, or the sandbox."""
        await first_of(until_disconnect(request.receive), self.ending.wait(), timeout=fault.seconds)
        return _gateway_page(504)


async def answer_instead(struck: Struck, request: Request, waits: Waits) -> Response | None:
    """Wait as the faults say, and return the answer given in place of the real one, if any."""
    if "latency" in struck:
        await waits.sleep(struck["latency"].seconds or 0)
    if "hang" in struck:
        return await waits.hang(struck["hang"], request)
    if "server_error" in struck:
        return _gateway_page(struck["server_error"].status or 500)
    if "rate_limited" in struck:
        fault = struck["rate_limited"]
        return too_many_calls(fault.seconds or 0, fault.hint)
    return None


def too_many_calls(seconds: float, hint: Hint) -> Response:
    """Make a 429; what ikas' looks like is unknown, so there are three."""
    body: dict[str, Any] = {
        "errors": [{"message": "Too many requests.", "extensions": {"code": "TOO_MANY_REQUESTS"}}]
    }
    if hint == "body":
        body["retryAfter"] = seconds
    headers = {"Retry-After": f"{seconds:g}"} if hint == "header" else None
    return JSONResponse(body, 429, headers)


def changed_call(struck: Struck, call: Call) -> Call:
    """Return the call as the faults let the resolvers see it."""
    if "expired_token" in struck:
        call = replace(call, store=None)
    if "missing_permission" in struck:
        call = replace(call, permitted=False)
    if "uninstalled" in struck:
        call = replace(call, installed=False)
    return call


def changed_answer(struck: Struck, status: int, content: dict[str, Any]) -> Response:
    """Make the response of an executed call, changed as the faults say."""
    if "expired_token" in struck and content.get("errors"):
        status = struck["expired_token"].status or status
    if "partial_data" in struck and isinstance(content.get("data"), dict):
        content = _partial(content)
    response = JSONResponse(content, status)
    if "truncated" in struck:
        body = bytes(response.body)
        return Response(body[: len(body) // 2], status, media_type="application/json")
    return response


def _partial(content: dict[str, Any]) -> dict[str, Any]:
    data = {
        name: value[: len(value) // 2] if isinstance(value, list) else value
        for name, value in content["data"].items()
    }
    error = {
        "message": "Internal server error.",
        "path": [next(iter(data), None)],
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
    return {"errors": [*content.get("errors", ()), error], "data": data}


def _gateway_page(status: int) -> Response:
    return HTMLResponse(f"<html><body><h1>{status}</h1></body></html>", status)
