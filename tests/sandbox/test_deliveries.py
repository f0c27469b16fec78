"""How often the sandbox pushes a delivery, and what it says of it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, StreamingResponse
from starlette.routing import Route

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import (
    InvalidArgumentError,
    InvalidScopeError,
    TransportError,
    WaitTimeoutError,
)
from ikas_explore.frames.frames import ATTEMPTS, DELIVERIES
from ikas_explore.network.server import Server
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import api_of, register
from tests.sandbox.coverage import emulates

ORDER = "store/order/created"
STOCK = "store/stock/updated"
FAST: dict[str, Any] = {"retry_delays": (0.005, 0.01)}


def moving(sandbox: Sandbox, endpoint: str) -> Callable[[Mapping[str, Any]], int]:
    """Return a receiver's answer that moves the webhook elsewhere and fails."""

    def move(payload: Mapping[str, Any]) -> int:
        register(sandbox, endpoint)
        return 500

    return move


@contextmanager
def closed_port() -> Iterator[str]:
    """An endpoint at which nothing answers: bound, so that no one else takes it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"


TABLE = [
    # what the receiver answers, max_attempts, statuses of the attempts, state
    ("200", 200, 3, [200], "delivered"),
    ("201", 201, 3, [201] * 3, "exhausted"),
    ("204", 204, 3, [204] * 3, "exhausted"),
    ("301", 301, 3, [301] * 3, "exhausted"),
    ("400", 400, 3, [400] * 3, "exhausted"),
    ("410", 410, 3, [410] * 3, "exhausted"),
    ("500", 500, 3, [500] * 3, "exhausted"),
    ("connection dropped", "drop", 3, [None] * 3, "exhausted"),
    ("recovers on the 2nd", [500, 200], 3, [500, 200], "delivered"),
    ("recovers on the 3rd", [500, "drop", 200], 3, [500, None, 200], "delivered"),
    ("would recover on the 4th", [500, 500, 500, 200], 3, [500] * 3, "exhausted"),
    ("one attempt", [500, 200], 1, [500], "exhausted"),
    ("four attempts", [500, 500, 500, 200], 4, [500, 500, 500, 200], "delivered"),
    ("four attempts in vain", 503, 4, [503] * 4, "exhausted"),
]


@emulates("success is HTTP 200 only", source="seed")
@emulates("3 attempts in all, then no more", source="seed; a setting, for some heard of 4")
@pytest.mark.parametrize(
    ("answers", "max_attempts", "statuses", "state"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_attempts_and_end_state(
    answers: Any, max_attempts: int, statuses: list[int | None], state: str
) -> None:
    with (
        Receiver(status=answers) as receiver,
        Sandbox(max_attempts=max_attempts, **FAST) as sandbox,
    ):
        register(sandbox, receiver.endpoint)
        (delivery,) = sandbox.emit(ORDER)
        sandbox.settle(10)
        attempts, deliveries = sandbox.attempts(), sandbox.deliveries()
        assert len(receiver.deliveries()) == len(statuses)
    assert attempts["delivery_id"].tolist() == [delivery] * len(statuses)
    assert attempts["number"].tolist() == list(range(1, len(statuses) + 1))
    assert (
        attempts["status_code"].astype(object).where(attempts["status_code"].notna(), None).tolist()
        == statuses
    )
    assert attempts["error"].isna().tolist() == [status == 200 for status in statuses]
    row = deliveries.iloc[0]
    assert (row["id"], row["state"], row["attempts"]) == (delivery, state, len(statuses))
    assert row["finished_at"] >= row["created_at"]
    if state == "exhausted":
        assert row["reason"] == attempts["error"].iloc[-1]


@emulates("an unreachable endpoint is a failed attempt", source="seed")
@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [("https://127.0.0.1:{}/", "TLS failure"), ("http://no-such-host.test:{}/", "DNS failure")],
)
def test_reasons_in_words(endpoint: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver is replaced, so that no question leaves the machine."""
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *rest: Any, **more: Any) -> Any:
        if host in (b"no-such-host.test", "no-such-host.test"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)
    with Receiver() as receiver, Sandbox(max_attempts=1, deliver_to="any") as sandbox:
        register(sandbox, endpoint.format(urlsplit(receiver.endpoint).port))
        sandbox.emit(ORDER)
        sandbox.settle(10)
        assert sandbox.attempts()["error"].iloc[0].startswith(reason)


def test_refused_is_a_failed_attempt() -> None:
    with closed_port() as endpoint, Sandbox(**FAST) as sandbox:
        register(sandbox, endpoint)
        sandbox.emit(ORDER)
        sandbox.settle(10)
        assert sandbox.attempts()["error"].str.startswith("refused").tolist() == [True] * 3


def test_no_answer_in_time_is_a_failed_attempt() -> None:
    with Receiver(delay=30) as receiver, Sandbox(receiver_timeout=0.05, **FAST) as sandbox:
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER)
        sandbox.settle(10)
        attempts = sandbox.attempts()
        assert attempts["error"].str.startswith("time-out").tolist() == [True] * 3
        assert attempts["status_code"].isna().all()
        assert (attempts["duration_ms"] >= 50).all()


