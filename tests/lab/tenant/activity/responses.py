"""HTTP in and out of the Management Activity API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.tenant.activity.errors import ActivityError, Unauthorized
from lab.tenant.activity.models import CONTENT_ID, BlobStore, Entry, Subscription, Window
from lab.tenant.exchange import Call, Reply, json_reply
from lab.tenant.faults.fault import FaultSet
from lab.tenant.ledger import Ledger
from lab.tenant.limiter import SlidingLimiter
from lab.tenant.records import CONTENT_TYPES
from lab.tenant.token import signing
from lab.tenant.token.models import GUID
from lab.tenant.vendor_time import DAY, content_time, parse_listing_time, seven_digit_time

PARAMETERS = {
    "subscriptions_list": set(),
    "subscriptions_start": {"contenttype"},
    "subscriptions_stop": {"contenttype"},
    "content": {"contenttype", "starttime", "endtime", "nextpage"},
    "blob": set(),
}
"""Query parameters of each endpoint beside PublisherIdentifier, lower case."""

METHOD_NAMES = {
    "subscriptions_list": "ListSubscriptions",
    "subscriptions_start": "StartSubscription",
    "subscriptions_stop": "StopSubscription",
    "content": "ListContent",
    "blob": "GetBlob",
}
NOBODY = "00000000-0000-0000-0000-000000000000"
"""PublisherId that the API reports for calls without one."""

NextPage = tuple[str, Window, tuple[float, int]]


@dataclass
class ActivityResponses:
    """The Management Activity API of one tenant. limiter: None switches throttling off."""

    tenant_id: str
    url: str
    store: BlobStore
    ledger: Ledger
    faults: FaultSet
    page_size: int
    limiter: SlidingLimiter | None
    backfill_s: float
    content_days: float
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _next_pages: dict[str, NextPage] = field(default_factory=dict)
    _listed: set[str] = field(default_factory=set)
    _whole: set[str] = field(default_factory=set)

    # What the client did, whatever the answer will be

    def observe(self, call: Call) -> None:
        names = [name.lower() for name, _ in call.query]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.ledger.mistake("parameter_repeated", f"{name} {call.path}", call.at)
        for name in sorted(set(names) - PARAMETERS.get(call.endpoint, set()) - {"publisheridentifier"}):
            self.ledger.mistake("parameter_unknown", f"{name} {call.path}", call.at)
        publisher = call.arguments().get("publisheridentifier")
        if publisher is None:
            self.ledger.mistake("publisher_identifier_missing", f"{call.endpoint} {call.path}", call.at)
        elif publisher.lower() != self.tenant_id.lower():
            self.ledger.mistake("publisher_identifier_foreign", publisher, call.at)
        if call.endpoint == "content" and "nextpage" in call.arguments():
            self.ledger.page_asked(call.arguments()["nextpage"])

    # Endpoints

    def subscriptions_list(self, call: Call) -> Reply:
        self._admit(call)
        self._listed = set(CONTENT_TYPES)
        return json_reply(
            200,
            [
                {"contentType": subscription.content_type, "status": "enabled", "webhook": None}
                for subscription in self.subscriptions.values()
                if subscription.enabled
            ],
        )

    def subscriptions_start(self, call: Call) -> Reply:
        claims = self._admit(call)
        if "Content-Length" not in call.headers and "Transfer-Encoding" not in call.headers:
            return Reply(411, b"<h2>Length Required</h2>", {"Content-Type": "text/html"})
        content_type = self._content_type(call, claims)
        if call.body.strip():
            raise ActivityError("AF20021", "in the request body")
        if content_type not in self._listed:
            self.ledger.mistake("start_without_list", content_type, call.at)
        self._listed.discard(content_type)
        subscription = self.subscriptions.setdefault(content_type, Subscription(content_type))
        if subscription.last_start is not None and call.at - subscription.last_start < 900:
            self.ledger.mistake("start_repeated", content_type, call.at)
        subscription.start(call.at, self.backfill_s)
        return json_reply(200, {"contentType": content_type, "status": "enabled", "webhook": None})

    def subscriptions_stop(self, call: Call) -> Reply:
        content_type = self._content_type(call, self._admit(call))
        self.ledger.mistake("subscription_stopped", content_type, call.at)
        self._subscription(content_type).stop(call.at)
        return Reply(200)

    def content(self, call: Call) -> Reply:
        content_type = self._content_type(call, self._admit(call))
        subscription = self._subscription(content_type)
        window, after = self._window(call, content_type)
        listed = self.store.window(content_type, window.start, window.end, call.at)
        entries = [
            entry
            for entry in self.faults.entries(call, listed)
            if subscription.reads(entry.blob.created) and (after is None or entry.key > after)
        ]
        page, more = entries[: self.page_size], len(entries) > self.page_size
        reply = json_reply(200, [self._line(entry) for entry in page])
        if more:
            reply.next_page = self._offer_next_page(content_type, window, page[-1].key)
            reply.headers["NextPageUri"] = reply.next_page
        return reply

    def blob(self, call: Call) -> Reply:
        claims = self._admit(call)
        content_id = call.path_args["content_id"]
        if not CONTENT_ID.fullmatch(content_id):
            raise ActivityError("AF20052", content_id)
        blob = self.store.blobs.get(content_id)
        if blob is None or min(blob.listings) > call.at:
            raise ActivityError("AF20050", content_id)
        self._need_role(claims, blob.content_type)
        if not self._subscription(blob.content_type).reads(blob.created):
            raise ActivityError("AF20050", content_id)
        if call.at >= blob.created + self.content_days * DAY:
            self.ledger.mistake("blob_expired", content_id, call.at)
            raise ActivityError("AF20051", content_id)
        if content_id in self._whole:
            self.ledger.mistake("blob_fetched_twice", content_id, call.at)
        reply = Reply(200, blob.body(), {"Content-Type": "application/json; charset=utf-8"})
        reply.served = ("audit", [record.id for record in blob.records])
        return reply

    def blob_delivered(self, content_id: str) -> None:
        """A blob left whole: fetching it again would be a mistake."""
        self._whole.add(content_id)

    def wrong_method(self, call: Call) -> Reply:
        return json_reply(405, {"Message": f"The requested resource does not support http method '{call.method}'."})

    def unknown_route(self, call: Call) -> Reply:
        return json_reply(404, {"Message": f"No HTTP resource was found that matches the request URI '{call.url}'."})

    # Who may ask

    def _admit(self, call: Call) -> dict[str, Any]:
        """Claims of a caller that is let in. Raises the vendor's refusal otherwise."""
        try:
            claims = signing.verify(call.headers.get("Authorization"), self.url, call.at)
        except signing.TokenInvalid as error:
            self.ledger.token_refused(error.reason, call.path, call.at)
            raise Unauthorized from error
        in_url = call.path_args["tenant"]
        if not GUID.fullmatch(in_url):
            raise ActivityError("AF20013", in_url)
        if in_url.lower() != claims["tid"].lower():
            raise ActivityError("AF20010", in_url, claims["tid"])
        if "ActivityFeed.Read" not in claims.get("roles", ()):
            raise ActivityError("AF10001", ",".join(claims.get("roles", ())), "ActivityFeed.Read")
        self._throttle(call)
        return claims

    def _throttle(self, call: Call) -> None:
        publisher = call.arguments().get("publisheridentifier", NOBODY)
        if not GUID.fullmatch(publisher):
            raise ActivityError("AF20002", "PublisherIdentifier", "Guid")
        if self.limiter and self.limiter.wait(publisher, call.at):
            raise ActivityError("AF429", METHOD_NAMES[call.endpoint], publisher)

    def _need_role(self, claims: dict[str, Any], content_type: str) -> None:
        if content_type == "DLP.All" and "ActivityFeed.ReadDlp" not in claims["roles"]:
            raise ActivityError("AF10001", ",".join(claims["roles"]), "ActivityFeed.ReadDlp")

    # What was asked

    def _content_type(self, call: Call, claims: dict[str, Any]) -> str:
        asked = call.arguments().get("contenttype")
        if asked is None:
            raise ActivityError("AF20001", "contentType")
        for content_type in CONTENT_TYPES:
            if content_type.lower() == asked.lower():
                self._need_role(claims, content_type)
                return content_type
        raise ActivityError("AF20020")

    def _subscription(self, content_type: str) -> Subscription:
        subscription = self.subscriptions.get(content_type)
        if subscription is None:
            raise ActivityError("AF20022")
        if not subscription.enabled:
            raise ActivityError("AF20023", "")
        return subscription

    def _window(self, call: Call, content_type: str) -> tuple[Window, tuple[float, int] | None]:
        """The window, and the entry the page before ended with (None for a first page)."""
        asked = call.arguments()
        if "nextpage" in asked:
            known = self._next_pages.get(asked["nextpage"])
            if known is None or known[0] != content_type:
                raise ActivityError("AF20031", asked["nextpage"])
            window = known[1]
            bounds = self._bounds(asked)
            if bounds and not bounds.same_as(window):
                raise ActivityError("AF20031", asked["nextpage"])
            return window, known[2]
        bounds = self._bounds(asked)
        if bounds is None:
            return Window.last_day(call.at), None
        self._check_window(bounds, call)
        return bounds, None

    def _bounds(self, asked: dict[str, str]) -> Window | None:
        start, end = asked.get("starttime"), asked.get("endtime")
        if start is None and end is None:
            return None
        if start is None or end is None:
            raise ActivityError("AF20055")
        times = []
        for name, text in (("startTime", start), ("endTime", end)):
            time = parse_listing_time(text)
            if time is None:
                raise ActivityError("AF20002", name, "DateTime")
            times.append(time)
        return Window(*times)

    def _check_window(self, window: Window, call: Call) -> None:
        if window.end - window.start > DAY:
            self.ledger.mistake("window_too_wide", call.url, call.at)
            raise ActivityError("AF20055")
        if window.start < call.at - 7 * DAY:
            self.ledger.mistake("window_too_old", call.url, call.at)
            raise ActivityError("AF20055")
        if window.start >= window.end:
            raise ActivityError("AF20055")

    # What is answered

    def _line(self, entry: Entry) -> dict[str, str]:
        blob = entry.blob
        return {
            "contentType": blob.content_type,
            "contentId": blob.id,
            "contentUri": f"{self.url}/api/v1.0/{self.tenant_id}/activity/feed/audit/{blob.id}",
            "contentCreated": content_time(blob.created),
            "contentExpiration": content_time(blob.created + self.content_days * DAY),
        }

    def _offer_next_page(self, content_type: str, window: Window, after: tuple[float, int]) -> str:
        token = f"{int(after[0] * 1e9):023}${int(window.start * 1e9):023}${after[1]:06}$na0022"
        self._next_pages[token] = (content_type, window, after)
        self.ledger.page_offered(token)
        return (
            f"{self.url}/api/v1.0/{self.tenant_id}/activity/feed/subscriptions/content"
            f"?contenttype={content_type}&endtime={seven_digit_time(window.end)}"
            f"&starttime={seven_digit_time(window.start)}&nextpage={token}"
        )
