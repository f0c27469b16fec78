"""Widgets of one test are not there in the next."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets
import pytest


@pytest.fixture(autouse=True)
def widgets_closed() -> Iterator[None]:
    """ipywidgets keeps every widget until it is closed."""
    yield
    ipywidgets.Widget.close_all()
