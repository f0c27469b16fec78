"""A sandbox, and a caller of its API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import Api, api_of

collect_ignore = ["clients"]  # scripts that run when they are imported


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with delays of milliseconds."""
    with Sandbox(seed=1, retry_delays=(0.005, 0.01), receiver_timeout=5) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    """A caller with the default store's access token."""
    with api_of(sandbox) as api:
        yield api
