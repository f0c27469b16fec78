"""One form of words for a number that cannot be, wherever it is given."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ikas_explore as ikas
from ikas_explore.auditing.policy import read_policy
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.numbers import FINITE, check_number


@pytest.mark.parametrize(
    ("value", "given", "returned"),
    [
        (0, {}, 0),
        (math.inf, {}, math.inf),
        (10**400, {}, 10**400),
        (0.5, {"most": 1}, 0.5),
        (5e-324, {"above": True}, 5e-324),
        (FINITE, {"most": FINITE}, FINITE),
        (1, {"most": 1, "whole": True}, 1),
        (np.int64(3), {"whole": True}, 3),
        (np.uint8(3), {}, 3),
        (np.float32(0.5), {}, 0.5),
        (Fraction(1, 2), {}, 0.5),
    ],
)
def test_a_number_in_its_range_is_a_number_of_python(
    value: Any, given: dict[str, Any], returned: float
) -> None:
    number = check_number("n", value, least=0, **given)
    assert (number, type(number)) == (returned, type(returned))


@pytest.mark.parametrize(
    ("value", "given", "told"),
    [
        (-1, {}, "n is -1; give a number of 0 or more."),
        (math.nan, {}, "n is nan; give a number of 0 or more."),
        ("5", {}, "n is '5'; give a number of 0 or more."),
        (None, {}, "n is None; give a number of 0 or more."),
        (True, {}, "n is True; give a number of 0 or more."),
        (np.True_, {}, "; give a number of 0 or more."),
        (1j, {}, "n is 1j; give a number of 0 or more."),
        (0, {"above": True}, "n is 0; give a number above 0."),
        (2, {"above": True, "most": 1}, "n is 2; give a number above 0, up to 1."),
        (math.inf, {"most": FINITE}, "n is inf; give a finite number of 0 or more."),
        (10**400, {"most": FINITE}, "; give a finite number of 0 or more."),
        (1.5, {"most": 1}, "n is 1.5; give a number from 0 to 1."),
        (2.0, {"whole": True}, "n is 2.0; give a whole number of 0 or more."),
        (-1, {"whole": True, "most": 10**9}, "give a whole number from 0 to 1000000000."),
    ],
)
def test_another_is_refused_and_told_what_to_give(
    value: Any, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        check_number("n", value, least=0, **given)
    assert str(caught.value).endswith(told)


def sandbox(**given: Any) -> None:
    ikas.Sandbox(**given).close()


def receiver(**given: Any) -> None:
    ikas.Receiver(**given).close()


def push(**given: Any) -> None:
    ikas.push("http://127.0.0.1:9/", "store/order/created", "secret", **given)


def connect(**given: Any) -> None:
    ikas.connect("shop", access_token="t", **given).close()


def add_fault(**given: Any) -> None:
    with ikas.Sandbox() as box:
        box.faults.add("hang", **given)


def fleet(**given: Any) -> None:
    with ikas.connect("shop", access_token="t") as store:
        ikas.Fleet([store]).list(**given)


def policy(**given: Any) -> None:
    read_policy(given)


@pytest.mark.parametrize(
    ("door", "name", "value"),
    [
        (sandbox, "receiver_timeout", "5"),
        (sandbox, "receiver_timeout", 0),
        (sandbox, "receiver_timeout", math.inf),
        (sandbox, "token_lifetime", math.nan),
        (sandbox, "concurrency", 0.5),
        (sandbox, "concurrency", True),
        (sandbox, "max_attempts", 0),
        (sandbox, "retry_delays", 5),
        (sandbox, "retry_delays", (True,)),
        (sandbox, "retry_delays", (math.inf,)),
        (push, "timeout", True),
        (push, "timeout", math.inf),
        (push, "max_attempts", 1.0),
        (connect, "timeout", "5"),
        (connect, "timeout", True),
        (receiver, "max_body", True),
        (receiver, "delay", True),
        (receiver, "delay", 10**400),
        (add_fault, "share", 2),
        (add_fault, "calls", 1.5),
        (add_fault, "status", True),
        (fleet, "workers", True),
        (fleet, "workers", 101),
        (policy, "stale_after_days", math.nan),
        (policy, "certificate_days", True),
    ],
)
def test_every_door_refuses_it_in_these_words(
    door: Callable[..., None], name: str, value: Any
) -> None:
    with pytest.raises(InvalidArgumentError, match=rf"^{name}\b.* is .*; give a "):
        door(**{name: value})


def test_a_fleet_s_time_out_is_looked_at_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "t")
    (tmp_path / "stores.toml").write_text('[stores.acme]\naccess_token = "TOKEN"\n')
    with pytest.raises(InvalidArgumentError, match="timeout is '5'; give a number above 0"):
        ikas.Fleet.from_file(tmp_path / "stores.toml", timeout="5")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("door", "name", "value"),
    [
        (sandbox, "concurrency", np.int64(2)),
        (sandbox, "retry_delays", [np.float64(0.5), np.int64(1)]),
        (receiver, "max_body", np.int64(100)),
        (receiver, "delay", np.float32(0.5)),
        (add_fault, "calls", np.int64(2)),
        (connect, "timeout", math.inf),
    ],
)
def test_every_door_takes_numbers_of_numpy(
    door: Callable[..., None], name: str, value: Any
) -> None:
    door(**{name: value})
