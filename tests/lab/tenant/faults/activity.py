"""What goes wrong in the answers of the Management Activity API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from lab.tenant.activity.errors import ActivityError, af_reply, started_too_often
from lab.tenant.activity.responses import METHOD_NAMES, NOBODY
from lab.tenant.exchange import Call, Reply, json_reply
from lab.tenant.faults.fault import ENDPOINTS, Fault
from lab.tenant.limiter import SlidingLimiter
from lab.tenant.records import encode
from lab.tenant.vendor_time import DAY, parse_listing_time

if TYPE_CHECKING:
    from lab.tenant.tenant import Tenant

ACTIVITY = ENDPOINTS["management"]


class AuditOff(Fault):
    """Unified audit logging was never switched on: every call answers that the tenant does not exist."""

    name = "audit_off"
    acts_on = ACTIVITY

    def refuse(self, call: Call) -> Reply | None:
        if not self.acts_for(call):
            return None
        message = (
            f"Microsoft.Office.Compliance.Audit.DataServiceException: Tenant {call.path_args['tenant']} does not exist."
        )
        return af_reply(400, "AF20011", message)


class ListWithoutStatus(Fault):
    """subscriptions/list names the content types without their `status`."""

    name = "list_without_status"
    acts_on = ("subscriptions_list",)

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.status == 200 and self.acts_for(call):
            lines = [{k: v for k, v in line.items() if k != "status"} for line in json.loads(reply.body)]
            reply.body = encode(lines)
        return reply


class ListInOtherCase(Fault):
    """subscriptions/list spells content types in another case ("Audit.Sharepoint")."""

    name = "list_in_other_case"
    acts_on = ("subscriptions_list",)

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.status == 200 and self.acts_for(call):
            lines = [{**line, "contentType": line["contentType"].title()} for line in json.loads(reply.body)]
            reply.body = encode(lines)
        return reply


class StartTooFrequent(Fault):
    """subscriptions/start is refused because another client of the tenant started one lately ("14m 56s").

    status: 429, or 403 as some clients have seen it. wait_s: seconds named in the text; there is no Retry-After.
    """

    name = "start_too_frequent"
    acts_on = ("subscriptions_start",)

    def __init__(self, *, status: int = 429, wait_s: int = 896, **limits: Any) -> None:
        super().__init__(**limits)
        self.status = status
        self.wait_s = wait_s

    def refuse(self, call: Call) -> Reply | None:
        return started_too_often(self.wait_s, self.status) if self.acts_for(call) else None


class ActivityRefused(Fault):
    """Base of the faults that are one AF error."""

    acts_on: ClassVar[tuple[str, ...]] = ("content", "blob")

    def error(self, call: Call) -> ActivityError:
        raise NotImplementedError

    def refuse(self, call: Call) -> Reply | None:
        return self.error(call).reply(call) if self.acts_for(call) else None


class SubscriptionDisabled(ActivityRefused):
    """AF20023 on listings although the subscription is shown as enabled: after a stop and start, or by an admin."""

    name = "subscription_disabled"
    acts_on = ("content",)

    def error(self, call: Call) -> ActivityError:
        return ActivityError("AF20023", "")


class InternalError(ActivityRefused):
    """AF50000, HTTP 500: an internal error, retry."""

    name = "internal_error"
    acts_on = ACTIVITY

    def error(self, call: Call) -> ActivityError:
        return ActivityError("AF50000")


class BlobExpired(ActivityRefused):
    """AF20051 for a blob that the listing still showed: it expired in between. It is lost."""

    name = "blob_expired"
    acts_on = ("blob",)

    def error(self, call: Call) -> ActivityError:
        return ActivityError("AF20051", call.path_args["content_id"])


class BlobMissing(ActivityRefused):
    """AF20050 for a blob that the listing showed; for a while, or for good."""

    name = "blob_missing"
    acts_on = ("blob",)

    def error(self, call: Call) -> ActivityError:
        return ActivityError("AF20050", call.path_args["content_id"])


class InvalidNextPage(ActivityRefused):
    """AF20031: the next page can no longer be continued; only the window can be begun again."""

    name = "invalid_next_page"
    acts_on = ("content",)

    def acts_for(self, call: Call) -> bool:
        return "nextpage" in call.arguments() and super().acts_for(call)

    def error(self, call: Call) -> ActivityError:
        return ActivityError("AF20031", call.arguments()["nextpage"])


class WindowRefused(ActivityRefused):
    """AF20030 (or AF20055, `code`) for a window that is within the documented limits, as under clock skew."""

    name = "window_refused"
    acts_on = ("content",)

    def __init__(self, *, code: str = "AF20030", **limits: Any) -> None:
        super().__init__(**limits)
        self.code = code

    def error(self, call: Call) -> ActivityError:
        return ActivityError(self.code)


class FullDayRefused(WindowRefused):
    """AF20055 for a window of exactly 24 hours, which the reference allows."""

    name = "full_day_refused"

    def __init__(self, **limits: Any) -> None:
        super().__init__(code="AF20055", **limits)

    def acts_for(self, call: Call) -> bool:
        asked = call.arguments()
        times = [parse_listing_time(asked.get(name, "")) for name in ("starttime", "endtime")]
        exact = None not in times and times[1] - times[0] == DAY  # type: ignore[operator]
        return exact and super().acts_for(call)


class Throttled(ActivityRefused):
    """AF429, as HTTP 403 (Microsoft's own sample) or 429. retry_after: the header's value, None sends none."""

    name = "throttled"
    acts_on = ACTIVITY

    def __init__(self, *, status: int = 403, retry_after: str | int | None = None, **limits: Any) -> None:
        super().__init__(**limits)
        self.status = status
        self.headers = {} if retry_after is None else {"Retry_After": str(retry_after)}

    def error(self, call: Call) -> ActivityError:
        publisher = call.arguments().get("publisheridentifier", NOBODY)
        return ActivityError("AF429", METHOD_NAMES[call.endpoint], publisher, status=self.status, **self.headers)


class PublisherLimit(Fault):
    """A tight request limit, counted per PublisherIdentifier; calls without one share a pool.

    The service counts a minute; a test that sits the wait out may count less (`per_s`).
    """

    name = "publisher_limit"
    acts_on = ACTIVITY

    def __init__(
        self,
        *,
        requests: int = 60,
        per_s: float = 60.0,
        status: int = 403,
        retry_after: str | int | None = None,
        **limits: Any,
    ) -> None:
        super().__init__(**limits)
        self._limiter = SlidingLimiter(requests, per_s)
        self._answer = Throttled(status=status, retry_after=retry_after)

    def refuse(self, call: Call) -> Reply | None:
        publisher = call.arguments().get("publisheridentifier", NOBODY)
        if call.endpoint not in self.endpoints or not self._limiter.wait(publisher, call.at):
            return None
        self.acted += 1
        return self._answer.error(call).reply(call)


class RepeatedNextPage(Fault):
    """NextPageUri is the very address that was asked: a client that follows it never ends."""

    name = "repeated_next_page"
    acts_on = ("content",)

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.status == 200 and "nextpage" in call.arguments() and self.acts_for(call):
            reply.headers["NextPageUri"] = reply.next_page = call.url
        return reply


class HostileNextPage(Fault):
    """NextPageUri points to a host that is none of the tenant's."""

    name = "hostile_next_page"
    acts_on = ("content",)

    def prepare(self, tenant: Tenant) -> None:
        self._urls = (tenant.management_url, tenant.stranger_url)

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.next_page and self.acts_for(call):
            reply.headers["NextPageUri"] = reply.next_page.replace(*self._urls, 1)
        return reply


class HostileContentUri(Fault):
    """contentUri of each listed blob points to a host that is none of the tenant's."""

    name = "hostile_content_uri"
    acts_on = ("content",)

    def prepare(self, tenant: Tenant) -> None:
        self._urls = (tenant.management_url, tenant.stranger_url)

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.status == 200 and self.acts_for(call):
            lines = [
                {**line, "contentUri": line["contentUri"].replace(*self._urls, 1)} for line in json.loads(reply.body)
            ]
            reply.body = encode(lines)
        return reply


class WideWindowPartial(Fault):
    """A window over more than 24 hours is answered with part of what it holds instead of an error."""

    name = "wide_window_partial"
    acts_on = ("content",)

    def refuse(self, call: Call) -> Reply | None:
        asked = call.arguments()
        start, end = (parse_listing_time(asked.get(name, "")) for name in ("starttime", "endtime"))
        if start is None or end is None or end - start <= DAY or not self.acts_for(call):
            return None
        return json_reply(200, [])


class ErrorInsideOk(Fault):
    """HTTP 200 whose body is an error object, as gateways in between have sent it."""

    name = "error_inside_ok"
    acts_on = ("content", "blob")

    def refuse(self, call: Call) -> Reply | None:
        if not self.acts_for(call):
            return None
        return af_reply(200, "AF50005", "An internal error occurred. Retry the request.")


class LoneSurrogate(Fault):
    """A string of the first record of a blob was cut inside a surrogate pair: valid JSON, not encodable as UTF-8."""

    name = "lone_surrogate"
    acts_on = ("blob",)

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        if reply.status == 200 and self.acts_for(call):
            records = json.loads(reply.body)
            records[0]["ObjectId"] = records[0].get("ObjectId", "") + "\ud83d"
            reply.body = encode(records)
        return reply


FAULTS: list[type[Fault]] = [
    AuditOff,
    ListWithoutStatus,
    ListInOtherCase,
    StartTooFrequent,
    SubscriptionDisabled,
    InternalError,
    BlobExpired,
    BlobMissing,
    InvalidNextPage,
    WindowRefused,
    FullDayRefused,
    Throttled,
    PublisherLimit,
    RepeatedNextPage,
    HostileNextPage,
    HostileContentUri,
    WideWindowPartial,
    ErrorInsideOk,
    LoneSurrogate,
]
