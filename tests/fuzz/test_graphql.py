"""The sandbox's paths, GraphQL above all: whatever comes in, no 5xx, no traceback, no hang."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, get_args

import httpx
import pytest
import schemathesis
from hypothesis import strategies as st

from ikas_explore.sandbox import Sandbox
from ikas_explore.sandbox.faults import FaultKind
from ikas_explore.schema import API_VERSIONS, ApiVersion, sdl
from ikas_explore.schema.scopes import Scope
from tests.fuzz.runs import fuzz
from tests.fuzz.strategies import any_json, texts
from tests.sandbox.api import Api, api_of

scopes = st.lists(st.sampled_from([str(scope) for scope in Scope]) | texts, max_size=4)
endpoints = st.sampled_from(["https://example.com/", "http://127.0.0.1:9/"]) | texts


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(retry_delays=(0,), max_attempts=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def caller(served: Sandbox) -> Iterator[Api]:
    with api_of(served) as api:
        yield api


def _sent(version: ApiVersion, case: Any) -> tuple[ApiVersion, str]:
    return version, case.body


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    assert "INTERNAL" not in answer.text
    if answer.status_code >= 400 and answer.headers["content-type"] == "application/json":
        assert answer.json()["errors"]


operations = st.one_of(
    [
        schemathesis.graphql.from_file(sdl(version)).as_strategy().map(partial(_sent, version))
        for version in API_VERSIONS
    ]
)


@fuzz(examples=80, operation=operations)
def test_operations_made_from_the_schema(caller: Api, operation: tuple[ApiVersion, str]) -> None:
    """As schemathesis makes them, of every field of Query and Mutation."""
    version, query = operation
    check(caller.client.post(f"/api/{version}/admin/graphql", json={"query": query}))
    caller.list(version)


@fuzz(examples=60, endpoint=endpoints, asked=scopes)
def test_saves_that_may_succeed(caller: Api, endpoint: str, asked: list[str]) -> None:
    check(caller.save(endpoint, asked))
    check(caller.delete(asked))


@fuzz(
    examples=60,
    body=st.binary(max_size=200) | any_json.map(lambda value: json.dumps(value).encode()),
)
def test_bodies_of_anything(caller: Api, body: bytes) -> None:
    for method, path in (
        ("POST", "/api/v1/admin/graphql"),
        ("POST", "/api/admin/oauth/token"),
        ("POST", "/control/events"),
    ):
        check(caller.client.request(method, path, content=body))


@fuzz(
    examples=60,
    variables=any_json,
    name=any_json,
    query=st.sampled_from(
        [
            "{ listWebhook { id } }",
            "mutation A($s: [String!]!) { deleteWebhook(scopes: $s) }",
            "mutation A($i: WebhookInput!) { saveWebhook(input: $i) { id } }",
        ]
    ),
)
def test_variables_of_anything(caller: Api, query: str, variables: object, name: object) -> None:
    body = {"query": query, "variables": variables, "operationName": name}
    check(caller.client.post("/api/v1/admin/graphql", content=json.dumps(body)))


@fuzz(examples=60, scope=st.sampled_from([str(scope) for scope in Scope]) | any_json, data=any_json)
def test_events_of_anything(caller: Api, scope: object, data: object) -> None:
    body = json.dumps({"scope": scope, "data": data})
    check(caller.client.post("/control/events", content=body))
    check(caller.client.get("/control/deliveries"))


@fuzz(
    examples=60,
    fault=st.fixed_dictionaries(
        {"kind": st.sampled_from(get_args(FaultKind)) | any_json},
        optional=dict.fromkeys(("share", "calls", "seconds", "status", "hint", "store"), any_json),
    ),
)
def test_faults_of_anything(caller: Api, fault: dict[str, object]) -> None:
    check(caller.client.put("/control/faults", content=json.dumps([fault])))
    check(caller.client.put("/control/faults", content="[]"))


@pytest.mark.parametrize("path", ["/api/v1/admin/graphql", "/control/events", "/control/faults"])
def test_half_a_surrogate_pair_is_refused(caller: Api, path: str) -> None:
    """JSON can escape it, but it can be neither stored nor answered."""
    method = "PUT" if path.endswith("faults") else "POST"
    body = b'{"query": "{ listWebhook { id } }", "variables": {"a": "\\ud800"}, "scope": "\\ud800"}'
    assert caller.client.request(method, path, content=body).status_code == 400


@fuzz(examples=60, token=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_tokens_of_anything(caller: Api, token: str) -> None:
    header = {"Authorization": token.strip()}
    query = {"query": "{ listWebhook { id } }"}
    check(caller.client.post("/api/v1/admin/graphql", json=query, headers=header))


TOKENS = "/api/admin/oauth/token"
FORM = ("grant_type", "client_id", "client_secret", "code", "refresh_token")
GRANTS = ["client_credentials", "authorization_code", "refresh_token"]
forms = st.tuples(
    st.sampled_from(GRANTS),
    st.dictionaries(st.sampled_from(FORM), texts, max_size=2),
    st.sampled_from([None, *FORM]),
)


@fuzz(examples=60, form=forms, as_json=st.booleans())
def test_forms_for_a_token_of_anything(
    served: Sandbox, caller: Api, form: tuple[str, dict[str, str], str | None], as_json: bool
) -> None:
    grant, changes, missing = form
    right = {"client_id": served.client_id, "client_secret": served.client_secret}
    sent = {"grant_type": grant, **right, "code": "x", "refresh_token": "x", **changes}
    content = {name: value for name, value in sent.items() if name != missing}
    data = {name: value.encode("utf-8", "replace") for name, value in content.items()}
    body: dict[str, Any] = {"json": content} if as_json else {"data": data}
    answer = caller.client.post(TOKENS, **body)
    check(answer)
    if answer.status_code == 200:
        assert grant == "client_credentials" == content["grant_type"]
        assert right.items() <= content.items()


@fuzz(
    examples=60,
    body=(st.dictionaries(st.sampled_from(FORM) | texts, any_json, max_size=4) | any_json)
    .map(json.dumps)
    .map(str.encode)
    | st.binary(max_size=60),
    kind=st.sampled_from(["application/json", "Application/JSON; charset=x", "text/plain", ""]),
)
def test_bodies_for_a_token_of_anything(caller: Api, body: bytes, kind: str) -> None:
    answer = caller.client.post(TOKENS, content=body, headers={"Content-Type": kind})
    check(answer)
    assert answer.status_code >= 400


@pytest.fixture(scope="module")
def strict() -> Iterator[Api]:
    with Sandbox(strict=True) as sandbox, api_of(sandbox) as api:
        yield api


PRIVATE = ["localhost", "10.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "2130706433", "0x7f.1", "a.local"]


@fuzz(
    examples=60,
    scheme=st.sampled_from(["https://", "http://"]),
    host=st.sampled_from(["example.com", *PRIVATE]) | texts,
    rest=st.sampled_from(["", "/", ":0", ":99999"]) | texts.map(lambda text: f"/{text}"),
)
def test_a_strict_sandbox_takes_no_endpoint_that_ikas_cannot_reach(
    strict: Api, scheme: str, host: str, rest: str
) -> None:
    answer = strict.save(f"{scheme}{host}{rest}", ["store/order/created"])
    check(answer)
    if scheme == "http://" or host in PRIVATE:
        assert "errors" in answer.json()


names = st.sampled_from(["id", "scope", "endpoint", "deleted", "listWebhook", "__typename", "no"])
directives = st.sampled_from(
    [
        "",
        "",
        "@skip(if: false)",
        "@include(if: $yes)",
        "@include(if: 1)",
        "@deprecated",
        "@nope(a: {})",
    ]
)
values = st.recursive(
    st.sampled_from(["null", "true", "1e999", "-1", "9" * 400, "ENUM", "$yes", '"""a\n"""'])
    | any_json.map(lambda value: json.dumps(value, ensure_ascii=False)),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{' '.join(each)}]")
        | inner.map(lambda value: f"{{scopes: {value} endpoint: {value}}}")
    ),
    max_leaves=4,
)
fields = st.recursive(
    st.tuples(names, directives).map(" ".join),
    lambda inner: (
        st.tuples(
            st.sampled_from(
                ["listWebhook", "a: listWebhook", "...", "... on Webhook", "... on Query"]
            ),
            directives,
            st.lists(inner, min_size=1, max_size=4),
        ).map(lambda parts: f"{parts[0]} {parts[1]} {{{' '.join(parts[2])}}}")
        | st.sampled_from(["...A", "...B", "...Nope"])
    ),
    max_leaves=8,
)
documents = st.tuples(
    st.sampled_from(["", "query", "query N", "query ($yes: Boolean!)", "mutation", "subscription"]),
    st.lists(fields, min_size=1, max_size=4).map(" ".join),
    st.sampled_from(
        [
            "",
            "fragment A on Webhook {id}",
            "fragment A on Webhook {id ...B} fragment B on Webhook {scope ...A}",
            "fragment A on Query {listWebhook {id} ...B} fragment B on Query {__typename}",
            "query Other {__typename}",
            "type Query {a: Int}",
        ]
    ),
).map(lambda parts: f"{parts[0]} {{{parts[1]}}} {parts[2]}")
calls = st.tuples(
    st.sampled_from(["deleteWebhook(scopes: {})", "saveWebhook(input: {}) {{id}}", "no(a: {})"]),
    values,
).map(lambda parts: f"mutation ($yes: Boolean) {{a: {parts[0].format(parts[1])}}}")
repeated = st.tuples(
    st.sampled_from(
        [
            ("{", "listWebhook {id} ", "", "}"),
            ("{listWebhook {", "id ", "", "}}"),
            ("{", "nope ", "", "}"),
            ("{", "... {", "}", "__typename }"),
            ("{__schema {types {fields {", "type {fields {", "}}", "name }}}}"),
            ("{a(b: ", "[", "]", ")}"),
            ("{a(b: ", "{c: ", "}", ")}"),
            ("query (", "$a: String ", "", ") {__typename}"),
            ("{__typename ", "@skip(if: false) ", "", "}"),
            ("{listWebhook {", "...F ", "", "}} fragment F on Webhook {id}"),
            ('{a(b: "', "x", "", '")}'),
            ("#", "x", "", ""),
        ]
    ),
    st.sampled_from([1, 10, 100, 300, 1_000, 3_000]),
).map(lambda made: made[0][0] + made[0][1] * made[1] + made[0][2] * made[1] + made[0][3])


@fuzz(
    examples=150,
    query=documents | calls | repeated | texts,
    variables=st.none() | st.just({"yes": True}) | st.dictionaries(st.just("yes"), any_json),
)
def test_documents_of_aliases_fragments_directives_and_depth(
    caller: Api, query: str, variables: object
) -> None:
    body = json.dumps({"query": query, "variables": variables})
    check(caller.client.post("/api/v1/admin/graphql", content=body))


@fuzz(
    examples=60,
    method=st.sampled_from(["POST", "GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "X-Y"]),
    path=st.sampled_from(
        [
            "/api/v1/admin/graphql",
            "/api/v2/admin/graphql/",
            "/api/v3/admin/graphql",
            "/api/admin/oauth/token",
            "/control/events",
            "/control/attempts",
            "/%ff/%00",
            "//",
        ]
    ),
    kind=st.sampled_from(
        [
            "application/json",
            "application/graphql",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "text/plain; charset=utf-16",
            "",
        ]
    ),
    body=st.sampled_from(
        [
            b'[{"query": "{ listWebhook { id } }"}, {"query": "{ __typename }"}]',
            b'{"query": "{ __typename }"}',
            b"query=%7B__typename%7D",
            b"--x\r\nContent-Disposition: form-data; name=operations\r\n\r\n{}\r\n--x--",
            b"grant_type=client_credentials&client_id=%ff&client_secret=%00",
            b"grant_type=refresh_token&refresh_token=x",
            "{}".encode("utf-16"),
            b"",
        ]
    ),
    query=st.none() | texts.map(lambda text: text.encode("utf-8", "replace").decode()),
)
def test_methods_content_types_and_batches(
    caller: Api, method: str, path: str, kind: str, body: bytes, query: str | None
) -> None:
    parameters = {} if query is None else {"query": query}
    answer = caller.client.request(
        method, path, content=body, headers={"Content-Type": kind}, params=parameters
    )
    check(answer)
    assert "<html" not in answer.text


def test_a_document_that_would_keep_the_server_busy_is_refused(caller: Api) -> None:
    """Fields of one name are compared each with each: four seconds for ten thousand tokens."""
    answer = caller.call("{ listWebhook {" + "id " * 3_000 + "} }")
    assert answer.status_code == 400
    assert "2000 tokens" in answer.text
