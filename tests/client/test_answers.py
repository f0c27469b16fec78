"""What becomes of answers: errors with their own class, and secrets that never show."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import pickle
import ssl
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.client.answers import CODES
from ikas_explore.network.failures import FAILURES, transport_error
from ikas_explore.network.server import Server
from tests.client.answers import ANSWERS, CANARY, ROW, refusal, rows


def connect(answer: Any, **more: Any) -> ikas.Store:
    return ikas.connect(
        "shop",
        transport=httpx.MockTransport(answer),
        **{"access_token": CANARY, **more},
    )


def after_the_list(answer: Any) -> Any:
    """Answer writes so, once the journal has listed what stands there."""

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=rows() if b"listWebhook" in request.content else answer)

    return respond


HTTPX_ERRORS = [
    kind for kind in vars(httpx).values() if isinstance(kind, type) and issubclass(kind, Exception)
]


@pytest.mark.parametrize("kind", HTTPX_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_httpx_becomes_ours_with_advice(kind: type[Exception]) -> None:
    error = kind.__new__(kind)  # their arguments differ, and only the class counts
    ours = transport_error(error, "shop: listWebhook")
    assert kind.__name__ in str(ours)
    assert isinstance(error, tuple(FAILURES))
    never_sent = issubclass(
        kind, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    )
    assert ours.sent is not never_sent


def test_a_process_without_file_handles_is_told_so() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("all attempts failed") from OSError(errno.EMFILE, "too many")

    with connect(answer) as store, pytest.raises(errors.TransportError, match="fewer workers"):
        store.webhooks.list()


def test_what_was_not_asked_for_is_in_no_record() -> None:
    """As --json of the command line prints them."""
    shuffled = {"note": "theirs", **dict(reversed(ROW.items()))}
    with connect(lambda _: httpx.Response(200, json=rows(shuffled))) as store:
        assert json.dumps(store.webhooks.query().to_records()) == json.dumps([ROW])


#: A list before a fork, one in each process after it: who is answered by the same connection?
FORK = """
import os
import ikas_explore.frames.frames  # now: it may take longer than an idle connection is kept
from tests.auditing.endpoints import endpoint
from tests.security.servers import EMPTY_LIST, answer, saying, store_at

with endpoint(saying(*[answer(EMPTY_LIST)] * 2)) as here, store_at(here.port) as store:
    store.webhooks.list()
    child = os.fork()
    store.webhooks.list()
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print(here.connections)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_has_connections_of_its_own() -> None:
    """On one they would read each other's answers, and so those of another store of a fleet."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", FORK], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["2"], done.stderr


FACT_SHEET = {
    "INVALID_SCOPE": errors.ScopeRefusedError,
    "ARGUMENT_VALIDATION_ERROR": errors.ArgumentRefusedError,
    "BAD_USER_INPUT": errors.ArgumentRefusedError,
    "LOGIN_REQUIRED": errors.LoginRequiredError,
    "UNAUTHENTICATED": errors.LoginRequiredError,
    "UNAUTHORIZED": errors.PermissionDeniedError,
    "APP_NOT_FOUND": errors.AppNotFoundError,
    "GRAPHQL_VALIDATION_FAILED": errors.FieldRefusedError,
}


@pytest.mark.parametrize(("code", "kind"), FACT_SHEET.items())
def test_every_code_of_ikas_has_an_error_of_its_own(code: str, kind: type[Exception]) -> None:
    assert set(CODES) == set(FACT_SHEET)
    with (
        connect(lambda _: httpx.Response(200, json=refusal(code, data=None))) as store,
        pytest.raises(kind) as caught,
    ):
        store.webhooks.list()
    assert type(caught.value) is kind
    assert isinstance(caught.value, errors.GraphQLError)
    assert caught.value.code == code
    assert caught.value.errors[0]["extensions"] == {"code": code}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_bad_answer_is_an_error_and_no_secret_shows(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary is in no message, repr, traceback, attribute or log record."""
    answer, kind = ANSWERS[name]
    caplog.set_level(logging.DEBUG)
    with connect(answer) as store:
        assert CANARY not in f"{store!r} {store} {store._repr_html_()} {store.webhooks!r}"
        with pytest.raises(errors.IkasError) as caught:
            store.webhooks.list()
    error = caught.value
    assert type(error) is kind
    assert str(error).startswith("shop: listWebhook")
    shown = [
        str(error),
        repr(error),
        repr(vars(error)),
        "".join(traceback.format_exception(error)),
        *(repr(vars(record)) + record.getMessage() for record in caplog.records),
    ]
    assert not [text for text in shown if CANARY in text]
    assert_nothing_foreign(error)


