"""The table that grows: against a real receiver and a real sandbox, without a browser."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError
from tests.waiting import until


@pytest.fixture
def sandbox() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(seed=6, examples=False, retry_delays=(0.01,)) as sandbox:
        yield sandbox


@pytest.fixture
def receiver(sandbox: ikas.Sandbox) -> Iterator[ikas.Receiver]:
    with ikas.Receiver(sandbox.client_secret) as receiver, ikas.connect(sandbox) as store:
        store.webhooks.save(receiver.endpoint, ["store/order/*", "store/stock/updated"])
        yield receiver


def text(live: Any) -> str:
    return re.sub(r"<[^>]+>", " ", live._table.value)


def test_rows_come_as_deliveries_do_the_newest_first(
    sandbox: ikas.Sandbox, receiver: ikas.Receiver
) -> None:
    live = receiver.live(language="en")
    assert "Nothing has arrived yet" in text(live)
    sandbox.emit("store/order/created")
    sandbox.settle()
    until(lambda: "store/order/created" in text(live))
    sandbox.emit("store/stock/updated")
    until(lambda: "store/stock/updated" in text(live))
    assert text(live).index("store/stock/updated") < text(live).index("store/order/created")
    assert "valid" in text(live)
    assert "invalid" not in text(live)
    assert "200" in text(live)
    live.stop()


def test_what_a_stranger_sends_is_marked(receiver: ikas.Receiver) -> None:
    live = receiver.live(language="en")
    ikas.push(receiver.endpoint, "store/order/created", "guessed", max_attempts=1)
    until(lambda: "invalid" in text(live))
    live.stop()


def test_what_is_forwarded_is_shown_with_the_apps_answer(sandbox: ikas.Sandbox) -> None:
    secret = sandbox.client_secret
    with (
        ikas.Receiver(status=[204, 500]) as app,
        ikas.Receiver(secret, forward_to=app.endpoint) as receiver,
    ):
        live = receiver.live(language="en")
        ikas.push(receiver.endpoint, "store/order/created", secret)
        until(lambda: "200 → 204" in text(live))
        ikas.push(receiver.endpoint, "store/stock/updated", secret)
        until(lambda: "200 → 500" in text(live))
        assert "ikas-bad" in live._table.value
        assert "ikas-ok" in live._table.value
        live.stop()


def test_a_filter_keeps_what_fits_and_a_pause_holds_it(
    sandbox: ikas.Sandbox, receiver: ikas.Receiver
) -> None:
    live = receiver.live(language="en")
    sandbox.emit("store/order/created")
    sandbox.emit("store/stock/updated")
    until(lambda: "store/stock/updated" in text(live) and "store/order/created" in text(live))
    live._filter.value = "STOCK 200"
    assert "store/order/created" not in text(live)
    live._filter.value = ""
    live._pause.value = True
    sandbox.emit("store/order/updated")
    sandbox.settle()
    receiver.wait(3)
    time.sleep(0)  # other threads may run
    assert "store/order/updated" not in text(live)
    live._pause.value = False
    assert "store/order/updated" in text(live)
    live.stop()


def test_the_body_is_shown_and_one_delivery_is_replayed(
    sandbox: ikas.Sandbox, receiver: ikas.Receiver
) -> None:
    live = receiver.live(language="en")
    sandbox.emit("store/order/created")
    until(lambda: len(live._chosen.options) == 2)
    live._chosen.value = live._chosen.options[1][1]
    assert "orderLineItems" in live._body.value
    assert not live._replay.disabled
    live._replay.click()
    assert "200" in live._said.value
    assert receiver.deliveries()["duplicate"].tolist() == [False, True]
    live.stop()


def test_a_sandbox_shows_what_came_of_each_delivery(
    sandbox: ikas.Sandbox, receiver: ikas.Receiver
) -> None:
    live = sandbox.live(language="en")
    receiver.status = 500
    sandbox.emit("store/order/created")
    until(lambda: "exhausted" in text(live))
    assert "500" in text(live)
    receiver.status = 200
    live._chosen.value = live._chosen.options[1][1]
    assert "\n  &quot;orderNumber&quot;: " in live._body.value  # a line for each field
    live._replay.click()
    until(lambda: "delivered" in text(live))
    live.stop()


@pytest.mark.parametrize("what", ["sandbox", "receiver"])
def test_it_stops_with_what_it_shows(what: str) -> None:
    with ikas.Sandbox() as sandbox, ikas.Receiver() as receiver:
        shown: dict[str, Any] = {"sandbox": sandbox, "receiver": receiver}
        live = shown[what].live(language="tr")
        assert live.running
    until(lambda: "Durdu" in live._said.value)
    assert not live.running
    until(lambda: "ikas-live" not in {each.name for each in threading.enumerate()})


def test_nothing_is_sent_while_nothing_arrives(receiver: ikas.Receiver) -> None:
    live = receiver.live()
    sent: list[object] = []
    live._table.observe(sent.append, "value")
    threading.Event().wait(1)  # four looks
    assert sent == []
    live.stop()


def test_closed_it_is_shown_as_a_table(
    receiver: ikas.Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    live = receiver.live(language="en")
    live._ipython_display_()
    assert "widget-view" in capsys.readouterr().out
    live.close()
    assert not live.running
    capsys.readouterr()
    live._ipython_display_()
    shown = capsys.readouterr().out
    assert "widget-view" not in shown
    assert "Nothing has arrived yet." in shown


def test_the_text_of_others_is_text(receiver: ikas.Receiver) -> None:
    live = receiver.live(language="en")
    data = {"id": "<img src=x onerror=alert(1)>"}
    ikas.push(receiver.endpoint, "store/order/created", "guessed", data=data, max_attempts=1)
    until(lambda: "store/order/created" in live._table.value)
    assert "<img" not in live._table.value
    live._chosen.value = live._chosen.options[1][1]
    assert "<img" not in live._body.value
    live.stop()


def test_a_language_that_is_not_spoken_is_refused(receiver: ikas.Receiver) -> None:
    with pytest.raises(InvalidArgumentError, match="'de'"):
        receiver.live(language="de")


def test_plots_of_what_arrived_and_of_nothing(
    sandbox: ikas.Sandbox, receiver: ikas.Receiver
) -> None:
    for plot in (receiver.plot(), sandbox.plot()):
        assert plot._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    sandbox.emit("store/order/created")
    sandbox.settle()
    ikas.push(receiver.endpoint, "store/order/created", "guessed", max_attempts=1)
    assert labels(receiver.plot()) == ["verified (1)", "not verified (1)"]
    assert labels(sandbox.plot()) == ["delivered (1)"]


def labels(plot: Any) -> list[str]:
    return [each.get_text() for each in plot.axes[0].get_legend().get_texts()]
