"""``plan``, ``apply``, ``undo``, ``diff`` and ``list --out``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

import ikas_explore as ikas
from tests.cli.running import COMMAND, run, run_at_terminal, run_into, unread, variables
from tests.cli.test_auditing import environment, fleet_file
from tests.waiting import until

DESIRED = """
[webhooks]
"https://example.com/{store}" = ["store/order/*"]
"https://erp.example.com/ikas" = "store/stock/updated"
"""
SCOPES = ["store/order/created", "store/order/updated", "store/stock/updated"]


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        yield box


@pytest.fixture
def told(box: ikas.Sandbox, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "desired.toml").write_text(DESIRED, "utf-8")
    return environment(box)


def listed(box: ikas.Sandbox) -> dict[str, str]:
    with ikas.connect(box) as store:
        frame = store.webhooks.list()
    return dict(zip(frame["scope"], frame["endpoint"], strict=True))


def was_listed(box: ikas.Sandbox, times: int) -> bool:
    return box.calls["listWebhook"] >= times


def test_plan_ends_with_2_for_changes_and_with_0_for_none(told: dict[str, str]) -> None:
    planned = run("plan", "desired.toml", **told)
    assert planned.returncode == 2
    assert "+ store/order/created  https://example.com/sandbox" in planned.stdout
    assert "3 to create" in planned.stdout
    applied = run("apply", "desired.toml", "--yes", **told)
    assert applied.returncode == 0
    assert applied.stdout.count("saved") == 3
    assert run("plan", "desired.toml", **told).returncode == 0
    again = run("apply", "desired.toml", **told)  # nothing to be asked about
    assert again.returncode == 0
    assert "Nothing was written." in again.stdout


def test_json_gives_the_rows_of_the_frames(told: dict[str, str]) -> None:
    planned = json.loads(run("plan", "desired.toml", "--json", **told).stdout)
    assert [row["scope"] for row in planned] == SCOPES
    assert {row["action"] for row in planned} == {"create"}
    assert planned[0]["endpoint_before"] is None
    applied = json.loads(run("apply", "desired.toml", "--yes", "--json", **told).stdout)
    assert [(row["outcome"], row["error"]) for row in applied] == [("saved", None)] * 3
    undone = json.loads(run("undo", "--yes", "--json", **told).stdout)
    assert {row["outcome"] for row in undone} == {"deleted"}


def test_called_wrongly_a_plan_does_not_end_with_2(told: dict[str, str], tmp_path: Path) -> None:
    """2 says that there are changes."""
    (tmp_path / "empty.toml").touch()
    for arguments in [(), ("missing.toml",), ("empty.toml",), ("desired.toml", "--purne")]:
        done = run("plan", *arguments, **told)
        assert done.returncode == 1, arguments
        assert done.stderr
        assert "Traceback" not in done.stderr
    assert run("diff", "a.csv").returncode == 1


def test_apply_asks_and_takes_no_answer_for_no(box: ikas.Sandbox, told: dict[str, str]) -> None:
    done = run("apply", "desired.toml", **told)
    assert done.returncode == 1
    assert "Apply these changes?" in done.stderr
    assert listed(box) == {}
    assert run("apply", "desired.toml", "--json", **told).returncode == 2  # nobody to be asked


def test_a_closed_stdin_is_a_no(box: ikas.Sandbox, told: dict[str, str]) -> None:
    given = variables(**told)
    run("save", "https://a.example.com/", "store/order/created", **told)
    with ikas.connect(box) as somebody:
        somebody.webhooks.save("https://b.example.com/", "store/order/created")
    for command, question in (
        ("apply desired.toml", "Apply these changes?"),
        ("undo", "Somebody changed this since"),
    ):
        script = f"{sys.executable} -m ikas_explore {command} <&-"
        done = subprocess.run(["sh", "-c", script], env=given, capture_output=True, text=True)
        assert done.returncode == 1
        assert question in done.stderr
        assert "--yes" in done.stderr
        assert "Traceback" not in done.stderr
    assert listed(box) == {"store/order/created": "https://b.example.com/"}


def test_undo_takes_back_the_writes_of_earlier_commands_one_by_one(
    box: ikas.Sandbox, told: dict[str, str]
) -> None:
    """A save, a delete and an apply; each is a command of its own, and so is each undo."""
    before = [listed(box)]
    for arguments in [
        ("save", "https://a.example.com/", "store/order/created", "store/product/created"),
        ("delete", "store/product/created", "--yes"),
        ("apply", "desired.toml", "--yes"),
    ]:
        assert run(*arguments, **told).returncode == 0
        before.append(listed(box))
    assert before[-1].keys() == set(SCOPES)
    assert (
        run("undo", "--yes", **told).returncode == 0
    )  # the apply was two saves: one for each endpoint
    assert listed(box) == before[2]
    for state in (before[1], before[0]):
        assert run("undo", "--yes", **told).returncode == 0
        assert listed(box) == state
    nothing = run("undo", **told)
    assert nothing.returncode == 0
    assert "Nothing to take back" in nothing.stdout


def test_the_journal_is_in_the_home_folder_unless_another_is_named(
    box: ikas.Sandbox, told: dict[str, str], tmp_path: Path
) -> None:
    home = {"HOME": str(tmp_path / "home"), "IKAS_JOURNAL": ""}
    run("save", "https://a.example.com/", "store/order/created", **told, **home)
    assert (tmp_path / "home" / ".ikas-explore" / "journal.jsonl").exists()
    assert "Nothing to take back" in run("undo", **told).stdout  # of another journal
    assert run("undo", "--yes", **told, **home).returncode == 0
    assert listed(box) == {}


def test_an_embedded_sandbox_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path / "home"), "IKAS_JOURNAL": "", "IKAS_STORE": "sandbox"}
    done = run("save", "https://a.example.com/", "store/order/created", **home)
    assert done.returncode == 0
    assert not (tmp_path / "home").exists()


def test_an_undo_that_fails_can_be_tried_again(box: ikas.Sandbox, told: dict[str, str]) -> None:
    run("save", "https://a.example.com/", "store/order/created", **told)
    box.uninstall()
    assert (
        run("undo", "--yes", **told).returncode == 0
    )  # its webhooks went with it: nothing to bring back
    box.install()
    run("save", "https://a.example.com/", "store/order/created", **told)
    run("delete", "store/order/created", "--yes", **told)
    box.faults.add("uninstalled")
    assert run("undo", "--yes", **told).returncode == 1
    box.faults.clear()
    assert run("undo", "--yes", **told).returncode == 0
    assert listed(box) == {"store/order/created": "https://a.example.com/"}


def test_a_write_whose_report_found_no_reader_is_not_taken_back_again(
    box: ikas.Sandbox, told: dict[str, str]
) -> None:
    run("save", "https://a.example.com/", "store/order/created", **told)
    run("save", "https://b.example.com/", "store/stock/updated", **told)
    box.faults.add("latency", seconds=1.0)
    given = variables(**told)
    command = [*COMMAND, "undo", "--yes"]
    with subprocess.Popen(command, env=given, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"The write of")
        until(lambda: box.calls["deleteWebhook"])  # what comes next is the report
        process.stdout.close()
        process.wait(60)
    box.faults.clear()
    assert listed(box) == {"store/order/created": "https://a.example.com/"}
    assert run("undo", "--yes", **told).returncode == 0
    assert listed(box) == {}


def test_undo_asks_when_somebody_changed_the_scopes_since(
    box: ikas.Sandbox, told: dict[str, str]
) -> None:
    run("save", "https://a.example.com/", "store/order/created", **told)
    with ikas.connect(box) as somebody:
        somebody.webhooks.save("https://b.example.com/", "store/order/created")
    asked = run_at_terminal("\n", "undo", **told)
    assert asked.returncode == 1
    assert "Somebody changed this since" in asked.stderr
    assert listed(box) == {"store/order/created": "https://b.example.com/"}
    assert run("undo", "--yes", **told).returncode == 0
    assert listed(box) == {}


@pytest.mark.parametrize("after", ["after.parquet", "after.xlsx"])
def test_snapshots_are_written_compared_and_restored(
    box: ikas.Sandbox, told: dict[str, str], after: str
) -> None:
    assert run("list", "--out", "before.csv", **told).returncode == 0
    run("apply", "desired.toml", "--yes", **told)
    assert run("list", "--out", after, **told).returncode == 0
    assert len(pd.read_excel(after) if "xlsx" in after else pd.read_parquet(after)) == 3
    same = run("diff", "before.csv", "before.csv")
    assert (same.returncode, same.stdout) == (0, "Nothing differs.\n")
    different = run("diff", "before.csv", after, "--json")
    assert different.returncode == 2
    assert [row["scope"] for row in json.loads(different.stdout)] == SCOPES
    assert run("apply", "before.csv", "--prune", "--yes", **told).returncode == 0
    assert listed(box) == {}
    run("apply", after, "--yes", **told)
    assert listed(box).keys() == set(SCOPES)
    assert run("diff", "before.csv", "missing.csv").returncode == 1
    assert run("list", "--out", "snapshot.xls", **told).returncode == 1


def test_a_snapshot_is_written_though_nobody_reads_the_table(
    told: dict[str, str], tmp_path: Path
) -> None:
    run("save", "https://a.example.com/", "store/order/created", **told)
    with unread() as pipe:
        done = run_into(pipe, "list", "--out", "now.csv", **told)
    assert done.stderr == "Wrote 1 webhook to now.csv.\n"
    assert "https://a.example.com/" in (tmp_path / "now.csv").read_text("utf-8")
    refused = run("list", "--out", "now.json", **told)
    assert (refused.returncode, refused.stdout) == (1, "")


def test_a_fleet_is_listed_planned_written_and_undone(box: ikas.Sandbox, tmp_path: Path) -> None:
    (tmp_path / "desired.toml").write_text(DESIRED, "utf-8")
    told = fleet_file(tmp_path, box, "acme", "moda")
    fleet = ("--fleet", "stores.toml")
    applied = run("apply", "desired.toml", "--yes", "--json", *fleet, **told)
    assert {(row["store"], row["outcome"]) for row in json.loads(applied.stdout)} == {
        ("acme", "saved"),
        ("moda", "saved"),
    }
    rows = json.loads(run("list", "--json", *fleet, **told).stdout)
    assert [row["store"] for row in rows] == ["acme"] * 3 + ["moda"] * 3
    assert run("undo", "--yes", *fleet, **told).returncode == 0
    assert json.loads(run("list", "--json", *fleet, **told).stdout) == []


def test_a_fleet_with_a_store_that_fails_ends_with_1(box: ikas.Sandbox, tmp_path: Path) -> None:
    """What was reached is shown and written; a snapshot that lacks a store is not."""
    (tmp_path / "desired.toml").write_text(DESIRED, "utf-8")
    told = fleet_file(tmp_path, box, "acme", "moda")
    box.faults.add("expired_token", store="moda")
    fleet = ("--fleet", "stores.toml")
    for command in ("plan", "apply"):
        done = run(command, "desired.toml", *fleet, *(["--yes"] * (command == "apply")), **told)
        assert done.returncode == 1
        assert "LoginRequiredError: moda" in done.stderr
        assert "moda" not in done.stdout
        assert "https://example.com/acme" in done.stdout
    done = run("list", "--out", "all.csv", *fleet, **told)
    assert done.returncode == 1
    assert "all.csv was not written" in done.stderr
    assert not (tmp_path / "all.csv").exists()


def test_an_undo_says_which_store_of_the_fleet_it_left_out(
    box: ikas.Sandbox, tmp_path: Path
) -> None:
    """One that has no token, or is not reached: its part stays, and the exit code is 1."""
    (tmp_path / "desired.toml").write_text(DESIRED, "utf-8")
    told = fleet_file(tmp_path, box, "acme", "moda")
    without = {name: token for name, token in told.items() if name != "MODA_TOKEN"}
    fleet = ("--fleet", "stores.toml")
    for left_out, reason in ((without, "MODA_TOKEN is not set"), (told, "LOGIN_REQUIRED")):
        assert run("apply", "desired.toml", "--yes", *fleet, **told).returncode == 0
        if left_out is told:
            box.faults.add("expired_token", store="moda")
        undone = run("undo", "--yes", *fleet, **left_out)
        assert undone.returncode == 1
        assert "moda is not in this plan: " in undone.stdout
        assert reason in undone.stdout
        box.faults.clear()
        assert {row["store"] for row in rows_of(*fleet, **told)} == {"moda"}
        nothing = run("undo", "--yes", *fleet, **without)
        assert (nothing.returncode, "MODA_TOKEN is not set" in nothing.stderr) == (1, True)
        assert run("undo", "--yes", *fleet, **told).returncode == 0
        assert rows_of(*fleet, **told) == []


def rows_of(*fleet: str, **told: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(run("list", "--json", *fleet, **told).stdout)
    return rows


def test_ctrl_c_during_an_apply_tells_what_was_done_and_undo_takes_it_back(
    box: ikas.Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "desired.toml").write_text(DESIRED, "utf-8")
    given = variables(**environment(box))
    box.faults.add("latency", seconds=1.0)
    command = [*COMMAND, "apply", "desired.toml", "--yes"]
    with subprocess.Popen(
        command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until(lambda: box.calls["saveWebhook"])
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "saved" in stdout
    assert "undo takes it back" in stderr
    box.faults.clear()
    assert len(listed(box)) in (1, 2)
    assert run("undo", "--yes", **environment(box)).returncode == 0
    assert listed(box) == {}


def test_ctrl_c_during_a_list_prints_what_was_fetched(box: ikas.Sandbox, tmp_path: Path) -> None:
    """An audit cut off ends with 2: not everything was checked."""
    quick = [f"shop{number}" for number in range(40)]
    told = fleet_file(tmp_path, box, "hung", *quick)
    (tmp_path / "desired.toml").write_text(DESIRED, "utf-8")
    assert run("apply", "desired.toml", "--yes", "--fleet", "stores.toml", **told).returncode == 0
    box.faults.add("hang", store="hung", seconds=60)
    for command, code in (("list", 1), ("audit", 2)):
        # More than there are workers, so that some have brought an answer by then.
        enough = box.calls["listWebhook"] + len(quick)
        with subprocess.Popen(
            [*COMMAND, command, "--fleet", "stores.toml", "--json"],
            env={**os.environ, **told},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            until(partial(was_listed, box, enough))
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == code
        assert "Interrupted" in stderr
        if command == "list":
            assert {row["store"] for row in json.loads(stdout)} <= set(quick)
            assert json.loads(stdout)
