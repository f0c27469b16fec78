from __future__ import annotations

from collections.abc import Iterator

import pytest

import ikas_explore as ikas
from tests.fleet.stores import NAMES, connected


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        yield box


@pytest.fixture
def fleet(box: ikas.Sandbox) -> Iterator[ikas.Fleet]:
    with ikas.Fleet(connected(box, name) for name in NAMES) as fleet:
        yield fleet
