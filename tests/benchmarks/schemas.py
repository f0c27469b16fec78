"""A store's own schema of 660 types in a new Python, and a long list of orders to a frame."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pandas as pd
from graphql import build_schema, introspection_from_schema

import ikas_explore as ikas
from tests.benchmarks.measuring import Figure, importing, in_turn, modules_of_others, pairs, python
from tests.client.whole_schema import sdl

TIMES = ("createdAt", "updatedAt", "orderedAt")
PRICES = ("totalPrice", "totalFinalPrice", "shippingPrice", "taxPrice", "discountPrice")
TEXTS = tuple(f"text{number}" for number in range(11))
COLUMNS = ("id", *TIMES, *PRICES, *TEXTS)  # 20
ORDERS = f"""
scalar Timestamp
type Order {{ id: ID! {" ".join(f"{each}: Timestamp" for each in TIMES)}
  {" ".join(f"{each}: Float!" for each in PRICES)}
  {" ".join(f"{each}: String" for each in TEXTS)} }}
input PaginationInput {{ page: Int limit: Int }}
type Page {{ count: Int! data: [Order!]! hasNext: Boolean! limit: Int! page: Int! }}
type Query {{ listOrder(pagination: PaginationInput): Page! }}
"""
_ASKING = """
import httpx, ikas_explore as ikas
content = open({file!r}, "rb").read()
transport = httpx.MockTransport(lambda request: httpx.Response(200, content=content))
with ikas.connect(access_token="t", base_url="http://127.0.0.1", transport=transport) as store:
    store.query("list0Paged").graphql
"""


def figures(short: bool) -> Iterator[Figure]:
    """Compare the first and a later query with sgqlc-codegen, and pages with httpx + pandas."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _starting(Path(folder), 3 if short else 11)
        with mock.patch.dict("os.environ", IKAS_CACHE=folder):
            yield from _paging(5_000 if short else 100_000, 3 if short else 7)


def _starting(folder: Path, count: int) -> Iterator[Figure]:
    file, cache = folder / "whole.json", folder / "cache"
    file.write_text(json.dumps({"data": introspection_from_schema(build_schema(sdl()))}), "utf-8")
    asking = _ASKING.format(file=str(file))
    ask = python("-c", asking, IKAS_CACHE=str(cache))
    ask()
    loaded = importing(modules_of_others(asking, {"IKAS_CACHE": str(cache)}))
    load = python("-c", f"{loaded}\nimport sys; sys.path.insert(0, {str(folder)!r}); import made")
    tool = str(Path(sys.executable).with_name("sgqlc-codegen"))
    generate = python(
        "-c",
        f"import subprocess; subprocess.run([{tool!r}, 'schema', '--docstrings', {str(file)!r}, "
        f"{str(folder / 'made.py')!r}], check=True)",
    )

    def first() -> None:
        shutil.rmtree(cache, ignore_errors=True)
        ask()

    def rival() -> None:
        (folder / "made.py").unlink(missing_ok=True)
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)
        generate()
        load()

    yield Figure(
        "first query, 660 types",
        "sgqlc-codegen, and its import",
        "ms",
        pairs(first, rival, count),
        goal=1.3,
        why="checks that what was made declares types and runs nothing",
    )
    yield Figure("later query, 660 types", "that import", "ms", pairs(ask, load, count), goal=1.2)


def _paging(count: int, times: int) -> Iterator[Figure]:
    schema = json.dumps({"data": introspection_from_schema(build_schema(ORDERS))}).encode()
    answers = [_page(number, count) for number in range(1, count // 200 + 1)]

    def answer(request: httpx.Request) -> httpx.Response:
        page = re.search(rb"page: (\d+)", request.content)
        return httpx.Response(200, content=answers[int(page[1]) - 1] if page else schema)

    transport = httpx.MockTransport(answer)
    with (
        ikas.connect(access_token="t", base_url="http://127.0.0.1", transport=transport) as store,
        httpx.Client(transport=transport) as client,
        warnings.catch_warnings(action="ignore"),  # that there are many pages
    ):
        query = store.query("listOrder")
        document = query.graphql

        def by_hand() -> pd.DataFrame:
            rows, number, more = [], 1, True
            while more:
                asked = document.replace("page: 1", f"page: {number}")
                found = client.post("http://127.0.0.1", json={"query": asked}).json()
                page = found["data"]["listOrder"]
                rows += page["data"]
                number, more = number + 1, page["hasNext"]
            frame = pd.DataFrame(rows)
            for name in TIMES:
                frame[name] = pd.to_datetime(frame[name], unit="ms", utc=True)
            return frame

        assert query.to_frame().shape == by_hand().shape == (count, len(COLUMNS))
        what = f"{count:,} orders, {count // 200} pages"
        yield Figure(
            what,
            "httpx + pandas",
            "ms",
            pairs(query.to_frame, by_hand, times),
            goal=1.1,
            why="checks every value, count and id",
        )
        peaks = in_turn(lambda: _peak(query.to_frame), lambda: _peak(by_hand), 2)
        yield Figure(f"{what}, memory", "httpx + pandas", "MiB", peaks, goal=1.5)


def _peak(call: Callable[[], Any]) -> float:
    """Return the MiB of Python's memory that a call has at most."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def _page(number: int, count: int) -> bytes:
    rows: list[dict[str, Any]] = [
        {
            "id": f"331f40ad-58a5-4b25-b060-{index:012d}",
            **dict.fromkeys(TIMES, 1_700_000_000_000 + index),
            **dict.fromkeys(PRICES, index + 0.5),
            **{name: f"{name} of {index}" for name in TEXTS},
        }
        for index in range((number - 1) * 200, number * 200)
    ]
    page = {"data": rows, "count": count, "hasNext": number * 200 < count, "page": number}
    return json.dumps({"data": {"listOrder": page}}).encode()
