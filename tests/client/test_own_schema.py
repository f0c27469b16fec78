"""Lists that the shipped types do not know are looked up in the store's own schema."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema, get_introspection_query, graphql_sync, introspection_from_schema

import ikas_explore as ikas
from ikas_explore.errors import (
    FieldRefusedError,
    InvalidArgumentError,
    ResponseError,
    StorageError,
    TransportError,
    UnknownFieldError,
)
from ikas_explore.schema import introspected

SDL = """
scalar Timestamp
enum Colour {{ RED GREEN }}
type Tag {{ id: ID! label: String }}
type Brand {{ id: ID! name: String slogan: String }}
type Thing {{ id: ID! {field} colour: Colour brand: Brand tags: [Tag!] madeAt: Timestamp }}
input PaginationInput {{ page: Int limit: Int }}
type Page {{ count: Int! data: [Thing!]! hasNext: Boolean! limit: Int! page: Int! }}
type Query {{ listThing(pagination: PaginationInput): Page! {more} }}
"""


class Ikas:
    """An ikas with a schema that can change, and a count of how often it was asked for."""

    def __init__(self, field: str = "size: Int!", more: str = "") -> None:
        self.asked = 0
        self.become(field, more)
        self.things: list[dict[str, Any]] = [
            {"id": "t1", "size": 3, "colour": "RED", "madeAt": 1_700_000_000_000, "tags": [],
             "brand": {"id": "b1", "name": "Köşe", "slogan": "!"}},
            {"id": "t2", "size": 4, "colour": None, "madeAt": None, "brand": None,
             "tags": [{"id": "x", "label": "new"}, {"id": "y", "label": None}]},
        ]  # fmt: skip

    def become(self, field: str = "size: Int!", more: str = "") -> None:
        self.schema = build_schema(SDL.format(field=field, more=more))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked += "__schema" in body["query"]
        page = {"count": len(self.things), "data": self.things, "hasNext": False, "limit": 200,
                "page": 1}  # fmt: skip
        result = graphql_sync(self.schema, body["query"], {"listThing": page, "other": []})
        status = 400 if result.errors else 200
        errors = [
            {"message": each.message, "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}
            for each in result.errors or ()
        ]
        return httpx.Response(
            status, json={"data": result.data, **({"errors": errors} if errors else {})}
        )


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and a process that has not asked for any schema."""
    monkeypatch.setenv("IKAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(introspected, "_loaded", {})
    monkeypatch.setattr(introspected, "_asked", set())
    return tmp_path / "cache"


def connect(server: Callable[[httpx.Request], httpx.Response]) -> ikas.Store:
    return ikas.connect("acme", access_token="t", transport=httpx.MockTransport(server))


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a new process."""
    monkeypatch.setattr(introspected, "_loaded", {})
    monkeypatch.setattr(introspected, "_asked", set())


@pytest.mark.parametrize("name", ["listThing", "list_thing"])
def test_a_list_is_found_fetched_and_framed(name: str) -> None:
    server = Ikas()
    frame = connect(server).query(name).to_frame()
    assert frame.columns.tolist() == ["id", "size", "colour", "made_at", "brand.id", "brand.name"]
    assert frame["size"].tolist() == [3, 4]
    assert str(frame["made_at"].dtype) == "datetime64[ms, UTC]"
    assert frame["brand.name"].iloc[0] == "Köşe"
    assert server.asked == 1


def test_the_schema_is_asked_for_once_and_again_on_demand() -> None:
    server = Ikas()
    store = connect(server)
    for _ in range(3):
        store.query("listThing")
    assert server.asked == 1
    field = store.schema().Query.list_thing
    assert store.query(field).to_frame().shape == (2, 6)
    assert server.asked == 1
    store.schema(refresh=True)
    assert server.asked == 2
    with pytest.raises(InvalidArgumentError, match="refresh"):
        store.schema(refresh="yes")  # type: ignore[arg-type]


def test_stores_that_ask_at_once_get_one_whole_module() -> None:
    server = Ikas()
    stores = [connect(server) for _ in range(16)]
    with ThreadPoolExecutor(16) as threads:
        shapes = set(threads.map(lambda store: store.query("listThing").to_frame().shape, stores))
    assert shapes == {(2, 6)}
    assert server.asked == 1


FORKED = """
import os, signal, threading, warnings, httpx, ikas_explore as ikas
warnings.simplefilter("ignore")  # a fork of threads is what this is about
asked = threading.Event()

def connect(answer):
    return ikas.connect("shop", access_token="t", transport=httpx.MockTransport(answer))

def never(request):
    asked.set()
    threading.Event().wait()

threading.Thread(target=connect(never).schema, daemon=True).start()
asked.wait()
if not os.fork():
    signal.alarm(30)
    try:
        connect(lambda _: httpx.Response(404)).schema()
    except ikas.errors.ResponseError:
        os._exit(0)
    os._exit(1)
os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_fork_does_not_wait_for_what_a_thread_of_its_parent_asked() -> None:
    assert subprocess.run([sys.executable, "-c", FORKED], timeout=60).returncode == 0


def test_webhooks_need_no_schema_of_the_store() -> None:
    server = Ikas()
    connect(server).query("listWebhook")
    assert server.asked == 0


def test_another_process_takes_what_is_on_disk(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    server = Ikas()
    connect(server).query("listThing")
    forget(monkeypatch)
    assert connect(server).query("listThing").to_frame().shape == (2, 6)
    assert server.asked == 1
    assert all(path.stat().st_mode & 0o077 == 0 for path in cache.glob("*.*"))


def test_a_week_later_it_is_asked_for_again(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    server = Ikas()
    connect(server).query("listThing")
    (index,) = cache.glob("origin_*.json")
    old = time.time() - introspected.FRESH - 60
    os.utime(index, (old, old))
    forget(monkeypatch)
    connect(server).query("listThing")
    assert server.asked == 2


def test_without_a_network_the_known_schema_will_do(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    connect(Ikas()).query("listThing")
    for index in cache.glob("origin_*.json"):
        os.utime(index, (0, 0))
    forget(monkeypatch)

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down", request=request)

    assert "size" in connect(down).query("listThing").graphql
    forget(monkeypatch)
    for path in cache.iterdir():
        if path.is_file():
            path.unlink()
    with pytest.raises(TransportError, match="schema"):
        connect(down).query("listThing")


def test_a_name_that_came_later_is_found_and_one_that_never_comes_asks_once() -> None:
    server = Ikas()
    store = connect(server)
    store.query("listThing")
    introspected._asked.clear()  # what is known was on disk
    server.become(more="listOther: [Tag!]!")
    assert store.query("listOther").select("label").graphql
    assert server.asked == 2
    for _ in range(3):
        with pytest.raises(UnknownFieldError, match="list_thing"):
            store.query("listThnig")
    assert server.asked == 2


def test_a_changed_kind_never_makes_a_wrong_column() -> None:
    server = Ikas()
    store = connect(server)
    store.query("listThing")
    server.become("size: String!")
    for thing in server.things:
        thing["size"] = "large"
    with pytest.raises(ResponseError, match="size"):
        store.query("listThing").to_frame()
    store.schema(refresh=True)
    assert store.query("listThing").to_frame()["size"].tolist() == ["large", "large"]


def test_a_field_that_went_is_looked_up_once_and_the_query_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Ikas()
    connect(server).query("listThing")
    forget(monkeypatch)  # from here on the types come from the disk
    server.become("weight: Float!")
    for thing in server.things:
        thing["weight"] = 1.5
    store = connect(server)
    old = store.query("listThing")
    with pytest.raises(
        FieldRefusedError, match=r"make this query again.*query\('listThing'\)"
    ) as no:
        old.to_frame()
    assert no.value.code == "GRAPHQL_VALIDATION_FAILED"
    assert "size" in str(no.value.errors)
    assert server.asked == 2
    assert store.query("listThing").to_frame()["weight"].tolist() == [1.5, 1.5]
    with pytest.raises(FieldRefusedError, match="make this query again"):
        old.to_records()
    assert server.asked == 2
    server.become("height: Float!")
    with pytest.raises(FieldRefusedError) as again:
        store.query("listThing").to_frame()
    assert "again" not in str(again.value)
    assert server.asked == 2


def test_a_refusal_by_an_unchanged_schema_stays_what_it_is() -> None:
    server = Ikas()

    def refuse(request: httpx.Request) -> httpx.Response:
        if "__schema" in json.loads(request.content)["query"]:
            return server(request)
        errors = [{"message": "no", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]
        return httpx.Response(400, json={"errors": errors})

    query = connect(refuse).query("listThing")
    for _ in range(2):
        with pytest.raises(FieldRefusedError) as refused:
            query.to_frame()
        assert "make this query again" not in str(refused.value)
    assert server.asked == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda schema: None,
        lambda schema: {"types": "no"},
        lambda schema: {**schema, "types": schema["types"][:2]},
        lambda schema: json.loads(json.dumps(schema).replace("Thing", "x=1;import os;os.abort()")),
        lambda schema: json.loads(json.dumps(schema).replace('"RED"', '"None"')),
        lambda schema: {**schema, "queryType": {"name": [0.5]}},
    ],
    ids=["null", "no types", "missing parts", "code in names", "a keyword", "a list for a name"],
)
def test_a_schema_that_cannot_be_used_is_refused(damage: Callable[[Any], Any], cache: Path) -> None:
    schema = introspection_from_schema(build_schema(SDL.format(field="size: Int!", more="")))

    def server(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": {"__schema": damage(schema["__schema"])}})

    try:
        connect(server).query("listThing")
    except ikas.IkasError:
        assert not list(cache.glob("ikas_schema_*.py"))


@pytest.mark.parametrize("suffix", ["py", "json"])
@pytest.mark.parametrize("content", ["{", "", "x = 1", "[" * 100_000, '{"module": 7}', "\0"])
def test_a_damaged_cache_is_made_again(
    monkeypatch: pytest.MonkeyPatch, cache: Path, suffix: str, content: str
) -> None:
    """An empty file too, as a power cut leaves it."""
    server = Ikas()
    connect(server).query("listThing")
    (path,) = cache.glob(f"*.{suffix}")
    path.write_text(content)
    start_anew(monkeypatch)
    assert connect(server).query("listThing").to_frame().shape == (2, 6)


def sealed(types: bytes) -> bytes:
    return b"# " + hashlib.sha256(types).hexdigest().encode() + b"\n" + types


def test_a_cached_schema_that_is_cut_off_or_of_other_times_is_made_again(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """What is left of it may be good Python, and what was whole too much for another sgqlc."""
    server = Ikas()
    connect(server).query("listThing")
    (path,) = cache.glob("*.py")
    whole = path.read_bytes()
    assert whole == sealed(whole.partition(b"\n")[2])
    lines = whole.splitlines(keepends=True)
    cut = [b"".join(lines[:number]) for number in range(0, len(lines), 9)]
    for content in (*cut, whole.replace(b"size", b"sise"), sealed(b"import sgqlc.nowhere\n")):
        path.write_bytes(content)
        start_anew(monkeypatch)
        assert connect(server).query("listThing").to_frame().shape == (2, 6)
        assert path.read_bytes() == whole


def test_ctrl_c_while_the_types_are_imported_leaves_no_half_of_them(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    server = Ikas()
    connect(server).query("listThing")
    (path,) = cache.glob("*.py")
    whole = path.read_text()
    path.write_bytes(sealed(b"import sgqlc.types\nraise KeyboardInterrupt\n"))
    start_anew(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        connect(server).query("listThing")
    path.write_text(whole)
    assert connect(server).query("listThing").to_frame().shape == (2, 6)


def start_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """As another process would."""
    for name in [name for name in sys.modules if name.startswith("ikas_schema_")]:
        monkeypatch.delitem(sys.modules, name)
    forget(monkeypatch)


def test_a_cache_that_cannot_be_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IKAS_CACHE", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="IKAS_CACHE"):
        connect(Ikas()).query("listThing")


def test_without_a_home_nothing_is_kept_and_all_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IKAS_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert connect(Ikas()).query("listThing").to_frame().shape == (2, 6)


def test_capabilities_of_both_versions() -> None:
    with ikas.connect("sandbox") as store:
        offered = store.capabilities()
    by_name: Any = offered.set_index("operation")
    assert offered["kind"].tolist() == sorted(offered["kind"], reverse=True)
    assert bool(by_name.loc["listOrder", "paged"])
    assert (by_name.loc["saveWebhook", "v1"], by_name.loc["saveWebhook", "v2"]) == (True, False)
    assert "input: WebhookInput!" in by_name.loc["saveWebhook", "arguments"]

    server = Ikas()

    def only_v1(request: httpx.Request) -> httpx.Response:
        return server(request) if "/v1/" in str(request.url) else httpx.Response(404)

    assert connect(only_v1).capabilities()["v2"].isna().all()


def test_times_are_given_as_dates_iso_text_or_datetimes() -> None:
    with ikas.connect("sandbox") as store:
        assert store.sandbox is not None
        store.sandbox.fill(orders=40, days=10)
        orders = store.query("listOrder").select("id", "createdAt")
        every = orders.to_frame()
        middle = every["created_at"].iloc[20]
        for since in (middle, middle.isoformat(), middle.to_pydatetime()):
            some = orders.arguments(orderedAt={"gte": since}).to_frame()
            assert some["id"].tolist() == every[every["created_at"] >= middle]["id"].tolist()
        day = middle.date()
        expected = every[every["created_at"].dt.date == day]["id"].tolist()
        for wanted in (day, day.isoformat()):
            assert orders.where(created_at=wanted).to_frame()["id"].tolist() == expected
        exact = orders.where(created_at=middle.isoformat()).to_frame()
        assert middle in exact["created_at"].tolist()
        with pytest.raises(InvalidArgumentError, match="time zone"):
            orders.where(created_at=dt.datetime(2026, 1, 1))
        with pytest.raises(InvalidArgumentError, match="yesterday"):
            orders.arguments(orderedAt={"gte": "yesterday"})


def test_importing_costs_nothing_of_it() -> None:
    program = (
        "import sys, ikas_explore as ikas\n"
        "store = ikas.connect('acme', access_token='t')\n"
        "store.webhooks\n"
        "print([name for name in ('graphql', 'sgqlc.codegen') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_question_is_the_one_everybody_asks() -> None:
    seen = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content)["query"])
        return Ikas()(request)

    connect(server).query("listThing")
    assert seen == [get_introspection_query()]
