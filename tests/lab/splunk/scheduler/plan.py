"""Which runs a stretch of time holds, and when each is really dispatched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo

from lab.splunk.scheduler.saved_search import OWNER, SavedSearch

Skip = Callable[[str, float], bool]
Delay = Callable[[str, float], float]


@dataclass(frozen=True)
class PlannedRun:
    """A due run. ``dispatched`` is None when the scheduler skips it: nobody will look at its stretch of time."""

    search: SavedSearch
    scheduled: int
    dispatched: float | None


def plan_runs(
    searches: Iterable[SavedSearch],
    start: float,
    end: float,
    tz: tzinfo,
    *,
    step: float | None = None,
    skip: Skip | None = None,
    delay: Delay | None = None,
) -> list[PlannedRun]:
    """All runs due in [start, end), in the order of their dispatch.

    ``step`` thins a schedule out to at most one run in that many seconds (the last due one stays). ``skip(rule,
    scheduled)`` says that the scheduler has no slot: a real-time schedule drops the run, a continuous one
    (realtime_schedule = 0) catches up at the next slot it gets. ``delay(rule, scheduled)`` is how many seconds later
    a run starts.
    """
    planned = [
        run
        for search in searches
        for run in _runs(search, list(_thinned(search.cron.times(start, end, tz), step)), end, skip, delay)
    ]
    return sorted(planned, key=lambda run: (_when(run), run.scheduled, run.search.name))


def _runs(
    search: SavedSearch, due: list[int], end: float, skip: Skip | None, delay: Delay | None
) -> Iterator[PlannedRun]:
    waiting: list[int] = []
    for scheduled in due:
        if skip is not None and skip(search.name, scheduled):
            if search.realtime_schedule:
                yield PlannedRun(search, scheduled, None)
            else:
                waiting.append(scheduled)
            continue
        dispatched = scheduled + (delay(search.name, scheduled) if delay is not None else 0.0)
        yield from (PlannedRun(search, missed, dispatched) for missed in waiting)
        waiting = []
        yield PlannedRun(search, scheduled, dispatched)
    yield from (PlannedRun(search, missed, end) for missed in waiting)


def _thinned(due: Iterator[int], step: float | None) -> Iterator[int]:
    if step is None:
        yield from due
        return
    last: int | None = None
    held: int | None = None
    for scheduled in due:
        held = scheduled
        if last is None or scheduled - last >= step:
            last = scheduled
            yield scheduled
    if held is not None and held != last:
        yield held


def _when(run: PlannedRun) -> float:
    return run.scheduled if run.dispatched is None else run.dispatched


def scheduled_sid(search: SavedSearch, scheduled: int, number: int) -> str:
    """How splunkd names a scheduled job: ``scheduler__<owner>_<app in base64>__RMD5<hash>_at_<time>_<n>``."""
    app = base64.urlsafe_b64encode(search.app.encode()).decode().rstrip("=")
    digest = hashlib.md5(search.name.encode(), usedforsecurity=False).hexdigest()[:16]
    return f"scheduler__{OWNER}_{app}__RMD5{digest}_at_{scheduled}_{number}"
