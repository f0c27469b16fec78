"""How much is left before ikas' limits, for given times: the numbers are those of ikas' tables."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikas_explore.schema.limits import CALL_LINES, DELIVERY_LINES, Line
from ikas_explore.schema.tally import Tally

HOUR, DAY = 3_600.0, 86_400.0


def row(tally: Tally, limit: str, now: float) -> dict[str, Any]:
    return next(each for each in tally.rows(now) if each["limit"] == limit)


def many(tally: Tally, number: int, *, at: float, failed: bool) -> dict[str, float]:
    begun: dict[str, float] = {}
    for _ in range(number):
        begun |= tally.add(at, failed=failed)
    return begun


def test_an_hour_of_errors_is_near_at_a_fifth_and_blocked_over_a_quarter() -> None:
    tally = Tally(CALL_LINES)
    many(tally, 16, at=0, failed=False)
    many(tally, 3, at=0, failed=True)
    assert row(tally, "call errors over 25 %", 1)["state"] == "ok"  # 3 of 19
    many(tally, 1, at=0, failed=True)
    assert row(tally, "call errors over 25 %", 1)["state"] == "near"
    assert row(tally, "call errors over 25 %", 1)["share"] == 0.2
    left = row(tally, "call errors over 25 %", 1)["left"]
    assert not many(tally, left, at=0, failed=True)
    assert row(tally, "call errors over 25 %", 1) | {"left": 0} == row(
        tally, "call errors over 25 %", 1
    )
    assert many(tally, 1, at=0, failed=True) == {"call errors over 25 %": HOUR}
    assert (
        row(tally, "call errors over 25 %", 1)["state"] == "blocked until 1970-01-01 01:00:00 UTC"
    )
    assert row(tally, "call errors over 25 %", HOUR + 1)["state"] == "ok"


def test_calls_that_all_fail_are_near_before_the_twentieth() -> None:
    """ikas names no least number; with fewer than 20 calls nothing is blocked."""
    tally = Tally(CALL_LINES)
    many(tally, 18, at=0, failed=True)
    assert row(tally, "call errors over 25 %", 0)["left"] == 1
    assert row(tally, "call errors over 25 %", 0)["state"] == "ok"
    assert tally.near(0) is None
    assert not many(tally, 1, at=0, failed=True)
    assert row(tally, "call errors over 25 %", 0)["state"] == "near"
    assert many(tally, 1, at=0, failed=True) == {"call errors over 25 %": HOUR}


def test_a_quarter_of_errors_is_not_more_than_a_quarter() -> None:
    tally = Tally(CALL_LINES)
    many(tally, 30, at=0, failed=False)
    assert not many(tally, 10, at=0, failed=True)
    assert many(tally, 1, at=0, failed=True) == {"call errors over 25 %": HOUR}


@pytest.mark.parametrize(
    ("line", "count", "block"),
    [
        (CALL_LINES[2], 300, 0.5 * HOUR),
        (CALL_LINES[3], 3_000, 12 * HOUR),
        (CALL_LINES[4], 9_000, math.inf),
        (DELIVERY_LINES[0], 10, 0.25 * HOUR),
        (DELIVERY_LINES[1], 60, HOUR),
        (DELIVERY_LINES[2], 240, math.inf),
    ],
)
def test_each_line_of_the_tables(line: Line, count: int, block: float) -> None:
    """Near at 80 % of its count, blocked by the first request over it."""
    tally = Tally([line])
    near = math.ceil(0.8 * count)
    for requests in range(1, count + 1):
        assert not tally.add(0, failed=True)
        shown = row(tally, line.limit, 0)
        assert shown["left"] == count - requests
        assert shown["state"] == ("near" if requests >= near else "ok")
    assert tally.add(0, failed=True) == {line.limit: block}
    assert tally.blocked(0) == (line.limit, block)
    state = row(tally, line.limit, 0)["state"]
    assert state == "permanent" if block == math.inf else state.startswith("blocked until ")


@pytest.mark.parametrize("line", [*CALL_LINES[2:], *DELIVERY_LINES])
def test_a_share_below_the_line_is_never_near(line: Line) -> None:
    """However many requests; at the share itself it counts."""
    for percent, crossed in ((line.percent - 1, False), (line.percent, True)):
        tally = Tally([line])
        for number in range(line.requests + 100):
            share = [(number + more) * percent // 100 for more in (0, 1)]
            tally.add(0, failed=share[1] > share[0])
        assert bool(tally.until) == crossed
        assert (row(tally, line.limit, 0)["state"] == "ok") is not crossed


def test_a_full_rate_is_blocked_until_the_oldest_call_leaves() -> None:
    tally = Tally(CALL_LINES)
    many(tally, 39, at=100.0, failed=False)
    assert row(tally, "calls", 100)["state"] == "ok"
    many(tally, 1, at=100.0, failed=False)
    assert row(tally, "calls", 100)["state"] == "near"
    assert tally.near(100) is None  # the client waits by itself
    many(tally, 10, at=105.0, failed=False)
    assert row(tally, "calls", 105)["state"] == "blocked until 1970-01-01 00:01:50 UTC"
    tally.add(105.0, failed=True, over_rate=True)
    assert row(tally, "calls", 105)["requests"] == 50
    assert row(tally, "calls", 110)["left"] == 40


def test_a_clock_that_is_put_back_does_not_keep_what_was_counted() -> None:
    """Else a client that stops before a block would stop for as long as the clock was wrong."""
    tally = Tally(CALL_LINES)
    begun = many(tally, 20, at=365 * DAY, failed=True)
    assert begun == {"call errors over 25 %": 365 * DAY + HOUR}
    many(tally, 1, at=0, failed=False)
    assert tally.blocked(0) == ("call errors over 25 %", HOUR)
    assert row(tally, "call errors over 25 %", 0)["requests"] == 21
    assert tally.blocked(HOUR + 1) is None
    assert row(tally, "call errors over 25 %", HOUR + 1)["requests"] == 0


def test_what_left_the_window_does_not_count() -> None:
    tally = Tally(DELIVERY_LINES)
    many(tally, 10, at=0, failed=True)
    assert row(tally, DELIVERY_LINES[0].limit, 0.5 * HOUR)["requests"] == 0
    assert row(tally, DELIVERY_LINES[1].limit, 0.5 * HOUR)["requests"] == 10
    assert row(tally, DELIVERY_LINES[2].limit, DAY)["requests"] == 0


def test_a_scale_divides_windows_and_blocks() -> None:
    tally = Tally(DELIVERY_LINES, scale=3_600)
    assert [each["window"] for each in tally.rows(0)] == [0.5, 3.0, 24.0]
    assert many(tally, 11, at=0, failed=True) == {DELIVERY_LINES[0].limit: 0.25}


def test_a_block_that_ended_begins_again_while_the_share_is_over() -> None:
    """One more attempt is made, and it is counted with those that are still in the window."""
    tally = Tally(DELIVERY_LINES)
    many(tally, 11, at=0, failed=True)
    assert tally.blocked(0.25 * HOUR) is None
    assert tally.add(0.25 * HOUR, failed=True) == {DELIVERY_LINES[0].limit: 0.5 * HOUR}


def test_millions_of_requests_need_no_more_memory() -> None:
    """A window is counted in a thousand parts."""
    tally = Tally(CALL_LINES)
    for number in range(20_000):
        tally.add(number * 0.001, failed=False)
    assert max(len(each._parts) for each in tally._windows) <= 1_001
    assert row(tally, "calls", 20)["requests"] == pytest.approx(10_000, abs=10)


def test_nothing_counted_is_all_ok() -> None:
    rows = Tally((*CALL_LINES, *DELIVERY_LINES)).rows(0)
    assert [each["left"] for each in rows] == [50, 19, 300, 3_000, 9_000, 10, 60, 240]
    assert {each["state"] for each in rows} == {"ok"}


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=120))
def test_every_sequence_is_counted_as_one_counts_by_hand(steps: list[tuple[int, bool]]) -> None:
    """Each request looked at in its window, and a block where more than the line's share failed."""
    lines = [
        Line("share", 100.0, 4, 25, 50.0, above=True),
        Line("count", 60.0, 6, 70, 30.0),
        Line("good", 300.0, 40, 70, math.inf),
    ]
    tally, now, until = Tally(lines), 0, dict.fromkeys(("share", "count", "good"), 0.0)
    seen: list[tuple[int, bool]] = []
    for step, failed in steps:
        now += step
        seen.append((now, failed))
        begun = tally.add(now, failed=failed)
        for line, shown in zip(lines, tally.rows(now), strict=True):
            inside = [failed for at, failed in seen if at > now - line.window]
            assert (shown["requests"], shown["errors"]) == (len(inside), sum(inside))
            share = 100 * sum(inside) - line.percent * len(inside)
            over = len(inside) > line.requests and (share > 0 if line.above else share >= 0)
            assert (line.limit in begun) == (over and until[line.limit] <= now)
            if line.limit in begun:
                until[line.limit] = now + line.block
            assert shown["state"].startswith(("blocked", "permanent")) == (until[line.limit] > now)


@given(st.integers(0, 60), st.integers(0, 60))
def test_left_is_how_many_may_fail_before_a_block(good: int, bad: int) -> None:
    for line in (CALL_LINES[1], DELIVERY_LINES[0]):
        tally = Tally([line])
        if many(tally, good, at=0, failed=False) | many(tally, bad, at=0, failed=True):
            continue
        left = row(tally, line.limit, 0)["left"]
        assert not many(tally, left, at=0, failed=True)
        assert many(tally, 1, at=0, failed=True)
