"""Both versions' schema, rules and errors, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from graphql import (
    build_client_schema,
    build_schema,
    get_introspection_query,
    print_schema,
    validate_schema,
)

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.sandbox import Sandbox
from ikas_explore.sandbox.catalogue import SDL, Catalogue
from ikas_explore.sandbox.graphql import resolvers
from ikas_explore.sandbox.tables import Rows
from ikas_explore.sandbox.webhook_rows import Registrations
from ikas_explore.schema import API_VERSIONS, ApiVersion, sdl
from ikas_explore.schema.scopes import Scope
from tests.sandbox.api import SAVE, Api, api_of, codes
from tests.sandbox.coverage import emulates

ORDER = "store/order/created"
ENDPOINT = "https://example.com/ikas"


@pytest.mark.parametrize("version", API_VERSIONS)
def test_every_field_of_query_and_mutation_has_a_resolver(version: ApiVersion) -> None:
    """graphql-core notices a missing one only when the field is asked for."""
    rows = Rows()
    found = resolvers(version, Registrations(rows), Catalogue(rows), strict=False)
    rows.close()
    schema = build_schema(sdl(version) + SDL)
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert found.keys() == {*schema.query_type.fields, *schema.mutation_type.fields}


@pytest.mark.parametrize("version", API_VERSIONS)
def test_the_schema_is_valid(version: ApiVersion) -> None:
    """A sandbox takes that for granted, as checking it takes half the time of building it."""
    assert validate_schema(build_schema(sdl(version) + SDL)) == []


@emulates("introspection and `{ __typename }` without a token", source="live")
@pytest.mark.parametrize("version", API_VERSIONS)
def test_introspection_needs_no_token(sandbox: Sandbox, version: str) -> None:
    """The schema is open; it is the one of that version."""
    with Api(sandbox.base_url, None) as api:
        answer = api.call(get_introspection_query(), version=version).json()
        assert SAVE[version] in print_schema(build_client_schema(answer["data"]))
        assert api.call("{ __typename }").json() == {"data": {"__typename": "Query"}}


@emulates("`saveWebhook` in v1, `saveWebhooks` in v2", source="seed, sdk, live")
@emulates("one row per scope, in the order asked", source="live, inferred")
@pytest.mark.parametrize("version", API_VERSIONS)
def test_save_answers_one_webhook_per_scope_in_order(api: Api, version: str) -> None:
    scopes = ["store/stock/updated", ORDER, "store/customer/updated", ORDER]
    saved = api.save(ENDPOINT, scopes, version).json()["data"][SAVE[version]]
    assert [row["scope"] for row in saved] == scopes
    assert {row["endpoint"] for row in saved} == {ENDPOINT}
    assert saved[1] == saved[3]
    assert [row["scope"] for row in api.list(version)] == [
        "store/customer/created",
        "store/customer/updated",
        "store/stock/updated",
        ORDER,
    ]


@emulates("a single string for a list, as a literal and as a variable", source="seed")
@pytest.mark.parametrize("version", API_VERSIONS)
def test_a_single_string_is_a_list_of_one(api: Api, version: str) -> None:
    """GraphQL's list coercion; never its letters."""
    (row,) = api.save(ENDPOINT, ORDER, version).json()["data"][SAVE[version]]
    assert row["scope"] == ORDER
    assert api.delete(ORDER, version).json() == {"data": {"deleteWebhook": True}}
    assert ORDER not in [row["scope"] for row in api.list(version)]


@emulates("the other version's save is refused: HTTP 400", source="live")
@emulates("unknown fields and wrong types: `GRAPHQL_VALIDATION_FAILED`, HTTP 400", source="live")
@pytest.mark.parametrize(
    ("query", "variables", "version"),
    [
        ('mutation { saveWebhooks(input: {scopes: "x", endpoint: "y"}) { id } }', None, "v1"),
        ('mutation { saveWebhook(input: {scopes: "x", endpoint: "y"}) { id } }', None, "v2"),
        ("{ listWebhook { nothing } }", None, "v1"),
        ("{ listWebhooks { id } }", None, "v2"),
        ("mutation { deleteWebhook(scopes: 1) }", None, "v1"),
    ],
)
def test_what_does_not_fit_the_schema_is_http_400(
    api: Api, query: str, variables: dict[str, Any] | None, version: str
) -> None:
    answer = api.call(query, variables, version=version)
    assert answer.status_code == 400
    assert set(codes(answer)) == {"GRAPHQL_VALIDATION_FAILED"}
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"query": 1}',
        b'{"extensions": 5}',
        b'{"query": "{"}',
        b'{"query": "x", "variables": 1}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ __typename }", "operationName": "other"}',
        b'{"query": "' + b"{a" * 9_000 + b'"}',
        b'{"query": "' + b"{a" * 900 + b"}" * 900 + b'"}',
        b'{"query": "' + b"{...on Query" * 900 + b"{a" + b"}" * 901 + b'"}',
    ],
    ids=range(16),
)
def test_what_is_no_operation_is_http_400_with_errors(sandbox: Sandbox, body: bytes) -> None:
    answer = httpx.post(f"{sandbox.base_url}/api/v1/admin/graphql", content=body, verify=False)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]


