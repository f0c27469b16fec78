"""Every error this package raises on purpose.

::

    IkasError
    ├── InvalidArgumentError         a mistake seen here, before anything is sent; a ValueError
    │   ├── InvalidScopeError            a scope that cannot be registered
    │   │   └── ScopeRefusedError            also a GraphQLError: INVALID_SCOPE
    │   ├── UnknownFieldError            a field that the schema does not have
    │   │   └── FieldRefusedError            also a GraphQLError: GRAPHQL_VALIDATION_FAILED
    │   └── ArgumentRefusedError         also a GraphQLError: ARGUMENT_VALIDATION_ERROR
    ├── GraphQLError                 ikas refused, with a code
    │   ├── LoginRequiredError           LOGIN_REQUIRED
    │   ├── PermissionDeniedError        UNAUTHORIZED
    │   ├── AppNotFoundError             APP_NOT_FOUND
    │   └── ScopeRefusedError, ArgumentRefusedError, FieldRefusedError (see above)
    ├── CredentialsError             nothing to log in with, or ikas refused it
    ├── TransportError               no answer: connection, TLS, time-out
    ├── ResponseError                an answer that is not what GraphQL promises
    │   └── RateLimitedError             HTTP 429
    ├── BudgetError                  a call that could make ikas block the app; nothing was sent
    ├── WaitTimeoutError             a wait on this machine ran out; a TimeoutError
    ├── ScopeTakenError              another endpoint holds the scope
    ├── SignatureError               a delivery that must not be trusted
    ├── PlanError                    a plan that no longer fits the store
    ├── StorageError                 a file of ours that cannot be opened or written
    └── ServingError                 a server on this machine that did not start, or has ended

`InvalidScopeError` catches both a scope refused here and one that ikas refused; to tell them
apart, catch `GraphQLError` first. `InvalidArgumentError` and `UnknownFieldError` work the same way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_PACKAGE = os.path.join(os.path.dirname(__file__), "")
_STDLIB = os.path.dirname(os.__file__)


class IkasError(Exception):
    """The root: catch it to catch everything this package raises on purpose.

    Attributes
    ----------
    maybe_done : bool
        Whether ikas may have carried out the call, or may yet: an attempt had no answer, even
        where this error is a refusal of a later one.
    """

    maybe_done = False

    def __reduce__(self) -> tuple[Callable[..., IkasError], tuple[Any, ...], dict[str, Any]]:
        # Not by calling the class again: some take arguments that are not in `args`.
        return _unpickled, (type(self), self.args), self.__dict__


def _unpickled(kind: type[IkasError], args: tuple[Any, ...]) -> IkasError:
    return kind.__new__(kind, *args)


def show_tracebacks(shown: bool = True) -> None:
    """Choose whether IPython and Jupyter show the whole traceback of an `IkasError`.

    By default they show your line, the message, and a line for each cause.

    Parameters
    ----------
    shown : bool, default True
        False goes back to the short form.

    Raises
    ------
    InvalidArgumentError
        `shown` is not a bool.

    Examples
    --------
    >>> show_tracebacks(True)
    >>> show_tracebacks(False)
    """
    if not isinstance(shown, bool):
        raise InvalidArgumentError(f"shown is True or False, not {shown!r}.")
    # IPython looks for the attribute: with none it does what it does for every error.
    if not shown:
        IkasError._render_traceback_ = _short  # type: ignore[attr-defined]
    elif hasattr(IkasError, "_render_traceback_"):
        del IkasError._render_traceback_


def _short(error: IkasError) -> list[str]:
    """Return the lines that IPython prints: the caller's line, the message, the causes."""
    import traceback  # only needed on the way to an error

    lines = []
    frames = traceback.extract_tb(error.__traceback__)
    ours = (at for at, frame in enumerate(frames) if frame.filename.startswith(_PACKAGE))
    before = frames[: next(ours, len(frames))]
    # Python's enum calls Scope for whoever wrote Scope("...").
    callers = [frame for frame in before if not frame.filename.startswith(_STDLIB)]
    caller = callers[-1] if callers else None
    if caller is not None and caller.line:
        # A cell has a file name too, of a file that is not there.
        file = f"{caller.filename}, " if os.path.exists(caller.filename) else ""
        lines.append(f"{file}line {caller.lineno}: {caller.line}")
    lines.append(f"{type(error).__name__}: {error}")
    lines += getattr(error, "__notes__", ())
    each: BaseException = error
    while cause := each.__cause__ or (None if each.__suppress_context__ else each.__context__):
        lines.append(f"Because of {type(cause).__name__}: {cause}")
        each = cause
    return [*lines, "The whole traceback: ikas.errors.show_tracebacks(True)"]


