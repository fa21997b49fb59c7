"""What goes wrong in the Graph reports."""

from __future__ import annotations

import json
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Literal

from lab.tenant.exchange import Call, Reply
from lab.tenant.faults.fault import GRAPH, Fault
from lab.tenant.graph.errors import GraphError, request_id
from lab.tenant.graph.models import Row
from lab.tenant.records import Record, encode

if TYPE_CHECKING:
    from lab.tenant.tenant import Tenant


class GraphThrottled(Fault):
    """429 of a slow or busy service, whatever the client's own rate.

    retry_after: "seconds", "date" (an HTTP date) or "none" (no header). seconds: how long.
    """

    name = "graph_throttled"
    acts_on = GRAPH

    def __init__(
        self, *, retry_after: Literal["seconds", "date", "none"] = "seconds", seconds: int = 10, **limits: Any
    ) -> None:
        super().__init__(**limits)
        self.retry_after = retry_after
        self.seconds = seconds

    def refuse(self, call: Call) -> Reply | None:
        if not self.acts_for(call):
            return None
        reply = GraphError("throttled", request_id(call)).reply(call)
        if self.retry_after == "seconds":
            reply.headers["Retry-After"] = str(self.seconds)
        elif self.retry_after == "date":
            reply.headers["Retry-After"] = formatdate(call.at + self.seconds, usegmt=True)
        return reply


class GraphRefused(Fault):
    """Base of the faults that are one Graph error."""

    acts_on = GRAPH
    error: str
    details: tuple[str, ...] = ()

    def refuse(self, call: Call) -> Reply | None:
        return GraphError(self.error, *self.details).reply(call) if self.acts_for(call) else None


class NotPremium(GraphRefused):
    """403 Authentication_RequestFromNonPremiumTenantOrB2CTenant: no Entra ID P1, for good.

    Limited with `first` or `every` it is Graph's bad hour, in which licensed tenants get it nine times of ten.
    """

    name = "not_premium"
    acts_on = ("sign_ins",)
    error = "not_premium"


class DirectoryRoleDemanded(GraphRefused):
    """403 with AuditLog.Read.All consented: the licence check wants Directory.Read.All too."""

    name = "directory_role_demanded"
    error = "permission_missing"
    details = ("AuditLog.Read.All,Directory.Read.All",)


class VersionRefused(GraphRefused):
    """400 to every query of an API version, as GCC High's v1.0 answered for months; beta answers."""

    name = "version_refused"
    error = "bad_request"
    details = ("The request is not valid for this version.",)

    def acts_for(self, call: Call) -> bool:
        return call.path_args.get("version") == "v1.0" and super().acts_for(call)


class NullSkipToken(GraphRefused):
    """400 "Invalid Skip Token, skip token is null" to a nextLink that Graph itself gave."""

    name = "null_skip_token"
    error = "skip_token"
    details = ("null",)

    def acts_for(self, call: Call) -> bool:
        return "skiptoken=" in call.url.lower() and super().acts_for(call)


class EmptyPage(Fault):
    """A page with an empty `value` and a nextLink in the middle of a chain."""

    name = "empty_page"
    acts_on = GRAPH

    def page_rows(self, call: Call, wanted: int) -> int:
        return 0 if self.acts_for(call) else wanted


class ShortPage(Fault):
    """A page with fewer rows than $top although more follow. less: rows it lacks."""

    name = "short_page"
    acts_on = GRAPH

    def __init__(self, *, less: int = 1, **limits: Any) -> None:
        super().__init__(**limits)
        self.less = less

    def page_rows(self, call: Call, wanted: int) -> int:
        return max(1, wanted - self.less) if self.acts_for(call) else wanted


class IncompleteResult(Fault):
    """A query finds fewer rows than there are: each k-th (`of`) is missing. The same query later finds them all."""

    name = "incomplete_result"
    acts_on = GRAPH
    once = True

    def __init__(self, *, of: int = 3, **limits: Any) -> None:
        super().__init__(**limits)
        self.of = of

    def rows(self, call: Call, rows: list[Row]) -> list[Row]:
        if not rows or not self.acts_for(call):
            return rows
        return [row for number, row in enumerate(rows, 1) if number % self.of]


class NewestFirst(Fault):
    """$orderby is not heeded: rows come in the reports' default order, newest first."""

    name = "newest_first"
    acts_on = GRAPH

    def rows(self, call: Call, rows: list[Row]) -> list[Row]:
        return rows[::-1] if rows and self.acts_for(call) else rows


class BigWindowTimeout(Fault):
    """504 when a query would find more than `rows` rows; a narrower window works."""

    name = "big_window_timeout"
    acts_on = GRAPH

    def __init__(self, *, rows: int = 100_000, **limits: Any) -> None:
        super().__init__(**limits)
        self.limit = rows

    def rows(self, call: Call, rows: list[Row]) -> list[Row]:
        if len(rows) > self.limit and self.acts_for(call):
            raise GraphError("timeout")
        return rows


class _OtherNextLink(Fault):
    acts_on = GRAPH

    def link(self, call: Call, link: str) -> str:
        raise NotImplementedError

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.next_page and self.acts_for(call):
            document = json.loads(reply.body)
            document["@odata.nextLink"] = self.link(call, reply.next_page)
            reply.body = encode(document)
        return reply


class LateRecord(Fault):
    """A sign-in or directory audit becomes visible `delay_s` seconds later than its like, at its old place in time.

    `match` is held against the sign-in kind, or "directory_audit".
    """

    name = "late_record"

    def __init__(self, *, delay_s: float = 1800.0, **limits: Any) -> None:
        super().__init__(**limits)
        self.delay_s = delay_s

    def delay(self, record: Record) -> Record:
        return replace(record, visible_at=record.visible_at + self.delay_s) if self.due(record.stream) else record


class RepeatedNextLink(_OtherNextLink):
    """nextLink is the address that was asked (from the second page on): a client that follows it never ends."""

    name = "repeated_next_link"

    def acts_for(self, call: Call) -> bool:
        return "skiptoken=" in call.url.lower() and super().acts_for(call)

    def link(self, call: Call, link: str) -> str:
        return call.url


class HostileNextLink(_OtherNextLink):
    """nextLink leads away from the tenant. how: "host" (another host), "http" (no TLS), "userinfo" (the right host as a
    user name before the wrong one)."""

    name = "hostile_next_link"

    def __init__(self, *, how: Literal["host", "http", "userinfo"] = "host", **limits: Any) -> None:
        super().__init__(**limits)
        self.how = how

    def prepare(self, tenant: Tenant) -> None:
        stranger = tenant.stranger_url
        self._from = tenant.graph_url
        self._to = {
            "host": stranger,
            "http": tenant.plain_url,
            "userinfo": f"{tenant.graph_url}@{stranger.removeprefix('https://')}",
        }[self.how]

    def link(self, call: Call, link: str) -> str:
        return link.replace(self._from, self._to, 1)


FAULTS: list[type[Fault]] = [
    GraphThrottled,
    NotPremium,
    DirectoryRoleDemanded,
    VersionRefused,
    NullSkipToken,
    EmptyPage,
    ShortPage,
    IncompleteResult,
    NewestFirst,
    BigWindowTimeout,
    LateRecord,
    RepeatedNextLink,
    HostileNextLink,
]
