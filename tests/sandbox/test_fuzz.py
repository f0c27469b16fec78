"""Whatever comes in: no 5xx, no traceback, no hang."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ikas_explore.sandbox import Sandbox
from ikas_explore.sandbox.faults import FaultKind
from ikas_explore.schema import API_VERSIONS, ApiVersion, sdl
from ikas_explore.schema.scopes import Scope
from tests.sandbox.api import Api, api_of

EXAMPLES = 60
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
scopes = st.lists(st.sampled_from([str(scope) for scope in Scope]) | st.text(), max_size=4)
endpoints = st.sampled_from(["https://example.com/", "http://127.0.0.1:9/"]) | st.text()


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(retry_delays=(0,), max_attempts=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def caller(served: Sandbox) -> Iterator[Api]:
    with api_of(served) as api:
        yield api


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    assert "INTERNAL" not in answer.text
    if answer.status_code >= 400 and answer.headers["content-type"] == "application/json":
        assert answer.json()["errors"]


@pytest.mark.parametrize("version", API_VERSIONS)
def test_operations_made_from_the_schema(caller: Api, version: ApiVersion) -> None:
    """As schemathesis makes them, of every field of Query and Mutation."""
    schema = schemathesis.graphql.from_file(sdl(version))

    @FUZZ
    @given(case=schema.as_strategy())
    def fuzz(case: Any) -> None:
        check(caller.client.post(f"/api/{version}/admin/graphql", json={"query": case.body}))

    fuzz()
    caller.list(version)


@FUZZ
@given(endpoint=endpoints, asked=scopes)
def test_saves_that_may_succeed(caller: Api, endpoint: str, asked: list[str]) -> None:
    check(caller.save(endpoint, asked))
    check(caller.delete(asked))


@FUZZ
@given(body=st.binary(max_size=200) | any_json.map(lambda value: json.dumps(value).encode()))
def test_bodies_of_anything(caller: Api, body: bytes) -> None:
    for method, path in (
        ("POST", "/api/v1/admin/graphql"),
        ("POST", "/api/admin/oauth/token"),
        ("POST", "/control/events"),
    ):
        check(caller.client.request(method, path, content=body))


@FUZZ
@given(
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


@FUZZ
@given(scope=st.sampled_from([str(scope) for scope in Scope]) | any_json, data=any_json)
def test_events_of_anything(caller: Api, scope: object, data: object) -> None:
    body = json.dumps({"scope": scope, "data": data})
    check(caller.client.post("/control/events", content=body))
    check(caller.client.get("/control/deliveries"))


@FUZZ
@given(
    fault=st.fixed_dictionaries(
        {"kind": st.sampled_from(get_args(FaultKind)) | any_json},
        optional=dict.fromkeys(("share", "calls", "seconds", "status", "hint", "store"), any_json),
    )
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


@FUZZ
@given(token=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_tokens_of_anything(served: Sandbox, token: str) -> None:
    header = {"Authorization": token.strip()}
    url = f"{served.base_url}/api/v1/admin/graphql"
    check(httpx.post(url, json={"query": "{ listWebhook { id } }"}, headers=header))
