"""How a sandbox behaves where ikas leaves a choice, or where nobody knows.

Each rule is one named setting with its default and where the default comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from ikas_explore.deliveries.attempts import Retries
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.numbers import FINITE, check_number

_CENTURY = 3_155_760_000  # seconds; SQLite's integers end somewhere

DeliverTo = Literal["loopback", "any"]
OnExhausted = Literal["delivery", "registration"]
NextAttemptTo = Literal["first", "current"]


@dataclass(frozen=True)
class Rules:
    """The settings of a sandbox; `Sandbox` says what each means and where it comes from."""

    retries: Retries = field(default_factory=Retries)
    receiver_timeout: float = 5.0
    strict: bool = False
    deliver_to: DeliverTo = "loopback"
    on_exhausted: OnExhausted = "delivery"
    next_attempt_to: NextAttemptTo = "first"
    concurrency: int = 32
    token_lifetime: float = 14_400

    def __post_init__(self) -> None:
        for name, choices in (
            ("deliver_to", DeliverTo),
            ("on_exhausted", OnExhausted),
            ("next_attempt_to", NextAttemptTo),
        ):
            value = getattr(self, name)
            if value not in get_args(choices):
                raise InvalidArgumentError(
                    f"{name} is one of {', '.join(map(repr, get_args(choices)))}, not {value!r}."
                )
        for name, most in (("receiver_timeout", FINITE), ("token_lifetime", _CENTURY)):
            seconds = check_number(name, getattr(self, name), least=0, most=most, above=True)
            object.__setattr__(self, name, seconds)
        places = check_number("concurrency", self.concurrency, least=1, whole=True)
        object.__setattr__(self, "concurrency", places)
