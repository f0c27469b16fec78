"""The README does what it says: its Python blocks run in order and print what stands below them."""

from __future__ import annotations

import contextlib
import io
import re
import threading
from pathlib import Path
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.network.server import Server

README = Path(__file__).parents[1] / "README.md"


def test_it_is_short() -> None:
    assert len(README.read_text("utf-8").split()) <= 900


def test_the_python_blocks_print_what_stands_below_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The stores of the reader's fleet are stores of a sandbox."""
    for name, text in toml_files().items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    with ikas.Sandbox() as sandbox:
        stores = tmp_path / "stores.toml"
        stores.write_text(f'base_url = "{sandbox.base_url}"\n{stores.read_text("utf-8")}', "utf-8")
        for name in ("acme", "moda-ev"):
            token = sandbox.add_store(name).access_token
            monkeypatch.setenv(f"{name.upper().replace('-', '_')}_TOKEN", token)
        names = run_the_blocks()
        audit, plan = names["audit"], names["plan"]
        assert isinstance(audit, ikas.Audit)
        assert isinstance(plan, ikas.Plan)
        assert set(audit.findings["store"]) == {"acme", "moda-ev"}
        assert set(plan.changes["store"]) == {"acme", "moda-ev"}


@pytest.fixture
def handlers() -> dict[str, object]:
    """The README's handlers, by the name of their variable."""
    names: dict[str, object] = {"ikas": ikas, "__name__": "__main__"}
    for block in re.findall(r"```python\n(from f.*?)```", README.read_text("utf-8"), re.DOTALL):
        exec(compile(block, "README.md", "exec"), names)
    return names


def test_the_flask_handler_takes_what_is_signed_and_nothing_else(
    handlers: dict[str, object],
) -> None:
    from werkzeug.serving import make_server

    app: Any = handlers["app"]
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert_it_verifies(f"http://127.0.0.1:{server.server_port}/ikas")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_fastapi_handler_takes_what_is_signed_and_nothing_else(
    handlers: dict[str, object],
) -> None:
    app: Any = handlers["api"]
    with Server(app) as server:
        assert_it_verifies(f"{server.base_url}/ikas")


def assert_it_verifies(endpoint: str) -> None:
    for secret, status in (("client secret", 200), ("another", 500)):
        attempts = ikas.push(endpoint, "store/order/created", secret, max_attempts=1)
        assert attempts["status_code"].tolist() == [status]


def run_the_blocks() -> dict[str, object]:
    text = README.read_text("utf-8")
    blocks = re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {"__name__": "__main__"}  # Flask asks for it
    for (kind, block), (next_kind, expected) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, "README.md", "exec"), names)
        assert printed.getvalue() == (expected if next_kind == "text" else "")
    store = names["store"]
    assert isinstance(store, ikas.Store)
    store.close()
    return names


def toml_files() -> dict[str, str]:
    """The files that the README shows, by the name in their first line."""
    blocks = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return {block.partition("\n")[0].removeprefix("# "): block for block in blocks}


def test_the_files_it_shows_are_read_as_what_they_are(tmp_path: Path) -> None:
    files = toml_files()
    assert set(files) == {"stores.toml", "desired.toml", "policy.toml"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with ikas.Fleet.from_file(tmp_path / "stores.toml") as fleet:
        assert fleet.names == ["acme", "moda-ev"]
    with ikas.connect("sandbox") as store:
        plan = store.webhooks.plan(tmp_path / "desired.toml")
        assert plan.changes["action"].tolist() == ["create"] * 3
        audit = store.webhooks.audit(tmp_path / "policy.toml")
        assert "scope-missing" in set(audit.findings["rule"])


def test_the_two_commands_are_single_lines() -> None:
    lines = [line for line in README.read_text("utf-8").splitlines() if "-m venv" in line]
    assert [("[lab]" in line, "[test]" in line) for line in lines] == [(True, False), (False, True)]


def test_every_notebook_stands_in_the_table() -> None:
    text = README.read_text("utf-8")
    for notebook in (README.parent / "notebooks").glob("*.ipynb"):
        assert f"(notebooks/{notebook.name})" in text
