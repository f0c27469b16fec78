"""ikas' limit of calls is kept, per store; up to it nothing waits."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.client.client import Client, open_http
from ikas_explore.client.operations import list_webhooks
from ikas_explore.client.throttle import RATE_LIMIT, Throttle
from ikas_explore.schema.limits import CALLS, Rate
from ikas_explore.settings import read_settings


class Clock:
    """Time that passes by waiting only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds


def test_the_limit_is_ikas_and_leaves_room_for_the_way() -> None:
    assert RATE_LIMIT.calls == 50
    assert 10 < RATE_LIMIT.seconds <= 11


def test_any_window_holds_no_more_calls_than_allowed() -> None:
    """One caller after another, and none waits before the limit is reached."""
    clock = Clock()
    throttle = Throttle(Rate(calls=5, seconds=10.0), clock=clock, sleep=clock.sleep)
    sent = []
    for call in range(23):
        clock.now += 0.3 * (call % 3)
        throttle.wait()
        sent.append(clock.now)
    assert sent[4] < 10
    for start in sent:
        assert sum(start <= each < start + 10 for each in sent) <= 5


def test_many_threads_take_turns() -> None:
    """No two threads are given one turn."""
    waits: list[float] = []
    throttle = Throttle(Rate(calls=10, seconds=1.0), clock=lambda: 0.0, sleep=waits.append)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: throttle.wait(), range(100)))
    assert sorted(waits) == [float(turn) for turn in range(1, 10) for _ in range(10)]


def test_a_store_that_counts_calls_refuses_none() -> None:
    """However long a call is under way: ikas' own window is the shorter one."""
    clock, came = Clock(), list[float]()

    def answer(_: httpx.Request) -> httpx.Response:
        clock.now += 0.1 * (len(came) % 3)
        came.append(clock.now)
        assert sum(clock.now - each < CALLS.seconds for each in came) <= CALLS.calls
        return httpx.Response(200, json={"data": {"listWebhook": []}})

    settings = read_settings(environment=False, store="acme", access_token="t")
    with open_http(settings, transport=httpx.MockTransport(answer)) as http:
        throttle = Throttle(clock=clock, sleep=clock.sleep)
        client = Client(settings, http, throttle=throttle, on_budget="off")
        for _ in range(3 * CALLS.calls + 1):
            list_webhooks(client)
    assert clock.now >= 3 * CALLS.seconds


def test_a_store_on_this_machine_is_not_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ikas_explore.client.throttle.RATE_LIMIT", Rate(calls=1, seconds=3600))
    with ikas.connect("sandbox") as store:
        for _ in range(3):  # an hour each, if it were
            assert len(store.webhooks.list()) == 2


def test_a_store_of_ikas_is_throttled_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call after the last allowed one waits; another store's does not wait for it."""
    monkeypatch.setattr("ikas_explore.client.throttle.RATE_LIMIT", Rate(calls=3, seconds=0.4))
    sent: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        sent.append(time.monotonic())
        return httpx.Response(200, json={"data": {"listWebhook": []}})

    ikas_itself = httpx.MockTransport(answer)
    with ikas.connect("acme", access_token="t", transport=ikas_itself) as acme:
        begin = time.monotonic()
        for _ in range(4):
            acme.webhooks.list()
    assert sent[3] - begin >= 0.399
    monkeypatch.setattr("ikas_explore.client.throttle.RATE_LIMIT", Rate(calls=1, seconds=3600))
    for name in ("moda", "kitap"):
        with ikas.connect(name, access_token="t", transport=ikas_itself) as store:
            store.webhooks.list()
