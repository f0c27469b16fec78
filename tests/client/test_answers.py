"""What becomes of answers: errors with their own class, and secrets that never show."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.client.exchange import CODES, TRANSPORT_FAILURES, transport_error
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
    assert isinstance(error, tuple(kind for kind, _ in TRANSPORT_FAILURES))
    never_sent = issubclass(kind, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    assert ours.sent is not never_sent


FACT_SHEET = {
    "INVALID_SCOPE": errors.InvalidScopeError,
    "ARGUMENT_VALIDATION_ERROR": errors.InvalidArgumentError,
    "LOGIN_REQUIRED": errors.LoginRequiredError,
    "UNAUTHORIZED": errors.PermissionDeniedError,
    "APP_NOT_FOUND": errors.AppNotFoundError,
    "GRAPHQL_VALIDATION_FAILED": errors.UnknownFieldError,
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
    chain: BaseException | None = error
    while chain is not None:
        assert not isinstance(chain, httpx.HTTPError), "httpx's errors carry the request"
        chain = chain.__cause__ or chain.__context__
    assert not [text for text in shown if CANARY in text]


def test_the_client_secret_and_the_refresh_token_do_not_show_either(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [
        lambda _: httpx.Response(401, text=CANARY),
        lambda _: httpx.Response(200, text=CANARY),
        lambda _: httpx.Response(500, json={"message": CANARY}),
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
