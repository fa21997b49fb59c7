"""Fetching ahead: several answers under way while pages are still listed and earlier answers are delivered.

Answers come in pieces and in any order, since a delivered event is known by its id. Two things are bounded: requests
under way, by what the service takes, and bytes that were read and not yet delivered, over all requests together.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Callable, Generic, TypeVar

from mail_threats.clock import Clock
from mail_threats.errors import ServiceError, Transient
from mail_threats.wire.concurrency import Concurrency

Page = TypeVar("Page")
Asked = TypeVar("Asked")
Piece = TypeVar("Piece")

HELD_BYTES = 16 * 1024 * 1024
"""Bytes that may wait to be delivered."""

_POLL_S = 0.25
_PAGES_AHEAD = 2
_ASKED_AHEAD = 64
_BROKEN_OFF_AT_MOST = 2


class Again:
    """What came of this answer so far ended in the middle; it is asked for once more, from its beginning."""


class Prefetch(Generic[Page, Asked, Piece]):
    """One listing and the answers to what it names.

    `pages` is read on a thread of `pool`, and so is each answer: `fetch(asked)` yields its pieces, `size(piece)` is the
    bytes that one holds. `select(page)` gives what is wanted of a page; it is called by the thread that iterates.
    """

    def __init__(
        self,
        pages: Iterable[Page],
        select: Callable[[Page], Iterable[Asked]],
        fetch: Callable[[Asked], Iterator[Piece]],
        pool: ThreadPoolExecutor,
        concurrency: Concurrency,
        clock: Clock,
        size: Callable[[Piece], int] = len,  # type: ignore[assignment]
    ) -> None:
        self._pages = pages
        self._select = select
        self._fetch = fetch
        self._pool = pool
        self._concurrency = concurrency
        self._clock = clock
        self._size = size
        self._lock = threading.Lock()
        self._work_there = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._page_taken = threading.Condition(self._lock)
        self._wanted: deque[Asked] = deque()
        self._workers = 0
        self._active = 0
        self._held = 0
        self._closed = False
        self._listed: deque[Page] = deque()
        self._news: SimpleQueue[tuple[Asked, Piece | Again | BaseException | None] | None] = SimpleQueue()
        self._listing_ended = False
        self._listing_fault: BaseException | None = None
        self._open = 0

    def __iter__(self) -> Iterator[tuple[Asked, Piece | Again | ServiceError | None]]:
        """What comes of answers, as it arrives: a piece; Again; the error that ended one; None when it is whole.

        Raises: Stopped within a quarter of a second; a ServiceError of `pages` itself, after all that was asked for
        before came out; whatever else `pages` or `fetch` raises.
        """
        self._pool.submit(self._list)
        try:
            yield from self._parts()
        finally:
            with self._lock:
                self._closed = True
                for condition in (self._work_there, self._room, self._page_taken):
                    condition.notify_all()
        if self._listing_fault is not None:
            raise self._listing_fault

    def _parts(self) -> Iterator[tuple[Asked, Piece | Again | ServiceError | None]]:
        source: Iterator[Asked] = iter(())
        exhausted = True
        while True:
            exhausted, source = self._ask_ahead(source, exhausted)
            if exhausted and self._open == 0 and self._listing_ended and not self._listed:
                return
            self._clock.check()
            try:
                news = self._news.get(timeout=_POLL_S)
            except Empty:
                continue
            if news is None:
                continue
            asked, part = news
            if isinstance(part, Again):
                yield asked, part
            elif part is None or isinstance(part, BaseException):
                self._open -= 1
                if part is not None and not isinstance(part, ServiceError):
                    raise part
                yield asked, part
            else:
                size = self._size(part)
                yield asked, part
                with self._lock:
                    self._held -= size
                    self._room.notify()

    def _ask_ahead(self, source: Iterator[Asked], exhausted: bool) -> tuple[bool, Iterator[Asked]]:
        while len(self._wanted) < _ASKED_AHEAD:
            if exhausted:
                with self._lock:
                    if not self._listed:
                        return True, source
                    page = self._listed.popleft()
                    self._page_taken.notify()
                source = iter(self._select(page))
            asked = next(source, self)
            exhausted = asked is self
            if not exhausted:
                self._ask(asked)  # type: ignore[arg-type]
        return exhausted, source

    def _ask(self, asked: Asked) -> None:
        self._open += 1
        with self._lock:
            self._wanted.append(asked)
            if self._workers - self._active < len(self._wanted) and self._workers < self._concurrency.limit:
                self._workers += 1
                self._pool.submit(self._work)
            else:
                self._work_there.notify()

    # On threads of the pool

    def _list(self) -> None:
        try:
            for page in self._pages:
                with self._lock:
                    self._listed.append(page)
                    self._news.put(None)
                    while len(self._listed) > _PAGES_AHEAD and not self._closed:
                        self._page_taken.wait()
                    if self._closed:
                        return
        except BaseException as fault:  # it is raised where it can be dealt with
            self._listing_fault = fault
        finally:
            self._listing_ended = True
            self._news.put(None)

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._closed and not (self._wanted and self._active < self._concurrency.limit):
                    self._work_there.wait()
                if self._closed:
                    return
                asked = self._wanted.popleft()
                self._active += 1
            try:
                self._one(asked)
            finally:
                with self._lock:
                    self._active -= 1
                    if len(self._wanted) > 1:
                        self._work_there.notify()

    def _one(self, asked: Asked) -> None:
        for attempt in range(_BROKEN_OFF_AT_MOST + 1):
            begun = False
            try:
                for piece in self._fetch(asked):
                    if not self._hold(self._size(piece)):
                        return
                    begun = True
                    self._news.put((asked, piece))
            except Transient as fault:
                if begun and attempt < _BROKEN_OFF_AT_MOST:
                    self._news.put((asked, Again()))
                    continue
                self._news.put((asked, fault))
            except BaseException as fault:  # it is raised where it can be dealt with
                self._news.put((asked, fault))
            else:
                self._news.put((asked, None))
            return

    def _hold(self, size: int) -> bool:
        """Wait until `size` more bytes may be held; False when nobody wants them any more."""
        with self._lock:
            while self._held and self._held + size > HELD_BYTES and not self._closed:
                self._room.wait()
            self._held += size
            return not self._closed
