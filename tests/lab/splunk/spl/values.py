"""Field values: text, numbers, and lists of them; an absent key is null.

A row is a dict from field name to value. A list has two items or more; one value is a scalar; no value is no key.
Event fields are text. Numbers appear when eval or a statistic makes them; booleans exist only inside an expression.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, TypeAlias

Scalar: TypeAlias = str | int | float
Value: TypeAlias = str | int | float | bool | list[Any]
Row: TypeAlias = dict[str, Value]


class JsonText(str):
    """Text that a JSON function made. It is JSON to the next function of the same expression, and text in a field."""

    __slots__ = ()


class Measured(float):
    """A double with the decimals that Splunk shows of it: the result of arithmetic on numbers written with decimals.

    places: decimals; digits: significant figures, for `sigfig`. The value itself keeps all its digits.
    """

    __slots__ = ("digits", "places")

    places: int
    digits: int

    def __new__(cls, value: float, places: int, digits: int) -> Measured:
        made = super().__new__(cls, value)
        made.places = places
        made.digits = digits
        return made


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z")
# Whole doubles up to here are written as integers; beyond it with an exponent, as C's %g does.
_LARGEST_PLAIN = 1e16


def number_text(number: int | float) -> str:
    """A number as Splunk writes it into a field: integers plain, other numbers with as few digits as
    name the double exactly (at most 17)."""
    if isinstance(number, int):
        return str(number)
    if type(number) is Measured:
        return f"{rounded(number, number.places):f}"
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    if number == math.floor(number) and abs(number) < _LARGEST_PLAIN:
        return str(int(number))
    return repr(number)


def rounded(value: float, places: int) -> Decimal:
    """Half away from zero, on the decimal text of the number: 2.675 to two decimals is 2.68."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def text(value: Value) -> str:
    """A value as text; a list is joined with newlines, as Splunk flattens a multivalue field."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, list):
        return "\n".join([text(item) for item in value])
    return number_text(value)


def number(value: Value | None) -> int | float | None:
    """The number that a value is or looks like ("5", "-2.5", "1e3"), or None. A list or boolean is no number.

    White space round it makes it text, as `tonumber` documents.
    """
    if isinstance(value, str):
        # A first character that cannot begin a number is the common case, and much cheaper than the pattern.
        if not value or value[0] not in "0123456789+-.":
            return None
        if value.isascii() and value.isdigit():
            return int(value) if len(value) < 16 else _large(value)
        return _written(value)
    if isinstance(value, bool) or value is None or isinstance(value, list):
        return None
    return value


@lru_cache(maxsize=1 << 16)
def _written(value: str) -> int | float | None:
    """The number that a text spells with a sign, a point or an exponent. Times are read again and again."""
    if not _NUMBER.match(value):
        return None
    return _large(value) if _is_integer_text(value) else float(value)


def _is_integer_text(value: str) -> bool:
    digits = value[1:] if value[0] in "+-" else value
    return digits.isdigit()


def _large(value: str) -> int | float:
    """Digits as an int while a signed 64-bit integer holds them, otherwise as a double."""
    whole = int(value)
    return whole if -(2**63) <= whole < 2**63 else float(value)


def as_list(value: Value | None) -> list[Any]:
    """The values of a field as a list: null is empty, a scalar has one item. The list of a row is not copied."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def from_list(items: list[Any]) -> Value | None:
    """A list as a field value: None (leave the key out) for no item, the item itself for one."""
    if not items:
        return None
    return items[0] if len(items) == 1 else items


def put(row: Row, field: str, value: Value | None) -> None:
    """Write a value into a row; null removes the field."""
    if value is None:
        row.pop(field, None)
    else:
        row[field] = value
