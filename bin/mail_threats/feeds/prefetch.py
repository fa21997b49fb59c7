"""Fetching ahead: several requests under way, results in the order they were asked for, never more than a few in
memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, TypeVar

from mail_threats.clock import Clock
from mail_threats.errors import ServiceError
from mail_threats.wire.stoppable import result_of

Asked = TypeVar("Asked")
Fetched = TypeVar("Fetched")


def prefetch(
    fetch: Callable[[Asked], Fetched], wanted: Iterable[Asked], pool: ThreadPoolExecutor, ahead: int, clock: Clock
) -> Iterator[tuple[Asked, Fetched | ServiceError]]:
    """Each wanted thing with its result, or with the ServiceError that came instead; `wanted` is read as results are
    taken.

    Raises: Stopped within a quarter of a second; a ServiceError of `wanted` itself, after all that was asked for before
    came out; whatever else `fetch` or `wanted` raises.
    """
    waiting: deque[tuple[Asked, Future[Fetched]]] = deque()
    source = iter(wanted)
    ended = False
    broken: ServiceError | None = None
    try:
        while True:
            while not ended and len(waiting) < ahead:
                try:
                    item = next(source)
                except StopIteration:
                    ended = True
                except ServiceError as error:
                    # What was asked for before is still worth having.
                    ended, broken = True, error
                else:
                    waiting.append((item, pool.submit(fetch, item)))
            if not waiting:
                break
            item, future = waiting.popleft()
            try:
                result: Fetched | ServiceError = result_of(future, clock)
            except ServiceError as error:
                result = error
            yield item, result
    finally:
        for _, future in waiting:
            future.cancel()
    if broken is not None:
        raise broken
