"""bit_and, bit_or, bit_xor, bit_not, bit_shift_left, bit_shift_right, over integers of 53 bits."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce

from ...values import Value, number
from ..function import of_values
from ..node import Type

_BITS = 2**53 - 1


def _whole(value: Value) -> int | None:
    """The nonnegative 53-bit integer that a value is, or None."""
    amount = number(value)
    if amount is None or amount != int(amount) or not 0 <= amount <= _BITS:
        return None
    return int(amount)


def _fold(combine: Callable[[int, int], int]) -> Callable[..., Value | None]:
    def calculate(*values: Value) -> Value | None:
        numbers = [_whole(value) for value in values]
        known = [item for item in numbers if item is not None]
        return reduce(combine, known) if len(known) == len(numbers) else None

    return calculate


def _not(value: Value, mask: Value = _BITS) -> Value | None:
    amount, bits = _whole(value), _whole(mask)
    return None if amount is None or bits is None else ~amount & bits


def _shift(move: Callable[[int, int], int]) -> Callable[[Value, Value], Value | None]:
    def calculate(value: Value, offset: Value) -> Value | None:
        amount, places = _whole(value), _whole(offset)
        if amount is None or places is None:
            return None
        return 0 if places >= 53 else move(amount, places) & _BITS

    return calculate


FUNCTIONS = (
    of_values("bit_and", 2, None, _fold(operator.and_), Type.NUMBER),
    of_values("bit_or", 2, None, _fold(operator.or_), Type.NUMBER),
    of_values("bit_xor", 2, None, _fold(operator.xor), Type.NUMBER),
    of_values("bit_not", 1, 2, _not, Type.NUMBER),
    of_values("bit_shift_left", 2, 2, _shift(operator.lshift), Type.NUMBER),
    of_values("bit_shift_right", 2, 2, _shift(operator.rshift), Type.NUMBER),
)
