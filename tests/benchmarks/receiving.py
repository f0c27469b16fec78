"""How fast deliveries are received and verified, each beside its rival in the same run.

Run as ``python -m tests.benchmarks.receiving``. The load comes from a process of its own
(this module with ``--load``) that writes ready-made requests to plain sockets, so that it
outruns even an app that only answers 200; that it does is shown by the share of the
processor it used.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from ikas_explore.deliveries.payloads import delivery_id, encode
from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.serving import Server
from ikas_explore.signatures import check_signature, verify

SECRET = "benchmark"
CONNECTIONS = 16
REQUESTS = 3_000
PAIRS = 7


def main() -> None:
    """Print every figure, and end with an error when a ratio is missed."""
    missed = [*verifying(), *receiving()]
    if missed:
        raise SystemExit("; ".join(missed))


def verifying() -> list[str]:
    """Compare `verify` of 4 KB with the same by hand."""
    note = "ş" * 50
    data = json.dumps({"lines": [{"note": note, "n": n} for n in range(33)]}, ensure_ascii=False)
    payload = {"data": data, "signature": _signature(data)}
    key = SECRET.encode()

    def bare() -> None:
        expected = hmac.new(key, payload["data"].encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, payload["signature"]):
            raise AssertionError

    def bare_parsed() -> Any:
        bare()
        return json.loads(payload["data"])

    print(f"verify, {len(data.encode())} bytes of data")
    # Parsing is most of verify, and of what anyone does next; so it is in the rival's time too.
    return [
        *_compare("signature alone", lambda: check_signature(payload, SECRET), bare, 1.5),
        *_compare("verify, data parsed", lambda: verify(payload, SECRET), bare_parsed, 1.5),
    ]


def _compare(
    name: str, ours: Callable[[], Any], rival: Callable[[], Any], limit: float
) -> list[str]:
    ratios, times = [], []
    for _ in range(101):
        first, second = _seconds(rival), _seconds(ours)
        ratios.append(second / first)
        times.append((second, first))
    ratio = statistics.median(ratios)
    micros = [statistics.median(each) * 1e6 for each in zip(*times, strict=True)]
    print(f"  {name}: {micros[0]:.1f} us, by hand {micros[1]:.1f} us, ratio {ratio:.2f}")
    return [] if ratio <= limit else [f"{name}: {ratio:.2f} > {limit}"]


def _seconds(call: Callable[[], Any], times: int = 200) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def receiving() -> list[str]:
    """Compare the durable receiver with an app that reads the body and answers 200."""
    print(f"receive, {CONNECTIONS} connections, {REQUESTS} deliveries of 4 KB a run")
    ratios: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(_answer_200) as bare,
        Receiver(SECRET, path=Path(folder) / "log.sqlite") as receiver,
    ):
        for pair in range(PAIRS):
            rival = _load(bare.port, seed=pair)
            ours = _load(_port(receiver.endpoint), seed=pair)
            ratios.append(ours["per_second"] / rival["per_second"])
            for name, run in (("bare", rival), ("durable", ours)):
                print(
                    f"  {name:8} {run['per_second']:6.0f}/s, p50 {run['p50']:.2f} ms, "
                    f"p99 {run['p99']:.2f} ms, load used {run['load']:.0%} of its processor"
                )
            if rival["load"] > 0.9:
                return ["the load did not outrun the bare app: its processor was full"]
        kept = len(receiver.deliveries())
    ratio = statistics.median(ratios)
    print(f"  ratio {ratio:.2f} (median of {PAIRS} pairs), {kept} rows kept")
    missed = [] if ratio >= 0.5 else [f"receiver: {ratio:.2f} < 0.5"]
    return missed if kept == PAIRS * REQUESTS else [*missed, f"only {kept} rows were kept"]


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


def _port(endpoint: str) -> int:
    return int(endpoint.rstrip("/").rsplit(":", 1)[1])


def _load(port: int, *, seed: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.receiving", "--load", str(port), str(seed)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    read: dict[str, float] = json.loads(run.stdout)
    return read


def _signature(data: str) -> str:
    return hmac.new(SECRET.encode(), data.encode(), hashlib.sha256).hexdigest()


def _requests(seed: int) -> list[bytes]:
    random = Random(seed)
    made = []
    for _ in range(REQUESTS):
        data = json.dumps({"id": random.random(), "note": "x" * 3_500})
        body = encode(
            {
                "authorizedAppId": "app",
                "createdAt": "2024-01-31T09:30:00.000Z",
                "data": data,
                "id": delivery_id(random),
                "merchantId": "merchant",
                "scope": "store/order/created",
                "signature": _signature(data),
            }
        )
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        made.append(head.encode() + body)
    return made


async def _send_all(port: int, requests: list[bytes]) -> dict[str, float]:
    waiting = iter(requests)
    times: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            start = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            times.append(time.perf_counter() - start)
            if not head.startswith(b"HTTP/1.1 200") or b"content-length: 0" not in head:
                raise AssertionError(head)
        writer.close()
        await writer.wait_closed()

    used, start = time.process_time(), time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    seconds = time.perf_counter() - start
    cuts = statistics.quantiles(times, n=100)
    return {
        "per_second": len(times) / seconds,
        "p50": cuts[49] * 1000,
        "p99": cuts[98] * 1000,
        "load": (time.process_time() - used) / seconds,
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        figures = asyncio.run(_send_all(int(sys.argv[2]), _requests(int(sys.argv[3]))))
        print(json.dumps(figures))
    else:
        main()