def test_an_answer_that_does_not_end_is_a_failed_attempt() -> None:
    """Its status came in time and is told, but the time a receiver has is for the whole answer."""

    async def dribble() -> AsyncIterator[bytes]:
        while True:
            yield b"."
            await asyncio.sleep(0.01)

    async def answer(request: object) -> StreamingResponse:
        return StreamingResponse(dribble())

    app = Starlette(routes=[Route("/", answer, methods=["POST"])])
    with Server(app) as server, Sandbox(receiver_timeout=0.2, max_attempts=1) as sandbox:
        register(sandbox, f"{server.base_url}/")
        sandbox.emit(ORDER)
        sandbox.settle(30)
        assert sandbox.attempts()["error"].str.startswith("time-out").all()
        assert sandbox.attempts()["status_code"].tolist() == [200]
        assert sandbox.deliveries()["state"].tolist() == ["exhausted"]


def test_a_redirect_is_not_followed(sandbox: Sandbox) -> None:
    """Not even to a receiver that would answer 200."""
    with Receiver() as target:
        app = Starlette(
            routes=[
                Route("/", lambda request: RedirectResponse(target.endpoint, 307), methods=["POST"])
            ]
        )
        with Server(app) as server:
            register(sandbox, f"{server.base_url}/")
            sandbox.emit(ORDER)
            sandbox.settle(10)
        assert target.deliveries().empty
    assert sandbox.attempts()["status_code"].tolist() == [307] * 3


@pytest.mark.parametrize("host", ["mailchimp-dev.ikasapps.com", "10.0.0.1", "192.168.1.1"])
def test_nothing_leaves_the_machine_unless_told(host: str) -> None:
    with Sandbox() as sandbox:
        register(sandbox, f"https://{host}/")
        sandbox.emit(ORDER)
        sandbox.settle(1)
        row = sandbox.deliveries().iloc[0]
        assert (row["state"], row["attempts"]) == ("blocked", 0)
        assert host in row["reason"]
        assert 'deliver_to="any"' in row["reason"]
        assert sandbox.attempts().empty


def test_a_slow_receiver_does_not_hold_up_others() -> None:
    """It has many deliveries waiting, all emitted before the other's."""
    with (
        Receiver(delay=60) as slow,
        Receiver() as fast,
        Sandbox(receiver_timeout=60, concurrency=4) as sandbox,
    ):
        register(sandbox, slow.endpoint, ORDER)
        register(sandbox, fast.endpoint, STOCK)
        for _ in range(50):
            sandbox.emit(ORDER)
        for _ in range(10):
            sandbox.emit(STOCK)
        fast.wait(10, timeout=10)
        states = sandbox.deliveries().groupby("scope")["state"].unique()
        assert states[ORDER].tolist() == ["pending"]
        # No more than its places: the others' attempts have not begun.
        assert sandbox.deliveries()["attempts"].iloc[:50].sum() == 4


def test_one_place_keeps_the_order_of_events() -> None:
    with Receiver() as receiver, Sandbox(concurrency=1) as sandbox:
        register(sandbox, receiver.endpoint)
        ids = [delivery for _ in range(30) for delivery in sandbox.emit(ORDER)]
        sandbox.settle(30)
        assert receiver.deliveries()["id"].tolist() == ids


def test_saving_and_deleting_during_a_push_is_safe(sandbox: Sandbox) -> None:
    """What was addressed is delivered all the same."""
    with Receiver() as receiver, api_of(sandbox) as api:
        for _ in range(30):
            register(sandbox, receiver.endpoint)
            sandbox.emit(ORDER)
            api.delete(ORDER)
        sandbox.settle(10)
        assert len(receiver.deliveries()) == 30
    assert set(sandbox.deliveries()["state"]) == {"delivered"}


@pytest.mark.parametrize(("setting", "received"), [("first", (3, 0)), ("current", (1, 1))])
def test_where_the_next_attempt_goes_when_the_webhook_has_moved(
    setting: Any, received: tuple[int, int]
) -> None:
    """It moves while the first attempt is under way."""
    with Receiver() as old, Receiver() as new, Sandbox(next_attempt_to=setting, **FAST) as sandbox:
        register(sandbox, old.endpoint)
        old.status = moving(sandbox, new.endpoint)
        sandbox.emit(ORDER)
        sandbox.settle(10)
        row = sandbox.deliveries().iloc[0]
        assert (len(old.deliveries()), len(new.deliveries())) == received
        stays = setting == "first"
        assert row["endpoint"] == (old if stays else new).endpoint
        assert row["state"] == ("exhausted" if stays else "delivered")


def test_a_webhook_that_moves_off_this_machine_is_blocked() -> None:
    """Those that waited for a place at the receiver too."""
    with (
        Receiver() as receiver,
        Sandbox(next_attempt_to="current", concurrency=1, **FAST) as sandbox,
    ):
        register(sandbox, receiver.endpoint)
        receiver.status = moving(sandbox, "https://example.com/")
        for _ in range(5):
            sandbox.emit(ORDER)
        sandbox.settle(10)
        deliveries = sandbox.deliveries()
        assert set(deliveries["state"]) == {"blocked"}
        assert deliveries["attempts"].iloc[0] == 1


