"""The closures that operators become."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..values import Value, number, text
from .node import Evaluate
from .operators import SINGLE, any_of

if TYPE_CHECKING:
    from ..search import Search


def strict_one(inner: Evaluate, calculate: Callable[[Value], Value | None]) -> Evaluate:
    """A function of one part, null when it is null."""

    def evaluate(row: Any, search: Search) -> Value | None:
        value = inner(row, search)
        return None if value is None else calculate(value)

    return evaluate


def strict_two(first: Evaluate, second: Evaluate, calculate: Callable[[Value, Value], Value | None]) -> Evaluate:
    """A function of two parts, null when one is null."""

    def evaluate(row: Any, search: Search) -> Value | None:
        left = first(row, search)
        if left is None:
            return None
        right = second(row, search)
        return None if right is None else calculate(left, right)

    return evaluate


def comparison(first: Evaluate, second: Evaluate, holds: Callable[[Value, Value], bool]) -> Evaluate:
    """A comparison, null when one part is null; for multivalue parts whether it holds for one pair of their values."""

    def evaluate(row: Any, search: Search) -> Value | None:
        left = first(row, search)
        if left is None:
            return None
        right = second(row, search)
        if right is None:
            return None
        if isinstance(left, list) or isinstance(right, list):
            return any_of(holds, left, right)
        return holds(left, right)

    return evaluate


def equals_literal(inner: Evaluate, wanted: Value) -> Evaluate:
    """`x="text"` and `x=5`, the comparisons that searches are made of, without looking at the literal for every row."""
    wanted_number = number(wanted)
    wanted_text = text(wanted)
    equal = SINGLE["="]

    def evaluate(row: Any, search: Search) -> Value | None:
        value = inner(row, search)
        if value is None:
            return None
        if type(value) is str:
            if value == wanted_text:
                return True
            return wanted_number is not None and number(value) == wanted_number
        return any_of(equal, value, wanted)

    return evaluate


def _and(tests: list[Evaluate]) -> Evaluate:
    def evaluate(row: Any, search: Search) -> Value | None:
        result: Value | None = True
        for test in tests:
            value = test(row, search)
            if value is False:
                return False
            if value is not True:
                result = None
        return result

    return evaluate


def _or(tests: list[Evaluate]) -> Evaluate:
    def evaluate(row: Any, search: Search) -> Value | None:
        result: Value | None = False
        for test in tests:
            value = test(row, search)
            if value is True:
                return True
            if value is not False:
                result = None
        return result

    return evaluate


def _xor(tests: list[Evaluate]) -> Evaluate:
    def evaluate(row: Any, search: Search) -> Value | None:
        result = False
        for test in tests:
            value = test(row, search)
            if not isinstance(value, bool):
                return None
            result = result is not value
        return result

    return evaluate


LOGICAL: dict[str, Callable[[list[Evaluate]], Evaluate]] = {"AND": _and, "OR": _or, "XOR": _xor}
"""AND, OR and XOR of any number of conditions, with three values: TRUE, FALSE and null."""
