"""Whose credentials go where: files of others, mixtures, and what shows of secrets."""

from __future__ import annotations

import copy
import json
import os
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.cli import app
from tests.security.promises import does_not, holds
from tests.security.servers import TOKEN

OTHERS = "https://gateway.example.com"


@holds("If `IKAS_STORE` names a store, the token next to it is used for that store only.")
@pytest.mark.parametrize("place", ["environment", "file", "half of it"])
def test_a_token_is_not_used_for_another_store(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "environment":
        monkeypatch.setenv("IKAS_STORE", "a")
        monkeypatch.setenv("IKAS_ACCESS_TOKEN", TOKEN)
    elif place == "file":
        Path(".env").write_text(f"IKAS_STORE=a\nIKAS_ACCESS_TOKEN={TOKEN}\n")
    else:
        monkeypatch.setenv("IKAS_STORE", "a")
        Path(".env").write_text(f"IKAS_ACCESS_TOKEN={TOKEN}\n")
    with pytest.raises(errors.CredentialsError, match=r"'a'.*'b'.*credentials of its own") as told:
        ikas.connect("b")
    assert TOKEN not in str(told.value)
    assert ikas.connect("a").name == "a"
    assert ikas.connect("b", access_token="of-b").name == "b"


def test_a_token_without_a_store_beside_it_is_for_the_store_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in a notebook that `ikas-explore lab` opened, which sets IKAS_STORE=sandbox."""
    Path(".env").write_text(f"IKAS_ACCESS_TOKEN={TOKEN}\n")
    assert ikas.connect("my-shop").name == "my-shop"
    monkeypatch.setenv("IKAS_STORE", "sandbox")
    assert ikas.connect("my-shop").name == "my-shop"
    monkeypatch.setenv("IKAS_STORE", "my-shop")  # `ikas-explore lab --store my-shop`
    assert ikas.connect().name == "my-shop"
    Path(".env").write_text(f"IKAS_STORE=other\nIKAS_ACCESS_TOKEN={TOKEN}\n")
    with pytest.raises(errors.CredentialsError, match=r"'other'.*'my-shop'"):
        ikas.connect()


@holds("A `.env` file cannot send credentials from the environment to a server that is not ikas.")
def test_a_dotenv_file_does_not_say_where_a_token_of_the_environment_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text(f"IKAS_BASE_URL={OTHERS}\n")
    monkeypatch.setenv("IKAS_ACCESS_TOKEN", TOKEN)
    with pytest.raises(errors.CredentialsError, match=r"IKAS_BASE_URL in the \.env file"):
        ikas.connect("shop")
    with pytest.raises(errors.CredentialsError, match=r"IKAS_BASE_URL in the \.env file"):
        ikas.connect("shop", access_token=TOKEN)
    assert ikas.connect("shop", base_url=OTHERS).base_url == OTHERS
    monkeypatch.delenv("IKAS_ACCESS_TOKEN")
    Path(".env").write_text(f"IKAS_BASE_URL={OTHERS}\nIKAS_ACCESS_TOKEN=t\n")
    assert ikas.connect("shop").base_url == OTHERS


@holds("`stores.toml` cannot either. Both may name ikas and ports of this machine.")
def test_a_fleets_file_does_not_say_where_secrets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_KEY", TOKEN)
    file = Path("stores.toml")
    for line in (f'base_url = "{OTHERS}"', 'base_url = "https://myikas.com.example.com"'):
        file.write_text(f'access_token = "DEPLOY_KEY"\n[stores.acme]\n{line}\n')
        with pytest.raises(errors.CredentialsError, match="IKAS_BASE_URL"):
            ikas.Fleet.from_file(file)
        file.write_text(f'access_token = "DEPLOY_KEY"\n{line}\n[stores.acme]\n')
        with pytest.raises(errors.CredentialsError, match="IKAS_BASE_URL"):
            ikas.Fleet.from_file(file)
    file.write_text(f'access_token = "DEPLOY_KEY"\nbase_url = "{OTHERS}"\n[stores.acme]\n')
    Path(".env").write_text(f"IKAS_BASE_URL={OTHERS}\n")  # it may have come with the other file
    with pytest.raises(errors.CredentialsError, match="IKAS_BASE_URL"):
        ikas.Fleet.from_file(file)
    monkeypatch.setenv("IKAS_BASE_URL", OTHERS)
    with ikas.Fleet.from_file(file) as fleet:
        assert fleet.stores["acme"].base_url == OTHERS
    for known in ("https://api.myikas.com", "https://acme.myikas.com", "http://127.0.0.1:9"):
        file.write_text(f'access_token = "DEPLOY_KEY"\nbase_url = "{known}"\n[stores.acme]\n')
        ikas.Fleet.from_file(file).close()


@does_not("A `.env` file that other users can read is accepted: run `chmod 600 .env`.")
def test_a_dotenv_file_that_others_can_read_is_read() -> None:
    Path(".env").write_text(f"IKAS_ACCESS_TOKEN={TOKEN}\n")
    Path(".env").chmod(0o666)
    assert ikas.connect("shop").name == "shop"


@holds("A `.env` file cannot read other variables: `${OTHER}` in it is plain text.")
def test_a_dotenv_file_does_not_read_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_KEY", TOKEN)
    Path(".env").write_text(f"IKAS_BASE_URL={OTHERS}\nIKAS_ACCESS_TOKEN=${{DEPLOY_KEY}}\n")
    seen: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={"data": {"listWebhook": []}})

    with ikas.connect("shop", transport=httpx.MockTransport(note)) as store:
        store.webhooks.list()
    assert seen == ["Bearer ${DEPLOY_KEY}"]


@holds(
    "A `.env` file of another user in a folder that everybody can write, like `/tmp`, is refused."
)
def test_a_dotenv_file_of_another_user_in_an_open_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / ".env"
    trap.write_text("IKAS_ACCESS_TOKEN=t\n")
    me = os.geteuid()
    if me == 0:
        os.chown(trap, 4242, 4242)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    assert ikas.connect("shop").name == "shop"  # a folder that others cannot write to
    tmp_path.chmod(0o1777)
    with pytest.raises(errors.CredentialsError, match="belongs to another user"):
        ikas.connect("shop")
    monkeypatch.setenv("IKAS_DOTENV", "off")
    assert ikas.connect("shop", access_token="t").name == "shop"


@does_not("Files that you name are trusted: `stores.toml` says which variable holds which token.")
def test_a_fleets_file_chooses_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_KEY", TOKEN)
    Path("stores.toml").write_text('access_token = "DEPLOY_KEY"\n[stores.acme]\n')
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": {"listWebhook": []}})

    with ikas.Fleet.from_file("stores.toml", transport=httpx.MockTransport(note)) as fleet:
        fleet.list()
    assert [(str(each.url.host), each.headers["authorization"]) for each in seen] == [
        ("api.myikas.com", f"Bearer {TOKEN}")
    ]


@holds("A token goes over TLS, or to this machine; other `http://` base URLs are refused.")
@pytest.mark.parametrize("url", ["http://api.myikas.com", "http://10.0.0.1", "http://[::]:80"])
def test_no_token_goes_in_clear(url: str) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="in clear"):
        ikas.connect("shop", access_token=TOKEN, base_url=url)


SECRET = "canary-secret-77aa"


def connected(answer: Any, **more: Any) -> ikas.Store:
    return ikas.connect(
        "shop",
        client_id="id",
        client_secret=SECRET,
        refresh_token=f"refresh-{SECRET}",
        base_url="https://api.myikas.com",
        transport=httpx.MockTransport(answer),
        **more,
    )


@holds("Secrets do not show in `vars()`, a copy or a pickle of a store.")
def test_a_store_cannot_be_taken_apart_for_its_secrets() -> None:
    store = connected(lambda _: httpx.Response(200, json={"access_token": TOKEN}))
    client: Any = store.client
    shown = [repr(vars(each)) for each in (store, client, client._tokens, store.webhooks)]
    shown.append(repr(client.settings))
    assert SECRET not in "".join(shown)
    for each in (store, client.settings):
        for take in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError):
                take(each)


@holds(
    "Secrets do not show in tracebacks with local variables of a store's calls, Ctrl-C included."
)
@pytest.mark.parametrize("ends_in", [KeyboardInterrupt, httpx.ReadTimeout, MemoryError])
@pytest.mark.parametrize("at", ["token", "list"])
def test_a_traceback_with_local_variables_shows_no_secret(
    ends_in: type[BaseException], at: str
) -> None:
    def end(request: httpx.Request) -> httpx.Response:
        if at == "list" and "token" in str(request.url):
            return httpx.Response(200, json={"access_token": TOKEN})
        raise ends_in("x")

    kind: tuple[type[BaseException], ...] = (ends_in, errors.TransportError)
    with connected(end) as store, pytest.raises(kind) as told:
        store.client.execute("{ __typename }", what="asking", repeatable=False)
    shows_no_secret(told.value)


def shows_no_secret(error: BaseException) -> None:
    lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    # In the frames of these tests they stand in clear.
    ours = [line for line in lines if "tests/security" not in line.partition("\n")[0]]
    assert SECRET not in "".join(ours)
    assert TOKEN not in "".join(ours)


@pytest.mark.parametrize("granted", [{"access_token": TOKEN}, [{"access_token": TOKEN}]])
def test_nor_does_one_of_a_token_that_was_fetched(granted: Any) -> None:
    """When the user's own function fails, or the answer is none that is known."""

    def fail(token: dict[str, Any]) -> None:
        assert token["access_token"] == TOKEN
        raise MemoryError

    store = connected(lambda _: httpx.Response(200, json=granted), on_token=fail)
    with store, pytest.raises((MemoryError, errors.ResponseError)) as told:
        store.webhooks.list()
    shows_no_secret(told.value)


@pytest.mark.parametrize(
    "url",
    [
        *("https://me:canary@ex ample.com", "https://me:canary@a.example:port", "me:canary@a"),
        *("ftp://me:canary@a.example", "https://me:canary@", "https://me:canary@-a-/"),
        *("https://me:canary@a.example\u200b", "https://me:pa/canary@a.example"),
        *(
            "https://me:pa#canary@a.example:x",
            "https:/me:canary@a.example/x",
            "https://a@canary@ x",
        ),
    ],
)
def test_a_password_in_an_address_that_is_refused_does_not_show(url: str) -> None:
    for call in (
        lambda: ikas.connect("shop", access_token=TOKEN, base_url=url),
        lambda: ikas.push(url, "store/order/created", "secret"),
    ):
        with pytest.raises(errors.InvalidArgumentError) as told:
            call()
        assert "canary" not in str(told.value)


WRONG = {"data": "{}", "signature": "0" * 64}
HERE = "http://127.0.0.1:9/"


@holds("Nor in a traceback of a call that refused a secret given as text, or another argument.")
@pytest.mark.parametrize(
    "call",
    [
        lambda: ikas.verify(WRONG, SECRET),
        lambda: ikas.verify({**WRONG, "signature": "0"}, SECRET),
        lambda: ikas.verify({**WRONG, "data": "\ud800"}, SECRET),
        lambda: ikas.verify("{", SECRET),
        lambda: ikas.verify(WRONG, f"{SECRET}\ud800"),
        lambda: ikas.verify(WRONG, SECRET.encode()),  # type: ignore[arg-type]
        lambda: ikas.sign(7, SECRET),  # type: ignore[arg-type]
        lambda: ikas.sign("\ud800", SECRET),
        lambda: ikas.connect("My Shop", access_token=SECRET),
        lambda: ikas.connect("shop", access_token=f"{SECRET} {SECRET}"),
        lambda: ikas.connect("shop", access_token=SECRET.encode()),  # type: ignore[arg-type]
        lambda: ikas.connect("shop", client_secret=SECRET),
        lambda: ikas.connect("shop", refresh_token=SECRET),
        lambda: ikas.connect("shop", access_token=SECRET, base_url="example.com"),
        lambda: ikas.connect("shop", access_token=SECRET, timeout=0),
        lambda: ikas.connect(7, access_token=SECRET),  # type: ignore[arg-type]
        lambda: ikas.push(HERE, "store/order/creatd", SECRET),
        lambda: ikas.push("http://example.com", "store/order/created", SECRET),
        lambda: ikas.push(HERE, "store/order/created", SECRET, timeout=0, wrong_signature=True),
        lambda: ikas.Receiver(SECRET, status=9),
        lambda: ikas.Receiver(SECRET, port=70_000),
    ],
)
def test_a_secret_that_is_passed_as_text_is_no_local_variable_of_the_package(
    call: Callable[[], object],
) -> None:
    with pytest.raises(errors.IkasError) as told:
        call()
    shows_no_secret(told.value)


@holds("Nor when `connect` refuses a value from the environment or from `.env`.")
@pytest.mark.parametrize("place", ["environment", "file"])
@pytest.mark.parametrize("store", ["shop", "My Shop", "another"])
def test_nor_is_one_of_the_environment(
    place: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = f"{SECRET} {SECRET}" if store == "shop" else SECRET
    if place == "environment":
        monkeypatch.setenv("IKAS_STORE", "shop")
        monkeypatch.setenv("IKAS_ACCESS_TOKEN", token)
    else:
        Path(".env").write_text(f"IKAS_STORE=shop\nIKAS_ACCESS_TOKEN='{token}'\n")
    with pytest.raises(errors.IkasError) as told:
        ikas.connect(store)
    shows_no_secret(told.value)


@does_not("A traceback with local variables shows a secret that is in one of your own variables.")
def test_a_secret_in_a_variable_of_the_caller_shows() -> None:
    client_secret = SECRET
    with pytest.raises(errors.SignatureError) as told:
        ikas.verify(WRONG, client_secret)
    lines = traceback.TracebackException.from_exception(told.value, capture_locals=True).format()
    assert f"client_secret = {SECRET!r}" in "".join(lines)


@holds("A token given by mistake as a store's name or an address does not show in the error.")
@pytest.mark.parametrize(
    "token",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJpa2FzIn0.c2ln",
        "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJpa2FzIn0.c2ln",
        " 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJpa2FzIn0.c2ln'\n",
        "s_HUNTER2",
        "A1b2" * 12,
    ],
)
def test_a_token_in_the_wrong_place_does_not_show(token: str) -> None:
    file = Path("stores.toml")
    file.write_text(f'access_token = "T"\n[stores.{json.dumps(token)}]\n')
    for call in (
        lambda: ikas.connect(token),
        lambda: ikas.connect(token, access_token=TOKEN),
        lambda: ikas.connect("shop", access_token=TOKEN, base_url=token),
        lambda: ikas.push(token, "store/order/created", "secret"),
        lambda: ikas.Fleet.from_file(file),
    ):
        with pytest.raises(errors.InvalidArgumentError, match="set as IKAS_ACCESS_TOKEN") as told:
            call()
        assert token.strip(" '\n") not in str(told.value)


@pytest.mark.parametrize(
    "text", ["My Shop", "https://shop.myikas.com/admin/A1b2C3d4E5f6A1b2C3d4E5f6A1b2C3d4E5f6A1b2"]
)
def test_what_looks_like_no_token_is_shown(text: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as told:
        ikas.connect(text, access_token=TOKEN)
    assert text in str(told.value)


@holds("No command takes a secret as an option, where `ps` and the shell's history show it.")
def test_no_option_takes_a_secret() -> None:
    context = click.Context(app)
    commands: dict[str, Any] = {
        name: app.get_command(context, name) for name in app.list_commands(context)
    }
    options = {
        (name, option)
        for name, command in commands.items()
        for parameter in command.params
        for option in parameter.opts
    }
    assert len(options) > 20
    for command, option in options:
        assert not any(word in option for word in ("secret", "token", "password", "client"))
        assert command in commands


@does_not("Code that runs as you, a notebook for example, can read a store's secrets.")
def test_a_secret_can_be_revealed_by_who_asks_for_it() -> None:
    store: Any = connected(lambda _: httpx.Response(500))
    assert store.client._tokens._client_secret.reveal() == SECRET
