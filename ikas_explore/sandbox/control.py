"""Control routes: the sandbox for programs in other languages.

``POST /control/events`` makes an event happen, ``GET /control/deliveries`` and
``/control/attempts`` stream the rows of the token's store with the keys of the frames (times
in Unix milliseconds), ``PUT /control/faults`` replaces the faults, and
``GET /control/budget`` answers the rows of `Sandbox.budget`. All want a store's access
token as Bearer; none of them is part of ikas.

The two lists take ``since`` (ISO text), ``state`` and ``limit`` as `Sandbox.deliveries` does.
With a ``limit`` the header ``X-Total-Count`` says how many rows there are without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ikas_explore.deliveries.payloads import to_json
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.network.requests import read_body
from ikas_explore.sandbox.delivery_rows import Asked, Listed
from ikas_explore.sandbox.stores import StoreCredentials
from ikas_explore.values.names import check_known
from ikas_explore.values.strict_json import decode_bytes

if TYPE_CHECKING:
    from ikas_explore.sandbox.app import State

#: Bytes: an event's data may be long.
MOST_OF_AN_EVENT = 10_000_000

_ROWS_QUERY = ("since", "state", "limit")

Answer = Callable[[Request, StoreCredentials], Awaitable[Response]]


class Json(JSONResponse):
    """JSON with the content type that ikas answers."""

    media_type = "application/json; charset=utf-8"


def control_routes(state: State) -> list[Route]:

    async def post_event(request: Request, store: StoreCredentials) -> Response:
        body = await _read(request)
        if not isinstance(body, dict) or not set(body) <= {"scope", "data"} or "scope" not in body:
            raise InvalidArgumentError('Give an object, for example {"scope": ..., "data": ...}.')
        event, ids = state.emit(store, body["scope"], body.get("data"))
        return Json({"event": event, "deliveries": ids}, 201)

    def get(what: Listed) -> Answer:
        async def get_rows(request: Request, store: StoreCredentials) -> Response:
            # Rows that can only be of one store are counted without looking at their events.
            asked = _asked(request, store.name if len(state.stores) > 1 else None)
            # In other threads: the event loop goes on answering others between two pages.
            pages = state.deliveries.pages(what, asked)
            first = await asyncio.to_thread(_next_page, pages)
            headers = {}
            if asked.limit is not None:
                count = await asyncio.to_thread(state.deliveries.count, what, asked)
                headers["X-Total-Count"] = str(count)
            return StreamingResponse(
                _streamed(first, pages), media_type=Json.media_type, headers=headers
            )

        return get_rows

    async def put_faults(request: Request, store: StoreCredentials) -> Response:
        state.faults.replace(await _read(request))
        return Json(state.faults.to_json())

    async def get_budget(_: Request, store: StoreCredentials) -> Response:
        return Json(state.blocks.budget(store.name))

    def route(path: str, method: str, answer: Answer, known: Collection[str] = ()) -> Route:
        async def checked(request: Request) -> Response:
            store = state.stores.of_header(request.headers.get("authorization", ""))
            if store is None:
                return refuse(401, "LOGIN_REQUIRED", "Give a store's access token as Bearer.")
            try:
                _check_query(request, known)
                return await answer(request, store)
            except InvalidArgumentError as error:
                return refuse(400, error.code, str(error))

        return Route(f"/control/{path}", checked, methods=[method])

    return [
        route("events", "POST", post_event),
        route("deliveries", "GET", get("deliveries"), _ROWS_QUERY),
        route("attempts", "GET", get("attempts"), _ROWS_QUERY),
        route("faults", "PUT", put_faults),
        route("budget", "GET", get_budget),
    ]


def refuse(
    status: int,
    code: str | None,
    message: str,
    headers: Mapping[str, str] | None = None,
    **beside: object,
) -> Response:
    """Answer an error as GraphQL writes it."""
    errors = [{"message": message, "extensions": {"code": code}}]
    return Json({"errors": errors, **beside}, status, headers)


def _check_query(request: Request, known: Collection[str]) -> None:
    """Refuse what would be ignored: the store, for one, is that of the access token."""
    names = [name for name, _ in request.query_params.multi_items()]
    check_known(names, known, "the query of this path")
    if twice := [name for name in known if names.count(name) > 1]:
        raise InvalidArgumentError(f"The query names {twice[0]} more than once; give one.")


def _asked(request: Request, store: str | None) -> Asked:
    given = request.query_params
    limit = given.get("limit")
    if limit is not None and not (limit.isascii() and limit.isdigit() and len(limit) < 19):
        raise InvalidArgumentError(f"limit is {limit!r}; give a whole number.")
    since, state = given.get("since"), given.get("state")
    return Asked(store, since, state, None if limit is None else int(limit))


def _next_page(pages: Iterator[list[dict[str, Any]]]) -> bytes | None:
    """Return the next page that has rows as JSON, without its brackets; None at the end."""
    page = next(filter(None, pages), None)
    return None if page is None else to_json(page).encode()[1:-1]


async def _streamed(
    page: bytes | None, pages: Iterator[list[dict[str, Any]]]
) -> AsyncIterator[bytes]:
    yield b"["
    comma = b""
    while page is not None:
        yield comma + page
        comma = b","
        page = await asyncio.to_thread(_next_page, pages)
    yield b"]"


async def _read(request: Request) -> Any:
    try:
        return decode_bytes(await read_body(request.receive, MOST_OF_AN_EVENT))
    except ValueError as error:
        raise InvalidArgumentError(f"The body is not JSON: {error}.") from None
