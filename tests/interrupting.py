"""Ctrl-C at a chosen line of our own code."""

from __future__ import annotations

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

    `inside` names one of our files, whose lines alone count. Other code is left alone: at the end
    of a ``with`` block a traced line is where no signal is seen, and a lock would stay taken.
    """
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(f"{_OURS}/{inside}"):
            return None
        left -= event == "line"
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
