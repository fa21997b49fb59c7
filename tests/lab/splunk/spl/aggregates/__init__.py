"""The aggregate functions of stats, eventstats, streamstats, chart, timechart and tstats, by name.

`find` is the one way in: it knows which functions exist, which this engine does not do, and what they need.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from .aggregate import Aggregate, NewAggregate, SlidingAggregate
from .arithmetic import (
    Mean,
    PopulationStandardDeviation,
    PopulationVariance,
    StandardDeviation,
    Sum,
    SumOfSquares,
    Variance,
)
from .counting import Count, DistinctCount, Mode
from .extremes import Maximum, Minimum, Range
from .multivalue import ListOfValues, Values
from .order import Earliest, EarliestTime, First, Last, Latest, LatestTime, Rate
from .percentiles import Median, Percentile

__all__ = ["FUNCTIONS", "PER_TIME", "UNSUPPORTED", "Aggregate", "NewAggregate", "SlidingAggregate", "find"]

FUNCTIONS: dict[str, type[Aggregate]] = {
    "avg": Mean,
    "c": Count,
    "count": Count,
    "dc": DistinctCount,
    "distinct_count": DistinctCount,
    "earliest": Earliest,
    "earliest_time": EarliestTime,
    "first": First,
    "last": Last,
    "latest": Latest,
    "latest_time": LatestTime,
    "list": ListOfValues,
    "max": Maximum,
    "mean": Mean,
    "median": Median,
    "min": Minimum,
    "mode": Mode,
    "range": Range,
    "rate": Rate,
    "stdev": StandardDeviation,
    "stdevp": PopulationStandardDeviation,
    "sum": Sum,
    "sumsq": SumOfSquares,
    "values": Values,
    "var": Variance,
    "varp": PopulationVariance,
}

#: Functions of timechart alone: a sum divided by the length of the bucket, in these units of seconds.
PER_TIME = {"per_second": 1, "per_minute": 60, "per_hour": 3600, "per_day": 86400}

#: Functions that Splunk has and this engine does not do, with the reason.
UNSUPPORTED = {
    "estdc": "it estimates; dc() counts exactly",
    "estdc_error": "it belongs to an estimate; dc() counts exactly",
    "sparkline": "a sparkline is a drawing",
    "rate_avg": "it works on metric indexes only",
    "rate_sum": "it works on metric indexes only",
}

_PERCENTILE = re.compile(r"(?:perc|p|exactperc|upperperc)(\d+(?:\.\d+)?)\Z")


def find(name: str, limit: Callable[[str, str], int]) -> NewAggregate | None:
    """What makes new aggregates of the function ``name``; None when there is no such function.

    ``limit`` answers for limits.conf (``("stats", "list_maxsize")``). Names are lower case, as the Search Reference
    writes them; percentiles carry their percentage: ``perc95``, ``p99.9``, ``exactperc50``, ``upperperc90``.
    """
    percentile = _PERCENTILE.match(name)
    if percentile:
        percent = float(percentile.group(1))
        return partial(Percentile, percent) if 0 <= percent <= 100 else None
    if name == "list":
        return partial(ListOfValues, limit("stats", "list_maxsize"))
    if name in PER_TIME:
        return Sum
    return FUNCTIONS.get(name)
