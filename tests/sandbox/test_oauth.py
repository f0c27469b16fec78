"""The OAuth token path."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from random import Random
from typing import Any

import freezegun
import httpx
import pytest

from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import Api, codes
from tests.sandbox.coverage import emulates
from tests.waiting import until


def ask(sandbox: Sandbox, **form: str) -> httpx.Response:
    own = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    # `verify`: loading certificates for http takes longer than the call.
    url = f"{sandbox.base_url}/api/admin/oauth/token"
    return httpx.post(url, data={**own, **form}, verify=False)


def opens(sandbox: Sandbox, answer: dict[str, Any]) -> bool:
    with Api(sandbox.base_url, answer["access_token"]) as api:
        return "errors" not in api.call("{ listWebhook { id } }").json()


@emulates("client credentials: token for 14,400 s, no refresh token", source="docs")
def test_client_credentials_give_a_token(sandbox: Sandbox) -> None:
    answer = ask(sandbox, grant_type="client_credentials")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 14_400)
    assert opens(sandbox, body)


def test_who_has_many_tokens_cannot_compute_those_of_another_store(sandbox: Sandbox) -> None:
    """One generator for all gave its next values to who had 624 of its words."""
    other = sandbox.add_store("other")
    words: list[int] = []
    for _ in range(104):
        token = ask(sandbox, grant_type="client_credentials").json()["access_token"]
        value = int(token.rpartition(".")[2], 16)
        words += [value >> shift & 0xFFFFFFFF for shift in range(0, 192, 32)]
    guess = Random()
    guess.setstate((3, (*map(_untempered, words), 624), None))
    own = {"client_id": other.client_id, "client_secret": other.client_secret}
    token = ask(sandbox, grant_type="client_credentials", **own).json()["access_token"]
    assert int(token.rpartition(".")[2], 16) != guess.getrandbits(192)


def _untempered(word: int) -> int:
    """Undo what the Mersenne Twister does to a word of its state."""
    word ^= word >> 18
    word ^= (word << 15) & 0xEFC60000
    value = word
    for _ in range(5):
        value = word ^ ((value << 7) & 0x9D2C5680)
    word = value
    for _ in range(3):
        value = word ^ (value >> 11)
    return value


@emulates("bad OAuth credentials: HTTP 401, with an `errors` array", source="docs")
@pytest.mark.parametrize("wrong", ["client_id", "client_secret"])
@pytest.mark.parametrize("value", ["", "wrong"])
def test_bad_credentials_are_401_with_errors(sandbox: Sandbox, wrong: str, value: str) -> None:
    """ikas' own client reports success for a 401 whose body has no errors array."""
    answer = ask(sandbox, grant_type="client_credentials", **{wrong: value})
    assert (answer.status_code, codes(answer)) == (401, ["LOGIN_REQUIRED"])
    assert "access_token" not in answer.json()


@emulates("authorization code and refresh token answer `refresh_token`, `scope`", source="docs")
def test_a_code_gives_a_refresh_token_that_gives_tokens(sandbox: Sandbox) -> None:
    code = sandbox.authorization_code()
    installed = ask(sandbox, grant_type="authorization_code", code=code).json()
    token = installed["refresh_token"]
    refreshed = ask(sandbox, grant_type="refresh_token", refresh_token=token)
    keys = {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert set(installed) == set(refreshed.json()) == keys
    assert opens(sandbox, installed)
    assert opens(sandbox, refreshed.json())


@emulates("old refresh tokens keep working, a code works once", source="live")
def test_codes_work_once_and_refresh_tokens_for_good(sandbox: Sandbox) -> None:
    code = sandbox.authorization_code()
    token = ask(sandbox, grant_type="authorization_code", code=code).json()["refresh_token"]
    assert ask(sandbox, grant_type="authorization_code", code=code).status_code == 401
    for _ in range(3):
        newer = ask(sandbox, grant_type="refresh_token", refresh_token=token).json()
        assert opens(sandbox, newer)
        assert newer["refresh_token"] != token


@emulates("access tokens look like JSON Web Tokens with the merchant's id", source="third party")
def test_an_access_token_can_be_read_as_a_web_token(sandbox: Sandbox) -> None:
    for token in (
        sandbox.access_token,
        ask(sandbox, grant_type="client_credentials").json()["access_token"],
    ):
        head, claims, _ = token.split(".")
        read = [
            json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, claims)
        ]
        assert read[0] == {"alg": "none", "sandbox": True}
        assert len(read[1]["merchantId"]) == 36


