"""What a store's lists show as changed and nobody received: found, sent again, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, SignatureError, StorageError

SCOPES = [f"store/{kind}/{event}" for kind in ("order", "customer", "product", "stock")
          for event in ("created", "updated")]  # fmt: skip
LONG_AGO = "2020-01-01"


class World:
    """A shop, its receiver, and a store that is registered for everything."""

    def __init__(self, sandbox: ikas.Sandbox, receiver: ikas.Receiver, store: ikas.Store) -> None:
        self.sandbox, self.receiver, self.store = sandbox, receiver, store
        store.webhooks.save(receiver.endpoint, SCOPES)

    def missed(self, received: Any = None, **arguments: Any) -> Any:
        self.sandbox.settle(timeout=30)
        given = {"since": LONG_AGO, "grace": 0, **arguments}
        return self.store.webhooks.missed(self.receiver if received is None else received, **given)


@pytest.fixture
def world() -> Iterator[World]:
    with (
        ikas.Sandbox(seed=8, examples=False, retry_delays=(0.01,)) as sandbox,
        ikas.Receiver(sandbox.client_secret) as receiver,
        ikas.connect(sandbox) as store,
    ):
        yield World(sandbox, receiver, store)


def test_an_outage_is_found_and_what_arrived_is_not_in_it(world: World) -> None:
    arrived = [world.sandbox.change(kind) for kind in ("order", "customer", "product", "stock")]
    lost = [
        world.sandbox.change(kind, emit=False) for kind in ("order", "customer", "product", "stock")
    ]
    world.sandbox.change("order", arrived[0], emit=False, status="CANCELLED")
    gap = world.missed()
    assert set(gap.frame["id"]) == {*lost, arrived[0]}
    assert gap.frame.columns.tolist() == [
        "store", "scope", "id", "updated_at", "last_received_at", "lag",
    ]  # fmt: skip
    scopes = dict(zip(gap.frame["id"], gap.frame["scope"], strict=True))
    assert scopes[arrived[0]] == "store/order/updated"
    assert scopes[lost[1]] == "store/customer/created"
    assert gap.frame["last_received_at"].notna().sum() == 1
    assert (gap.frame["lag"] >= pd.Timedelta(0)).all()
    assert "deletions" in gap.not_visible
    assert "order" in repr(gap)


def test_nothing_missing_is_a_frame_of_the_same_columns(world: World) -> None:
    world.sandbox.change("order")
    gap = world.missed()
    assert len(gap) == 0
    assert str(gap.frame["updated_at"].dtype) == "datetime64[ms, UTC]"
    assert repr(gap) == (
        f"<Missed: nothing is missing from {gap.since:%Y-%m-%d %H:%M} "
        f"to {gap.until:%Y-%m-%d %H:%M} UTC>"
    )


def test_redelivery_closes_the_gap(world: World) -> None:
    lost = [world.sandbox.change("order", emit=False) for _ in range(3)]
    gap = world.missed()
    dry = gap.redeliver(world.receiver.endpoint, world.sandbox.client_secret, dry_run=True)
    assert dry["object_id"].tolist() == gap.frame["id"].tolist()
    assert world.receiver.deliveries().empty
    sent = gap.redeliver(world.receiver.endpoint, world.sandbox.client_secret, limit=1)
    assert sent["status_code"].tolist() == [200]
    assert len(world.missed()) == 2
    sent = world.missed().redeliver(world.receiver.endpoint, world.sandbox.client_secret)
    assert len(sent) == 2
    assert dry.columns.tolist() == sent.columns.tolist()
    assert len(world.missed()) == 0
    received = world.receiver.deliveries()
    assert received["id"].str.startswith("synthetic-").all()
    assert received["signature_ok"].all()
    order = json.loads(received["data"].iloc[0])
    assert order["id"] in lost
    assert order["orderLineItems"][0]["variant"]["sku"]
    assert isinstance(order["updatedAt"], int)  # as the list gives it


def test_a_mistake_sends_nothing(world: World) -> None:
    world.sandbox.change("order", emit=False)
    gap = world.missed()
    with pytest.raises(InvalidArgumentError, match="https"):
        gap.redeliver("http://example.com/", "secret")
    with pytest.raises(SignatureError):
        gap.redeliver(world.receiver.endpoint, "")
    for wrong in ({"limit": -1}, {"limit": "2"}, {"dry_run": "yes"}):
        with pytest.raises(InvalidArgumentError):
            gap.redeliver(world.receiver.endpoint, "secret", **wrong)
    assert world.receiver.deliveries().empty


def test_forged_deliveries_cover_nothing(world: World) -> None:
    order = world.sandbox.change("order", emit=False)
    data = {"id": order, "updatedAt": "2099-01-01T00:00:00.000Z"}
    ikas.push(
        world.receiver.endpoint, "store/order/created", "another secret", data=data, max_attempts=1
    )
    assert world.missed().frame["id"].tolist() == [order]
    ikas.push(
        world.receiver.endpoint, "store/order/created", world.sandbox.client_secret, data=data
    )
    assert len(world.missed()) == 0


def test_a_late_delivery_of_an_old_state_does_not_cover_a_newer_one(world: World) -> None:
    order = world.sandbox.change("order")
    world.sandbox.settle(timeout=30)
    world.sandbox.change("order", order, emit=False, status="CANCELLED")
    world.receiver.replay()  # the old bytes again, after the change
    assert world.missed().frame["id"].tolist() == [order]


def test_a_table_of_ones_own_will_do(world: World) -> None:
    order = world.sandbox.change("order", emit=False)
    now = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    own = pd.DataFrame(
        {"scope": ["store/order/created"], "object_id": [order], "received_at": [now]}
    )
    assert len(world.missed(own)) == 0
    assert "clocks" in world.missed(own).not_visible
    early = own.assign(received_at=[now - dt.timedelta(days=1)])
    assert world.missed(early).frame["id"].tolist() == [order]
    assert len(world.missed(early.assign(object_updated_at=[now]))) == 0
    assert len(world.missed(own.assign(signature_ok=[False]))) == 1
    assert len(world.missed(own.assign(received_at=[now.isoformat()]))) == 0


@pytest.mark.parametrize("scope", ["store/app/deleted", "a/b", None])
def test_deliveries_of_other_kinds_and_none_at_all_cover_nothing(
    world: World, scope: str | None
) -> None:
    order = world.sandbox.change("order", emit=False)
    row = {"scope": scope, "object_id": order, "received_at": dt.datetime.now(dt.UTC)}
    for rows in ([row], []):
        own = pd.DataFrame(rows, columns=["scope", "object_id", "received_at"])
        assert world.missed(own).frame["id"].tolist() == [order]


def test_the_log_of_a_receiver_that_is_closed_is_read(tmp_path: Path) -> None:
    with ikas.Sandbox(seed=9, examples=False) as sandbox, ikas.connect(sandbox) as store:
        with ikas.Receiver(sandbox.client_secret, path=tmp_path / "log.db") as receiver:
            store.webhooks.save(receiver.endpoint, "store/order/created")
            sandbox.change("order")
            sandbox.settle(timeout=30)
            with pytest.raises(StorageError, match="close"):
                store.webhooks.missed(tmp_path / "log.db", since=LONG_AGO)
        lost = sandbox.change("order", emit=False)
        gap = store.webhooks.missed(str(tmp_path / "log.db"), since=LONG_AGO, grace=0)
        assert gap.frame["id"].tolist() == [lost]
        with pytest.raises(StorageError, match="nothing"):
            store.webhooks.missed(tmp_path / "nothing.db", since=LONG_AGO)
        with pytest.raises(StorageError, match="cannot be used"):
            store.webhooks.missed("x" * 5_000, since=LONG_AGO)


def delivered(**cells: object) -> pd.DataFrame:
    """A frame of one delivery."""
    usual = {"scope": SCOPES[0], "object_id": "1", "received_at": pd.Timestamp(0, tz="UTC")}
    return pd.DataFrame(
        {name: pd.Series([cell], dtype=object) for name, cell in (usual | cells).items()}
    )


@pytest.mark.parametrize("moment", [10**30, -1, True, "9999-12-31T23:59:59-23:59"])
def test_a_moment_in_the_data_that_is_none_does_not_count(world: World, moment: object) -> None:
    order = world.sandbox.change("order", emit=False)
    data = json.dumps({"id": order, "updatedAt": moment})
    gap = world.missed(delivered(object_id=order, data=data))
    assert gap.frame["id"].tolist() == [order]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": "9999-12-31T23:59:59-23:59"}, "since"),  # in UTC there is no such year
        ({"until": "9999-12-31T23:59:59-23:59"}, "until"),
        ({"since": dt.datetime(2026, 1, 1)}, "time zone"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "before it begins"),
        ({"since": "2999-01-01"}, "before it begins"),
        ({"grace": "5"}, "grace"),
        ({"grace": -1}, "grace"),
        ({"received": 7}, "received"),
        ({"grace": 1e308}, "grace"),
        ({"received": pd.DataFrame({"scope": []})}, "object_id"),
        ({"received": delivered(received_at=None)}, "received_at"),
        ({"received": delivered(signature_ok="yes")}, "signature_ok"),
        ({"received": pd.concat([delivered()] * 2, axis=1)}, "more than once"),
    ],
)
def test_what_cannot_be_is_refused(world: World, arguments: dict[str, Any], message: str) -> None:
    given = {"received": world.receiver, "since": LONG_AGO, **arguments}
    with pytest.raises(InvalidArgumentError, match=message):
        world.store.webhooks.missed(**given)


def test_a_fleet_is_asked_as_one_and_a_store_that_fails_is_named() -> None:
    with ikas.Sandbox(seed=3, examples=False) as box, ikas.Receiver(None) as receiver:
        shops = [box.add_store(name) for name in ("acme", "moda", "kitap")]
        fleet = ikas.Fleet(
            ikas.connect(shop.name, access_token=shop.access_token, base_url=box.base_url)
            for shop in shops
        )
        with fleet:
            for store in fleet:
                store.webhooks.save(receiver.endpoint, "store/order/*")
            lost = {name: box.change("order", store=name, emit=False) for name in ("acme", "moda")}
            gap = fleet.missed(receiver, since=LONG_AGO, grace=0)
            assert dict(zip(gap.frame["store"], gap.frame["id"], strict=True)) == lost
            box.faults.add("expired_token", store="moda")
            with pytest.warns(UserWarning, match="moda") as warned:
                gap = fleet.missed(receiver, since=LONG_AGO, grace=0)
            with pytest.warns(UserWarning, match="moda") as also:
                fleet.health(receiver, since=LONG_AGO, grace=0)
            # At the caller's own line.
            assert [each.filename for each in (*warned, *also)] == [__file__] * 2
            assert gap.frame["store"].tolist() == ["acme"]
            assert fleet.errors["store"].tolist() == ["moda"]
            assert fleet["acme"].name == "acme"
            assert len(fleet) == 3
            with pytest.raises(KeyError, match="acme"):
                fleet["acmee"]
