"""GraphQL over HTTP as ikas answers it: documents, what the fields do, and errors.

Documents are parsed and validated once and kept, since a client sends the same few again and
again. Refusals of a resolver come with HTTP 200, what does not fit the schema with HTTP 400 and
``GRAPHQL_VALIDATION_FAILED``. The codes are those of the API as measured by third parties
(live); where only the case is known and not the code, the line says so.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.sandbox.catalogue import LISTS, Catalogue
from ikas_explore.sandbox.catalogue import SDL as CATALOGUE_SDL
from ikas_explore.sandbox.stores import StoreCredentials
from ikas_explore.sandbox.webhook_rows import Registrations
from ikas_explore.schema import SAVE_FIELDS, ApiVersion, sdl
from ikas_explore.schema.scopes import Scope
from ikas_explore.system.garbage import no_collection
from ikas_explore.values.strict_json import decode_bytes
from ikas_explore.values.urls import check_endpoint

_log = logging.getLogger(__name__)

# More than any real query has; what is longer would only keep the server busy.
# Each field is compared with all others of its name: time grows with the square of it.
_MAX_TOKENS = 2_000
# Nor is one longer: for the place of each error, all line ends of the text are counted.
_MAX_LENGTH = 20_000

Answer = tuple[int, dict[str, Any]]
Operation = dict[str, Any] | str  # what is wrong with it, for one that cannot be read
Resolver = Callable[..., Any]
Resolvers = dict[str, Resolver]


@dataclass(frozen=True)
class Call:
    """What a resolver knows of the call it serves: the GraphQL context.

    `store` is the one that the access token opens, None without a valid one. Resolvers ask for
    it, not the server: introspection and ``{ __typename }`` need no token (live).
    """

    store: StoreCredentials | None
    installed: bool = True
    permitted: bool = True


class Executor:
    """Answers the operations of one API version, in the server's thread.

    `resolvers` say what the root fields do: graphql-core calls those of a root value.
    """

    def __init__(self, api_version: ApiVersion, resolvers: Resolvers) -> None:
        self._api_version = api_version
        self._resolvers = resolvers

    def answer(self, operation: Operation, call: Call) -> Answer:
        """Execute an operation; return the HTTP status and the JSON body."""
        if operation == _PERSISTED:
            # As Apollo Server 4 answers, which ikas is likely to be; not proven.
            return 200, {
                "errors": [_formatted(GraphQLError(_PERSISTED), "PERSISTED_QUERY_NOT_FOUND")]
            }
        if isinstance(operation, str):
            return 400, {"errors": [_formatted(GraphQLError(operation), "BAD_REQUEST")]}
        document, errors = _prepared(self._api_version, operation["query"])
        if document is None or errors:
            code = "GRAPHQL_VALIDATION_FAILED" if document else "GRAPHQL_PARSE_FAILED"
            return 400, {"errors": [_formatted(error, code) for error in errors]}
        result = execute_sync(
            _schema(self._api_version),
            document,
            root_value=self._resolvers,
            context_value=call,
            variable_values=operation.get("variables"),
            operation_name=operation.get("operationName"),
        )
        answer: dict[str, Any] = {}
        if result.errors:
            reached = any(error.path is not None for error in result.errors)
            codes = ["GRAPHQL_VALIDATION_FAILED" if reached else _code(e) for e in result.errors]
            answer["errors"] = list(map(_formatted, result.errors, codes))
            if "OPERATION_RESOLUTION_FAILURE" in codes:
                return 400, answer
        return 200, {**answer, "data": result.data}

    def fields(self, operation: Operation) -> list[str]:
        """Return the root fields an operation asks for, of those that there are."""
        if isinstance(operation, str):
            return []
        document, _ = _prepared(self._api_version, operation["query"])
        return [
            selection.name.value
            for definition in (document.definitions if document else ())
            if isinstance(definition, OperationDefinitionNode)
            for selection in definition.selection_set.selections
            if isinstance(selection, FieldNode) and selection.name.value in self._resolvers
        ]


@cache
@no_collection()
def _schema(api_version: ApiVersion) -> GraphQLSchema:
    """Return the schema of an API version: built once, as that takes longer than a start."""
    # Ours, and a test validates it: here that would take half of the time.
    return build_schema(sdl(api_version) + CATALOGUE_SDL, assume_valid_sdl=True, no_location=True)


@lru_cache(maxsize=256)
def _prepared(
    api_version: ApiVersion, query: str
) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    try:
        document = parse(query, max_tokens=_MAX_TOKENS)
        return document, tuple(validate(_schema(api_version), document))
    except GraphQLError as error:
        return None, (error,)
    except RecursionError:
        return None, (GraphQLError("The document is nested too deeply."),)


def resolvers(
    api_version: ApiVersion, registrations: Registrations, catalogue: Catalogue, *, strict: bool
) -> Resolvers:
    """Return what the root fields of an API version do.

    With `strict`, the endpoints ikas refuses are refused: ``http://``, private addresses.
    """

    def list_webhook(info: GraphQLResolveInfo) -> list[dict[str, Any]]:
        call: Call = info.context
        store = _store_of(call)
        return registrations.of_store(store.name) if call.installed else []

    def save_webhook(store: StoreCredentials, input: dict[str, Any]) -> list[dict[str, Any]]:
        # One bad scope fails the whole call, and nothing is saved (live, inferred).
        if not set(input["scopes"]) <= set(Scope.registrable()):
            raise _refusal("INVALID_SCOPE", "error_messages.public.webhook.invalid_scope")
        # That private addresses are refused is documented, the code is inferred.
        check_endpoint(input["endpoint"], local=not strict)
        return registrations.save(
            store.name, input["endpoint"], input["scopes"], input.get("salesChannelIds")
        )

    def delete_webhook(store: StoreCredentials, scopes: list[str]) -> bool:
        registrations.delete(store.name, scopes)
        return True  # also for a scope that is not registered, where ikas' answer is unknown

    def about(what: Resolver) -> Resolver:
        return lambda info, **arguments: what(_installed_store_of(info.context), **arguments)

    return {
        **{field: about(partial(catalogue.page, kind)) for field, kind in LISTS.items()},
        "me": about(catalogue.me),
        "getMerchant": about(catalogue.merchant),
        "getAuthorizedApp": about(catalogue.authorized_app),
        "listSalesChannel": about(catalogue.sales_channels),
        "listWebhook": list_webhook,
        SAVE_FIELDS[api_version]: about(save_webhook),
        "deleteWebhook": about(delete_webhook),
    }


def _refusal(code: str, message: str, **extensions: object) -> GraphQLError:
    """Make an error as ikas answers it: what to act on is ``extensions.code``."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def _store_of(call: Call) -> StoreCredentials:
    if call.store is None:
        raise _refusal("LOGIN_REQUIRED", "LOGIN_REQUIRED")
    if not call.permitted:
        # Which feature webhooks need is unknown: the name is invented.
        raise _refusal(
            "UNAUTHORIZED", "UNAUTHORIZED", deniedBy="FEATURE", requiredFeatures=["WEBHOOK"]
        )
    return call.store


