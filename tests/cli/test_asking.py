"""What destroys shows first and asks; without a terminal and without --yes nothing is sent."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import ikas_explore as ikas
from tests.cli.running import COMMAND, run, run_at_terminal, variables

OURS, OTHERS = "https://a.example.com/ikas", "https://b.example.com/ikas"
ORDERS = {"store/order/created": OTHERS, "store/order/updated": OTHERS}


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        hold(box, OTHERS, *ORDERS)
        yield box


@pytest.fixture
def told(box: ikas.Sandbox) -> dict[str, str]:
    return {"IKAS_BASE_URL": box.base_url, "IKAS_ACCESS_TOKEN": box.access_token}


def hold(box: ikas.Sandbox, endpoint: str, *scopes: str) -> None:
    with ikas.connect(box) as store:
        store.webhooks.save(endpoint, scopes)


def listed(box: ikas.Sandbox) -> dict[str, str]:
    with ikas.connect(box) as store:
        frame = store.webhooks.list()
    return dict(zip(frame["scope"], frame["endpoint"], strict=True))


DELETE = ("delete", "store/order/created")
TAKE = ("save", OURS, "store/order/created", "store/stock/created")


@pytest.mark.parametrize("arguments", [DELETE, TAKE], ids=["delete", "save"])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["table", "json"])
def test_without_a_terminal_nothing_is_sent_and_a_line_names_yes(
    box: ikas.Sandbox, told: dict[str, str], arguments: tuple[str, ...], more: tuple[str, ...]
) -> None:
    done = run(*arguments, *more, **told)
    assert done.returncode == 1
    assert sum("--yes" in line for line in done.stderr.splitlines()) == 1
    assert OTHERS in (done.stderr if more else done.stdout)  # it showed what it would do
    assert (box.calls["saveWebhook"], box.calls["deleteWebhook"]) == (1, 0)  # the fixture's
    assert listed(box) == ORDERS


def test_without_a_terminal_an_undo_is_not_sent_either(
    box: ikas.Sandbox, told: dict[str, str]
) -> None:
    assert run(*TAKE, "--yes", **told).returncode == 0
    before = box.calls["saveWebhook"]
    for more in ((), ("--json",)):
        done = run("undo", *more, **told)
        assert done.returncode == 1
        assert sum("--yes" in line for line in done.stderr.splitlines()) == 1
        assert f"{OURS} -> {OTHERS}" in (done.stderr if more else done.stdout)
    assert (box.calls["saveWebhook"], box.calls["deleteWebhook"]) == (before, 0)
    assert run("undo", "--yes", **told).returncode == 0  # looking took nothing off the journal
    assert listed(box) == ORDERS


@pytest.mark.parametrize("answer", ["", "\n", "n\n"], ids=["end", "return", "no"])
def test_anything_but_yes_is_a_no(box: ikas.Sandbox, told: dict[str, str], answer: str) -> None:
    for arguments in (DELETE, TAKE):
        done = run_at_terminal(answer, *arguments, **told)
        assert done.returncode == 1
        assert "Aborted." in done.stderr
        assert "Traceback" not in done.stderr
    assert listed(box) == ORDERS
    assert (box.calls["saveWebhook"], box.calls["deleteWebhook"]) == (1, 0)  # the fixture's


def test_yes_deletes_what_was_shown(box: ikas.Sandbox, told: dict[str, str]) -> None:
    done = run_at_terminal("y\n", "delete", "store/order/*", **told)
    assert done.returncode == 0
    for scope in ORDERS:
        assert f"{scope}  {OTHERS}" in done.stdout
    assert listed(box) == {}


def test_yes_takes_over_and_undo_gives_back(box: ikas.Sandbox, told: dict[str, str]) -> None:
    done = run_at_terminal("y\n", *TAKE, "--json", **told)
    assert done.returncode == 0
    assert f"{OTHERS}  {OURS}" in done.stderr
    assert [row["endpoint"] for row in json.loads(done.stdout)] == [OURS, OURS]
    assert run_at_terminal("y\n", "undo", **told).returncode == 0
    assert listed(box) == ORDERS


def test_a_save_that_takes_nothing_over_does_not_ask(
    box: ikas.Sandbox, told: dict[str, str]
) -> None:
    for endpoint, scope in ((OURS, "store/stock/created"), (OTHERS, "store/order/created")):
        done = run("save", endpoint, scope, **told)
        assert (done.returncode, done.stderr) == (0, "")
    refused = run(*TAKE, "--no-replace", **told)
    assert refused.returncode == 1
    assert refused.stderr.startswith("ScopeTakenError: ")


def test_a_scope_of_tomorrow_is_saved_when_it_is_meant(told: dict[str, str]) -> None:
    arguments = ("save", OURS, "store/refund/created")
    refused = run(*arguments, **told)
    assert (refused.returncode, "There is no scope" in refused.stderr) == (1, True)
    sent = run(*arguments, "--allow-unknown", **told)
    assert sent.stderr.startswith("ScopeRefusedError: ")  # by the sandbox


def test_a_delete_of_nothing_does_not_ask(told: dict[str, str]) -> None:
    assert "?" not in run("delete", "store/stock/created", **told).stderr
    wrong = run("delete", "store/stok/created", **told)
    assert wrong.returncode == 1
    assert "Did you mean" in wrong.stderr


def test_an_endpoint_guards_a_delete(box: ikas.Sandbox, told: dict[str, str]) -> None:
    for more in ((), ("--yes",)):
        done = run(*DELETE, "--endpoint", OURS, *more, **told)
        assert done.returncode == 1
        assert done.stderr.startswith("ScopeTakenError: ")
    assert listed(box) == ORDERS
    assert run(*DELETE, "--endpoint", OTHERS, "--yes", **told).returncode == 0
    assert listed(box).keys() == {"store/order/updated"}


@pytest.mark.heavy
def test_what_changed_while_somebody_thought_is_not_lost(
    box: ikas.Sandbox, told: dict[str, str], tmp_path: Path
) -> None:
    """At a real terminal: the question waits, another endpoint takes the scope, then comes yes."""
    for number, arguments in enumerate((DELETE, TAKE)):
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, *arguments],
            env=variables(**told),
            cwd=tmp_path,
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stderr is not None
            asked = b""
            while b"[y/N]" not in asked:
                piece = os.read(process.stderr.fileno(), 1000)
                assert piece, asked
                asked += piece
            hold(box, f"https://late{number}.example.com/", "store/order/created")
            os.write(ours, b"y\n")
            said = process.stderr.read().decode()
        os.close(ours)
        os.close(theirs)
        assert process.returncode == 1
        assert "PlanError: Nothing was sent" in said
        assert listed(box)["store/order/created"] == f"https://late{number}.example.com/"
