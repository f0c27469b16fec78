"""The OAuth token path."""

from __future__ import annotations

from random import Random
from typing import Any

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
        value = int(token.rpartition("-")[2], 16)
        words += [value >> shift & 0xFFFFFFFF for shift in range(0, 192, 32)]
    guess = Random()
    guess.setstate((3, (*map(_untempered, words), 624), None))
    own = {"client_id": other.client_id, "client_secret": other.client_secret}
    token = ask(sandbox, grant_type="client_credentials", **own).json()["access_token"]
    assert int(token.rpartition("-")[2], 16) != guess.getrandbits(192)


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


def test_codes_and_refresh_tokens_work_once(sandbox: Sandbox) -> None:
    code = sandbox.authorization_code()
    token = ask(sandbox, grant_type="authorization_code", code=code).json()["refresh_token"]
    assert ask(sandbox, grant_type="authorization_code", code=code).status_code == 401
    assert ask(sandbox, grant_type="refresh_token", refresh_token=token).status_code == 200
    assert ask(sandbox, grant_type="refresh_token", refresh_token=token).status_code == 401


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