def assert_nothing_foreign(error: BaseException) -> None:
    """No error of httpx or json is kept: the one holds the request, the other the answer."""
    while (chained := error.__cause__ or error.__context__) is not None:
        assert isinstance(chained, errors.IkasError), repr(chained)
        error = chained


def test_the_client_secret_and_the_refresh_token_do_not_show_either(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [
        lambda _: httpx.Response(401, text=CANARY),
        lambda _: httpx.Response(200, text=CANARY),
        lambda _: httpx.Response(500, json={"message": CANARY}),
        lambda _: httpx.Response(201, json={"access_token": CANARY}),
        lambda _: httpx.Response(200, text='{"access_token": "' + CANARY),
        ANSWERS["hang"][0],
    ]
    for answer in answers:
        store = connect(
            answer,
            access_token=None,
            client_id="app",
            client_secret=CANARY,
            refresh_token=CANARY,
        )
        with store, pytest.raises(errors.IkasError) as caught:
            store.webhooks.list()
        # With the variables of every frame, as debuggers and pytest -l show them.
        told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        ours = [frame for frame in told.stack if "ikas_explore" in frame.filename]
        assert CANARY not in repr([frame.locals for frame in ours])
        assert_nothing_foreign(caught.value)
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert CANARY not in shown + "".join(repr(vars(record)) for record in caplog.records)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (httpx.Response(429), None),
        (httpx.Response(429, headers={"Retry-After": "60"}), 60.0),
        (httpx.Response(429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), 0.0),
        (httpx.Response(429, headers={"Retry-After": "soon"}), None),
        (httpx.Response(429, headers={"Retry-After": "nan"}), None),
        (httpx.Response(429, json={"retryAfter": 60}), 60.0),
        (httpx.Response(429, json={"errors": [{"extensions": {"retryAfter": "1.5"}}]}), 1.5),
        (httpx.Response(429, json={"retryAfter": "..."}), None),
    ],
)
def test_the_hint_of_a_429_is_told(answer: httpx.Response, seconds: float | None) -> None:
    with connect(lambda _: answer) as store, pytest.raises(errors.RateLimitedError) as caught:
        store.webhooks.list()
    assert caught.value.retry_after == seconds
    wait = f"wait {seconds:g} s, as it asks" if seconds else "wait a little"  # no time is no wait
    assert wait in str(caught.value)


def test_partial_data_stands_beside_the_error() -> None:
    answer = refusal("UNAUTHORIZED", **rows(ROW))
    with (
        connect(lambda _: httpx.Response(200, json=answer)) as store,
        pytest.raises(errors.PermissionDeniedError) as caught,
    ):
        store.webhooks.list()
    assert caught.value.data == rows(ROW)["data"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"data": {"saveWebhook": None}}, "promises a list"),
        ({"data": {"saveWebhook": []}}, "without a row for store/order/created"),
        ({"data": {"saveWebhook": [{**ROW, "id": None}]}}, "id is null in row 0"),
        ({"data": {"deleteWebhook": True}}, "saveWebhook is not in the answer"),
    ],
)
def test_a_save_that_answers_something_else_is_an_error(answer: Any, message: str) -> None:
    with (
        connect(after_the_list(answer)) as store,
        pytest.raises(errors.ResponseError, match=message),
    ):
        store.webhooks.save("https://example.com", "store/order/created")


@pytest.mark.parametrize("answer", [None, "yes", 1, {}])
def test_a_delete_that_answers_no_boolean_is_an_error(answer: Any) -> None:
    with (
        connect(after_the_list({"data": {"deleteWebhook": answer}})) as store,
        pytest.raises(errors.ResponseError, match="neither true nor false"),
    ):
        store.webhooks.delete("store/order/created")


