"""Many stores: one frame, failures beside it, plans over all, and what the file refuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.frames.frames import STRING
from ikas_explore.text.progress import Bar
from tests.waiting import until

NAMES = [f"shop-{number:02}" for number in range(20)]
ORDERS = ["store/order/created", "store/order/updated"]
DESIRED = {"https://example.com/{store}": ORDERS}
CANARY = "s3cretC4nary"


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        yield box


def connected(box: ikas.Sandbox, name: str, base_url: str | None = None) -> ikas.Store:
    store = box.add_store(name)
    return ikas.connect(
        name, access_token=store.access_token, base_url=base_url or box.base_url, timeout=1.0
    )


@pytest.fixture
def fleet(box: ikas.Sandbox) -> Iterator[ikas.Fleet]:
    with ikas.Fleet(connected(box, name) for name in NAMES) as fleet:
        yield fleet


def stores_toml(folder: Path, *lines: str) -> Path:
    path = folder / "stores.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


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


def test_a_plan_leaves_stores_alone_that_its_frame_does_not_name() -> None:
    """Also when the ones it names could not be listed, and one other store is left."""
    with ikas.Sandbox(examples=False) as box:
        other = box.add_store("other")
        failing = ikas.connect("failing", access_token="wrong", base_url=box.base_url)
        named = ikas.connect("other", access_token=other.access_token, base_url=box.base_url)
        named.webhooks.save("https://example.com/other", "store/order/created")
        wanted = named.webhooks.list().assign(store="failing")
        with ikas.Fleet([failing, named]) as fleet:
            plan = fleet.plan(wanted, prune=True)
            assert plan.empty
            assert "failing is not in this plan" in plan.notes[0]


def test_a_frame_without_rows_says_nothing_about_a_fleet_of_which_one_store_is_reached(
    box: ikas.Sandbox,
) -> None:
    """With `prune` it would delete all of that store, as if the fleet had no other."""
    with connected(box, "reached") as reached:
        reached.webhooks.save("https://example.com/reached", ORDERS)
        rows = reached.webhooks.list()
        failing = ikas.connect("failing", access_token="wrong", base_url=box.base_url)
        with ikas.Fleet([failing, reached]) as fleet:
            for nothing in (rows.iloc[:0], rows.assign(deleted=True)):
                with pytest.raises(errors.PlanError, match="names no store"):
                    fleet.plan(nothing, prune=True)
            # Its one row that counts is of the store that failed: the other is not named either.
            other = rows.assign(store=["failing", "reached"], deleted=[False, True])
            assert fleet.plan(other, prune=True).empty


def test_what_ends_a_listing_is_told(fleet: ikas.Fleet) -> None:
    def fail(done: int, total: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fleet.list(progress=fail, workers=1)
    assert set(fleet.errors["error"]) == {"ZeroDivisionError"}
    # The call that was under way, before its connection is closed.
    until(lambda: not any(each.name.startswith("gather-") for each in threading.enumerate()))


def test_a_store_in_a_file_that_is_not_in_the_fleet_is_told(
    fleet: ikas.Fleet, tmp_path: Path
) -> None:
    """Its override is meant for a store whose name it misspells, as a rule."""
    name = fleet.names[0]
    path = tmp_path / "desired.toml"
    path.write_text(f'[webhooks]\n[stores.{name}x]\nwithout = "store/*"\n[stores."{name}*"]\n')
    (note,) = fleet.plan(path).notes
    assert f"[stores.{name}x]" in note
    assert f"Did you mean {name!r}" in note


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
    assert view.title == "Webhooks of 19 stores: 2 registered, read-only"
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


@pytest.fixture
def nobody() -> Iterator[socket.socket]:
    with socket.socket() as nobody:
        yield nobody


def test_a_tenth_of_the_stores_failing_hides_no_other(
    box: ikas.Sandbox, nobody: socket.socket
) -> None:
    """Refused, 401, hanging and answering HTML: each is named, all others give their rows."""
    nobody.bind(("127.0.0.1", 0))  # and listens to nobody, so that no other takes the port
    refused = f"http://127.0.0.1:{nobody.getsockname()[1]}"
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


def test_a_plan_over_all_stores_is_empty_after_it_was_applied(
    box: ikas.Sandbox, fleet: ikas.Fleet
) -> None:
    plan = fleet.plan(DESIRED)
    assert plan.changes["action"].tolist() == ["create"] * 40
    before = box.calls
    outcome = plan.apply()
    assert set(outcome["outcome"]) == {"saved"}
    # Per store: one list before the first write, one save, one list after it.
    assert box.calls - before == {"listWebhook": 40, "saveWebhook": 20}
    assert fleet.plan(DESIRED).empty
    assert fleet.plan(DESIRED, prune=True).empty


def test_the_text_of_a_plan_shows_the_stores_in_which_something_changes(fleet: ikas.Fleet) -> None:
    """Two of twenty: nobody reads two hundred lines to find them."""
    fleet.plan(DESIRED).apply()
    for name in ("shop-04", "shop-16"):
        fleet.stores[name].webhooks.delete("store/order/created")
    lines = fleet.plan(DESIRED).text().splitlines()
    assert lines == [
        "shop-04",
        "  + store/order/created  https://example.com/shop-04",
        "    store/order/updated  https://example.com/shop-04",
        "shop-16",
        "  + store/order/created  https://example.com/shop-16",
        "    store/order/updated  https://example.com/shop-16",
        "Nothing to change in 18 stores: shop-00, shop-01, shop-02, shop-03, shop-05, shop-06, "
        "shop-07, shop-08, shop-09, shop-10 and 8 more",
        "2 to create, 38 kept",
    ]


def test_undo_takes_back_one_apply_in_all_stores(box: ikas.Sandbox, fleet: ikas.Fleet) -> None:
    fleet.plan({"https://old.example.com/{store}": ORDERS}).apply()
    before = fleet.list()
    fleet.plan(DESIRED).apply()
    undone = fleet.undo()
    assert undone is not None
    assert str(undone) == str(fleet.undo())  # looking takes nothing
    assert len(undone.reverts) == len(NAMES)
    calls = box.calls
    undone.apply()
    assert (box.calls - calls)["saveWebhook"] == len(NAMES)
    assert ikas.diff(before, fleet.list()).empty
    with pytest.raises(errors.PlanError, match="taken back already"):
        undone.apply()
    undone = fleet.undo()
    assert undone is not None
    undone.apply()
    assert fleet.list().empty
    assert fleet.undo() is None


def test_undo_takes_no_argument_any_more(fleet: ikas.Fleet) -> None:
    for undo in (fleet.undo, fleet.stores["shop-00"].webhooks.undo):
        with pytest.raises(errors.InvalidArgumentError, match="it only looks now"):
            undo(take=False)


def test_undo_takes_back_what_was_written_through_a_single_store(fleet: ikas.Fleet) -> None:
    """Whatever wrote last: the plan before it is not taken back in its place."""
    fleet.plan(DESIRED).apply()
    wanted = fleet.list()
    fleet.stores["shop-04"].webhooks.delete(ORDERS)
    fleet.stores["shop-09"].webhooks.save("https://other.example.com/", ORDERS[0])
    for store in ("shop-09", "shop-04"):
        looked_at, undone = fleet.undo(), fleet.undo()
        assert looked_at is not None
        assert undone is not None
        assert str(looked_at) == str(undone)
        assert set(undone.changes["store"]) == {store}
        undone.apply()
    assert ikas.diff(wanted, fleet.list()).empty
    last = fleet.undo()  # the plan's own writes are next
    assert last is not None
    assert last.changes["action"].tolist() == ["delete"] * 40


def test_a_store_has_one_journal_whoever_writes_to_it(fleet: ikas.Fleet) -> None:
    """The store itself, its form and the fleet: each takes back what another wrote."""
    store = fleet.stores["shop-04"]
    store.webhooks.save("https://first.example.com/", ORDERS)
    fleet.plan(DESIRED).apply()
    form = store.webhooks.manager(language="en")
    form.click("undo")
    assert set(store.webhooks.list()["endpoint"]) == {"https://first.example.com/"}
    own = store.webhooks.undo()
    assert own is not None
    own.apply()
    assert store.webhooks.list().empty
    rest = fleet.undo()
    assert rest is not None
    assert set(rest.changes["store"]) == {*NAMES} - {"shop-04"}


def test_two_connections_share_no_journal(box: ikas.Sandbox) -> None:
    with connected(box, "acme") as one, ikas.connect(box) as other:
        one.webhooks.save("https://example.com/", ORDERS)
        assert one.webhooks.undo() is not None
        assert other.webhooks.undo() is None


SET_BACK = """
import ikas_explore as ikas
from tests.chaos import clock
clock.install()
with ikas.Sandbox(examples=False) as box:
    added = [box.add_store(name) for name in ("acme", "kitap", "moda")]
    fleet = ikas.Fleet(
        ikas.connect(each.name, access_token=each.access_token, base_url=box.base_url)
        for each in added
    )
    with fleet:
        for name, hours in (("moda", 0), ("acme", -1), ("kitap", -2)):
            clock.jump(hours * 3600)
            fleet.stores[name].webhooks.save("https://example.com/", "store/order/created")
        while (undone := fleet.undo()) is not None:
            print(*undone.changes["store"])
            undone.apply()
