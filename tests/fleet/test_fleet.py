"""Many stores: one frame, and failures beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.frames.frames import STRING
from tests.fleet.stores import CANARY, DESIRED, NAMES, ORDERS, connected, stores_toml
from tests.waiting import until


def test_what_is_no_store_is_refused(fleet: ikas.Fleet) -> None:
    store = next(iter(fleet.stores.values()))
    assert ikas.Fleet(store).names == [store.name]  # type: ignore[arg-type]
    for given in (["acme"], None, "acme", [store, None]):
        with pytest.raises(errors.InvalidArgumentError, match="made of stores"):
            ikas.Fleet(given)  # type: ignore[arg-type]


def test_a_closed_fleet_says_so(fleet: ikas.Fleet) -> None:
    """Its stores would fail one by one, and the frame be empty."""
    fleet.close()
    for call in (fleet.list, fleet.audit, fleet.manager, lambda: fleet.plan({})):
        with pytest.raises(errors.TransportError, match="fleet is closed"):
            call()


def test_what_ends_a_listing_is_told(fleet: ikas.Fleet) -> None:
    def fail(done: int, total: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fleet.list(progress=fail, workers=1)
    assert set(fleet.errors["error"]) == {"ZeroDivisionError"}
    # The call that was under way, before its connection is closed.
    until(lambda: not any(each.name.startswith("gather-") for each in threading.enumerate()))


def test_all_stores_are_one_webhook_frame(fleet: ikas.Fleet) -> None:
    """Columns and dtypes are a single store's, with rows and without."""
    alone = fleet.stores["shop-00"].webhooks
    assert fleet.list().dtypes.to_dict() == alone.list().dtypes.to_dict()
    fleet.plan(DESIRED).apply()
    frame = fleet.list()
    assert frame.dtypes.to_dict() == alone.list().dtypes.to_dict()
    assert frame["store"].tolist() == [name for name in NAMES for _ in ORDERS]
    assert frame["scope"].tolist() == ORDERS * len(NAMES)
    assert frame["endpoint"].iloc[-1] == "https://example.com/shop-19"
    assert frame.attrs["api_version"] == "v1"
    assert fleet.errors.shape == (0, 3)
    assert set(map(str, fleet.errors.dtypes)) == {STRING}


def test_the_manager_shows_all_stores_and_names_those_that_failed(
    box: ikas.Sandbox, fleet: ikas.Fleet
) -> None:
    """Stores without a webhook too; one that did not answer is not taken for an empty one."""
    fleet.stores["shop-07"].webhooks.save("https://example.com/shop-07", ORDERS)
    box.faults.add("expired_token", store="shop-05")
    before = box.calls
    view = fleet.manager(language="en")
    assert box.calls - before == {"listWebhook": len(NAMES)}
    assert view.title == "Webhooks of 19 stores: 2 registered"
    assert view.frame["store"].unique().tolist() == [name for name in NAMES if name != "shop-05"]
    assert view.message.startswith("1 store could not be listed and is not shown: shop-05.\n")
    assert "The access token is missing, wrong or expired" in view.message
    view.fill(filter="no webhook example.com")
    assert view.frame.empty
    view.fill(filter="shop-07 store/order")
    assert view.frame["scope"].tolist() == ORDERS
    box.faults.clear()
    assert fleet.manager(language="tr").message == ""


def test_one_call_a_store(box: ikas.Sandbox, fleet: ikas.Fleet) -> None:
    fleet.list(workers=4)
    assert box.calls == {"listWebhook": len(NAMES)}


def test_progress_is_told_of_every_store(fleet: ikas.Fleet) -> None:
    told: list[tuple[int, int]] = []
    fleet.list(progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 20) for number in range(1, 21)]


def test_a_look_at_the_fleet_while_it_lists_takes_nothing_away(fleet: ikas.Fleet) -> None:
    """The last result stands until the new one is there, which then is whole."""
    fleet.plan(DESIRED).apply()
    seen: list[tuple[int, int]] = []

    def look(done: int, total: int) -> None:
        seen.append((len(fleet.listed), len(fleet.errors)))

    assert len(fleet.list(progress=look)) == 40
    assert seen == [(0, 0)] * 20
    fleet.stores["shop-07"].webhooks.delete(ORDERS)
    assert len(fleet.list(progress=look)) == 38
    assert seen[20:] == [(40, 0)] * 20
    assert len(fleet.listed) == 38
    assert fleet.errors.empty


