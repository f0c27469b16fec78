"""Faults of the sandbox's answers, and ikas' limit of calls.

A fault strikes a share of the calls, or the next few of them, of one store or of all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from random import Random
from typing import Any, Literal, get_args

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.network import clock
from ikas_explore.schema.limits import CALLS
from ikas_explore.text.printable import shown
from ikas_explore.values.names import check_choice, check_known, did_you_mean
from ikas_explore.values.numbers import check_number

FaultKind = Literal[
    "latency",
    "rate_limited",
    "server_error",
    "hang",
    "truncated",
    "partial_data",
    "expired_token",
    "missing_permission",
    "uninstalled",
    "hanging_refresh",
]
Hint = Literal["header", "body", "none"]

# What `seconds` and `status` mean where they are not given.
_SECONDS: Mapping[str, float] = {
    "latency": 0.05,
    "rate_limited": 1.0,
    "hang": 60.0,
    "hanging_refresh": 60.0,
}
_STATUS: Mapping[str, int] = {"server_error": 500, "expired_token": 200}


@dataclass
class Fault:
    """One thing that is broken.

    Attributes
    ----------
    kind : str
        ``latency``: each call takes `seconds` longer (0.05).
        ``rate_limited``: HTTP 429, with the `hint` to wait `seconds` (1).
        ``server_error``: `status` (500) and a page of HTML, as a gateway sends it.
        ``hang``: no answer for `seconds` (60), then HTTP 504.
        ``truncated``: the JSON breaks off in the middle.
        ``partial_data``: ``data`` with half the rows, and ``errors`` beside it.
        ``expired_token``: ``LOGIN_REQUIRED``, with HTTP `status` (200; some met 401).
        ``missing_permission``: ``UNAUTHORIZED``.
        ``uninstalled``: lists are empty, save and delete answer ``APP_NOT_FOUND``.
        ``hanging_refresh``: only OAuth's refresh hangs, as after an uninstall.
    share : float, default 1.0
        Of the calls it strikes, from 0 to 1.
    calls : int, optional
        How many more calls it strikes; default: until it is cleared.
    store : str, optional
        Whose calls; default: all.
    seconds : float, optional
    status : int, optional
    hint : {"header", "body", "none"}, default "header"
        Of a 429: ``Retry-After``, a JSON ``retryAfter``, or neither. What ikas sends is
        unknown.
    """

    kind: FaultKind
    share: float = 1.0
    calls: int | None = None
    store: str | None = None
    seconds: float | None = None
    status: int | None = None
    hint: Hint = "header"

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in get_args(FaultKind):
            raise InvalidArgumentError(
                f"There is no fault {shown(self.kind)}."
                f"{did_you_mean(self.kind, get_args(FaultKind))}"
            )
        check_choice("hint", self.hint, get_args(Hint))
        if self.store is not None and not isinstance(self.store, str):
            raise InvalidArgumentError(f"store is a name, not {shown(self.store)}.")
        self.share = check_number("share", self.share, least=0, most=1)
        if self.calls is not None:
            self.calls = check_number("calls", self.calls, least=1, most=10**9, whole=True)
        self.seconds = _SECONDS.get(self.kind) if self.seconds is None else self.seconds
        if self.seconds is not None:
            self.seconds = check_number("seconds", self.seconds, least=0, most=86_400)
        self.status = _STATUS.get(self.kind) if self.status is None else self.status
        if self.status is not None:
            self.status = check_number("status", self.status, least=200, most=599, whole=True)


class Faults:
    """The faults of a sandbox, `Sandbox.faults`.

    Examples
    --------
    >>> faults = Faults(Random(1))
    >>> faults.add("rate_limited", calls=1)
    >>> list(faults.strike("sandbox")), list(faults)
    (['rate_limited'], [])
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: FaultKind, **settings: Any) -> None:
        """Break one more thing; see `Fault` for the kinds and their settings.

        Raises
        ------
        InvalidArgumentError
            There is no such kind or setting, or a value cannot be right.
        """
        fault = _fault({"kind": kind, **settings})
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Fix everything."""
        self.replace(())

    def replace(self, faults: Iterable[Mapping[str, Any]]) -> None:
        """Have these faults and no others; each with its ``kind`` and settings."""
        if not isinstance(faults, Iterable) or isinstance(faults, (str, Mapping)):
            raise InvalidArgumentError(
                f'Give a list of faults, not {shown(faults)}; for example [{{"kind": "latency"}}].'
            )
        new = [_fault(each) for each in faults]
        with self._lock:
            self._faults = new

    def strike(self, store: str | None, *, refresh: bool = False) -> dict[str, Fault]:
        """Return the faults that strike a call by kind, and count them.

        `store` is None where it is not known; `refresh` says that the call is OAuth's refresh and
        not one of GraphQL.
        """
        struck: dict[str, Fault] = {}
        if not self._faults:
            return struck
        with self._lock:
            left = []
            for fault in self._faults:
                if (
                    (fault.kind == "hanging_refresh") == refresh
                    and fault.store in (None, store)
                    and self._random.random() < fault.share
                ):
                    struck[fault.kind] = fault
                    if fault.calls == 1:
                        continue
                    if fault.calls is not None:
                        fault = replace(fault, calls=fault.calls - 1)
                left.append(fault)
            self._faults = left
        return struck

    def to_json(self) -> list[dict[str, Any]]:
        """Return the faults as `replace` takes them."""
        return [asdict(fault) for fault in self]

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(list(self._faults))

    def __repr__(self) -> str:
        return f"<Faults {', '.join(fault.kind for fault in self) or 'none'}>"


@dataclass
class RateLimit:
    """ikas' limit of calls, counted for each store: `Sandbox.rate_limit`.

    Attributes
    ----------
    enabled : bool, default False
    calls : int, default 50
        In any `seconds`, as ikas publishes it.
    seconds : float, default 10.0
    hint : {"header", "body", "none"}, default "header"
        How the 429 says when to come back; see `Fault`.
    """

    enabled: bool = False
    calls: int = CALLS.calls
    seconds: float = CALLS.seconds
    hint: Hint = "header"

    def __post_init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "calls":
            value = check_number(name, value, least=0, most=10**9, whole=True)
        elif name == "seconds":
            value = check_number(name, value, least=0, most=86_400, above=True)
        elif name in ("enabled", "hint"):
            check_choice(name, value, (True, False) if name == "enabled" else get_args(Hint))
        elif name != "_times":
            check_known([name], [field.name for field in fields(self)], "a rate limit")
        super().__setattr__(name, value)

    def wait(self, store: str) -> float | None:
        """Count a call; return the seconds until one is allowed again, None when it is now.

        A refused call is not counted. That calls are counted per store is inferred.
        """
        if not self.enabled:
            return None
        now = clock.now()
        times = self._times.setdefault(store, deque())
        while times and times[0] <= now - self.seconds:
            times.popleft()
        if len(times) >= self.calls:
            return max(0.001, times[0] + self.seconds - now) if times else self.seconds
        times.append(now)
        return None


def _fault(settings: Mapping[str, Any]) -> Fault:
    if not isinstance(settings, Mapping):
        raise InvalidArgumentError(
            f'A fault is a mapping, for example {{"kind": "latency"}}, not {shown(settings)}.'
        )
    check_known(settings, [field.name for field in fields(Fault)], "a fault")
    if "kind" not in settings:
        raise InvalidArgumentError("A fault needs its 'kind'.")
    return Fault(**settings)
