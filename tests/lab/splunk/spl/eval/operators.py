"""What the operators of eval do with two values.

Null on either side gives null. Two values that are numbers, or look like numbers, are compared as numbers, two texts by
code point; a number and a text are not equal, and in no order. A comparison with a multivalue field holds when it holds
for one of its values.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from ..regex import like_pattern
from ..values import Value, number, text
from .precision import digits, places, with_digits, with_places

_INT64 = 2**63


def equal(left: Value, right: Value) -> bool:
    """`=` of two single values."""
    if type(left) is str and type(right) is str and left == right:
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    first = number(left)
    if first is not None:
        second = number(right)
        if second is not None:
            return first == second
    return text(left) == text(right)


def _ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def holds(left: Value, right: Value) -> bool:
        first, second = number(left), number(right)
        if first is not None and second is not None:
            return compare(first, second)
        # A number is neither less nor greater than a text.
        return first is None and second is None and compare(text(left), text(right))

    return holds


SINGLE: dict[str, Callable[[Value, Value], bool]] = {
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordering(operator.lt),
    "<=": _ordering(operator.le),
    ">": _ordering(operator.gt),
    ">=": _ordering(operator.ge),
}
"""The comparisons, each of two single values that are not null."""


def any_of(holds: Callable[[Value, Value], bool], left: Value, right: Value) -> bool:
    """Whether a comparison holds for one pair of the values of two fields of which one has many."""
    lefts = left if isinstance(left, list) else [left]
    rights = right if isinstance(right, list) else [right]
    return any(holds(first, second) for first in lefts for second in rights)


def like(value: Value, pattern: Value) -> bool:
    r"""LIKE: the whole value against a pattern with % and _, case-sensitive; any value of a multivalue field."""
    expression = like_pattern(text(pattern))
    if isinstance(value, list):
        return any(expression.matches(text(item)) for item in value)
    return expression.matches(text(value))


def fit(result: int | float) -> int | float | None:
    """A result as Splunk can hold it: integers of 64 bits, otherwise doubles; no value for not-a-number and
    infinity."""
    if isinstance(result, int):
        return result if -_INT64 <= result < _INT64 else float(result)
    if math.isfinite(result):
        return result
    return None


def _by_places(calculate: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value | None]:
    """Sum, difference, remainder: as many decimals as the operand with the fewest."""

    def result(left: Value, right: Value) -> Value | None:
        first, second = number(left), number(right)
        if first is None or second is None:
            return None
        try:
            made = fit(calculate(first, second))
        except (OverflowError, ZeroDivisionError):
            return None
        if type(made) is float:
            return with_places(made, min(places(left), places(right)))
        return made

    return result


def _by_digits(calculate: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value | None]:
    """Product, quotient: as many significant figures as the operand with the fewest."""

    def result(left: Value, right: Value) -> Value | None:
        first, second = number(left), number(right)
        if first is None or second is None:
            return None
        try:
            made = fit(calculate(first, second))
        except (OverflowError, ZeroDivisionError):
            return None
        if type(made) is float:
            return with_digits(made, min(digits(left), digits(right)))
        return made

    return result


def _divide(first: int | float, second: int | float) -> int | float:
    """A whole quotient of integers stays an integer, so that 6/2 is 3."""
    if isinstance(first, int) and isinstance(second, int) and first % second == 0:
        return first // second
    return first / second


def _modulo(first: int | float, second: int | float) -> int | float:
    """The remainder with the sign of the dividend, as in C."""
    if not second:
        raise ZeroDivisionError
    if isinstance(first, int) and isinstance(second, int):
        rest = abs(first) % abs(second)
        return -rest if first < 0 else rest
    return math.fmod(first, second)


def concatenate(left: Value, right: Value) -> Value | None:
    """`.`: both sides as text. A multivalue field cannot be joined this way: null."""
    if isinstance(left, list) or isinstance(right, list):
        return None
    return text(left) + text(right)


ARITHMETIC: dict[str, Callable[[Value, Value], Value | None]] = {
    "+": _by_places(operator.add),
    "-": _by_places(operator.sub),
    "*": _by_digits(operator.mul),
    "/": _by_digits(_divide),
    "%": _by_places(_modulo),
    ".": concatenate,
}
"""The operators that make a value of two values that are not null."""


def negate(value: Value) -> Value | None:
    """Unary minus."""
    amount = number(value)
    if amount is None:
        return None
    return with_places(-amount, places(value)) if isinstance(amount, float) else -amount
