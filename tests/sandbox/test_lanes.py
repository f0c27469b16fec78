"""Who is sent to next."""

from __future__ import annotations

from ikas_explore.sandbox.queue import Due, Lanes


def filled(lanes: Lanes, *receivers: str, at: float = 0.0) -> Lanes:
    for number, receiver in enumerate(receivers, start=1):
        lanes.add(Due(number, 1, receiver), at)
    return lanes


def taken(lanes: Lanes, now: float = 0.0) -> list[int]:
    return [due.delivery for due in lanes.take(now)]


def test_one_receiver_gets_no_more_than_its_places_and_keeps_its_order() -> None:
    lanes = filled(Lanes(per_receiver=2, in_all=9), "a", "a", "a", "a")
    assert taken(lanes) == [1, 2]
    assert taken(lanes) == []
    lanes.done("a")
    assert taken(lanes) == [3]


def test_receivers_take_turns_under_the_limit_for_all() -> None:
    """A thousand that wait for one receiver do not keep another's first from leaving."""
    lanes = filled(Lanes(per_receiver=9, in_all=3), *["a"] * 1000, "b")
    assert taken(lanes) == [1, 1001, 2]
    assert taken(lanes) == []
    lanes.done("b")
    assert taken(lanes) == [3]


def test_an_attempt_waits_for_its_time() -> None:
    lanes = filled(Lanes(per_receiver=1, in_all=1), "a", at=2.0)
    assert lanes.next_at() == 2.0
    assert taken(lanes, now=1.9) == []
    assert taken(lanes, now=2.0) == [1]
    assert lanes.next_at() is None


def test_what_is_given_back_is_taken_again() -> None:
    lanes = filled(Lanes(per_receiver=1, in_all=1), "a")
    (due,) = lanes.take(0.0)
    lanes.give_back(due, 0.0)
    assert lanes.take(0.0) == [due]
