"""One GraphQL exchange as functions: operation to body, response to data or error.

Every refusal of ikas and every answer that is none is turned into an error of
`ikas_explore.errors` here; `ikas_explore.network.failures` does it for what httpx raises.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

import httpx

from ikas_explore.errors import (
    AppNotFoundError,
    ArgumentRefusedError,
    FieldRefusedError,
    GraphQLError,
    InvalidArgumentError,
    LoginRequiredError,
    PermissionDeniedError,
    RateLimitedError,
    ResponseError,
    ScopeRefusedError,
)
from ikas_explore.text.printable import counted, printable
from ikas_explore.values.strict_json import decode_bytes

#: Bytes an answer may have, decompressed: far more than ikas' longest page of orders.
MAX_ANSWER = 100_000_000
#: How deeply `GraphQLError.errors` and `.data` are nested at most: they are printed and pickled.
MAX_DEPTH = 50

_PIECE = 1_048_576
#: What of an answer's headers is looked at.
_READ_HEADERS = (b"content-type", b"retry-after")
_LOGIN = (
    LoginRequiredError,
    "The access token is missing, wrong or expired: get a new one, or give client_id and "
    "client_secret (IKAS_CLIENT_ID, IKAS_CLIENT_SECRET) so that it is renewed.",
)

#: ``extensions.code`` to the error raised and what to do.
CODES: Mapping[str, tuple[type[GraphQLError], str]] = {
    "LOGIN_REQUIRED": _LOGIN,
    "UNAUTHENTICATED": _LOGIN,  # what other servers of GraphQL say
    "UNAUTHORIZED": (
        PermissionDeniedError,
        "The app lacks a permission: grant it in the partner panel and authorise the app anew.",
    ),
    "INVALID_SCOPE": (
        ScopeRefusedError,
        "A scope cannot be registered, and nothing was saved; Scope.registrable() lists those "
        "that can.",
    ),
    "ARGUMENT_VALIDATION_ERROR": (
        ArgumentRefusedError,
        "The endpoint has to be an https:// URL with a public host.",
    ),
    "BAD_USER_INPUT": (ArgumentRefusedError, "A variable has the wrong type."),
    "GRAPHQL_VALIDATION_FAILED": (
        FieldRefusedError,
        "The schema does not have this field or argument: check api_version.",
    ),
    "APP_NOT_FOUND": (
        AppNotFoundError,
        "The app is no longer installed in this store; its webhooks are gone and have to be "
        "saved again after it is installed.",
    ),
}

#: Takes secrets out of text that an answer holds, where it gets into an error.
Blank = Callable[[str], str]


def encode(document: str, variables: Mapping[str, Any] | None = None) -> bytes:
    """Return the JSON body of a request; ``variables`` stand in it only when there are any."""
    body = {"query": document, "variables": variables} if variables else {"query": document}
    try:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        reason = printable(str(error))
    raise InvalidArgumentError(f"The document or a variable is not JSON: {reason}.")


class Answer(NamedTuple):
    """An answer that was read to its end, with the headers that are looked at."""

    status_code: int
    headers: httpx.Headers
    content: bytes


def whole(response: httpx.Response, what: str) -> Answer:
    """Read an answer to its end, unless that is too far away."""
    pieces, size = [], 0
    for piece in _unpacked(response):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER:
            raise ResponseError(
                f"{what}: the answer is larger than {MAX_ANSWER:,} bytes and was not read to its "
                "end; ask for fewer rows or fields, and check base_url.",
                status_code=response.status_code,
            )
    # As bytes: httpx reads headers beyond ASCII and does not write them.
    headers = [pair for pair in response.headers.raw if pair[0].lower() in _READ_HEADERS]
    return Answer(response.status_code, httpx.Headers(headers), b"".join(pieces))


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """Give an answer's bytes, decompressed a little at a time: httpx does a whole piece at once."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", "") or response.is_stream_consumed:  # in memory already
        yield from response.iter_bytes()
        return
    if encoding not in ("gzip", "x-gzip"):
        raise httpx.DecodingError(f"it is {encoding!r}, and gzip was asked for")
    gzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        for piece in response.iter_raw():
            while piece and not gzip.eof:
                yield gzip.decompress(piece, _PIECE)
                piece = gzip.unconsumed_tail
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from None