def test_a_list_that_is_refused_keeps_the_last_result(box: ikas.Sandbox, fleet: ikas.Fleet) -> None:
    box.faults.add("expired_token", store="shop-05")
    fleet.plan(DESIRED).apply()
    with pytest.warns(UserWarning, match=r"^1 store was not listed: shop-05\. fleet.errors says"):
        listed = fleet.list()
    assert repr(fleet) == f"<Fleet of 20 stores, 1 not reached: shop-05, at {box.base_url}>"
    for refused in (fleet.list, fleet.audit, fleet.manager):
        with pytest.raises(errors.InvalidArgumentError, match="workers"):
            refused(workers=0)
    assert fleet.listed is listed
    assert fleet.errors["store"].tolist() == ["shop-05"]


def test_a_tenth_of_the_stores_failing_hides_no_other(box: ikas.Sandbox, closed_port: int) -> None:
    """Refused, 401, hanging and answering HTML: each is named, all others give their rows."""
    refused = f"http://127.0.0.1:{closed_port}"
    names = [f"shop-{number:02}" for number in range(40)]
    stores = [connected(box, name, refused if name == "shop-03" else None) for name in names]
    with ikas.Fleet(stores) as fleet:
        for name, store in fleet.stores.items():
            if name != "shop-03":
                store.webhooks.save(f"https://example.com/{name}", ORDERS)
        box.faults.add("expired_token", store="shop-11", status=401)
        box.faults.add("hang", store="shop-17", seconds=30)
        box.faults.add("server_error", store="shop-38", status=502)
        audited = fleet.audit()
        failed = fleet.errors.set_index("store")
        assert sorted(set(names) - set(fleet.listed["store"])) == failed.index.tolist()
        assert failed["error"].to_dict() == {
            "shop-03": "TransportError",
            "shop-11": "LoginRequiredError",
            "shop-17": "TransportError",
            "shop-38": "ResponseError",
        }
        assert all(name in why for name, why in failed["message"].items())
        assert "refused" in failed["message"]["shop-03"]
        assert "no answer in time" in failed["message"]["shop-17"]
        assert "text/html" in failed["message"]["shop-38"]
        assert not audited.ok
        assert audited.exit_code("error") == 2
        assert list(audited.unreached) == failed.index.tolist()
        assert len(audited.stores) == 36


def test_an_audit_covers_stores_without_webhooks(fleet: ikas.Fleet) -> None:
    fleet.stores["shop-07"].webhooks.save("https://example.com/shop-07", ORDERS)
    audited = fleet.audit({"required": "store/order/created"})
    missing = audited.findings.query("rule == 'scope-missing'")
    assert sorted(missing["store"]) == [name for name in NAMES if name != "shop-07"]
    assert audited.coverage().shape == (20, 11)


def test_what_no_fleet_can_be() -> None:
    with pytest.raises(errors.InvalidArgumentError, match="at least one store"):
        ikas.Fleet([])
    with ikas.connect("sandbox") as store:
        other = ikas.connect("sandbox", access_token="t", base_url=store.base_url)
        with other, pytest.raises(errors.InvalidArgumentError, match="named 'sandbox'"):
            ikas.Fleet([store, other])
        for workers in (0, 101, 2.5):
            with pytest.raises(errors.InvalidArgumentError, match="workers"):
                ikas.Fleet([store]).list(workers=workers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (ZeroDivisionError("s3cretC4nary"), "acme: unexpected ZeroDivisionError."),
        (RecursionError(), "acme: unexpected RecursionError."),
        (MemoryError(), "acme: unexpected MemoryError."),
        (OSError(24, "Too many open files"), "acme: unexpected OSError (Too many open files)."),
    ],
)
def test_a_failure_of_any_kind_is_one_stores(
    box: ikas.Sandbox, mistake: Exception, said: str
) -> None:
    """Listing, auditing, planning, applying and undoing go on with the other stores."""
    broken = threading.Event()

    def crash(request: httpx.Request) -> httpx.Response:
        if broken.is_set():
            raise mistake
        return httpx.Response(200, json={"data": {"listWebhook": []}})

    transport = httpx.MockTransport(crash)
    store = ikas.connect("acme", access_token="t", base_url=box.base_url, transport=transport)
    with ikas.Fleet([store, connected(box, "moda")]) as fleet:
        plan = fleet.plan(DESIRED)
        broken.set()
        report = plan.apply()
        assert report["outcome"].tolist() == ["failed"] * 2 + ["saved"] * 2
        assert said.removeprefix("acme: ").rstrip(".") in report["error"][0]
        with pytest.warns(UserWarning, match="1 store was not listed: acme"):
            assert set(fleet.list()["store"]) == {"moda"}
        assert fleet.errors["message"].tolist() == [said]
        assert list(fleet.audit().unreached) == ["acme"]
        assert fleet.plan(DESIRED).empty
        assert CANARY not in repr((fleet.errors.to_csv(), report.to_csv()))
        undone = fleet.undo()
        assert undone is not None
        undone.apply()
        assert fleet.stores["moda"].webhooks.list().empty