@pytest.mark.parametrize("token", ["ş" + CANARY, CANARY + "\nX: y", CANARY + " x", "\x7f" + CANARY])
@pytest.mark.parametrize("name", ["access_token", "client_secret", "refresh_token"])
def test_a_secret_that_cannot_be_one_is_refused_and_not_shown(name: str, token: str) -> None:
    with pytest.raises(errors.CredentialsError, match=f"IKAS_{name.upper()}") as caught:
        ikas.connect("shop", **{"client_id": "app", "client_secret": "s", name: token})  # type: ignore[arg-type]
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_closed_store_says_so() -> None:
    with connect(lambda _: httpx.Response(200, json=rows())) as store:
        pass
    with pytest.raises(errors.TransportError, match="store is closed; connect"):
        store.webhooks.list()


def test_an_answer_that_trickles_is_given_up() -> None:
    """Each piece comes in time; the whole does not."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                event = (await receive())["type"]
                await send({"type": f"{event}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with contextlib.suppress(OSError):  # the client has gone
            for _ in range(200):
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                await asyncio.sleep(0.02)
        await send({"type": "http.response.body", "body": b"{}"})

    with (
        stamina.set_testing(True, attempts=1),
        Server(app, name="trickle") as server,
        ikas.connect("shop", access_token="t", base_url=server.base_url, timeout=0.2) as store,
        pytest.raises(errors.TransportError, match="no answer in time"),
    ):
        store.webhooks.list()


def test_a_certificate_that_is_not_trusted_is_told() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("x") from ssl.SSLCertVerificationError(1, "x")

    with (
        connect(answer) as store,
        pytest.raises(errors.TransportError, match="TLS failure: the certificate is not trusted"),
    ):
        store.webhooks.list()


def nested(depth: int, where: str) -> str:
    deep = "[" * depth + "]" * depth
    return {
        "extensions": f'{{"errors":[{{"message":"x","extensions":{{"code":"X","a":{deep}}}}}]}}',
        "message": f'{{"errors":[{{"message":{deep},"extensions":{{"code":"X"}}}}]}}',
        "partial data": f'{{"errors":[{{"message":"x"}}],"data":{{"listWebhook":{deep}}}}}',
        "errors": f'{{"errors":{deep}}}',
        "data": f'{{"data":{{"listWebhook":{deep}}}}}',
        "a cell": json.dumps(rows({**ROW, "id": 0})).replace('"id": 0', f'"id": {deep}'),
    }[where]


@pytest.mark.parametrize("depth", [300, 480, 600, 900, 5_000])
@pytest.mark.parametrize(
    "where", ["extensions", "message", "partial data", "errors", "data", "a cell"]
)
def test_a_deeply_nested_answer_is_an_error_that_can_be_printed_and_pickled(
    depth: int, where: str
) -> None:
    content = nested(depth, where)
    with (
        connect(lambda _: httpx.Response(200, content=content)) as store,
        pytest.raises(errors.IkasError) as caught,
    ):
        store.webhooks.list()
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert repr(vars(again)) == repr(vars(caught.value))
    assert len(str(again)) < 1000


def test_a_short_secret_takes_no_error_apart() -> None:
    answer = refusal("UNAUTHORIZED")
    with (
        connect(lambda _: httpx.Response(200, json=answer), access_token="e") as store,
        pytest.raises(errors.PermissionDeniedError) as caught,
    ):
        store.webhooks.list()
    assert caught.value.code == "UNAUTHORIZED"
    assert caught.value.errors[0]["extensions"] == {"code": "UNAUTHORIZED"}


def test_a_list_reaches_httpx_in_few_frames() -> None:
    """Who follows a call with a debugger goes through seven frames of ours at most."""
    frames: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        frames.extend(
            frame.name for frame in traceback.extract_stack() if "ikas_explore" in frame.filename
        )
        return httpx.Response(200, json=rows())

    with connect(answer) as store:
        store.webhooks.list()
    assert len(frames) <= 7, frames
