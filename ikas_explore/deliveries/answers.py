"""What a receiver answers with: one status, one after another, or what a function says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from ikas_explore.errors import InvalidArgumentError

#: An HTTP status, or "drop": the connection is cut and no answer comes.
Status = int | Literal["drop"]
StatusPlan = Status | Sequence[Status] | Callable[[Mapping[str, Any]], Status]


class Answers:
    """The statuses to come.

    Parameters
    ----------
    plan : int, "drop", sequence of these, or callable
        A sequence is gone through, and its last one stays. A callable is given each payload
        (the object in the body) in a thread of its own, so that it may wait.

    Raises
    ------
    InvalidArgumentError
        What is no status from 200 to 599, an empty sequence.

    Examples
    --------
    >>> answers = Answers([500, 200])
    >>> [answers.next() for _ in range(3)]
    [500, 200, 200]
    """

    def __init__(self, plan: StatusPlan) -> None:
        self.plan = plan
        self.ask: Callable[[Mapping[str, Any]], Status] | None = None
        self._left: list[Status] = []
        if callable(plan):
            self.ask = plan
        elif isinstance(plan, Sequence) and not isinstance(plan, str):
            if not plan:
                raise InvalidArgumentError(
                    "The list of statuses is empty; give at least one, such as [500, 200]."
                )
            self._left = [check_status(status) for status in plan]
        else:
            self._left = [check_status(plan)]

    def next(self) -> Status:
        """Return the next status of a plan that is no callable."""
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]

    def __repr__(self) -> str:
        if self.ask is not None:
            return f"{getattr(self.ask, '__qualname__', type(self.ask).__name__)}(payload)"
        return repr(self.plan)


def check_status(status: object) -> Status:
    """Return a status that can be answered, or raise InvalidArgumentError."""
    if status == "drop":
        return "drop"
    if isinstance(status, int) and not isinstance(status, bool) and 200 <= status <= 599:
        return int(status)
    raise InvalidArgumentError(
        f"{status!r} cannot be answered; give a status from 200 to 599, or 'drop' to cut the "
        "connection."
    )
