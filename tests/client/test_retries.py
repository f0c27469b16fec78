"""What is sent again, how often, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

import ikas_explore as ikas
from ikas_explore import errors
from tests.client.answers import ROW

FIELDS = {"list": "listWebhook", "save": "saveWebhook", "delete": "deleteWebhook"}
CALLS: dict[str, Callable[[ikas.Store], Any]] = {
    "list": lambda store: store.webhooks.list(),
    "save": lambda store: store.webhooks.save("https://example.com/ikas", ROW["scope"]),
    "delete": lambda store: store.webhooks.delete(ROW["scope"]),
}


class Server:
    """Answers as scripted, then as it should; counts."""

    def __init__(self, call: str, *script: int | type[Exception], **headers: str) -> None:
        self.call = call
        self.requests = 0
        self.script = list(script)
        self.headers = headers
        self.good: dict[str, Any] = {"data": {FIELDS[call]: True if call == "delete" else [ROW]}}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if b"listWebhook" in request.content and self.call != "list":
            return httpx.Response(200, json={"data": {"listWebhook": [ROW]}})  # for the journal
        self.requests += 1
        step = self.script.pop(0) if self.script else 200
        if isinstance(step, int):
            return httpx.Response(step, json=self.good if step == 200 else {}, headers=self.headers)
        raise step("scripted")


def run(call: str, server: Server) -> Any:
    transport = httpx.MockTransport(server)
    with ikas.connect("shop", access_token="token", transport=transport) as store:
        return CALLS[call](store)


PASSING = [500, 502, 503, 429, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError]
NEVER_MADE = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]


@pytest.mark.parametrize("call", ["list", "save"])
@pytest.mark.parametrize("failure", [*PASSING, *NEVER_MADE])
def test_what_may_be_repeated_is_sent_three_times_at_most(
    call: str, failure: int | type[Exception]
) -> None:
    recovering = Server(call, failure, failure)
    run(call, recovering)
    assert recovering.requests == 3
    failing = Server(call, failure, failure, failure)
    with pytest.raises(errors.IkasError):
        run(call, failing)
    assert failing.requests == 3


@pytest.mark.parametrize("failure", PASSING)
def test_a_delete_that_may_have_arrived_is_not_sent_again(failure: int | type[Exception]) -> None:
    server = Server("delete", failure)
    with pytest.raises(errors.IkasError):
        run("delete", server)
    assert server.requests == 1


@pytest.mark.parametrize("failure", NEVER_MADE)
def test_a_delete_whose_connection_was_never_made_is_sent_again(failure: type[Exception]) -> None:
    server = Server("delete", failure, failure)
    assert run("delete", server) is True
    assert server.requests == 3


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
@pytest.mark.parametrize("call", FIELDS)
def test_what_cannot_succeed_is_not_sent_again(call: str, status: int) -> None:
    server = Server(call, status)
    with pytest.raises(errors.IkasError):
        run(call, server)
    assert server.requests == 1


@pytest.mark.parametrize("code", ["INVALID_SCOPE", "UNAUTHORIZED", "APP_NOT_FOUND", "OTHER"])
def test_a_graphql_error_is_never_sent_again(code: str) -> None:
    requests = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"errors": [{"extensions": {"code": code}}]})

    with (
        ikas.connect("shop", access_token="token", transport=httpx.MockTransport(answer)) as store,
        pytest.raises(errors.GraphQLError),
    ):
        store.webhooks.list()
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("first", "stays"),
    [
        (httpx.ReadTimeout, True),
        (502, True),
        (httpx.ConnectError, False),
        (429, False),
        (None, False),
    ],
)
def test_a_refusal_after_an_attempt_without_an_answer_leaves_the_write_in_the_journal(
    first: int | type[Exception] | None, stays: bool
) -> None:
    """The first attempt may have been carried out, so undo has to know what stood there."""
    server = Server("save", *([first] if first else []), 200)
    server.good = {"errors": [{"message": "no", "extensions": {"code": "UNAUTHORIZED"}}]}
    with ikas.connect("shop", access_token="token", transport=httpx.MockTransport(server)) as store:
        with pytest.raises(errors.PermissionDeniedError) as caught:
            CALLS["save"](store)
        assert caught.value.maybe_done is stays
        assert len(store.webhooks.journal.entries()) == stays


def test_a_hint_to_wait_is_followed_up_to_the_budget() -> None:
    seen: list[RetryDetails] = []
    with stamina.set_testing(False):
        set_on_retry_hooks([lambda details: seen.append(details)])
        try:
            server = Server("list", 429, **{"Retry-After": "0.05"})
            run("list", server)
            assert server.requests == 2
            assert [round(details.wait_for, 3) for details in seen] == [0.05]
            assert seen[0].args == ()
            patient = Server("list", 429, **{"Retry-After": "3600"})
            with pytest.raises(errors.RateLimitedError) as caught:
                run("list", patient)
            assert caught.value.retry_after == 3600
            assert patient.requests == 1
        finally:
            set_on_retry_hooks(None)


def test_a_retry_prints_nothing_and_is_logged_in_words(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run("list", Server("list", 503))
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("ikas_explore")]
    assert ours == [
        "shop: listWebhook: ikas answered HTTP 503 and no GraphQL error; try again later. "
        "Trying again."
    ]
    assert capfd.readouterr() == ("", "")


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name.startswith("ikas_explore")]


@pytest.mark.parametrize(
    ("script", "again"),
    [([503], 1), ([503, 503], 2), ([503, 503, 503], 2), ([404], 0), ([503, 404], 1)],
)
def test_the_log_says_that_it_tries_again_only_when_it_does(
    script: list[int], again: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One line for each failure; the last one, after which nothing is sent, does not say so."""
    caplog.set_level("INFO")
    server = Server("list", *script)
    fails = len(script) == 3 or script[-1] == 404
    if fails:
        with pytest.raises(errors.ResponseError):
            run("list", server)
    else:
        run("list", server)
    said = logged(caplog)
    assert len(said) == len(script)
    assert sum(line.endswith("Trying again.") for line in said) == again == server.requests - 1
    assert said[-1].endswith("Trying again.") is not fails


@pytest.mark.parametrize("hint", ["0", "0.0", "0.001", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_there_is_always_a_pause_whatever_a_429_says(hint: str) -> None:
    waits = waited(Server("list", 429, 429, **{"Retry-After": hint}))
    assert len(waits) == 2
    assert min(waits) >= 0.2


@pytest.mark.parametrize(("hint", "waits"), [("0.05", 0.05), ("0.07", 0.07)])
def test_a_hint_that_is_a_pause_is_followed(hint: str, waits: float) -> None:
    assert waited(Server("list", 429, **{"Retry-After": hint})) == [waits]


def waited(server: Server) -> list[float]:
    """Return the pauses that a call makes, in seconds."""
    seen: list[float] = []

    def note(details: RetryDetails) -> None:
        seen.append(round(details.wait_for, 3))

    with stamina.set_testing(False):
        set_on_retry_hooks([note])
        try:
            run("list", server)
        finally:
            set_on_retry_hooks(None)
    return seen
