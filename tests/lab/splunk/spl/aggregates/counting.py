"""count, distinct_count, mode: functions that treat every value as text."""

from __future__ import annotations

from ..values import Scalar, Value, text
from .aggregate import Aggregate


class Count(Aggregate):
    """``count`` and ``c``: how many values (or rows, without a field) there were. Nothing counts as 0."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, value: Scalar, time: float) -> None:
        self.total += 1

    def remove(self, value: Scalar, time: float) -> bool:
        self.total -= 1
        return True

    def result(self) -> Value | None:
        return self.total


class ValueCounts(Aggregate):
    """How often each text occurs, in the order of first occurrence. "1", "1.0" and "01" are three texts."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, value: Scalar, time: float) -> None:
        key = value if type(value) is str else text(value)
        self.counts[key] = self.counts.get(key, 0) + 1

    def remove(self, value: Scalar, time: float) -> bool:
        key = value if type(value) is str else text(value)
        if self.counts[key] == 1:
            del self.counts[key]
        else:
            self.counts[key] -= 1
        return True


class DistinctTexts(Aggregate):
    """The different texts. Most groups of a search have one value of a field, which needs no set."""

    def __init__(self) -> None:
        self.one: str | None = None
        self.more: set[str] | None = None

    def add(self, value: Scalar, time: float) -> None:
        key = value if type(value) is str else text(value)
        if self.more is not None:
            self.more.add(key)
        elif self.one is None:
            self.one = key
        elif self.one != key:
            self.more = {self.one, key}


class DistinctCount(DistinctTexts):
    """``distinct_count`` and ``dc``: how many different texts there were. Nothing counts as 0."""

    def result(self) -> Value | None:
        return len(self.more) if self.more is not None else int(self.one is not None)

    def windowed(self) -> Aggregate:
        return SlidingDistinctCount()


class SlidingDistinctCount(ValueCounts):
    """``dc`` in a window."""

    def result(self) -> Value | None:
        return len(self.counts)


class Mode(ValueCounts):
    """``mode``: the most frequent text. Between equally frequent ones the Search Reference does not choose; the one
    seen first is taken."""

    def remove(self, value: Scalar, time: float) -> bool:
        return False

    def result(self) -> Value | None:
        if not self.counts:
            return None
        return max(self.counts, key=self.counts.__getitem__)
