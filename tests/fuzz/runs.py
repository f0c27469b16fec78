"""How fuzzers are run and counted: a few fixed examples, or many from a seed."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import StopTest, UnsatisfiedAssumption

from tests.fuzz import counts
from tests.fuzz.counts import RUNS, Run


def fuzz(*positional: Any, examples: int = 100, **strategies: Any) -> Callable[[Any], Any]:
    """Make a fuzzer of a test.

    Parameters
    ----------
    examples : int, default 100
        Fewer where one is dear; of a run there are more or less, in this proportion.
    *positional, **strategies
        As hypothesis' ``given`` takes them.
    """

    make_fuzzer: Any = given(*positional, **strategies)

    def decorate(test: Callable[..., None]) -> Any:
        name = f"{test.__module__.rpartition('.')[2]}.{test.__name__}"

        @functools.wraps(test)
        def counted(*args: Any, **kwargs: Any) -> None:
            run = RUNS.setdefault(name, Run())
            try:
                test(*args, **kwargs)
            except (UnsatisfiedAssumption, StopTest):
                run.invalid += 1
                raise
            except (Exception, pytest.fail.Exception) as error:
                run.executed += 1
                run.findings.add((type(error).__name__, _place(error)))
                raise
            run.executed += 1

        fuzzer = settings(
            max_examples=max(1, counts.EXAMPLES * examples // 100),
            derandomize=counts.FIXED,
            database=None,  # a run is told by its seed alone
            deadline=None,
            print_blob=not counts.FIXED,
            suppress_health_check=list(HealthCheck),
        )(make_fuzzer(counted))
        return pytest.mark.heavy(fuzzer)

    return decorate


def attempt(call: Callable[[], Any], *refusals: type[Exception]) -> Any:
    """Return what a call returns, or the refusal it raises; what else it raises is a finding."""
    try:
        return call()
    except refusals as refusal:
        return refusal


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