@emulates("`INVALID_SCOPE` for scopes that cannot be registered", source="live")
@emulates("one bad scope fails the whole save", source="live, inferred")
@pytest.mark.parametrize("version", API_VERSIONS)
@pytest.mark.parametrize(
    "scope",
    [
        *(scope for scope in Scope if scope not in Scope.registrable()),
        *("store/order/deleted", "", "*"),
    ],
)
def test_one_refused_scope_fails_the_whole_save(api: Api, version: str, scope: str) -> None:
    before = api.list(version)
    answer = api.save(ENDPOINT, [ORDER, scope], version)
    assert (answer.status_code, codes(answer)) == (200, ["INVALID_SCOPE"])
    assert answer.json()["errors"][0]["message"] == "error_messages.public.webhook.invalid_scope"
    assert answer.json()["data"] == {SAVE[version]: None}
    assert api.list(version) == before


@emulates("all 11 registrable scopes", source="sdk, docs, live")
def test_every_registrable_scope_can_be_saved(api: Api) -> None:
    scopes = [str(scope) for scope in Scope.registrable()]
    assert api.save(ENDPOINT, scopes).json()["data"]["saveWebhook"][10]["scope"] == scopes[10]
    assert len(api.list()) == 11


@emulates("`ARGUMENT_VALIDATION_ERROR` for an endpoint that is no URL", source="live")
@pytest.mark.parametrize("endpoint", ["", "example.com", "ftp://example.com/", "https://", "a b"])
def test_an_endpoint_that_is_no_url_is_refused(api: Api, endpoint: str) -> None:
    answer = api.save(endpoint, ORDER)
    assert (answer.status_code, codes(answer)) == (200, ["ARGUMENT_VALIDATION_ERROR"])


@emulates("with `strict=True`: `http://` endpoints are refused", source="live")
@emulates("with `strict=True`: private and reserved addresses are refused", source="docs")
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://example.com/",
        "https://localhost/",
        "https://127.0.0.1:8000/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://printer.local/",
    ],
)
def test_strict_refuses_what_ikas_refuses(endpoint: str) -> None:
    with Sandbox(strict=True) as sandbox, api_of(sandbox) as api:
        assert codes(api.save(endpoint, ORDER)) == ["ARGUMENT_VALIDATION_ERROR"]
        assert "errors" not in api.save(ENDPOINT, ORDER).json()


def test_a_receiver_on_this_machine_can_be_registered(api: Api) -> None:
    """Not strict, so that deliveries can be tried without a certificate."""
    assert "errors" not in api.save("http://127.0.0.1:8000/", ORDER).json()


@emulates("`LOGIN_REQUIRED` without a valid token", source="live")
@pytest.mark.parametrize("token", [None, "wrong", "Bearer"])
@pytest.mark.parametrize(
    "query",
    [
        "{ listWebhook { id } }",
        'mutation { deleteWebhook(scopes: "store/order/created") }',
        'mutation { saveWebhook(input: {scopes: "x", endpoint: "y"}) { id } }',
    ],
)
def test_calls_want_a_token(sandbox: Sandbox, token: str | None, query: str) -> None:
    with Api(sandbox.base_url, token) as api:
        answer = api.call(query)
    assert (answer.status_code, codes(answer)) == (200, ["LOGIN_REQUIRED"])


