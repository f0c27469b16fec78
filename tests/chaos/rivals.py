"""Two that take writes of one store back at the same time: what each says that it did."""

from __future__ import annotations

import json
import os
import select
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import ikas_explore as ikas

DONE = ("saved", "deleted", "kept")
#: Seconds that a forked process has.
_PATIENCE = 60.0


def write(store: ikas.Store, endpoint: str, scopes: list[str], times: int) -> list[str]:
    """Save so many times, to endpoints of their own; return those that were acknowledged."""
    done = []
    for number in range(times):
        try:
            store.webhooks.save(f"{endpoint}-{number}", scopes)
        except ikas.IkasError:
            continue  # it may have happened or not
        done.append(f"{endpoint}-{number}")
    return done


def take_back(store: ikas.Store, times: int) -> dict[str, list[str]]:
    """Undo so many times; return the ids of the writes by what came of it."""
    told: dict[str, list[str]] = {"done": [], "unknown": [], "refused": []}
    for _ in range(times):
        try:
            plan = store.webhooks.undo()
        except ikas.IkasError:
            continue
        if plan is None:
            break
        ids = [entry.id for entry in plan.reverts]
        try:
            done = bool(plan.apply()["outcome"].isin(DONE).all())
        except ikas.errors.PlanError:  # the other has claimed it
            told["refused"] += ids
        except ikas.IkasError:
            told["unknown"] += ids
        else:
            told["done" if done else "unknown"] += ids
    return told


def in_a_fork(act: Callable[[], Any]) -> Any:
    """Return what a forked copy of this process answers, or the name of what it raised."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12's, of forks and threads
        child = os.fork()
    if child == 0:
        try:
            answer: Any = {"answer": act()}
        except ikas.IkasError as error:
            answer = {"refused": type(error).__name__}
        except BaseException:
            answer = {"broke": traceback.format_exc()[-2000:]}
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        if not select.select([pipe], [], [], _PATIENCE)[0]:
            os.kill(child, 9)
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"broke": "the forked process does not answer"}
