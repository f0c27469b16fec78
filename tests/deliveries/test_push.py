"""Pushing at a handler: the attempts ikas would make, and what a handler has to stand."""

from __future__ import annotations

import gc
import json
import linecache
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ikas_explore.deliveries.push import push
from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import InvalidArgumentError, InvalidScopeError, SignatureError
from ikas_explore.values.secret import Secret
from tests.deliveries.sending import SECRET
from tests.interrupting import interrupted
from tests.waiting import until

SCOPE = "store/order/created"


@pytest.mark.parametrize(
    ("status", "max_attempts", "answered"),
    [
        (200, 3, [200]),
        (201, 3, [201, 201, 201]),
        (204, 3, [204, 204, 204]),
        (301, 3, [301, 301, 301]),
        (304, 2, [304, 304]),
        (400, 3, [400, 400, 400]),
        (500, 3, [500, 500, 500]),
        ("drop", 3, [None, None, None]),
        ([500, 200], 3, [500, 200]),
        (["drop", 503, 200], 3, [None, 503, 200]),
        ([500, 500, 500, 200], 3, [500, 500, 500]),
        ([500, 500, 500, 200], 4, [500, 500, 500, 200]),
        (500, 1, [500]),
    ],
)
def test_it_is_tried_until_200_or_the_attempts_are_used_up(
    shared: Receiver, status: Any, max_attempts: int, answered: list[int | None]
) -> None:
    before = len(shared.deliveries())
    shared.status = status
    attempts = push(shared.endpoint, SCOPE, SECRET, max_attempts=max_attempts, retry_delays=[0.001])
    assert [None if pd.isna(each) else each for each in attempts["status_code"]] == answered
    assert attempts["number"].to_list() == list(range(1, len(answered) + 1))
    assert attempts["error"].notna().to_list() == [each != 200 for each in answered]
    assert attempts["delivery_id"].nunique() == 1
    assert len(shared.deliveries()) - before == len(answered)


def test_a_time_out_and_a_refused_connection_are_failed_attempts(
    receiver: Receiver, closed_port: int
) -> None:
    receiver.delay = 5
    slow = push(receiver.endpoint, SCOPE, SECRET, timeout=0.05, retry_delays=[])
    assert slow["error"].to_list() == ["time-out: no answer in time"] * 3
    gone = push(f"http://127.0.0.1:{closed_port}/", SCOPE, SECRET, retry_delays=[])
    assert gone["error"].to_list() == ["refused: nothing answers at that address"] * 3


def test_the_delays_between_attempts_are_the_ones_given(receiver: Receiver) -> None:
    receiver.status = 500
    waited: list[float] = []
    push(receiver.endpoint, SCOPE, SECRET, max_attempts=4, retry_delays=(3, 8), sleep=waited.append)
    assert waited == [3, 8, 8]


def test_the_frame_is_the_declared_one_whatever_came_back(receiver: Receiver) -> None:
    attempts = push(receiver.endpoint, SCOPE, SECRET)
    assert {name: str(dtype) for name, dtype in attempts.dtypes.items() if name != "error"} == {
        "delivery_id": str(attempts["delivery_id"].dtype),
        "number": "int64",
        "started_at": "datetime64[ms, UTC]",
        "duration_ms": "float64",
        "status_code": "Int64",
    }
    assert attempts.attrs == {"scope": SCOPE, "sample": "live"}
    unseen = push(receiver.endpoint, "store/customer/statusUpdated", SECRET)
    assert unseen.attrs["sample"] == "invented"


def test_a_wrong_signature_is_wrong_and_nothing_else(receiver: Receiver) -> None:
    push(receiver.endpoint, SCOPE, SECRET, wrong_signature=True)
    (row,) = receiver.deliveries().to_dict("records")
    assert row["signature_ok"] is False
    assert len(json.loads(row["body"])["signature"]) == 64


def test_a_duplicate_is_the_same_bytes_again(receiver: Receiver) -> None:
    attempts = push(receiver.endpoint, SCOPE, SECRET, duplicate=True)
    received = receiver.deliveries()
    assert attempts["number"].to_list() == [1, 1]
    assert received["duplicate"].to_list() == [False, True]
    assert received["body"].nunique() == received["id"].nunique() == 1


def test_a_synthetic_delivery_says_so_in_its_id(receiver: Receiver) -> None:
    sent = push(receiver.endpoint, SCOPE, SECRET, synthetic=True)
    assert sent["delivery_id"].str.startswith("synthetic-").all()
    assert receiver.deliveries()["id"].tolist() == sent["delivery_id"].tolist()


def test_unknown_keys_come_beside_the_seven(receiver: Receiver) -> None:
    push(receiver.endpoint, SCOPE, SECRET, unknown_keys=True)
    (row,) = receiver.deliveries().to_dict("records")
    assert len(json.loads(row["body"])) > 7
    assert row["signature_ok"] is True


