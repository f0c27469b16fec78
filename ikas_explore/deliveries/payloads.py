"""The body ikas pushes: seven keys with string values; ``data`` is a string of JSON in it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ikas_explore.deliveries.signatures import sign
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.secret import Secret
from ikas_explore.values.strict_json import decode
from ikas_explore.values.times import ms_of

# Made once: json.dumps with arguments makes an encoder for each value.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

#: The keys of a payload, in the order of ikas' samples; the value of each is a string.
KEYS = ("authorizedAppId", "createdAt", "data", "id", "merchantId", "scope", "signature")


def delivery_id(random: Random | None = None) -> str:
    """Make the id of a delivery: two UUIDs joined by ``-``, from the random if one is given."""
    return f"{make_uuid(random)}-{make_uuid(random)}"


def make_uuid(random: Random | None = None) -> str:
    """Make one UUID, from the random if one is given."""
    if random is None:
        return str(uuid.uuid4())
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def iso_time(moment: dt.datetime) -> str:
    """Write a time as ikas does in payloads: ISO-8601, UTC, milliseconds, ``Z``."""
    if moment.tzinfo is None:
        raise InvalidArgumentError(
            f"The time {moment.isoformat()} has no time zone; give one in UTC."
        )
    text = moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


#: Marks the id of a delivery that ikas did not send.
SYNTHETIC = "synthetic-"


def envelope(
    *,
    id: str,
    scope: str,
    data: str,
    client_secret: str | Secret,
    authorized_app_id: str,
    merchant_id: str,
    created_at: dt.datetime,
) -> dict[str, str]:
    """Put a signed payload together: the keys of `KEYS`, in that order.

    The ``id`` (see `delivery_id`) is the same in every attempt; ``data`` is taken as it is.
    """
    return {
        "authorizedAppId": authorized_app_id,
        "createdAt": iso_time(created_at),
        "data": data,
        "id": id,
        "merchantId": merchant_id,
        "scope": scope,
        "signature": sign(data, client_secret),
    }


def encode(payload: Mapping[str, Any]) -> bytes:
    """Write JSON as ikas does: UTF-8, no white space, nothing escaped that need not be."""
    return to_json(payload).encode()


def to_json(value: object) -> str:
    """Return a value as compact JSON text; NaN and infinity are refused with ValueError."""
    return _ENCODER.encode(value)


def check_data(data: str | Mapping[str, Any]) -> str:
    """Return a caller's ``data`` as the string that is signed and sent, or refuse it.

    JSON text is taken as it is, blanks included. A mapping is taken if JSON keeps it unchanged.
    """
    text = data if isinstance(data, str) else _written(data)
    try:
        text.encode()
        read = decode(text)
    except (ValueError, RecursionError) as error:
        raise _unfit(f"is not JSON: {error}") from None
    if not isinstance(read, dict):
        raise _unfit(f"is JSON, but not an object: it reads as {type(read).__name__}")
    if not isinstance(data, str) and read != dict(data):
        raise _unfit("changes when it is written as JSON: keys have to be strings, sequences lists")
    return text


def _written(data: Mapping[str, Any]) -> str:
    if not isinstance(data, Mapping):
        raise _unfit(f"is {type(data).__name__}; give a mapping or a string of JSON")
    try:
        return to_json(dict(data))
    except (TypeError, ValueError, RecursionError) as error:
        raise _unfit(f"cannot be written as JSON: {error}") from None


def _unfit(reason: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f'`data` {reason}. ikas sends an object, for example {{"id": "1"}}.'
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """A body as far as it can be read.

    ``payload`` is empty when the body holds no object, ``created_at`` is in Unix milliseconds.
    A body that is not a payload of ikas' has the ``status`` to answer (400: not a JSON object; 422:
    not the seven strings) and the reason as ``error``.
    """

    payload: dict[str, Any] = field(default_factory=dict)
    created_at: int | None = None
    status: int | None = None
    error: str | None = None

    def text(self, key: str) -> str | None:
        """Return the value of a key if it is a string that can be written."""
        value = self.payload.get(key)
        return value if isinstance(value, str) and _writable(value) else None

    def object_id(self) -> str | None:
        """Return the ``id`` inside ``data``: of the order, customer, product or stock."""
        try:
            data = decode(self.payload["data"])
            found = data["id"]
        except (KeyError, TypeError, ValueError, RecursionError):
            return None  # what comes in may be anything
        if isinstance(found, str) and _writable(found):
            return found
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else None


def read_payload(body: bytes) -> Reading:
    """Read a body as a payload of ikas; never raise, whatever the bytes."""
    try:
        payload = decode(body.decode())
    except (ValueError, RecursionError):
        return Reading(status=400, error="the body is not JSON in UTF-8")
    if not isinstance(payload, dict):
        return Reading(status=400, error="the body is JSON, but not an object")
    created_at = _read_time(payload.get("createdAt"))
    missing = [key for key in KEYS if key not in payload]
    if missing:
        return Reading(payload, created_at, 422, f"keys are missing: {', '.join(missing)}")
    wrong = [key for key in KEYS if not isinstance(payload[key], str)]
    if wrong:
        return Reading(payload, created_at, 422, f"these are not strings: {', '.join(wrong)}")
    if not _writable("".join(payload[key] for key in KEYS)):
        return Reading(payload, created_at, 422, "a text holds half of a surrogate pair")
    if created_at is None:
        return Reading(payload, None, 422, "createdAt is not an ISO-8601 time with a zone")
    return Reading(payload, created_at)


def _read_time(text: object) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return None if moment.tzinfo is None else ms_of(moment)
    except (ValueError, OverflowError):
        return None


def _writable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
