"""Clients and handlers that nobody here wrote, unmodified: each script is as its users write it.

Those for Node are installed for the run; where that cannot be done they are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ikas_explore as ikas
from ikas_explore.sandbox import Sandbox

SCRIPTS = Path(__file__).with_name("clients")
ENDPOINT = "https://example.com/hook"
ORDER = "store/order/created"
SECONDS = 120

CLIENTS = [
    *("curl.sh", "requests_.py", "gql_.py"),
    *("fetch.mjs", "axios.mjs", "apollo.mjs", "official.mjs"),
]
HANDLERS = ["flask_.py", "fastapi_.py", "django_.py", "express.mjs"]

# In one worker, so that the packages are installed once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients of others")]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and the packages that they import."""
    if shutil.which("npm") is None:
        pytest.skip("Node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True)
    options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    options += ["--fetch-retries", "1"]  # without a network, do not wait for one
    done = subprocess.run(
        ["npm", "install", *options], cwd=folder, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        pytest.skip(f"npm cannot install the packages: {done.stderr[-300:]}")
    return folder


@pytest.fixture
def command(request: pytest.FixtureRequest, script: str) -> list[str]:
    """What runs a script."""
    if script.endswith(".mjs"):
        return ["node", str(request.getfixturevalue("node") / script)]
    runner = sys.executable if script.endswith(".py") else "sh"
    return [runner, str(SCRIPTS / script)]


@pytest.fixture
def sandbox(tls: bool) -> Iterator[Sandbox]:
    with Sandbox(tls=tls, examples=False) as sandbox:
        yield sandbox


def variables(sandbox: Sandbox) -> dict[str, str]:
    """What ``ikas-explore sandbox`` prints as export lines, and a code of an install."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
    return {
        **kept,
        "IKAS_BASE_URL": sandbox.base_url,
        "IKAS_ACCESS_TOKEN": sandbox.access_token,
        "IKAS_CLIENT_ID": sandbox.client_id,
        "IKAS_CLIENT_SECRET": sandbox.client_secret,
        "IKAS_CODE": sandbox.authorization_code(),
        **(dict.fromkeys(names, sandbox.ca_file) if sandbox.ca_file else {}),
    }


def run(command: list[str], sandbox: Sandbox) -> str:
    done = subprocess.run(
        command, env=variables(sandbox), capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("script", CLIENTS)
def test_a_client_of_others_asks_saves_lists_and_deletes(
    command: list[str], sandbox: Sandbox
) -> None:
    decoder = json.JSONDecoder()
    text, answers = run(command, sandbox).strip(), {}
    while text:
        answer, end = decoder.raw_decode(text)
        answers.update(answer["data"])
        text = text[end:].lstrip()
    with ikas.connect(sandbox) as store:
        merchant = store.query(store.schema().Query.get_merchant).select("id").to_records()
        assert store.webhooks.list().empty
    assert answers["getMerchant"]["id"] == merchant[0]["id"]
    assert [each["scope"] for each in answers["saveWebhook"]] == [ORDER]
    assert [(each["scope"], each["endpoint"]) for each in answers["listWebhook"]] == [
        (ORDER, ENDPOINT)
    ]
    assert answers["deleteWebhook"] is True


@pytest.mark.parametrize("tls", [True])
def test_curl_is_led_here_from_the_address_of_ikas(sandbox: Sandbox) -> None:
    here = f"api.myikas.com:443:{sandbox.base_url.removeprefix('https://')}"
    body = ["--json", '{"query": "{ __typename }"}', "https://api.myikas.com/api/v2/admin/graphql"]
    told = run(["curl", "--silent", "--show-error", "--connect-to", here, *body], sandbox)
    assert json.loads(told) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("script", ["codegen.mjs"])
@pytest.mark.parametrize("tls", [False, True])
def test_types_and_a_client_are_generated_from_the_sandbox(
    command: list[str], sandbox: Sandbox
) -> None:
    methods = json.loads(run(command, sandbox))["methods"]
    assert methods == ["me", "getMerchant", "getAuthorizedApp", "listSalesChannel"]


@pytest.mark.parametrize("tls", [False])
@pytest.mark.parametrize("script", HANDLERS)
def test_a_handler_of_others_takes_every_scope_signed_right_and_no_other(
    command: list[str], sandbox: Sandbox
) -> None:
    with subprocess.Popen(
        command, env=variables(sandbox), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            endpoint = f"http://127.0.0.1:{int(process.stdout.readline())}/hook"
            with ikas.connect(sandbox) as store:
                store.webhooks.save(endpoint, "store/*")
                scopes = store.webhooks.list()["scope"].tolist()
            for scope in scopes:
                sandbox.emit(scope)
            sandbox.settle(30)
            sent = sandbox.attempts()
            assert sent["status_code"].tolist() == [200] * len(scopes) == [200] * 11
            for scope in scopes:
                refused = ikas.push(endpoint, scope, "another secret", max_attempts=1)
                assert refused["status_code"].tolist() == [401]
        finally:
            process.kill()
