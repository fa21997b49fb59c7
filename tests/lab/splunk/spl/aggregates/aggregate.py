"""The running statistic: what every aggregate function of ``stats`` and its relatives is made of.

An aggregate sees one scalar at a time. The command that owns it decides what reaches it: every value of a
multivalue field is one call (Search Reference, stats: "each value of a multivalue field is counted"), a row
without the field is no call at all.
"""

from __future__ import annotations

from collections import deque
from typing import ClassVar, Protocol

from ..values import Scalar, Value


class Aggregate:
    """One running statistic over the values of one field in one group of rows."""

    #: A short name of what was cut off, set by an aggregate that dropped values because of a limit.
    truncated: str | None = None
    #: True where the function needs the row's ``_time``; rows without it are then not added.
    needs_time: ClassVar[bool] = False

    def add(self, value: Scalar, time: float) -> None:
        """Take one value. ``time`` is the row's ``_time`` in epoch seconds (0.0 where ``needs_time`` is false)."""
        raise NotImplementedError

    def remove(self, value: Scalar, time: float) -> bool:
        """Take back the value that was added first. False when only a fresh computation gives the right answer."""
        return False

    def result(self) -> Value | None:
        """The statistic so far; None where it has no value (an average of nothing, for example)."""
        raise NotImplementedError

    def windowed(self) -> Aggregate:
        """An empty aggregate of this function for a window, where forgetting has to be cheap. The default is itself."""
        return self


class NewAggregate(Protocol):
    """Makes a new, empty aggregate of one function."""

    def __call__(self) -> Aggregate: ...


class SlidingAggregate:
    """An aggregate over the newest values of a window, oldest leaving first.

    Values leave through :meth:`Aggregate.remove` where that is exact, otherwise the statistic is computed afresh from
    the values still in the window when it is next asked for.
    """

    def __init__(self, new: NewAggregate) -> None:
        self._new = new
        self._aggregate = new().windowed()
        self._values: deque[tuple[Scalar, float]] = deque()
        self._stale = False

    def add(self, value: Scalar, time: float) -> None:
        self._values.append((value, time))
        if not self._stale:
            self._aggregate.add(value, time)

    def remove_oldest(self) -> None:
        """Drop the value that was added first."""
        value, time = self._values.popleft()
        if not self._stale and not self._aggregate.remove(value, time):
            self._stale = True

    def result(self) -> Value | None:
        if self._stale:
            self._aggregate = self._new().windowed()
            for value, time in self._values:
                self._aggregate.add(value, time)
            self._stale = False
        return self._aggregate.result()

    @property
    def truncated(self) -> str | None:
        return self._aggregate.truncated
