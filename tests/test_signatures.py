"""Signing and verifying: expected signatures are computed with hmac, not with ours."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ikas_explore.deliveries.signatures import sign, verify
from ikas_explore.errors import InvalidArgumentError, SignatureError

SECRET = "a-client-secret"
DATA = '{"name":"Çağla Şahin","total":19.9}'


def expected(data: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), data.encode(), hashlib.sha256).hexdigest()


def payload(**changes: Any) -> dict[str, Any]:
    return {"data": DATA, "signature": expected(DATA), "scope": "store/order/created", **changes}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_signature_is_the_hmac_of_the_utf8_bytes(data: str) -> None:
    assert sign(data, SECRET) == expected(data)


@pytest.mark.parametrize(
    "form",
    [
        payload(),
        json.dumps(payload()),
        json.dumps(payload(), ensure_ascii=False),
        json.dumps(payload(), ensure_ascii=False).encode(),
        bytearray(json.dumps(payload()).encode()),
        payload(added={"later": [1]}),
    ],
    ids=["mapping", "text", "text in utf-8", "bytes", "bytearray", "unknown keys"],
)
def test_a_signed_payload_gives_its_parsed_data(form: Any) -> None:
    assert verify(form, SECRET) == json.loads(DATA)


NOT_JSON, LIST = "{", "[1]"


@pytest.mark.parametrize(
    ("form", "secret", "reason"),
    [
        (payload(), "", "empty_secret"),
        (payload(), "  \n", "empty_secret"),
        (payload(), None, "empty_secret"),
        (payload(signature=expected(DATA, "\0")), "", "empty_secret"),
        ("{", "", "empty_secret"),
        ("{", SECRET, "not_json"),
        ("", SECRET, "not_json"),
        (b"\xff\xfe{}", SECRET, "not_json"),
        (b"\xef\xbb\xbf{}", SECRET, "not_json"),
        ('{"data": NaN}', SECRET, "not_json"),
        ("[" * 100_000, SECRET, "not_json"),
        ('{"data": ' + "1" * 10_000 + "}", SECRET, "not_json"),
        ("[]", SECRET, "not_an_object"),
        ("null", SECRET, "not_an_object"),
        (None, SECRET, "not_an_object"),
        (17, SECRET, "not_an_object"),
        ([payload()], SECRET, "not_an_object"),
        ({"signature": expected(DATA)}, SECRET, "missing_key"),
        ({"data": DATA}, SECRET, "missing_key"),
        ({}, SECRET, "missing_key"),
        (payload(data=json.loads(DATA)), SECRET, "not_a_string"),
        (payload(signature=None), SECRET, "not_a_string"),
        (payload(signature=b"00"), SECRET, "not_a_string"),
        (payload(signature=""), SECRET, "bad_hex"),
        (payload(signature=expected(DATA)[:-1]), SECRET, "bad_hex"),
        (payload(signature=expected(DATA) + "\n"), SECRET, "bad_hex"),
        (payload(signature=expected(DATA).upper()), SECRET, "bad_hex"),
        (payload(signature="g" * 64), SECRET, "bad_hex"),
        (payload(signature="٣" * 64), SECRET, "bad_hex"),
        (payload(signature="0" * 64), SECRET, "mismatch"),
        (payload(signature=expected(DATA, "other")), SECRET, "mismatch"),
        (payload(data=DATA + " "), SECRET, "mismatch"),
        (payload(data="\ud800"), SECRET, "mismatch"),
        (payload(data=NOT_JSON, signature=expected(NOT_JSON)), SECRET, "data_not_json"),
        (payload(data=LIST, signature=expected(LIST)), SECRET, "not_an_object"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_the_reason(
    form: Any, secret: Any, reason: str
) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(form, secret)
    assert caught.value.reason == reason
    assert SECRET not in str(caught.value)
    assert expected(DATA) not in str(caught.value)


def test_data_is_not_parsed_before_the_signature_matched() -> None:
    """A wrong signature over what is no JSON is a mismatch: nothing looked into it."""
    with pytest.raises(SignatureError) as caught:
        verify(payload(data=NOT_JSON, signature="0" * 64), SECRET)
    assert caught.value.reason == "mismatch"


@pytest.mark.parametrize("secret", [b"bytes", 17, "\ud800"])
def test_a_secret_that_is_no_text_is_refused_without_showing_it(secret: Any) -> None:
    for call in (lambda: sign(DATA, secret), lambda: verify(payload(), secret)):
        with pytest.raises(InvalidArgumentError, match="secret") as caught:
            call()
        assert repr(secret) not in str(caught.value)


@pytest.mark.parametrize("data", [{"id": 1}, None, b"{}", "\ud800"])
def test_only_text_is_signed(data: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="data"):
        sign(data, SECRET)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
parts = st.fixed_dictionaries(
    {}, optional={"data": json_values, "signature": json_values, "id": json_values}
)


@given(json_values | parts | st.binary() | st.text() | parts.map(json.dumps))
@example({"data": "\ud800", "signature": "0" * 64})
def test_verify_takes_anything_and_trusts_nothing_that_is_not_signed(form: Any) -> None:
    with pytest.raises(SignatureError):
        verify(form, SECRET)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers()), st.data())
def test_one_changed_character_is_a_mismatch(value: dict[str, int], draw: st.DataObject) -> None:
    data = json.dumps(value)
    at = draw.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + ("x" if data[at] != "x" else "y") + data[at + 1 :]
    assert verify({"data": data, "signature": expected(data)}, SECRET) == value
    with pytest.raises(SignatureError) as caught:
        verify({"data": changed, "signature": expected(data)}, SECRET)
    assert caught.value.reason == "mismatch"
