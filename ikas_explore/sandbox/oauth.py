"""The OAuth paths of a sandbox: the token path, and the page that installs an app (docs).

``client_credentials`` answers an access token and no refresh token; ``authorization_code``
and ``refresh_token`` also answer ``refresh_token`` and ``scope``. Old refresh tokens keep
working (live); a code works once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ikas_explore.deliveries.signatures import sign
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox.behaviour import TokenBody
from ikas_explore.sandbox.stores import CODE_LIFETIME, StoreCredentials, Stores, TokenKind
from ikas_explore.values.strict_json import decode_bytes
from ikas_explore.values.urls import is_loopback, read_url

#: What an app may do, as ikas names it; none is named for webhooks.
PERMISSIONS = "read_products,read_orders,read_customers,read_inventories"

_GRANTS = ("client_credentials", "authorization_code", "refresh_token")


def answer_token(
    form: Mapping[str, str], store: StoreCredentials | None, stores: Stores, *, lifetime: float
) -> tuple[int, dict[str, Any]]:
    """Answer one call of the token path, of a store's app: the HTTP status and the JSON body.

    An access token is valid for `lifetime` seconds. A refusal has an ``errors`` array beside
    OAuth's ``error``: ikas' own client reports success for a body without one.
    """
    grant = form.get("grant_type", "")
    if grant not in _GRANTS:
        return _refuse(400, "unsupported_grant_type", f"grant_type is one of {', '.join(_GRANTS)}")
    if store is None:
        return _refuse(401, "invalid_client", "client_id or client_secret is wrong")
    if grant == "client_credentials":
        return 200, _access(store, stores, lifetime)
    kind: TokenKind = "code" if grant == "authorization_code" else "refresh"
    token = form.get("code" if kind == "code" else "refresh_token", "")
    if stores.of_token(token, kind) != store:
        return _refuse(401, "invalid_grant", f"The {kind} token is wrong, used or expired")
    if kind == "code":
        stores.withdraw(token)
    return 200, {
        **_access(store, stores, lifetime),
        "refresh_token": stores.issue(store.name, "refresh"),
        "scope": PERMISSIONS,
    }


def read_form(body: bytes, content_type: str, taken: TokenBody) -> dict[str, str]:
    """Read the body of the token path: a form, or JSON as one published client sends it."""
    if taken == "any" and content_type.partition(";")[0].strip().lower() == "application/json":
        try:
            read = decode_bytes(body)
        except ValueError:
            return {}
        return {key: str(each) for key, each in read.items()} if isinstance(read, dict) else {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def install_address(asked: Mapping[str, str], stores: Stores) -> tuple[int, str]:
    """Return where the page that installs an app leads to, or why it leads nowhere.

    With ``code, storeName, signature``, and the ``state`` that was given: an installation that is
    begun in ikas' admin has none. How ikas makes the signature is not known; here it is that of
    the code with the client secret.
    """
    store = stores.of_client_id(asked.get("client_id", ""))
    if store is None:
        return 401, "There is no app with this client_id."
    target = asked.get("redirect_uri", "")
    try:
        url = read_url(target)
    except InvalidArgumentError as error:
        return 400, f"redirect_uri: {error}"
    if url.scheme != "https" and not is_loopback(url.host):
        return 400, "redirect_uri has to be https, or on this machine."
    code = stores.issue(store.name, "code", CODE_LIFETIME)
    parts = {"code": code, "storeName": store.name, "signature": sign(code, store.client_secret)}
    if "state" in asked:
        parts["state"] = asked["state"]
    return 302, f"{target}{'&' if '?' in target else '?'}{urlencode(parts)}"


def _access(store: StoreCredentials, stores: Stores, lifetime: float) -> dict[str, Any]:
    token = stores.issue(store.name, "access", lifetime)
    return {"access_token": token, "token_type": "Bearer", "expires_in": round(lifetime)}


def _refuse(status: int, error: str, description: str) -> tuple[int, dict[str, Any]]:
    code = "LOGIN_REQUIRED" if status == 401 else "ARGUMENT_VALIDATION_ERROR"
    return status, {
        "error": error,
        "error_description": description,
        "errors": [{"message": description, "extensions": {"code": code}}],
    }