def test_a_mistake_of_ours_is_not_taken_for_a_stores_failure(box: ikas.Sandbox) -> None:
    """Where no other store has to go on."""

    def crash(request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    store = ikas.connect("acme", access_token="t", transport=httpx.MockTransport(crash))
    with ikas.Fleet([store]) as fleet, pytest.raises(ZeroDivisionError):
        fleet.list()


NO_HANDLES = """
import os, resource, warnings
import ikas_explore as ikas
warnings.simplefilter("ignore")
fleet = ikas.Fleet.from_file("stores.toml")
wanted = {"https://example.com/{store}": "store/order/*"}
plan = fleet.plan({"https://other.example.com/{store}": "store/order/*"})
for store in fleet.stores.values():  # new connections from here on
    store.client._http._transport.close()
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")), 4096))
for call in (fleet.list, plan.apply, fleet.undo, lambda: fleet.plan(wanted)):
    try:
        call()
        print("returned")
    except ikas.IkasError as error:
        print(type(error).__name__)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts handles as Linux does")
def test_without_file_handles_errors_are_ours(box: ikas.Sandbox, tmp_path: Path) -> None:
    environment = {**os.environ, "IKAS_JOURNAL": str(tmp_path / "journal.jsonl")}
    lines = [f'base_url = "{box.base_url}"', 'access_token = "{STORE}_TOKEN"']
    for name in ("acme", "kitap", "moda"):
        environment[f"{name.upper()}_TOKEN"] = box.add_store(name).access_token
        lines.append(f"[stores.{name}]")
    stores_toml(tmp_path, *lines)
    done = subprocess.run(
        [sys.executable, "-c", NO_HANDLES],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 4), done.stderr


INTERRUPTED = """
import sys, ikas_explore as ikas
fleet = ikas.Fleet.from_file("stores.toml", timeout=60)
done = []
try:
    fleet.list(workers=2, progress=lambda *told: (done.append(told), print(told, flush=True)))
except KeyboardInterrupt as interrupt:
    print("kept", fleet.listed["store"].nunique(), len(fleet.errors))
    print("hung", "hung" in set(fleet.errors["store"]))
    print(interrupt.__notes__)
"""


def test_ctrl_c_keeps_what_was_fetched(box: ikas.Sandbox, tmp_path: Path) -> None:
    """In a process of its own: at once, though one store hangs for a minute."""
    environment = dict(os.environ)
    lines = [f'base_url = "{box.base_url}"', 'access_token = "{STORE}_TOKEN"', "[stores.hung]"]
    for name in ["hung", *NAMES]:
        store = box.add_store(name)
        environment[f"{name.upper().replace('-', '_')}_TOKEN"] = store.access_token
        if name != "hung":
            lines.append(f"[stores.{name}]")
            with connected(box, name) as each:
                each.webhooks.save("https://example.com/", ORDERS)
    box.faults.add("hang", store="hung", seconds=60)
    stores_toml(tmp_path, *lines)
    command = [sys.executable, "-c", INTERRUPTED]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("(20,"):
                break
        process.send_signal(signal.SIGINT)
        kept, hung, notes = process.stdout.read().splitlines()
        assert process.wait(20) == 0
    assert kept == "kept 20 1"
    assert hung == "hung True"
    assert "20 of 21 stores were listed before the interrupt" in notes


def test_where_the_system_gives_few_threads_those_list_all_stores(
    fleet: ikas.Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, start = iter(range(2)), threading.Thread.start

    def started(thread: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", started)
    fleet.list()
    assert fleet.errors.empty


def test_threads_end_with_the_listing(fleet: ikas.Fleet) -> None:
    fleet.list(workers=8)
    assert [each.name for each in threading.enumerate() if each.name.startswith("gather")] == []


def test_the_cell_that_breaks_stores_refuses_any_but_its_own(
    box: ikas.Sandbox, fleet: ikas.Fleet
) -> None:
    """The notebook on audits can be run on a real store, which must not be touched."""
    notebook = Path(__file__).parents[2] / "notebooks" / "03_audit.ipynb"
    cells = ["".join(cell["source"]) for cell in json.loads(notebook.read_text("utf-8"))["cells"]]
    [cell] = [each for each in cells if "def break_things" in each]
    with ikas.Sandbox() as another, pytest.raises(RuntimeError, match="own sandbox only"):
        exec(cell, {"fleet": fleet, "box": another})
    assert not box.calls
