"""values and list: functions that answer with a multivalue field."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

from ..values import Scalar, Value, from_list, text
from .aggregate import Aggregate
from .counting import DistinctTexts, ValueCounts


class Values(DistinctTexts):
    """``values``: the distinct texts in the order of their UTF-8 bytes (upper case before lower case)."""

    def result(self) -> Value | None:
        # Code point order and UTF-8 byte order are the same order.
        return self.one if self.more is None else sorted(self.more)

    def windowed(self) -> Aggregate:
        return SlidingValues()


class SlidingValues(ValueCounts):
    """``values`` in a window: the order is kept from answer to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.ordered: list[str] = []

    def add(self, value: Scalar, time: float) -> None:
        known = len(self.counts)
        super().add(value, time)
        if len(self.counts) > known:
            insort(self.ordered, text(value))

    def remove(self, value: Scalar, time: float) -> bool:
        known = len(self.counts)
        super().remove(value, time)
        if len(self.counts) < known:
            del self.ordered[bisect_left(self.ordered, text(value))]
        return True

    def result(self) -> Value | None:
        return from_list(self.ordered.copy())


class ListOfValues(Aggregate):
    """``list``: the values in the order of the rows, at most ``maximum`` (limits.conf [stats] list_maxsize, 100)."""

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self.kept: deque[Scalar] = deque()
        self.dropped = 0

    def add(self, value: Scalar, time: float) -> None:
        if len(self.kept) < self.maximum:
            self.kept.append(value)
        else:
            self.dropped += 1
            self.truncated = f"list() keeps the first {self.maximum} values"

    def remove(self, value: Scalar, time: float) -> bool:
        if self.dropped:
            return False
        self.kept.popleft()
        return True

    def result(self) -> Value | None:
        return from_list(list(self.kept))
