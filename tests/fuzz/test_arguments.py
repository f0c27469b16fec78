"""Whatever is given to a public function, a result or an IkasError comes out."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzz.runs import fuzz
from tests.fuzz.strategies import any_json, any_texts
from tests.security.test_arguments import (
    ENDPOINT,
    ORDER,
    WRONG,
    House,
    foreign,
    house,  # noqa: F401 - a fixture
)

# Nothing that takes long when it is right, and no address beyond this machine.
numbers = st.integers(-100, 100) | st.floats(-100, 100) | st.sampled_from([2**63, -(2**63), 1e300])
words = any_texts.filter(lambda text: "://" not in text)
near = st.sampled_from(
    [
        *(ORDER, "store/order/*", "store/", "list_webhook", "listOrder", "id", "created_at"),
        *(ENDPOINT, "http://127.0.0.1:9/", "http://[::1", "acme", "v2", "en", "tr", "order"),
        *("2026-01-01", "9999-12-31T23:59:59-23:59", "drop", "latency", "pending", "."),
    ]
)
moments = st.datetimes(timezones=st.none() | st.just(dt.UTC)) | st.dates() | st.timedeltas()
plain = numbers | words | near | moments | st.binary(max_size=8) | st.sampled_from(WRONG)
values = st.one_of(
    plain,
    st.lists(plain, max_size=3),
    st.lists(plain, max_size=3).map(tuple),
    st.dictionaries(near | words, plain | st.lists(near, max_size=2), max_size=3),
    any_json,
)


@fuzz(examples=100, place=st.integers(0, 10**6), value=values)
def test_a_public_function_given_anything_returns_or_refuses(
    house: House,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    place: int,
    value: Any,
) -> None:
    monkeypatch.setenv("IKAS_DOTENV", "off")
    door, parameter = house.parameters[place % len(house.parameters)]
    assert [*foreign(house, door, parameter, [value])] == []
    house.tidy()
