"""perc<N>, p<N>, exactperc<N>, upperperc<N> and median.

The Search Reference's worked examples (perc50 of 1..10 is 5.5, perc95 is 9.55) are the linear interpolation between the
two neighbouring ranks. Above 1,000 distinct values Splunk estimates perc and upperperc within one per cent of rank; the
value here stays exact.

``median`` is not ``perc50``: of an even number of values it is the mean of the two middle ones, and where that mean is
an exact half it is rounded up (median of 1 and 4 is 3; of 1.2 and 1.4 is 1.3), as is reported of Splunk 10.4.
"""

from __future__ import annotations

import math
from bisect import bisect_left

from ..values import Scalar, Value, number
from .aggregate import Aggregate
from .arithmetic import plain


class Percentile(Aggregate):
    """The value below which ``percent`` per cent of the numbers lie; values that are no numbers are left out."""

    def __init__(self, percent: float) -> None:
        self.share = percent / 100
        self.ordered: list[int | float] = []
        self.unordered: list[int | float] = []

    def add(self, value: Scalar, time: float) -> None:
        amount = number(value)
        if amount is not None:
            self.unordered.append(amount)

    def remove(self, value: Scalar, time: float) -> bool:
        amount = number(value)
        if amount is not None:
            self._put_in_order()
            del self.ordered[bisect_left(self.ordered, amount)]
        return True

    def result(self) -> Value | None:
        self._put_in_order()
        if not self.ordered:
            return None
        rank = self.share * (len(self.ordered) - 1)
        below = int(rank)
        low = self.ordered[below]
        if below + 1 >= len(self.ordered):
            return plain(low)
        return plain(low + (self.ordered[below + 1] - low) * (rank - below))

    def _put_in_order(self) -> None:
        # Sorting a long ordered run with a few new values behind it takes linear time.
        if self.unordered:
            self.ordered += self.unordered
            self.ordered.sort()
            self.unordered.clear()


class Median(Percentile):
    """The middle number; an exact half between two middle numbers is rounded up."""

    def __init__(self) -> None:
        super().__init__(50.0)

    def result(self) -> Value | None:
        middle = super().result()
        if isinstance(middle, float) and len(self.ordered) % 2 == 0 and middle % 1 == 0.5:
            return math.ceil(middle)
        return middle
