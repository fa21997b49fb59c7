"""What every fault is: a name, the endpoints it can act on, and how often it acts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from lab.tenant.exchange import Call, Reply

if TYPE_CHECKING:
    from lab.tenant.activity.models import Blob, Entry
    from lab.tenant.graph.models import Row
    from lab.tenant.records import Record
    from lab.tenant.tenant import Tenant

ENDPOINTS = {
    "login": ("token",),
    "management": ("subscriptions_list", "subscriptions_start", "subscriptions_stop", "content", "blob"),
    "graph": ("sign_ins", "directory_audits"),
}
"""Endpoint names by service; a fault's `endpoint` may be either."""

ANY_ENDPOINT = tuple(endpoint for endpoints in ENDPOINTS.values() for endpoint in endpoints)
GRAPH = ENDPOINTS["graph"]


class Fault:
    """One thing that goes wrong, switched on by naming it in `Tenant(faults=[...])`.

    endpoint: narrows it to one endpoint or service. match: acts only where the request's address (for faults in the
    data: the content type) contains this text, in any case. after: lets that many matching occasions pass first.
    every: acts on each k-th. first: acts that many times at most. All of them count matching occasions only, so a run
    is deterministic as long as the client's requests are.
    """

    name: ClassVar[str]
    acts_on: ClassVar[tuple[str, ...]] = ()
    once: ClassVar[bool] = False
    """True for a fault that acts once unless told otherwise (`first=1`)."""

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        match: str | None = None,
        after: int = 0,
        every: int = 1,
        first: int | None = None,
    ) -> None:
        self.endpoints = self._narrowed(endpoint)
        self.match = match
        self.after = after
        self.every = every
        self.first = 1 if first is None and self.once else first
        self.acted = 0
        self._seen = 0

    def _narrowed(self, endpoint: str | None) -> tuple[str, ...]:
        if endpoint is None:
            return self.acts_on
        chosen = ENDPOINTS.get(endpoint, (endpoint,))
        if not set(chosen) & set(self.acts_on):
            raise ValueError(f"fault {self.name}: endpoint {endpoint!r} is none of {', '.join(self.acts_on)}")
        return tuple(name for name in chosen if name in self.acts_on)

    def due(self, occasion: str) -> bool:
        """True when the fault acts now. occasion: the address or the content type that `match` is held against."""
        if self.match is not None and self.match.lower() not in occasion.lower():
            return False
        self._seen += 1
        turn = self._seen - self.after
        if turn <= 0 or turn % self.every or (self.first is not None and self.acted >= self.first):
            return False
        self.acted += 1
        return True

    def acts_for(self, call: Call) -> bool:
        return call.endpoint in self.endpoints and self.due(call.url)

    # The stages at which a fault may act. Each does nothing unless a fault says otherwise.

    def prepare(self, tenant: Tenant) -> None:
        """Change the tenant's state before it serves anything."""

    def delay(self, record: Record) -> Record:
        """Change when a report's record becomes visible."""
        return record

    def arrange(self, blobs: list[Blob], rng: random.Random) -> list[Blob]:
        """Change new blobs before they are stored."""
        return blobs

    def entries(self, call: Call, entries: list[Entry]) -> list[Entry]:
        """Change what a content listing window holds."""
        return entries

    def rows(self, call: Call, rows: list[Row]) -> list[Row]:
        """Change what a report query finds."""
        return rows

    def page_rows(self, call: Call, wanted: int) -> int:
        """Rows on this page of a report; 0 gives an empty page with a nextLink."""
        return wanted

    def refuse(self, call: Call) -> Reply | None:
        """Answer in place of the service."""
        return None

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        """Change the service's answer."""
        return reply


Subject = TypeVar("Subject")


class FaultSet:
    """The faults of one tenant, asked in the order they were named."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)

    def prepare(self, tenant: Tenant) -> None:
        for fault in self.faults:
            fault.prepare(tenant)

    def delay(self, record: Record) -> Record:
        return self._through(lambda fault, subject: fault.delay(subject), record)

    def arrange(self, blobs: list[Blob], rng: random.Random) -> list[Blob]:
        return self._through(lambda fault, subject: fault.arrange(subject, rng), blobs)

    def entries(self, call: Call, entries: list[Entry]) -> list[Entry]:
        return self._through(lambda fault, subject: fault.entries(call, subject), entries)

    def rows(self, call: Call, rows: list[Row]) -> list[Row]:
        return self._through(lambda fault, subject: fault.rows(call, subject), rows)

    def page_rows(self, call: Call, wanted: int) -> int:
        return self._through(lambda fault, subject: fault.page_rows(call, subject), wanted)

    def refuse(self, call: Call) -> Reply | None:
        for fault in self.faults:
            reply = fault.refuse(call)
            if reply is not None:
                return reply
        return None

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        return self._through(lambda fault, subject: fault.rewrite(call, subject), reply)

    def _through(self, step: Callable[[Fault, Any], Subject], subject: Subject) -> Subject:
        for fault in self.faults:
            subject = step(fault, subject)
        return subject
