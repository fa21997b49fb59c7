"""What a company produces: records for the tenant to offer, events of its endpoints, its allowlist, and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.company.records import shape

SEVERITIES = ("info", "low", "medium", "high", "critical")
MUSTS = ("found", "allowed", "not_raised", "none")


@dataclass(frozen=True)
class Record:
    """One record the tenant offers.

    `kind` is `audit` (then `content_type` is set, e.g. Audit.Exchange), `sign_in` (then `sign_in_kind` is
    interactive, non_interactive, service_principal or managed_identity, and the payload has the keys of Graph's beta)
    or `directory_audit`.
    `time` is when it happened, `visible_at` when Microsoft first shows it, both epoch seconds. `id` is the record's
    own id; a sign-in has the same id in both services."""

    kind: str
    content_type: str | None
    sign_in_kind: str | None
    time: float
    visible_at: float
    id: str
    payload: shape.Payload


@dataclass(frozen=True)
class EndpointEvent:
    """One event another collector brought into Splunk: `raw` as it is indexed, `time` and `visible_at` as in Record."""

    time: float
    visible_at: float
    host: str
    source: str
    sourcetype: str
    raw: str


@dataclass(frozen=True)
class Truth:
    """What must come of one story for one entity.

    `must`:
      found       at least one finding of `detection` for `entity` with status new and severity `min_severity` or above
      allowed     at least one finding with status allowed, and no new one above `max_severity`
      not_raised  no new finding above `max_severity` (rated, perhaps, but not raised)
      none        no finding at all, of whatever status
    `first` and `last` are the epoch seconds of the story's first and last event; `fields` must be equal in the finding
    (as text; a list must hold the same members, in any order).
    """

    id: str
    story: str
    detection: str
    technique: str
    entity: str
    must: str
    first: float
    last: float
    why: str
    min_severity: str | None = None
    max_severity: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """Everything of one run, in order of visibility. `allowlist_rows` have the columns of the allowlist file."""

    seed: int
    start: float
    end: float
    records: list[Record]
    endpoint_events: list[EndpointEvent]
    allowlist_rows: list[dict[str, str]]
    truth: list[Truth]
    accepted_domains: list[str]
    company_networks: list[str]
    story_of: Mapping[str, str]
    """Record id to the story it belongs to; ordinary records are absent."""
