"""Receiving and verifying: the same app without the log, the cheapest app, HMAC by hand.

The load comes from a process of its own (this module, with a port and a seed) that writes
ready-made requests to plain sockets, so that it outruns even an app that only answers 200;
that it does is seen by the share of the processor it used.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import ikas_explore as ikas
from ikas_explore.deliveries.payloads import delivery_id, encode
from ikas_explore.deliveries.signatures import check_signature
from ikas_explore.network.server import Server
from ikas_explore.values.secret import Secret
from tests.benchmarks.measuring import Figure, pairs

SECRET = "benchmark"
CONNECTIONS = 16


def figures(short: bool) -> Iterator[Figure]:
    """Compare `verify`, and a durable receiver under load."""
    yield from _verifying(11 if short else 101)
    yield from _receiving(1_000 if short else 3_000, 3 if short else 7)


def _verifying(count: int) -> Iterator[Figure]:
    note = "ş" * 50
    data = json.dumps({"lines": [{"note": note, "n": n} for n in range(33)]}, ensure_ascii=False)
    payload = {"data": data, "signature": signature(data)}
    secret = Secret(SECRET)  # as a receiver keeps it

    def bare() -> None:
        if not hmac.compare_digest(signature(payload["data"]), payload["signature"]):
            raise AssertionError

    def bare_parsed() -> Any:
        bare()
        return json.loads(payload["data"])

    yield Figure(
        "check a signature, 4 KB",
        "hmac and compare_digest",
        "us",
        pairs(lambda: check_signature(payload, [secret]), bare, count, unit="us", calls=200),
        goal=1.5,
        why="refuses what is no text, and a secret that is none",
    )
    yield Figure(
        "verify, 4 KB, parsed",
        "the same, and json.loads",
        "us",
        pairs(lambda: ikas.verify(payload, SECRET), bare_parsed, count, unit="us", calls=200),
        goal=1.5,
        why="also refuses data that is no JSON object",
    )


def _receiving(requests: int, count: int) -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(_starlette()) as same,
        Server(_answer_200) as least,
        ikas.Receiver(SECRET, path=Path(folder) / "log.sqlite") as receiver,
    ):
        rates = []
        for pair in range(count):
            ports = {"ours": port_of(receiver.endpoint), "same": same.port, "least": least.port}
            turn = list(ports)[pair % 3 :] + list(ports)[: pair % 3]
            rates.append({name: load(ports[name], requests, seed=pair) for name in turn})
        assert len(receiver.deliveries()) == requests * count
    for rival, name, goal in (
        ("a starlette app without the log", "same", 0.6),
        ("an app that only answers 200", "least", None),
    ):
        yield Figure(
            "durable receiver, 4 KB",
            rival,
            "/s",
            tuple((rate["ours"], rate[name]) for rate in rates),
            goal=goal,
            why="verifies, and each row is in the file before the 200",
        )


def _starlette() -> Starlette:
    """Return the app a user writes by hand: verify, answer 200, keep nothing."""

    async def receive(request: Request) -> Response:
        payload = json.loads(await request.body())
        if not hmac.compare_digest(signature(payload["data"]), payload["signature"]):
            return Response(status_code=400)
        return Response()

    return Starlette(routes=[Route("/", receive, methods=["POST"])])


async def _answer_200(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def signature(data: str) -> str:
    """Return what ikas signs with, made by the standard library alone."""
    return hmac.new(SECRET.encode(), data.encode(), hashlib.sha256).hexdigest()


def port_of(endpoint: str) -> int:
    return int(endpoint.rstrip("/").rsplit(":", 1)[1])


def load(
    port: int, requests: int, *, seed: int, senders: int = CONNECTIONS, size: int = 4_000
) -> float:
    """Return the answers a second that an app gives to a load of bodies of so many bytes."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.receiving",
        *map(str, (port, requests, seed, senders, size)),
    ]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    per_second, used = json.loads(run.stdout)
    if used > 0.9:
        raise RuntimeError("The load did not outrun the app: its processor was full.")
    return float(per_second)


def body_of(random: Random, size: int) -> bytes:
    """Return a signed delivery of about so many bytes."""
    data = json.dumps({"id": random.random(), "note": "x" * (size - 500)})
    return encode(
        {
            "authorizedAppId": "app",
            "createdAt": "2024-01-31T09:30:00.000Z",
            "data": data,
            "id": delivery_id(random),
            "merchantId": "merchant",
            "scope": "store/order/created",
            "signature": signature(data),
        }
    )


def _requests(count: int, seed: int, size: int) -> list[bytes]:
    random = Random(seed)
    made = []
    for _ in range(count):
        body = body_of(random, size)
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        made.append(head.encode() + body)
    return made


async def _send_all(port: int, requests: list[bytes], senders: int) -> tuple[float, float]:
    """Return the requests a second, and the share of a processor that sending took."""
    waiting = iter(requests)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            if not head.startswith(b"HTTP/1.1 200") or length is None:
                raise AssertionError(head)
            await reader.readexactly(int(length[1]))
            if b"connection: close" in head.lower():  # some rivals keep none
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()

    used, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(senders)))
    took = time.perf_counter() - started
    return len(requests) / took, (time.process_time() - used) / took


if __name__ == "__main__":
    port, count, seed, senders, size = map(int, sys.argv[1:])
    print(json.dumps(asyncio.run(_send_all(port, _requests(count, seed, size), senders))))
