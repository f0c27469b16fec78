"""The three TOML files, and their settings as Python mappings: read, or refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

import ikas_explore as ikas
from ikas_explore.auditing.audit import audit
from ikas_explore.auditing.policy import Policy, read_policy
from ikas_explore.errors import CredentialsError, IkasError, InvalidArgumentError
from ikas_explore.fleet.stores_file import read_members
from ikas_explore.manage.desired import read_desired
from tests.auditing.frames import frame, healthy
from tests.fuzz.runs import attempt, fuzz
from tests.fuzz.strategies import HOSTILE, quiet, texts

READERS: dict[str, Callable[[Path], Any]] = {
    "desired": lambda path: read_desired(path).of(["acme", "moda-ev"]),
    "policy": read_policy,
    "fleet": read_members,
}

KEYS = [
    *("webhooks", "stores", "acme", "moda-ev", "*", "without", "required", "allowed_hosts"),
    *("severities", "ignores", "rules", "stale_after_days", "max_endpoints_per_host"),
    *("certificate_days", "fail_on", "rule", "reason", "until", "store", "scope", "endpoint"),
    *("access_token", "client_id", "client_secret", "refresh_token", "api_version", "base_url"),
    *("http-endpoint", "https://a.example/{store}", "https://a.example/{x}"),
]
keys = st.sampled_from(KEYS) | texts.map(lambda text: text.encode("utf-8", "replace").decode())
words = (
    st.sampled_from(["store/order/*", "store/order/created", "ACME_TOKEN", "{STORE}_TOKEN", "*"])
    | st.sampled_from(["v1", "https://a.example", "warning", "off", "2027-01-31", "expired"])
    | keys
)
times = st.sampled_from(["2027-01-31", "2027-01-31T00:00:00Z", "07:32:00", "0001-01-01"])
numbers = st.integers(-5, 400) | st.integers() | st.sampled_from([10**30, -(10**400)])
floats = st.sampled_from(["nan", "inf", "-inf", "1e999", "-0.0", "365.5"])


def toml(value: Any) -> str:
    """Write a value as TOML; texts of TOML in a tuple are taken as they are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, tuple):
        return str(value[0])
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for surrogate pairs and DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


plain = words | st.booleans() | numbers | st.tuples(times | floats)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
ignores = st.fixed_dictionaries(
    {"rule": words | values, "reason": words | values, "until": st.tuples(times) | values},
    optional={"store": words | values, "scope": values, "endpoint": values, "other": values},
)
overrides = st.dictionaries(keys, values, max_size=3) | st.fixed_dictionaries(
    {},
    optional={
        "without": st.lists(words, max_size=2) | values,
        "webhooks": st.dictionaries(keys, words, max_size=2) | values,
        "access_token": words | values,
        "api_version": words | values,
        "base_url": words | values,
    },
)
named = st.sampled_from(["acme", "moda-ev", "a*"]) | keys
SETTINGS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "desired": {
        "webhooks": st.dictionaries(keys, st.lists(words, max_size=3) | values, max_size=3),
        "stores": st.dictionaries(named, overrides, max_size=2),
    },
    "fleet": {
        "stores": st.dictionaries(named, overrides, max_size=2),
        "access_token": words,
        "client_secret": words,
        "base_url": words,
    },
    "policy": {
        "required": st.lists(words, max_size=2),
        "allowed_hosts": st.lists(words, max_size=2),
        "severities": st.dictionaries(keys, words | values, max_size=2),
        "ignores": st.lists(ignores, max_size=2),
        "rules": st.lists(words, max_size=2),
        "stores": st.lists(words, max_size=2),
        "stale_after_days": numbers | st.tuples(floats),
        "max_endpoints_per_host": numbers | st.tuples(floats),
        "certificate_days": numbers | st.tuples(floats),
        "fail_on": words,
    },
}


