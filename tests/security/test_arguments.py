"""Whatever is given to a public function, nothing foreign comes out: a result, or an IkasError.

A mistake that is seen here is an error before ikas is asked for anything.

All public functions, classes and methods are walked; each parameter is given values of every wrong
kind, the others what is right. Who adds a function adds its required arguments to `RIGHT`.
"""

from __future__ import annotations

import datetime as dt
import inspect
import math
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.auditing.policy import Policy
from ikas_explore.deliveries.listening import Listening
from ikas_explore.testing.recorded_frames import check_frame
from ikas_explore.text.printable import shown
from tests.security.promises import holds

ORDER = "store/order/created"
ENDPOINT = "https://erp.example.com/ikas"


class Mute:
    """What no message can show."""

    def __repr__(self) -> str:
        raise RuntimeError("this has no repr")


WRONG: list[Any] = [
    None, True, False, 0, 7, -1, 2.5, 1j, 10**400, 10**5_000, math.nan, math.inf, -math.inf,
    Mute(), [Mute()],
    "", "x", "1", "a\0b", "a\ud800", "\u202e", "store/*", "https://", "~nobody-of-this-name/x",
    b"\xff", bytearray(b"x"), [], [None], [[]], ["x", 7], (), {}, {"a": object()}, {7: 7},
    {"x": []}, set(), frozenset("x"), range(3), object(), int, len, iter("x"),
    Path("nowhere"), Path("a\0b"), Decimal("NaN"), Fraction(1, 3), np.float64("nan"),
    np.array([1, 2]), pd.NA, pd.NaT, pd.DataFrame(), pd.DataFrame({"scope": [None]}),
    pd.Series(["x"]), dt.datetime.min, dt.date.max, dt.timedelta.max,
]  # fmt: skip


#: What would close the house, draws, records, or is called by the sandbox and the form alone.
LEFT_OUT = {"Audit.plot", "Faults.strike", "Form.say", "Form.update"} | {
    f"{name}.close" for name in ("Fleet", "Form", "Receiver", "Sandbox", "Store")
}
#: What is registered can be named, so ikas is asked first.
ASKS_FIRST = ("Webhooks.delete",)
#: Parameters that take a function.
CALLED = ("progress", "sleep", "on_token", "predicates", "conditions", "status")


class Door(NamedTuple):
    """A public function, and what is right for its required arguments."""

    name: str
    call: Callable[..., Any]
    right: Mapping[str, Any]


