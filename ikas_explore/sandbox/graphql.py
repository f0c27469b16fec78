"""GraphQL over HTTP as ikas answers it: one executor per API version.

ariadne binds the schema; documents are parsed and validated once and kept, since a client
sends the same few again and again. Refusals of a resolver come with HTTP 200, what does
not fit the schema with HTTP 400 and ``GRAPHQL_VALIDATION_FAILED`` (live).
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)

from ikas_explore.errors import StorageError
from ikas_explore.sandbox.resolvers import Call
from ikas_explore.values.strict_json import decode_bytes

_log = logging.getLogger(__name__)

# More than any real query has; what is longer would only keep the server busy.
# Each field is compared with all others of its name: time grows with the square of it.
_MAX_TOKENS = 2_000
# Nor is one longer: for the place of each error, all line ends of the text are counted.
_MAX_LENGTH = 20_000

Answer = tuple[int, dict[str, Any]]


class Executor:
    """Answers the operations of one API version.

    Parameters
    ----------
    schema : GraphQLSchema
        With resolvers bound.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        roots = (schema.query_type, schema.mutation_type)
        self._roots = {name for root in roots if root is not None for name in root.fields}
        self._prepared = lru_cache(maxsize=256)(self._prepare)

    def answer(self, body: bytes, call: Call) -> Answer:
        """Execute what a request's body asks for; return the HTTP status and the JSON body."""
        operation = read_operation(body)
        if isinstance(operation, str):
            return 400, {"errors": [_formatted(GraphQLError(operation), "BAD_REQUEST")]}
        document, errors = self._prepared(operation["query"])
        if document is None or errors:
            code = "GRAPHQL_VALIDATION_FAILED" if document else "GRAPHQL_PARSE_FAILED"
            return 400, {"errors": [_formatted(error, code) for error in errors]}
        result = execute_sync(
            self._schema,
            document,
            context_value=call,
            variable_values=operation.get("variables"),
            operation_name=operation.get("operationName"),
        )
        answer: dict[str, Any] = {}
        if result.errors:
            answer["errors"] = [_formatted(error) for error in result.errors]
            if all(error.path is None for error in result.errors):
                return 400, answer  # no field was reached: a variable of the wrong type
        return 200, {**answer, "data": result.data}

    def fields(self, body: bytes) -> list[str]:
        """Return the root fields a request's body asks for, of those that there are."""
        operation = read_operation(body)
        document = None if isinstance(operation, str) else self._prepared(operation["query"])[0]
        return [
            selection.name.value
            for definition in (document.definitions if document else ())
            if isinstance(definition, OperationDefinitionNode)
            for selection in definition.selection_set.selections
            if isinstance(selection, FieldNode) and selection.name.value in self._roots
        ]

    def _prepare(self, query: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
        try:
            document = parse(query, max_tokens=_MAX_TOKENS)
            return document, tuple(validate(self._schema, document))
        except GraphQLError as error:
            return None, (error,)
        except RecursionError:
            return None, (GraphQLError("The document is nested too deeply."),)


def read_operation(body: bytes) -> dict[str, Any] | str:
    """Read a request's body as a GraphQL operation, or tell what is wrong with it."""
    try:
        operation = decode_bytes(body)
    except ValueError as error:
        return f"The body is not JSON: {error}."
    if not isinstance(operation, dict):
        return "The body is not a JSON object."
    if not isinstance(operation.get("query"), str):
        return "The body has no 'query' text."
    if len(operation["query"]) > _MAX_LENGTH:
        return f"The query is longer than {_MAX_LENGTH:,} characters."
    if not isinstance(operation.get("variables"), dict | None):
        return "'variables' is not an object."
    if not isinstance(operation.get("operationName"), str | None):
        return "'operationName' is not text."
    return operation


def _formatted(error: GraphQLError, code: str = "GRAPHQL_VALIDATION_FAILED") -> dict[str, Any]:
    """Return an error as it stands in an answer, with a code in all cases."""
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        formatted: dict[str, Any] = dict(error.formatted)
        formatted["extensions"] = {"code": code, **(error.extensions or {})}
        return formatted
    # A resolver that broke: its text may hold anything, so only what is ours is told.
    _log.error("A resolver of the sandbox failed.", exc_info=error.original_error)
    told = str(error.original_error) if isinstance(error.original_error, StorageError) else ""
    return {
        "message": told or "Internal server error.",
        "path": error.path,
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
