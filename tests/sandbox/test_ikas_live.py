"""``pytest --ikas-live``: the sandbox's promises, asked of a real store; here of sandboxes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ikas_explore.network.server import Server
from ikas_explore.sandbox import Sandbox
from ikas_explore.schema.scopes import Scope
from ikas_explore.settings import Settings, read_settings
from tests.sandbox.api import api_of
from tests.sandbox.live import CLAIMS, MOST_CALLS, SETTINGS, confirm

ROOT = Path(__file__).parents[2]


def settings_of(sandbox: Sandbox) -> Settings:
    return read_settings(
        environment=False,
        store="sandbox",
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        base_url=sandbox.base_url,
    )


@pytest.fixture
def ikas_live(request: pytest.FixtureRequest) -> Settings:
    """The store that the environment names; only with ``--ikas-live``."""
    return request.config.stash[SETTINGS]


def test_a_real_store_confirms_the_sandbox(
    ikas_live: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    report = confirm(ikas_live)
    with capsys.disabled():
        print(f"\n{report}")
    assert not report.differs


def test_the_sandbox_keeps_its_own_promises() -> None:
    with Sandbox(strict=True) as sandbox, api_of(sandbox) as api:
        before = api.list()
        report = confirm(settings_of(sandbox))
        assert (report.differs, report.not_asked) == ({}, {})
        assert len(report.confirmed) + len(report.settled) == len(CLAIMS)
        assert report.settled["deleting a scope that is not registered"] == "HTTP 200, true"
        assert api.list() == before


def test_a_store_without_a_free_scope_is_left_alone() -> None:
    """No scope of others is taken."""
    with Sandbox(strict=True) as sandbox, api_of(sandbox) as api:
        api.save("https://example.com/", [*Scope.registrable()])
        before = api.list()
        report = confirm(settings_of(sandbox))
        assert report.differs == {}
        assert "INVALID_SCOPE for scopes that cannot be registered, and the whole save fails" in (
            report.not_asked
        )
        assert api.list() == before


def test_nothing_more_is_asked_with_a_token_that_is_refused() -> None:
    with Sandbox() as sandbox:
        sandbox.faults.add("expired_token")
        report = confirm(settings_of(sandbox))
        assert (
            "LOGIN_REQUIRED"
            in report.differs["listWebhook answers rows with times in milliseconds"]
        )
        assert sum(sandbox.calls.values()) == 2  # the token, and one list


@contextmanager
def playing_ikas(sandbox: Sandbox) -> Iterator[tuple[str, list[tuple[bytes, bool]]]]:
    """A second sandbox as the real store, but for the code of a scope that is refused.

    Gives its address, and what it was sent: the whole request, and whether it was refused.
    """
    calls: list[tuple[bytes, bool]] = []

    async def answer(request: Request) -> Response:
        sent = await request.body()
        async with httpx.AsyncClient(trust_env=False) as passing:
            answered = await passing.post(
                f"{sandbox.base_url}{request.url.path}",
                content=sent,
                headers={
                    name: request.headers[name]
                    for name in ("authorization", "content-type")
                    if name in request.headers
                },
            )
        head = f"{request.url.path} {request.headers.get('authorization')} ".encode()
        calls.append((head + sent, b'"errors"' in answered.content))
        planted = answered.content.replace(b'"INVALID_SCOPE"', b'"SCOPE_NOT_ALLOWED"')
        return Response(planted, answered.status_code, media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])
    with Server(app, name="ikas") as server:
        yield server.base_url, calls


@pytest.mark.slow
def test_a_planted_difference_is_named() -> None:
    """Few calls, no refused one twice, all given back; the run fails and says what differs."""
    with Sandbox(strict=True) as sandbox, api_of(sandbox) as api:
        before = api.list()
        with playing_ikas(sandbox) as (base_url, calls):
            told = {
                "IKAS_STORE": "dev",
                "IKAS_CLIENT_ID": sandbox.client_id,
                "IKAS_CLIENT_SECRET": sandbox.client_secret,
                "IKAS_BASE_URL": base_url,
            }
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "--ikas-live", "-q"],
                cwd=ROOT,
                env={**os.environ, **told},
                capture_output=True,
                text=True,
                timeout=300,
            )
        assert done.returncode == 1, done.stdout + done.stderr
        assert "12 of 13 confirmed, 20" in done.stdout
        assert ": dev at http" in done.stdout
        (line,) = [each for each in done.stdout.splitlines() if each.startswith("  differs: ")]
        assert "INVALID_SCOPE for scopes that cannot be registered" in line
        assert "['SCOPE_NOT_ALLOWED']" in line
        assert "settled: deleting a scope that is not registered: HTTP 200, true" in done.stdout
        assert sandbox.client_secret not in done.stdout
        assert api.list() == before
        assert len(calls) <= MOST_CALLS
        refused = [sent for sent, was_refused in calls if was_refused]
        assert len(refused) == len(set(refused)) == 8


@pytest.mark.slow
def test_without_credentials_it_says_what_to_set() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--ikas-live"],
        cwd=ROOT,
        env={**os.environ, "IKAS_DOTENV": "off"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 4
    assert "Set IKAS_ACCESS_TOKEN" in done.stderr