class House:
    """One of everything, open."""

    def __init__(self, opened: ExitStack) -> None:
        self.sandbox = opened.enter_context(ikas.Sandbox(retry_delays=(), max_attempts=1))
        self.receiver = opened.enter_context(ikas.Receiver("secret"))
        self.store = opened.enter_context(ikas.connect(self.sandbox))
        self.fleet = opened.enter_context(ikas.Fleet([self.store]))
        self.frame = self.store.webhooks.list()
        self.query = self.store.query("list_webhook")
        ikas.push(self.receiver.endpoint, ORDER, "secret")
        self.parameters = [
            (door, parameter)
            for door in self.doors()
            for parameter in inspect.signature(door.call).parameters.values()
        ]

    def tidy(self) -> None:
        """Undo what would have later calls refused, whatever they are given."""
        self.sandbox.faults.replace([])
        self.sandbox.install()

    def right(self) -> dict[str, Mapping[str, Any]]:
        """The required arguments, and those that keep a call short or on this machine."""
        quick = {"max_attempts": 1, "retry_delays": (), "timeout": 1.0}
        frames = {"before": self.frame, "after": self.frame}
        watched = {"received": self.receiver, "since": "2026-01-01"}
        login = {"access_token": "t", "base_url": self.sandbox.base_url, "timeout": 2.0}
        return {
            "audit": {"frame": self.frame},
            "check_frame": {"frame": self.frame, "name": "webhooks"},
            "connect": {"store": "shop", **login},
            "diff": frames,
            "push": {
                "endpoint": self.receiver.endpoint,
                "scope": ORDER,
                "client_secret": "secret",
                **quick,
            },
            "sign": {"data": "{}", "client_secret": "secret"},
            "verify": {"payload": b"{}", "client_secret": "secret"},
            "Fleet": {"stores": [self.store]},
            "Fleet.from_file": {"path": "stores.toml"},
            "Fleet.plan": {"desired": {}},
            "Policy": {},
            "Receiver": {"client_secret": "secret"},
            "Receiver.prune": {"before": "2000-01-01"},
            "Receiver.replay": quick,
            "Receiver.wait": {"timeout": 0.01},
            "Sandbox": {},
            "Sandbox.add_store": {"name": "another"},
            "Sandbox.change": {"kind": "order"},
            "Sandbox.emit": {"scope": ORDER},
            "Sandbox.prune": {"before": "2000-01-01"},
            "Scope.match": {"pattern": "x"},
            "Faults.add": {"kind": "latency"},
            "Faults.replace": {"faults": []},
            "Store.query": {"field": "list_webhook"},
            "Query.limit": {"n": 1},
            "Fleet.missed": watched,
            "Fleet.health": {"received": self.receiver},
            "Webhooks.missed": watched,
            "Webhooks.health": {"received": self.receiver},
            "Webhooks.save": {"endpoint": ENDPOINT, "scopes": ORDER},
            "Webhooks.delete": {"scopes": "store/stock/created"},
            "Webhooks.listen": {
                "scopes": "store/stock/*",
                "url": "https://tunnel.example/",
                "client_secret": "secret",
            },
            "Webhooks.plan": {"desired": {}},
            "Form.fill": {},
            "Form.click": {"name": "save"},
            "Form.choose": {},
        }

    def doors(self) -> Iterator[Door]:
        """Walk all that is public."""
        right = self.right()
        things = {name: getattr(ikas, name) for name in ikas.__all__}
        for name, thing in {**things, "Policy": Policy, "check_frame": check_frame}.items():
            made = inspect.isfunction(thing) or thing in (
                ikas.Fleet,
                ikas.Receiver,
                ikas.Sandbox,
                Policy,
            )
            if made:
                yield Door(name, thing, right.get(name, {}))
        audited = ikas.audit(self.frame)
        for name, held in {
            "Audit": audited,
            "Faults": self.sandbox.faults,
            "Fleet": self.fleet,
            "Form": self.store.webhooks.save_form(language="en"),
            "Plan": self.store.webhooks.plan({}),
            "Query": self.query,
            "Receiver": self.receiver,
            "Sandbox": self.sandbox,
            "Scope": ikas.Scope.ORDER_CREATED,
            "Store": self.store,
            "Webhooks": self.store.webhooks,
        }.items():
            for member, method in inspect.getmembers(held, inspect.ismethod):
                full = f"{name}.{member}"
                if not member.startswith("_") and full not in LEFT_OUT:
                    yield Door(full, method, right.get(full, {}))


def foreign(
    house: House, door: Door, parameter: inspect.Parameter, values: list[Any]
) -> Iterator[str]:
    """Give a parameter wrong kinds of values; yield what came out and should not have."""
    for value in values:
        arguments = dict(door.right)
        positional: tuple[Any, ...] = ()
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional = (value,)
        elif parameter.kind is parameter.VAR_KEYWORD:
            arguments["scope"] = value
        else:
            arguments[parameter.name] = value
        if callable(value) and parameter.name in CALLED:
            continue  # what a function of the caller raises is the caller's
        given = " ".join(ascii(shown(value)).split())[:60]
        calls = dict(house.sandbox.calls)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                finish(door.call(*positional, **arguments))
        except ikas.errors.InvalidArgumentError as error:
            refused_here = not isinstance(error, ikas.errors.GraphQLError)
            if refused_here and house.sandbox.calls != calls and door.name not in ASKS_FIRST:
                yield f"{door.name}({parameter.name}={given}) was sent before it was refused"
        except (ikas.IkasError, AssertionError):  # that of check_frame, which is its answer
            pass
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            yield f"{door.name}({parameter.name}={given}): {said[:100]}"


def finish(result: Any) -> None:
    """Ask for what comes late, and close what was opened."""
    if isinstance(result, ikas.Query):
        result.to_records()
    if isinstance(result, ikas.Store):
        with result, suppress(ikas.IkasError):
            result.webhooks.list()
    if isinstance(result, (ikas.Fleet, ikas.Receiver, ikas.Sandbox, Listening)):
        result.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    before = Path.cwd()
    with ExitStack() as opened:
        os.chdir(tmp_path_factory.mktemp("work"))
        opened.callback(os.chdir, before)
        yield House(opened)


