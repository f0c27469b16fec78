"""The client: any answer becomes data or an IkasError, anything asked is sent or refused."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pandas as pd
import pytest
import stamina
from hypothesis import strategies as st

import ikas_explore as ikas
from ikas_explore.client.answers import Answer, retry_after
from ikas_explore.errors import IkasError, InvalidArgumentError, RateLimitedError
from ikas_explore.frames.frames import webhook_columns
from ikas_explore.values.names import matches
from tests.client.answers import ROW, refusal, rows
from tests.fuzz.runs import attempt, fuzz
from tests.fuzz.strategies import any_json, any_texts, quiet, scalars, texts

CANARY = "canary-7f3a9c51-do-not-show"


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


class Answering(httpx.BaseTransport):
    """Gives one answer to all requests."""

    def __init__(self, make: Callable[[], httpx.Response]) -> None:
        self._make = make

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._make()


def connected(make: Callable[[], httpx.Response], **more: Any) -> ikas.Store:
    transport = Answering(make)
    # On this machine, so that no rate of calls is kept.
    given = {"access_token": CANARY, "base_url": "http://127.0.0.1:9", **more}
    return ikas.connect("acme", transport=transport, **given)


cells = st.sampled_from(list(ROW.values())) | scalars | st.lists(scalars, max_size=2)
webhooks = st.fixed_dictionaries({}, optional=dict.fromkeys(ROW, cells)).map(lambda row: ROW | row)
messages = st.fixed_dictionaries(
    {},
    optional={
        "message": any_texts | any_json,
        "extensions": st.fixed_dictionaries(
            {},
            optional={
                "code": st.sampled_from(["LOGIN_REQUIRED", "UNAUTHORIZED", "APP_NOT_FOUND"])
                | texts
                | any_json,
                "retryAfter": any_json,
            },
        )
        | any_json,
        "path": any_json,
    },
)
answers = st.one_of(
    st.lists(webhooks | any_json, max_size=3).map(lambda found: rows(*found)),
    st.fixed_dictionaries(
        {"errors": st.lists(messages | any_json, max_size=3) | any_json},
        optional={"data": any_json | st.just(rows(ROW)["data"])},
    ),
    texts.map(refusal),
    st.dictionaries(st.sampled_from(["data", "errors", "listWebhook"]), any_json),
    any_json,
)
bodies = st.one_of(
    answers.map(lambda answer: json.dumps(answer).encode()),
    answers.map(
        lambda answer: json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ),
    st.binary(max_size=60),
    st.sampled_from([b"", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"data": ' + b"1" * 5_000 + b"}"]),
)
header_names = st.sampled_from(
    [b"content-type", b"retry-after", b"content-encoding", b"content-length", b"location", b"x"]
)
header_values = st.sampled_from(
    [
        b"application/json",
        b"text/html; charset=\xff",
        b"7",
        b"-1",
        b"nan",
        b"1e400",
        b"9" * 400,
        b"Mon, 01 Jan 2035 00:00:00 GMT",
        b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        b"Mon, 32 Foo 2035 25:61:61 +9999",
        b"Mon, 01 Jan 2035 00:00:00 -99999999",
        b"0 0 0 0 0 0",
        b"gzip",
        b"deflate",
        b"\x9b31m",
        b"\xe2\x80\xae",
    ]
) | st.binary(max_size=12).map(lambda value: value.translate(None, b"\r\n\0"))
headers = st.lists(st.tuples(header_names, header_values), max_size=3)
statuses = st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 429, 500, 503, 599])
asks = st.sampled_from(
    [
        lambda store: store.webhooks.list(),
        lambda store: store.webhooks.save("https://a.example/", "store/order/created"),
        lambda store: store.webhooks.delete("store/order/created"),
        lambda store: store.query("listWebhook").select("id").sort("created_at").to_frame(),
        lambda store: store.query("listWebhook").where(deleted=False).to_records(),
        lambda store: store.query("listWebhook").limit(1).to_objects(),
        lambda store: store.webhooks.audit(),
        lambda store: store.webhooks.plan({"https://a.example/": "store/order/*"}),
    ]
)


@fuzz(examples=250, ask=asks, status=statuses, headers=headers, body=bodies)
def test_any_answer_is_data_or_an_ikas_error(
    ask: Callable[[ikas.Store], Any], status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    store = connected(lambda: httpx.Response(status, headers=headers, content=body))
    made = attempt(lambda: ask(store), IkasError)
    store.close()
    if isinstance(made, IkasError):
        assert quiet(str(made)), str(made)
        assert CANARY not in str(made)
    elif isinstance(made, pd.DataFrame) and "endpoint" in made:
        assert list(made) == list(webhook_columns())


@fuzz(
    examples=100,
    status=statuses,
    headers=headers,
    answer=answers
    | st.dictionaries(
        st.sampled_from(["access_token", "refresh_token", "expires_in", "token_type"]), cells
    ),
)
def test_any_answer_to_a_token_call_is_a_token_or_an_ikas_error(
    status: int, headers: list[tuple[bytes, bytes]], answer: object
) -> None:
    content = json.dumps(answer).encode()
    store = connected(
        lambda: httpx.Response(status, headers=headers, content=content),
        access_token=None,
        client_id="id",
        client_secret=CANARY,
    )
    made = attempt(store.webhooks.list, IkasError)
    store.close()
    assert isinstance(made, IkasError)  # what is a token is no list of webhooks
    assert quiet(str(made)), str(made)
    assert CANARY not in str(made)


hints = header_values.map(bytes) | st.lists(
    st.sampled_from(
        [b"Mon, ", b"01 ", b"Jan ", b"2035 ", b"9" * 25, b"00:00:00 ", b"GMT", b"+9999", b"-"]
    ),
    max_size=8,
).map(b"".join)


@fuzz(hint=hints, body=bodies | st.binary(max_size=8).map(lambda end: b'{"retryAfter": 1' + end))
def test_a_hint_when_to_come_back_of_anything_is_seconds_or_none(hint: bytes, body: bytes) -> None:
    seconds = retry_after(Answer(429, httpx.Headers([(b"retry-after", hint)]), body))
    assert seconds is None or 0 <= seconds < float("inf")


names = (
    st.sampled_from(["scope", "createdAt", "created_at", "deleted", "id", "listWebhook", "a.b"])
    | texts
)
anything = (
    any_json
    | st.binary(max_size=5)
    | st.datetimes(timezones=st.none() | st.just(dt.UTC))
    | st.dates()
    | st.lists(any_json, max_size=3).map(tuple)
    | st.frozensets(st.integers() | any_texts, max_size=3)
    | st.just(len)
)


@fuzz(
    examples=250,
    selected=st.lists(names | anything, max_size=3),
    conditions=st.dictionaries(names, anything, max_size=3),
    order=st.lists(names | anything, max_size=2),
    limit=st.none() | anything,
    read=st.lists(names, max_size=2),
)
def test_a_query_of_anything_is_sent_or_refused(
    selected: list[Any],
    conditions: dict[str, Any],
    order: list[Any],
    limit: Any,
    read: list[str],
) -> None:
    store = connected(lambda: httpx.Response(200, json=rows(ROW, ROW)))

    def ask() -> Any:
        query = store.query("listWebhook")
        query = query.select(*selected) if selected else query
        query = query.where(**conditions).sort(*order)
        if read:
            query = query.where(lambda row: [row[name] for name in read])
        query = query if limit is None else query.limit(limit)
        assert quiet(repr(query))
        assert quiet(query.curl())
        return query.to_frame() if not any(map(callable, conditions.values())) else None

    made = attempt(ask, IkasError)
    store.close()
    assert not isinstance(made, IkasError) or quiet(str(made)), str(made)


@fuzz(
    examples=100,
    endpoint=any_texts.map(lambda text: f"https://a.example/{text}") | anything,
    scopes=st.lists(st.sampled_from(["store/order/created"]) | texts, max_size=3) | anything,
    channels=st.none() | st.lists(texts, max_size=2) | anything,
)
def test_a_save_of_anything_is_sent_whole_or_refused(
    endpoint: Any, scopes: Any, channels: Any
) -> None:
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(200, json={"data": {"saveWebhook": [ROW], "listWebhook": []}})

    store = ikas.connect(
        "acme",
        access_token=CANARY,
        base_url="http://127.0.0.1:9",
        transport=httpx.MockTransport(answer),
    )
    made = attempt(
        lambda: store.webhooks.save(endpoint, scopes, sales_channel_ids=channels), IkasError
    )
    attempt(lambda: store.webhooks.delete(scopes), IkasError)
    store.close()
    assert not isinstance(made, IkasError) or quiet(str(made)), str(made)
    for body in sent:
        assert json.loads(body)["query"]


urls = st.tuples(
    st.sampled_from(["https://", "http://", "HTTPS://", "ftp://", "", "https:", "//"]),
    st.sampled_from(["api.example.com", "127.0.0.1:9", "[::1]", "[", "localhost", "é.example", ""])
    | texts,
    st.sampled_from(["", "/", ":0", ":99999", ":x", "/path", "?q", "#f"]) | texts,
).map("".join)
tokens = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30) | any_texts


@fuzz(
    examples=250,
    name=st.none() | st.just("acme") | any_texts | anything,
    given=st.fixed_dictionaries(
        {},
        optional={
            "access_token": tokens | anything,
            "client_id": tokens | anything,
            "client_secret": tokens | anything,
            "refresh_token": tokens | anything,
            "api_version": st.sampled_from(["v1", "v2"]) | anything,
            "base_url": urls | anything,
            "timeout": st.floats() | anything,
        },
    ),
)
def test_connect_with_anything_connects_or_refuses(name: Any, given: dict[str, Any]) -> None:
    if name == "sandbox":
        return
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=rows(ROW)))
    made = attempt(lambda: ikas.connect(name, transport=transport, **given), IkasError)
    if isinstance(made, IkasError):
        assert quiet(str(made)), str(made)
        return
    listed = attempt(made.webhooks.list, IkasError)
    made.close()
    assert quiet(repr(made)), repr(made)
    assert not isinstance(listed, IkasError) or quiet(str(listed)), str(listed)
    for key in ("access_token", "client_secret", "refresh_token"):
        secret = given.get(key)
        if isinstance(secret, str) and len(secret.strip()) > 12:
            assert secret not in repr(made)


patterns = st.lists(
    st.sampled_from(["*", "a", "*a", "/", "store/", "\\", ".", "(", "[", "a+"])
).map("".join)


def fits(pattern: str, text: str) -> bool:
    """Tell the same as `matches`, letter by letter."""
    reached = {0}
    for letter in pattern:
        if letter == "*":
            reached = set(range(min(reached, default=len(text) + 1), len(text) + 1))
        else:
            reached = {at + 1 for at in reached if text[at : at + 1] == letter}
    return pattern == text or len(text) in reached


@fuzz(
    examples=250,
    pattern=patterns | texts,
    text=patterns | texts | st.sampled_from(list(ikas.Scope)),
)
def test_a_pattern_has_one_wildcard_and_an_answer_at_once(pattern: str, text: str) -> None:
    assert matches(pattern, text) == fits(pattern, text)
    assert matches(pattern, text.replace("a", "a" * 500)) in (True, False)
    assert {str(scope) for scope in ikas.Scope.match(pattern)} == {
        str(scope) for scope in ikas.Scope.registrable() if fits(pattern, scope)
    }


# -- found by the above -------------------------------------------------------------------------


def test_a_pattern_of_many_wildcards_is_answered_at_once() -> None:
    """As a regular expression it tried all places of all parts, which never ended."""
    assert not matches("*a" * 30 + "*b", "a" * 300)
    assert ikas.Scope.match("*t*o*r*e*/*c*u*s*t*o*m*e*r*/*u*p*d*a*t*e*d*x*") == ()


def test_a_header_beyond_ascii_is_told_and_its_control_characters_are_escaped() -> None:
    headers = [(b"content-type", b"text/html \x9b31m \xff")]
    with connected(lambda: httpx.Response(502, headers=headers, content=b"<p>")) as store:
        with pytest.raises(ikas.errors.ResponseError, match="bytes of text/html") as told:
            store.webhooks.list()
        assert "\\x9b31m" in str(told.value)


def test_the_code_of_a_refusal_is_told_without_its_control_characters() -> None:
    answer = refusal("\x1b[31mBOOM\n")
    with connected(lambda: httpx.Response(200, json=answer)) as store:
        with pytest.raises(ikas.errors.GraphQLError, match=r"refused with \\x1b\[31mBOOM") as told:
            store.webhooks.list()
        assert told.value.code == "\x1b[31mBOOM\n"


@pytest.mark.parametrize(
    "hint",
    ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2035 00:00:00 +" + "9" * 25],
)
def test_a_date_beyond_all_numbers_is_no_hint_when_to_come_back(hint: str) -> None:
    with connected(lambda: httpx.Response(429, headers={"Retry-After": hint})) as store:
        with pytest.raises(RateLimitedError) as told:
            store.webhooks.list()
        assert told.value.retry_after is None


@pytest.mark.parametrize("hidden", ["\u202e", "\x9b31m", "\u200b", "\xad", "\ud800"])
def test_an_address_with_what_does_not_show_is_refused(hidden: str) -> None:
    with pytest.raises(InvalidArgumentError, match="does not show"):
        connected(lambda: httpx.Response(200), base_url=f"https://a.example/{hidden}")
    store = connected(lambda: httpx.Response(200))
    with store, pytest.raises(InvalidArgumentError, match="does not show"):
        store.webhooks.save(f"https://a.example/{hidden}", "store/order/created")


@pytest.mark.parametrize("channels", [True, 7, len])
def test_sales_channels_that_are_no_list_are_refused(channels: Any) -> None:
    store = connected(lambda: httpx.Response(200))
    with store, pytest.raises(InvalidArgumentError, match="sales_channel_ids is a list of texts"):
        store.webhooks.save("https://a.example/", "store/order/created", sales_channel_ids=channels)
