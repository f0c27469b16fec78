"""What counts as delivered, why an attempt failed, and when the next one is due. Pure.

`push` and the sandbox both judge by this. ikas' documentation: "if endpoint is unreachable or
returns an error code other than HTTP 200 ikas will try to push webhook for 3 times then stops".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

import httpx

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.network.failures import failure_of
from ikas_explore.text.printable import shown
from ikas_explore.values.numbers import FINITE, check_number

#: Bytes of an answer's body that are read. A longer body counts as complete.
MOST_OF_AN_ANSWER = 65_536


@dataclass(frozen=True)
class Retries:
    """How often a delivery is attempted, and the seconds between attempts.

    ikas' "3 times" is read as three in all; ikas told one integrator "three more". The delays of
    ikas are not known. The last delay repeats, and no delays mean no wait.
    """

    max_attempts: int = 3
    retry_delays: Sequence[float] = (1.0, 2.0)

    def __post_init__(self) -> None:
        attempts = check_number("max_attempts", self.max_attempts, least=1, whole=True)
        object.__setattr__(self, "max_attempts", attempts)
        given = self.retry_delays
        if not isinstance(given, Iterable) or isinstance(given, str | bytes | Set):
            raise InvalidArgumentError(
                f"retry_delays is {shown(given)}; give a list of seconds, for example (1.0, 2.0)."
            )
        delays = tuple(
            check_number("retry_delays: one of them", delay, least=0, most=FINITE)
            for delay in given
        )
        object.__setattr__(self, "retry_delays", delays)

    def delay_after(self, number: int) -> float | None:
        """Return the seconds after the failed attempt `number`, or None when it was the last."""
        if number >= self.max_attempts:
            return None
        if not self.retry_delays:
            return 0.0
        return self.retry_delays[min(number, len(self.retry_delays)) - 1]


@dataclass(frozen=True)
class Outcome:
    """The result of one attempt: the status, if one came, and why it failed, if it did."""

    status_code: int | None
    error: str | None

    @property
    def ok(self) -> bool:
        """Whether the delivery is done: a whole answer with HTTP 200 came."""
        return self.error is None


# After HTTP 200 came: the special classes before the general.
_BROKEN: dict[type[BaseException], str] = {
    httpx.TimeoutException: "time-out: answered 200, and then did not finish in time",
    TimeoutError: "time-out: answered 200, and then did not finish in time",
    httpx.NetworkError: "answered 200, and then reset the connection",
    httpx.RemoteProtocolError: "answered 200, and then broke off its answer",
}


def outcome_of(status_code: int | None, error: BaseException | None = None) -> Outcome:
    """Judge an attempt by the status that came and by what ended the exchange early."""
    if status_code is None:
        return Outcome(None, "no answer came" if error is None else failure_of(error).reason)
    if 300 <= status_code < 400:
        return Outcome(status_code, f"HTTP {status_code}: redirects are not followed")
    if status_code != 200:
        return Outcome(status_code, f"HTTP {status_code}: only 200 counts")
    if error is None:
        return Outcome(200, None)
    for kind, reason in _BROKEN.items():
        if isinstance(error, kind):
            return Outcome(200, reason)
    return Outcome(200, f"answered 200, and then: {failure_of(error).reason}")
