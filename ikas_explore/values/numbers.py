"""Numbers that callers give: accepted in their range, or refused in one form of words."""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from numbers import Integral, Real
from typing import Literal, overload

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.printable import shown

#: As `most`: any number but infinity.
FINITE = sys.float_info.max


@overload
def check_number(
    name: str, value: object, *, least: float, most: float = ..., whole: Literal[True]
) -> int: ...


@overload
def check_number(
    name: str, value: object, *, least: float, most: float = ..., above: bool = ...
) -> float: ...


def check_number(
    name: str,
    value: object,
    *,
    least: float,
    most: float = math.inf,
    above: bool = False,
    whole: bool = False,
) -> float:
    """Return a number that is in its range, as Python's own int or float.

    Accepts NumPy numbers; rejects bool and str. `least` itself is refused with `above`, infinity
    with `FINITE` as the most, and fractions with `whole`.
    """
    if isinstance(value, Integral if whole else Real) and not isinstance(value, bool):
        # Before it is compared: numpy's would warn of what they cannot hold.
        with suppress(OverflowError):  # beyond all floats
            number = int(value) if isinstance(value, Integral) else float(value)
            if least <= number <= most and not (above and number == least):
                return number
    kind = "whole number" if whole else "finite number" if most == FINITE else "number"
    if above:
        bounds = f"above {_told(least)}" + (f", up to {_told(most)}" if most < FINITE else "")
    else:
        low, high = _told(least), _told(most)
        bounds = f"from {low} to {high}" if most < FINITE else f"of {low} or more"
    raise InvalidArgumentError(f"{name} is {shown(value)}; give a {kind} {bounds}.")


def _told(limit: float) -> str:
    return str(limit) if isinstance(limit, int) else f"{limit:.10g}"
