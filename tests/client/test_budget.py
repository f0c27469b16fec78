"""A client counts what ikas answered, and warns or stops before ikas blocks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.errors import BudgetError, ResponseError
from ikas_explore.frames.frames import BUDGET, budget_frame

ERRORS = "call errors over 25 %"


class Ikas(httpx.BaseTransport):
    """An ikas that answers lists, or HTTP 400 while it is `failing`; counts what was sent."""

    failing = False
    sent = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        return httpx.Response(400 if self.failing else 200, json={"data": {"listWebhook": []}})


def ask(store: ikas.Store, transport: Ikas, number: int, *, failing: bool = False) -> None:
    transport.failing = failing
    for _ in range(number):
        try:
            store.webhooks.list()
        except ResponseError:
            assert failing


def row(store: Any, limit: str = ERRORS) -> dict[str, Any]:
    frame = store.budget()
    found: dict[str, Any] = frame[frame["limit"] == limit].to_dict("records")[0]
    return found


def connect(transport: Ikas, **more: Any) -> ikas.Store:
    return ikas.connect("acme", access_token="t", transport=transport, **more)


def test_a_store_counts_what_ikas_answered() -> None:
    with connect(transport := Ikas()) as store:
        ask(store, transport, 3)
        ask(store, transport, 1, failing=True)
        shown = row(store)
        assert (shown["requests"], shown["errors"], shown["share"]) == (4, 1, 0.25)
        assert row(store, "calls")["left"] == 46
        assert "other processes" in store.budget().attrs["not_visible"]


def test_what_had_no_answer_is_not_counted() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    down = httpx.MockTransport(refuse)
    with ikas.connect("acme", access_token="t", transport=down) as store:
        with pytest.raises(ikas.errors.TransportError):
            store.webhooks.delete("store/order/created")
        assert row(store)["requests"] == 0


def test_it_warns_once_before_ikas_blocks() -> None:
    with connect(transport := Ikas()) as store:
        ask(store, transport, 16)
        ask(store, transport, 3, failing=True)
        with pytest.warns(UserWarning, match=r"acme: .* 25 %' is near: 4 of 20 .*") as told:
            ask(store, transport, 4, failing=True)
        assert len(told) == 1
        assert transport.sent == 23
        assert row(store)["state"].startswith("blocked until ")


def test_it_stops_before_ikas_blocks() -> None:
    """Nothing is sent, also where each call so far failed."""
    with connect(transport := Ikas(), on_budget="stop") as store:
        ask(store, transport, 19, failing=True)
        for _ in range(2):
            with pytest.raises(BudgetError, match="no further call"):
                store.webhooks.list()
        assert transport.sent == 19
        assert row(store)["state"] == "near"


class Slow(Ikas):
    """An ikas that answers when as many calls came as would begin a block, or a moment later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._too_many = threading.Event()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            answer = super().handle_request(request)
            if self.sent == 20:
                self._too_many.set()
        self._too_many.wait(0.3)
        return answer


def test_threads_stop_at_the_same_call() -> None:
    """None is sent while those that other threads wait for could be the last before a block."""
    with connect(transport := Slow(), on_budget="stop") as store, ThreadPoolExecutor(32) as pool:
        ask(store, transport, 3, failing=True)
        errors = [pool.submit(store.webhooks.list) for _ in range(32)]
        kinds = [type(each.exception()) for each in errors]
        assert transport.sent == row(store)["requests"] == 19
        assert kinds.count(BudgetError) == 32 - 16


def test_threads_wait_for_calls_that_are_well_and_are_all_sent() -> None:
    with connect(transport := Slow(), on_budget="stop") as store, ThreadPoolExecutor(32) as pool:
        found = [pool.submit(store.webhooks.list) for _ in range(32)]
        assert [each.exception() for each in found] == [None] * 32
        assert transport.sent == 32


@pytest.mark.parametrize("end", [KeyboardInterrupt, httpx.ReadTimeout("late")])
def test_a_call_that_ended_without_an_answer_is_not_waited_for(end: Any) -> None:
    all_are_sent = threading.Barrier(19)

    def handle(request: httpx.Request) -> httpx.Response:
        if threading.current_thread() is threading.main_thread():
            return httpx.Response(200, json={"data": {"deleteWebhook": True}})
        all_are_sent.wait(30)
        raise end

    transport = httpx.MockTransport(handle)
    with (
        ikas.connect("acme", access_token="t", transport=transport, on_budget="stop") as store,
        ThreadPoolExecutor(19) as pool,
    ):
        ended = [
            pool.submit(store.client.execute, "{ a }", what="a", repeatable=False)
            for _ in range(19)
        ]
        assert all(each.exception(30) for each in ended)
        assert store.client.execute("{ a }", what="a") == {"deleteWebhook": True}


def test_a_warning_that_is_an_error_takes_nothing_away_from_what_ikas_did() -> None:
    """The save that was the last before a block is saved; the next call is refused and says why."""
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox, on_budget="warn") as store:
        for _ in range(14):
            store.webhooks.list()
        sandbox.faults.add("missing_permission", calls=4)
        for _ in range(4):
            with pytest.raises(ikas.errors.PermissionDeniedError):
                store.webhooks.list()
        saved = store.webhooks.save("https://example.com/a", "store/order/created")
        assert saved["scope"].tolist() == ["store/order/created"]
        assert row(store)["requests"] == 20
        with pytest.raises(BudgetError, match="20 calls failed"):
            store.webhooks.list()


def test_off_is_silent() -> None:
    with connect(transport := Ikas(), on_budget="off") as store:
        ask(store, transport, 25, failing=True)
        assert transport.sent == 25


def test_a_store_on_this_machine_says_nothing_unless_asked_to() -> None:
    with ikas.Sandbox() as sandbox:
        sandbox.faults.add("missing_permission")
        with ikas.connect(sandbox) as silent, ikas.connect(sandbox, on_budget="stop") as stopping:
            for store, reached in ((silent, 25), (stopping, 25 + 19)):
                for _ in range(25):
                    with pytest.raises((ikas.errors.PermissionDeniedError, BudgetError)):
                        store.webhooks.list()
                assert sandbox.calls["listWebhook"] == reached


def test_both_versions_of_a_store_are_counted_together() -> None:
    with ikas.connect("sandbox") as store:
        store.client.speaking("v2").introspect()
        store.webhooks.list()
        assert row(store)["requests"] == 2


@pytest.mark.parametrize("wrong", ["loud", "", True, 1])
def test_a_wrong_choice_is_refused(wrong: Any) -> None:
    with pytest.raises(ikas.errors.InvalidArgumentError, match="on_budget is one of"):
        connect(Ikas(), on_budget=wrong)


def test_a_fleet_has_a_row_for_each_store_and_limit() -> None:
    with ikas.Fleet([connect(Ikas())]) as fleet:
        frame = fleet.budget()
        assert frame.columns.tolist() == ["store", *BUDGET]
        assert set(frame["store"]) == {"acme"}
        assert len(frame) == 5


def test_an_empty_budget_has_the_same_columns_and_dtypes() -> None:
    with connect(Ikas()) as store:
        pd.testing.assert_series_equal(store.budget().dtypes, budget_frame([], "").dtypes)
