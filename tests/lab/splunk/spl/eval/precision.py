"""How many digits of a result Splunk shows: significance arithmetic.

A number written with decimals (0.5, or a field "2.10") is taken as measured to that many figures. A product or quotient
has as many significant figures as the operand with the fewest, but never loses digits before the point; a sum or
difference has as many decimals as the operand with the fewest. Integers, and doubles that no decimals were written
of, are exact. So 2.1*1024 shows as 2150, 0.014*0.23 as 0.0032, 0.1+0.2 as 0.3, 10/3 as 3.3333333333333335. `exact()`
takes the limit away, `round(n, p)` shows p decimals at most.
"""

from __future__ import annotations

import math

from ..values import Measured, Value, number

_EXACT = 400
"""Stands for "all the digits there are": no double has as many."""


def places(value: Value) -> int:
    """Decimals that a number was written with; _EXACT for an exact one."""
    if type(value) is Measured:
        return value.places
    if isinstance(value, str) and "." in value and "e" not in value and "E" not in value:
        return len(value) - value.index(".") - 1
    return _EXACT


def digits(value: Value) -> int:
    """Significant figures that a number was written with; _EXACT for an exact one."""
    if type(value) is Measured:
        return value.digits
    if isinstance(value, str) and "." in value and "e" not in value and "E" not in value:
        return max(len(value.lstrip("+-").replace(".", "").lstrip("0")), 1)
    return _EXACT


def measure(text: str) -> int | float | None:
    """The number in a text, with its decimals; None when it is none."""
    found = number(text)
    if isinstance(found, float) and places(text) < _EXACT:
        return Measured(found, places(text), digits(text))
    return found


def with_places(value: float, shown: int) -> float:
    """A double that shows so many decimals."""
    if shown >= _EXACT:
        return value
    return Measured(value, shown, max(_whole_digits(value) + shown, 1))


def with_digits(value: float, figures: int) -> float:
    """A double that shows so many significant figures, and all digits before the point."""
    if figures >= _EXACT:
        return value
    return Measured(value, max(figures - _whole_digits(value), 0), figures)


def _whole_digits(value: float) -> int:
    """Digits before the point; 0 for 0.5, -1 for 0.05, so that significant figures minus it are decimals."""
    return math.floor(math.log10(abs(value))) + 1 if value else 1
