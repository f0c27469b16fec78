"""The error tree: what catches what, and that every error survives a process pool."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

import ikas_explore as ikas
from ikas_explore import errors

KINDS = sorted(
    (
        kind
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, errors.IkasError)
    ),
    key=lambda kind: kind.__name__,
)
#: What each argument of a constructor may be given.
GIVEN: dict[str, Any] = {
    "sent": False,
    "status_code": 503,
    "retry_after": 2.5,
    "code": "TEAPOT",
    "errors": [{"message": "no", "extensions": {"code": "TEAPOT"}}],
    "data": {"saveWebhook": [{"id": "1"}]},
    "reason": "mismatch",
}


def arguments(kind: type[errors.IkasError]) -> dict[str, Any]:
    names = [name for name in inspect.signature(kind.__init__).parameters if name in GIVEN]
    return {name: GIVEN[name] for name in names}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_pickles_with_its_attributes(
    kind: type[errors.IkasError], protocol: int
) -> None:
    error = kind("It failed.", **arguments(kind))
    error.maybe_done = True
    error.add_note("seen at noon")
    for made in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error)):
        assert type(made) is kind
        assert str(made) == "It failed."
        assert made.args == error.args
        assert vars(made) == vars(error)
        assert made.__notes__ == ["seen at noon"]


def test_the_error_of_a_bad_signature_crosses_processes() -> None:
    with pytest.raises(errors.SignatureError) as caught:
        ikas.verify(b"{", "secret")
    made = pickle.loads(pickle.dumps(caught.value))
    assert (str(made), made.reason) == (str(caught.value), "not_json")


def test_what_is_refused_here_is_a_value_error_and_no_answer_of_ikas() -> None:
    for kind in (errors.InvalidArgumentError, errors.InvalidScopeError, errors.UnknownFieldError):
        assert issubclass(kind, ValueError)
        assert not issubclass(kind, errors.GraphQLError)
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        with pytest.raises(errors.InvalidScopeError) as scope:
            store.webhooks.save("https://example.com/", "store/ordr/created")
        with pytest.raises(errors.UnknownFieldError) as field:
            store.query("list_webhok")
        with pytest.raises(errors.InvalidArgumentError) as argument:
            store.webhooks.save("nowhere", "store/order/created")
    for caught, code in (
        (scope, "INVALID_SCOPE"),
        (field, "GRAPHQL_VALIDATION_FAILED"),
        (argument, "ARGUMENT_VALIDATION_ERROR"),
    ):
        assert not isinstance(caught.value, errors.GraphQLError)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("refused", "local"),
    [
        (errors.ScopeRefusedError, errors.InvalidScopeError),
        (errors.ArgumentRefusedError, errors.InvalidArgumentError),
        (errors.FieldRefusedError, errors.UnknownFieldError),
    ],
)
def test_one_except_catches_what_was_refused_here_and_by_ikas(
    refused: type[errors.GraphQLError], local: type[errors.InvalidArgumentError]
) -> None:
    error = refused("no")
    assert isinstance(error, local)
    assert isinstance(error, errors.GraphQLError)
    assert error.code == local.code


def test_a_wait_that_runs_out_is_a_timeout() -> None:
    with ikas.Receiver() as receiver, pytest.raises(TimeoutError) as caught:
        receiver.wait(1, timeout=0.01)
    assert type(caught.value) is errors.WaitTimeoutError


def drawn() -> Iterator[tuple[str, str]]:
    """Each class of the drawing and the class it hangs on."""
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│├└─ ]*)(\w+Error)(?=\s|$)", line)
        if found and "(see above)" not in line:
            depth = len(found[1]) // 4
            del above[depth:]
            if above:
                yield found[2], above[-1]
            above.append(found[2])


def test_the_drawing_is_the_tree() -> None:
    assert dict(drawn()) == {
        kind.__name__: kind.__bases__[0].__name__ for kind in KINDS if kind is not errors.IkasError
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda store, _: ikas.Fleet([store, 7]),  # type: ignore[list-item]
        lambda store, sandbox: ikas.Fleet([store, ikas.connect(sandbox)]),
        lambda *_: ikas.Fleet.from_file("nowhere.toml"),
        lambda store, _: ikas.Fleet([store]).query("listNothing"),
        lambda store, _: ikas.Fleet([store]).manager(language="xx"),
        lambda store, _: store.query("listWebhook").select("nothing"),
        lambda store, _: store.webhooks.manager(language="xx"),
        lambda store, _: store.webhooks.save_form(language="xx"),
        lambda store, _: store.webhooks.delete_form(language="xx"),
        lambda store, _: store.webhooks.listen("store/order/*", url="http://127.0.0.1:9/", port=-1),
        lambda _, sandbox: sandbox.live(language="xx"),
        lambda *_: ikas.Sandbox(seed=[]),  # type: ignore[arg-type]
        lambda *_: ikas.Receiver(status="no"),  # type: ignore[arg-type]
    ],
)
def test_a_traceback_with_local_variables_can_be_made(make: Any) -> None:
    """What could not be made is one of them, and is shown by its repr."""
    with (
        ikas.Sandbox() as sandbox,
        ikas.connect(sandbox) as store,
        pytest.raises(errors.IkasError) as told,
    ):
        make(store, sandbox)
    made = traceback.TracebackException.from_exception(told.value, capture_locals=True)
    assert str(told.value) in "".join(made.format())
