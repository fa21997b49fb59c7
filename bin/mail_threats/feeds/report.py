"""What a run has to tell the admin: problems and losses, by stream."""

from __future__ import annotations

from logging import Logger
from typing import NamedTuple

from mail_threats.errors import MailThreatsError, Refused, ServiceError, UntrustedLink
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Gap
from mail_threats.timestamps import zulu


class Problem(NamedTuple):
    """`reaction`: `parked` until an admin acts, `retried` by itself, `lost` for good, `paused` until an admin
    decides."""

    stream: str
    code: str
    message: str
    advice: str
    reaction: str


class Loss(NamedTuple):
    """A span of a stream's time of which something cannot be collected any more."""

    stream: str
    gap: Gap


class Report:
    """Problems and losses since the last health event, in order; each is logged too.

    `needs_admin` tells whether any problem since the start was one that does not pass by itself.
    """

    def __init__(self, log: Logger) -> None:
        self.needs_admin = False
        self.problems: list[Problem] = []
        self.losses: list[Loss] = []
        self._log = log

    def problem(self, stream: str, error: MailThreatsError, reaction: str = "") -> None:
        """Note an error once, however often it occurs."""
        code = error.code if isinstance(error, ServiceError) else ""
        parked = isinstance(error, (Refused, UntrustedLink)) or not isinstance(error, ServiceError)
        problem = Problem(stream, code, error.message, error.advice, reaction or ("parked" if parked else "retried"))
        self.needs_admin = self.needs_admin or problem.reaction != "retried"
        if problem not in self.problems:
            self.problems.append(problem)
            self._log.error("action=problem stream=%s reaction=%s reason=%r", stream, problem.reaction, str(error))

    def loss(self, stream: str, state: StreamState, gap: Gap) -> None:
        """Record, here and in the stream's state, that something of a span can never be collected."""
        state.record_gap(gap)
        self.losses.append(Loss(stream, gap))
        self._log.error(
            "action=content_lost stream=%s start=%s end=%s reason=%r",
            stream,
            zulu(gap.start),
            zulu(gap.end),
            gap.reason,
        )

    def clear(self) -> None:
        """Begin anew, after a health event told everything."""
        self.problems.clear()
        self.losses.clear()
