"""Plans against a sandbox over HTTP, in both API versions."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import ikas_explore as ikas
from ikas_explore.manage.changes import diff
from ikas_explore.manage.journal import Journal
from tests.manage.registries import StoreRegistry, make_plan, undo
from tests.waiting import until

HERE = "https://example.com/ikas"
ROOT = Path(__file__).parents[2]


def test_plan_apply_and_undo_go_through_ikas(store: ikas.Store, tmp_path: Path) -> None:
    registries = {store.name: StoreRegistry(store)}
    journal = Journal(tmp_path / "journal", base_url=store.base_url)
    before = store.webhooks.list()
    (tmp_path / "desired.toml").write_text(
        f'[webhooks]\n"{HERE}/{{store}}" = ["store/order/*", "store/customer/created"]\n'
    )
    plan = make_plan(tmp_path / "desired.toml", registries, prune=True, journal=journal)
    report = plan.apply()
    assert dict(zip(report["scope"], report["outcome"], strict=True)) == {
        "store/customer/created": "saved",
        "store/customer/updated": "deleted",
        "store/order/created": "saved",
        "store/order/updated": "saved",
    }
    after = store.webhooks.list()
    assert set(after["endpoint"]) == {f"{HERE}/{store.name}"}
    assert make_plan(tmp_path / "desired.toml", registries, prune=True).empty
    while (reverting := undo(journal, registries)) is not None:
        reverting.apply()
    assert diff(before, store.webhooks.list()).empty


def test_another_writer_during_apply_is_found_on_read_back(store: ikas.Store) -> None:
    """The other writer is a second connection to the same sandbox."""
    assert store.sandbox is not None
    thief = ikas.connect(store.sandbox)
    registry = StoreRegistry(store)

    def save_and_lose(endpoint: str, scopes: list[str], **more: object) -> object:
        saved = store.webhooks.save(endpoint, scopes)
        thief.webhooks.save("https://thief.example/", "store/order/created")
        return saved

    registry.save = save_and_lose  # type: ignore[assignment]
    journal = Journal()
    plan = make_plan({HERE: "store/order/*"}, {store.name: registry}, journal=journal)
    report = plan.apply()
    thief.close()
    assert report["outcome"].tolist() == ["conflict", "saved"]
    assert "https://thief.example/" in report["error"].tolist()[0]
    assert len(journal.entries()) == 1


def test_ctrl_c_in_a_real_process_leaves_a_report_and_a_journal(tmp_path: Path) -> None:
    """A real SIGINT, while the second of three saves waits for its answer."""
    program = """if True:
        import sys
        import ikas_explore as ikas
        from ikas_explore.manage.journal import Journal
        from tests.manage.registries import StoreRegistry, make_plan
        base_url, access_token, path = sys.argv[1:]
        store = ikas.connect("sandbox", base_url=base_url, access_token=access_token)
        registries = {store.name: StoreRegistry(store)}
        names = ("order", "product", "stock")
        desired = {f"https://{name}.example/": f"store/{name}/created" for name in names}
        plan = make_plan(desired, registries, journal=Journal(path))
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            plan.apply()
        except KeyboardInterrupt:
            print(plan.report[["scope", "outcome", "error"]].to_json(orient="records"))
    """
    with ikas.Sandbox(examples=False) as sandbox, ikas.connect(sandbox) as store:
        path = tmp_path / "journal"
        process = subprocess.Popen(
            [sys.executable, "-c", program, sandbox.base_url, sandbox.access_token, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        sandbox.faults.add("latency", seconds=0.3)
        process.stdin.write("\n")
        process.stdin.flush()
        until(lambda: len(Journal(path).entries()) >= 2)
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=30)
        sandbox.faults.clear()
        there = set(store.webhooks.list()["scope"])
    rows = json.loads(told)
    # Cut off while it waited, the second save may or may not have arrived; the report knows.
    assert {row["scope"] for row in rows if row["outcome"] == "saved"} == there
    assert "store/order/created" in there
    assert "store/stock/created" not in there
    assert rows[2]["error"] == "not sent: interrupted"
    assert [list(entry.after) for entry in Journal(path).entries()] == [
        ["store/order/created"],
        ["store/product/created"],
    ]
