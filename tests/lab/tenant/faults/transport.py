"""What goes wrong between client and service, at any endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from lab.tenant.exchange import Call, Reply
from lab.tenant.faults.fault import ANY_ENDPOINT, Fault

if TYPE_CHECKING:
    from lab.tenant.tenant import Tenant

_GATEWAY_PAGE = (
    b"<!DOCTYPE html><html><head><title>%d</title></head><body>Our services aren't available right now.</body></html>"
)


class ServerError(Fault):
    """A gateway's 5xx with an HTML page where JSON is expected. status: 500 to 599, or 408.

    retry_after: the Retry-After header as sent, in seconds or as an HTTP date; None sends none.
    """

    name = "server_error"
    acts_on = ANY_ENDPOINT

    def __init__(self, *, status: int = 503, retry_after: str | int | None = None, **limits: Any) -> None:
        super().__init__(**limits)
        self.status = status
        self.retry_after = retry_after

    def refuse(self, call: Call) -> Reply | None:
        if not self.acts_for(call):
            return None
        headers = {"Content-Type": "text/html"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return Reply(self.status, _GATEWAY_PAGE % self.status, headers)


class Slow(Fault):
    """The answer is complete but takes `seconds` of real time to begin."""

    name = "slow"
    acts_on = ANY_ENDPOINT

    def __init__(self, *, seconds: float = 2.0, **limits: Any) -> None:
        super().__init__(**limits)
        self.seconds = seconds

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if self.acts_for(call):
            reply.delay_s += self.seconds
        return reply


class _Cut(Fault):
    acts_on = ANY_ENDPOINT
    how: Literal["reset", "close"]

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.body and self.acts_for(call):
            reply.cut = self.how
        return reply


class ConnectionReset(_Cut):
    """The connection is reset (TCP RST) in the middle of the body."""

    name = "connection_reset"
    how = "reset"


class TruncatedBody(_Cut):
    """The connection is closed in good order in the middle of the body: fewer bytes than Content-Length promised.

    An HTTP client that does not compare the two takes the half for the whole.
    """

    name = "truncated_body"
    how = "close"


class EmptyBody(Fault):
    """HTTP 200 with nothing in it."""

    name = "empty_body"
    acts_on = ANY_ENDPOINT

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.status == 200 and self.acts_for(call):
            reply.body, reply.served, reply.next_page = b"", None, None
            reply.headers.pop("NextPageUri", None)
        return reply


class ByteOrderMark(Fault):
    """The JSON body begins with a UTF-8 byte order mark."""

    name = "byte_order_mark"
    acts_on = ANY_ENDPOINT

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.status == 200 and self.acts_for(call):
            reply.body = b"\xef\xbb\xbf" + reply.body
        return reply


class WrongContentType(Fault):
    """A JSON body under another Content-Type, or (content_type=None) under none."""

    name = "wrong_content_type"
    acts_on = ANY_ENDPOINT

    def __init__(self, *, content_type: str | None = "text/html", **limits: Any) -> None:
        super().__init__(**limits)
        self.content_type = content_type

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.status == 200 and self.acts_for(call):
            reply.headers.pop("Content-Type", None)
            if self.content_type is not None:
                reply.headers["Content-Type"] = self.content_type
        return reply


class HostileRedirect(Fault):
    """302 to a host that is none of the tenant's. A token that follows it is stolen; the ledger sees whether it did."""

    name = "hostile_redirect"
    acts_on = ANY_ENDPOINT

    def prepare(self, tenant: Tenant) -> None:
        self._stranger = tenant.stranger_url

    def refuse(self, call: Call) -> Reply | None:
        if not self.acts_for(call):
            return None
        return Reply(302, b"", {"Location": f"{self._stranger}{call.path}"})


class ClockSkew(Fault):
    """Microsoft's clock and the collector's differ: the tenant runs `seconds` ahead (negative: behind).

    Seen as a Date header that is off, a content listing refused as too old, an assertion outside its valid time.
    """

    name = "clock_skew"

    def __init__(self, *, seconds: float, **limits: Any) -> None:
        super().__init__(**limits)
        self.seconds = seconds

    def prepare(self, tenant: Tenant) -> None:
        self.acted += 1
        tenant.skew_s += self.seconds


FAULTS: list[type[Fault]] = [
    ServerError,
    Slow,
    ConnectionReset,
    TruncatedBody,
    EmptyBody,
    ByteOrderMark,
    WrongContentType,
    HostileRedirect,
    ClockSkew,
]