IkasError._render_traceback_ = _short  # type: ignore[attr-defined] # IPython's name


class InvalidArgumentError(IkasError, ValueError):
    """A value cannot be right: an endpoint, a list, a setting. Nothing was sent.

    Attributes
    ----------
    code : str
        The code with which ikas refuses the same mistake.
    """

    code: str | None = "ARGUMENT_VALIDATION_ERROR"


class InvalidScopeError(InvalidArgumentError):
    """A scope does not exist or cannot be registered through the API."""

    code: str | None = "INVALID_SCOPE"


class UnknownFieldError(InvalidArgumentError):
    """A field, argument or type does not exist in the schema."""

    code: str | None = "GRAPHQL_VALIDATION_FAILED"


class CredentialsError(IkasError):
    """Nothing to log in with was found, or ikas refused it."""


class TransportError(IkasError):
    """No answer came: the connection, TLS, or a time-out failed.

    Attributes
    ----------
    sent : bool
        Whether ikas may have got the request; False when the connection was never made.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class ResponseError(IkasError):
    """ikas' answer is not a GraphQL answer of the shape asked for.

    Attributes
    ----------
    status_code : int or None
        The HTTP status of the answer, where there was one.
    """

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code


class RateLimitedError(ResponseError):
    """ikas answered HTTP 429: too many calls.

    Attributes
    ----------
    retry_after : float or None
        Seconds to wait as the answer gave them; None when it gave no hint.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message, status_code=429)
        self.retry_after = retry_after


class BudgetError(IkasError):
    """A further call could make ikas block the app: ``on_budget="stop"`` did not send it."""


class GraphQLError(IkasError):
    """ikas refused the operation and said why.

    Attributes
    ----------
    code : str or None
        ``extensions.code`` of the first error: what to act on.
    errors : tuple of dict
        The ``errors`` array as it came.
    data : Any
        Partial ``data`` that came beside the errors, else None.
    """

    default_code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        data: Any = None,
    ) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.errors = tuple(errors)
        self.data = data


class LoginRequiredError(GraphQLError):
    """The access token is missing, wrong or expired."""

    default_code = "LOGIN_REQUIRED"


class PermissionDeniedError(GraphQLError):
    """The app lacks a permission for this operation."""

    default_code = "UNAUTHORIZED"


class AppNotFoundError(GraphQLError):
    """The app is no longer installed in this store."""

    default_code = "APP_NOT_FOUND"


class ScopeRefusedError(InvalidScopeError, GraphQLError):
    """ikas refused a scope."""

    default_code = "INVALID_SCOPE"


class ArgumentRefusedError(InvalidArgumentError, GraphQLError):
    """ikas refused a value, most often the endpoint."""

    default_code = "ARGUMENT_VALIDATION_ERROR"


class FieldRefusedError(UnknownFieldError, GraphQLError):
    """ikas' schema does not have the field, argument or type that was asked for."""

    default_code = "GRAPHQL_VALIDATION_FAILED"


class WaitTimeoutError(IkasError, TimeoutError):
    """What was waited for on this machine did not happen in the time given."""


class ScopeTakenError(IkasError):
    """A scope is registered with another endpoint and ``replace=False`` was given."""


class SignatureError(IkasError):
    """A delivery cannot be trusted, or nothing was there to check it with.

    Attributes
    ----------
    reason : str
        One of ``empty_secret``, ``not_json``, ``not_an_object``, ``missing_key``,
        ``not_a_string``, ``bad_hex``, ``mismatch``, ``data_not_json``.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class PlanError(IkasError):
    """A plan cannot be applied, or a desired state cannot be read."""


class StorageError(IkasError):
    """A file of ours cannot be opened, locked or written."""


class ServingError(IkasError):
    """A server on this machine did not start, or has ended."""
