"""Asking again: which faults, how long in between, and when to give up until the next run.

Waits end at once when the process is asked to stop. `Retry-After` may be seconds or a date (RFC 9110, 10.2.3).
"""

from __future__ import annotations

import random
from logging import Logger
from typing import Callable

from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util.retry import Retry

from mail_threats.clock import Clock
from mail_threats.errors import ServiceError, Throttled, Transient
from mail_threats.wire.pace import Turns
from mail_threats.wire.request_log import ATTEMPT
from mail_threats.wire.tally import Tally
from mail_threats.wire.verdicts import Judge, Response


class Retrier:
    """Repeats an exchange until it succeeds, the service refuses, or patience ends.

    `attempts` counts repetitions. A wait longer than `patience_s` is not sat out: the error goes up with its
    `retry_after_s`, so that the caller can note when to come back.
    Throttling without a named wait starts at `throttle_first_s` and doubles, other faults start at one second.
    Source: Management Activity API, throttling (AF429 names no wait); Graph throttling guidance (honour Retry-After).
    """

    def __init__(
        self,
        clock: Clock,
        tally: Tally,
        log: Logger,
        *,
        attempts: int = 5,
        patience_s: float = 300.0,
        throttle_first_s: float = 10.0,
    ) -> None:
        self._clock = clock
        self._tally = tally
        self._log = log
        self._attempts = attempts
        self._patience_s = patience_s
        self._throttle_first_s = throttle_first_s

    def run(
        self, exchange: Callable[[], Response], judge: Judge, pace: Turns, what: str, *, repeat: bool = True
    ) -> Response:
        """The first answer of `exchange` in which `judge` finds no error; `what` names it in the log.

        Raises: the ServiceError that was left when repeating could not help or patience ended; Stopped.
        """
        history = Retry(total=self._attempts if repeat else 0, backoff_factor=0.5)
        while True:
            response: Response | None = None
            fault: ServiceError | None
            try:
                with pace.turn():
                    self._tally.add("requests")
                    ATTEMPT.set(len(history.history) + 1)
                    response = exchange()
                fault = judge(response)
            except Transient as broken:
                fault = broken
            if response is not None and fault is None:
                return response
            assert fault is not None
            if not isinstance(fault, (Throttled, Transient)):
                raise fault
            self._tally.add("throttles" if isinstance(fault, Throttled) else "retries")
            history = self._pause(history, fault, response, pace, what)

    def _pause(self, history: Retry, fault: ServiceError, response: Response | None, pace: Turns, what: str) -> Retry:
        asked_s = _retry_after_s(history, response)
        fault.retry_after_s = fault.retry_after_s if asked_s is None else asked_s
        try:
            history = history.increment(method="GET", url=what, error=fault)
        except MaxRetryError:
            raise fault from None
        wait_s = self._wait_s(fault, len(history.history))
        if wait_s > self._patience_s:
            raise fault
        self._log.warning(
            "action=request_repeated request=%s wait_s=%.1f attempt=%d reason=%r",
            what,
            wait_s,
            len(history.history),
            fault.message,
        )
        if isinstance(fault, Throttled):
            pace.hold(wait_s)
        else:
            self._clock.wait(wait_s)
        return history

    def _wait_s(self, fault: ServiceError, attempt: int) -> float:
        if fault.retry_after_s is not None:
            return fault.retry_after_s
        first_s = self._throttle_first_s if isinstance(fault, Throttled) else 1.0
        # Jitter keeps inputs of many hosts, all throttled at once, from coming back at once.
        return float(min(first_s * 2 ** (attempt - 1), self._patience_s / 2)) * random.uniform(0.8, 1.2)


def _retry_after_s(parser: Retry, response: Response | None) -> float | None:
    text = response.headers.get("Retry-After") if response is not None else None
    if text is None:
        return None
    try:
        return float(parser.parse_retry_after(text))
    except (InvalidHeader, OverflowError, ValueError):
        return None