def walk(house: House, monkeypatch: pytest.MonkeyPatch, *, step: int) -> list[str]:
    """Try every step-th kind of value on each parameter, another first one on each."""
    monkeypatch.setenv("IKAS_DOTENV", "off")
    found: list[str] = []
    for number, (door, parameter) in enumerate(house.parameters):
        found += foreign(house, door, parameter, WRONG[number % step :: step])
        house.tidy()
    return found


@holds("Whatever kind of value an argument has, a public function returns or raises an IkasError.")
def test_nothing_foreign_leaves_a_public_function(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = walk(house, monkeypatch, step=8)
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_nothing_foreign_leaves_for_any_kind_of_value(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = walk(house, monkeypatch, step=1)
    assert not found, "\n".join(found)


HALF = "a\ud800"
# Each call is wrong, and where a type checker sees that it is told not to mind.
NAMED: dict[str, Callable[[House], object]] = {
    "settle": lambda house: house.sandbox.settle("1"),  # type: ignore[arg-type]
    "wait, count": lambda house: house.receiver.wait("2", 0.1),  # type: ignore[arg-type]
    "wait, timeout": lambda house: house.receiver.wait(99, None),  # type: ignore[arg-type]
    "wait, nan": lambda house: house.receiver.wait(99, math.nan),
    "add_store": lambda house: house.sandbox.add_store(7),  # type: ignore[arg-type]
    "emit": lambda house: house.sandbox.emit(ORDER, store=[]),  # type: ignore[arg-type]
    "replay": lambda house: house.receiver.replay(7),  # type: ignore[arg-type]
    "push": lambda house: ikas.push(house.receiver.endpoint, ORDER, "s", seed=[]),  # type: ignore[arg-type]
    "sandbox": lambda house: ikas.Sandbox(3),  # type: ignore[arg-type]
    "seed": lambda house: ikas.Sandbox(seed=HALF),
    "client id": lambda house: ikas.connect("shop", client_id=HALF, client_secret="s"),
    "rate limit": lambda house: setattr(house.sandbox.rate_limit, "calls", "x"),
    "policy": lambda house: ikas.audit(house.frame, {"max_endpoints_per_host": 2.5}),
    "progress": lambda house: house.fleet.list(progress="x"),  # type: ignore[arg-type]
    "scope": lambda house: ikas.Scope.match(None),  # type: ignore[arg-type]
    "transport": lambda house: ikas.connect("shop", access_token="t", transport=7),  # type: ignore[arg-type]
    "on_token": lambda _: ikas.connect("shop", access_token="t", on_token=7),  # type: ignore[arg-type]
    "variables": lambda house: house.store.client.execute("{ a }", {"a": object()}, what="x"),
    "half a variable": lambda house: house.store.client.execute("{ a }", {"a": HALF}, what="x"),
    "no number": lambda house: house.store.client.execute("{ a }", {"a": math.nan}, what="x"),
    "language": lambda house: house.store.webhooks.save_form(language=[]),  # type: ignore[arg-type]
    "probe": lambda house: ikas.audit(house.frame, probe=np.array([1, 2])),  # type: ignore[arg-type]
    "now": lambda house: ikas.audit(house.frame, now="soon"),  # type: ignore[arg-type]
    "frame": lambda house: check_frame(None, "webhooks"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", NAMED)
def test_the_wrong_kind_is_refused_in_words(house: House, name: str) -> None:
    with pytest.raises(ikas.IkasError, match=r"give|is |holds|There|Known"):
        NAMED[name](house)


@pytest.mark.parametrize("progress", [True, False, None])
def test_progress_may_be_switched_on_and_off(house: House, progress: bool | None) -> None:
    assert len(house.fleet.list(progress=progress)) == len(house.store.webhooks.list())
    assert house.fleet.audit(progress=progress).ok is not None
    assert house.store.webhooks.plan({}).apply(progress=progress).empty
    assert len(ikas.audit(house.frame, progress=progress).stores) == 1