"""


def test_undo_takes_the_last_write_though_the_clock_was_set_back() -> None:
    """In a process of its own, whose clock is."""
    environment = {name: each for name, each in os.environ.items() if name != "IKAS_JOURNAL"}
    done = subprocess.run(
        [sys.executable, "-c", SET_BACK],
        cwd=Path(__file__).parents[1],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["kitap", "acme", "moda"]


def test_a_plan_tells_of_the_stores_it_leaves_out(box: ikas.Sandbox, fleet: ikas.Fleet) -> None:
    """A frame that names one of them is not refused for it."""
    fleet.plan(DESIRED).apply()
    wanted = fleet.list()
    box.faults.add("expired_token", store="shop-05")
    plan = fleet.plan(wanted)
    assert plan.empty
    assert "shop-05" not in set(plan.changes["store"])
    assert plan.notes[0].startswith("shop-05 is not in this plan: ")
    box.faults.add("expired_token")
    with pytest.raises(errors.PlanError, match="No store could be listed"):
        fleet.plan(DESIRED)


def test_a_plan_is_for_one_host(box: ikas.Sandbox) -> None:
    """Listing is for any; the second host is a sandbox that could be taken for the first."""
    with ikas.Sandbox() as other, ikas.Fleet([connected(box, "a"), connected(other, "b")]) as fleet:
        assert fleet.list().empty
        with pytest.raises(errors.InvalidArgumentError, match="one base URL"):
            fleet.plan(DESIRED)


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


def test_a_file_names_stores_and_where_their_secrets_are(
    box: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the environment or .env; one pool of connections; a store's own lines win."""
    acme, moda, kitap = (box.add_store(name) for name in ("acme", "moda-ev", "kitap"))
    monkeypatch.setenv("ACME_CLIENT_ID", acme.client_id)
    monkeypatch.setenv("ACME_CLIENT_SECRET", acme.client_secret)
    monkeypatch.setenv("KITAP_TOKEN", kitap.access_token)
    (tmp_path / ".env").write_text(
        f"MODA_EV_CLIENT_ID={moda.client_id}\nMODA_EV_CLIENT_SECRET={moda.client_secret}\n"
    )
    path = stores_toml(
        tmp_path,
        f'base_url = "{box.base_url}"',
        'client_id = "{STORE}_CLIENT_ID"',
        'client_secret = "{STORE}_CLIENT_SECRET"',
        "[stores.acme]",
        "[stores.moda-ev]",
        'api_version = "v2"',
        "[stores.kitap]",
        'access_token = "KITAP_TOKEN"',
        'client_id = "ACME_CLIENT_ID"',
        'client_secret = "ACME_CLIENT_SECRET"',
    )
    with ikas.Fleet.from_file(path) as fleet:
        assert repr(fleet) == f"<Fleet of 3 stores at {box.base_url}>"
        assert fleet.names == ["acme", "kitap", "moda-ev"]
        outcome = fleet.plan(DESIRED).apply()
        assert set(outcome["outcome"]) == {"saved"}
        assert fleet.stores["moda-ev"].api_version == "v2"
        assert fleet.list().attrs["api_version"] is None  # two versions
        assert len({id(store.client._http) for store in fleet.stores.values()}) == 1
    with pytest.raises(errors.TransportError, match="fleet is closed"):
        fleet.list()


