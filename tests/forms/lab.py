"""A real JupyterLab and a real browser on loopback, for the tests of forms.

Nothing outside is reached: the browser resolves no name, the server looks for no news.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

START = 60.0  # seconds a server is given to answer
WAIT = 30_000  # milliseconds a page is given

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

# JupyterLab says "idle" before there is a kernel, and drops what is run then.
READY = """() => {
  const notebook = window.jupyterapp?.shell.currentWidget;
  const context = notebook?.sessionContext;
  const kernel = context?.session?.kernel;
  return Boolean(context?.isReady && notebook.context.isReady
    && kernel?.connectionStatus === 'connected' && kernel.status === 'idle');
}"""

KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"

# Give the notebook other cells.
FILL = "content => window.jupyterapp.shell.currentWidget.context.model.fromJSON(content)"

# Tidy the kernel up for the next cells.
TIDY = """async code => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const reply = await kernel.requestExecute({code}).done;
  return reply.content.status;
}"""

# What a notebook left in the kernel: widgets, stores, names.
RESET = """
import ipywidgets
ipywidgets.Widget.close_all()
for _each in [*globals().values()]:
    if type(_each).__name__ == "Store":
        _each.close()
%reset -f
"""


def missing() -> str | None:
    """Say what is missing for the tests with a browser; None when all is there."""
    try:
        import axe_playwright_python  # noqa: F401
        import jupyterlab  # noqa: F401
        import playwright  # noqa: F401
        import voila  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed; pip install '.[test]' installs it"
    if executable() is None:
        return "no Chromium is found; on Debian: apt-get install chromium fonts-liberation"
    return None


def executable() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()


def notebook(*cells: str) -> dict[str, Any]:
    """Make a notebook of code cells that were never run."""
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells, start=1)
        ],
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of this machine's Jupyter is read or written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IKAS_")}
    folders = {
        name: str(home / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
        )
    }
    settings = Path(folders["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    return {**kept, **folders, "HOME": str(home), "LANG": "C.UTF-8", **more}


@contextmanager
def serve(command: list[str], answers: str, folder: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Run a server until a URL answers 200, and end it afterwards."""
    log = folder.parent / f"{folder.name}.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=dict(env), stdout=out, stderr=out
        ) as process,
    ):
        try:
            until(
                lambda: process.poll() is not None or _answers(answers), START, said=log.read_text
            )
            if process.returncode is not None:
                raise RuntimeError(f"the server ended:\n{log.read_text()}")
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10, verify=False, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Lab:
    """JupyterLab on a folder of its own, with one page, notebook and kernel that tests share.

    Loading the page, opening a notebook and starting a kernel takes longer than most tests. Each
    test has cells of its own, and a kernel without what the last one left in it; after a failure
    all is new.
    """

    def __init__(self, base_url: str, token: str, folder: Path, browser: Browser) -> None:
        self.base_url = base_url
        self.folder = folder
        self._token = token
        self._browser = browser
        self._page: Page | None = None
        self._kernel: str | None = None

    @classmethod
    @contextmanager
    def start(cls, home: Path, browser: Browser, **variables: str) -> Iterator[Lab]:
        folder = home / "notebooks"
        folder.mkdir()
        port, token = free_port(), secrets.token_hex(8)
        command = [
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={folder}",
            f"--IdentityProvider.token={token}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        base_url = f"http://127.0.0.1:{port}"
        env = environment(home, **variables)
        with serve(command, f"{base_url}/api/status?token={token}", folder, env):
            lab = cls(base_url, token, folder, browser)
            yield lab
            lab._end()

    @contextmanager
    def open(self, *cells: str, width: int = 1280) -> Iterator[Page]:
        """Show a notebook of these cells, and run all of them."""
        try:
            page = self._load() if self._page is None else self._page
            page.set_viewport_size({"width": width, "height": 1300})
            change_theme(page, "light")
            page.evaluate(FILL, notebook(*cells))
            execute(page, "notebook:run-all-cells")
            page.wait_for_selector(":is(.ikas-form .ikas-heading,.ikas-live)")
            yield page
            page.evaluate(FILL, notebook())
            page.wait_for_selector(":is(.ikas-form,.ikas-live)", state="detached")
            assert page.evaluate(TIDY, RESET) == "ok"
        except BaseException as error:
            if self._page is not None:
                picture = self.folder.parent / f"{secrets.token_hex(4)}.png"
                self._page.screenshot(path=picture)
                error.add_note(f"What the page showed: {picture}")
            self._end()
            raise

    def _load(self) -> Page:
        name = f"{secrets.token_hex(4)}.ipynb"
        (self.folder / name).write_text(json.dumps(notebook()))
        self._page = self._browser.new_context().new_page()
        self._page.set_default_timeout(WAIT)
        self._page.goto(f"{self.base_url}/lab?reset&token={self._token}")
        self._page.wait_for_function("window.jupyterapp?.shell.isEmpty('main') === false")
        execute(self._page, "application:toggle-left-area")
        execute(self._page, "docmanager:open", path=name, factory="Notebook")
        self._page.wait_for_function(READY)
        self._kernel = self._page.evaluate(KERNEL)
        return self._page

    def _end(self) -> None:
        if self._kernel is not None:
            headers = {"Authorization": f"token {self._token}"}
            url = f"{self.base_url}/api/kernels/{self._kernel}"
            httpx.delete(url, headers=headers, trust_env=False)
        if self._page is not None:
            self._page.context.close()
        self._page = self._kernel = None

    def saved(self, page: Page) -> str:
        """Save the notebook of a page with its widgets; return the file as text."""
        execute(page, "docmanager:save")
        name: str = page.evaluate("window.jupyterapp.shell.currentWidget.context.path")
        return (self.folder / name).read_text("utf-8")


def change_theme(page: Page, theme: str) -> None:
    """Let JupyterLab be light or dark."""
    if page.locator(f'body[data-jp-theme-name="{THEMES[theme]}"]').count() == 0:
        execute(page, "apputils:change-theme", theme=THEMES[theme])
        page.wait_for_selector(f'body[data-jp-theme-name="{THEMES[theme]}"]', state="attached")


def execute(page: Page, command: str, **arguments: Any) -> None:
    """Run one of JupyterLab's commands to its end."""
    page.evaluate(
        "([command, given]) => window.jupyterapp.commands.execute(command, given).then(() => {})",
        [command, arguments],
    )
