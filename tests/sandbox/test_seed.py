"""The seed's three curl requests, byte for byte but for host and token, and its answers."""

from __future__ import annotations

import shlex
from typing import Any

import httpx

from ikas_explore.sandbox import Sandbox
from tests.sandbox.coverage import emulates

LIST = r"""curl --location --request POST 'https://api.myikas.com/api/v1/admin/graphql' \
--header 'Content-Type: application/json' \
--header 'Authorization: Bearer <your_access_token>' \
--data-raw '{"query":"{ listWebhook { createdAt deleted endpoint id scope updatedAt }}"}'"""

SAVE = r"""curl --location --request POST 'https://api.myikas.com/api/v1/admin/graphql' \
--header 'Content-Type: application/json' \
--header 'Authorization: Bearer <your_access_token>' \
--data-raw '{"query":"mutation { saveWebhook( input: { scopes: \"store/customer/created\" endpoint: \"https://www.google.com/\" } ) { createdAt deleted endpoint id scope updatedAt }}"}'"""  # noqa: E501 - as the seed has it

DELETE = r"""curl --location --request POST 'https://api.myikas.com/api/v1/admin/graphql' \
--header 'Content-Type: application/json' \
--header 'Authorization: Bearer <your_access_token>' \
--data-raw '{"query":"mutation { deleteWebhook(scopes: [\"store/customer/created\"])}"}'"""

EXAMPLES = [
    {
        "createdAt": 1636366311914,
        "deleted": False,
        "endpoint": "https://mailchimp-dev.ikasapps.com/api/webhook/ikas",
        "id": "331f40ad-58a5-4b25-b060-15e6ce57fc9f",
        "scope": "store/customer/created",
        "updatedAt": 1636366311914,
    },
    {
        "createdAt": 1636366311924,
        "deleted": False,
        "endpoint": "https://mailchimp-dev.ikasapps.com/api/webhook/ikas",
        "id": "806047a2-ce1d-4e2c-8c7d-10a5407bfa6d",
        "scope": "store/customer/updated",
        "updatedAt": 1636366311924,
    },
]


def run(line: str, sandbox: Sandbox) -> Any:
    """Send what curl would send for a line of the seed, and return the JSON answer."""
    line = line.replace("https://api.myikas.com", sandbox.base_url)
    line = line.replace("<your_access_token>", sandbox.access_token)
    _, *words = shlex.split(line.replace("\\\n", ""))
    given: dict[str, list[str]] = {}
    url = ""
    while words:
        word = words.pop(0)
        if word in ("--request", "--header", "--data-raw"):
            given.setdefault(word, []).append(words.pop(0))
        elif word != "--location":
            url = word
    (method,), (body,) = given["--request"], given["--data-raw"]
    headers = dict(header.split(": ", 1) for header in given["--header"])
    answer = httpx.request(method, url, headers=headers, content=body.encode(), verify=False)
    assert answer.status_code == 200
    return answer.json()


@emulates("`listWebhook` with the two example rows", source="seed")
def test_list_gives_the_seeds_answer_to_the_letter(sandbox: Sandbox) -> None:
    """The two example webhooks, ids and times included, keys in the order asked."""
    answer = run(LIST, sandbox)
    assert answer == {"data": {"listWebhook": EXAMPLES}}
    assert [list(row) for row in answer["data"]["listWebhook"]] == [list(EXAMPLES[0])] * 2


@emulates("`saveWebhook` with one string for `scopes`", source="seed")
def test_save_with_a_single_string_gives_the_seeds_answer() -> None:
    """A new row of one scope; its id and times are its own."""
    with Sandbox(examples=False) as sandbox:
        answer = run(SAVE, sandbox)
    (row,) = answer["data"]["saveWebhook"]
    assert list(row) == ["createdAt", "deleted", "endpoint", "id", "scope", "updatedAt"]
    assert (row["endpoint"], row["scope"]) == ("https://www.google.com/", "store/customer/created")
    assert row["deleted"] is False
    assert row["createdAt"] == row["updatedAt"]


@emulates("saving a scope again keeps `id` and `createdAt`, moves the endpoint", source="seed")
def test_save_takes_the_scope_from_the_example_endpoint(sandbox: Sandbox) -> None:
    """The last writer has the scope; the row keeps its id and creation time."""
    (row,) = run(SAVE, sandbox)["data"]["saveWebhook"]
    assert row["id"] == EXAMPLES[0]["id"]
    assert row["createdAt"] == EXAMPLES[0]["createdAt"] < row["updatedAt"]
    listed = run(LIST, sandbox)["data"]["listWebhook"]
    assert listed == [row, EXAMPLES[1]]


@emulates("`deleteWebhook` by scope", source="seed")
def test_delete_gives_the_seeds_answer(sandbox: Sandbox) -> None:
    """True, and the row is gone."""
    assert run(DELETE, sandbox) == {"data": {"deleteWebhook": True}}
    assert run(LIST, sandbox) == {"data": {"listWebhook": EXAMPLES[1:]}}
