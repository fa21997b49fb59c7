"""One of Entra's logs in Graph, a kind of sign-in or the directory audits, as a stream.

Windows are in event time (createdDateTime, activityDateTime), since Graph offers no other. Records appear late, with
the time they happened, and the same query may find fewer rows than there are: so a query ends a little before the
present, and windows are read again for a day, with ids that were delivered skipped.
Sources: Graph, list signIns and list directoryAudits (v1.0 and beta); interactive sign-ins and directory audits are
served by v1.0, the other kinds by beta only, through signInEventTypes. Rows come oldest first, so that a long chain of
pages can be ended where it has come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mail_threats.errors import TIMEOUT, ContentUnreadable, PagingBroken, Refused, ServiceError, Transient
from mail_threats.feeds.delivery import Delivery
from mail_threats.feeds.json_text import Record, page_records
from mail_threats.feeds.raw_event import RawEvent
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import DAY_S, HOUR_S, Policy, Window
from mail_threats.timestamps import event_time, whole_seconds, zulu
from mail_threats.wire import service_codes
from mail_threats.wire.pace import Limit
from mail_threats.wire.service import Service, address

POLICY = Policy(
    lag_s=120.0,
    open_for_s=DAY_S,
    near_s=2 * HOUR_S,
    rescan_every_s=HOUR_S,
    chunk_s=DAY_S,
    backlog_s=7 * DAY_S,
    shortest_s=60.0,
    retention_s=30 * DAY_S,
    page_cost_s=2.0,
)
REPORTS_LIMIT = Limit(5, 10.0)
_PAGE_ROWS = 1000
# Very long chains of pages were seen to be throttled without end.
_CHAIN_PAGES = 20


class Log(NamedTuple):
    """A log as Graph serves it under `auditLogs/<path>`.

    `time_field` is the record's event time, `version` the API version that serves it, `event_type` its value in
    signInEventTypes, None where the endpoint serves this log alone.
    """

    path: str
    time_field: str
    sourcetype: str
    version: str
    event_type: str | None


def _sign_ins(version: str, event_type: str | None) -> Log:
    return Log("signIns", "createdDateTime", "azure:aad:signin", version, event_type)


LOGS: Mapping[str, Log] = {
    "interactive": _sign_ins("v1.0", None),
    "non_interactive": _sign_ins("beta", "nonInteractiveUser"),
    "service_principal": _sign_ins("beta", "servicePrincipal"),
    "managed_identity": _sign_ins("beta", "managedIdentity"),
    "directory_audits": Log("directoryAudits", "activityDateTime", "azure:aad:audit", "v1.0", None),
}


def hint_at_other_version(error: ServiceError, name: str, version: str) -> None:
    """Let the error of a log's query advise another API version, when that may help.

    Seen in GCC High, for months: v1.0 answers 400 to what beta answers.
    """
    if error.status == 400 and version != "beta":
        hint = "In some national clouds, GCC High among them, v1.0 refuses what beta answers:"
        error.advice = f"{hint} set {name}=beta in the input's API versions."


class GraphStream:
    """A `Source` (feeds/collection.py) for one log; `base_url` is the Graph address of the account's cloud.

    `version` and `sourcetype` replace the log's own.
    """

    policy = POLICY

    def __init__(
        self,
        name: str,
        tenant_id: str,
        service: Service,
        base_url: str,
        delivery: Delivery,
        version: str = "",
        sourcetype: str = "",
    ) -> None:
        self.name = name
        self._log = LOGS[name]
        self._source = f"entra_sign_ins:{tenant_id}:{name}"
        self._service = service
        self._version = version or self._log.version
        self._root = f"{base_url}/{self._version}/auditLogs/{self._log.path}"
        self._delivery = delivery
        self._sourcetype = sourcetype or self._log.sourcetype

    @property
    def clock_skew_s(self) -> float:
        return self._service.clock_skew_s

    def prepare(self, state: StreamState) -> None:
        """Nothing has to be done before a log can be read."""

    def collect(self, state: StreamState, window: Window, until: float) -> float:
        reached = window.start
        in_order = True
        window.pages = 0
        try:
            for records in self._pages(state, window.start, until):
                window.pages += 1
                self._delivery.deliver(self._events(records))
                for second in self._seconds(records):
                    in_order = in_order and second >= int(reached)
                    # Rows of the last second may continue on the next page, so that second is read again.
                    reached = max(reached, float(second))
                if window.pages >= _CHAIN_PAGES and reached > window.start and in_order:
                    return min(reached, until)
        except PagingBroken:
            # Where rows do not come oldest first, the newest that was seen says nothing about what was not.
            if reached <= window.start or not in_order:
                raise
            return min(reached, until)
        return until

    def _pages(self, state: StreamState, start: float, end: float) -> Iterator[list[Record]]:
        url: str | None = address(self._root, self._query(start, end))
        seen = set()
        while url is not None:
            seen.add(url)
            page = page_records(self._get(state, url, first=len(seen) == 1), "value", f"A page of {self.name}")
            yield page.records
            url = _next_link(page.other)
            if url in seen:
                raise PagingBroken(f"The pages of {self.name} from {zulu(start)} repeat and never end.")

    def _get(self, state: StreamState, url: str, *, first: bool) -> bytes:
        try:
            return self._service.get(url, f"{self._log.path}_{self.name}").body
        except Refused as error:
            if error.code == service_codes.NO_PREMIUM and state.delivered:
                verdict = service_codes.NO_PREMIUM_IN_PASSING
                raise Transient(error.message, advice=verdict.advice, code=error.code, status=error.status) from None
            if error.status == 400 and not first:
                raise _broken_chain(error) from None
            hint_at_other_version(error, self.name, self._version)
            raise
        except Transient as error:
            # A window that is too big to answer ends in time-outs, however often it is asked for.
            if error.code == TIMEOUT:
                raise _broken_chain(error) from None
            raise

    def _query(self, start: float, end: float) -> Mapping[str, str]:
        time_field = self._log.time_field
        condition = f"{time_field} ge {zulu(start)} and {time_field} lt {zulu(end)}"
        if self._log.event_type is not None:
            condition += f" and signInEventTypes/any(t: t eq '{self._log.event_type}')"
        return {"$filter": condition, "$orderby": f"{time_field} asc", "$top": str(_PAGE_ROWS)}

    def _events(self, records: list[Record]) -> Iterator[RawEvent]:
        for raw, record in records:
            fields = record if isinstance(record, dict) else {}
            event_id, happened = fields.get("id"), fields.get(self._log.time_field)
            yield RawEvent(
                event_time(happened) if type(happened) is str else "",
                self._source,
                self._sourcetype,
                raw,
                event_id if type(event_id) is str and event_id else raw,
            )

    def _seconds(self, records: list[Record]) -> Iterator[int]:
        for _, record in records:
            try:
                yield whole_seconds(record[self._log.time_field])
            except (KeyError, TypeError, ValueError, AttributeError):
                continue


def _next_link(members: Mapping[str, Any]) -> str | None:
    """The address of the next page; only a missing link ends a chain, an empty page or a short one does not."""
    link = members.get("@odata.nextLink")
    if link is None:
        return None
    if type(link) is not str or not link:
        raise ContentUnreadable("A page of a Graph log has a nextLink that is not an address.")
    return link


def _broken_chain(error: ServiceError) -> PagingBroken:
    return PagingBroken(error.message, advice=error.advice, code=error.code, status=error.status)