def test_own_data_is_sent_as_it_is(receiver: Receiver) -> None:
    own = '{ "id": "ş",\n"blank": " " }'
    attempts = push(receiver.endpoint, SCOPE, SECRET, data=own)
    push(receiver.endpoint, "store/app/deleted", Secret(SECRET), data={"id": "1"})
    assert receiver.deliveries()["data"].to_list() == [own, '{"id":"1"}']
    assert attempts.attrs["sample"] == "own"


def test_a_seed_gives_the_same_id_and_data(receiver: Receiver) -> None:
    for _ in range(2):
        push(receiver.endpoint, SCOPE, SECRET, seed=3)
    received = receiver.deliveries()
    assert received["id"].nunique() == received["data"].nunique() == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"endpoint": "http://example.com/ikas"}, InvalidArgumentError),
        ({"endpoint": "ftp://127.0.0.1/"}, InvalidArgumentError),
        ({"endpoint": ""}, InvalidArgumentError),
        ({"scope": "store/ordre/created"}, InvalidScopeError),
        ({"scope": "store/app/deleted"}, InvalidScopeError),
        ({"scope": "store/ordre/created", "data": "{}"}, InvalidScopeError),
        ({"client_secret": ""}, SignatureError),
        ({"client_secret": "", "wrong_signature": True}, SignatureError),
        ({"client_secret": Secret("")}, SignatureError),
        ({"data": "[]"}, InvalidArgumentError),
        ({"max_attempts": 0}, InvalidArgumentError),
        ({"retry_delays": [-1]}, InvalidArgumentError),
        ({"timeout": 0}, InvalidArgumentError),
        ({"timeout": None}, InvalidArgumentError),
        ({"seed": []}, InvalidArgumentError),
        ({"seed": "7"}, InvalidArgumentError),
        ({"seed": 1.5}, InvalidArgumentError),
        ({"sleep": None}, InvalidArgumentError),
        ({"scope": 7}, InvalidArgumentError),
        ({"scope": [SCOPE]}, InvalidArgumentError),
        ({"endpoint": "http://me:canary-4711@example.com/"}, InvalidArgumentError),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    shared: Receiver, change: dict[str, Any], error: type[Exception]
) -> None:
    before = len(shared.deliveries())
    given = {"endpoint": shared.endpoint, "scope": SCOPE, "client_secret": SECRET} | change
    with pytest.raises(error) as caught:
        push(given.pop("endpoint"), given.pop("scope"), given.pop("client_secret"), **given)
    assert SECRET not in str(caught.value)
    assert len(shared.deliveries()) == before


def test_a_proxy_of_the_environment_is_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert push(receiver.endpoint, SCOPE, SECRET)["status_code"].to_list() == [200]


def test_https_to_a_port_without_it_is_a_tls_failure(receiver: Receiver) -> None:
    endpoint = receiver.endpoint.replace("http:", "https:")
    attempts = push(endpoint, SCOPE, SECRET, max_attempts=1)
    assert attempts["error"].str.startswith("TLS failure: no secure connection").to_list() == [True]


def shown(value: object) -> str:
    """Return what a traceback prints of a local variable, nothing of one that is half made."""
    try:
        return repr(value)
    except AttributeError:
        return ""


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_line_shows_no_secret_and_leaves_nothing_open(receiver: Receiver) -> None:
    """A traceback may print local variables. Python closes a socket that was about to be kept."""

    def push_and_replay() -> None:
        push(receiver.endpoint, SCOPE, SECRET, wrong_signature=True)
        receiver.replay([])
        Receiver(SECRET).close()

    push_and_replay()  # what is made once is made here
    before = open_files()
    line, interrupt = 1, interrupted(push_and_replay, 1)
    while interrupt is not None:
        trace = interrupt.__traceback__
        while trace is not None:
            # What hides a secret has it: it comes as text, from the line of the caller.
            file = trace.tb_frame.f_code.co_filename
            hiding = "hide" in linecache.getline(file, trace.tb_lineno)
            if not hiding and Path(file).name not in ("test_push.py", "secret.py"):
                for value in trace.tb_frame.f_locals.values():
                    assert SECRET not in shown(value), (line, trace.tb_frame)
            trace = trace.tb_next
        line += 1
        interrupt = interrupted(push_and_replay, line)
    assert line > 300
    del interrupt
    gc.collect()
    until(lambda: open_files() <= before)
    assert push(receiver.endpoint, SCOPE, SECRET)["error"].isna().all()


def test_ctrl_c_between_two_attempts_ends_it(receiver: Receiver) -> None:
    """The interrupt is not swallowed, and the client is closed: warnings are errors here."""
    receiver.status = 500

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(receiver.endpoint, SCOPE, SECRET, sleep=interrupt)
    assert len(receiver.deliveries()) == 1
