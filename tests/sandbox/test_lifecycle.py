"""Starting and ending."""

from __future__ import annotations

import gc
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import ServingError, StorageError
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import api_of, register
from tests.waiting import until


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "sandbox"]


def test_it_serves_as_soon_as_it_is_made_and_until_it_is_closed() -> None:
    sandbox = Sandbox()
    with api_of(sandbox) as api:
        assert len(api.list()) == 2
    assert threads() == ["sandbox"]
    sandbox.close()
    sandbox.close()
    assert threads() == []
    assert repr(sandbox) == "<Sandbox (closed)>"
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.base_url)
    with pytest.raises(StorageError, match="closed"):
        sandbox.emit("store/order/created")


def test_a_with_block_ends_it() -> None:
    with Sandbox() as sandbox:
        assert repr(sandbox) == f"<Sandbox {sandbox.base_url}>"
    assert threads() == []


def test_one_that_nobody_holds_any_more_ends() -> None:
    Sandbox()
    gc.collect()
    assert threads() == []


def test_the_end_of_python_ends_it() -> None:
    """Without a word on standard error."""
    program = "from ikas_explore.sandbox import Sandbox; s = Sandbox(); print(s.base_url)"
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.startswith("http://127.0.0.1:")
    assert ended.stderr == ""


def test_a_port_that_is_taken_is_told_and_leaves_nothing_behind() -> None:
    with Sandbox() as sandbox:
        port = int(sandbox.base_url.rsplit(":", 1)[1])
        with pytest.raises(ServingError, match=str(port)) as told:
            Sandbox(port=port)
        assert "<Sandbox (not started)>" in [
            repr(frame.locals.get("self")) for frame in told.traceback
        ]
        assert threads() == ["sandbox"]


@pytest.mark.parametrize(
    "path", ["/api/v1/admin/graphql", "/api/admin/oauth/token", "/control/events"]
)
def test_a_caller_that_leaves_in_the_middle_of_a_request_is_no_error(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Sandbox() as sandbox:
        before = set(threading.enumerate())
        port = int(sandbox.base_url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as caller:
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
            caller.sendall(f"{head}Authorization: Bearer {sandbox.access_token}\r\n\r\n{{".encode())
        with api_of(sandbox) as api:
            assert len(api.list()) == 2
        assert set(threading.enumerate()) <= before
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []


def test_without_examples_it_starts_empty() -> None:
    with Sandbox(examples=False) as sandbox, api_of(sandbox) as api:
        assert api.list() == []


def test_importing_it_loads_neither_pandas_nor_the_client() -> None:
    """It shares the SDL text with the client and no more."""
    unwanted = ("pandas", "ipywidgets", "sgqlc", "ikas_explore.client", "ikas_explore.cli")
    program = (
        "import sys, ikas_explore.sandbox; "
        f"print([name for name in sys.modules if name.startswith({unwanted})])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.strip() == "[]"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
def test_ctrl_c_while_it_starts_leaves_no_thread_no_port_and_no_lock(tmp_path: Path) -> None:
    """Wherever the interrupt comes: at forty moments of a start."""
    path = tmp_path / "sandbox.db"
    began = time.perf_counter()
    Sandbox(path).close()
    usual = time.perf_counter() - began
    interrupted = 0
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for turn in range(40):
            sandbox = None
            try:
                try:
                    signal.setitimer(signal.ITIMER_REAL, max(0.0005, usual * (turn * 0.381966 % 1)))
                    sandbox = Sandbox(path)
                finally:  # where the interrupt may come as well
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
            if sandbox is not None:
                sandbox.close()
            until(lambda: threads() == [])
            Sandbox(path).close()  # the file is free
    finally:
        signal.signal(signal.SIGALRM, before)
    assert interrupted


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
def test_ctrl_c_while_it_emits_or_settles_loses_no_delivery() -> None:
    """What is in the rows is delivered, wherever the interrupts came."""
    scope, interrupted = "store/order/created", 0
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with Receiver() as receiver, Sandbox() as sandbox:
            register(sandbox, receiver.endpoint)
            for turn in range(60):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.001 + 0.02 * (turn * 0.381966 % 1))
                    while True:
                        sandbox.emit(scope, {"id": "1"})
                        sandbox.settle(30)
                except KeyboardInterrupt:
                    interrupted += 1
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            sandbox.settle(60)
            deliveries = sandbox.deliveries()
            assert set(deliveries["state"]) == {"delivered"}
            assert set(deliveries["id"]) == set(receiver.deliveries()["id"])
    finally:
        signal.signal(signal.SIGALRM, before)
    assert interrupted == 60
