"""What every test starts from: no setting of the machine it runs on."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import ikas_explore as ikas

# A script's background job ignores Ctrl-C, and so would every process that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


#: Written by ``python -m tests.heaviest``.
HEAVY = frozenset(Path(__file__).with_name("heavy.txt").read_text("utf-8").split())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `.ci/check` leaves out, before pytest reads the marks."""
    for item in items:
        if item.nodeid.partition("[")[0] in HEAVY:
            item.add_marker("heavy")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Only the package has doctests: what tests import is not read for them."""
    return True if re.fullmatch(r"(?!test_).*\.py", collection_path.name) else None


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No IKAS_ variable of the user is set, and no .env lies at or above the working folder."""
    for name in [name for name in os.environ if name.startswith("IKAS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IKAS_CACHE", str(tmp_path / "cache"))  # not the user's own
    monkeypatch.setenv("IKAS_LEASES", str(tmp_path / "leases.db"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken and listened to by nobody, so that no other test can take it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture(params=["v1", "v2"])
def api_version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(api_version: str) -> Iterator[ikas.Store]:
    """A sandbox with the seed's two webhooks, in both API versions."""
    with ikas.connect("sandbox", api_version=api_version) as store:
        yield store
