"""`verify`: a dict for what was signed, SignatureError for all else, and nothing between."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import strategies as st

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, SignatureError
from tests.fuzz.runs import attempt, fuzz
from tests.fuzz.strategies import any_json, any_texts, texts

SECRET = "the client secret of a fuzzer"


def signed(data: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), data.encode(), hashlib.sha256).hexdigest()


class Odd(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content

    def __getitem__(self, name: str) -> Any:
        return self._content[name]

    def __iter__(self) -> Any:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


hexadecimal = st.text("0123456789abcdef", min_size=64, max_size=64)
parts = st.fixed_dictionaries(
    {}, optional={"data": any_json, "signature": hexadecimal | any_json, "id": any_json}
)
own = texts.map(lambda data: {"data": data, "signature": signed(data)})
written = (parts | own | any_json).map(json.dumps)
payloads: st.SearchStrategy[Any] = (
    any_json
    | parts
    | parts.map(Odd)
    | own
    | written
    | written.map(str.encode)
    | written.map(lambda text: bytearray(text, "utf-8"))
    | written.map(lambda text: text.encode("utf-16"))
    | any_texts
    | st.binary()
    | st.binary().map(lambda read: memoryview(read))
    | st.integers(1, 200_000).map(lambda depth: "[" * depth)
    | st.integers(1, 20_000).map(lambda digits: '{"data": ' + "1" * digits + "}")
)


@fuzz(payload=payloads, secret=st.just(SECRET) | any_texts)
def test_a_payload_of_anything_is_data_or_a_signature_error(payload: Any, secret: str) -> None:
    made = attempt(lambda: ikas.verify(payload, secret), SignatureError, InvalidArgumentError)
    if isinstance(made, SignatureError):
        assert made.reason
        assert SECRET not in str(made)
    elif isinstance(made, InvalidArgumentError):
        assert any("\ud800" <= each <= "\udfff" for each in secret)
    else:
        content = payload if isinstance(payload, Mapping) else json.loads(payload)
        assert content["signature"] == signed(content["data"], secret)
        assert made == json.loads(content["data"])


@fuzz(secret=any_json | st.binary())
def test_a_secret_of_anything_is_told_without_showing_it(secret: Any) -> None:
    payload = {"data": "{}", "signature": "0" * 64}
    refused = attempt(lambda: ikas.verify(payload, secret), SignatureError, InvalidArgumentError)
    assert isinstance(refused, SignatureError | InvalidArgumentError)
    assert len(repr(secret)) < 12 or repr(secret) not in str(refused)


objects = st.dictionaries(texts, any_json, max_size=3).map(
    lambda value: json.dumps(value, allow_nan=True).replace("NaN", "0").replace("Infinity", "1")
)


@fuzz(data=objects, draw=st.data(), compact=st.booleans())
def test_any_changed_bit_is_refused(data: str, draw: st.DataObject, compact: bool) -> None:
    """Of `data` and of `signature`, in the mapping and in the bytes of the body."""
    signature = signed(data)
    assert ikas.verify({"data": data, "signature": signature}, SECRET) == json.loads(data)
    for name, text in (("data", data), ("signature", signature)):
        raw = bytearray(text.encode())
        bit = draw.draw(st.integers(0, 8 * len(raw) - 1))
        raw[bit // 8] ^= 1 << bit % 8
        changed = bytes(raw).decode("utf-8", "surrogateescape")
        with pytest.raises(SignatureError):
            ikas.verify({"data": data, "signature": signature, name: changed}, SECRET)
    body = bytearray(
        json.dumps({"data": data, "signature": signature}, ensure_ascii=compact).encode()
    )
    bit = draw.draw(st.integers(0, 8 * len(body) - 1))
    body[bit // 8] ^= 1 << bit % 8
    found = attempt(lambda: ikas.verify(bytes(body), SECRET), SignatureError)
    if isinstance(found, SignatureError):
        return
    # A bit that JSON does not care for, such as the case of an escape: the same was signed.
    assert found == json.loads(data)
    assert json.loads(body)["data"] == data
