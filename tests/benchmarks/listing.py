"""Listing, building a query, and making frames: beside httpx + pandas by hand, and sgqlc."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from functools import partial
from operator import itemgetter
from typing import Any, Final

import httpx
import pandas as pd
from sgqlc.operation import Operation

import ikas_explore as ikas
from ikas_explore.client.rows import read_columns
from ikas_explore.client.selection import scalar_paths, tree
from ikas_explore.frames.frames import webhook_frame
from ikas_explore.schema import v1
from tests.benchmarks.measuring import Figure, Growth, medians, pairs

QUERY = "{ listWebhook { createdAt deleted endpoint id scope updatedAt }}"
TIME: Final = "datetime64[ms, UTC]"
NODES = tree(v1.Webhook, scalar_paths(v1.Webhook))


def figures(short: bool) -> Iterator[Figure]:
    """Compare a list over HTTP, the building of a query, and rows to a frame."""
    yield from _listing(100 if short else 400)
    yield from _building(50 if short else 200)
    for count, times in ((2, 400), (10_000, 31), (100_000, 9)):
        yield _framing(count, max(3, times // 6) if short else times)
    yield _against_sgqlc(3 if short else 7)


def growth(short: bool) -> Iterator[Growth]:
    """Compare listing so many rows, from the bytes of an answer to the frame."""
    points = []
    for count in (2, 1_000) if short else (2, 11, 100, 1_000, 11_000, 110_000):
        answer = json.dumps({"data": {"listWebhook": rows(count)}}).encode()
        transport = httpx.MockTransport(
            lambda _, answer=answer: httpx.Response(
                200, content=answer, headers={"Content-Type": "application/json"}
            )
        )
        with (
            # An address of this machine: ikas' would be asked only 50 times in 10 s.
            ikas.connect(
                access_token="token", base_url="http://127.0.0.1", transport=transport
            ) as store,
            httpx.Client(transport=transport) as client,
        ):

            def hand(client: httpx.Client = client) -> pd.DataFrame:
                found = client.post("http://127.0.0.1", json={"query": QUERY}).json()
                return by_hand(found["data"]["listWebhook"])

            times = 3 if short else max(5, min(200, 100_000 // count))
            points.append((count, *medians(pairs(store.webhooks.list, hand, times, unit="s"))))
    yield Growth("list", "by hand", "rows in an answer", tuple(points))


def _listing(count: int) -> Iterator[Figure]:
    with ikas.connect("sandbox") as store, httpx.Client(trust_env=False) as client:
        assert store.sandbox is not None
        url = f"{store.base_url}/api/v1/admin/graphql"
        headers = {"Authorization": f"Bearer {store.sandbox.access_token}"}

        def hand() -> pd.DataFrame:
            answer = client.post(url, json={"query": QUERY}, headers=headers)
            frame = pd.DataFrame(answer.json()["data"]["listWebhook"])
            frame["createdAt"] = pd.to_datetime(frame["createdAt"], unit="ms", utc=True)
            frame["updatedAt"] = pd.to_datetime(frame["updatedAt"], unit="ms", utc=True)
            return frame

        def sgqlc() -> pd.DataFrame:
            operation = Operation(v1.Query)
            operation.list_webhook().__fields__()
            body = json.dumps({"query": bytes(operation).decode()}).encode()
            request = urllib.request.Request(
                url, body, {**headers, "Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request) as answer:
                return _interpreted(operation, json.load(answer))

        yield Figure(
            "list, warm connection",
            "httpx + pandas",
            "ms",
            pairs(store.webhooks.list, hand, count),
            goal=0.95,
        )
        yield Figure(
            "list, warm connection",
            "sgqlc over urllib, op + data",
            "ms",
            pairs(store.webhooks.list, sgqlc, count // 2),
            why="goes through httpx, which keeps its connections; urllib makes one a call",
        )


def _building(count: int) -> Iterator[Figure]:
    with ikas.connect(access_token="token") as store:

        def ours() -> str:
            return store.query("listWebhook").select("id", "scope", "endpoint").graphql

        def sgqlc() -> str:
            operation = Operation(v1.Query)
            operation.list_webhook().__fields__("id", "scope", "endpoint")
            return bytes(operation).decode()

        yield Figure(
            "build a query, as text",
            "sgqlc's Operation",
            "us",
            pairs(ours, sgqlc, count, unit="us", calls=20),
            why="makes a new query in each step, and checks its names there",
        )


def _framing(count: int, times: int) -> Figure:
    found = rows(count)
    pd.testing.assert_frame_equal(framed(found), by_hand(found), check_dtype=True)
    return Figure(
        f"{count:,} rows to a frame, checked",
        "the same frame by pandas",
        "ms",
        pairs(partial(framed, found), partial(by_hand, found), times),
        goal=1.1,
        why="checks every value against the schema",
    )


def _against_sgqlc(times: int) -> Figure:
    found = rows(10_000)
    operation = Operation(v1.Query)
    operation.list_webhook().__fields__()
    answer = {"data": {"listWebhook": found}}
    return Figure(
        "10,000 rows to a frame, checked",
        "sgqlc's op + data, to a frame",
        "ms",
        pairs(partial(framed, found), partial(_interpreted, operation, answer), times),
        goal=1 / 12,
    )


def _interpreted(operation: Operation, answer: dict[str, Any]) -> pd.DataFrame:
    names = scalar_paths(v1.Webhook)
    objects = (operation + answer).list_webhook
    return pd.DataFrame([{name: getattr(each, name) for name in names} for each in objects])


def rows(count: int) -> list[dict[str, Any]]:
    """Return as many webhooks as ikas would answer them."""
    return [
        {
            "createdAt": 1636366311914 + index,
            "deleted": False,
            "endpoint": "https://mailchimp-dev.ikasapps.com/api/webhook/ikas",
            "id": f"331f40ad-58a5-4b25-b060-{index:012d}",
            "scope": f"store/customer/created/{(index * 7919) % count}",
            "updatedAt": 1636366311914,
        }
        for index in range(count)
    ]


def framed(found: list[dict[str, Any]]) -> pd.DataFrame:
    """Do with the rows of an answer what a list does."""
    cells = read_columns(found, NODES, "listWebhook")
    return webhook_frame(cells, store="sandbox", api_version="v1")


def by_hand(found: list[dict[str, Any]]) -> pd.DataFrame:
    """Make the webhook frame as a user who knows pandas makes it."""
    frame = pd.DataFrame(
        sorted(found, key=itemgetter("scope")),
        columns=["scope", "endpoint", "id", "createdAt", "updatedAt", "deleted"],
    ).rename(columns={"createdAt": "created_at", "updatedAt": "updated_at"})
    frame["created_at"] = frame["created_at"].astype(TIME)
    frame["updated_at"] = frame["updated_at"].astype(TIME)
    frame.insert(0, "store", "sandbox")
    return frame
