"""min, max, range: functions of the smallest and the greatest value.

Numbers are compared as numbers. Where a field holds numbers and other text, the numbers alone decide (max of 1, "a", 3
is 3, as is reported of Splunk 10.4); text is compared, by code point, only where there is no number.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import gt, lt
from typing import Any

from ..values import Scalar, Value, number, text
from .aggregate import Aggregate
from .arithmetic import plain
from .window import Best


class Minimum(Aggregate):
    """``min``. The answer is the value as the row had it, so "007" stays "007"."""

    def __init__(self) -> None:
        self.least: int | float | None = None
        self.least_value: Scalar | None = None
        self.least_text: str | None = None

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is not None:
            if self.least is None or amount < self.least:
                self.least, self.least_value = amount, value
        elif self.least_text is None or text(value) < self.least_text:
            self.least_text = text(value)

    def result(self) -> Value | None:
        return self.least_text if self.least is None else self.least_value

    def windowed(self) -> Aggregate:
        return SlidingExtreme(lt)


class Maximum(Aggregate):
    """``max``. The answer is the value as the row had it."""

    def __init__(self) -> None:
        self.greatest: int | float | None = None
        self.greatest_value: Scalar | None = None
        self.greatest_text: str | None = None

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is not None:
            if self.greatest is None or amount > self.greatest:
                self.greatest, self.greatest_value = amount, value
        elif self.greatest_text is None or text(value) > self.greatest_text:
            self.greatest_text = text(value)

    def result(self) -> Value | None:
        return self.greatest_text if self.greatest is None else self.greatest_value

    def windowed(self) -> Aggregate:
        return SlidingExtreme(gt)


class Range(Aggregate):
    """``range``: greatest minus smallest number; values that are no numbers are left out."""

    def __init__(self) -> None:
        self.least: int | float | None = None
        self.greatest: int | float | None = None

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is None:
            return
        if self.least is None or amount < self.least:
            self.least = amount
        if self.greatest is None or amount > self.greatest:
            self.greatest = amount

    def result(self) -> Value | None:
        if self.least is None or self.greatest is None:
            return None
        return plain(self.greatest - self.least)

    def windowed(self) -> Aggregate:
        return SlidingRange()


class SlidingExtreme(Aggregate):
    """``min`` (better: lt) or ``max`` (better: gt) in a window."""

    def __init__(self, better: Callable[[Any, Any], bool]) -> None:
        self.numbers = Best(better)
        self.texts = Best(better)

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is None:
            self.texts.add(text(value), value)
        else:
            self.numbers.add(amount, value)

    def remove(self, value: Scalar, time: float) -> bool:
        (self.texts if number(value) is None else self.numbers).remove_oldest()
        return True

    def result(self) -> Value | None:
        if self.numbers:
            return self.numbers.value
        return text(self.texts.value) if self.texts else None


class SlidingRange(Aggregate):
    """``range`` in a window."""

    def __init__(self) -> None:
        self.least = Best(lt)
        self.greatest = Best(gt)

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is not None:
            self.least.add(amount, value)
            self.greatest.add(amount, value)

    def remove(self, value: Scalar, time: float) -> bool:
        if number(value) is not None:
            self.least.remove_oldest()
            self.greatest.remove_oldest()
        return True

    def result(self) -> Value | None:
        return plain(self.greatest.key - self.least.key) if self.least else None
