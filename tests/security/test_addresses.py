"""Passwords and tokens in addresses: of an app, a tunnel, a server, a proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.monitoring.missed import Missed
from tests.auditing.endpoints import endpoint
from tests.security.promises import holds
from tests.security.test_interrupts import HEAD, shown, stalling

CREATED = "store/order/created"
TUNNEL = "https://tunnel.example/"
SECRETIVE = ["http://me:canary@127.0.0.1:9/x", "https://a.example/?token=canary77&x=1"]


class World(NamedTuple):
    """A sandbox, a store that is connected to it, and a receiver."""

    store: ikas.Store
    receiver: ikas.Receiver

    @property
    def taken(self) -> int:
        """A port that is in use."""
        return int(self.receiver.endpoint.strip("/").rpartition(":")[2])

    def missed(self) -> Missed:
        return self.store.webhooks.missed(self.receiver, since="2020-01-01", grace=0.0)

    def listen(self, forward_to: str, scope: str = CREATED, port: int = 0) -> ikas.Listening:
        here = "http://127.0.0.1:9/"
        return self.store.webhooks.listen(scope, url=here, forward_to=forward_to, port=port)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with (
        ikas.Sandbox(examples=False) as sandbox,
        ikas.connect(sandbox) as store,
        ikas.Receiver("s") as receiver,
    ):
        sandbox.change("order")
        store.webhooks.save(receiver.endpoint, CREATED)
        yield World(store, receiver)


@holds(
    "A password or token in the address of an app, tunnel, server or proxy shows in no traceback."
)
@pytest.mark.parametrize("address", SECRETIVE)
@pytest.mark.parametrize(
    "call",
    [
        lambda _, url: ikas.push(url, "store/order/creatd", "s"),
        lambda _, url: ikas.push(url, CREATED, "s", timeout=0),
        lambda _, url: ikas.push(url.replace("127.0.0.1", "b.example"), "nothing", "s"),
        lambda _, url: ikas.push(f"{url} ", CREATED, "s"),
        lambda _, url: ikas.push(url.encode(), CREATED, "s"),
        lambda _, url: ikas.push([url], CREATED, "s"),  # type: ignore[arg-type]
        lambda _, url: ikas.Receiver(forward_to=url),
        lambda _, url: ikas.Receiver("s", forward_to=f"{url} "),
        lambda _, url: ikas.Receiver("s", forward_to={url}),  # type: ignore[arg-type]
        lambda _, url: ikas.Receiver("s", forward_to=url, path="/nowhere/at/all"),
        lambda world, url: ikas.Receiver("s", forward_to=url, port=world.taken),
        lambda world, url: ikas.Receiver("s", public_url=url, port=world.taken),
        lambda _, url: ikas.Receiver("s", public_url=f"{url} "),
        lambda _, url: ikas.Receiver("s", public_url=[url, f"{url}\u200b"]),
        lambda _, url: ikas.Receiver("s", public_url=[url, 7]),  # type: ignore[list-item]
        lambda _, url: ikas.Receiver("s", public_url={"x": url}),  # type: ignore[arg-type]
        lambda _, url: ikas.Receiver("s", public_url=[url], status=9),
        lambda world, url: world.receiver.replay("1", url),
        lambda world, url: world.receiver.replay(None, url, timeout=-1),
        lambda world, url: world.receiver.replay(None, f"{url} "),
        lambda world, url: world.missed().redeliver(url, ""),
        lambda world, url: world.missed().redeliver(url, "s", limit=-1),
        lambda world, url: world.missed().redeliver(f"{url} ", "s"),
        lambda world, url: world.listen(url, scope="store/x"),
        lambda world, url: world.listen(url, port=world.taken),
        lambda world, url: world.listen(f"{url} "),
        lambda _, url: ikas.connect("shop", access_token="t", base_url=f"{url} "),
        lambda _, url: ikas.connect("shop", access_token="t", base_url=url),
        lambda _, url: ikas.connect("shop", access_token="t", base_url=url.encode()),
        lambda _, url: ikas.connect("a shop", access_token="t", base_url=url),
        lambda world, url: ikas.connect(world.store.sandbox, base_url=url),
        lambda _, url: ikas.connect("shop", base_url=url, transport=7),  # type: ignore[arg-type]
    ],
)
def test_an_address_is_no_local_variable_of_the_package(
    call: Callable[[World, Any], object], address: str, world: World
) -> None:
    with pytest.raises(errors.IkasError) as told:
        call(world, address)
    assert shown(told.value) == set()


@pytest.mark.parametrize("address", SECRETIVE)
@pytest.mark.parametrize(
    ("place", "store"),
    [("environment", each) for each in ("shop", "sandbox", None)]
    + [("file", "shop"), ("file", None), ("fleet", None)],
)
def test_nor_is_one_that_the_environment_or_a_file_names(
    address: str, place: str, store: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {"IKAS_BASE_URL": f"{address} ", "IKAS_ACCESS_TOKEN": "canary-token-88"}
    if store:
        variables["IKAS_STORE"] = store
    if place == "file":
        monkeypatch.delenv("IKAS_DOTENV", raising=False)
        Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()))
    for name, value in variables.items() if place == "environment" else ():
        monkeypatch.setenv(name, value)
    Path("fleet.toml").write_text(f"base_url = '{address}'\n[stores.a]\naccess_token = 'A'\n")
    call = partial(ikas.Fleet.from_file, "fleet.toml") if place == "fleet" else ikas.connect
    with pytest.raises(errors.IkasError) as told:
        call()
    assert shown(told.value) == set()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "https_proxy"])
@pytest.mark.parametrize(
    "proxy",
    [
        *("http://me:canary@[::1", "socks4://me:canary@proxy.example", "me:canary@:x"),
        *("http://me:canary@proxy.example:99999", "ftp://me:canary@proxy.example"),
    ],
)
@pytest.mark.parametrize("certificates", ["", "/nowhere"])
def test_nor_is_a_proxy(
    variable: str, proxy: str, certificates: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    monkeypatch.setenv("SSL_CERT_FILE", certificates)
    with pytest.raises(errors.InvalidArgumentError) as told:
        ikas.connect("shop", access_token="t")
    assert shown(told.value) == set()


@pytest.mark.parametrize(
    "post",
    [
        lambda _, url: ikas.push(url, CREATED, "s"),
        lambda world, url: world.missed().redeliver(url, "s"),
    ],
)
def test_ctrl_c_while_an_answer_comes_shows_no_address(
    post: Callable[[World, str], object], world: World
) -> None:
    with endpoint(stalling(HEAD % 500)) as here, pytest.raises(KeyboardInterrupt) as told:
        post(world, f"http://me:canary@127.0.0.1:{here.port}/?token=canary77")
    assert shown(told.value) == set()
