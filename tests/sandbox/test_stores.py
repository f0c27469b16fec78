"""Many stores in one sandbox."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading

import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox import Sandbox, StoreCredentials
from tests.sandbox.api import Api, api_of
from tests.sandbox.coverage import emulates

ORDER = "store/order/created"


@emulates("rows of other apps and stores are invisible", source="live")
def test_a_token_sees_its_own_rows_only(sandbox: Sandbox, api: Api) -> None:
    shop = sandbox.add_store("shop-1")
    with api_of(sandbox, shop) as other:
        assert other.list() == []
        other.save("https://shop-1.example/", ["store/customer/created", ORDER])
        assert {row["endpoint"] for row in api.list()} == {
            "https://mailchimp-dev.ikasapps.com/api/webhook/ikas"
        }
        api.delete(["store/customer/created", ORDER])
        assert len(other.list()) == 2


def test_each_store_signs_with_its_own_secret_and_ids(sandbox: Sandbox) -> None:
    stores = [sandbox.add_store(f"shop-{number}") for number in range(3)]
    with Receiver() as receiver:
        for store in stores:
            with api_of(sandbox, store) as api:
                api.save(receiver.endpoint, ORDER)
            sandbox.emit(ORDER, store=store.name)
        sandbox.settle(10)
        payloads = {
            payload["merchantId"]: payload
            for payload in map(json.loads, receiver.deliveries().body)
        }
    for store in stores:
        payload = payloads[store.merchant_id]
        expected = hmac.new(store.client_secret.encode(), payload["data"].encode(), hashlib.sha256)
        assert payload["signature"] == expected.hexdigest()
        assert payload["authorizedAppId"] == store.authorized_app_id
        assert len(sandbox.deliveries(store=store.name)) == 1
        assert len(sandbox.attempts(store=store.name)) == 1
    assert len(sandbox.deliveries()) == 3


def test_two_threads_that_add_one_store_both_get_its_credentials(sandbox: Sandbox) -> None:
    """Also when the second comes just after the first has written the rows."""
    second: list[StoreCredentials] = []
    late = threading.Thread(target=lambda: second.append(sandbox.add_store("shop-1")))

    class Slow(dict[str, StoreCredentials]):
        def __setitem__(self, name: str, store: StoreCredentials) -> None:
            if threading.current_thread() is not late:
                late.start()
                late.join(10)
            super().__setitem__(name, store)

    stores = sandbox._state.stores  # no test meets the moment but by making it longer
    stores._by_name = Slow(stores._by_name)
    first = sandbox.add_store("shop-1")
    assert second == [first]


def test_a_thousand_stores_are_no_trouble(sandbox: Sandbox) -> None:
    stores = [sandbox.add_store(f"shop-{number}") for number in range(1_000)]
    assert len({store.access_token for store in stores}) == 1_000
    assert len({store.client_secret for store in stores}) == 1_000
    with Api(sandbox.base_url, None) as api:
        for store in stores[::50]:
            api.client.headers["Authorization"] = f"Bearer {store.access_token}"
            api.save(f"https://{store.name}.example/", ORDER)
            assert [row["endpoint"] for row in api.list()] == [f"https://{store.name}.example/"]


def test_credentials_come_from_the_seed_and_the_name() -> None:
    """Whatever was added before."""
    with Sandbox(seed="a") as first, Sandbox(seed="a") as second, Sandbox() as third:
        second.add_store("shop-2")
        assert first.add_store("shop-1") == second.add_store("shop-1")
        assert first.add_store("shop-1") != third.add_store("shop-1")


def test_adding_a_store_again_gives_the_same_credentials(sandbox: Sandbox) -> None:
    assert sandbox.add_store("shop-1") == sandbox.add_store("shop-1")
    default = sandbox.add_store("sandbox")
    assert (default.access_token, default.client_secret) == (
        sandbox.access_token,
        sandbox.client_secret,
    )


@pytest.mark.parametrize("name", ["", "Shop", "shop.myikas.com", "çar", "a b"])
def test_a_name_ikas_does_not_give_is_refused(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        sandbox.add_store(name)


def test_an_unknown_store_is_told_with_the_near_names(sandbox: Sandbox) -> None:
    sandbox.add_store("shop-1")
    with pytest.raises(InvalidArgumentError, match="Did you mean 'shop-1'"):
        sandbox.emit(ORDER, store="shop-2")


def test_secrets_do_not_show(sandbox: Sandbox) -> None:
    shown = repr(sandbox.add_store("shop-1")) + repr(sandbox) + repr(sandbox.faults)
    assert sandbox.add_store("shop-1").client_secret not in shown
    assert sandbox.add_store("shop-1").access_token not in shown
    assert sandbox.access_token not in shown