def _installed_store_of(call: Call) -> StoreCredentials:
    store = _store_of(call)
    if not call.installed:
        raise _refusal("APP_NOT_FOUND", "APP_NOT_FOUND")
    return store


def read_operation(body: bytes) -> Operation:
    """Read a request's body as a GraphQL operation, or say what is wrong with it."""
    try:
        operation = decode_bytes(body)
    except ValueError as error:
        return f"The body is not JSON: {error}."
    if not isinstance(operation, dict):
        return "The body is not a JSON object."
    extensions = operation.get("extensions")
    if "query" not in operation and isinstance(extensions, dict) and "persistedQuery" in extensions:
        return _PERSISTED
    if not isinstance(operation.get("query"), str):
        return "The body has no 'query' text."
    if len(operation["query"]) > _MAX_LENGTH:
        return f"The query is longer than {_MAX_LENGTH:,} characters."
    if not isinstance(operation.get("variables"), dict | None):
        return "'variables' is not an object."
    if not isinstance(operation.get("operationName"), str | None):
        return "'operationName' is not text."
    return operation


#: What a client that sends hashes of queries is told, so that it sends the query.
_PERSISTED = "PersistedQueryNotFound"


def _code(error: GraphQLError) -> str:
    """Return the code for an operation that was not begun, as Apollo Server 4 has them."""
    variable = error.message.startswith("Variable ")
    return "BAD_USER_INPUT" if variable else "OPERATION_RESOLUTION_FAILURE"


def _worded(message: str) -> str:
    """Put names in double quotes, as graphql-js writes them and integrators match them."""
    return re.sub(r"'([\w$.!\[\]]+)'", r'"\1"', message)


def _formatted(error: GraphQLError, code: str = "GRAPHQL_VALIDATION_FAILED") -> dict[str, Any]:
    """Return an error as an answer shows it, always with a code."""
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        formatted: dict[str, Any] = dict(error.formatted)
        if error.extensions is None or "code" not in error.extensions:  # not a resolver's own
            formatted["message"] = _worded(error.message)
        formatted["extensions"] = {"code": code, **(error.extensions or {})}
        return formatted
    if isinstance(error.original_error, InvalidArgumentError):
        return {
            **error.formatted,
            "message": f"Argument Validation Error: {error.original_error}",
            "extensions": {"code": "ARGUMENT_VALIDATION_ERROR"},
        }
    # A resolver that broke: its text may hold anything, so only what is ours is shown.
    _log.error("A resolver of the sandbox failed.", exc_info=error.original_error)
    shown = str(error.original_error) if isinstance(error.original_error, StorageError) else ""
    return {
        "message": shown or "Internal server error.",
        "path": error.path,
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
