"""The paths of ikas that a sandbox answers, as one ASGI app.

``POST /api/v1/admin/graphql`` and ``/api/v2/admin/graphql``, ``POST /api/admin/oauth/token``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ikas_explore.sandbox.executor import Executor
from ikas_explore.sandbox.oauth import answer_token
from ikas_explore.sandbox.registrations import Registrations
from ikas_explore.sandbox.resolvers import context_for, executable_schema
from ikas_explore.sandbox.rows import Rows
from ikas_explore.sandbox.rules import Rules
from ikas_explore.sandbox.stores import StoreCredentials, Stores
from ikas_explore.schema import API_VERSIONS, ApiVersion


@dataclass
class State:
    """What the paths share, and what `Sandbox` opens and closes."""

    rows: Rows
    rules: Rules
    stores: Stores
    registrations: Registrations
    calls: Counter[str] = field(default_factory=Counter)


def make_app(state: State) -> Starlette:
    """Make the app; the rows are closed when it shuts down."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            state.rows.close()

    return Starlette(
        routes=[
            *(_graphql_route(state, api_version) for api_version in API_VERSIONS),
            _token_route(state),
        ],
        lifespan=lifespan,
    )


def store_of(request: Request, stores: Stores) -> StoreCredentials | None:
    """Return the store that a request's Bearer token opens."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return stores.of_token(token.strip()) if scheme.lower() == "bearer" else None


def _graphql_route(state: State, api_version: ApiVersion) -> Route:
    executor = Executor(
        executable_schema(api_version, state.registrations, strict=state.rules.strict)
    )

    async def answer(request: Request) -> Response:
        body = await request.body()
        state.calls.update(executor.fields(body))
        call = context_for(store_of(request, state.stores), state.stores)
        status, content = executor.answer(body, call)
        return JSONResponse(content, status)

    return Route(f"/api/{api_version}/admin/graphql", answer, methods=["POST"])


def _token_route(state: State) -> Route:
    async def answer(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        state.calls.update(["token"])
        status, content = answer_token(form, state.stores, lifetime=state.rules.token_lifetime)
        return JSONResponse(content, status)

    return Route("/api/admin/oauth/token", answer, methods=["POST"])
