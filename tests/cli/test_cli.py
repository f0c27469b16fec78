"""The command line: what each command prints, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.cli import COMMANDS
from tests.auditing.endpoints import endpoint
from tests.cli.running import COMMAND, FULL, needs_full, run, run_into, running, unread, variables
from tests.client.answers import ROW, rows
from tests.security.servers import answer, saying

README = Path(__file__).parents[2] / "README.md"
ENDPOINT = "https://example.com/ikas"


def test_list_prints_the_seeds_two_webhooks() -> None:
    listed = run("list", IKAS_STORE="sandbox")
    assert listed.returncode == 0
    assert listed.stdout.count("mailchimp-dev.ikasapps.com") == 2
    assert "end with this command" in listed.stderr
    assert "sandbox --path" in listed.stderr


def test_list_json_is_as_the_api_names_them() -> None:
    listed = run("list", "--json", IKAS_STORE="sandbox")
    assert json.loads(listed.stdout)[0] == {
        "createdAt": 1636366311914,
        "deleted": False,
        "endpoint": "https://mailchimp-dev.ikasapps.com/api/webhook/ikas",
        "id": "331f40ad-58a5-4b25-b060-15e6ce57fc9f",
        "scope": "store/customer/created",
        "updatedAt": 1636366311914,
    }


def test_list_shows_the_columns_and_order_of_the_frame() -> None:
    with ikas.Sandbox() as box:
        frame = ikas.connect(box).webhooks.list()
        token = {"IKAS_BASE_URL": box.base_url, "IKAS_ACCESS_TOKEN": box.access_token}
        heads, *rows = run("list", "--store", "sandbox", **token).stdout.splitlines()
    assert heads.split() == [*frame.columns]
    assert [row.split()[1] for row in rows] == [*frame["scope"]]
    for time in frame["created_at"]:
        assert any(time.isoformat(" ", "seconds") in row for row in rows)


def test_a_list_does_not_wait_for_pandas() -> None:
    with ikas.Sandbox() as box:
        loaded = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "ikas_explore", "list"],
            env={
                **os.environ,
                "IKAS_BASE_URL": box.base_url,
                "IKAS_ACCESS_TOKEN": box.access_token,
            },
            capture_output=True,
            text=True,
            check=True,
        ).stderr
    assert "httpx" in loaded
    assert "pandas" not in loaded


def test_a_sandbox_keeps_its_state_in_a_file_and_ends_cleanly(tmp_path: Path) -> None:
    with running("--path", str(tmp_path / "ikas.db")) as (process, environment):
        saved = run("save", ENDPOINT, "store/order/created", "--json", **environment)
        assert json.loads(saved.stdout)[0]["scope"] == "store/order/created"
        deleted = run("delete", "store/customer/*", "--yes", **environment)
        assert deleted.stdout.startswith("Deleted in sandbox:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with running("--path", str(tmp_path / "ikas.db")) as (_, environment):
        listed = json.loads(run("list", "--json", **environment).stdout)
        assert [row["scope"] for row in listed] == ["store/order/created"]


@pytest.mark.parametrize(("options", "lines"), [([], 3), (["--tls"], 7)])
def test_the_export_lines_point_everything_at_it(options: list[str], lines: int) -> None:
    command = [sys.executable, "-u", *COMMAND[1:], "sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        exports: list[str] = []
        while len(exports) < lines:
            line = process.stdout.readline()
            assert line, "the sandbox ended"
            exports += [line] if line.startswith("export ") else []
        assert exports[2].startswith("export IKAS_CLIENT_SECRET=")  # for receive and push
        script = f"{''.join(exports)}\n{sys.executable} -m ikas_explore list --json"
        # Also in a terminal that IKAS_STORE=sandbox would give a sandbox of its own.
        environment = {**os.environ, "IKAS_STORE": "sandbox"}
        listed = subprocess.run(
            ["sh", "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        process.terminate()
    assert len(json.loads(listed.stdout)) == 2
    assert listed.stderr == ""


def test_a_fleet_in_which_a_store_failed_is_not_said_to_have_no_webhooks(tmp_path: Path) -> None:
    with ikas.Sandbox(examples=False) as box:
        acme = box.add_store("acme")
        (tmp_path / "stores.toml").write_text(
            f'base_url = "{box.base_url}"\naccess_token = "{{STORE}}_TOKEN"\n'
            "[stores.acme]\n[stores.moda]\n"
        )
        listed = run("list", "--fleet", "stores.toml", ACME_TOKEN=acme.access_token)
    assert listed.returncode == 1
    assert "MODA_TOKEN is not set" in listed.stderr
    assert listed.stdout == "No webhooks in the 1 of 2 stores that were listed.\n"


def test_a_table_rounds_what_was_measured() -> None:
    with ikas.Receiver("secret") as receiver:
        scope = "store/order/created"
        pushed = run("push", receiver.endpoint, scope, IKAS_CLIENT_SECRET="secret")
    assert re.search(r" \d+(\.\d)? +200", pushed.stdout)  # 2.0 is shown as 2


def test_the_version_is_printed() -> None:
    assert run("--version").stdout == f"{ikas.__version__}\n"
    assert run("-h").stdout == run("--help").stdout


def test_no_summary_of_a_command_is_cut() -> None:
    _, _, commands = run("--help").stdout.partition("Commands:")
    assert commands
    assert "..." not in commands


def test_errors_are_a_line_and_an_exit_code() -> None:
    for arguments, environment, message in [
        (("list",), {}, "CredentialsError: No credentials were found"),
        (("list", "--store", "My Shop"), {"IKAS_ACCESS_TOKEN": "t"}, "not a store name"),
        (("receive", "--count", "0"), {}, "count is 0; give a whole number of 1 or more"),
        (("save", ENDPOINT, "store/order/create"), {"IKAS_STORE": "sandbox"}, "Did you mean"),
        (("delete", "store/app/payment"), {"IKAS_STORE": "sandbox"}, "partner panel"),
        (
            ("emit", "store/order/created"),
            {"IKAS_ACCESS_TOKEN": "t"},
            "not a sandbox on this machine",
        ),
        (
            ("deliveries",),
            {"IKAS_ACCESS_TOKEN": "t", "IKAS_BASE_URL": "http://127.0.0.1:9"},
            "No sandbox answers",
        ),
        (("push", ENDPOINT, "store/order/created"), {}, "Set IKAS_CLIENT_SECRET"),
    ]:
        done = run(*arguments, **environment)
        assert done.returncode == 1, arguments
        assert message in done.stderr, arguments
        assert "Traceback" not in done.stderr


def test_a_sandbox_with_an_authority_that_is_not_trusted_is_not_called_missing() -> None:
    with ikas.Sandbox(tls=True, examples=False) as box:
        told = {"IKAS_BASE_URL": box.base_url, "IKAS_ACCESS_TOKEN": box.access_token}
        done = run("deliveries", **told)
    assert done.returncode == 1
    assert "TLS failure: the certificate is not trusted" in done.stderr
    assert "set the variables that it prints" in done.stderr


def test_an_endpoint_cannot_write_to_the_terminal() -> None:
    """Control characters of another writer are shown as escapes."""
    row = ROW | {"endpoint": "https://example.com/\u009b31m\u202e"}
    with endpoint(saying(answer(json.dumps(rows(row)).encode()))) as ikas_like:
        base_url = f"http://127.0.0.1:{ikas_like.port}"
        listed = run("list", IKAS_BASE_URL=base_url, IKAS_ACCESS_TOKEN="t").stdout
    assert "\u009b" not in listed
    assert "\\x9b31m\\u202e" in listed


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_the_encoding_of_stdout_cannot_hold_is_escaped(encoding: str, tmp_path: Path) -> None:
    """It is saved by then: an error would say that it is not."""
    endpoint = "https://example.com/ğü"
    with ikas.Sandbox(examples=False) as box:
        told = {"IKAS_BASE_URL": box.base_url, "IKAS_ACCESS_TOKEN": box.access_token}
        printed = []
        for arguments in (("save", endpoint, "store/order/created"), ("list",), ("list", "--json")):
            with (tmp_path / "printed").open("wb") as file:
                done = run_into(file, *arguments, encoding=encoding, **told)
            assert (done.returncode, done.stderr) == (0, "")
            printed.append((tmp_path / "printed").read_bytes())
    u = "ü".encode(encoding, "backslashreplace")
    assert b"https://example.com/\\u011f" + u in printed[0]
    assert b"https://example.com/\\u011f" + u in printed[1]
    assert json.loads(printed[2].decode("ascii"))[0]["endpoint"] == endpoint


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [("list",), ("list", "--json"), ("save", ENDPOINT, "store/order/created"), ("--version",)],
    ids=" ".join,
)
def test_output_that_finds_no_room_is_told_in_a_line(arguments: tuple[str, ...]) -> None:
    with ikas.Sandbox() as box, FULL.open("wb") as full:
        told = {"IKAS_BASE_URL": box.base_url, "IKAS_ACCESS_TOKEN": box.access_token}
        done = run_into(full, *arguments, **told)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "cannot be written: No space left on device" in line


@pytest.mark.parametrize("arguments", [("list",), ("--version",), ("list", "--help")], ids=" ".join)
def test_a_reader_that_is_gone_is_told_nothing(arguments: tuple[str, ...]) -> None:
    with ikas.Sandbox() as box, unread() as pipe:
        told = {"IKAS_BASE_URL": box.base_url, "IKAS_ACCESS_TOKEN": box.access_token}
        done = run_into(pipe, *arguments, **told)
    assert (done.returncode, done.stderr) == (1, "")


def test_emit_deliveries_and_receive_work_together(tmp_path: Path) -> None:
    """A sandbox and a receiver, each a process; events reach the receiver signed."""
    own = tmp_path / "order.json"
    own.write_text('{"id": "o1", "note": "ğüşiöç"}', "utf-8")
    with running("--retry-delays", "0.01", "--max-attempts", "2") as (_, told):
        command = [*COMMAND, "receive", "--json", "--count", "2"]
        with subprocess.Popen(
            command, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True
        ) as receiver:
            assert receiver.stdout is not None
            endpoint = json.loads(receiver.stdout.readline())["endpoint"]
            assert run("save", endpoint, "store/order/created", **told).returncode == 0
            first = run("emit", "store/order/created", "--data", str(own), "--json", **told)
            ids = json.loads(first.stdout)["deliveries"]
            ids += run("emit", "store/order/created", **told).stdout.split()
            lines: list[dict[str, Any]] = [json.loads(line) for line in receiver.stdout]
            assert receiver.wait(20) == 0
        assert {line["id"] for line in lines} == set(ids)
        assert all(line["signature_ok"] for line in lines)
        assert own.read_text("utf-8") in {line["data"] for line in lines}
        listed = json.loads(run("deliveries", "--json", **told).stdout)
        assert {row["state"] for row in listed} <= {"delivered", "pending"}
        both = run("emit", "store/order/*", "--json", **told)
        assert [len(each["deliveries"]) for each in json.loads(both.stdout)] == [1, 0]
        nobody = run("emit", "store/stock/created", **told)
        assert "No webhook is registered" in nobody.stdout
        assert "delivered" in run("deliveries", **told).stdout


def test_receive_prints_what_it_refuses_and_lets_a_tunnel_in() -> None:
    command = [*COMMAND, "receive", "--count", "2", "--public-url", "https://mine.example"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables()) as receiver:
        assert receiver.stdout is not None
        endpoint = receiver.stdout.readline().split()[2]
        for host, status in (("other.example", 400), ("mine.example:8443", 422)):
            sent = httpx.post(endpoint, json={}, headers={"Host": host}, trust_env=False)
            assert sent.status_code == status
        refused, taken = receiver.stdout
        assert receiver.wait(20) == 0
    assert "The Host 'other.example' is not this machine" in refused
    assert "--public-url https://other.example" in refused
    assert "keys are missing" in taken


def test_receive_tells_what_came_before_it_was_ready_and_ends_on_sigterm(tmp_path: Path) -> None:
    """One that is there before the log is first read is printed too; SIGTERM ends it cleanly."""
    log = tmp_path / "log.db"
    with ikas.Receiver(path=log) as earlier:
        httpx.post(earlier.endpoint, content=b'{"id": "of an earlier run"}')
    command = [sys.executable, "-u", "-m", "ikas_explore", "receive", "--json", "--path", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        endpoint = json.loads(process.stdout.readline())["endpoint"]
        for body in (b"one", b"two", b'{"id": "of an earlier run"}', b'{"id": "new"}'):
            httpx.post(endpoint, content=body)
        told = [json.loads(process.stdout.readline()) for _ in range(4)]
        assert [row["status"] for row in told] == [400, 400, 422, 422]
        assert [row["duplicate"] for row in told] == [False, False, True, False]
        process.terminate()
        assert process.wait(20) == 0
        assert process.stdout.read() == ""


def test_push_ends_with_1_when_nothing_was_answered_200() -> None:
    with ikas.Receiver("s3cret-of-mine", status=500) as receiver:
        failed = run(
            "push", receiver.endpoint, "store/order/created", "--retry-delays", "0", "--json",
            IKAS_CLIENT_SECRET="s3cret-of-mine",
        )  # fmt: skip
        assert failed.returncode == 1
        assert [row["status_code"] for row in json.loads(failed.stdout)] == [500, 500, 500]
        receiver.status = 200
        done = run("push", receiver.endpoint, "store/order/created", IKAS_CLIENT_SECRET="other")
        assert done.returncode == 0
        assert receiver.deliveries()["signature_ok"].tolist() == [True, True, True, False]
    assert "s3cret" not in failed.stdout + failed.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(name: str) -> None:
    helped = run(name, "--help", COLUMNS="200")
    assert helped.returncode == 0
    assert f"`{name}`" in README.read_text("utf-8")
