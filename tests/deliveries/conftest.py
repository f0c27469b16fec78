"""Receivers, and a client that reads nothing of the environment."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from ikas_explore.deliveries.receiver import Receiver
from tests.deliveries.sending import SECRET


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    # `verify`: loading certificates for http takes longer than a call.
    with httpx.Client(trust_env=False, timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def shared() -> Iterator[Receiver]:
    """One for the tables, whose rows do not mind each other: a start and stop takes 0.2 s."""
    with Receiver(SECRET) as receiver:
        yield receiver
