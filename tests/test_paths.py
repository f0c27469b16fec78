"""A path means the same at every door: `~` is the home folder, and what cannot be is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.errors import IkasError
from ikas_explore.system.files import user_path

ORDER = "store/order/created"
ERP = "https://erp.example.com/ikas"
FAVORITES = "store/customerFavoriteProducts/updated"  # in no example of a sandbox


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder; the working folder is beside it, and has to stay empty."""
    folder, work = tmp_path / "home", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("IKAS_JOURNAL", "~/journal.jsonl")
    monkeypatch.setenv("ACME_TOKEN", "t")
    monkeypatch.chdir(work)
    return folder


def test_a_tilde_is_the_home_folder_in_every_path(home: Path) -> None:
    (home / "policy.toml").write_text('required = ["store/order/*"]\n')
    (home / "desired.toml").write_text(f'[webhooks]\n"{ERP}" = ["{ORDER}"]\n')
    (home / "stores.toml").write_text('access_token = "{STORE}_TOKEN"\n[stores.acme]\n')
    with ikas.Sandbox("~/ikas.db") as sandbox, ikas.connect(sandbox) as store:
        store.webhooks.save(ERP, ORDER)
        audited = store.webhooks.audit("~/policy.toml")
        for report in ("html", "markdown", "junit", "csv"):
            getattr(audited, f"to_{report}")(f"~/report.{report}")
        store.webhooks.list().to_csv("~/today.csv", index=False)
        assert store.webhooks.plan("~/today.csv").empty
        assert store.webhooks.plan("~/desired.toml").empty
        assert ikas.diff("~/today.csv", "~/today.csv").empty
    ikas.Fleet.from_file("~/stores.toml").close()
    ikas.Receiver("s", path="~/log.db").close()
    assert list(Path.cwd().iterdir()) == []
    made = {path.name for path in home.iterdir()}
    assert made >= {"journal.jsonl", "ikas.db", "log.db", "report.html", "report.csv"}


BAD = ["a\0b", "a\ud800b", 7, b"a", "", "~nobody-of-this-name/x"]


def audits(path: Any) -> object:
    frame = pd.DataFrame({"store": ["acme"], "scope": [ORDER], "endpoint": [ERP]})
    return ikas.audit(frame, path)


def reports(path: Any) -> None:
    with ikas.Sandbox(examples=False) as sandbox, ikas.connect(sandbox) as store:
        store.webhooks.audit().to_html(path)


def plans(path: Any) -> None:
    with ikas.Sandbox(examples=False) as sandbox, ikas.connect(sandbox) as store:
        store.webhooks.plan(path)


DOORS: list[Callable[[Any], object]] = [
    lambda path: ikas.Sandbox(path).close(),
    lambda path: ikas.Receiver("s", path=path).close(),
    lambda path: ikas.Fleet.from_file(path),
    audits,
    reports,
    plans,
]


@pytest.mark.parametrize("path", BAD)
@pytest.mark.parametrize("door", DOORS)
def test_a_path_that_cannot_be_is_refused_at_every_door(
    door: Callable[[Any], object], path: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IkasError):
        door(path)
    assert list(tmp_path.iterdir()) == []


NO_HOME = """
import pwd, runpy, sys
def unknown(*args):
    raise KeyError("getpwuid(): uid not found: 54321")
pwd.getpwuid = pwd.getpwnam = unknown
sys.argv = ["ikas-explore", *sys.argv[1:]]
runpy.run_module("ikas_explore", run_name="__main__")
"""


def run_homeless(folder: Path, *command: str, **environment: str) -> str:
    """Run a command as a user without a home folder; return what it said on stderr."""
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "a.ipynb").write_text(json.dumps(notebook))
    package = str(Path(ikas.__file__).parents[1])
    ended = subprocess.run(
        [sys.executable, "-c", NO_HOME, *command],
        cwd=folder,
        env={"IKAS_DOTENV": "off", "PYTHONPATH": package, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["list", "--store", "sandbox"],
        ["audit", "--store", "sandbox"],
        ["check-notebooks", "a.ipynb"],
        ["save", ERP, FAVORITES, "--store", "sandbox"],
    ],
)
def test_what_needs_no_home_folder_asks_for_none(command: list[str], tmp_path: Path) -> None:
    assert "home" not in run_homeless(tmp_path, *command)


def test_a_write_to_be_journaled_without_a_home_folder_says_what_to_set(tmp_path: Path) -> None:
    with ikas.Sandbox(examples=False) as sandbox:
        variables = {
            "IKAS_BASE_URL": sandbox.base_url,
            "IKAS_ACCESS_TOKEN": sandbox.access_token,
            "NO_PROXY": "127.0.0.1",
        }
        assert run_homeless(tmp_path, "list", **variables) == ""
        assert "set IKAS_JOURNAL" in run_homeless(tmp_path, "save", ERP, FAVORITES, **variables)
        with ikas.connect(sandbox) as store:
            assert store.webhooks.list().empty


def test_a_path_that_is_a_path_stays(home: Path) -> None:
    assert user_path("~") == home
    assert user_path(Path("~/a")) == home / "a"
    assert user_path("a/~b") == Path("a/~b")
