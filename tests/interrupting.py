"""Ctrl-C at a chosen line of our own code."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import ikas_explore

_OURS = str(Path(ikas_explore.__file__).parent)


def interrupted(
    call: Callable[[], object], line: int, inside: str = ""
) -> KeyboardInterrupt | None:
    """Call, with a Ctrl-C at the n-th line of ours that this thread runs; None if it ends before.

    `inside` names one of our files, whose lines alone count. Other code is left alone, and lines
    with a ``with``: one is traced again at the end of its block, before what it holds is given
    back, and there Python looks for no signal.
    """
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(f"{_OURS}/{inside}"):
            return None
        if event != "line" or _at_with(frame):
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


def _at_with(frame: FrameType) -> bool:
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip()
    return line.startswith(("with ", "async with "))
