"""Waiting for the network in a way that a stop ends: the main thread, which has to wind up, never sits in a socket."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from mail_threats.clock import Clock
from mail_threats.wire.service import Service
from mail_threats.wire.verdicts import Response

Result = TypeVar("Result")
_POLL_S = 0.25


def result_of(future: Future[Result], clock: Clock) -> Result:
    """What the future gives.

    Raises: Stopped within a quarter of a second after the process was asked to end; whatever the future raises.
    """
    while True:
        clock.check()
        try:
            return future.result(timeout=_POLL_S)
        except FutureTimeout:
            if future.done():
                return future.result()


def waited(pool: ThreadPoolExecutor, clock: Clock, call: Callable[[], Result]) -> Result:
    """What `call` gives, made on a thread of `pool`. Raises: Stopped; whatever `call` raises."""
    return result_of(pool.submit(call), clock)


class StoppableService:
    """A `Service` for the main thread; the requests are made on threads of `pool`."""

    def __init__(self, service: Service, pool: ThreadPoolExecutor, clock: Clock) -> None:
        self._service = service
        self._pool = pool
        self._clock = clock

    @property
    def clock_skew_s(self) -> float:
        return self._service.clock_skew_s

    def get(self, url: str, what: str) -> Response:
        return waited(self._pool, self._clock, lambda: self._service.get(url, what))

    def post(self, url: str, what: str) -> Response:
        return waited(self._pool, self._clock, lambda: self._service.post(url, what))
