"""Mathematical functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...values import Measured, Value, number, rounded
from ..function import Call, Function, of_values
from ..node import Node, Type
from ..operators import fit
from ..precision import digits, places, with_places

if TYPE_CHECKING:
    from ...search import Search


def of_numbers(name: str, least: int, most: int, calculate: Callable[..., int | float]) -> Function:
    """A function of numbers: null when an argument is no number, or when the result does not exist."""

    def over(*values: Value) -> Value | None:
        numbers = [number(value) for value in values]
        if None in numbers:
            return None
        try:
            return fit(calculate(*numbers))
        except (ValueError, OverflowError, ZeroDivisionError):
            return None

    return of_values(name, least, most, over, Type.NUMBER)


def _round(value: Value, precision: Value = 0) -> Value | None:
    """To a whole number, or to p decimals, which are then shown (zeros too), but no more than the number has."""
    amount, shown = number(value), number(precision)
    if amount is None or shown is None or shown < 0:
        return None
    kept = min(int(shown), places(value))
    if kept == 0 or int(shown) == 0:
        return fit(int(rounded(amount, 0)))
    return with_places(float(rounded(amount, kept)), kept)


def _sigfig(value: Value) -> Value | None:
    """The significant figures that the calculation gives: sigfig(1.00*1111) is 1110."""
    amount = number(value)
    figures = digits(value)
    if not isinstance(value, Measured) or amount is None or not amount:
        return amount
    whole = math.floor(math.log10(abs(amount))) + 1
    shown = figures - whole
    kept = float(rounded(amount, shown))
    return with_places(kept, shown) if shown > 0 else fit(int(kept))


def _log(value: int | float, base: int | float = 10) -> float:
    return math.log10(value) if base == 10 else math.log(value) / math.log(base)


def _power(base: Value, exponent: Value) -> Value | None:
    """A power; that of a base written with decimals is shown with as many: pow(2.5, 2) is 6.3."""
    first, second = number(base), number(exponent)
    if first is None or second is None:
        return None
    try:
        made = first**second if abs(second) < 1024 else math.pow(first, second)
    except (OverflowError, ZeroDivisionError):
        return None
    if isinstance(made, complex):
        return None
    result = fit(made)
    if type(result) is float and not isinstance(first, int):
        return with_places(result, places(base))
    return result


def _numbers(call: Call) -> Callable[[Any, Search], list[int | float]]:
    """The numbers among all values of all arguments."""
    parts = [node.evaluate for node in call.args]

    def collect(row: Any, search: Search) -> list[int | float]:
        found: list[int | float] = []
        for part in parts:
            value = part(row, search)
            for item in value if isinstance(value, list) else (value,):
                amount = number(item)
                if amount is not None:
                    found.append(amount)
        return found

    return collect


def over_numbers(name: str, calculate: Callable[[list[int | float]], Value | None]) -> Function:
    """A function of the numbers among its arguments' values; what is no number does not count; null without any."""

    def build(call: Call) -> Node:
        for node in call.args:
            if node.literal and isinstance(node.value, str):
                raise call.error(f"The arguments to the '{name}' function are invalid: '{node.value}' is a text.", node)
        collect = _numbers(call)

        def evaluate(row: Any, search: Search) -> Value | None:
            found = collect(row, search)
            return calculate(found) if found else None

        return call.node(evaluate, Type.NUMBER)

    return Function(name, 1, None, build)


def _exact(value: Value) -> Value | None:
    """The number with all the digits it has."""
    amount = number(value)
    return float(amount) if isinstance(amount, float) else amount


def _pi(call: Call) -> Node:
    """Pi to 11 digits of precision, as documented."""
    return call.node(lambda row, search: 3.14159265358, Type.NUMBER)


FUNCTIONS = (
    of_numbers("abs", 1, 1, abs),
    of_numbers("ceiling", 1, 1, math.ceil),
    of_numbers("ceil", 1, 1, math.ceil),
    of_numbers("floor", 1, 1, math.floor),
    of_numbers("exp", 1, 1, math.exp),
    of_numbers("ln", 1, 1, math.log),
    of_numbers("log", 1, 2, _log),
    of_values("pow", 2, 2, _power, Type.NUMBER),
    of_numbers("sqrt", 1, 1, math.sqrt),
    of_values("round", 1, 2, _round, Type.NUMBER),
    of_values("sigfig", 1, 1, _sigfig, Type.NUMBER),
    of_values("exact", 1, 1, _exact, Type.NUMBER),
    Function("pi", 0, 0, _pi),
    over_numbers("sum", lambda found: fit(sum(found))),
)
