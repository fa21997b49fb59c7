"""HTTP in and out of /auditLogs/signIns and /auditLogs/directoryAudits."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lab.tenant.exchange import Call, NotSimulated, Reply, json_reply
from lab.tenant.faults.fault import FaultSet
from lab.tenant.graph.errors import GraphError, request_id
from lab.tenant.graph.models import Chain, ChainStore, Reports, Row
from lab.tenant.graph.odata import FilterReader, ReportFilter, read_orderby
from lab.tenant.ledger import Ledger
from lab.tenant.limiter import SlidingLimiter
from lab.tenant.records import encode
from lab.tenant.token import signing

LARGEST_PAGE = 1000

V1_SIGN_IN = frozenset(
    (
        "id",
        "createdDateTime",
        "userDisplayName",
        "userPrincipalName",
        "userId",
        "appId",
        "appDisplayName",
        "ipAddress",
        "clientAppUsed",
        "correlationId",
        "conditionalAccessStatus",
        "isInteractive",
        "riskDetail",
        "riskLevelAggregated",
        "riskLevelDuringSignIn",
        "riskState",
        "riskEventTypes",
        "riskEventTypes_v2",
        "resourceDisplayName",
        "resourceId",
        "status",
        "deviceDetail",
        "location",
        "appliedConditionalAccessPolicies",
    )
)
"""Properties of the v1.0 signIn resource; the rest of a record exists in beta only."""

_OPTIONS = {"filter", "orderby", "top", "select", "skiptoken", "skip"}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Report:
    """What distinguishes one report endpoint at one API version."""

    segment: str
    kind: str
    time_field: str
    beta: bool

    def streams(self, wanted: ReportFilter) -> list[str]:
        """Which records the query is over: without signInEventTypes, interactive sign-ins only."""
        if self.kind == "directory_audit":
            return ["directory_audit"]
        return sorted(wanted.kinds if wanted.kinds is not None else {"interactive"})


@dataclass
class GraphResponses:
    """The audit log reports of one tenant.

    limiter: the one bucket all reports share. enforce_limit: answer 429 when it is empty, else only book it.
    page_limit: rows a page holds at most, whatever $top asks for (1 to 1000).
    """

    url: str
    reports: Reports
    ledger: Ledger
    faults: FaultSet
    limiter: SlidingLimiter
    enforce_limit: bool
    page_limit: int
    seed: int
    chains: ChainStore = field(init=False)

    def __post_init__(self) -> None:
        self.chains = ChainStore(self.seed)

    def observe(self, call: Call) -> None:
        """Note what the client should not have done, whatever the answer will be."""
        names = [_option(name) for name, _ in call.query]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.ledger.mistake("parameter_repeated", f"{name} {call.path}", call.at)
        if "skip" in names:
            self.ledger.mistake("skip_used", call.path, call.at)
        token = self._options(call).get("skiptoken")
        if token:
            self.ledger.page_asked(token)

    def sign_ins(self, call: Call) -> Reply:
        return self._report(call, Report("signIns", "sign_in", "createdDateTime", call.path_args["version"] == "beta"))

    def directory_audits(self, call: Call) -> Reply:
        beta = call.path_args["version"] == "beta"
        return self._report(call, Report("directoryAudits", "directory_audit", "activityDateTime", beta))

    def wrong_method(self, call: Call) -> Reply:
        raise GraphError("method")

    def unknown_route(self, call: Call) -> Reply:
        raise GraphError("no_such_segment", call.path.rstrip("/").rpartition("/")[2])

    # One request

    def _report(self, call: Call, report: Report) -> Reply:
        self._admit(call)
        options = self._options(call)
        for name in options:
            if name not in _OPTIONS:
                raise NotSimulated(f"query option {name!r} of {report.segment}")
        if "skip" in options:
            raise GraphError("skip")
        if "skiptoken" in options:
            stem, chain, offset = self._resume(options)
        else:
            chain = self._query(call, report, options)
            stem, offset = self.chains.keep(chain), 0
        return self._page(call, report, stem, chain, offset)

    def _query(self, call: Call, report: Report, options: dict[str, str]) -> Chain:
        reader = FilterReader(report.time_field, kinds_allowed=report.kind == "sign_in" and report.beta)
        wanted = reader.read(options["filter"]) if "filter" in options else ReportFilter()
        ascending = read_orderby(options["orderby"], report.time_field) if "orderby" in options else False
        page_size = min(self._top(options.get("top", str(LARGEST_PAGE))), self.page_limit)
        rows = self.faults.rows(call, self.reports.find(report.streams(wanted), wanted, call.at))
        return Chain(rows if ascending else rows[::-1], options, page_size)

    def _top(self, text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= LARGEST_PAGE:
            raise GraphError("page_size", text)
        return int(text)

    def _resume(self, options: dict[str, str]) -> tuple[str, Chain, int]:
        token = options["skiptoken"]
        found = self.chains.resume(token)
        if found is None:
            raise GraphError("skip_token", "not valid" if token else "null")
        if {name: value for name, value in options.items() if name != "skiptoken"} != found[1].options:
            raise GraphError("skip_token", "of another query")
        return found

    def _page(self, call: Call, report: Report, stem: str, chain: Chain, offset: int) -> Reply:
        wanted = self.faults.page_rows(call, chain.page_size)
        rows = chain.rows[offset : offset + wanted]
        end = offset + len(rows)
        head: dict[str, Any] = {
            "@odata.context": f"{self.url}/{call.path_args['version']}/$metadata#auditLogs/{report.segment}"
        }
        link = None
        if end < len(chain.rows):
            link = self._next_link(call, chain, f"{stem}_{end}" if rows else f"{stem}_{end}_after_an_empty_page")
            head["@odata.nextLink"] = link
        select = self._select(chain.options.get("select"))
        body = b",".join([self._render(row, report, select) for row in rows])
        reply = json_reply(200, None)
        reply.body = encode(head)[:-1] + b',"value":[' + body + b"]}"
        reply.headers |= {"request-id": request_id(call), "OData-Version": "4.0"}
        reply.served = (report.kind, [row.id for row in rows])
        reply.next_page = link
        return reply

    def _next_link(self, call: Call, chain: Chain, token: str) -> str:
        self.ledger.page_offered(token)
        options = {**chain.options, "skiptoken": token}
        query = "&".join(f"${name}={quote(value, safe='')}" for name, value in options.items())
        return f"{self.url}{call.path}?{query}"

    def _select(self, text: str | None) -> set[str] | None:
        if text is None:
            return None
        names = {name.strip() for name in text.split(",")}
        for name in names:
            if not _IDENTIFIER.fullmatch(name):
                raise GraphError("bad_request", f"Parsing OData Select and Expand failed: '{name}'.")
        return names

    def _render(self, row: Row, report: Report, select: set[str] | None) -> bytes:
        record = row.record
        cut_to_v1 = report.kind == "sign_in" and not report.beta
        if isinstance(record.payload, bytes) and select:
            raise NotSimulated("$select over a record of raw bytes")
        if isinstance(record.payload, bytes) or not (cut_to_v1 or select):
            return record.body()
        return encode(
            {
                name: value
                for name, value in record.document().items()
                if (not cut_to_v1 or name in V1_SIGN_IN) and (select is None or name in select)
            }
        )

    # Who may ask

    def _admit(self, call: Call) -> None:
        wait = self.limiter.wait("reports", call.at)
        if wait:
            self.ledger.mistake("graph_over_limit", call.path, call.at)
            if self.enforce_limit:
                raise GraphError("throttled", request_id(call), Retry_After=str(math.ceil(wait)))
        try:
            claims = signing.verify(call.headers.get("Authorization"), self.url, call.at)
        except signing.TokenInvalid as error:
            self.ledger.token_refused(error.reason, call.path, call.at)
            raise GraphError(f"token_{error.reason}") from error
        if "AuditLog.Read.All" not in claims.get("roles", ()):
            raise GraphError("permission_missing", "AuditLog.Read.All")

    def _options(self, call: Call) -> dict[str, str]:
        options: dict[str, str] = {}
        for name, value in call.query:
            options.setdefault(_option(name), value)
        return options


def _option(name: str) -> str:
    """A query option's name; Graph takes it with and without its dollar sign."""
    return name.removeprefix("$").lower()
