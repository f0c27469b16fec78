"""Delivering and answering: a bare asyncio httpx loop, and a static answer.

Durable deliveries are rows in a file before anything leaves; timed is from the first ``emit``
until ``settle`` returns. Both sides post to the same receiver, in a process of its own, with
the same concurrency.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

import ikas_explore as ikas
from ikas_explore.deliveries.payloads import delivery_id, encode
from ikas_explore.network.server import Server
from tests.benchmarks.listing import QUERY
from tests.benchmarks.measuring import Figure, Growth, in_turn, medians, pairs
from tests.benchmarks.plain_receiver import plain_receiver

SCOPE = "store/order/created"
CONCURRENCY = 32
BODY = encode({"id": delivery_id(), "data": "x" * 1_500, "signature": "0" * 64})


def figures(short: bool) -> Iterator[Figure]:
    """Compare durable deliveries a second, and a GraphQL list."""
    count = 300 if short else 2_000
    with delivering() as (sandbox, endpoint):
        both = in_turn(
            partial(durable, sandbox, count),
            partial(bare_loop, endpoint, count),
            3 if short else 7,
        )
    rates = tuple((count / ours, count / rivals) for ours, rivals in both)
    yield Figure("durable deliveries", "a bare asyncio httpx loop", "/s", rates, goal=0.75)
    yield _answering(60 if short else 300)


def growth(short: bool) -> Iterator[Growth]:
    """Compare growing numbers of deliveries."""
    points = []
    with delivering() as (sandbox, endpoint):
        for count in (100, 300) if short else (100, 1_000, 5_000, 20_000):
            both = in_turn(
                partial(durable, sandbox, count),
                partial(bare_loop, endpoint, count),
                1 if count > 5_000 else 3,
            )
            points.append((count, *medians(both)))
    yield Growth("durable deliveries", "a bare asyncio httpx loop", "deliveries", tuple(points))


@contextmanager
def delivering() -> Iterator[tuple[ikas.Sandbox, str]]:
    """Give a sandbox with a file, and the endpoint it delivers to."""
    with (
        plain_receiver() as endpoint,
        tempfile.TemporaryDirectory() as folder,
        ikas.Sandbox(
            Path(folder) / "sandbox.db", concurrency=CONCURRENCY, seed=1, examples=False
        ) as sandbox,
        ikas.connect(sandbox) as store,
    ):
        store.webhooks.save(endpoint, SCOPE)
        durable(sandbox, 10)
        yield sandbox, endpoint
        assert (sandbox.deliveries()["state"] == "delivered").all()


def durable(sandbox: ikas.Sandbox, count: int) -> float:
    """Return the seconds from the first emit until all is delivered."""
    started = time.perf_counter()
    for _ in range(count):
        sandbox.emit(SCOPE)
    sandbox.settle(600)
    return time.perf_counter() - started


def bare_loop(endpoint: str, count: int) -> float:
    """Return the seconds a bare loop takes to post a body so many times."""

    async def post_all() -> float:
        async with httpx.AsyncClient() as client:
            await client.post(endpoint, content=BODY)
            left = iter(range(count))

            async def post_some() -> None:
                for _ in left:
                    answer = await client.post(
                        endpoint, content=BODY, headers={"Content-Type": "application/json"}
                    )
                    assert answer.status_code == 200

            started = time.perf_counter()
            await asyncio.gather(*(post_some() for _ in range(CONCURRENCY)))
            return time.perf_counter() - started

    return asyncio.run(post_all())


def _answering(count: int) -> Figure:
    with ikas.Sandbox() as sandbox, httpx.Client(trust_env=False) as client:
        url = f"{sandbox.base_url}/api/v1/admin/graphql"
        headers = {"Authorization": f"Bearer {sandbox.access_token}"}
        content = client.post(url, json={"query": QUERY}, headers=headers).json()

        async def static(request: object) -> JSONResponse:
            return JSONResponse(content)

        app = Starlette(routes=[Route("/static", static, methods=["POST"])])
        with Server(app) as server:

            def post(address: str) -> None:
                client.post(address, json={"query": QUERY}, headers=headers)

            return Figure(
                "the sandbox answers a list",
                "starlette, the same bytes",
                "ms",
                pairs(lambda: post(url), lambda: post(f"{server.base_url}/static"), count),
                goal=3,
                why="checks the token, runs GraphQL, reads the rows",
            )
