"""What counts as delivered, why an attempt failed, and when the next one is due. Pure.

Source: seed, "if endpoint is unreachable or returns an error code other than HTTP 200 ikas
will try to push webhook for 3 times then stops".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.network import failures
from ikas_explore.values.numbers import FINITE, check_number


@dataclass(frozen=True)
class Retries:
    """How often a delivery is attempted, and how long lies between.

    Parameters
    ----------
    max_attempts : int, default 3
        Attempts in all, the first included. Source: the seed's "3 times", read as three in
        all; ikas told one integrator "three more", which would be 4.
    retry_delays : sequence of float, default (1.0, 2.0)
        Seconds after the first failed attempt, the second and so on; the last one stands for
        all that follow, none means no wait. Source: inferred, ikas' own are unknown.

    Raises
    ------
    InvalidArgumentError
        For fewer than one attempt, or a delay that is no finite number from 0.

    Examples
    --------
    >>> [Retries().delay_after(number) for number in (1, 2, 3)]
    [1.0, 2.0, None]
    """

    max_attempts: int = 3
    retry_delays: Sequence[float] = (1.0, 2.0)

    def __post_init__(self) -> None:
        attempts = check_number("max_attempts", self.max_attempts, least=1, whole=True)
        object.__setattr__(self, "max_attempts", attempts)
        given = self.retry_delays
        if not isinstance(given, Iterable) or isinstance(given, str | bytes | Set):
            raise InvalidArgumentError(
                f"retry_delays is {given!r}; give a list of seconds, such as (1.0, 2.0)."
            )
        delays = tuple(
            check_number("retry_delays: one of them", delay, least=0, most=FINITE)
            for delay in given
        )
        object.__setattr__(self, "retry_delays", delays)

    def delay_after(self, number: int) -> float | None:
        """Return the seconds until the next attempt, None when there is none.

        Parameters
        ----------
        number : int
            Of the attempt that failed, from 1.
        """
        if number >= self.max_attempts:
            return None
        if not self.retry_delays:
            return 0.0
        return self.retry_delays[min(number, len(self.retry_delays)) - 1]


@dataclass(frozen=True)
class Outcome:
    """What one attempt came to.

    Attributes
    ----------
    status_code : int or None
        None when no answer came.
    error : str or None
        Why it failed, in words; None for HTTP 200.
    """

    status_code: int | None
    error: str | None

    @property
    def ok(self) -> bool:
        """Whether the delivery is done: HTTP 200 and nothing else."""
        return self.status_code == 200


def outcome_of(status_code: int) -> Outcome:
    """Judge an answer by its status.

    Examples
    --------
    >>> outcome_of(204)
    Outcome(status_code=204, error='HTTP 204: only 200 counts')
    """
    if status_code == 200:
        return Outcome(200, None)
    if 300 <= status_code < 400:
        return Outcome(status_code, f"HTTP {status_code}: redirects are not followed")
    return Outcome(status_code, f"HTTP {status_code}: only 200 counts")


def failure_of(error: BaseException) -> Outcome:
    """Say in words why no answer came.

    Examples
    --------
    >>> failure_of(TimeoutError()).error
    'time-out: no answer in time'
    """
    return Outcome(None, failures.failure_of(error).reason)
