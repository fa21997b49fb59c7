"""What a run has to tell the admin: problems and losses, by stream."""

from __future__ import annotations

from logging import Logger
from typing import NamedTuple

from mail_threats.errors import HeldElsewhere, MailThreatsError, Refused, ServiceError, StateUnavailable, UntrustedLink
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Gap
from mail_threats.timestamps import zulu

PARKED, RETRIED, PAUSED, WAITING = "parked", "retried", "paused", "waiting"
RECOVERED, STANDBY = "recovered", "standby"
_NEED_ADMIN = (PARKED, PAUSED, WAITING)


class Problem(NamedTuple):
    """`reaction`: `parked` until an admin acts, `retried` by itself, `paused` until an admin decides, `waiting` for
    splunkd or its KV store, `recovered` from for good, `standby` for another member of the cluster."""

    stream: str
    code: str
    message: str
    advice: str
    reaction: str

    @property
    def needs_admin(self) -> bool:
        return self.reaction in _NEED_ADMIN


class Report:
    """Problems since the last health event, in order; each is logged too. Losses are kept in the state of their stream
    until a health event has told them.

    `needs_admin` tells whether any problem since the start was one that does not pass by itself.
    """

    def __init__(self, log: Logger) -> None:
        self.needs_admin = False
        self.problems: list[Problem] = []
        self._log = log

    def problem(self, stream: str, error: MailThreatsError, reaction: str = "") -> None:
        """Note an error once, however often it occurs."""
        code = error.code if isinstance(error, ServiceError) else ""
        problem = Problem(stream, code, error.message, error.advice, reaction or _reaction(error))
        self.needs_admin = self.needs_admin or problem.needs_admin
        if problem not in self.problems:
            self.problems.append(problem)
            self._log.error("action=problem stream=%s reaction=%s reason=%r", stream, problem.reaction, str(error))

    def loss(self, stream: str, state: StreamState, gap: Gap) -> None:
        """Record in the stream's state that something of a span can never be collected."""
        state.record_gap(gap)
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


def _reaction(error: MailThreatsError) -> str:
    if isinstance(error, HeldElsewhere):
        return STANDBY if error.standby else PARKED
    if isinstance(error, StateUnavailable):
        return WAITING
    parked = isinstance(error, (Refused, UntrustedLink)) or not isinstance(error, ServiceError)
    return PARKED if parked else RETRIED
