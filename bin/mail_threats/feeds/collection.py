"""One run over the time line of a stream: which windows to ask for, and what to do when one fails.

A window that fails stays owed and is asked for again in the next run; windows after it are still collected, and the
low-water mark waits for it. Nothing here knows which API is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from logging import Logger
from typing import Callable, Protocol

from mail_threats.clock import Clock
from mail_threats.errors import PagingBroken, Refused, ServiceError, Transient
from mail_threats.feeds.delivery import Delivery
from mail_threats.feeds.report import Report
from mail_threats.ledger import windows as time_line
from mail_threats.ledger.memory import Memory
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Policy, Window
from mail_threats.timestamps import zulu

_FAILURES_IN_A_ROW = 3
_FEW_PAGES = 5
# Longer than any rest that was seen to be asked for (15 minutes); one asked for under a wrong clock may name years.
_LONGEST_REST_S = 3600.0


class Source(Protocol):
    """What a stream is collected from."""

    name: str
    policy: Policy

    @property
    def clock_skew_s(self) -> float: ...

    def prepare(self, state: StreamState) -> None:
        """Do what has to be done once before a run. Raises: ServiceError when the stream cannot be collected now."""

    def collect(self, state: StreamState, window: Window, until: float) -> float:
        """Deliver everything of [window.start, until); set the window's `pages`, and `troubled` to what is still owed.

        Returns how far it came: `until`, or an earlier time when it was better to stop there.

        Raises: PagingBroken when a smaller window may help; other errors when the window is not wholly listed.
        """


class Collection:
    """Collects one stream in steps of one window, so that streams can take turns.

    `save` writes the checkpoint of all streams; it is called after every window, when its events are flushed.
    """

    def __init__(
        self,
        source: Source,
        state: StreamState,
        delivery: Delivery,
        memory: Memory,
        report: Report,
        clock: Clock,
        log: Logger,
        save: Callable[[], None],
    ) -> None:
        self.source = source
        self.state = state
        self._delivery = delivery
        self._memory = memory
        self._report = report
        self._clock = clock
        self._log = log
        self._save = save
        self._failures = 0
        self._parked = False
        self._tried: set[tuple[float, float]] = set()
        self.caught_up = False

    def steps(self) -> Iterator[None]:
        """Run; yields after each window. Ends when the stream is caught up or cannot go on, which the report then
        tells.

        Raises: Stopped, OutputClosed, and ConfigError when no stream of the account can go on.
        """
        now = self._now()
        self.state.not_before = min(self.state.not_before, now + _LONGEST_REST_S)
        self.state.start_asked_at = min(self.state.start_asked_at, now)
        if self.state.not_before > now:
            self._save()
            self._report.problem(
                self.source.name,
                Transient(f"The service asked to be left alone until {zulu(self.state.not_before)}."),
            )
            return
        try:
            self.source.prepare(self.state)
        except ServiceError as error:
            self._put_off(error)
            return
        finally:
            self._save()
        while True:
            # One time for the whole step: what is within reach when the window is chosen is so when it is asked for.
            now = self._now()
            self._rewind(now)
            self._expire(now)
            window = self._next(now)
            if window is None:
                self.caught_up = self._failures == 0 and not self._owed()
                return
            self._collect(window, now)
            yield
            if self._parked or self._failures >= _FAILURES_IN_A_ROW or self.state.not_before > self._now():
                return

    def _now(self) -> float:
        return self._clock.now() + self.source.clock_skew_s

    def _next(self, now: float) -> Window | None:
        state, policy = self.state, self.source.policy
        due = [w for w in time_line.due(state.windows, now, policy) if (w.start, w.end) not in self._tried]
        # What is to be listed once more can wait for what never was.
        new = [window for window in due if window.listed_at is None and not window.again]
        if new:
            return new[0]
        backlog_s = state.backlog_s or policy.backlog_s
        if time_line.extend_once(state.windows, state.low_water, now, policy, backlog_s):
            return state.windows[-1]
        return due[-1] if due else None

    def _collect(self, window: Window, now: float) -> None:
        policy = self.source.policy
        self._tried.add((window.start, window.end))
        until = time_line.query_end(window, now, policy)
        try:
            reached = self.source.collect(self.state, window, until)
        except ServiceError as error:
            self._delivery.settle()
            if not isinstance(error, PagingBroken) or not self._halve(window, error):
                self._put_off(error)
            self._save()
            return
        self._delivery.settle()
        if reached < until:
            time_line.cut(self.state.windows, window, reached)
            self._tried.add((window.start, window.end))
        elif window.pages < _FEW_PAGES:
            self._lengthen()
        self._failures = 0
        window.listed_at, window.again = now, False
        self.state.delivered = True
        self.state.low_water, passed = time_line.settle(self.state.windows, self.state.low_water, policy)
        self._save()
        if passed:
            self._memory.forget_blobs(
                self.source.name, time_line.oldest_anchor(self.state.windows, self.state.low_water)
            )
        self._log.info(
            "action=window_collected stream=%s start=%s end=%s pages=%d owed=%d low_water=%s",
            self.source.name,
            zulu(window.start),
            zulu(window.end),
            window.pages,
            len(window.troubled),
            zulu(self.state.low_water),
        )

    def _halve(self, window: Window, error: PagingBroken) -> bool:
        length = window.end - window.start
        if not time_line.halve(self.state.windows, window, self.source.policy):
            return False
        self.state.backlog_s = max(self.source.policy.shortest_s, length / 2)
        self._log.warning(
            "action=window_halved stream=%s start=%s length_s=%d reason=%r",
            self.source.name,
            zulu(window.start),
            int(length),
            error.message,
        )
        return True

    def _lengthen(self) -> None:
        longest = self.source.policy.backlog_s
        if self.state.backlog_s is not None:
            self.state.backlog_s = None if self.state.backlog_s * 2 >= longest else self.state.backlog_s * 2

    def _put_off(self, error: ServiceError) -> None:
        self._failures += 1
        self._parked = isinstance(error, Refused)
        self._report.problem(self.source.name, error)
        if error.retry_after_s is not None:
            self.state.not_before = self._now() + min(error.retry_after_s, _LONGEST_REST_S)

    def _rewind(self, now: float) -> None:
        """Begin the time line anew when it was written under a clock that ran ahead; ids that were delivered are
        known."""
        state, policy = self.state, self.source.policy
        if not time_line.runs_ahead(state.windows, state.low_water, now):
            return
        began = state.low_water if state.began is None else state.began
        state.low_water = time_line.rewound(began, now, policy)
        state.windows.clear()
        self._report.problem(
            self.source.name,
            Transient(
                "The record of what was delivered reaches into the future: a clock was wrong when it was written.",
                advice=f"Nothing is lost: everything from {zulu(state.low_water)} on is listed again.",
            ),
        )
        self._save()

    def _expire(self, now: float) -> None:
        policy = self.source.policy
        oldest = now - policy.retention_s
        self.state.low_water, gaps = time_line.expire(self.state.windows, self.state.low_water, oldest, policy)
        for gap in gaps:
            self._report.loss(self.source.name, self.state, gap)

    def _owed(self) -> bool:
        return any(window.listed_at is None or window.troubled for window in self.state.windows)
