"""``~`` is the home folder in every option that takes a path, after ``=`` too."""

from __future__ import annotations

from pathlib import Path

import pytest

import ikas_explore as ikas
from tests.cli.running import run
from tests.testing.notebooks import code, notebook, write

DESIRED = '[webhooks]\n"https://example.com/ikas" = ["store/order/created"]\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    (home / "desired.toml").write_text(DESIRED)
    (home / "policy.toml").write_text('required = ["store/order/*"]')
    (home / "order.json").write_text("{}")
    write(home / "it.ipynb", notebook(code("x")))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return home


def test_a_tilde_is_the_home_folder(home: Path) -> None:
    with ikas.Sandbox() as box, ikas.Receiver("secret") as receiver:
        acme = box.add_store("acme")
        (home / "stores.toml").write_text(
            f'base_url = "{box.base_url}"\naccess_token = "{{STORE}}_TOKEN"\n[stores.acme]\n'
        )
        told = {
            "IKAS_BASE_URL": box.base_url,
            "IKAS_ACCESS_TOKEN": box.access_token,
            "IKAS_CLIENT_SECRET": "secret",
            "IKAS_JOURNAL": "~/journal.jsonl",
            "ACME_TOKEN": acme.access_token,
        }
        for line, code_ in (
            ("list --out=~/today.csv", 0),
            ("list --fleet=~/stores.toml", 0),
            ("plan ~/desired.toml", 2),
            ("apply ~/desired.toml --yes", 0),
            ("plan ~/today.csv --prune", 2),
            ("diff ~/today.csv ~/today.csv", 0),
            ("audit --policy=~/policy.toml", 1),
            ("emit store/order/created --data=~/order.json", 0),
            (f"push {receiver.endpoint} store/order/created --data=~/order.json", 0),
            ("check-notebooks ~/it.ipynb", 0),
            ("undo --yes", 0),
        ):
            done = run(*line.split(), **told)
            assert done.returncode == code_, (line, done.stderr)
    assert (home / "today.csv").exists()
    assert (home / "journal.jsonl").exists()
    assert not [*Path.cwd().iterdir()]


@pytest.mark.parametrize(
    ("line", "code_"),
    [
        ("plan ~nobody-of-this-name/x.toml", 1),
        ("audit --policy ~nobody-of-this-name/x.toml", 2),
        ("list --out ~nobody-of-this-name/x.csv", 2),
        ("check-notebooks ~nobody-of-this-name", 2),
    ],
)
def test_a_home_that_is_not_there_is_said_in_a_line(home: Path, line: str, code_: int) -> None:
    done = run(*line.split(), IKAS_STORE="sandbox")
    assert done.returncode == code_
    assert "There is no home folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert home.exists()
