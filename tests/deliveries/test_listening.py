"""A session of listen: real deliveries for a while, and every scope as before at its end."""

from __future__ import annotations

import multiprocessing
import os
import random
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.deliveries.leases import leases_of
from ikas_explore.errors import (
    InvalidArgumentError,
    InvalidScopeError,
    PlanError,
    ScopeTakenError,
    ServingError,
    StorageError,
    TransportError,
)
from ikas_explore.values.secret import Secret
from tests.deliveries.broken import broken_endpoint
from tests.deliveries.listen_child import listen
from tests.interrupting import interrupted

CREATED, UPDATED = "store/order/created", "store/order/updated"
ORDERS = [CREATED, UPDATED]
MINE = "https://shop.example/hook"


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        yield box


@pytest.fixture
def store(box: ikas.Sandbox) -> Iterator[ikas.Store]:
    with ikas.connect(box) as store:
        yield store


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def here() -> dict[str, Any]:
    """A tunnel that leads to this machine: its own address."""
    port = free_port()
    return {"port": port, "url": f"http://127.0.0.1:{port}/tunnel"}


def held(store: ikas.Store) -> dict[str, str]:
    frame = store.webhooks.list()
    return dict(zip(frame["scope"], frame["endpoint"], strict=True))


def left(store: ikas.Store) -> list[Any]:
    return list(leases_of(store.base_url, store.name))


def test_deliveries_arrive_are_forwarded_and_each_scope_goes_back(
    box: ikas.Sandbox, store: ikas.Store
) -> None:
    store.webhooks.save(MINE, CREATED)
    journal = store.webhooks.undo()
    with ikas.Receiver() as app:
        with store.webhooks.listen(
            "store/order/*", **here(), take=True, forward_to=app.endpoint
        ) as session:
            assert session.borrowed.to_dict("list") == {
                "scope": ORDERS,
                "endpoint_before": [MINE, session.borrowed["endpoint_before"][1]],
            }
            assert session.borrowed["endpoint_before"].isna().tolist() == [False, True]
            assert set(held(store)) == {*ORDERS}
            for scope in ORDERS:
                box.emit(scope)
            session.receiver.wait(2)
            app.wait(2)
            assert repr(session) == f"<Listening at {session.url}: 2 scopes>"
            session.restore()
            assert repr(session) == f"<Listening at {session.url}: 0 scopes>"
        assert repr(session) == "<Listening (closed)>"
        received = ikas.Receiver()
        with received:
            plain = list(received.deliveries())
        assert len(app.deliveries()) == 2
    assert journal is not None
    assert list(plain)[-1] == "headers"
    assert held(store) == {CREATED: MINE}
    assert left(store) == []
    undo = store.webhooks.undo()  # what listen wrote is not in the journal
    assert undo is not None
    assert undo.changes.equals(journal.changes)


def test_the_columns_are_the_receivers_and_two_more(store: ikas.Store) -> None:
    with store.webhooks.listen(CREATED, **here()) as session, ikas.Receiver() as receiver:
        more = ["forwarded_at", "forwarded_status"]
        assert list(session.deliveries(limit=1)) == [*receiver.deliveries(), *more]


