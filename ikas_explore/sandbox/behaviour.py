"""How a sandbox behaves where ikas leaves a choice, or where nobody knows.

Each rule is one named setting; `Sandbox` says what it means, and where its default comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ikas_explore.deliveries.attempts import Retries
from ikas_explore.values.names import check_choice, check_flag
from ikas_explore.values.numbers import FINITE, check_number

_CENTURY = 3_155_760_000  # seconds; SQLite's integers end somewhere

DeliverTo = Literal["loopback", "any"]
OnExhausted = Literal["delivery", "registration"]
NextAttemptTo = Literal["first", "current"]
TokenBody = Literal["any", "form"]
Blocking = bool | Literal["deliveries"]


@dataclass(frozen=True)
class Rules:
    """The settings of a sandbox, checked."""

    retries: Retries
    receiver_timeout: float
    strict: bool
    deliver_to: DeliverTo
    on_exhausted: OnExhausted
    next_attempt_to: NextAttemptTo
    concurrency: int
    token_lifetime: float
    token_body: TokenBody
    private_app: bool
    blocks: Blocking
    time_scale: float

    def __post_init__(self) -> None:
        check_choice("deliver_to", self.deliver_to, get_args(DeliverTo))
        check_choice("on_exhausted", self.on_exhausted, get_args(OnExhausted))
        check_choice("next_attempt_to", self.next_attempt_to, get_args(NextAttemptTo))
        check_choice("token_body", self.token_body, get_args(TokenBody))
        check_choice("blocks", self.blocks, (False, True, "deliveries"))
        check_flag("strict", self.strict)
        check_flag("private_app", self.private_app)
        for name, most in (("receiver_timeout", FINITE), ("token_lifetime", _CENTURY)):
            seconds = check_number(name, getattr(self, name), least=0, most=most, above=True)
            object.__setattr__(self, name, seconds)
        scale = check_number("time_scale", self.time_scale, least=0.01, most=1_000_000)
        object.__setattr__(self, "time_scale", scale)
        places = check_number("concurrency", self.concurrency, least=1, whole=True)
        object.__setattr__(self, "concurrency", places)
