"""One line at DEBUG for each request: what was asked, what came, how long it took; never a header, a form or a body."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from logging import Logger
from urllib.parse import parse_qsl, urlsplit

from mail_threats.wire.verdicts import Response

ATTEMPT: ContextVar[int] = ContextVar("attempt", default=1)
"""Which attempt a request is, 1 for the first; set by whoever repeats it."""

_SECRET = re.compile(r"token|secret|assertion|signature|password|key|code|\bsig\b", re.IGNORECASE)
_IDS = ("request-id", "x-ms-request-id", "client-request-id")
_LONGEST = 500


class Told:
    """What a request gave so far; `answer` is set once it was answered."""

    def __init__(self) -> None:
        self.answer: Response | None = None


class RequestLog:
    """Writes to `log`; without one, and above DEBUG, it costs nothing."""

    def __init__(self, log: Logger | None) -> None:
        self._log = log

    @contextmanager
    def told(self, method: str, url: str) -> Iterator[Told]:
        """Entered before a request is sent; the line is written when it is left, however that happens."""
        told = Told()
        if self._log is None or not self._log.isEnabledFor(logging.DEBUG):
            yield told
            return
        began = time.monotonic()
        fault = ""
        try:
            yield told
        except BaseException as raised:
            fault = type(raised).__name__
            raise
        finally:
            self._write(self._log, method, url, told.answer, (time.monotonic() - began) * 1000, fault)

    def _write(self, log: Logger, method: str, url: str, answer: Response | None, ms: float, fault: str) -> None:
        parts = urlsplit(url)
        request_id = next((answer.headers[name] for name in _IDS if name in answer.headers), "") if answer else ""
        log.debug(
            "action=request method=%s host=%s path=%s query=%r status=%s bytes=%s whole=%s ms=%.0f request_id=%s"
            " attempt=%d fault=%s",
            method,
            parts.netloc.rpartition("@")[2],
            parts.path[:_LONGEST],
            shown_query(parts.query),
            answer.status if answer else "none",
            len(answer.body) if answer else 0,
            answer is not None and answer.rest is None,
            ms,
            re.sub(r"[^\w.-]", "", request_id)[:64] or "none",
            ATTEMPT.get(),
            fault or "none",
        )


def shown_query(query: str) -> str:
    """A query as a log may show it: values of parameters that could be a secret are left out."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return "&".join(f"{name}={'[redacted]' if _SECRET.search(name) else value}" for name, value in pairs)[:_LONGEST]