def test_a_variable_that_is_wrong_or_not_set_fails_its_store_only(
    box: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_TOKEN", box.add_store("acme").access_token)
    monkeypatch.setenv("KITAP_TOKEN", f"{CANARY}\nğ")
    path = stores_toml(
        tmp_path,
        f'base_url = "{box.base_url}"',
        'access_token = "{STORE}_TOKEN"',
        "[stores.acme]",
        "[stores.moda]",
        "[stores.kitap]",
    )
    with ikas.Fleet.from_file(path) as fleet:
        with pytest.warns(UserWarning, match="2 stores were not listed: kitap, moda") as warned:
            fleet.list()
        assert [each.filename for each in warned] == [__file__]  # one, at the reader's line
        assert fleet.errors["store"].tolist() == ["kitap", "moda"]
        assert fleet.errors["error"][1] == "CredentialsError"
        assert "MODA_TOKEN is not set" in fleet.errors["message"][1]
        assert CANARY not in fleet.errors.to_csv()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["[stores.acme"], "cannot be read"),
        ([], "names no store"),
        (["[stores]"], "names no store"),
        (['[stores.acme]\ntoken = "T"'], "no 'token' in \\[stores.acme\\]"),
        (['acces_token = "T"\n[stores.acme]'], "no 'acces_token' in the file. Did you mean"),
        (["[stores.acme]"], "nothing to log in with"),
        (['client_id = "A"\n[stores.acme]'], "nothing to log in with"),
        (["[stores]\nacme = 1"], "is a table"),
        (['[stores."My Shop"]\naccess_token = "T"'], "not a store name"),
        (['[stores.acme]\naccess_token = "T"\napi_version = "v3"'], "no API version 'v3'"),
        (['[stores.acme]\naccess_token = "T"\nbase_url = 1'], "'base_url' in .* is text"),
        (['[stores.acme]\naccess_token = "T"\nbase_url = "http://x.example"'], "in clear"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_right_is_refused(
    lines: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=message) as raised:
        ikas.Fleet.from_file(stores_toml(tmp_path, *lines))
    assert "stores.toml" in str(raised.value)


@pytest.mark.parametrize(
    "secret",
    [
        CANARY,
        f"s_{CANARY}",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
        "331f40ad-58a5-4b25-b060-15e6ce57fc9f",
        "0123456789abcdef0123456789abcdef",
        "A1B2C3D4E5F6A7B8C9D0E1F2",
        "",
        7,
    ],
)
@pytest.mark.parametrize("table", ["", "[stores.acme]"], ids=["shared", "own"])
def test_a_secret_in_the_file_is_refused_and_not_shown(
    secret: object, table: str, tmp_path: Path
) -> None:
    value = f'"{secret}"' if isinstance(secret, str) else secret
    lines = [f"client_secret = {value}", 'client_id = "A"']
    path = stores_toml(tmp_path, *([table, *lines] if table else [*lines, "[stores.acme]"]))
    with pytest.raises(errors.InvalidArgumentError, match="Secrets do not belong") as raised:
        ikas.Fleet.from_file(path)
    assert "ACME_CLIENT_SECRET" in str(raised.value)
    assert raised.value.__context__ is None or str(secret) not in str(raised.value.__context__)
    if secret and isinstance(secret, str):
        assert secret not in str(raised.value)


def test_fleets_write_to_the_journal_that_is_named(
    box: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So another process, or the store by itself, can take a write back."""
    monkeypatch.setenv("IKAS_JOURNAL", str(tmp_path / "journal.jsonl"))
    with ikas.Fleet([connected(box, "acme")]) as fleet:
        fleet.plan(DESIRED).apply()
        undone = fleet.stores["acme"].webhooks.undo()
        assert undone is not None
        undone.apply()
        assert fleet.list().empty
        assert fleet.undo() is None


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


def test_threads_end_with_the_listing(fleet: ikas.Fleet) -> None:
    fleet.list(workers=8)
    assert [each.name for each in threading.enumerate() if each.name.startswith("gather")] == []


def test_a_bar_shows_in_a_terminal_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Bar("stores", delay=0) as bar:
        bar(1, 4)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Bar("stores", delay=0) as bar:
        bar(1, 4)
        assert "[#######.......................] 1 of 4 stores" in capsys.readouterr().err
    assert capsys.readouterr().err == "\r\x1b[K"
    with Bar("stores", delay=60) as bar:
        bar(1, 4)
    assert capsys.readouterr().err == ""


def test_a_bar_shows_in_a_notebook_and_is_gone_at_the_end() -> None:
    """In a real kernel: drawn, then drawn empty in its place."""
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_notebook

    cell = new_code_cell(
        "from ikas_explore.text.progress import Bar\n"
        "bar = Bar('stores', delay=0)\nbar(1, 4)\nprint('shown')"
    )
    notebook = new_notebook(cells=[cell, new_code_cell("bar.close()")])
    seen: list[str] = []
    client = NotebookClient(
        notebook,
        timeout=60,
        on_cell_executed=lambda **_: seen.append(
            str([output.get("data", {}).get("text/html") for output in cell_outputs()])
        ),
    )

    def cell_outputs() -> list[dict[str, dict[str, str]]]:
        outputs: list[dict[str, dict[str, str]]] = notebook.cells[0].outputs
        return outputs

    client.execute()
    assert '<progress value="1" max="4"></progress> 1 of 4 stores' in seen[0]
    assert "progress" not in seen[1]


def test_the_cell_that_breaks_stores_refuses_any_but_its_own(
    box: ikas.Sandbox, fleet: ikas.Fleet
) -> None:
    """The notebook on audits can be run on a real store, which must not be touched."""
    notebook = Path(__file__).parents[1] / "notebooks" / "03_audit.ipynb"
    cells = ["".join(cell["source"]) for cell in json.loads(notebook.read_text("utf-8"))["cells"]]
    [cell] = [each for each in cells if "def break_things" in each]
    with ikas.Sandbox() as another, pytest.raises(RuntimeError, match="own sandbox only"):
        exec(cell, {"fleet": fleet, "box": another})
    assert not box.calls
