"""``ikas-explore listen``: borrowed until the end, and given back after a crash."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.cli.tunnel import tunnel
from ikas_explore.values.secret import SECRET_VARIABLES
from tests.cli.running import COMMAND, run, run_at_terminal, variables
from tests.waiting import until

ORDER = "store/order/created"
MINE = "https://shop.example/hook"


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        yield box


def told(box: ikas.Sandbox) -> dict[str, str]:
    return {
        "IKAS_BASE_URL": box.base_url,
        "IKAS_ACCESS_TOKEN": box.access_token,
        "IKAS_CLIENT_SECRET": str(
            getattr(box.client_secret, "reveal", lambda: box.client_secret)()
        ),
        "IKAS_STORE": "shop",
        "IKAS_LEASES": os.environ["IKAS_LEASES"],
    }


def held(box: ikas.Sandbox) -> dict[str, str]:
    with ikas.connect(box) as store:
        frame = store.webhooks.list()
        return dict(zip(frame["scope"], frame["endpoint"], strict=True))


def hold(box: ikas.Sandbox) -> None:
    with ikas.connect(box) as store:
        store.webhooks.save(MINE, ORDER)


@contextmanager
def listening(
    box: ikas.Sandbox, *options: str
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run it with --json; give the process and the first line."""
    command = [*COMMAND, "listen", "--json", "--scopes", ORDER, *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables(**told(box)),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield process, json.loads(line)
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_line_is_printed_the_app_gets_the_bytes_and_the_scope_goes_back(
    box: ikas.Sandbox, ending: signal.Signals
) -> None:
    hold(box)
    with ikas.Receiver() as app:
        port = app.endpoint.split(":")[2].strip("/")
        options = (f"{port}/ikas", "--url", "https://tunnel.example/x", "--take", "--yes")
        with listening(box, *options) as (process, first):
            assert first["borrowed"] == [{"scope": ORDER, "endpoint_before": MINE}]
            assert held(box) == {ORDER: "https://tunnel.example/x"}
            secret = told(box)["IKAS_CLIENT_SECRET"]
            attempts = ikas.push(first["endpoint"], ORDER, secret)
            assert attempts["status_code"].tolist() == [200]
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["signature_ok"] is True
            assert app.wait(1)["target"].tolist() == ["/ikas"]
            process.send_signal(ending)
            _, said = process.communicate(timeout=60)
    assert "restored" in said
    assert held(box) == {ORDER: MINE}


def test_answer_app_passes_the_apps_status_on(box: ikas.Sandbox) -> None:
    with ikas.Receiver(status=[500, 200]) as app:
        options = (app.endpoint, "--url", "https://tunnel.example", "--answer", "app")
        with listening(box, *options) as (_, first):
            secret = told(box)["IKAS_CLIENT_SECRET"]
            pushed = ikas.push(first["endpoint"], ORDER, secret, retry_delays=[0])
            assert pushed["status_code"].tolist() == [500, 200]
            forged = ikas.push(first["endpoint"], ORDER, "wrong", max_attempts=1)
            assert forged["status_code"].tolist() == [401]
            assert len(app.deliveries()) == 2


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_the_tunnels_first_address_is_used_and_it_ends_with_us(
    box: ikas.Sandbox, ending: signal.Signals
) -> None:
    code = (
        "import os, time; print('pid', os.getpid(), '{port}'); "
        "print('see https://made-{port}.example.', flush=True); time.sleep(600)"
    )
    with listening(box, "--tunnel", f'{sys.executable} -c "{code}"') as (process, first):
        port = first["endpoint"].split(":")[2].strip("/")
        assert first["url"] == f"https://made-{port}.example"
        assert held(box) == {ORDER: first["url"]}
        children = _children(process.pid)
        assert len(children) == 2
        process.send_signal(ending)
        process.communicate(timeout=60)
        until(lambda: not any(map(_runs, children)))
    left = {ORDER: first["url"]} if ending == signal.SIGKILL else {}
    assert held(box) == left
    run("listen", "--restore", "--yes", **told(box))
    assert held(box) == {}


@pytest.mark.parametrize(
    "said",
    [
        "Subject to the Terms of Use (https://www.cloudflare.example/website-terms/). See: "
        "https://developers.cloudflare.example/connect-apps\n|  https://a-b.tunnel.example   |",
        "Follow us at [https://twitter.example/localhost_run].\nGo to https://admin.tunnel.example/"
        "\nabc.example tunneled with tls termination, https://a-b.tunnel.example",
        "url=https://a-b.tunnel.example",
        "\x1b[32mhttps://a-b.tunnel.example/\x1b[0m -> http://localhost, https://c.example",
    ],
)
def test_the_pages_that_a_tunnel_names_get_no_delivery(said: str) -> None:
    """Cloudflare's and others print their terms and manuals before the address they opened."""
    code = f"import time; print({said!r}, flush=True); time.sleep(600)"
    with tunnel(f"{sys.executable} -c {shlex.quote(code)}", 1) as address:
        assert address == "https://a-b.tunnel.example"


def test_an_address_with_a_path_is_one_on_a_line_of_its_own() -> None:
    said = "Read https://tunnel.example/terms first.\nhttps://tunnel.example/hooks/7\nhttps://b.example"
    code = f"import time; print({said!r}, flush=True); time.sleep(600)"
    with tunnel(f"{sys.executable} -c {shlex.quote(code)}", 1) as address:
        assert address == "https://tunnel.example/hooks/7"


def test_a_tunnel_gets_no_secret_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRET_VARIABLES:
        monkeypatch.setenv(name, "canary")
    code = (
        "import os, time; found = [each for each in os.environ.values() if 'canary' in each]; "
        "print(f'https://got-{len(found)}.example', flush=True); time.sleep(600)"
    )
    with tunnel(f"{sys.executable} -c {shlex.quote(code)}", 1) as address:
        assert address == "https://got-0.example"


def test_a_tunnel_that_ends_is_said_and_the_scopes_go_back(box: ikas.Sandbox) -> None:
    hold(box)
    code = "import time; print('https://made.example', flush=True); time.sleep(600)"
    options = ("--take", "--yes", "--tunnel", f'{sys.executable} -c "{code}"')
    with listening(box, *options) as (process, _):
        os.kill(_children(process.pid)[-1], signal.SIGKILL)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "The tunnel ended" in said
    assert "restored" in said
    assert held(box) == {ORDER: MINE}


def _children(pid: int) -> list[int]:
    """What a process started, and what these did."""
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    found = [int(each) for each in done.stdout.split()]
    return found + [each for child in found for each in _children(child)]


def _runs(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip().strip("+sl") not in ("", "Z")


def test_after_a_kill_restore_shows_what_is_left_asks_and_gives_it_back(box: ikas.Sandbox) -> None:
    hold(box)
    with listening(box, "--url", "https://gone.example", "--take", "--yes") as (process, _):
        running = run("listen", "--restore", **told(box))
        assert "Still borrowed, as it runs" in running.stderr
        assert running.stdout == "Nothing to give back.\n"
        process.kill()
        process.wait()
    silent = run("listen", "--restore", **told(box))
    assert (silent.returncode, "use --yes" in silent.stderr) == (1, True)
    assert held(box) == {ORDER: "https://gone.example"}
    assert run_at_terminal("n\n", "listen", "--restore", **told(box)).returncode == 1
    done = run_at_terminal("y\n", "listen", "--restore", **told(box))
    assert (done.returncode, "restored" in done.stdout) == (0, True), done.stderr
    assert held(box) == {ORDER: MINE}
    assert run("listen", "--restore", "--yes", **told(box)).stdout == "Nothing to give back.\n"


def test_what_is_in_use_is_shown_and_nothing_is_sent(box: ikas.Sandbox) -> None:
    hold(box)
    options = ("listen", "--scopes", "store/order/*", "--url", "https://tunnel.example")
    refused = run(*options, **told(box))
    assert (refused.returncode, "--take" in refused.stderr) == (1, True)
    assert MINE in refused.stderr
    asked = run(*options, "--take", **told(box))
    assert (asked.returncode, "use --yes" in asked.stderr) == (1, True)
    assert MINE in asked.stdout
    assert held(box) == {ORDER: MINE}


@pytest.mark.parametrize(
    "options",
    [
        ("--url", "https://a.example"),
        ("--scopes", ORDER),
        ("--scopes", ORDER, "--url", "https://a.example", "--tunnel", "x"),
        ("--scopes", ORDER, "--url", "https://a.example", "--answer", "app"),
        ("abc", "--scopes", ORDER, "--url", "https://a.example"),
        ("--scopes", ORDER, "--tunnel", "no-such-program-here"),
        ("--scopes", ORDER, "--tunnel", "'"),
        ("--scopes", ORDER, "--tunnel", f"{sys.executable} -c pass"),
    ],
)
def test_a_wrong_call_is_one_line_and_sends_nothing(
    box: ikas.Sandbox, options: tuple[str, ...]
) -> None:
    done = run("listen", *options, **told(box))
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert held(box) == {}
