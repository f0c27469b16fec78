"""Ctrl-C at a chosen line of our own code."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import ikas_explore

_OURS = str(Path(ikas_explore.__file__).parent)


def interrupted(
    call: Callable[[], object], line: int, inside: str = "", of: CodeType | None = None
) -> KeyboardInterrupt | None:
    """Call, with a Ctrl-C at the n-th line of ours that this thread runs; None if it ends before.

    `inside` names one of our files, whose lines alone count; with `of`, those of one function of
    anybody's do. Other code is left alone, and lines with a ``with`` or ``try``, where Python looks
    for no signal: a ``with`` is traced again at the end of its block, before what it holds is given
    back.
    """
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        ours = frame.f_code.co_filename.startswith(f"{_OURS}/{inside}")
        if not (ours if of is None else frame.f_code is of):
            return None
        if event != "line" or _passed_over(frame):
            return trace
        left -= 1
        if left == 0:
            left = -1
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt as interrupt:
        return interrupt
    finally:
        sys.settrace(before)
    return None


def _passed_over(frame: FrameType) -> bool:
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip()
    return line.startswith(("with ", "async with ", "try:"))