def chosen(reader: str, names: list[str]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    known = SETTINGS[reader]
    return st.tuples(
        st.just(reader), st.fixed_dictionaries({name: known[name] | values for name in names})
    )


files = st.sampled_from(sorted(SETTINGS)).flatmap(
    lambda reader: st.lists(
        st.sampled_from(sorted(SETTINGS[reader])), max_size=2, unique=True
    ).flatmap(lambda names: chosen(reader, names))
)


def written(tables: dict[str, Any]) -> str:
    return "\n".join(f"{toml(key)} = {toml(value)}" for key, value in tables.items())


noise = st.sampled_from([*HOSTILE, "[", "]", "{", "}", "=", "[[", '"""', "\\u00", "#", "a.b", ","])
broken = st.lists(noise | words | st.tuples(times | floats).map(toml), max_size=12).map("".join)
deep = st.tuples(
    st.sampled_from([("a = ", "["), ("a = ", "{a = "), ("", "a."), ("[", "a."), ("a = 1", "1")]),
    st.sampled_from([10, 500, 5_000]),
).map(lambda made: made[0][0] + made[0][1] * made[1])


@fuzz(examples=300, file=files, more=st.just({}) | st.dictionaries(keys, values, max_size=1))
def test_a_file_of_anything_is_read_or_refused(
    tmp_path: Path, file: tuple[str, dict[str, Any]], more: dict[str, Any]
) -> None:
    reader, tables = file
    read_one(tmp_path, reader, written(tables | more).encode())


@fuzz(
    examples=200,
    reader=st.sampled_from(sorted(READERS)),
    content=broken.map(str.encode) | deep.map(str.encode) | st.binary(max_size=40),
)
def test_what_is_hardly_toml_is_read_or_refused(
    tmp_path: Path, reader: str, content: bytes
) -> None:
    read_one(tmp_path, reader, content)


def read_one(folder: Path, reader: str, content: bytes) -> Any:
    path = folder / "file.toml"
    path.write_bytes(content)
    made = attempt(lambda: READERS[reader](path), IkasError)
    if isinstance(made, IkasError):
        assert quiet(str(made)), str(made)
    elif isinstance(made, Policy):
        report = audit(frame([*healthy(["acme"])]), made)
        assert quiet(report.to_markdown())
        assert report.exit_code() in (0, 1)
    return made


SECRETS = ["s_" + "0123456789abcdef" * 4, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"]


@fuzz(
    examples=60,
    secret=st.sampled_from(SECRETS) | st.text("ABCDEF0123456789", min_size=24, max_size=40),
    key=st.sampled_from(["access_token", "client_id", "client_secret", "refresh_token"]),
    place=st.sampled_from(["[stores.acme]\n{} = {}", "{} = {}\n[stores.acme]"]),
    form=st.sampled_from(['"{}"', "'{}'", '["{}"]', '{{a = "{}"}}', '"""{}"""', '"{}', "{}"]),
)
def test_a_secret_in_the_file_of_a_fleet_is_refused_and_not_shown(
    tmp_path: Path, secret: str, key: str, place: str, form: str
) -> None:
    refused = read_one(tmp_path, "fleet", place.format(key, form.format(secret)).encode())
    assert isinstance(refused, IkasError)
    assert secret not in str(refused)
    assert secret not in repr(refused.__context__)


VARIABLES = ["IKAS_ACCESS_TOKEN=", "IKAS_STORE=", "IKAS_BASE_URL=", "export ", "${IKAS_STORE}"]
dotenvs = st.lists(
    st.sampled_from([*map(str.encode, VARIABLES), b"acme", b"https://a.example", b"\xc5\x9f"])
    | st.sampled_from([b"\n", b"=", b"'", b'"', b"\xff", b"\x00", b"\xef\xbb\xbf", b"\r", b"#"])
    | st.binary(max_size=4),
    max_size=10,
).map(b"".join)


@fuzz(examples=150, content=dotenvs)
def test_a_dotenv_file_of_anything_connects_or_refuses(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    made = attempt(ikas.connect, IkasError)
    if isinstance(made, IkasError):
        assert quiet(str(made)), str(made)
    else:
        made.close()


@fuzz(
    examples=80,
    values=st.fixed_dictionaries(
        dict.fromkeys(("ACME_TOKEN", "ACME_ID", "ACME_SECRET"), st.none() | words | texts)
    ),
    shared=st.sampled_from(
        ['access_token = "{STORE}_TOKEN"', 'client_id = "ACME_ID"\nclient_secret = "ACME_SECRET"']
    ),
    base_url=words | texts,
)
def test_a_fleet_with_variables_of_anything_is_opened_or_told(
    tmp_path: Path, values: dict[str, str | None], shared: str, base_url: str
) -> None:
    path = tmp_path / "stores.toml"
    base_url = base_url.encode("utf-8", "replace").decode()
    path.write_text(f"{shared}\nbase_url = {toml(base_url)}\n[stores.acme]\n", "utf-8")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in values.items():
            if value is not None and "\0" not in value:
                environment.setenv(name, value)
        made = attempt(lambda: ikas.Fleet.from_file(path), IkasError)
    if isinstance(made, IkasError):
        assert quiet(str(made)), str(made)
        return
    with made as fleet:
        assert quiet(repr(fleet))
        assert not [said for said in fleet.errors["message"] if not quiet(said)]


@fuzz(
    examples=150,
    desired=st.dictionaries(words | texts, st.lists(words, max_size=2) | words | values, max_size=2)
    | values
    | st.lists(st.sampled_from(["store", "scope", "endpoint"]), unique=True).map(
        lambda names: frame(healthy(["acme"]))[names]
    ),
    stores=st.lists(st.sampled_from(["acme", "moda-ev"]) | texts, max_size=2, unique=True),
)
def test_a_desired_state_of_anything_is_read_or_refused(desired: Any, stores: list[str]) -> None:
    made = attempt(lambda: read_desired(desired).of(stores), IkasError)
    assert isinstance(made, dict) or quiet(str(made)), str(made)


# -- found by the above -------------------------------------------------------------------------


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content", ["a = " + "[" * 5_000, "a = " + "{a = " * 5_000])
def test_a_file_nested_without_end_is_refused(tmp_path: Path, reader: str, content: str) -> None:
    refused = read_one(tmp_path, reader, content.encode())
    assert "cannot be read" in str(refused)


@pytest.mark.parametrize(
    "setting", ["ignores = true", "ignores = 5", "ignores = 'a'", "rules = 1.5"]
)
def test_a_policy_whose_ignores_are_no_list_is_refused(tmp_path: Path, setting: str) -> None:
    refused = read_one(tmp_path, "policy", setting.encode())
    assert isinstance(refused, InvalidArgumentError)
    assert "is a list of" in str(refused)


def test_a_table_named_with_control_characters_is_told_without_them(tmp_path: Path) -> None:
    content = '[stores."\\u001b[31m\\n"]\nwithot = []'
    assert "[stores.\\x1b[31m\\n]" in str(read_one(tmp_path, "desired", content.encode()))


def test_a_dotenv_file_that_is_no_text_is_told_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"IKAS_ACCESS_TOKEN=hunter2hunter2\n\xff")
    with pytest.raises(CredentialsError, match="it is not UTF-8") as told:
        ikas.connect()
    assert told.value.__context__ is None
