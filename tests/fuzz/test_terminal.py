"""The command line: no control character, and nothing that hides, comes from data to a terminal."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

from ikas_explore.cli import app
from tests.client.answers import ROW, refusal, rows
from tests.fuzz.runs import fuzz
from tests.fuzz.strategies import any_json, any_texts, quiet, texts
from tests.testing.notebooks import code, notebook, stream

TOKEN = "a-token-that-must-not-show"


class Answers:
    """A server that answers every request with what it was given last."""

    def __init__(self) -> None:
        self.body, self.status = b"{}", 200
        answers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(answers.status)
                self.send_header("Content-Length", str(len(answers.body)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(answers.body)

            do_GET = do_POST = answer

            def log_message(self, *parts: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture(scope="module")
def ikas_like() -> Iterator[Answers]:
    answers = Answers()
    yield answers
    answers.server.shutdown()
    answers.server.server_close()


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command in this process; what it raises but SystemExit is a finding."""
    names = {"IKAS_JOURNAL": "journal.jsonl", "IKAS_DOTENV": "off", "NO_COLOR": "1", **environment}
    result = CliRunner().invoke(app, list(arguments), env=names)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


unwritable = st.sampled_from(["https://a.example/", "store/order/created"])
webhooks = st.fixed_dictionaries(
    {"endpoint": texts | unwritable, "scope": texts | unwritable, "id": texts}
).map(lambda row: ROW | row)
answers = st.one_of(
    st.lists(webhooks, max_size=3).map(lambda found: rows(*found)),
    st.lists(webhooks, max_size=3).map(lambda found: rows(*found)),
    texts.map(refusal),
    st.tuples(texts, texts).map(
        lambda said: {"errors": [{"message": said[0], "extensions": {"code": said[1]}}]}
    ),
    any_json,
).map(lambda answer: json.dumps(answer).encode())
commands = st.sampled_from(
    [
        "list",
        "list --json",
        "list --out today.csv",
        "audit",
        "audit --json",
        "audit --format markdown",
        "audit --format html",
        "audit --format junit",
        "plan wanted.toml --prune",
        "plan wanted.toml --json",
        "apply wanted.toml --yes",
        "undo --yes",
        "delete store/order/created",
        "delete store/order/created --yes",
        "save https://a.example/ store/order/created",
    ]
)
WANTED = '[webhooks]\n"https://a.example/" = "store/order/*"'


@fuzz(
    examples=60,
    command=commands,
    answer=answers,
    status=st.sampled_from([200, 200, 200, 200, 400, 403]),
)
def test_what_a_server_says_never_steers_the_terminal(
    tmp_path: Path, ikas_like: Answers, command: str, answer: bytes, status: int
) -> None:
    (tmp_path / "wanted.toml").write_text(WANTED)
    ikas_like.body, ikas_like.status = answer, status
    settings = {"IKAS_BASE_URL": ikas_like.base_url, "IKAS_ACCESS_TOKEN": TOKEN}
    _, output = run(*command.split(), IKAS_STORE="acme", **settings)
    assert quiet(output), ascii(output)
    assert TOKEN not in output
    if command == "list --json" and output.startswith("["):
        shown = {(each["endpoint"], each["scope"]) for each in json.loads(output)}
        told = json.loads(answer)["data"]["listWebhook"]
        assert shown == {(each["endpoint"], each["scope"]) for each in told}


deliveries = st.fixed_dictionaries(
    {
        **dict.fromkeys(["id", "scope", "endpoint", "state", "reason", "sample"], texts),
        "attempts": st.just(1),
        "created_at": st.just(0),
        "finished_at": st.none(),
    }
)


@fuzz(
    examples=40,
    command=st.sampled_from(["emit store/order/created", "deliveries"]),
    json_=st.booleans(),
    answer=st.lists(deliveries | any_json, max_size=2)
    | st.fixed_dictionaries({"deliveries": st.lists(texts | any_json, max_size=2) | any_json})
    | st.fixed_dictionaries({"errors": st.lists(st.fixed_dictionaries({"message": texts}))})
    | any_json,
    status=st.sampled_from([200, 201, 400]),
)
def test_what_a_sandbox_says_never_steers_the_terminal(
    ikas_like: Answers, command: str, json_: bool, answer: Any, status: int
) -> None:
    ikas_like.body, ikas_like.status = json.dumps(answer).encode(), status
    settings = {"IKAS_BASE_URL": ikas_like.base_url, "IKAS_ACCESS_TOKEN": TOKEN}
    _, output = run(*command.split(), *["--json"] * json_, **settings)
    assert quiet(output), ascii(output)


payloads = st.fixed_dictionaries(
    {
        **dict.fromkeys(["id", "scope", "data", "merchantId", "authorizedAppId"], any_texts),
        "createdAt": st.just("2024-01-31T09:30:00Z") | texts,
        "signature": texts,
    }
)


@fuzz(examples=12, payload=payloads, json_=st.booleans())
def test_what_a_sender_says_never_steers_the_terminal(payload: dict[str, Any], json_: bool) -> None:
    output = received(json.dumps(payload).encode(), *["--json"] * json_)
    assert quiet(output), ascii(output)