def read_data(response: Answer, what: str, blank: Blank = str) -> dict[str, Any]:
    """Return ``data`` of a GraphQL answer, read to its end, or raise the error it stands for."""
    status = response.status_code
    if status == 429:
        raise rate_limited(response, what)
    answer = read_json(response, what, blank)
    if answer.get("errors") is not None and answer["errors"] != []:
        _raise_errors(answer, what, status, blank)
    if status == 401:
        raise LoginRequiredError(f"{what}: HTTP 401. {_LOGIN[1]}")
    if status != 200:
        advice = "try again later" if status >= 500 else "check base_url and the app's permissions"
        raise ResponseError(
            f"{what}: ikas answered HTTP {status} and no GraphQL error; {advice}.",
            status_code=status,
        )
    data = answer.get("data")
    if not isinstance(data, dict):
        found = "null" if data is None else type(data).__name__
        raise ResponseError(
            f"{what}: the answer has neither data nor errors (data: {found}); try again, and "
            "check base_url.",
            status_code=status,
        )
    return data


def read_json(response: Answer, what: str, blank: Blank = str) -> dict[str, Any]:
    """Return the JSON object an answer holds; raise LoginRequiredError or ResponseError."""
    status = response.status_code
    try:
        answer, is_json = decode_bytes(response.content), True
    except ValueError:
        answer, is_json = None, False
    if not is_json:  # raised out here: json's error holds the whole text
        if status == 401:
            raise LoginRequiredError(f"{what}: HTTP 401. {_LOGIN[1]}")
        kind = printable(blank(response.headers.get("content-type", "no content type")))
        # Blanked before it is cut: half a secret would not be found.
        start = printable(blank(response.content[:2000].decode("utf-8", "replace"))[:80])
        raise ResponseError(
            f"{what}: ikas answered HTTP {status} with {counted(len(response.content), 'byte')} of "
            f"{kind} that are not JSON: {start}. Try again later; if it stays, check base_url.",
            status_code=status,
        )
    if not isinstance(answer, dict):
        raise ResponseError(
            f"{what}: ikas answered HTTP {status} with JSON that is no object but "
            f"{type(answer).__name__}; check base_url.",
            status_code=status,
        )
    return answer


def _raise_errors(answer: dict[str, Any], what: str, status: int, blank: Blank) -> NoReturn:
    errors = answer["errors"]
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        raise ResponseError(
            f"{what}: ikas answered HTTP {status} with 'errors' that is no list of objects.",
            status_code=status,
        )
    # Looked up before anything is blanked: a short secret may be a part of any word.
    codes = [_code(error) for error in errors]
    code = next((code for code in codes if code in CODES), codes[0])
    kind, advice = CODES.get(code or "", (GraphQLError, "See .errors for all that ikas said."))
    code = code if code is None or code in CODES else blank(code)
    messages = (_blanked(error.get("message"), blank) for error in errors)
    said = printable("; ".join(map(str, messages))[:300])
    named = printable(code[:100]) if code else "no code"
    named += "" if said == named else f" ({said})"
    raise kind(
        f"{what}: ikas refused with {named}. {advice}",
        code=code,
        errors=_blanked(errors, blank),
        data=_blanked(answer.get("data"), blank),
    )


#: The names that GraphQL gives the parts of an error.
_PARTS = frozenset(("message", "extensions", "code", "path", "locations", "line", "column"))


def _blanked(value: Any, blank: Blank, depth: int = 0) -> Any:
    if isinstance(value, str):
        return value if value in CODES else blank(value)
    if depth == MAX_DEPTH and isinstance(value, (list, dict)):
        return "..."
    if isinstance(value, list):
        return [_blanked(item, blank, depth + 1) for item in value]
    if isinstance(value, dict):
        return {
            name if name in _PARTS else blank(name): _blanked(item, blank, depth + 1)
            for name, item in value.items()
        }
    return value


def _code(error: Mapping[str, Any]) -> str | None:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else None


def rate_limited(response: Answer, what: str) -> RateLimitedError:
    """Return the error for a 429, with the seconds to wait where it names them."""
    seconds = retry_after(response)
    wait = f"{seconds:g} s, as it asks," if seconds else "a little"
    return RateLimitedError(
        f"{what}: ikas answered HTTP 429, too many calls (50 in 10 s are allowed); wait {wait} "
        "and try again.",
        retry_after=seconds,
    )


def retry_after(response: Answer) -> float | None:
    """Return the seconds to wait that a 429 names, if it does."""
    # The form of ikas' 429 is not known: a header in seconds or as a date, a number in the
    # body, or nothing are all taken.
    header = response.headers.get("retry-after", "")
    with suppress(ValueError):
        return _seconds(float(header))
    with suppress(ValueError, TypeError, OverflowError):  # a year or hour beyond all numbers
        until = email.utils.parsedate_to_datetime(header)
        return _seconds(max(0.0, (until - dt.datetime.now(dt.UTC)).total_seconds()))
    found = re.search(rb'"retryAfter"\s*:\s*"?([0-9]*\.?[0-9]+)', response.content)
    return _seconds(float(found[1])) if found else None


def _seconds(value: float) -> float | None:
    return value if math.isfinite(value) and value >= 0 else None
