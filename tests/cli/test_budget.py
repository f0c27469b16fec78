"""``ikas-explore budget``: of a running sandbox, or of a receiver's log."""

from __future__ import annotations

import json
from pathlib import Path

import ikas_explore as ikas
from ikas_explore.frames.frames import BUDGET
from tests.auditing.endpoints import endpoint
from tests.cli.running import run, running
from tests.security.servers import TOKEN, answer, saying

ORDER = "store/order/created"


def test_it_shows_what_is_left_at_a_sandbox() -> None:
    with running("--blocks", "--time-scale", "60") as (_, told):
        run("list", **told)
        done = run("budget", "--json", **told)
        assert done.returncode == 0, done.stderr
        rows = json.loads(done.stdout)
        assert list(rows[0]) == [*BUDGET]
        shown = {row["limit"]: (row["window"], row["requests"] > 0) for row in rows}
        assert shown["call errors by hour"] == (60, True)
        assert shown["failed deliveries by day"] == (1440, False)
        table = run("budget", **told)
        assert "failed deliveries by day" in table.stdout
        assert table.stderr == "Not counted: what happened before the sandbox was started.\n"


def test_it_reads_a_receivers_log_and_exits_with_2_when_a_limit_is_near(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    with ikas.Receiver("s", status=201, path=log) as receiver:
        ikas.push(receiver.endpoint, ORDER, "s", max_attempts=9, retry_delays=[])
    done = run("budget", "--received", str(log), "--json")
    assert done.returncode == 2, done.stderr
    states = {row["limit"]: row["state"] for row in json.loads(done.stdout)}
    assert states["failed deliveries by 30 minutes"] == "near"
    assert states["failed deliveries by day"] == "ok"


def test_a_store_is_not_asked_for_a_sandboxs_budget() -> None:
    done = run("budget", IKAS_BASE_URL="", IKAS_ACCESS_TOKEN=TOKEN)
    assert done.returncode == 1
    assert "which is not a sandbox on this machine" in done.stderr
    assert "answered" not in done.stderr


def test_what_is_no_sandbox_is_said(tmp_path: Path) -> None:
    missing = run("budget", "--received", str(tmp_path / "none.db"))
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    for body in (b"[1]", b'[{"limit": "calls"}]', b"{}"):
        with endpoint(saying(answer(body))) as here:
            base_url = f"http://127.0.0.1:{here.port}"
            done = run("budget", IKAS_BASE_URL=base_url, IKAS_ACCESS_TOKEN=TOKEN)
        assert done.returncode == 1
        assert "is not a sandbox" in done.stderr