@pytest.mark.parametrize(("setting", "delivered"), [("delivery", 2), ("registration", 1)])
def test_what_ends_when_all_attempts_failed(setting: Any, delivered: int) -> None:
    """The delivery, or the webhook with it, which is then no longer listed."""
    with Receiver(status=500) as receiver, Sandbox(on_exhausted=setting, **FAST) as sandbox:
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER)
        sandbox.settle(10)
        receiver.status = 200
        sandbox.emit(ORDER)
        with api_of(sandbox) as api:
            listed = [row["scope"] for row in api.list()]
            assert (ORDER in listed) == (setting == "delivery")
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER)
        sandbox.settle(10)
        assert sandbox.deliveries()["state"].tolist() == ["exhausted"] + ["delivered"] * delivered


def test_a_connection_that_is_not_used_again_is_closed() -> None:
    """Else a sandbox would keep the sockets of receivers that are long gone."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Sandbox() as sandbox:
        with api_of(sandbox) as api:
            api.save(f"http://127.0.0.1:{listener.getsockname()[1]}/", "store/order/created")
        sandbox.emit("store/order/created", {"id": "1"})
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(30)
            received = b""
            while b'"signature"' not in received:
                received += connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            sandbox.settle()
            assert connection.recv(1) == b""


def test_a_clock_that_is_set_back_holds_up_no_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the next attempt is due is kept as wall-clock time while no process runs."""
    now, month = time.time_ns, 30 * 86_400 * 10**9
    path = tmp_path / "sandbox.db"
    with Receiver(status=[500, 200]) as receiver:
        with monkeypatch.context() as patched, Sandbox(path, retry_delays=(0.5,)) as sandbox:
            patched.setattr(time, "time_ns", lambda: now() + month)
            with api_of(sandbox) as api:
                api.save(receiver.endpoint, "store/order/created")
            sandbox.emit("store/order/created", {"id": "1"})
            receiver.wait(1)
        with Sandbox(path, retry_delays=(0.5,)) as sandbox:
            sandbox.settle()
            assert list(sandbox.deliveries()["state"]) == ["delivered"]
            assert list(sandbox.attempts()["number"]) == [1, 2]


def test_settle_says_what_is_pending_when_its_time_is_up() -> None:
    with Receiver(status=500) as receiver, Sandbox(retry_delays=(60,)) as sandbox:
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER)
        with pytest.raises(WaitTimeoutError, match="1 delivery is still pending after 0"):
            sandbox.settle(0.05)


def test_settle_does_not_wait_for_a_closed_sandbox() -> None:
    with Receiver(status=500) as receiver, Sandbox(retry_delays=(60,)) as sandbox:
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER)
        receiver.wait(1)
        sandbox.close()
        with pytest.raises(TransportError, match="closed"):
            sandbox.settle(60)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_attempts": 0},
        {"retry_delays": (-1,)},
        {"receiver_timeout": 0},
        {"concurrency": 0},
        {"deliver_to": "everywhere"},
        {"on_exhausted": "nothing"},
        {"next_attempt_to": "other"},
    ],
)
def test_settings_that_cannot_be_right_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        Sandbox(**wrong)


def test_frames_have_their_columns_when_empty(sandbox: Sandbox) -> None:
    assert list(sandbox.deliveries()) == list(DELIVERIES)
    assert list(sandbox.attempts()) == list(ATTEMPTS)
    assert str(sandbox.attempts()["started_at"].dtype) == "datetime64[ms, UTC]"


@settings(max_examples=8, deadline=None)
@given(
    answers=st.lists(st.sampled_from([200, 201, 301, 404, 500, "drop"]), min_size=1, max_size=6),
    max_attempts=st.integers(1, 5),
)
def test_attempts_stop_at_the_first_200_or_at_the_limit(
    answers: list[Any], max_attempts: int
) -> None:
    expected: list[Any] = []
    for number in range(max_attempts):
        expected.append(answers[min(number, len(answers) - 1)])
        if expected[-1] == 200:
            break
    with (
        Receiver(status=answers) as receiver,
        Sandbox(max_attempts=max_attempts, retry_delays=(0,)) as sandbox,
    ):
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER)
        sandbox.settle(10)
        attempts = sandbox.attempts()["status_code"]
    assert [None if code != code else code for code in attempts.astype(float)] == [
        None if answer == "drop" else answer for answer in expected
    ]


def test_a_pattern_emits_an_event_of_each_scope_it_matches() -> None:
    with Sandbox() as sandbox:
        assert len(sandbox.emit("store/customer/*")) == 2
        assert sorted(sandbox.deliveries()["scope"]) == [
            "store/customer/created",
            "store/customer/updated",
        ]
        with pytest.raises(InvalidScopeError, match="No scope matches"):
            sandbox.emit("store/nothing/*")
