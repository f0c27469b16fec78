"""The file that names stores: what it says, and what it may not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

import ikas_explore as ikas
from ikas_explore import errors
from tests.fleet.stores import CANARY, DESIRED, stores_toml


def test_a_file_names_stores_and_where_their_secrets_are(
    box: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the environment or .env; one pool of connections; a store's own lines win."""
    acme, moda, kitap = (box.add_store(name) for name in ("acme", "moda-ev", "kitap"))
    monkeypatch.setenv("ACME_CLIENT_ID", acme.client_id)
    monkeypatch.setenv("ACME_CLIENT_SECRET", acme.client_secret)
    monkeypatch.setenv("KITAP_TOKEN", kitap.access_token)
    (tmp_path / ".env").write_text(
        f"MODA_EV_CLIENT_ID={moda.client_id}\nMODA_EV_CLIENT_SECRET={moda.client_secret}\n"
    )
    path = stores_toml(
        tmp_path,
        f'base_url = "{box.base_url}"',
        'client_id = "{STORE}_CLIENT_ID"',
        'client_secret = "{STORE}_CLIENT_SECRET"',
        "[stores.acme]",
        "[stores.moda-ev]",
        'api_version = "v2"',
        "[stores.kitap]",
        'access_token = "KITAP_TOKEN"',
        'client_id = "ACME_CLIENT_ID"',
        'client_secret = "ACME_CLIENT_SECRET"',
    )
    with ikas.Fleet.from_file(path) as fleet:
        assert repr(fleet) == f"<Fleet of 3 stores at {box.base_url}>"
        assert fleet.names == ["acme", "kitap", "moda-ev"]
        outcome = fleet.plan(DESIRED).apply()
        assert set(outcome["outcome"]) == {"saved"}
        assert fleet.stores["moda-ev"].api_version == "v2"
        assert fleet.list().attrs["api_version"] is None  # two versions
        assert len({id(store.client._http) for store in fleet.stores.values()}) == 1
    with pytest.raises(errors.TransportError, match="fleet is closed"):
        fleet.list()


def test_a_variable_that_is_wrong_or_not_set_fails_its_store_only(
    box: ikas.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_TOKEN", box.add_store("acme").access_token)
    monkeypatch.setenv("KITAP_TOKEN", f"{CANARY}\nğ")
    path = stores_toml(
        tmp_path,
        f'base_url = "{box.base_url}"',
        'access_token = "{STORE}_TOKEN"',
        "[stores.acme]",
        "[stores.moda]",
        "[stores.kitap]",
    )
    with ikas.Fleet.from_file(path) as fleet:
        with pytest.warns(UserWarning, match="2 stores were not listed: kitap, moda") as warned:
            fleet.list()
        assert [each.filename for each in warned] == [__file__]  # one, at the reader's line
        assert fleet.errors["store"].tolist() == ["kitap", "moda"]
        assert fleet.errors["error"][1] == "CredentialsError"
        assert "MODA_TOKEN is not set" in fleet.errors["message"][1]
        assert CANARY not in fleet.errors.to_csv()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["[stores.acme"], "cannot be read"),
        ([], "names no store"),
        (["[stores]"], "names no store"),
        (['[stores.acme]\ntoken = "T"'], "no 'token' in \\[stores.acme\\]"),
        (['acces_token = "T"\n[stores.acme]'], "no 'acces_token' in the file. Did you mean"),
        (["[stores.acme]"], "nothing to log in with"),
        (['client_id = "A"\n[stores.acme]'], "nothing to log in with"),
        (["[stores]\nacme = 1"], "is a table"),
        (['[stores."My Shop"]\naccess_token = "T"'], "not a store name"),
        (['[stores.acme]\naccess_token = "T"\napi_version = "v3"'], "no API version 'v3'"),
        (['[stores.acme]\naccess_token = "T"\nbase_url = 1'], "'base_url' in .* is text"),
        (['[stores.acme]\naccess_token = "T"\nbase_url = "http://x.example"'], "in clear"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_right_is_refused(
    lines: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=message) as raised:
        ikas.Fleet.from_file(stores_toml(tmp_path, *lines))
    assert "stores.toml" in str(raised.value)


def test_a_name_that_is_advised_is_one_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable's name begins with a digit, and a store's may."""
    path = stores_toml(tmp_path, 'access_token = "{STORE}_TOKEN"', "[stores.34-moda]")
    with pytest.raises(errors.InvalidArgumentError, match="a capital first") as raised:
        ikas.Fleet.from_file(path)
    advised = next(word for word in str(raised.value).split() if "_34_MODA_" in word).strip(",")
    monkeypatch.setenv(advised, "t")
    stores_toml(tmp_path, f'access_token = "{advised}"', "[stores.34-moda]")
    with ikas.Fleet.from_file(path) as fleet:
        assert fleet["34-moda"].name == "34-moda"


@pytest.mark.parametrize(
    "secret",
    [
        CANARY,
        f"s_{CANARY}",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
        "331f40ad-58a5-4b25-b060-15e6ce57fc9f",
        "0123456789abcdef0123456789abcdef",
        "A1B2C3D4E5F6A7B8C9D0E1F2",
        "",
        7,
    ],
)
@pytest.mark.parametrize("table", ["", "[stores.acme]"], ids=["shared", "own"])
def test_a_secret_in_the_file_is_refused_and_not_shown(
    secret: object, table: str, tmp_path: Path
) -> None:
    value = f'"{secret}"' if isinstance(secret, str) else secret
    lines = [f"client_secret = {value}", 'client_id = "A"']
    path = stores_toml(tmp_path, *([table, *lines] if table else [*lines, "[stores.acme]"]))
    with pytest.raises(errors.InvalidArgumentError, match="Secrets do not belong") as raised:
        ikas.Fleet.from_file(path)
    assert "ACME_CLIENT_SECRET" in str(raised.value)
    assert raised.value.__context__ is None or str(secret) not in str(raised.value.__context__)
    if secret and isinstance(secret, str):
        assert secret not in str(raised.value)
