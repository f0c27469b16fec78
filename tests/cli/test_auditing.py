"""``ikas-explore audit``: its formats, and an exit code that never takes silence for health."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

import ikas_explore as ikas
from ikas_explore.auditing.audit import rule_table
from tests.cli.running import FULL, needs_full, run, run_into, unread

ENDPOINT = "https://example.com/ikas"


def environment(box: ikas.Sandbox) -> dict[str, str]:
    return {"IKAS_BASE_URL": box.base_url, "IKAS_ACCESS_TOKEN": box.access_token}


def fleet_file(folder: Path, box: ikas.Sandbox, *names: str) -> dict[str, str]:
    """Write stores.toml in the working folder; returns the variables it names."""
    tables = "".join(f"[stores.{name}]\n" for name in names)
    lines = f'base_url = "{box.base_url}"\naccess_token = "{{STORE}}_TOKEN"\n{tables}'
    (folder / "stores.toml").write_text(lines, "utf-8")
    return {f"{name.upper()}_TOKEN": box.add_store(name).access_token for name in names}


def test_the_exit_code_tells_findings_from_health_and_from_what_was_not_reached(
    tmp_path: Path,
) -> None:
    with ikas.Sandbox(examples=False) as box, ikas.connect(box) as store:
        pair = ["store/order/created", "store/order/updated"]
        store.webhooks.save(ENDPOINT, pair)
        assert run("audit", **environment(box)).returncode == 0
        (tmp_path / "policy.toml").write_text('required = ["store/stock/*"]')
        missing = run("audit", "--policy", "policy.toml", **environment(box))
        assert missing.returncode == 1
        assert "scope-missing" in missing.stdout
        assert "What to do:" in missing.stdout
        store.webhooks.delete("store/order/updated")
        unpaired = run("audit", **environment(box))
        assert unpaired.returncode == 1
        assert run("audit", "--fail-on", "error", **environment(box)).returncode == 0
        box.faults.add("expired_token")
        assert run("audit", **environment(box)).returncode == 2
    unreachable = {"IKAS_BASE_URL": "http://127.0.0.1:9", "IKAS_ACCESS_TOKEN": "t"}
    nobody = run("audit", "--fail-on", "error", "--json", **unreachable)
    assert nobody.returncode == 2
    assert json.loads(nobody.stdout)["ok"] is False


@pytest.mark.parametrize(
    "arguments",
    [(), ("--policy", "missing.toml"), ("--fleet", "missing.toml"), ("--format", "pdf")],
    ids=["no credentials", "no policy", "no fleet", "no such format"],
)
def test_what_cannot_even_begin_is_not_checked(arguments: tuple[str, ...]) -> None:
    given = {"IKAS_STORE": "sandbox"} if arguments[:1] == ("--policy",) else {}
    done = run("audit", *arguments, **given)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_every_format_is_what_it_says() -> None:
    with ikas.Sandbox() as box:
        formats = ("table", "json", "markdown", "html", "junit")
        printed = {
            each: run("audit", "--format", each, **environment(box)).stdout for each in formats
        }
        assert json.loads(run("audit", "--json", **environment(box)).stdout) == json.loads(
            printed["json"]
        )
    assert "Nothing was found" not in printed["table"]
    assert json.loads(printed["json"])["stores"] == ["sandbox"]
    assert printed["markdown"].startswith("# Audit of ikas webhooks")
    assert printed["html"].lstrip().lower().startswith("<!doctype html>")
    assert ElementTree.fromstring(printed["junit"]).tag == "testsuites"


def test_markup_is_whole_in_every_encoding_of_stdout(tmp_path: Path) -> None:
    """It says that it is UTF-8: letters that stdout would write otherwise are references."""
    with ikas.Sandbox(examples=False) as box, ikas.connect(box) as store:
        store.webhooks.save("https://example.com/ğü", "store/order/created")
        for each in ("html", "junit"):
            with (tmp_path / each).open("wb") as file:
                told = environment(box)
                done = run_into(file, "audit", "--format", each, encoding="latin-1", **told)
            assert (done.returncode, done.stderr) == (1, ""), each
    assert "https://example.com/&#287;&#252;" in (tmp_path / "html").read_text("ascii")
    suites = ElementTree.fromstring((tmp_path / "junit").read_bytes())
    assert "https://example.com/ğü" in ElementTree.tostring(suites, "unicode")


@needs_full
def test_a_report_that_cannot_be_written_is_no_finding() -> None:
    with ikas.Sandbox() as box:
        with FULL.open("wb") as full:
            done = run_into(full, "audit", "--fail-on", "error", **environment(box))
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        with unread() as pipe:
            done = run_into(pipe, "audit", "--fail-on", "error", **environment(box))
        assert (done.returncode, done.stderr) == (2, "")


def test_the_table_shows_no_secret_of_an_endpoint_and_one_long_cell_widens_no_row() -> None:
    """It ends up in the logs of CI, which many read."""
    token = "0123456789abcdef"
    with ikas.Sandbox(examples=False) as box, ikas.connect(box) as store:
        store.webhooks.save(f"{ENDPOINT}?token={token}", "store/order/created")
        store.webhooks.save(f"{ENDPOINT}/{'long' * 80}", "store/stock/created")
        table = run("audit", **environment(box)).stdout
    assert token not in table
    assert f"{ENDPOINT}?token=***" in table
    short = next(line for line in table.splitlines() if "credentials-in-url" in line)
    assert short.startswith("warning   credentials-in-url  sandbox  store/order/created  https://")
    assert all(line == line.rstrip() for line in table.splitlines())


def test_a_fleet_with_a_store_that_fails_is_told_in_full_and_ends_with_2(tmp_path: Path) -> None:
    """The other stores' findings are printed, and so is the name of what was not reached."""
    with ikas.Sandbox(examples=False) as box:
        variables = fleet_file(tmp_path, box, "acme", "moda", "kitap")
        for name in ("acme", "moda"):
            token = variables[f"{name.upper()}_TOKEN"]
            with ikas.connect(name, access_token=token, base_url=box.base_url) as store:
                store.webhooks.save(f"https://example.com/{name}", ["store/order/created"])
        del variables["KITAP_TOKEN"]
        box.faults.add("missing_permission", store="moda")
        done = run("audit", "--fleet", "stores.toml", "--json", **variables)
    answer = json.loads(done.stdout)
    assert done.returncode == 2
    assert set(answer["unreached"]) == {"moda", "kitap"}
    assert "KITAP_TOKEN is not set" in answer["unreached"]["kitap"]
    assert [row["store"] for row in answer["findings"] if row["rule"] == "scope-unpaired"] == [
        "acme"
    ]


