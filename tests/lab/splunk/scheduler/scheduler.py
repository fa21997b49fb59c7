"""Runs what is due over a simulated stretch of time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Protocol

from lab.splunk.conf.files import ConfError, UnsupportedConf
from lab.splunk.conf.layering import Conf
from lab.splunk.notables.actions import ActionResult, Alert, check_actions, notable_events, risk_events
from lab.splunk.scheduler.occupancy import Occupancy
from lab.splunk.scheduler.plan import Delay, PlannedRun, Skip, plan_runs, scheduled_sid
from lab.splunk.scheduler.saved_search import OWNER, SavedSearch, scheduled_searches
from lab.splunk.scheduler.suppression import SuppressionMemory
from lab.splunk.spl.errors import SplError
from lab.splunk.spl.search import Message, SearchResult
from lab.splunk.spl.times import time_of
from lab.splunk.spl.values import Row, Value


class SearchServer(Protocol):
    """What the scheduler needs of the stand-in."""

    def apps(self) -> list[str]: ...

    def conf(self, name: str, app: str | None = None, user: str = "nobody") -> Conf: ...

    def search(
        self,
        spl: str,
        *,
        earliest: str | float = ...,
        latest: str | float = ...,
        now: float | None = ...,
        app: str = ...,
        user: str = ...,
        tz: tzinfo = ...,
        visible_at: float | None = ...,
        sid: str | None = ...,
        search_name: str = ...,
        rows: Any = ...,
    ) -> SearchResult: ...

    def sourcetypes_read(self, spl: str, *, app: str, user: str) -> frozenset[str] | None: ...


@dataclass(frozen=True)
class ScheduledRun:
    """One due run.

    ``time`` is when it was due (epoch), ``dispatched`` when it started, None when it was skipped or left out
    (``left_out``: no event in its range). ``suppressed`` holds the result rows that suppression kept from the actions.
    ``error`` is what ended the search, None when it finished.
    """

    rule: str
    app: str
    time: int
    dispatched: float | None
    sid: str = ""
    rows: list[Row] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    elapsed: float = 0.0
    error: str | None = None
    triggered: bool = False
    suppressed: list[Row] = field(default_factory=list)
    notables: list[dict[str, Value]] = field(default_factory=list)
    risk_events: list[dict[str, Value]] = field(default_factory=list)
    actions: list[ActionResult] = field(default_factory=list)
    left_out: bool = False


class Scheduler:
    """The scheduler of one stand-in. Suppression, ``notables`` and ``risk_events`` live on from run to run."""

    def __init__(self, splunk: SearchServer, occupancy: Occupancy, tz: tzinfo = UTC) -> None:
        self._splunk = splunk
        self._occupancy = occupancy
        self._tz = tz
        self._numbers = itertools.count(1)
        self._suppression = SuppressionMemory()
        self.notables: list[dict[str, Value]] = []
        self.risk_events: list[dict[str, Value]] = []

    def forget(self) -> None:
        """As if nothing had ever been raised."""
        self._suppression = SuppressionMemory()
        self.notables.clear()
        self.risk_events.clear()

    def searches(self) -> list[SavedSearch]:
        """What is enabled and scheduled in every installed app. Raises ConfError for a stanza that cannot be run."""
        found = [
            search
            for app in self._splunk.apps()
            for search in scheduled_searches(self._splunk.conf("savedsearches", app=app), app)
        ]
        for search in found:
            check_actions(search)
        return found

    def run(
        self,
        start: float,
        end: float,
        *,
        step: float | None = None,
        skip: Skip | None = None,
        delay: Delay | None = None,
        rules: Sequence[str] | None = None,
        only_where_events: bool = False,
        everything_arrived: bool = False,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[ScheduledRun]:
        """Every run due in [start, end), in the order of dispatch.

        ``step``, ``skip`` and ``delay``: see plan_runs. ``rules`` are the names to run, None for all. With
        ``only_where_events`` a run is left out when no event of the sourcetypes it reads lies in its range. A run sees
        what had been indexed when it was dispatched; ``everything_arrived`` shows it all events whatever their
        _indextime (for data that was collected after the simulated time). ``on_progress(done, total)`` is called after
        each run.
        """
        searches = [search for search in self.searches() if rules is None or search.name in rules]
        planned = plan_runs(searches, start, end, self._tz, step=step, skip=skip, delay=delay)
        runs = []
        for done, due in enumerate(planned, start=1):
            runs.append(self._run_due(due, only_where_events=only_where_events, everything_arrived=everything_arrived))
            on_progress(done, len(planned))
        return runs

    def _run_due(self, due: PlannedRun, *, only_where_events: bool, everything_arrived: bool) -> ScheduledRun:
        search = due.search
        if due.dispatched is None:
            return ScheduledRun(search.name, search.app, due.scheduled, None)
        earliest, latest = self._range(search, due.scheduled)
        if only_where_events and self._finds_nothing(search, earliest, latest):
            return ScheduledRun(search.name, search.app, due.scheduled, None, left_out=True)
        sid = scheduled_sid(search, due.scheduled, next(self._numbers))
        started = time.perf_counter()
        try:
            result = self._splunk.search(
                search.search,
                earliest=earliest,
                latest=latest,
                now=due.scheduled,
                app=search.app,
                user=OWNER,
                tz=self._tz,
                visible_at=None if everything_arrived else due.dispatched,
                sid=sid,
                search_name=search.name,
            )
        except (SplError, ConfError, LookupError) as error:
            elapsed = time.perf_counter() - started
            return ScheduledRun(
                search.name, search.app, due.scheduled, due.dispatched, sid, elapsed=elapsed, error=str(error)
            )
        return self._after(due, sid, result, time.perf_counter() - started, (earliest, latest))

    def _finds_nothing(self, search: SavedSearch, earliest: float, latest: float) -> bool:
        try:
            sourcetypes = self._splunk.sourcetypes_read(search.search, app=search.app, user=OWNER)
        except (SplError, ConfError, LookupError):
            # The run itself says what is wrong.
            sourcetypes = None
        return not self._occupancy.between(earliest, latest, sourcetypes)

    def _after(
        self, due: PlannedRun, sid: str, result: SearchResult, elapsed: float, between: tuple[float, float]
    ) -> ScheduledRun:
        search = due.search
        messages = list(result.messages)
        triggered = search.trigger.fires(result.rows, lambda text, rows: self._finds(search, text, rows, due.scheduled))
        passed, suppressed = (
            self._suppression.split(search, result.rows, due.scheduled) if triggered else (list[Row](), list[Row]())
        )
        alert = Alert(
            search, passed, due.scheduled, *between, sid=sid, warn=lambda text: messages.append(Message("WARN", text))
        )
        # An alert on "always" or "less than" has actions without any row; then there is no event to make.
        notables, risks, actions = self._act(alert) if triggered and not (suppressed and not passed) else ([], [], [])
        self.notables += notables
        self.risk_events += risks
        return ScheduledRun(
            rule=search.name,
            app=search.app,
            time=due.scheduled,
            dispatched=due.dispatched,
            sid=sid,
            rows=result.rows,
            messages=messages,
            elapsed=elapsed,
            triggered=triggered,
            suppressed=suppressed,
            notables=notables,
            risk_events=risks,
            actions=actions,
        )

    def _act(self, alert: Alert) -> tuple[list[dict[str, Value]], list[dict[str, Value]], list[ActionResult]]:
        available = self._splunk.conf("alert_actions", app=alert.search.app)
        made: dict[str, list[dict[str, Value]]] = {}
        results = []
        for action, parameters in alert.search.actions.items():
            if action not in available:
                results.append(ActionResult(action, "not available"))
                continue
            make = notable_events if action == "notable" else risk_events
            made[action] = make(alert, parameters)
            results.append(ActionResult(action, "done", len(made[action])))
        return made.get("notable", []), made.get("risk", []), results

    def _finds(self, search: SavedSearch, condition: str, rows: Sequence[Row], now: float) -> bool:
        return bool(self._splunk.search(condition, now=now, app=search.app, user=OWNER, rows=rows).rows)

    def _range(self, search: SavedSearch, now: float) -> tuple[float, float]:
        earliest = self._bound(search, search.earliest, now, 0.0)
        return earliest, self._bound(search, search.latest, now, now)

    def _bound(self, search: SavedSearch, modifier: str, now: float, open_end: float) -> float:
        if not modifier.strip():
            return open_end
        epoch = time_of(modifier, now, self._tz)
        if epoch is None:
            raise UnsupportedConf(
                f"[{search.name}]: {modifier!r} is neither an epoch nor a time modifier such as -24h@h"
            )
        return epoch


def totals(runs: Sequence[ScheduledRun]) -> Mapping[str, dict[str, Any]]:
    """For each rule: runs that took place, rows, seconds, and the first error."""
    summary: dict[str, dict[str, Any]] = {}
    for run in runs:
        entry = summary.setdefault(run.rule, {"runs": 0, "rows": 0, "elapsed_s": 0.0, "error": None})
        if run.dispatched is not None:
            entry["runs"] += 1
            entry["rows"] += len(run.rows)
            entry["elapsed_s"] += run.elapsed
            entry["error"] = entry["error"] or run.error
    return summary
