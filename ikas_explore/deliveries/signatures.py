"""Sign and verify deliveries, as ikas signs them.

The signature is the lower-case hex HMAC-SHA256 of the UTF-8 bytes of the ``data`` string, keyed
with the app's client secret. It is in the body, beside ``data``, and covers ``data`` alone.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ikas_explore.errors import InvalidArgumentError, SignatureError
from ikas_explore.values.secret import Secret, hide, hide_all
from ikas_explore.values.strict_json import decode

_HEX = re.compile(r"[0-9a-f]{64}")


def sign(data: str, client_secret: str | Secret) -> str:
    """Compute the signature of a delivery's ``data``.

    Parameters
    ----------
    data : str
        The string of JSON, exactly as it is in the payload.
    client_secret : str or Secret
        The app's client secret.

    Returns
    -------
    str
        64 lower-case hex digits.

    Raises
    ------
    SignatureError
        The secret is empty.
    InvalidArgumentError
        ``data`` or the secret is not text, or cannot be written as UTF-8.

    Examples
    --------
    >>> sign('{"id":"1"}', "secret")
    '6146142a2ce0159e84c0767881e4ec80bc397da62526e7d19f70795eb79460c0'
    """
    client_secret = hide(client_secret)  # first of all: a traceback may print local variables
    check_secret(client_secret)
    if not isinstance(data, str):
        raise InvalidArgumentError(
            f"`data` is signed as a string of JSON, not as {type(data).__name__}; "
            "sign the very text that is sent."
        )
    try:
        return _signature(data, client_secret)
    except UnicodeEncodeError:
        raise InvalidArgumentError(
            "`data` holds half of a surrogate pair, which has no UTF-8 bytes to sign."
        ) from None


def verify(
    payload: Mapping[str, Any] | str | bytes,
    client_secret: str | Secret | Sequence[str | Secret],
) -> dict[str, Any]:
    """Check a delivery's signature and return its parsed ``data``.

    The signature covers ``data`` alone. ``id``, ``scope``, ``createdAt``, ``merchantId`` and
    ``authorizedAppId`` can be forged, and a delivery can be sent again by anybody who saw it. So
    read from ``data`` what the event is about, and ignore ids you have already handled.

    ``data`` is not parsed before the signature matches. The comparison takes the same time
    wherever two signatures differ.

    Parameters
    ----------
    payload : mapping, str or bytes
        The body of the request as it came, or the object in it.
    client_secret : str or Secret, or a sequence of these
        The app's client secret. Of several, for example while it is replaced by a new one, any
        may match.

    Returns
    -------
    dict
        ``data``, parsed. ikas sends an object; any other JSON is refused.

    Raises
    ------
    SignatureError
        With a ``reason``: ``empty_secret``; ``not_json``; ``not_an_object`` (the payload, or
        ``data`` although it is signed); ``missing_key`` (``data`` or ``signature``);
        ``not_a_string``; ``bad_hex`` (not 64 lower-case hex digits); ``mismatch``;
        ``data_not_json`` although it is signed.
    InvalidArgumentError
        The secret is not text.

    Examples
    --------
    >>> data = '{"id":"1"}'
    >>> verify({"data": data, "signature": sign(data, "secret")}, "secret")
    {'id': '1'}
    >>> verify({"data": data, "signature": sign(data, "other")}, "secret")
    Traceback (most recent call last):
    ...
    ikas_explore.errors.SignatureError: The signature does not match `data`: ...
    """
    client_secret = hide_all(client_secret)  # first of all: a traceback may print local variables
    check_secret(*client_secret)  # an empty secret is reported whatever the payload is
    if not isinstance(payload, Mapping):
        payload = _read(payload)
    return _parsed(check_signature(payload, client_secret)[0])


def check_signature(
    payload: Mapping[str, Any], client_secrets: Sequence[Secret]
) -> tuple[str, int]:
    """Return the ``data`` of a payload and the place of the secret that it is signed with."""
    data, signature = _part(payload, "data"), _part(payload, "signature")
    if not _HEX.fullmatch(signature):
        raise SignatureError(
            "`signature` is not 64 lower-case hex digits, which an HMAC-SHA256 always is; "
            "refuse the delivery.",
            reason="bad_hex",
        )
    try:
        # All of them, so that the time does not say which.
        matches = [
            hmac.compare_digest(_signature(data, each), signature) for each in client_secrets
        ]
    except UnicodeEncodeError:  # ikas signs UTF-8 bytes, so nothing it sends can look like this
        matches = []
    if not any(matches):
        raise SignatureError(
            "The signature does not match `data`: another client secret, or `data` was changed on "
            "the way. Compare the secret with the app's page in the partner panel.",
            reason="mismatch",
        )
    return data, matches.index(True)


def _signature(data: str, client_secret: Secret) -> str:
    # One expression, so that the key is no local variable.
    return hmac.digest(client_secret.reveal().encode(), data.encode(), "sha256").hex()


def check_secret(*client_secrets: Secret | None) -> None:
    """Refuse a client secret that is not text (InvalidArgumentError), or empty (SignatureError).

    No secret at all is an empty one.
    """
    for each in client_secrets or (None,):
        if each is not None and not isinstance(each.reveal(), str):
            raise InvalidArgumentError(
                f"The client secret is text, not {type(each.reveal()).__name__}."
            )
        if each is None or not each.reveal().strip():
            raise SignatureError(
                "The client secret is empty; give the one of the app, for example from "
                "IKAS_CLIENT_SECRET.",
                reason="empty_secret",
            )
        try:
            each.reveal().encode()
        except UnicodeEncodeError:
            # Not shown: the error of the codec holds the secret.
            raise InvalidArgumentError("The client secret cannot be written as UTF-8.") from None


def _read(payload: str | bytes) -> Mapping[str, Any]:
    if not isinstance(payload, str | bytes | bytearray):
        raise SignatureError(
            f"A payload is bytes, text or a mapping, not {type(payload).__name__}.",
            reason="not_an_object",
        )
    try:
        read = decode(payload if isinstance(payload, str) else payload.decode())
    except (ValueError, RecursionError):
        raise SignatureError(
            "The payload is not JSON in UTF-8; give the body of the request as it came.",
            reason="not_json",
        ) from None
    if not isinstance(read, dict):
        raise SignatureError(
            f"The payload is a JSON {_kind(read)}, not an object.", reason="not_an_object"
        )
    return read


def _part(payload: Mapping[str, Any], name: str) -> str:
    if name not in payload:
        raise SignatureError(
            f"The payload has no key {name!r}; ikas sends it in the body, not in a header.",
            reason="missing_key",
        )
    part = payload[name]
    if not isinstance(part, str):
        hint = " Verify before `data` is parsed." if name == "data" else ""
        raise SignatureError(
            f"`{name}` is {type(part).__name__}, not a string as ikas sends it.{hint}",
            reason="not_a_string",
        )
    return part


def _parsed(data: str) -> dict[str, Any]:
    try:
        parsed = decode(data)
    except (ValueError, RecursionError):
        raise SignatureError(
            "The signature matches, but `data` is not JSON.", reason="data_not_json"
        ) from None
    if not isinstance(parsed, dict):
        raise SignatureError(
            f"The signature matches, but `data` is a JSON {_kind(parsed)}, not an object.",
            reason="not_an_object",
        )
    return parsed


def _kind(value: object) -> str:
    return {list: "list", str: "string", bool: "boolean", type(None): "null"}.get(
        type(value), "number"
    )