def test_no_secret_is_printed(tmp_path: Path) -> None:
    canary = "s3cretC4nary"
    (tmp_path / "stores.toml").write_text(f'[stores.acme]\naccess_token = "{canary}"')
    refused = run("audit", "--fleet", "stores.toml")
    (tmp_path / "stores.toml").write_text(
        '[stores.acme]\naccess_token = "T"\nbase_url = "http://127.0.0.1:9"'
    )
    tried = run("audit", "--fleet", "stores.toml", T=canary)
    for done in (refused, tried):
        assert done.returncode == 2
        assert canary not in done.stdout + done.stderr


def test_a_fleet_names_its_stores_itself() -> None:
    done = run("audit", "--fleet", "stores.toml", "--store", "acme")
    assert done.returncode == 2
    assert "--fleet names the stores" in done.stderr
    assert "leave out --store" in done.stderr


def test_the_rules_are_listed_without_a_store() -> None:
    """With what they find and what to do, as a table and as JSON."""
    rules = json.loads(run("audit", "--rules", "--json").stdout)
    assert rules == rule_table()
    table = run("audit", "--rules").stdout.splitlines()
    assert table[0].split() == ["name", "severity", "what", "remedy"]
    assert [line.split()[:2] for line in table[1:]] == [
        [rule["name"], rule["severity"]] for rule in rules
    ]


def test_a_log_of_deliveries_is_judged_too(tmp_path: Path) -> None:
    with ikas.Sandbox(examples=False) as box, ikas.connect(box) as store:
        store.webhooks.save(ENDPOINT, ["store/order/created", "store/order/updated"])
        lost = [box.change("order", emit=False) for _ in range(3)]
        with ikas.Receiver(box.client_secret, path=tmp_path / "log.db") as receiver:
            ikas.push(
                receiver.endpoint,
                "store/order/created",
                box.client_secret,
                data={"id": lost[0], "updatedAt": "2020-01-01T00:00:00.000Z"},
            )
        judged = run("audit", "--received", str(tmp_path / "log.db"), "--json", **environment(box))
        assert judged.returncode == 0  # what changed in the last five minutes may be under way
        assert json.loads(judged.stdout)["ok"] is True
        wrong = run("audit", "--received", str(tmp_path / "no.db"), **environment(box))
        assert wrong.returncode == 2
        assert "no.db" in wrong.stderr
