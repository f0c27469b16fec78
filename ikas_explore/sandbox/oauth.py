"""The OAuth token path of a sandbox: ``POST /api/admin/oauth/token``, form-encoded (docs).

``client_credentials`` answers an access token and no refresh token; ``authorization_code``
and ``refresh_token`` also answer ``refresh_token`` and ``scope``. A refresh token works
once: whether ikas takes an old one again is unknown, and a program that keeps the newest
is right in both cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ikas_explore.sandbox.stores import StoreCredentials, Stores, TokenKind

#: The OAuth scopes a token is answered with; ikas' names for them, not webhook scopes.
OAUTH_SCOPES = "read_webhooks,write_webhooks"

_GRANTS = ("client_credentials", "authorization_code", "refresh_token")


def answer_token(
    form: Mapping[str, str], stores: Stores, *, lifetime: float
) -> tuple[int, dict[str, Any]]:
    """Answer one call of the token path: the HTTP status and the JSON body.

    An access token is valid for `lifetime` seconds. A refusal has an ``errors`` array beside
    OAuth's ``error``: ikas' own client reports success for a body without one.
    """
    grant = form.get("grant_type", "")
    if grant not in _GRANTS:
        return _refuse(400, "unsupported_grant_type", f"grant_type is one of {', '.join(_GRANTS)}")
    store = stores.of_client(form.get("client_id", ""), form.get("client_secret", ""))
    if store is None:
        return _refuse(401, "invalid_client", "client_id or client_secret is wrong")
    if grant == "client_credentials":
        return 200, _access(store, stores, lifetime)
    kind: TokenKind = "code" if grant == "authorization_code" else "refresh"
    token = form.get("code" if kind == "code" else "refresh_token", "")
    if stores.of_token(token, kind) != store:
        return _refuse(401, "invalid_grant", f"The {kind} token is wrong, used or expired")
    stores.withdraw(token)
    return 200, {
        **_access(store, stores, lifetime),
        "refresh_token": stores.issue(store.name, "refresh"),
        "scope": OAUTH_SCOPES,
    }


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
