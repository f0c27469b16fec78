"""Bad answers a server can give, by name; each with the error it has to become."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from ikas_explore import errors

#: A secret that must not show anywhere; servers here give it back wherever they can.
CANARY = "canary-7f3a9c51-do-not-show"

ROW: dict[str, Any] = {
    "createdAt": 1636366311914,
    "deleted": False,
    "endpoint": "https://example.com/ikas",
    "id": "331f40ad-58a5-4b25-b060-15e6ce57fc9f",
    "scope": "store/customer/created",
    "updatedAt": 1636366311914,
}


def rows(*found: Any) -> dict[str, Any]:
    return {"data": {"listWebhook": list(found)}}


def _json(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=json.dumps(body), headers=headers)


def _fail(error: type[httpx.HTTPError]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error(f"while sending Bearer {CANARY}")

    return answer


def refusal(code: str | None, **extra: Any) -> dict[str, Any]:
    extensions = {"code": code} if code else {}
    return {"errors": [{"message": f"said of {CANARY}", "extensions": extensions}], **extra}


ANSWERS: dict[str, tuple[Callable[[httpx.Request], httpx.Response], type[errors.IkasError]]] = {
    "html with 502": (
        lambda _: httpx.Response(502, html=f"<h1>Bad gateway {CANARY}</h1>"),
        errors.ResponseError,
    ),
    "html with 200": (lambda _: httpx.Response(200, html=f"<p>{CANARY}"), errors.ResponseError),
    "truncated JSON": (
        lambda _: httpx.Response(200, content=f'{{"data": "{CANARY}'),
        errors.ResponseError,
    ),
    "no body": (lambda _: httpx.Response(200), errors.ResponseError),
    "not UTF-8": (lambda _: httpx.Response(200, content=b'"\xff"'), errors.ResponseError),
    "JSON that is a list": (lambda _: _json([CANARY]), errors.ResponseError),
    "JSON that is null": (lambda _: _json(None), errors.ResponseError),
    "half a surrogate pair": (
        lambda _: httpx.Response(200, content=json.dumps(rows({**ROW, "endpoint": "\ud800"}))),
        errors.ResponseError,
    ),
    "deeply nested": (
        lambda _: httpx.Response(200, content="[" * 100_000 + "]" * 100_000),
        errors.ResponseError,
    ),
    "NaN": (
        lambda _: httpx.Response(200, content='{"data": {"listWebhook": NaN}}'),
        errors.ResponseError,
    ),
    "429 bare": (lambda _: httpx.Response(429), errors.RateLimitedError),
    "429 with header": (
        lambda _: _json({}, 429, **{"Retry-After": "7"}),
        errors.RateLimitedError,
    ),
    "429 with body": (lambda _: _json({"retryAfter": 7}, 429), errors.RateLimitedError),
    "500": (lambda _: _json({"message": CANARY}, 500), errors.ResponseError),
    "503 without JSON": (lambda _: httpx.Response(503, text=CANARY), errors.ResponseError),
    "redirect": (
        lambda _: httpx.Response(302, headers={"location": f"https://x/?token={CANARY}"}),
        errors.ResponseError,
    ),
    "401 with errors": (
        lambda _: _json(refusal("LOGIN_REQUIRED"), 401),
        errors.LoginRequiredError,
    ),
    "401 without JSON": (lambda _: httpx.Response(401, text=CANARY), errors.LoginRequiredError),
    "401 with an object": (lambda _: _json({"message": CANARY}, 401), errors.LoginRequiredError),
    "errors with partial data": (
        lambda _: _json(refusal("UNAUTHORIZED", **rows({**ROW, "endpoint": CANARY}))),
        errors.PermissionDeniedError,
    ),
    "errors without a code": (lambda _: _json(refusal(None)), errors.GraphQLError),
    "errors of an unknown code": (lambda _: _json(refusal("TEAPOT")), errors.GraphQLError),
    "validation failed, 400": (
        lambda _: _json(refusal("GRAPHQL_VALIDATION_FAILED"), 400),
        errors.FieldRefusedError,
    ),
    "errors that is no list": (lambda _: _json({"errors": CANARY}), errors.ResponseError),
    "errors of texts": (lambda _: _json({"errors": [CANARY]}), errors.ResponseError),
    "no errors and no data": (lambda _: _json({"errors": []}), errors.ResponseError),
    "data null": (lambda _: _json({"data": None}), errors.ResponseError),
    "empty object": (lambda _: _json({}), errors.ResponseError),
    "data without the field": (lambda _: _json({"data": {}}), errors.ResponseError),
    "field null": (lambda _: _json({"data": {"listWebhook": None}}), errors.ResponseError),
    "rows that are null": (lambda _: _json(rows(ROW, None)), errors.ResponseError),
    "rows that are text": (lambda _: _json(rows(CANARY)), errors.ResponseError),
    "row without a field": (
        lambda _: _json(rows(ROW, {k: v for k, v in ROW.items() if k != "scope"})),
        errors.ResponseError,
    ),
    "null in non-null": (lambda _: _json(rows({**ROW, "endpoint": None})), errors.ResponseError),
    "text for a boolean": (
        lambda _: _json(rows({**ROW, "deleted": CANARY})),
        errors.ResponseError,
    ),
    "boolean for a time": (lambda _: _json(rows({**ROW, "createdAt": True})), errors.ResponseError),
    "number for an id": (lambda _: _json(rows({**ROW, "id": 7})), errors.ResponseError),
    "time of no calendar": (
        lambda _: _json(rows({**ROW, "updatedAt": 10**18})),
        errors.ResponseError,
    ),
    "hang": (_fail(httpx.ReadTimeout), errors.TransportError),
    "refused": (_fail(httpx.ConnectError), errors.TransportError),
    "broken off": (_fail(httpx.RemoteProtocolError), errors.TransportError),
}
