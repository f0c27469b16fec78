"""Arguments of wrong kinds: each is taken, or refused with an error of ours that can be printed."""

from __future__ import annotations

import datetime as dt
import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import IkasError, InvalidArgumentError, WaitTimeoutError
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import Api, register

ORDER = "store/order/created"


class Odd:
    """A path that is none."""

    def __fspath__(self) -> Any:
        return 7


VALUES: list[Any] = [
    *(None, True, 0, 7, -1, 2.5, math.nan, math.inf, 10**400, 10**5_000, 1e-320, 1j),
    *("", "x", "1", "a\0b", "a\ud800", "9" * 5_000, b"x", b"a\0", ORDER, "sandbox"),
    *([], [1], {}, {"a": 1}, (), set(), object(), lambda: 1, Odd()),
    *(np.int64(3), np.float64("nan"), np.array([1, 2]), pd.NA, pd.NaT, pd.DataFrame()),
    *(pd.Timestamp("2026-01-01"), dt.date(2026, 1, 1), dt.datetime(9999, 12, 31, tzinfo=dt.UTC)),
]
TAKEN: dict[str, list[str]] = {
    "change": ["kind", "id", "emit", "store", "fields"],
    "emit": ["scope", "data", "store"],
    "fill": ["orders", "customers", "products", "days", "store"],
    "budget": ["store"],
    "settle": ["timeout"],
    "deliveries": ["store", "since", "state", "limit"],
    "attempts": ["store", "since", "state", "limit"],
    "prune": ["before"],
    "add_store": ["name"],
    "authorization_code": ["store"],
    "uninstall": ["store"],
    "install": ["store"],
    "live": ["language"],
}


def taken_or_refused(call: Callable[[], object]) -> None:
    try:
        made = call()
    except IkasError as error:
        str(error).encode()  # could be printed
    else:
        if isinstance(made, Sandbox):
            made.close()


@pytest.mark.parametrize("name", inspect.signature(Sandbox).parameters)
def test_settings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in VALUES:
        taken_or_refused(lambda value=value: Sandbox(**{name: value}))  # type: ignore[misc]


def test_every_method_is_walked() -> None:
    taking = {
        name: [each for each in inspect.signature(method).parameters if each != "self"]
        for name, method in inspect.getmembers(Sandbox, inspect.isfunction)
        if not name.startswith("_")
    }
    assert {name: taken for name, taken in taking.items() if taken} == TAKEN


@pytest.mark.parametrize("name", TAKEN)
def test_methods(name: str, sandbox: Sandbox) -> None:
    for argument in TAKEN[name]:
        for value in VALUES:
            given = {"emit": {"scope": ORDER}, "change": {"kind": "order"}}.get(name, {})
            given = {**given, argument: value}
            taken_or_refused(lambda given=given: getattr(sandbox, name)(**given))  # type: ignore[misc]


def test_faults(sandbox: Sandbox) -> None:
    for name in ("kind", "share", "calls", "store", "seconds", "status", "hint", "colour"):
        for value in VALUES:
            given = {"kind": "latency", name: value}
            taken_or_refused(lambda given=given: sandbox.faults.add(**given))  # type: ignore[misc]
    for value in VALUES:
        taken_or_refused(lambda value=value: sandbox.faults.replace(value))  # type: ignore[misc]
        taken_or_refused(lambda value=value: sandbox.faults.replace([value]))  # type: ignore[misc]


def test_the_rate_limit_is_checked_when_it_is_set(sandbox: Sandbox, api: Api) -> None:
    """What it was stays, and no call is answered with 500 for it."""
    for name in ("enabled", "calls", "seconds", "hint"):
        for value in VALUES:
            before = getattr(sandbox.rate_limit, name)
            try:
                setattr(sandbox.rate_limit, name, value)
            except InvalidArgumentError:
                assert getattr(sandbox.rate_limit, name) == before
            sandbox.rate_limit.enabled = True
            assert api.call("{ listWebhook { id } }").status_code in (200, 429)
    with pytest.raises(InvalidArgumentError, match="Did you mean 'enabled'"):
        sandbox.rate_limit.enable = True


@pytest.mark.parametrize("path", [3, b"x.db", "a\0b", "a\ud800", Odd(), object(), []])
def test_a_path_that_is_none_is_refused_in_words(path: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"[Pp]ath"):
        Sandbox(path)


def test_settle_waits_as_long_as_it_is_told() -> None:
    with Receiver(status=500) as receiver, Sandbox(retry_delays=(0.2,)) as sandbox:
        register(sandbox, receiver.endpoint)
        sandbox.emit(ORDER)
        with pytest.raises(WaitTimeoutError, match="1 delivery is still pending"):
            sandbox.settle(0)
        for wrong in ("1", math.nan, -1, None):
            with pytest.raises(InvalidArgumentError, match="timeout"):
                sandbox.settle(wrong)  # type: ignore[arg-type]
        sandbox.settle(math.inf)
        assert sandbox.deliveries()["state"].tolist() == ["exhausted"]


@pytest.mark.parametrize("value", ["", "auto", "4", "-1", "x"])
@pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "UVICORN_PORT"])
def test_variables_of_other_servers_are_not_read(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with Sandbox() as sandbox:
        assert httpx.get(f"{sandbox.base_url}/control/deliveries").status_code == 401
