"""``query``, ``schema``, ``missed`` and ``health``, against a sandbox in this process."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

import ikas_explore as ikas
from tests.cli.running import run

FLEET = """
base_url = "{base_url}"
access_token = "{{STORE}}_TOKEN"
[stores.acme]
[stores.moda]
"""


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(seed=3, examples=False, retry_delays=(0.01,)) as sandbox:
        monkeypatch.setenv("IKAS_STORE", "shop")
        monkeypatch.setenv("IKAS_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("IKAS_ACCESS_TOKEN", sandbox.access_token)
        monkeypatch.setenv("IKAS_CLIENT_SECRET", sandbox.client_secret)
        yield sandbox


def test_a_list_is_printed_filtered_and_written(sandbox: ikas.Sandbox, tmp_path: Path) -> None:
    sandbox.fill(orders=30)
    shown = run("query", "listOrder", "--select", "orderNumber,customer.email", "--limit", "2")
    assert shown.returncode == 0
    assert shown.stdout.splitlines()[0].split() == ["order_number", "customer.email"]
    assert len(shown.stdout.splitlines()) == 3
    assert shown.stderr == "At most 2 rows of each store; --limit N or --limit all for more.\n"
    rows = json.loads(
        run(
            *("query", "listOrder", "--select", "orderNumber", "--json", "--limit", "all"),
            *("--argument", 'orderedAt={"gte": "2020-01-01"}', "--where", "orderNumber=100*"),
            *("--sort", "orderNumber", "--descending"),
        ).stdout
    )
    assert [row["order_number"] for row in rows] == [f"100{each}" for each in range(9, 0, -1)]
    stores = tmp_path / "stores.toml"
    login = f'base_url = "{sandbox.base_url}"\naccess_token = "IKAS_ACCESS_TOKEN"\n'
    stores.write_text(f"[stores.shop-1]\n{login}[stores.shop-2]\n{login}")
    both = ("query", "listOrder", "--select", "orderNumber", "--fleet", str(stores), "--limit")
    assert run(*both, "31").stderr == ""  # 60 rows in all
    assert "At most 30 rows" in run(*both, "30").stderr
    for name in ("orders.csv", "orders.parquet"):
        written = run(
            *("query", "listOrder", "--explode", "orderLineItems", "--mask", "email"),
            *("--select", "customer.email,orderLineItems.quantity", "--out", str(tmp_path / name)),
        )
        assert "Wrote" in written.stderr, written.stderr
    frame = pd.read_csv(tmp_path / "orders.csv")
    assert len(frame) > 30
    assert frame["customer.email"].str.startswith("masked-").all()


def test_a_price_is_printed_whole(sandbox: ikas.Sandbox) -> None:
    for price in (1724.41, 12.0, 0.125):
        sandbox.change("order", totalFinalPrice=price)
    shown = run("query", "listOrder", "--select", "totalFinalPrice", "--sort", "totalFinalPrice")
    assert shown.stdout.split() == ["total_final_price", "0.125", "12", "1724.41"]


def test_a_list_in_a_cell_is_json_and_no_formula_wherever_a_spreadsheet_splits_it(
    sandbox: ikas.Sandbox, tmp_path: Path
) -> None:
    """Customers write some of it, and Excel splits at semicolons in Turkish."""
    tags = ["a;=HYPERLINK(1);", "=1", "ş"]
    sandbox.change("order", orderTagIds=tags)
    asked = ("query", "listOrder", "--select", "orderTagIds")
    assert json.loads(run(*asked).stdout.splitlines()[1]) == tags
    for name, read in (("tags.csv", pd.read_csv), ("tags.xlsx", pd.read_excel)):
        assert "Wrote" in run(*asked, "--out", str(tmp_path / name)).stderr
        cell = read(tmp_path / name)["order_tag_ids"][0]
        assert json.loads(cell) == ["a;'=HYPERLINK(1);", "'=1", "ş"]


def test_a_mistake_is_a_line(sandbox: ikas.Sandbox) -> None:
    wrong = run("query", "listOrdr")
    assert wrong.returncode == 1
    assert "list_order" in wrong.stderr
    assert run("query", "listOrder", "--argument", "updatedAt").returncode == 2
    assert run("query", "listOrder", "--limit", "many").returncode == 2
    assert "name one" in run("query", "listOrder", "--descending").stderr
    twice = run("query", "listOrder", "--where", "status=CREATED", "--where", "status=DRAFT")
    assert (twice.returncode, "'status' is given more than once" in twice.stderr) == (2, True)
    assert "Traceback" not in wrong.stderr


def test_many_stores_have_a_column(
    sandbox: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("acme", "moda"):
        monkeypatch.setenv(f"{name.upper()}_TOKEN", sandbox.add_store(name).access_token)
        sandbox.change("order", store=name)
    for name in ("IKAS_STORE", "IKAS_BASE_URL", "IKAS_ACCESS_TOKEN"):
        monkeypatch.delenv(name)
    (tmp_path / "stores.toml").write_text(FLEET.format(base_url=sandbox.base_url))
    rows = json.loads(
        run(
            "query",
            "listOrder",
            "--select",
            "id",
            "--fleet",
            str(tmp_path / "stores.toml"),
            "--json",
        ).stdout
    )
    assert [row["store"] for row in rows] == ["acme", "moda"]
    sandbox.faults.add("expired_token", store="moda")
    half = run("query", "listOrder", "--select", "id", "--fleet", str(tmp_path / "stores.toml"))
    assert half.returncode == 1
    assert "moda" in half.stderr


def test_a_schema_is_saved_and_compared(sandbox: ikas.Sandbox, tmp_path: Path) -> None:
    for name in ("schema.graphql", "schema.json", "types.py"):
        assert run("schema", "--out", str(tmp_path / name)).returncode == 0
    same = run("schema", "--check", str(tmp_path / "schema.graphql"))
    assert (same.returncode, same.stdout) == (0, "Nothing differs.\n")
    assert run("schema", "--check", str(tmp_path / "schema.json")).returncode == 0
    text = (tmp_path / "schema.graphql").read_text()
    text = text.replace("  stockCount: Float!", "  stockCount: Int!\n  gone: String", 1)
    text = text.replace("  PAID\n", "", 1).replace("  note: String\n", "", 1)
    (tmp_path / "old.graphql").write_text(text)
    differs = run("schema", "--check", str(tmp_path / "old.graphql"))
    assert differs.returncode == 2
    lines = differs.stdout.splitlines()
    assert any("gone was removed" in line and line.startswith("breaking") for line in lines)
    assert any("stockCount changed type from Int! to Float!" in line for line in lines)
    assert any("PAID was added" in line for line in lines)
    assert any("note was added" in line for line in lines)
    breaking = [line.startswith("breaking") for line in lines]
    assert breaking == sorted(breaking, reverse=True)
    assert run("schema").returncode == 1
    made = run(
        "schema", "--from", str(tmp_path / "schema.graphql"), "--out", str(tmp_path / "b.py")
    )
    assert "Wrote" in made.stdout


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("  note: String\n", '  note: String @deprecated(reason: "x")\n', "-  note: String @dep"),
        ("type Order {", '"""Other words."""\ntype Order {', '-"""Other words."""'),
        ("input PaginationInput {\n", "input PaginationInput {\n  x: Int = 3\n", "x was removed"),
    ],
)
def test_whatever_differs_is_printed_and_exits_with_2(
    sandbox: ikas.Sandbox, tmp_path: Path, before: str, after: str, line: str
) -> None:
    """Deprecations, descriptions and root types too, which break nobody."""
    file = tmp_path / "old.graphql"
    assert run("schema", "--out", str(file)).returncode == 0
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    differs = run("schema", "--check", str(file))
    assert differs.returncode == 2, differs.stdout
    assert line in differs.stdout


def test_what_was_missed_is_listed_and_sent_again(sandbox: ikas.Sandbox, tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    with ikas.connect(sandbox) as store, ikas.Receiver(sandbox.client_secret, path=log) as receiver:
        store.webhooks.save(receiver.endpoint, "store/order/*")
        sandbox.change("order")
        sandbox.settle()
    usual = ("--received", str(log), "--since", "2020-01-01", "--grace", "0")
    nothing = run("missed", *usual)
    assert nothing.returncode == 0
    assert "nothing is missing" in nothing.stdout.lower()
    assert run("health", *usual).returncode == 0
    for wrong in ("http://shop.example/", "shop.example", "https://me:canary@shop example/"):
        refused = run("missed", *usual, "--redeliver", wrong)
        assert refused.returncode == 1
        assert "canary" not in refused.stderr
    lost = [sandbox.change("order", emit=False) for _ in range(2)]
    missed = run("missed", *usual, "--json")
    assert missed.returncode == 2
    assert {row["id"] for row in json.loads(missed.stdout)} == set(lost)
    health = run("health", *usual)
    assert health.returncode == 2
    assert "2 missed" in health.stderr
    with ikas.Receiver(sandbox.client_secret) as receiver:
        asked = run("missed", *usual, "--redeliver", receiver.endpoint)
        assert asked.returncode == 1
        assert "--yes" in asked.stderr
        assert receiver.deliveries().empty
        sent = run("missed", *usual, "--redeliver", receiver.endpoint, "--yes")
        assert sent.returncode == 0, sent.stderr
        assert set(receiver.deliveries()["object_id"]) == set(lost)
        assert receiver.deliveries()["signature_ok"].all()
    assert sandbox.client_secret not in missed.stdout + sent.stdout + sent.stderr


def test_the_cursor_moves_on_only_after_a_complete_run(
    sandbox: ikas.Sandbox, tmp_path: Path
) -> None:
    log, cursor = tmp_path / "log.db", tmp_path / "cursor"
    with ikas.connect(sandbox) as store, ikas.Receiver(path=log):
        store.webhooks.save("https://shop.example/", "store/order/*")
    usual = ("missed", "--received", str(log), "--grace", "0", "--cursor", str(cursor))
    refused = run(*usual)
    assert (refused.returncode, "--since" in refused.stderr) == (1, True)
    lost = sandbox.change("order", emit=False)
    sandbox.faults.add("expired_token")
    assert run(*usual, "--since", "2020-01-01").returncode == 1
    sandbox.faults.clear()
    unsent = run(*usual, "--since", "2020-01-01", "--redeliver", "http://127.0.0.1:9/", "--yes")
    assert unsent.returncode == 1
    assert not cursor.exists()
    first = run(*usual, "--since", "2020-01-01", "--json")
    assert [row["id"] for row in json.loads(first.stdout)] == [lost]
    begin = cursor.read_text()
    later = sandbox.change("order", emit=False)
    second = run(*usual, "--since", "2020-01-01", "--json")  # the file decides
    assert [row["id"] for row in json.loads(second.stdout)] == [later]
    assert cursor.read_text() > begin
    cursor.write_text("IKAS_CLIENT_SECRET=s_canary")  # the wrong file
    wrong = run(*usual)
    assert wrong.returncode == 1
    assert f"The cursor {cursor} does not hold a time" in wrong.stderr
    assert "canary" not in wrong.stderr
    assert [each.name for each in tmp_path.glob("cursor*")] == ["cursor"]


def test_a_window_that_ends_in_the_future_moves_the_cursor_no_further_than_now(
    sandbox: ikas.Sandbox, tmp_path: Path
) -> None:
    log, cursor = tmp_path / "log.db", tmp_path / "cursor"
    with ikas.connect(sandbox) as store, ikas.Receiver(path=log):
        store.webhooks.save("https://shop.example/", "store/order/*")
    usual = ("missed", "--received", str(log), "--cursor", str(cursor), "--json")
    assert run(*usual, "--since", "2020-01-01", "--until", "2100-01-01").returncode == 0
    lost = sandbox.change("order", emit=False)
    second = run(*usual, "--grace", "0")
    assert [row["id"] for row in json.loads(second.stdout)] == [lost], second.stderr


@pytest.mark.parametrize("command", ["missed", "health"])
def test_a_store_of_a_fleet_that_is_not_reached_is_an_error_and_no_warning_of_python(
    sandbox: ikas.Sandbox, tmp_path: Path, command: str
) -> None:
    stores = tmp_path / "stores.toml"
    stores.write_text(
        f'base_url = "{sandbox.base_url}"\naccess_token = "{{STORE}}_TOKEN"\n'
        "[stores.acme]\n[stores.moda]\n"
    )
    ikas.Receiver(path=tmp_path / "log.db").close()
    usual = ("--received", str(tmp_path / "log.db"), "--fleet", str(stores))
    tokens = {"ACME_TOKEN": sandbox.add_store("acme").access_token, "MODA_TOKEN": "wrong"}
    done = run(command, *usual, "--since", "2020-01-01", **tokens)
    assert done.returncode == 1
    assert "LoginRequiredError: moda" in done.stderr
    assert "Warning" not in done.stderr
    assert "fleet.errors" not in done.stderr


def test_the_health_of_no_webhooks_is_one_sentence(sandbox: ikas.Sandbox, tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    ikas.Receiver(sandbox.client_secret, path=log).close()
    done = run("health", "--received", str(log))
    assert (done.stdout, done.stderr) == ("There are no webhooks.\n", "")


def test_a_log_that_is_not_there_is_said(sandbox: ikas.Sandbox, tmp_path: Path) -> None:
    for command in ("missed", "health"):
        wrong = run(command, "--received", str(tmp_path / "none.db"), "--since", "2020-01-01")
        assert wrong.returncode == 1
        assert "none.db" in wrong.stderr


def test_the_weekly_check_of_the_notebooks_readme_does_what_it_says(
    sandbox: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (Path(__file__).parents[2] / "notebooks" / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    steps = yaml.safe_load(block)["jobs"]["check"]["steps"]
    (check,) = (each["run"] for each in steps if "ikas-explore" in each.get("run", ""))
    (save,) = re.findall(r"`ikas-explore (schema --out [^`]*)`", readme)
    monkeypatch.chdir(tmp_path)
    assert run(*save.split()).returncode == 0
    arguments = check.split()[1:]
    assert run(*arguments).returncode == 0
    file = tmp_path / arguments[-1]
    before = file.read_text("utf-8")
    file.write_text(before.replace("  orderNumber: String", "  oldNumber: String"), "utf-8")
    changed = run(*arguments)
    assert changed.returncode == 2
    assert changed.stdout.splitlines()[0].startswith("breaking: ")
    assert "oldNumber was removed" in changed.stdout
