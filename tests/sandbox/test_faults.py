"""What can be broken, and how it shows on the wire."""

from __future__ import annotations

import json
import threading
import time

import httpx
import pytest

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import Api, api_of, codes
from tests.sandbox.coverage import emulates
from tests.waiting import until

LIST = "{ listWebhook { id } }"


def test_nothing_is_broken_at_first(sandbox: Sandbox, api: Api) -> None:
    assert list(sandbox.faults) == []
    assert not sandbox.rate_limit.enabled
    assert [api.call(LIST).status_code for _ in range(60)] == [200] * 60


def test_a_fault_strikes_the_next_calls_and_no_more(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("server_error", calls=2, status=502)
    answers = [api.call(LIST) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [502, 502, 200]
    assert answers[0].headers["content-type"].startswith("text/html")


def test_a_fault_strikes_a_share_of_the_calls(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("server_error", share=0.5)
    statuses = [api.call(LIST).status_code for _ in range(60)]
    assert 10 < statuses.count(500) < 50  # seeded: the same every time
    sandbox.faults.clear()
    assert api.call(LIST).status_code == 200


def test_all_is_mended_at_once(sandbox: Sandbox, api: Api) -> None:
    """There is no mending of one kind, in which a misspelt name would mend nothing."""
    sandbox.faults.add("server_error")
    with pytest.raises(TypeError):
        sandbox.faults.clear("server_eror")  # type: ignore[call-arg]
    assert api.call(LIST).status_code == 500
    sandbox.faults.add("latency")
    sandbox.faults.clear()
    assert list(sandbox.faults) == []
    assert api.call(LIST).status_code == 200


def test_a_fault_strikes_one_store(sandbox: Sandbox, api: Api) -> None:
    shop = sandbox.add_store("shop-1")
    sandbox.faults.add("server_error", store="shop-1")
    with api_of(sandbox, shop) as other:
        assert (other.call(LIST).status_code, api.call(LIST).status_code) == (500, 200)


@emulates("HTTP 429, with `Retry-After`, `retryAfter` or neither", source="docs; form unknown")
@pytest.mark.parametrize("hint", ["header", "body", "none"])
def test_too_many_calls(sandbox: Sandbox, api: Api, hint: str) -> None:
    sandbox.faults.add("rate_limited", calls=1, hint=hint, seconds=7)
    answer = api.call(LIST)
    assert answer.status_code == 429
    assert answer.headers.get("retry-after") == ("7" if hint == "header" else None)
    assert answer.json().get("retryAfter") == (7 if hint == "body" else None)


def test_the_json_breaks_off(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("truncated", calls=1)
    answer = api.call(LIST)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@emulates("partial answers: `data` and `errors` together", source="live")
def test_partial_data(sandbox: Sandbox, api: Api) -> None:
    sandbox.fill(orders=4)
    sandbox.faults.add("partial_data", calls=2)
    answer = api.call(LIST).json()
    assert len(answer["data"]["listWebhook"]) == 1
    assert answer["errors"]
    answer = api.call("{ listOrder { count data { id } } }").json()
    assert len(answer["data"]["listOrder"]["data"]) == 2
    assert answer["errors"]


@pytest.mark.parametrize("status", [200, 401])
def test_an_expired_token(sandbox: Sandbox, api: Api, status: int) -> None:
    """With HTTP 200, or 401 as some clients met it; an errors array in both."""
    sandbox.faults.add("expired_token", calls=1, status=status)
    answer = api.call(LIST)
    assert (answer.status_code, codes(answer)) == (status, ["LOGIN_REQUIRED"])


@emulates("a missing permission: `UNAUTHORIZED`, `deniedBy`, `requiredFeatures`", source="live")
def test_a_missing_permission(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("missing_permission", calls=1)
    (error,) = api.call(LIST).json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHORIZED"
    assert error["extensions"]["deniedBy"] == "FEATURE"
    assert error["extensions"]["requiredFeatures"]


def test_an_uninstalled_app_as_a_fault(sandbox: Sandbox, api: Api) -> None:
    """The rows are back when the fault is gone."""
    sandbox.faults.add("uninstalled", calls=2)
    assert api.list() == []
    assert codes(api.delete("store/customer/created")) == ["APP_NOT_FOUND"]
    assert len(api.list()) == 2


def test_latency_delays_an_answer(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("latency", seconds=0.05, calls=1)
    started = time.monotonic()
    assert api.call(LIST).status_code == 200
    assert time.monotonic() - started >= 0.05


def test_a_hang_ends_when_the_caller_leaves(sandbox: Sandbox, api: Api) -> None:
    """And it holds up no one else."""
    sandbox.faults.add("hang", calls=1)
    url = f"{sandbox.base_url}/api/v1/admin/graphql"
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(url, json={"query": LIST}, timeout=0.05)
    assert api.call(LIST).status_code == 200


def test_a_hang_ends_with_the_sandbox(caplog: pytest.LogCaptureFixture) -> None:
    """At once, and without a traceback."""
    statuses = []
    with Sandbox() as sandbox, api_of(sandbox) as api:
        sandbox.faults.add("hang")
        hanging = threading.Thread(target=lambda: statuses.append(api.call(LIST).status_code))
        hanging.start()
        until(lambda: sandbox.calls)
        sandbox.close()
        hanging.join()
    assert statuses == [504]
    assert caplog.text == ""


def test_a_hang_has_an_end(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("hang", calls=1, seconds=0.01)
    assert api.call(LIST).status_code == 504


@emulates("after an uninstall the refresh call hangs", source="live")
def test_refresh_hangs_after_an_uninstall(sandbox: Sandbox) -> None:
    url = f"{sandbox.base_url}/api/admin/oauth/token"
    form = {
        "grant_type": "refresh_token",
        "refresh_token": "any",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    assert httpx.post(url, data=form).status_code == 401
    sandbox.uninstall()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(url, data=form, timeout=0.05)
    sandbox.install()
    sandbox.faults.add("hanging_refresh", calls=1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(url, data=form, timeout=0.05)


@emulates("50 calls per 10 s, then HTTP 429", source="docs; per store: inferred")
def test_the_rate_limit_is_per_store(sandbox: Sandbox, api: Api) -> None:
    sandbox.rate_limit.enabled = True
    sandbox.rate_limit.seconds = 600.0  # so that a slow machine does not get a new window
    statuses = [api.call(LIST).status_code for _ in range(52)]
    assert statuses == [200] * 50 + [429] * 2
    assert int(api.call(LIST).headers["retry-after"]) > 0
    with api_of(sandbox, sandbox.add_store("shop-1")) as other:
        assert other.call(LIST).status_code == 200


def test_the_rate_limit_s_window_slides(sandbox: Sandbox, api: Api) -> None:
    sandbox.rate_limit.enabled, sandbox.rate_limit.calls = True, 1
    sandbox.rate_limit.seconds = 600.0  # so that a slow machine does not get a new window
    assert [api.call(LIST).status_code for _ in range(3)] == [200, 429, 429]
    sandbox.rate_limit.seconds = 0.05
    until(lambda: api.call(LIST).status_code == 200)


@pytest.mark.parametrize(
    "wrong", [{"kind": "latency", "share": -1}, {"kind": "nothing"}, {"kind": "hang", "x": 1}]
)
def test_a_fault_that_cannot_be_is_refused(sandbox: Sandbox, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidArgumentError):
        sandbox.faults.add(**wrong)  # type: ignore[arg-type]
