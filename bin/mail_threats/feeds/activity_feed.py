"""One content type of the Management Activity API as a stream.

Windows are in content time: when a blob became available, not when its events happened. A blob is fetched once in a
window; its events are delivered by their Id, whatever blob they come in.
Source: Management Activity API reference (24-hour windows, 7 days, duplicates by design).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from operator import attrgetter

from mail_threats.clock import Clock
from mail_threats.errors import ContentGone, ContentUnreadable, ServiceError, SubscriptionMissing, Throttled
from mail_threats.feeds.activity_api import ActivityApi, BlobRef
from mail_threats.feeds.array_cutter import ArrayCutter, Cut
from mail_threats.feeds.delivery import Delivery
from mail_threats.feeds.prefetch import Again, Prefetch
from mail_threats.feeds.raw_event import RawEvents
from mail_threats.feeds.report import Report
from mail_threats.ledger.memory import Memory
from mail_threats.ledger.stream import MAX_OWED, StreamState
from mail_threats.ledger.windows import DAY_S, HOUR_S, Gap, Policy, Trouble, Window
from mail_threats.wire.concurrency import Concurrency

POLICY = Policy(
    lag_s=0.0,
    open_for_s=DAY_S,
    near_s=2 * HOUR_S,
    rescan_every_s=HOUR_S,
    chunk_s=12 * HOUR_S,
    # A window of exactly 24 hours was seen to be refused.
    backlog_s=23 * HOUR_S,
    shortest_s=60.0,
    # Ten minutes of margin, so that a window does not fall out of reach while it waits for its turn.
    retention_s=7 * DAY_S - 600.0,
    page_cost_s=0.05,
)
_START_EVERY_S = 15 * 60.0
_RUNS_BEFORE_LOST = 3
_RETRY_FIRST_S = 300.0
_FAILURES_IN_A_ROW = 5
_NO_LONGER_LISTED = "The service no longer lists it."


class Subscriptions:
    """Which content types are subscribed to, asked once."""

    def __init__(self, api: ActivityApi) -> None:
        self._api = api
        self._enabled: dict[str, bool] | None = None

    def enabled(self, content_type: str) -> bool:
        if self._enabled is None:
            self._enabled = self._api.enabled()
        return self._enabled.get(content_type.lower(), False)


class ActivityStream:
    """A `Source` (feeds/collection.py) for one content type; `subscriptions` is shared by all content types of a
    run."""

    policy = POLICY

    def __init__(
        self,
        content_type: str,
        tenant_id: str,
        api: ActivityApi,
        subscriptions: Subscriptions,
        delivery: Delivery,
        memory: Memory,
        report: Report,
        pool: ThreadPoolExecutor,
        concurrency: Concurrency,
        clock: Clock,
        sourcetype: str,
    ) -> None:
        self.name = content_type
        self._sourcetype = sourcetype
        self._source = f"o365_management_activity:{tenant_id}:{content_type}"
        self._api = api
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._memory = memory
        self._report = report
        self._pool = pool
        self._concurrency = concurrency
        self._clock = clock

    @property
    def clock_skew_s(self) -> float:
        return self._api.clock_skew_s

    def prepare(self, state: StreamState) -> None:
        """Make sure that the subscription is enabled; it is listed before it is started, and never stopped.

        Source: Management Activity API reference, start: at most one start in 15 minutes.
        """
        if not self._subscriptions.enabled(self.name):
            self._start(state)

    def collect(self, state: StreamState, window: Window, until: float) -> float:
        asked = self._memory.blobs_done(self.name, window.anchor) | set(window.lost)
        owed: dict[str, Trouble] = {}
        pages = _Counted(self._api.content(self.name, window.start, until))
        try:
            self._fetch(pages, asked, owed, window, state)
        except SubscriptionMissing:
            self._keep_owed(owed, window)
            self._start(state)
            raise
        except ServiceError:
            self._keep_owed(owed, window)
            raise
        # A listing may leave out for once what it showed before: what was owed stays so until it is delivered or lost.
        for content_id in [known for known in window.troubled if known not in asked]:
            self._unlisted(content_id, owed, window, state)
        window.troubled = owed
        window.pages = pages.count
        return until

    def _keep_owed(self, owed: dict[str, Trouble], window: Window) -> None:
        # Of a window that is not wholly listed, no name has to be known: it is listed again.
        window.troubled.update(owed)
        window.troubled = dict(islice(window.troubled.items(), MAX_OWED))

    def _fetch(
        self, pages: _Counted, asked: set[str], owed: dict[str, Trouble], window: Window, state: StreamState
    ) -> None:
        failures = 0
        fetched = Prefetch(
            pages,
            lambda page: self._missing(page, asked, owed, window, state),
            self._cut,
            self._pool,
            self._concurrency,
            self._clock,
            attrgetter("size"),
        )
        for ref, part in fetched:
            if isinstance(part, Cut):
                self._hand_over(part)
                continue
            if isinstance(part, Again):
                continue
            if part is None:
                self._memory.blob_done(self.name, window.anchor, ref.content_id)
                failures = 0
                continue
            self._trouble(ref, part, owed, window, state)
            failures += 1
            if failures >= _FAILURES_IN_A_ROW or isinstance(part, Throttled) or len(owed) >= MAX_OWED:
                raise part

    def _missing(
        self, page: list[BlobRef], asked: set[str], owed: dict[str, Trouble], window: Window, state: StreamState
    ) -> Iterator[BlobRef]:
        """What a page lists and is not in `asked` yet; all that is listed is put there."""
        now, settled = self._now(), self._settled(window)
        for ref in page:
            if ref.content_id in asked:
                continue
            asked.add(ref.content_id)
            if ref.expires is not None and ref.expires <= now:
                self._lose(ref, "It expired before it was collected.", window, state)
                continue
            known = window.troubled.get(ref.content_id)
            if known is not None and known.retry_at > now and not settled:
                owed[ref.content_id] = known
                continue
            yield ref

    def _now(self) -> float:
        return self._clock.now() + self.clock_skew_s

    def _settled(self, window: Window) -> bool:
        """Whether the service no longer changes what the window holds."""
        return self._now() >= window.end + POLICY.open_for_s

    def _cut(self, ref: BlobRef) -> Iterator[Cut]:
        """The records of a blob, cut where it is fetched: on a thread of the pool.

        Raises: ContentUnreadable, after the records in front of what cannot be read; whatever fetching raises.
        """
        cutter = ArrayCutter(f"Content {ref.content_id[:120]}")
        for piece in self._api.blob(ref):
            yield from _records(cutter.feed(piece))
        yield from _records(cutter.finish())

    def _hand_over(self, cut: Cut) -> None:
        self._delivery.deliver_raw(RawEvents(self._source, self._sourcetype, cut.raws, cut.keys, cut.times, cut.odd))

    def _trouble(
        self, ref: BlobRef, error: ServiceError, owed: dict[str, Trouble], window: Window, state: StreamState
    ) -> None:
        """Note that a blob is owed, or that it is lost: gone, or unreadable in three runs and until its window can no
        longer change, a day after its end."""
        known = window.troubled.get(ref.content_id)
        runs = known.runs + 1 if known else 1
        given_up = isinstance(error, ContentUnreadable) and runs >= _RUNS_BEFORE_LOST and self._settled(window)
        if isinstance(error, ContentGone) or given_up:
            self._lose(ref, str(error), window, state)
            return
        wait_s = min(_RETRY_FIRST_S * 2 ** (runs - _RUNS_BEFORE_LOST), HOUR_S) if runs >= _RUNS_BEFORE_LOST else 0.0
        # "Now" is the service's, told in whole seconds: a run that follows at once may see an earlier one.
        retry_at = self._now() + wait_s if wait_s and isinstance(error, ContentUnreadable) else 0.0
        owed[ref.content_id] = Trouble(runs, error.message, ref.created, retry_at)
        self._report.problem(self.name, error)

    def _unlisted(self, content_id: str, owed: dict[str, Trouble], window: Window, state: StreamState) -> None:
        known = window.troubled[content_id]
        created = window.start if known.created < 0 else known.created
        error = ContentUnreadable(f"Content {content_id[:120]}: {known.reason} {_NO_LONGER_LISTED}")
        self._trouble(BlobRef(content_id, "", created, None), error, owed, window, state)
        if content_id in owed:
            owed[content_id].reason = known.reason

    def _lose(self, ref: BlobRef, reason: str, window: Window, state: StreamState) -> None:
        self._report.loss(self.name, state, Gap(ref.created, ref.created, f"Content {ref.content_id}: {reason}"))
        window.lost.append(ref.content_id)

    def _start(self, state: StreamState) -> None:
        now = self._clock.now()
        if now < state.start_asked_at + _START_EVERY_S:
            wait_s = state.start_asked_at + _START_EVERY_S - now
            raise SubscriptionMissing(
                f"The subscription {self.name} is not enabled, and was started less than 15 minutes ago.",
                advice="Microsoft allows one start in 15 minutes; the input tries again by itself.",
                retry_after_s=wait_s,
            )
        state.start_asked_at = now
        self._api.start(self.name)


def _records(cut: Cut) -> Iterator[Cut]:
    if cut.raws:
        yield cut
    if cut.fault is not None:
        raise cut.fault


class _Counted:
    """Iterates pages and knows how many there were."""

    def __init__(self, pages: Iterator[list[BlobRef]]) -> None:
        self._pages = pages
        self.count = 0

    def __iter__(self) -> Iterator[list[BlobRef]]:
        for page in self._pages:
            self.count += 1
            yield page
