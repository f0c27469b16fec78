"""The paths a sandbox answers, as one ASGI app, and how faults show in its answers.

``POST /api/v1/admin/graphql`` and ``/api/v2/admin/graphql``, ``POST /api/admin/oauth/token``
as ikas has them, and the control routes, which it has not. The worker runs as long as the app.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ikas_explore.errors import StorageError
from ikas_explore.network.requests import (
    BodyRefused,
    Ending,
    first_of,
    read_body,
    until_disconnect,
)
from ikas_explore.sandbox.behaviour import Rules
from ikas_explore.sandbox.blocks import Blocks
from ikas_explore.sandbox.catalogue import Catalogue
from ikas_explore.sandbox.control import Json, control_routes, refuse
from ikas_explore.sandbox.delivery_rows import Deliveries
from ikas_explore.sandbox.faults import Fault, Faults, Hint, RateLimit
from ikas_explore.sandbox.graphql import (
    Call,
    Executor,
    Operation,
    read_operation,
    resolvers,
)
from ikas_explore.sandbox.ledger import Ledger
from ikas_explore.sandbox.oauth import answer_token, install_address, read_form
from ikas_explore.sandbox.stores import StoreCredentials, Stores
from ikas_explore.sandbox.tables import Rows
from ikas_explore.sandbox.webhook_rows import Registrations
from ikas_explore.sandbox.worker import Worker
from ikas_explore.schema import API_VERSIONS
from ikas_explore.schema.limits import CALLS
from ikas_explore.settings import SANDBOX
from ikas_explore.text.html_table import escape

#: Bytes: an operation or a form of OAuth is not longer.
MOST = 200_000


class State(AbstractContextManager[Starlette]):
    """The parts of a sandbox: opened and closed in its server's thread, where no Ctrl-C comes.

    The server holds this and not the `Sandbox`, so that a sandbox nobody holds any more can end.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, rules: Rules, *, seed: str, examples: bool
    ) -> None:
        self._opening = (path, seed, examples)
        self._rules = rules
        self.rate_limit = RateLimit(bool(rules.blocks), seconds=CALLS.seconds / rules.time_scale)
        self.calls: Counter[str] = Counter()
        self.ending = Ending()

    def __enter__(self) -> Starlette:
        path, seed, examples = self._opening
        self.rows = Rows(path, seed)
        try:
            self.stores = Stores(self.rows)
            self.blocks = Blocks(self.rows, self._rules)
            ledger = Ledger(self.rows, self._rules, self.stores, self.blocks)
            self.worker = Worker(ledger, self._rules)
            self.emit = partial(ledger.emit, self.worker.add)
            self.deliveries = Deliveries(self.rows)
            self.faults = Faults(self.rows.random("faults"))
            self.catalogue = Catalogue(self.rows)
            registrations = Registrations(self.rows)
            self.routes = self._routes(registrations)
            self.store, new = self.stores.add(SANDBOX)
            if new and examples:
                registrations.add_examples(SANDBOX)
            self.worker.add(ledger.recover())
            return Starlette(
                routes=self.routes,
                exception_handlers={StorageError: _storage, BodyRefused: _body_refused},
                lifespan=self._lifespan,
            )
        except BaseException:
            self.rows.close()
            raise

    def __exit__(self, *exc_info: object) -> None:
        self.rows.close()

    def _routes(self, registrations: Registrations) -> list[Route]:
        graphql = []
        for api_version in API_VERSIONS:
            fields = resolvers(
                api_version, registrations, self.catalogue, strict=self._rules.strict
            )
            executor = Executor(api_version, fields)
            path = f"/api/{api_version}/admin/graphql"
            graphql.append(Route(path, partial(self._graphql, executor), methods=["POST"]))
            graphql.append(Route(path, _say_post, methods=["GET"]))
        return [
            *graphql,
            Route("/api/admin/oauth/token", self._token, methods=["POST"]),
            Route("/api/admin/oauth/authorize", self._install, methods=["GET"]),
            *control_routes(self),
        ]

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        pushing = asyncio.create_task(self.worker.run())
        try:
            yield
        finally:
            pushing.cancel()
            with suppress(asyncio.CancelledError):
                await pushing

    async def _graphql(self, executor: Executor, request: Request) -> Response:
        operation = read_operation(await read_body(request.receive, MOST))
        self.calls.update(executor.fields(operation))
        store = self.stores.of_header(request.headers.get("authorization", ""))
        response = await self._respond(executor, request, operation, store)
        if store is not None:
            # Every answer of ours begins with its errors.
            failed = response.status_code != 200 or response.body[:9] == b'{"errors"'
            over_rate = response.status_code == 429
            self.blocks.count("calls", store.name, failed=failed, over_rate=over_rate)
            self.blocks.keep()
        return response

    async def _respond(
        self,
        executor: Executor,
        request: Request,
        operation: Operation,
        store: StoreCredentials | None,
    ) -> Response:
        struck = self.faults.strike(store.name if store else None)
        if "latency" in struck:
            await first_of(self.ending.wait(), timeout=struck["latency"].seconds)
        if "hang" in struck:
            return await self._hang(struck["hang"], request)
        if "server_error" in struck:
            return _gateway_page(struck["server_error"].status or 500)
        if "rate_limited" in struck:
            fault = struck["rate_limited"]
            return _too_many_calls(fault.seconds or 0, fault.hint)
        if store and (block := self.blocks.blocked("calls", store.name)):
            seconds, why = block
            return _too_many_calls(seconds, self.rate_limit.hint, f"Too many requests: {why}.")
        wait = self.rate_limit.wait(store.name) if store else None
        if wait is not None:
            return _too_many_calls(math.ceil(wait), self.rate_limit.hint)
        installed = store is not None and self.stores.installed(store.name)
        call = Call(
            None if "expired_token" in struck else store,
            installed=installed and "uninstalled" not in struck,
            permitted="missing_permission" not in struck,
        )
        return _changed(struck, *executor.answer(operation, call))

    async def _token(self, request: Request) -> Response:
        body = await read_body(request.receive, MOST)
        kind = request.headers.get("content-type", "")
        form = read_form(body, kind, self._rules.token_body)
        self.calls.update(["token"])
        store = self.stores.of_client_id(form.get("client_id", ""))
        if store and store.client_secret != form.get("client_secret"):
            store = None
        if form.get("grant_type") == "refresh_token":
            struck = self.faults.strike(store.name if store else None, refresh=True)
            if store and not self.stores.installed(store.name):
                # After an uninstall ikas answers nothing for more than 30 s (live).
                struck.setdefault("hanging_refresh", Fault("hanging_refresh"))
            if struck:
                return await self._hang(struck["hanging_refresh"], request)
        lifetime = self._rules.token_lifetime
        status, content = answer_token(form, store, self.stores, lifetime=lifetime)
        return Json(content, status)

    async def _install(self, request: Request) -> Response:
        status, text = install_address(dict(request.query_params), self.stores)
        if status == 302:
            return RedirectResponse(text, status)
        return HTMLResponse(f"<html><body><p>{escape(text)}</p></body></html>", status)

    async def _hang(self, fault: Fault, request: Request) -> Response:
        """Answer nothing until the fault's time is up, the caller has gone, or the sandbox ends."""
        ends = (until_disconnect(request.receive), self.ending.wait())
        await first_of(*ends, timeout=fault.seconds)
        return _gateway_page(504)


