"""A caller of the sandbox's API that shares no code with the package's client."""

from __future__ import annotations

from typing import Any

import httpx

from ikas_explore.sandbox import Sandbox, StoreCredentials

FIELDS = "createdAt deleted endpoint id scope updatedAt"
SAVE = {"v1": "saveWebhook", "v2": "saveWebhooks"}


class Api:
    """GraphQL calls of one store."""

    def __init__(self, base_url: str, access_token: str | None) -> None:
        headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
        # `verify`: loading certificates for http takes longer than a call.
        self.client = httpx.Client(base_url=base_url, headers=headers, timeout=10, verify=False)

    def call(
        self, query: str, variables: dict[str, Any] | None = None, *, version: str = "v1"
    ) -> httpx.Response:
        return self.client.post(
            f"/api/{version}/admin/graphql", json={"query": query, "variables": variables}
        )

    def list(self, version: str = "v1") -> Any:
        answer = self.call(f"{{ listWebhook {{ {FIELDS} }} }}", version=version).json()
        assert "errors" not in answer, answer
        return answer["data"]["listWebhook"]

    def save(self, endpoint: str, scopes: Any, version: str = "v1") -> httpx.Response:
        field = SAVE[version]
        return self.call(
            f"mutation ($input: WebhookInput!) {{ {field}(input: $input) {{ {FIELDS} }} }}",
            {"input": {"endpoint": endpoint, "scopes": scopes}},
            version=version,
        )

    def delete(self, scopes: Any, version: str = "v1") -> httpx.Response:
        return self.call(
            "mutation ($scopes: [String!]!) { deleteWebhook(scopes: $scopes) }",
            {"scopes": scopes},
            version=version,
        )

    def close(self) -> None:
        self.client.close()

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def api_of(sandbox: Sandbox, store: StoreCredentials | None = None) -> Api:
    """Return a caller with a store's access token; the default store's if none is given."""
    return Api(sandbox.base_url, (store or sandbox).access_token)


def codes(answer: httpx.Response) -> list[str]:
    """Return the codes of an answer's errors."""
    return [error["extensions"]["code"] for error in answer.json()["errors"]]


def register(sandbox: Sandbox, endpoint: str, *scopes: str) -> None:
    """Register an endpoint in the default store, for an order's creation if no scope is given."""
    with api_of(sandbox) as api:
        assert "errors" not in api.save(endpoint, list(scopes or ["store/order/created"])).json()
