"""Where everything that happens in the company is written down, by ordinary life and by the stories alike.

One path for both: lateness, precision and feeds are the same, so nothing but what happened tells an attack from a
working day.
"""

from __future__ import annotations

from random import Random

from lab.company import lateness
from lab.company.records import windows_events
from lab.company.records.audit_envelope import content_type
from lab.company.records.audit_sign_in import audit_sign_in
from lab.company.records.directory_audit import directory_change
from lab.company.records.graph_directory_audit import graph_directory_audit
from lab.company.records.graph_sign_in import graph_sign_in
from lab.company.records.shape import Payload
from lab.company.records.sign_in import SignIn
from lab.company.world import EndpointEvent, Record


class Journal:
    """Collects records between `start` and `end` (epoch seconds); what falls outside is not written."""

    def __init__(self, rng: Random, start: float, end: float) -> None:
        self.start = start
        self.end = end
        self.records: list[Record] = []
        self.endpoint_events: list[EndpointEvent] = []
        self._rng = rng

    def sign_in(self, sign_in: SignIn) -> None:
        """A sign-in, as Graph offers it and, for people, as the audit log does: two records with one id."""
        if not self.start <= sign_in.time < self.end:
            return
        self.graph(graph_sign_in(sign_in, self._rng), sign_in.kind, sign_in.time)
        if sign_in.kind in ("interactive", "non_interactive"):
            self.audit(audit_sign_in(sign_in, self._rng), sign_in.time)

    def graph(self, payload: Payload, sign_in_kind: str, time: float, late: float | None = None) -> None:
        """A Graph sign-in object that happened at `time` and shows after `late` seconds (drawn when None)."""
        if self.start <= time < self.end:
            delay = lateness.sign_in(self._rng) if late is None else late
            happened = float(int(time))
            self.records.append(
                Record("sign_in", None, sign_in_kind, happened, _visible(happened, delay), payload["id"], payload)
            )

    def directory_change(
        self, rng: Random, *, time: float, operation: str, actor: str, target: str, src: str | None = None
    ) -> None:
        """A change in the directory, as the audit log and Graph's directory audits offer it: two records, two ids."""
        audited = directory_change(rng, time=time, operation=operation, actor=actor, target=target, src=src)
        self.audit(audited, time)
        if not self.start <= time < self.end:
            return
        # Drawn from the change itself: Graph's view of it moves nothing else of the company's two days.
        own = Random(f"directory audit of {audited['Id']}")
        happened = float(int(time))
        payload = graph_directory_audit(own, time=happened, operation=operation, actor=actor, target=target, src=src)
        visible_at = _visible(happened, lateness.sign_in(own))
        self.records.append(Record("directory_audit", None, None, happened, visible_at, payload["id"], payload))

    def audit(self, payload: Payload, time: float, late: float | None = None) -> None:
        """A Management Activity record that happened at `time`; its Workload decides the content type."""
        if self.start <= time < self.end:
            delay = lateness.audit(self._rng) if late is None else late
            happened = float(int(time))
            self.records.append(
                Record(
                    "audit",
                    content_type(payload),
                    None,
                    happened,
                    _visible(happened, delay),
                    payload["Id"],
                    payload,
                )
            )

    def endpoint(self, raw: str, time: float, computer: str, channel: str, late: float | None = None) -> None:
        """A Windows event of `computer` (full name) from `channel`."""
        if self.start <= time < self.end:
            delay = lateness.endpoint(self._rng) if late is None else late
            self.endpoint_events.append(
                EndpointEvent(
                    time=round(time, 3),
                    visible_at=_visible(time, delay),
                    host=computer.split(".", 1)[0],
                    source=windows_events.source_of(channel),
                    sourcetype="XmlWinEventLog",
                    raw=raw,
                )
            )


def _visible(time: float, delay: float) -> float:
    return round(time + delay, 3)