def test_scopes_in_use_are_refused_with_their_holders_and_nothing_is_sent(
    store: ikas.Store,
) -> None:
    store.webhooks.save(MINE, CREATED)
    before = store.webhooks.list()
    with pytest.raises(ScopeTakenError, match=f"{CREATED} by {MINE}"):
        store.webhooks.listen("store/order/*", **here())
    assert store.webhooks.list().equals(before)
    assert left(store) == []


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"scopes": "store/nothing/*"}, InvalidScopeError),
        ({"url": "no address"}, InvalidArgumentError),
        ({"take": "yes"}, InvalidArgumentError),
        ({"forward_to": "http://a.example"}, InvalidArgumentError),
        ({"port": -1}, InvalidArgumentError),
        ({"path": "missing/log"}, StorageError),
    ],
)
def test_a_mistake_is_caught_before_anything_is_sent(
    store: ikas.Store, wrong: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        store.webhooks.listen(**{"scopes": CREATED, **here(), **wrong})
    assert held(store) == {}
    assert left(store) == []


@pytest.mark.parametrize("status", [600, 999])
def test_an_app_whose_status_is_none_of_http_is_a_row_like_any_other(
    store: ikas.Store, status: int
) -> None:
    with (
        broken_endpoint("whole", status) as app,
        store.webhooks._listen(
            CREATED,
            url="https://tunnel.example",
            client_secret=[Secret("secret")],
            take=False,
            port=0,
            forward_to=app,
            path=None,
            answer_app=True,
        ) as session,
    ):
        sent = ikas.push(session.receiver.endpoint, CREATED, "secret", max_attempts=1)
        row = session.deliveries().iloc[0]
    assert sent["status_code"].tolist() == [row["status"]] == [502]
    assert (row["forwarded_status"], str(status) in row["error"]) == (status, True)


def test_without_a_client_secret_it_refuses(box: ikas.Sandbox) -> None:
    with (
        ikas.connect("shop", access_token=box.access_token, base_url=box.base_url) as store,
        pytest.raises(InvalidArgumentError, match="client secret"),
    ):
        store.webhooks.listen(CREATED, **here())


def test_a_port_that_is_taken_borrows_nothing(store: ikas.Store) -> None:
    with ikas.Receiver() as other:
        port = int(other.endpoint.split(":")[2].strip("/"))
        with pytest.raises(ServingError):
            store.webhooks.listen(CREATED, url="https://tunnel.example", port=port)
    assert held(store) == {}


def test_what_somebody_else_took_stays_theirs_and_is_named(store: ikas.Store) -> None:
    store.webhooks.save(MINE, ORDERS)
    session = store.webhooks.listen(ORDERS, **here(), take=True)
    store.webhooks.save("https://other.example/", CREATED)
    with pytest.warns(UserWarning, match=f"{CREATED} .taken by another, https://other.example/"):
        session.close()
    assert held(store) == {CREATED: "https://other.example/", UPDATED: MINE}
    assert session.restore()["outcome"].tolist() == ["taken by another", "restored"]
    assert left(store) == []


@pytest.mark.parametrize(
    "row",
    [
        ("../../x", "store/order/created", None, "https://gone.example", 1),
        ("0" * 32, b"\xff", None, "https://gone.example", 1),
        ("0" * 32, "store/order/created", 7.5, "https://gone.example", 1),
        ("0" * 32, "store/order/created", None, None, 1),
        ("0" * 32, "store/order/created", None, "https://gone.example", 10**17),
    ],
)
def test_a_damaged_lease_is_said_and_nothing_is_borrowed(
    store: ikas.Store, row: tuple[object, ...]
) -> None:
    columns = "session, base_url, store, scope, before, endpoint, since"
    with closing(sqlite3.connect(os.environ["IKAS_LEASES"])) as file, file:
        file.execute(f"CREATE TABLE leases ({columns})")
        file.execute(
            "INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row[0], store.base_url, store.name, *row[1:]),
        )
    for look in (
        lambda: store.webhooks.listen(CREATED, url="https://tunnel.example", client_secret="x"),
        store.webhooks.audit,
    ):
        with pytest.raises(StorageError, match="IKAS_LEASES"):
            look()
    assert held(store) == {}


def test_a_save_that_arrives_after_its_session_gave_up_is_given_back(
    box: ikas.Sandbox, store: ikas.Store
) -> None:
    late: list[httpx.Request] = []

    def pass_on(request: httpx.Request) -> httpx.Response:
        if b"saveWebhook" in request.content:
            late.append(request)
            raise httpx.ReadTimeout("no answer")
        return sent(request)

    def sent(request: httpx.Request) -> httpx.Response:
        headers = {"Authorization": request.headers["authorization"]}
        answer = httpx.post(str(request.url), content=request.content, headers=headers)
        return httpx.Response(answer.status_code, content=answer.content)

    store.webhooks.save(MINE, CREATED)
    slow = ikas.connect(
        store.name,
        access_token=box.access_token,
        base_url=box.base_url,
        transport=httpx.MockTransport(pass_on),
    )
    url = "https://gone.example/"
    with slow, pytest.raises(TransportError) as caught:
        slow.webhooks.listen(ORDERS, url=url, client_secret="secret", take=True)
    assert "listen --restore" in caught.value.__notes__[-1]
    sent(late[0])
    assert held(store) == {CREATED: url, UPDATED: url}
    store.webhooks.listen("store/stock/updated", **here()).close()
    assert (held(store), left(store)) == ({CREATED: MINE}, [])


@pytest.mark.parametrize("first", [0, 1])
def test_two_sessions_for_one_scope_leave_the_holder_of_before(
    store: ikas.Store, first: int
) -> None:
    store.webhooks.save(MINE, CREATED)
    sessions = [store.webhooks.listen(CREATED, **here(), take=True) for _ in range(2)]
    sessions[first].restore()
    sessions[1 - first].restore()
    for each in sessions:
        each.receiver.close()
    assert held(store) == {CREATED: MINE}
    assert left(store) == []
    for each in sessions:
        each.close()


def test_a_url_that_a_running_session_has_is_refused(store: ikas.Store) -> None:
    where = here()
    with (
        store.webhooks.listen(CREATED, **where),
        pytest.raises(ScopeTakenError, match="End that session first"),
    ):
        store.webhooks.listen(CREATED, url=where["url"], take=True)


def test_undo_is_refused_and_a_plan_notes_what_is_borrowed(store: ikas.Store) -> None:
    store.webhooks.save(MINE, CREATED)
    with store.webhooks.listen(CREATED, **here(), take=True) as session:
        with pytest.raises(PlanError, match=f"Borrowed is {CREATED} by the listen of"):
            store.webhooks.undo()
        plan = store.webhooks.plan({MINE: [CREATED]})
        assert any(session.url in note for note in plan.notes)
    assert store.webhooks.undo() is not None
    assert not store.webhooks.plan({MINE: [CREATED]}).notes


def test_it_costs_one_list_one_save_and_one_read_back(
    box: ikas.Sandbox, store: ikas.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute = type(store.client).execute

    def counting(self: Any, *given: Any, **named: Any) -> Any:
        asked.append(named["what"])
        return execute(self, *given, **named)

    monkeypatch.setattr(type(store.client), "execute", counting)
    session = store.webhooks.listen("*", **here())
    assert asked == ["listWebhook", "saveWebhook", "listWebhook"]
    session.close()
    assert asked[3:] == ["listWebhook", "deleteWebhook"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_line_leaves_nothing_that_is_not_given_back(store: ikas.Store) -> None:
    """Python closes a socket that was about to be kept, and warns of it."""
    store.webhooks.save(MINE, CREATED)
    chance = random.Random(1)
    hit = 0
    for _ in range(25):
        with_url = here()

        def whole(where: dict[str, Any] = with_url) -> None:
            with store.webhooks.listen(ORDERS, **where, take=True):
                pass

        hit += interrupted(whole, chance.randrange(1, 6000)) is not None
        if left(store):
            store.webhooks.listen("store/stock/updated", **here()).close()
        assert (held(store), left(store)) == ({CREATED: MINE}, [])
    assert hit > 10


def test_ctrl_c_leaves_no_receiver_while_its_traceback_is_kept(store: ikas.Store) -> None:
    """As IPython keeps it; here while the standard library is about to take what was opened."""
    where = here()
    line, ended = 0, False
    while not ended:
        line += 1
        interrupt = interrupted(
            lambda: store.webhooks.listen(ORDERS, **where).close(),
            line,
            of=ExitStack.enter_context.__code__,
        )
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", where["port"]))
        ended = interrupt is None
        del interrupt
    assert line > 5


@pytest.mark.parametrize("kills", [8, pytest.param(40, marks=pytest.mark.slow)])
def test_kill_9_at_any_moment_leaves_nothing_that_the_next_listen_does_not_give_back(
    box: ikas.Sandbox, kills: int
) -> None:
    """Real kills of a process that begins to listen, listens, or ends."""
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload([listen.__module__])  # it imports for all of them
    chance = random.Random(2)
    with ikas.connect(
        "shop",
        access_token=box.access_token,
        base_url=box.base_url,
        client_secret="secret",
        client_id="id",
    ) as store:
        store.webhooks.save(MINE, CREATED)
        for number in range(kills):
            ours, theirs = start.Pipe()
            where = (os.environ["IKAS_LEASES"], box.base_url, box.access_token)
            told = (theirs, *where, f"https://t{number}.example/", ORDERS)
            child = start.Process(target=listen, args=told)
            child.start()
            assert ours.recv() == "connected"
            if number % 2:
                assert ours.recv() == "open"
                assert {each.runs for each in left(store)} == {True}
                ours.send("end")
            time.sleep(chance.random() * (0.05 if number % 2 else 0.4))
            child.kill()
            child.join()
            store.webhooks.listen("store/stock/updated", url="https://next.example/").close()
            assert (held(store), left(store)) == ({CREATED: MINE}, [])
