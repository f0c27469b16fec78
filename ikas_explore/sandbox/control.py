"""Control routes: the sandbox for programs in other languages.

``POST /control/events`` makes an event happen, ``GET /control/deliveries`` and
``/control/attempts`` give the rows of the token's store with the keys of the frames (times
in Unix milliseconds), ``PUT /control/faults`` replaces the faults. All want a store's access
token as Bearer; none of them is part of ikas.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.network.server import read_body
from ikas_explore.sandbox.app import State, refuse, store_of
from ikas_explore.sandbox.stores import StoreCredentials
from ikas_explore.values.strict_json import decode_bytes

#: Bytes: an event's data may be long.
MOST_OF_AN_EVENT = 10_000_000

Answer = Callable[[Request, StoreCredentials], Awaitable[Response]]


def control_routes(state: State) -> list[Route]:
    """Make the routes."""

    async def post_event(request: Request, store: StoreCredentials) -> Response:
        body = await _read(request)
        if not isinstance(body, dict) or not set(body) <= {"scope", "data"} or "scope" not in body:
            raise InvalidArgumentError('The body is an object such as {"scope": ..., "data": ...}.')
        event, deliveries = state.events.emit(store, body["scope"], body.get("data"))
        return JSONResponse({"event": event, "deliveries": deliveries}, 201)

    async def get_deliveries(request: Request, store: StoreCredentials) -> Response:
        return JSONResponse(list(state.deliveries.listed("deliveries", store.name)))

    async def get_attempts(request: Request, store: StoreCredentials) -> Response:
        return JSONResponse(list(state.deliveries.listed("attempts", store.name)))

    async def put_faults(request: Request, store: StoreCredentials) -> Response:
        body = await _read(request)
        if not isinstance(body, list) or not all(isinstance(each, dict) for each in body):
            raise InvalidArgumentError('The body is a list such as [{"kind": "latency"}].')
        state.faults.replace(body)
        return JSONResponse(state.faults.to_json())

    def route(path: str, method: str, answer: Answer) -> Route:
        async def checked(request: Request) -> Response:
            store = store_of(request, state.stores)
            if store is None:
                return refuse(401, "LOGIN_REQUIRED", "Give a store's access token as Bearer.")
            try:
                return await answer(request, store)
            except InvalidArgumentError as error:
                return refuse(400, error.code, str(error))

        return Route(f"/control/{path}", checked, methods=[method])

    return [
        route("events", "POST", post_event),
        route("deliveries", "GET", get_deliveries),
        route("attempts", "GET", get_attempts),
        route("faults", "PUT", put_faults),
    ]


async def _read(request: Request) -> Any:
    try:
        return decode_bytes(await read_body(request.receive, MOST_OF_AN_EVENT))
    except ValueError as error:
        raise InvalidArgumentError(f"The body is not JSON: {error}.") from None
