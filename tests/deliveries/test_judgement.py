"""An answer is judged alike by `push` and by the sandbox, and the words say what came."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas
from tests.deliveries.broken import KINDS, broken_endpoint

SCOPE = "store/order/created"
LATE = "time-out: answered 200, and then did not finish in time"
#: What ends the attempt: the status that came, and the reason.
JUDGED: dict[str, tuple[int | None, str | None]] = {
    "whole": (200, None),
    "no body": (200, None),
    "short": (200, "answered 200, and then broke off its answer"),
    "reset": (200, "answered 200, and then reset the connection"),
    "stalled": (200, LATE),
    "dribbling": (200, LATE),
    "too long": (200, None),  # it came, and more of it is not read
    "no answer": (None, "the answer is not HTTP, or broke off"),
}


def test_every_way_to_break_an_answer_is_judged() -> None:
    assert tuple(JUDGED) == KINDS


def outcome(row: Any) -> tuple[int | None, str | None]:
    """What a row of the attempts frame says."""
    status, error = row["status_code"], row["error"]
    return None if pd.isna(status) else int(status), None if pd.isna(error) else str(error)


@pytest.mark.parametrize(("kind", "judged"), JUDGED.items())
def test_an_answer_that_breaks_is_judged_alike(
    kind: str, judged: tuple[int | None, str | None]
) -> None:
    with broken_endpoint(kind) as endpoint:
        pushed = ikas.push(endpoint, SCOPE, "secret", max_attempts=1, timeout=0.5)
        with (
            ikas.Sandbox(max_attempts=1, receiver_timeout=0.5) as sandbox,
            ikas.connect(sandbox) as store,
        ):
            store.webhooks.save(endpoint, SCOPE)
            sandbox.emit(SCOPE)
            sandbox.settle(30)
            (state,) = sandbox.deliveries()["state"]
            assert [outcome(row) for _, row in sandbox.attempts().iterrows()] == [judged]
    assert [outcome(row) for _, row in pushed.iterrows()] == [judged]
    assert state == ("delivered" if judged == (200, None) else "exhausted")


@pytest.mark.parametrize("kind", ["short", "reset", "stalled"])
def test_another_status_says_enough(kind: str) -> None:
    with broken_endpoint(kind, status=500) as endpoint:
        pushed = ikas.push(endpoint, SCOPE, "secret", max_attempts=1, timeout=0.5)
    assert pushed["error"].tolist() == ["HTTP 500: only 200 counts"]