@emulates("permissions as ikas names them, none for webhooks", source="docs, live")
def test_the_scope_of_a_token_names_real_permissions(sandbox: Sandbox) -> None:
    code = sandbox.authorization_code()
    scope = ask(sandbox, grant_type="authorization_code", code=code).json()["scope"]
    assert all(each.startswith(("read_", "write_")) for each in scope.split(","))
    assert "webhook" not in scope


@emulates("the token path also reads JSON; a setting", source="third party, inferred")
@pytest.mark.parametrize(("token_body", "status"), [("any", 200), ("form", 400)])
def test_the_token_path_reads_json(token_body: Any, status: int) -> None:
    with Sandbox(token_body=token_body) as sandbox:
        asked = {"grant_type": "client_credentials", "client_id": sandbox.client_id,
                 "client_secret": sandbox.client_secret}  # fmt: skip
        answer = httpx.post(f"{sandbox.base_url}/api/admin/oauth/token", json=asked)
        assert answer.status_code == status
        broken = httpx.post(
            f"{sandbox.base_url}/api/admin/oauth/token",
            content=b"{",
            headers={"content-type": "application/json"},
        )
        assert broken.status_code == 400


@emulates("an install: `authorize` redirects with `code`, `storeName`, `signature`", source="docs")
@pytest.mark.parametrize("state", ["xyz", None])
def test_an_app_is_installed_by_a_redirect(sandbox: Sandbox, state: str | None) -> None:
    """An installation that is begun in ikas' admin has no state."""
    asked = {"client_id": sandbox.client_id, "redirect_uri": "http://127.0.0.1:9/back?a=1",
             "scope": "read_orders", **({"state": state} if state else {})}  # fmt: skip
    page = f"{sandbox.base_url}/api/admin/oauth/authorize"
    answer = httpx.get(page, params=asked)
    assert answer.status_code == 302
    back = httpx.URL(answer.headers["location"])
    assert (back.host, back.port, back.params["a"]) == ("127.0.0.1", 9, "1")
    assert back.params["storeName"] == "sandbox"
    assert back.params["signature"]
    assert back.params.get("state") == state
    token = ask(sandbox, grant_type="authorization_code", code=back.params["code"]).json()
    assert opens(sandbox, token)
    mistakes = (
        ("client_id", "nobody"),
        ("redirect_uri", "http://example.com/"),
        ("redirect_uri", ""),
    )
    for name, wrong in mistakes:
        refused = httpx.get(page, params={**asked, name: wrong})
        assert refused.status_code in (400, 401)
        assert "location" not in refused.headers


def test_a_code_is_valid_for_ten_minutes(sandbox: Sandbox) -> None:
    page = f"{sandbox.base_url}/api/admin/oauth/authorize"
    asked = {"client_id": sandbox.client_id, "redirect_uri": "http://127.0.0.1:9/"}
    with freezegun.freeze_time(tick=True) as clock:
        back = httpx.URL(httpx.get(page, params=asked).headers["location"])
        for code in (back.params["code"], sandbox.authorization_code()):
            clock.tick(601)
            assert ask(sandbox, grant_type="authorization_code", code=code).status_code == 401


def test_a_refresh_token_opens_no_store(sandbox: Sandbox) -> None:
    code = sandbox.authorization_code()
    token = ask(sandbox, grant_type="authorization_code", code=code).json()["refresh_token"]
    assert not opens(sandbox, {"access_token": token})
    assert not opens(sandbox, {"access_token": code})


def test_a_code_of_another_store_is_refused(sandbox: Sandbox) -> None:
    sandbox.add_store("shop-1")
    code = sandbox.authorization_code("shop-1")
    assert ask(sandbox, grant_type="authorization_code", code=code).status_code == 401


@emulates("an expired token: `LOGIN_REQUIRED`", source="live")
def test_tokens_expire() -> None:
    with Sandbox(token_lifetime=0.001) as sandbox:
        body = ask(sandbox, grant_type="client_credentials").json()
        until(lambda: not opens(sandbox, body))  # at once, unless the machine is very fast
        with Api(sandbox.base_url, sandbox.access_token) as api:
            assert len(api.list()) == 2  # the token the sandbox itself hands out stays


@pytest.mark.parametrize("form", [{}, {"grant_type": "password"}])
def test_another_grant_is_400(sandbox: Sandbox, form: dict[str, str]) -> None:
    answer = ask(sandbox, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