def received(body: bytes, *options: str) -> str:
    """What `receive` prints of one request."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def deliver() -> None:
        with httpx.Client(transport=httpx.HTTPTransport(retries=20), trust_env=False) as client:
            client.post(f"http://127.0.0.1:{port}/", content=body)

    sender = threading.Thread(target=deliver, daemon=True)
    sender.start()
    code, output = run(
        "receive", "--count", "1", "--port", str(port), *options, IKAS_CLIENT_SECRET="secret"
    )
    sender.join(10)
    assert code == 0
    return output


names = texts.map(lambda text: text.replace("\0", "").replace("/", "")[:40])
fields = st.fixed_dictionaries(
    {}, optional={"store": texts, "scope": texts, "endpoint": texts, "access_token": texts}
)


@fuzz(
    examples=50,
    command=st.sampled_from(
        [
            *("plan {}", "plan {}.csv", "audit --policy {}", "list --fleet {}", "list --store {}"),
            *("check-notebooks {}", "diff {} {}", "delete {}", "save {} store/order/created"),
            *("push https://a.example/ store/order/created --data {}", "push {} {}", "emit {}"),
            *("emit x --data {}", "list --out {}.csv", "nope {}", "{}"),
        ]
    ),
    name=names,
    content=texts.map(str.encode) | fields.map(json.dumps).map(str.encode),
)
def test_names_of_files_and_what_stands_in_them_never_steer_the_terminal(
    tmp_path: Path, ikas_like: Answers, command: str, name: str, content: bytes
) -> None:
    ikas_like.body, ikas_like.status = json.dumps(rows(ROW)).encode(), 200
    if name not in ("", ".", "..") and not name.startswith("-"):
        (tmp_path / name).write_bytes(content)
    settings = {"IKAS_BASE_URL": ikas_like.base_url, "IKAS_ACCESS_TOKEN": TOKEN}
    arguments = [part.replace("{}", name) for part in command.split()]
    _, output = run(*arguments, IKAS_CLIENT_SECRET="s", **settings)
    assert quiet(output), ascii(output)


@fuzz(examples=50, key=texts, value=texts, kind=texts, path=names)
def test_what_stands_in_a_notebook_never_steers_the_terminal(
    tmp_path: Path, key: str, value: str, kind: str, path: str
) -> None:
    secret = "s_" + "0123456789abcdef" * 4
    output = {"output_type": "display_data", "data": {kind: f"{secret}{value}"}, "metadata": {}}
    content = notebook(
        code("1", output, stream(f"/home/me/{value}", name=kind), **{key: {value: secret}}),
        kernel=value,
        **{key: secret},
    )
    file = tmp_path / (f"{path}.ipynb" if not path.startswith("-") else "n.ipynb")
    file.write_text(json.dumps(content), "utf-8")
    for options in ([], ["--json"]):
        _, printed = run("check-notebooks", str(file), *options)
        assert quiet(printed), ascii(printed)
        assert secret not in printed


# -- found by the above -------------------------------------------------------------------------


def test_a_senders_scope_is_shown_without_its_control_characters() -> None:
    output = received(json.dumps({"scope": "\x1b[2J\x9b31m\u202e"}).encode())
    assert "\\x1b[2J\\x9b31m\\u202e" in output


def test_json_escapes_what_steers_a_terminal_and_says_the_same(ikas_like: Answers) -> None:
    """DEL, the C1 controls and what turns the reading order are no control characters to JSON."""
    endpoint = "https://a.example/\x7f\x9b31m\u202e\U000e0041"
    ikas_like.body, ikas_like.status = json.dumps(rows(ROW | {"endpoint": endpoint})).encode(), 200
    settings = {"IKAS_BASE_URL": ikas_like.base_url, "IKAS_ACCESS_TOKEN": TOKEN}
    _, output = run("list", "--json", **settings)
    assert quiet(output)
    assert json.loads(output)[0]["endpoint"] == endpoint


@pytest.mark.parametrize("answer", [b"[]", b"{}", b'{"deliveries": "x"}', b'[{"id": 1}]', b"1"])
@pytest.mark.parametrize("command", [["emit", "store/order/created"], ["deliveries"]])
def test_what_is_not_a_sandbox_is_said_in_words(
    ikas_like: Answers, answer: bytes, command: list[str]
) -> None:
    ikas_like.body, ikas_like.status = answer, 200
    settings = {"IKAS_BASE_URL": ikas_like.base_url, "IKAS_ACCESS_TOKEN": TOKEN}
    status, output = run(*command, **settings)
    empty = command == ["deliveries"] and answer == b"[]"
    assert (status, "is not a sandbox" in output) == ((0, False) if empty else (1, True))


def test_a_process_shows_names_of_files_without_their_control_characters(tmp_path: Path) -> None:
    """Not UTF-8 either: such a name is no text, and ended the command in a traceback."""
    name = b"\x1b[31m\xff.ipynb"
    (Path(os.fsdecode(tmp_path)) / os.fsdecode(name)).write_text("{}")
    done = subprocess.run(
        [sys.executable, "-m", "ikas_explore", "check-notebooks", name],
        capture_output=True,
        timeout=60,
    )
    shown = done.stdout.decode()
    assert done.returncode == 2
    assert "\\x1b[31m\\udcff.ipynb" in shown
    assert quiet(shown)
    assert b"Traceback" not in done.stderr


def test_what_was_typed_is_told_without_its_control_characters() -> None:
    for arguments in (["\x1b[31m"], ["push", "a", "b", "--data", "\x9b31m"]):
        status, output = run(*arguments, IKAS_CLIENT_SECRET="s")
        assert status in (1, 2)
        assert quiet(output), ascii(output)


def test_a_push_that_nobody_answers_is_told_in_a_table(closed_port: int) -> None:
    """Its status is missing: pandas' NA, which is neither itself nor another."""
    endpoint = f"http://127.0.0.1:{closed_port}/"
    status, output = run(
        *("push", endpoint, "store/order/created", "--max-attempts", "1"),
        IKAS_CLIENT_SECRET="secret",
    )
    assert status == 1
    assert "delivery_id" in output
