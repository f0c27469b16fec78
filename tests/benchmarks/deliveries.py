"""How fast the sandbox delivers, answers and starts: ratios against a rival in the same run.

``python -m tests.benchmarks.deliveries`` prints the medians over pairs. Durable deliveries
(rows in a file before anything leaves, timed from the first ``emit`` until ``settle``
returns) stand against a bare loop of ``httpx.AsyncClient.post`` to the same receiver with
the same concurrency; a GraphQL list over HTTP against a static answer of the same server.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from ikas_explore.deliveries.payloads import delivery_id, encode
from ikas_explore.sandbox import Sandbox
from ikas_explore.serving import Server
from tests.benchmarks.plain_receiver import plain_receiver

SCOPE = "store/order/created"
CONCURRENCY = 32
DELIVERIES = 2_000
PAIRS = 7
CALLS = 300
LIST = {"query": "{ listWebhook { createdAt deleted endpoint id scope updatedAt }}"}


def bare_loop(endpoint: str, body: bytes, count: int) -> float:
    """Return the seconds a bare loop takes to post a body so many times."""

    async def post_all() -> float:
        async with httpx.AsyncClient() as client:
            await client.post(endpoint, content=body)
            left = iter(range(count))

            async def post_some() -> None:
                for _ in left:
                    answer = await client.post(
                        endpoint, content=body, headers={"Content-Type": "application/json"}
                    )
                    assert answer.status_code == 200

            started = time.perf_counter()
            await asyncio.gather(*(post_some() for _ in range(CONCURRENCY)))
            return time.perf_counter() - started

    return asyncio.run(post_all())


def durable(sandbox: Sandbox, count: int) -> float:
    """Return the seconds from the first emit until all is delivered."""
    started = time.perf_counter()
    for _ in range(count):
        sandbox.emit(SCOPE)
    sandbox.settle(120)
    return time.perf_counter() - started


def compare_deliveries() -> None:
    """Print durable deliveries a second against the bare loop's."""
    with (
        plain_receiver() as endpoint,
        tempfile.TemporaryDirectory() as folder,
        Sandbox(Path(folder) / "sandbox.db", concurrency=CONCURRENCY, seed=1) as sandbox,
    ):
        save(sandbox, endpoint)
        sandbox.emit(SCOPE)
        sandbox.settle(10)
        body = encode({"id": delivery_id(), "data": "x" * 1_500, "signature": "0" * 64})
        ratios, speeds = [], []
        for _ in range(PAIRS):
            bare, ours = bare_loop(endpoint, body, DELIVERIES), durable(sandbox, DELIVERIES)
            ratios.append(bare / ours)
            speeds.append(DELIVERIES / ours)
        assert (sandbox.deliveries()["state"] == "delivered").all()
    print(
        f"durable deliveries: {statistics.median(speeds):.0f} a second, "
        f"{statistics.median(ratios):.2f} of a bare loop "
        f"(each pair: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )


def save(sandbox: Sandbox, endpoint: str) -> None:
    """Register the endpoint."""
    query = (
        f'mutation {{ saveWebhook(input: {{scopes: "{SCOPE}", endpoint: "{endpoint}"}}) {{id}}}}'
    )
    answer = httpx.post(
        f"{sandbox.base_url}/api/v1/admin/graphql",
        json={"query": query},
        headers={"Authorization": f"Bearer {sandbox.access_token}"},
    )
    assert "errors" not in answer.json()


def compare_list() -> None:
    """Print what a GraphQL list takes against a static answer of the same bytes."""
    with Sandbox() as sandbox, httpx.Client() as client:
        url = f"{sandbox.base_url}/api/v1/admin/graphql"
        headers = {"Authorization": f"Bearer {sandbox.access_token}"}
        content = client.post(url, json=LIST, headers=headers).json()

        async def static(request: object) -> JSONResponse:
            return JSONResponse(content)

        app = Starlette(routes=[Route("/static", static, methods=["POST"])])
        with Server(app) as server:

            def once(address: str) -> float:
                started = time.perf_counter()
                client.post(address, json=LIST, headers=headers)
                return time.perf_counter() - started

            pairs = [(once(url), once(f"{server.base_url}/static")) for _ in range(CALLS)]
    ours, plain = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    print(f"GraphQL list: {ours:.2f} ms, {ours / plain:.2f} times a static answer ({plain:.2f} ms)")


def start() -> None:
    """Print what starting a sandbox costs after its imports, in a fresh process."""
    program = (
        "import time; from ikas_explore.sandbox import Sandbox; t = time.perf_counter(); "
        "s = Sandbox(); print(time.perf_counter() - t); s.close()"
    )
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", program], check=True, capture_output=True, text=True
            ).stdout
        )
        for _ in range(PAIRS)
    ]
    print(json.dumps({"start_ms": round(statistics.median(times) * 1000, 1)}))


if __name__ == "__main__":
    start()
    compare_list()
    compare_deliveries()
