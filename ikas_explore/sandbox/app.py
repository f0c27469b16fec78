"""The paths a sandbox answers, as one ASGI app.

``POST /api/v1/admin/graphql`` and ``/api/v2/admin/graphql``, ``POST /api/admin/oauth/token``
as ikas has them, and the control routes, which it has not. The worker runs as long as the
app does.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ikas_explore.errors import StorageError
from ikas_explore.network.server import BodyRefused, read_body
from ikas_explore.sandbox.breaking import (
    answer_instead,
    changed_answer,
    changed_call,
    too_many_calls,
)
from ikas_explore.sandbox.control import control_routes, refuse
from ikas_explore.sandbox.faults import Fault
from ikas_explore.sandbox.graphql import Executor
from ikas_explore.sandbox.oauth import answer_token
from ikas_explore.sandbox.resolvers import context_for, executable_schema
from ikas_explore.sandbox.state import State, store_of
from ikas_explore.schema import API_VERSIONS, ApiVersion

#: Bytes: an operation or a form of OAuth is not longer.
MOST = 200_000


def make_app(state: State) -> Starlette:
    """Make the app; the worker runs as long as it does."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        pushing = asyncio.create_task(state.worker.run())
        try:
            yield
        finally:
            pushing.cancel()
            with suppress(asyncio.CancelledError):
                await pushing

    return Starlette(
        routes=[
            *(_graphql_route(state, api_version) for api_version in API_VERSIONS),
            _token_route(state),
            *control_routes(state),
        ],
        exception_handlers={
            StorageError: _storage,
            BodyRefused: _body_refused,
        },
        lifespan=lifespan,
    )


# All are async, as Starlette starts a thread for others.


async def _storage(_: Request, error: Exception) -> Response:
    """Answer that something cannot be written, such as to a full disk.

    Within GraphQL it is an error of the field.
    """
    return refuse(507, "STORAGE", str(error))


async def _body_refused(_: Request, error: Exception) -> Response:
    refusal = refuse(getattr(error, "status", None) or 400, "ARGUMENT_VALIDATION_ERROR", str(error))
    refusal.headers["Connection"] = "close"  # what is left of the body is not read
    return refusal


def _graphql_route(state: State, api_version: ApiVersion) -> Route:
    executor = Executor(
        executable_schema(api_version, state.registrations, strict=state.rules.strict)
    )

    async def answer(request: Request) -> Response:
        body = await read_body(request.receive, MOST)
        state.calls.update(executor.fields(body))
        store = store_of(request, state.stores)
        name = store.name if store else None
        struck = state.faults.strike(name)
        instead = await answer_instead(struck, request, state.waits)
        if instead is not None:
            return instead
        wait = state.rate_limit.wait(name) if name else None
        if wait is not None:
            return too_many_calls(math.ceil(wait), state.rate_limit.hint)
        call = changed_call(struck, context_for(store, state.stores))
        return changed_answer(struck, *executor.answer(body, call))

    return Route(f"/api/{api_version}/admin/graphql", answer, methods=["POST"])


def _token_route(state: State) -> Route:
    async def answer(request: Request) -> Response:
        form = dict(parse_qsl((await read_body(request.receive, MOST)).decode("utf-8", "replace")))
        state.calls.update(["token"])
        if form.get("grant_type") == "refresh_token":
            store = state.stores.of_client(form.get("client_id", ""), form.get("client_secret", ""))
            struck = state.faults.strike(store.name if store else None, refresh=True)
            if struck:
                return await state.waits.hang(struck["hanging_refresh"], request)
            if store and not state.stores.installed(store.name):
                # After an uninstall ikas answers nothing for more than 30 s (live).
                return await state.waits.hang(Fault("hanging_refresh"), request)
        status, content = answer_token(form, state.stores, lifetime=state.rules.token_lifetime)
        return JSONResponse(content, status)

    return Route("/api/admin/oauth/token", answer, methods=["POST"])
