"""The README does what it says: its Python blocks run in order and print what stands below them."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import ikas_explore as ikas

README = Path(__file__).parents[1] / "README.md"


def test_the_python_blocks_print_what_stands_below_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader's own store, which `ikas.connect()` finds in the environment, is a sandbox."""
    with ikas.Sandbox() as sandbox:
        monkeypatch.setenv("IKAS_STORE", "shop")
        monkeypatch.setenv("IKAS_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("IKAS_ACCESS_TOKEN", sandbox.access_token)
        run_the_blocks()


def run_the_blocks() -> None:
    text = README.read_text("utf-8")
    blocks = re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {}
    ran = 0
    for (kind, block), (next_kind, expected) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, "README.md", "exec"), names)
        ran += 1
        assert printed.getvalue() == (expected if next_kind == "text" else "")
    assert ran >= 3
    store = names["store"]
    assert isinstance(store, ikas.Store)
    store.close()


def test_the_files_it_shows_are_read_as_what_they_are(tmp_path: Path) -> None:
    """A policy, a desired state and a fleet; each under its name."""
    blocks = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    paths = []
    for block in map(textwrap.dedent, blocks):
        paths.append(tmp_path / block.partition("\n")[0].removeprefix("# "))
        paths[-1].write_text(block, "utf-8")
    policy, desired, stores = paths
    assert [path.name for path in paths] == ["policy.toml", "desired.toml", "stores.toml"]
    with ikas.Fleet.from_file(stores) as fleet:
        assert fleet.names == ["acme", "moda-ev"]
    with ikas.connect("sandbox") as store:
        assert store.webhooks.plan(desired).changes["action"].tolist() == ["create"] * 3
        assert set(store.webhooks.audit(policy).findings["rule"]) == {
            "host-not-allowed",
            "scope-missing",
        }


def test_the_two_commands_are_single_lines() -> None:
    lines = [line for line in README.read_text("utf-8").splitlines() if "-m venv" in line]
    assert [("[lab]" in line, "[test]" in line) for line in lines] == [(True, False), (False, True)]


def test_every_notebook_stands_in_the_table() -> None:
    text = README.read_text("utf-8")
    for notebook in (README.parent / "notebooks").glob("*.ipynb"):
        assert f"(notebooks/{notebook.name})" in text


def test_the_table_of_what_is_emulated_is_made_from_the_tests() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.coverage"],
        cwd=README.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() in README.read_text("utf-8"), "python -m tests.sandbox.coverage"
