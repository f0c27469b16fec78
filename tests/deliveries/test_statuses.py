"""What a receiver answers, and when."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import (
    InvalidArgumentError,
)
from tests.deliveries.sending import payload, rows
from tests.waiting import until


def test_the_status_can_be_changed_while_it_runs(receiver: Receiver, client: httpx.Client) -> None:
    def answered(times: int) -> list[int]:
        return [client.post(receiver.endpoint, json=payload()).status_code for _ in range(times)]

    assert answered(1) == [200]
    receiver.status = 503
    assert answered(2) == [503, 503]
    receiver.status = [500, 404, 200]
    assert answered(4) == [500, 404, 200, 200]
    receiver.status = lambda payload: 200 if payload["scope"].startswith("store/order/") else 410
    assert answered(1) == [200]
    assert client.post(receiver.endpoint, json=payload(scope="store/stock/x")).status_code == 410
    assert receiver.deliveries()["status"].to_list() == [
        200,
        503,
        503,
        500,
        404,
        200,
        200,
        200,
        410,
    ]


def test_a_status_function_that_fails_is_told_in_the_row(
    receiver: Receiver, client: httpx.Client
) -> None:
    def fail(payload: Mapping[str, Any]) -> int:
        return int(payload["nothing"])

    for broken, told in ((fail, "KeyError: 'nothing'"), (lambda payload: 99, "99 cannot")):
        receiver.status = broken
        assert client.post(receiver.endpoint, json=payload()).status_code == 500
        assert told in rows(receiver)[-1]["error"]


@pytest.mark.parametrize(
    "kind", [StopIteration, SystemExit, KeyboardInterrupt, asyncio.CancelledError]
)
def test_a_status_function_may_raise_what_would_end_a_task(
    kind: type[BaseException],
    receiver: Receiver,
    client: httpx.Client,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """``lambda payload: next(statuses)`` does, when they are used up."""

    def fail(payload: Mapping[str, Any]) -> int:
        raise kind

    receiver.status = fail
    for _ in range(2):
        assert client.post(receiver.endpoint, json=payload()).status_code == 500
    told = f"the status function raised {kind.__name__}"
    assert [(row["status"], row["error"]) for row in rows(receiver)] == [(500, told)] * 2
    assert capfd.readouterr().err == ""


def test_a_status_function_leaves_the_row_what_was_wrong_with_the_signature(
    receiver: Receiver, client: httpx.Client
) -> None:
    receiver.status = lambda payload: 200
    client.post(receiver.endpoint, json=payload(signature="0" * 64))
    assert "does not match" in rows(receiver)[-1]["error"]


def test_closing_does_not_wait_for_a_status_function_to_write_the_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its row is written and answered with 503, so that the sender comes again."""
    asked, let_go = threading.Event(), threading.Event()

    def status(payload: Mapping[str, Any]) -> int:
        asked.set()
        let_go.wait(60)
        return 200

    def send() -> None:
        answers.append(httpx.post(receiver.endpoint, json=payload(), timeout=60))
        let_go.set()

    answers: list[httpx.Response] = []
    receiver = Receiver(path=tmp_path / "log.sqlite", status=status)
    sender = threading.Thread(target=send)
    sender.start()
    assert asked.wait(10)
    receiver.close()
    sender.join(10)
    assert [answer.status_code for answer in answers] == [503]
    assert caplog.text == ""
    with Receiver(path=tmp_path / "log.sqlite") as again:
        (row,) = rows(again)
    told = "the receiver was closed before the status function returned"
    assert (row["id"], row["status"], row["error"]) == ("id-1", 503, told)


def test_what_a_status_function_says_is_written_down_whatever_is_in_it(
    receiver: Receiver, client: httpx.Client
) -> None:
    """Half of a surrogate pair, which a sender can bring, has no bytes: it hung all who waited."""

    def fail(payload: Mapping[str, Any]) -> int:
        raise RuntimeError(payload["who"])

    receiver.status = fail
    body = json.dumps({**payload(), "who": "\ud800"})
    assert client.post(receiver.endpoint, content=body).status_code == 500
    assert r"RuntimeError: \ud800" in rows(receiver)[-1]["error"]


def test_a_slow_status_function_holds_nobody_else_up(
    receiver: Receiver, client: httpx.Client
) -> None:
    """The first delivery is answered only after a second one came in and was answered."""
    second = threading.Event()

    def status(payload: Mapping[str, Any]) -> int:
        if payload["id"] == "id-1":
            return 200 if second.wait(10) else 500
        second.set()
        return 200

    receiver.status = status
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(httpx.post(receiver.endpoint, json=payload(1)).status_code)
    )
    first.start()
    answers.append(client.post(receiver.endpoint, json=payload(2)).status_code)
    first.join(10)
    assert answers == [200, 200]


@pytest.mark.parametrize("status", [0, 99, 100, 600, "200", True, None, 2.0, [], [200, "later"]])
def test_a_status_that_cannot_be_is_refused_and_the_old_one_stays(
    shared: Receiver, status: Any
) -> None:
    with pytest.raises(InvalidArgumentError, match="status"):
        shared.status = status
    assert shared.status == 200


def test_a_dropped_connection_has_a_row_without_a_status(
    receiver: Receiver, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = ["drop", 200]
    with pytest.raises(httpx.TransportError):
        client.post(receiver.endpoint, json=payload())
    assert client.post(receiver.endpoint, json=payload()).status_code == 200
    assert [row["status"] for row in rows(receiver)] == [None, 200]
    assert caplog.text == ""


def test_the_row_is_written_before_the_answer(receiver: Receiver, client: httpx.Client) -> None:
    """During the delay the row is there, and the sender has nothing yet."""
    receiver.delay = 30
    sender = threading.Thread(target=_post_and_leave, args=(receiver.endpoint,))
    sender.start()
    received = receiver.wait(1)
    assert received["status"].to_list() == [200]
    sender.join(10)
    until(lambda: rows(receiver)[0]["status"] is None)
    (row,) = rows(receiver)
    assert (row["status"], row["error"]) == (None, "the sender left before the answer")


def test_closing_ends_a_delay_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "log.sqlite"
    receiver = Receiver(path=path, delay=3600)
    failures: list[httpx.TransportError] = []

    def send() -> None:
        with pytest.raises(httpx.TransportError) as caught:
            httpx.post(receiver.endpoint, json=payload(), timeout=60)
        failures.append(caught.value)

    sender = threading.Thread(target=send)
    sender.start()
    receiver.wait(1)
    receiver.close()
    sender.join(10)
    assert len(failures) == 1
    assert caplog.text == ""
    with Receiver(path=path) as again:
        (row,) = rows(again)
    assert (row["status"], row["error"]) == (None, "the receiver was closed before the answer")


def _post_and_leave(endpoint: str) -> None:
    with pytest.raises(httpx.ReadTimeout), httpx.Client(trust_env=False, timeout=0.3) as client:
        client.post(endpoint, json=payload())
