"""One JupyterLab and one browser for the tests of this folder.

They are skipped, with the reason, where no browser is; with ``CI=true`` that is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import ikas_explore as ikas
from tests.forms import lab as labs
from tests.forms.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser
from tests.forms.browser.page import CREATED, OLD, UPDATED


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    reason = labs.missing()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with labs.open_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def strict_sandbox() -> Iterator[ikas.Sandbox]:
    """One that refuses what ikas refuses."""
    with ikas.Sandbox(strict=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def lab(
    browser: Browser, strict_sandbox: ikas.Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with Lab.start(
        tmp_path_factory.mktemp("lab"),
        browser,
        IKAS_STORE="acme",
        IKAS_BASE_URL=strict_sandbox.base_url,
        IKAS_ACCESS_TOKEN=strict_sandbox.access_token,
    ) as lab:
        yield lab


@pytest.fixture
def sandbox(strict_sandbox: ikas.Sandbox) -> Iterator[ikas.Sandbox]:
    """The sandbox behind the page, with the seed's two webhooks."""
    with ikas.connect(strict_sandbox) as store:
        registered = store.webhooks.list()["scope"].tolist()
        if registered:
            store.webhooks.delete(registered)
        store.webhooks.save(OLD, [CREATED, UPDATED])
    yield strict_sandbox
    strict_sandbox.faults.clear()
