"""``ikas-explore deliveries``: the newest first, how many there are, and a sandbox that is busy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.cli import control
from tests.auditing.endpoints import Behaviour, endpoint
from tests.cli.running import COMMAND, run, variables
from tests.security.servers import TOKEN, answer, saying, trickling


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[dict[str, str], list[str]]]:
    """A sandbox with 1,200 deliveries that end nowhere; the variables that reach it, and ids."""
    with ikas.Sandbox() as box:
        ids = [box.emit("store/customer/created")[0] for _ in range(1200)]
        yield {"IKAS_BASE_URL": box.base_url, "IKAS_ACCESS_TOKEN": box.access_token}, ids


def deliveries(told: dict[str, str], *options: str) -> tuple[list[str], str]:
    done = run("deliveries", "--json", *options, **told)
    assert done.returncode == 0, done.stderr
    return [row["id"] for row in json.loads(done.stdout)], done.stderr


def test_the_newest_thousand_are_shown_and_how_many_there_are(
    filled: tuple[dict[str, str], list[str]],
) -> None:
    told, ids = filled
    shown, said = deliveries(told)
    assert shown == ids[-1000:]
    assert said == "The newest 1,000 of 1,200 deliveries; --limit N or --limit all for more.\n"
    table = run("deliveries", "--limit", "2", **told)
    assert [line.split()[0] for line in table.stdout.splitlines()[1:]] == ids[-2:]
    assert table.stderr.startswith("The newest 2 of 1,200 deliveries")
    assert deliveries(told, "--limit", "all") == (ids, "1200 deliveries.\n")
    assert deliveries(told, "--limit", "0")[0] == []


def test_they_are_chosen_by_time_and_state(filled: tuple[dict[str, str], list[str]]) -> None:
    told, ids = filled
    assert deliveries(told, "--since", "2000-01-01", "--limit", "3")[0] == ids[-3:]
    assert deliveries(told, "--since", "2999-01-01") == ([], "0 deliveries.\n")
    assert deliveries(told, "--state", "delivered") == ([], "0 deliveries.\n")
    assert "No delivery fits." in run("deliveries", "--state", "delivered", **told).stdout
    for options, code in (
        (("--limit", "many"), 2),
        (("--limit", "-1"), 2),
        (("--state", "lost"), 2),
        (("--since", "yesterday"), 1),
    ):
        done = run("deliveries", *options, **told)
        assert done.returncode == code, options
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    "arguments", [("deliveries",), ("emit", "store/order/created")], ids=" ".join
)
@pytest.mark.parametrize(
    ("behave", "said"),
    [
        (saying(answer(DEEP)), "is not a sandbox"),
        (saying(answer(b'[{"id": ' + DEEP)), "is not a sandbox"),
        (saying(answer(b'{"errors": 7}', status="400 Bad Request")), "is not a sandbox"),
        (trickling(b"HTTP/1.1 200 OK"), "is busy"),
    ],
    ids=["deep list", "deep object", "no error", "slow"],
)
def test_what_is_wrong_is_said_in_a_line(
    arguments: tuple[str, ...], behave: Behaviour, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_TIMEOUT", 1.0)
    with endpoint(behave) as here:
        told: dict[str, Any] = {"IKAS_BASE_URL": f"http://127.0.0.1:{here.port}"}
        done = run(*arguments, IKAS_ACCESS_TOKEN=TOKEN, **told)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert TOKEN not in done.stderr


def test_a_sandbox_of_before_is_counted_by_its_rows() -> None:
    with endpoint(saying(answer(b"[]"))) as here:
        base_url = f"http://127.0.0.1:{here.port}"
        done = run("deliveries", IKAS_BASE_URL=base_url, IKAS_ACCESS_TOKEN=TOKEN)
    assert done.stdout == "Nothing was delivered yet.\n"
    assert done.stderr == "0 deliveries.\n"


def test_receive_prints_each_line_and_forwards_what_is_verified() -> None:
    with ikas.Receiver() as app:
        command = [*COMMAND, "receive", "--count", "2", "--forward-to", app.endpoint]
        told = variables(IKAS_CLIENT_SECRET="secret")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=told) as process:
            assert process.stdout is not None
            endpoint = process.stdout.readline().split(" ")[2]
            for secret in ("wrong", "secret"):
                ikas.push(endpoint, "store/order/created", secret)
            lines = process.stdout.readlines()
        assert process.returncode == 0
        assert len(app.deliveries()) == 1
    assert "WRONG SIGNATURE, answered 200" in lines[0]
    assert "store/order/created" in lines[1]
    assert "signed, answered 200" in lines[1]
