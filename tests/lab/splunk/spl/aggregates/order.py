"""first, last, earliest, latest, earliest_time, latest_time, rate: functions in which the order of rows or time counts.

``first`` and ``last`` go by the order in which the rows arrive (newest first from an index), the others by ``_time``.
"""

from __future__ import annotations

from operator import gt, le

from ..values import Scalar, Value, number
from .aggregate import Aggregate
from .arithmetic import plain
from .window import Best


class First(Aggregate):
    """``first``: the value seen first."""

    def __init__(self) -> None:
        self.value: Scalar | None = None

    def add(self, value: Scalar, time: float) -> None:
        if self.value is None:
            self.value = value

    def result(self) -> Value | None:
        return self.value


class Last(Aggregate):
    """``last``: the value seen last."""

    def __init__(self) -> None:
        self.value: Scalar | None = None
        self.held = 0

    def add(self, value: Scalar, time: float) -> None:
        self.value = value
        self.held += 1

    def remove(self, value: Scalar, time: float) -> bool:
        self.held -= 1
        if not self.held:
            self.value = None
        return True

    def result(self) -> Value | None:
        return self.value


class Chronology(Aggregate):
    """The chronologically first and last value with their times.

    Of several values with one time the Search Reference does not choose. As an index gives the newest event first, the
    first seen is taken for the latest and the last seen for the earliest.
    """

    needs_time = True

    def __init__(self) -> None:
        self.earliest: tuple[float, Scalar] | None = None
        self.latest: tuple[float, Scalar] | None = None

    def add(self, value: Scalar, time: float) -> None:
        if self.earliest is None or time <= self.earliest[0]:
            self.earliest = (time, value)
        if self.latest is None or time > self.latest[0]:
            self.latest = (time, value)

    def answer(self, earliest: tuple[float, Scalar], latest: tuple[float, Scalar]) -> Value | None:
        """What the function makes of the two (time, value)."""
        raise NotImplementedError

    def result(self) -> Value | None:
        if self.earliest is None or self.latest is None:
            return None
        return self.answer(self.earliest, self.latest)

    def windowed(self) -> Aggregate:
        return SlidingChronology(self)


class SlidingChronology(Aggregate):
    """A function of time in a window."""

    needs_time = True

    def __init__(self, function: Chronology) -> None:
        self.function = function
        self.earliest = Best(le)
        self.latest = Best(gt)

    def add(self, value: Scalar, time: float) -> None:
        self.earliest.add(time, value)
        self.latest.add(time, value)

    def remove(self, value: Scalar, time: float) -> bool:
        self.earliest.remove_oldest()
        self.latest.remove_oldest()
        return True

    def result(self) -> Value | None:
        if not self.earliest:
            return None
        return self.function.answer((self.earliest.key, self.earliest.value), (self.latest.key, self.latest.value))


class Earliest(Chronology):
    """``earliest``: the value with the smallest ``_time``."""

    def answer(self, earliest: tuple[float, Scalar], latest: tuple[float, Scalar]) -> Value | None:
        return earliest[1]


class Latest(Chronology):
    """``latest``: the value with the greatest ``_time``."""

    def answer(self, earliest: tuple[float, Scalar], latest: tuple[float, Scalar]) -> Value | None:
        return latest[1]


class EarliestTime(Chronology):
    """``earliest_time``: the ``_time`` of the earliest value, epoch seconds."""

    def answer(self, earliest: tuple[float, Scalar], latest: tuple[float, Scalar]) -> Value | None:
        return plain(earliest[0])


class LatestTime(Chronology):
    """``latest_time``: the ``_time`` of the latest value, epoch seconds."""

    def answer(self, earliest: tuple[float, Scalar], latest: tuple[float, Scalar]) -> Value | None:
        return plain(latest[0])


class Rate(Chronology):
    """``rate``: (latest - earliest) / (latest_time - earliest_time), per second; None where that is undefined."""

    def answer(self, earliest: tuple[float, Scalar], latest: tuple[float, Scalar]) -> Value | None:
        start, end = number(earliest[1]), number(latest[1])
        if start is None or end is None or earliest[0] == latest[0]:
            return None
        return plain((end - start) / (latest[0] - earliest[0]))
