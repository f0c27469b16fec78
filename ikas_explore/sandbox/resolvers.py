"""What the fields of ikas' schema do in a sandbox, and the errors they answer with.

Error codes are those of the API as measured by third parties (live); where only the case
is known and not the code, the line says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ariadne import MutationType, QueryType, make_executable_schema
from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox.stores import StoreCredentials, Stores
from ikas_explore.sandbox.webhook_rows import Registrations
from ikas_explore.schema import ApiVersion, sdl
from ikas_explore.schema.scopes import Scope
from ikas_explore.values.urls import is_private, read_url

# The one difference between the versions in this part of the schema (sdk).
_SAVE_FIELD: dict[ApiVersion, str] = {"v1": "saveWebhook", "v2": "saveWebhooks"}


@dataclass(frozen=True)
class Call:
    """What a resolver knows of the call it serves: the GraphQL context.

    Attributes
    ----------
    store : StoreCredentials or None
        The store the access token opens; None without a valid one. Resolvers ask for it,
        not the server, so that introspection and ``{ __typename }`` need no token (live).
    installed, permitted : bool
        Whether the app is installed in the store and may use webhooks.
    """

    store: StoreCredentials | None
    installed: bool = True
    permitted: bool = True


def executable_schema(
    api_version: ApiVersion, registrations: Registrations, *, strict: bool
) -> GraphQLSchema:
    """Bind the fields of one API version to what they do.

    Parameters
    ----------
    api_version : {"v1", "v2"}
    registrations : Registrations
    strict : bool
        Refuse the endpoints ikas refuses: ``http://``, private and reserved addresses.
    """
    query, mutation = QueryType(), MutationType()

    @query.field("listWebhook")
    def list_webhook(_: object, info: GraphQLResolveInfo) -> list[dict[str, Any]]:
        call: Call = info.context
        store = _store_of(call)
        return registrations.of_store(store.name) if call.installed else []

    @mutation.field(_SAVE_FIELD[api_version])
    def save_webhook(
        _: object, info: GraphQLResolveInfo, *, input: dict[str, Any]
    ) -> list[dict[str, Any]]:
        store = _installed_store_of(info.context)
        # One bad scope fails the whole call, and nothing is saved (live, inferred).
        _check_scopes(input["scopes"])
        _check_endpoint(input["endpoint"], strict=strict)
        return registrations.save(
            store.name, input["endpoint"], input["scopes"], input.get("salesChannelIds")
        )

    @mutation.field("deleteWebhook")
    def delete_webhook(_: object, info: GraphQLResolveInfo, *, scopes: list[str]) -> bool:
        store = _installed_store_of(info.context)
        registrations.delete(store.name, scopes)
        # What ikas answers for a scope that is not registered is unknown.
        return True

    return make_executable_schema(sdl(api_version), query, mutation)


def context_for(store: StoreCredentials | None, stores: Stores) -> Call:
    """Return the context of a call made with a token that opens `store`."""
    return Call(store, installed=store is not None and stores.installed(store.name))


def refusal(code: str, message: str, **extensions: object) -> GraphQLError:
    """Make an error as ikas answers it: what to act on is ``extensions.code``."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def _store_of(call: Call) -> StoreCredentials:
    if call.store is None:
        raise refusal("LOGIN_REQUIRED", "LOGIN_REQUIRED")
    if not call.permitted:
        # Which feature webhooks need is unknown: the name is invented.
        raise refusal(
            "UNAUTHORIZED", "UNAUTHORIZED", deniedBy="FEATURE", requiredFeatures=["WEBHOOK"]
        )
    return call.store


def _installed_store_of(call: Call) -> StoreCredentials:
    store = _store_of(call)
    if not call.installed:
        raise refusal("APP_NOT_FOUND", "APP_NOT_FOUND")
    return store


def _check_scopes(scopes: Sequence[str]) -> None:
    if not set(scopes) <= set(Scope.registrable()):
        raise refusal("INVALID_SCOPE", "error_messages.public.webhook.invalid_scope")


def _check_endpoint(endpoint: str, *, strict: bool) -> None:
    try:
        url = read_url(endpoint)
    except InvalidArgumentError as error:
        raise refusal("ARGUMENT_VALIDATION_ERROR", f"Argument Validation Error: {error}") from None
    if strict and url.scheme != "https":
        raise refusal(
            "ARGUMENT_VALIDATION_ERROR",
            f"Argument Validation Error: the endpoint {endpoint!r} is not https.",
        )
    if strict and is_private(url.host):
        # That such addresses are refused is documented, the code is inferred.
        raise refusal(
            "ARGUMENT_VALIDATION_ERROR",
            f"Argument Validation Error: the endpoint {endpoint!r} cannot be reached "
            "from the internet.",
        )
