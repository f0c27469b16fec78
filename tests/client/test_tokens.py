"""Access tokens: fetched, kept, renewed once, told to on_token."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import stamina

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.client.answers import Answer
from ikas_explore.client.tokens import Tokens
from ikas_explore.settings import read_settings
from tests.client.answers import ROW
from tests.waiting import until

LOGIN_REQUIRED = {"errors": [{"message": "x", "extensions": {"code": "LOGIN_REQUIRED"}}]}


class Ikas:
    """Hands out tokens t1, t2, ... and accepts those in `valid`."""

    def __init__(self, *, expires_in: Any = 14400, refusal: int = 200, **more: Any) -> None:
        self.forms: list[dict[str, str]] = []
        self.bearers: list[str] = []
        self.valid: set[str] = set()
        self.expires_in = expires_in
        self.refusal = refusal
        self.more = more
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.extensions["timeout"]["read"], "every call has a time-out"
        with self.lock:
            if request.url.path == "/api/admin/oauth/token":
                form = {k: v[0] for k, v in parse_qs(request.content.decode()).items()}
                self.forms.append(form)
                token = f"t{len(self.forms)}"
                self.valid = {token}
                answer = {"access_token": token, "token_type": "Bearer", **self.more}
                return httpx.Response(200, json={**answer, "expires_in": self.expires_in})
            bearer = request.headers["authorization"].removeprefix("Bearer ")
            self.bearers.append(bearer)
            if bearer in self.valid:
                return httpx.Response(200, json={"data": {"listWebhook": [ROW]}})
            return httpx.Response(self.refusal, json=LOGIN_REQUIRED)

    def connect(self, **given: Any) -> ikas.Store:
        given = {"client_id": "app", "client_secret": "s3cret", **given}
        return ikas.connect("shop", transport=httpx.MockTransport(self), **given)


def test_one_token_serves_many_calls() -> None:
    server = Ikas()
    with server.connect() as store:
        for _ in range(3):
            store.webhooks.list()
    assert server.forms == [
        {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret"}
    ]
    assert server.bearers == ["t1", "t1", "t1"]


@pytest.mark.parametrize("refusal", [200, 401])
def test_a_refused_token_is_renewed_once(refusal: int) -> None:
    server = Ikas(refusal=refusal)
    with server.connect(access_token="old") as store:
        assert len(store.webhooks.list()) == 1
        assert server.bearers == ["old", "t1"]
        server.valid = {"none"}
        server.more["access_token"] = "never-valid"
        with pytest.raises(errors.LoginRequiredError):
            store.webhooks.list()
    assert len(server.forms) == 2
    assert server.bearers == ["old", "t1", "t1", "never-valid"]


def test_without_credentials_a_refused_token_is_the_users_to_replace() -> None:
    server = Ikas()
    with (
        ikas.connect("shop", access_token="old", transport=httpx.MockTransport(server)) as store,
        pytest.raises(errors.LoginRequiredError, match="IKAS_CLIENT_ID"),
    ):
        store.webhooks.list()
    assert server.forms == []


@pytest.mark.parametrize(("expires_in", "lasts"), [(14400, 14340), (100, 50), ("soon", 10**9)])
def test_a_token_is_fetched_anew_shortly_before_it_expires(expires_in: Any, lasts: float) -> None:
    now = [1000.0]
    answers = iter(range(10))

    def granted(token: str) -> bytes:
        return json.dumps({"access_token": token, "expires_in": expires_in}).encode()

    tokens = Tokens(
        read_settings(client_id="app", client_secret="s3cret"),
        lambda form, read: read(Answer(200, httpx.Headers(), granted(f"t{next(answers)}"))),
        clock=lambda: now[0],
    )
    assert tokens.current().reveal() == "t0"
    now[0] += lasts - 1
    assert tokens.current().reveal() == "t0"
    if isinstance(expires_in, int):
        now[0] += 2
        assert tokens.current().reveal() == "t1"


def test_a_refresh_token_is_replaced_by_the_newest_and_told() -> None:
    told: list[dict[str, Any]] = []
    server = Ikas(expires_in=0, refresh_token="r2", scope="read_orders")
    with server.connect(refresh_token="r1", on_token=told.append) as store:
        store.webhooks.list()
        server.valid = set()
        store.webhooks.list()
    assert [(form["grant_type"], form["refresh_token"]) for form in server.forms] == [
        ("refresh_token", "r1"),
        ("refresh_token", "r2"),
    ]
    assert [answer["access_token"] for answer in told] == ["t1", "t2"]
    assert told[0]["refresh_token"] == "r2"


def test_on_token_may_ask_the_store() -> None:
    seen: list[int] = []
    server = Ikas()
    store: ikas.Store = server.connect(on_token=lambda _: seen.append(len(store.webhooks.list())))
    with store:
        store.webhooks.list()
    assert seen == [1]


def test_the_hint_of_a_429_counts_on_the_token_path_too() -> None:
    requests = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(429, headers={"Retry-After": "60"})

    store = ikas.connect(
        "shop", client_id="app", client_secret="s", transport=httpx.MockTransport(answer)
    )
    with store, pytest.raises(errors.RateLimitedError, match="wait 60 s") as caught:
        store.webhooks.list()
    assert caught.value.retry_after == 60
    assert len(requests) == 1


def test_a_refresh_without_an_answer_names_the_likely_reason() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("x")

    store = ikas.connect(
        "shop",
        client_id="app",
        client_secret="s",
        refresh_token="r",
        transport=httpx.MockTransport(answer),
    )
    with store, pytest.raises(errors.TransportError, match="app was uninstalled"):
        store.webhooks.list()


def test_many_threads_fetch_one_token() -> None:
    server = Ikas()
    with server.connect() as store:
        threads = [threading.Thread(target=store.webhooks.list) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.forms) == 1
    assert server.bearers == ["t1"] * 8


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (httpx.Response(401, json={}), errors.CredentialsError, "client_id and client_secret"),
        (httpx.Response(400, text="bad"), errors.CredentialsError, "client_id and client_secret"),
        (httpx.Response(429), errors.RateLimitedError, "429"),
        (httpx.Response(200, text="<html>"), errors.ResponseError, "6 bytes of .* not JSON"),
        (httpx.Response(200, text="<"), errors.ResponseError, "with 1 byte of"),
        (httpx.Response(200, json={}), errors.ResponseError, "without an access_token"),
        (httpx.Response(200, json={"access_token": 7}), errors.ResponseError, "without an access"),
        (httpx.Response(200, json=["t"]), errors.ResponseError, "no object"),
        (httpx.Response(500, json={"access_token": "t"}), errors.ResponseError, "HTTP 500"),
    ],
)
def test_a_token_that_is_not_given_is_an_error(
    answer: httpx.Response, kind: type[Exception], message: str
) -> None:
    with (
        ikas.connect(
            "shop",
            client_id="app",
            client_secret="wrong",
            transport=httpx.MockTransport(lambda _: answer),
        ) as store,
        pytest.raises(kind, match=message),
    ):
        store.webhooks.list()


def test_a_refused_refresh_token_says_so() -> None:
    with (
        ikas.connect(
            "shop",
            client_id="app",
            client_secret="s",
            refresh_token="old",
            transport=httpx.MockTransport(lambda _: httpx.Response(401)),
        ) as store,
        pytest.raises(errors.CredentialsError, match="still installed"),
    ):
        store.webhooks.list()


class Held:
    """A token path that answers when it is told to, and counts."""

    def __init__(self, *answers: httpx.Response | type[Exception]) -> None:
        self.answers = list(answers)
        self.requests = 0
        self.go = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/api/admin/oauth/token":
            return httpx.Response(200, json={"data": {"listWebhook": [ROW]}})
        with self.lock:
            self.requests += 1
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        assert self.go.wait(30)
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, content=answer.content)
        raise answer("held")


def run_threads(store: ikas.Store, held: Held, count: int = 10) -> list[Any]:
    """List from many threads at once; return what each came to."""
    came: list[Any] = []

    def ask() -> None:
        try:
            came.append(len(store.webhooks.list()))
        except errors.IkasError as error:
            came.append(error)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    tokens = store.client._tokens
    # All but the one that fetches wait for it.
    until(lambda: len(getattr(tokens._changed, "_waiters", ())) == count - 1)
    held.go.set()
    for thread in threads:
        thread.join()
    return came


def held_store(held: Held, **more: Any) -> ikas.Store:
    return ikas.connect(
        "shop", client_id="app", client_secret="s", transport=httpx.MockTransport(held), **more
    )


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401), errors.CredentialsError),
        (httpx.ReadTimeout, errors.TransportError),
        (httpx.Response(200, json={}), errors.ResponseError),
    ],
)
def test_threads_share_one_token_request_and_its_failure(
    answer: Any, kind: type[Exception]
) -> None:
    """Each has an error of its own, with its own traceback."""
    held = Held(answer)
    with held_store(held) as store, stamina.set_testing(True, attempts=1):
        came = run_threads(store, held)
    assert held.requests == 1
    assert {type(error) for error in came} == {kind}
    assert len({id(error) for error in came}) == len(came) == 10
    assert len({str(error) for error in came}) == 1


def test_a_shared_failure_can_be_followed_by_a_success() -> None:
    """The next call asks again: a failure is not remembered."""
    held = Held(httpx.Response(401), httpx.Response(200, json={"access_token": "t1"}))
    with held_store(held) as store:
        came = run_threads(store, held)
        assert {type(error) for error in came} == {errors.CredentialsError}
        assert len(store.webhooks.list()) == 1
    assert held.requests == 2


def test_a_fetch_that_ctrl_c_ended_is_made_by_another_thread() -> None:
    """Nobody waits for it, and nobody else is interrupted."""
    held = Held(KeyboardInterrupt, httpx.Response(200, json={"access_token": "t1"}))  # type: ignore[arg-type]  # what Ctrl-C raises
    interrupted: list[BaseException] = []
    with held_store(held) as store:

        def ask() -> None:
            try:
                store.webhooks.list()
            except KeyboardInterrupt as interrupt:
                interrupted.append(interrupt)

        first = threading.Thread(target=ask)
        first.start()
        until(lambda: held.requests)
        others = [threading.Thread(target=ask) for _ in range(5)]
        for thread in others:
            thread.start()
        held.go.set()
        for thread in [first, *others]:
            thread.join(30)
            assert not thread.is_alive()
    assert len(interrupted) == 1
    assert held.requests == 2


def test_on_token_is_called_one_at_a_time_and_in_order() -> None:
    """Also when the first call is slow and its token is refused meanwhile."""
    told: list[str] = []
    inside = 0
    first, release = threading.Event(), threading.Event()

    def tell(answer: dict[str, Any]) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        if not first.is_set():
            first.set()
            assert release.wait(30)
        told.append(answer["access_token"])
        inside -= 1

    server = Ikas()
    with server.connect(on_token=tell) as store:
        one = threading.Thread(target=store.webhooks.list)
        one.start()
        assert first.wait(30)
        server.valid = set()  # the first token is refused, so that others fetch the next
        others = [threading.Thread(target=store.webhooks.list) for _ in range(4)]
        for thread in others:
            thread.start()
        until(lambda: len(getattr(store.client._tokens._changed, "_waiters", ())) == 4)
        release.set()
        for thread in [one, *others]:
            thread.join(30)
            assert not thread.is_alive()
    assert told == [f"t{number}" for number in range(1, len(server.forms) + 1)]
    assert len(told) == 2


def test_a_token_that_on_token_fetches_waits_for_its_turn() -> None:
    told: list[tuple[str, str]] = []
    server = Ikas()

    def tell(answer: dict[str, Any]) -> None:
        told.append(("begin", answer["access_token"]))
        if len(told) == 1:
            server.valid = set()
            store.webhooks.list()  # refused, so the next token is fetched in here
        told.append(("end", answer["access_token"]))

    store = server.connect(on_token=tell)
    with store:
        store.webhooks.list()
    assert told == [("begin", "t1"), ("end", "t1"), ("begin", "t2"), ("end", "t2")]


def test_unauthenticated_is_renewed_like_login_required() -> None:
    """What Apollo's servers say."""
    said = {"errors": [{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}]}
    requests: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/admin/oauth/token":
            return httpx.Response(200, json={"access_token": "new"})
        requests.append(request.headers["authorization"])
        good = {"data": {"listWebhook": [ROW]}}
        return httpx.Response(200, json=good if requests[-1] == "Bearer new" else said)

    with ikas.connect(
        "shop",
        access_token="old",
        client_id="app",
        client_secret="s",
        transport=httpx.MockTransport(answer),
    ) as store:
        assert len(store.webhooks.list()) == 1
    assert requests == ["Bearer old", "Bearer new"]
    with (
        ikas.connect("shop", access_token="old", transport=httpx.MockTransport(answer)) as store,
        pytest.raises(errors.LoginRequiredError, match="get a new one") as caught,
    ):
        store.webhooks.list()
    assert caught.value.code == "UNAUTHENTICATED"