# Both are async, as Starlette starts a thread for others.


async def _storage(_: Request, error: Exception) -> Response:
    """Answer that something cannot be written; within GraphQL it is an error of the field."""
    return refuse(507, "STORAGE", str(error))


async def _body_refused(_: Request, error: Exception) -> Response:
    # Without a status the sender has left, and nobody reads the answer.
    status = getattr(error, "status", None) or 400
    unread = {"Connection": "close"}  # what is left of the body is not read
    return refuse(status, "ARGUMENT_VALIDATION_ERROR", str(error), unread)


async def _say_post(_: Request) -> Response:
    """Answer a browser, to which ikas shows a playground."""
    text = "This is a GraphQL API: send operations with POST.\n"
    return PlainTextResponse(text, 405, {"Allow": "POST"})


def _gateway_page(status: int) -> Response:
    return HTMLResponse(f"<html><body><h1>{status}</h1></body></html>", status)


def _too_many_calls(seconds: float, hint: Hint, why: str = "Too many requests.") -> Response:
    """Make a 429; what ikas' looks like is unknown, so there are three.

    That a block is answered with one too is a guess; one for good has no hint.
    """
    hint = "none" if seconds == math.inf else hint
    headers = {"Retry-After": f"{seconds:.15g}"} if hint == "header" else None
    beside = {"retryAfter": seconds} if hint == "body" else {}
    return refuse(429, "TOO_MANY_REQUESTS", why, headers, **beside)


def _changed(struck: Mapping[str, Fault], status: int, content: dict[str, Any]) -> Response:
    """Make the response of an executed call, changed as the faults say."""
    if "expired_token" in struck and content.get("errors"):
        status = struck["expired_token"].status or status
    if "partial_data" in struck and isinstance(content.get("data"), dict):
        content = _partial(content)
    response = Json(content, status)
    if "truncated" in struck:
        body = bytes(response.body)
        return Response(body[: len(body) // 2], status, media_type="application/json")
    return response


def _partial(content: dict[str, Any]) -> dict[str, Any]:
    data = {name: _half(value) for name, value in content["data"].items()}
    error = {
        "message": "Internal server error.",
        "path": [next(iter(data), None)],
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
    return {"errors": [*content.get("errors", ()), error], "data": data}


def _half(value: Any) -> Any:
    """Return half the rows of a list, or of a page of one."""
    if isinstance(value, dict) and "data" in value:
        return {**value, "data": _half(value["data"])}
    return value[: len(value) // 2] if isinstance(value, list) else value