@emulates("deleting a scope that is not registered answers `true`", source="unknown")
@pytest.mark.parametrize("version", API_VERSIONS)
def test_deleting_what_is_not_registered_is_true(api: Api, version: str) -> None:
    assert api.delete([ORDER, "nothing"], version).json() == {"data": {"deleteWebhook": True}}
    assert len(api.list(version)) == 2


def test_a_scope_registered_again_after_deletion_has_a_new_id(api: Api) -> None:
    first = api.save(ENDPOINT, ORDER).json()["data"]["saveWebhook"][0]["id"]
    api.delete(ORDER)
    assert api.save(ENDPOINT, ORDER).json()["data"]["saveWebhook"][0]["id"] != first


@emulates("`salesChannelIds` is taken and cannot be read back", source="sdk, docs")
def test_sales_channels_are_taken(api: Api) -> None:
    answer = api.call(
        "mutation ($input: WebhookInput!) { saveWebhook(input: $input) { scope } }",
        {"input": {"endpoint": ENDPOINT, "scopes": ORDER, "salesChannelIds": ["a"]}},
    )
    assert answer.json() == {"data": {"saveWebhook": [{"scope": ORDER}]}}
    assert api.call("{ listWebhook { salesChannelIds } }").status_code == 400


@emulates("an uninstalled app: empty list, `APP_NOT_FOUND`, rows gone for good", source="live")
def test_an_uninstalled_app_is_not_found(sandbox: Sandbox, api: Api) -> None:
    sandbox.uninstall()
    assert api.list() == []
    assert codes(api.save(ENDPOINT, ORDER)) == codes(api.delete(ORDER)) == ["APP_NOT_FOUND"]
    sandbox.install()
    assert api.list() == []
    assert "errors" not in api.save(ENDPOINT, ORDER).json()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused(sandbox: Sandbox, method: str) -> None:
    """No explorer page from elsewhere either."""
    answer = httpx.request(method, f"{sandbox.base_url}/api/v1/admin/graphql")
    assert answer.status_code == 405


def test_calls_are_counted_by_field(sandbox: Sandbox, api: Api) -> None:
    api.list()
    api.list("v2")
    api.save(ENDPOINT, ORDER)
    assert sandbox.calls == {"listWebhook": 2, "saveWebhook": 1}


@emulates("a wrong variable: `BAD_USER_INPUT`, HTTP 200", source="Apollo Server 4, likely")
@pytest.mark.parametrize("variables", [{"s": [1]}, {}])
def test_a_wrong_variable_is_bad_input(api: Api, variables: dict[str, Any]) -> None:
    answer = api.call("mutation ($s: [String!]!) { deleteWebhook(scopes: $s) }", variables)
    assert answer.status_code == 200
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert '"$s"' in error["message"]


@emulates("two operations without a name: `OPERATION_RESOLUTION_FAILURE`", source="Apollo, likely")
def test_which_of_two_operations_has_to_be_said(api: Api) -> None:
    answer = api.call("query A { __typename } query B { __typename }")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


@emulates("a hash in place of a query: `PERSISTED_QUERY_NOT_FOUND`", source="Apollo, likely")
def test_a_hash_of_a_query_is_not_known(api: Api) -> None:
    asked = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    answer = api.client.post("/api/v1/admin/graphql", json=asked)
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


@emulates("names in messages stand in double quotes, as graphql-js writes them", source="sdk")
def test_messages_are_worded_as_graphql_js_words_them(api: Api) -> None:
    answer = api.call("{ listWebhook { nothing } }")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    message = answer.json()["errors"][0]["message"]
    assert message.startswith('Cannot query field "nothing" on type "Webhook".')
    refused = api.save("it's no URL", ["store/order/created"])
    assert "it's no URL" in refused.json()["errors"][0]["message"]  # values stay as they are


def test_a_browser_is_told_to_post(api: Api) -> None:
    answer = api.client.get("/api/v1/admin/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "POST" in answer.text


def test_payloads_of_a_private_app_say_so() -> None:
    with (
        Sandbox(private_app=True, examples=False) as sandbox,
        api_of(sandbox) as api,
        Receiver(sandbox.client_secret) as receiver,
    ):
        api.save(receiver.endpoint, ["store/order/created", "store/stock/created"])
        sandbox.emit("store/stock/created")
        sandbox.change("order")
        sandbox.settle()
        sent = [json.loads(data) for data in receiver.deliveries()["data"]]
    assert [data["isPrivateApp"] for data in sent] == [True, True]
