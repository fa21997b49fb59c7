"""sum, sumsq, avg, stdev, stdevp, var, varp: arithmetic over the values that are numbers; others are left out."""

from __future__ import annotations

import math

from ..values import Scalar, Value, number
from .aggregate import Aggregate


def plain(value: float) -> int | float:
    """A whole number as an int, as Splunk prints it (30, not 30.0)."""
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


class Sum(Aggregate):
    """``sum``: doubles are added in the order of the rows, as Splunk adds them; None without a number."""

    def __init__(self) -> None:
        self.total: int | float = 0
        self.numbers = 0
        self.fractions = 0

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is not None:
            self.total += amount
            self.numbers += 1
            if type(amount) is float:
                self.fractions += 1

    def remove(self, value: Scalar, time: float) -> bool:
        if self.fractions:
            return False  # subtracting doubles would leave rounding errors behind
        amount = number(value)
        if amount is not None:
            self.total -= amount
            self.numbers -= 1
        return True

    def result(self) -> Value | None:
        return plain(self.total) if self.numbers else None


class SumOfSquares(Sum):
    """``sumsq``: the sum of the squares."""

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is not None:
            super().add(amount * amount, time)

    def remove(self, value: Scalar, time: float) -> bool:
        amount = number(value)
        return amount is None or super().remove(amount * amount, time)


class Mean(Sum):
    """``avg`` and ``mean``: the sum divided by how many values were numbers."""

    def result(self) -> Value | None:
        return plain(self.total / self.numbers) if self.numbers else None


class Variance(Aggregate):
    """``var`` (sample) and, through the subclasses, ``varp``, ``stdev``, ``stdevp``. One value alone varies by 0."""

    population = False
    root = False

    def __init__(self) -> None:
        self.numbers = 0
        self.mean = 0.0
        self.squares = 0.0

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is None:
            return
        # Welford's recurrence: no cancellation between two large sums.
        self.numbers += 1
        distance = amount - self.mean
        self.mean += distance / self.numbers
        self.squares += distance * (amount - self.mean)

    def result(self) -> Value | None:
        if not self.numbers:
            return None
        divisor = self.numbers if self.population else max(self.numbers - 1, 1)
        variance = self.squares / divisor
        return plain(math.sqrt(variance) if self.root else variance)


class PopulationVariance(Variance):
    population = True


class StandardDeviation(Variance):
    root = True


class PopulationStandardDeviation(Variance):
    population = True
    root = True
