"""The tenant: its settings, its services, and one door through which every request passes."""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from lab.tenant.activity.models import BlobStore, Subscription
from lab.tenant.activity.responses import ActivityResponses
from lab.tenant.activity.urls import ROUTES as ACTIVITY_ROUTES
from lab.tenant.exchange import Call, NotSimulated, Reply, VendorError, json_reply
from lab.tenant.faults import Fault, FaultSet, fault
from lab.tenant.graph.models import Reports
from lab.tenant.graph.responses import GraphResponses
from lab.tenant.graph.urls import ROUTES as GRAPH_ROUTES
from lab.tenant.ledger import Exchange, Ledger, Offer
from lab.tenant.limiter import SlidingLimiter
from lab.tenant.records import CONTENT_TYPES, Record, RecordLike
from lab.tenant.server import Server
from lab.tenant.token.assertions import UploadedCertificate
from lab.tenant.token.models import DEFAULT_ROLES, AppRegistration
from lab.tenant.token.responses import TokenResponses
from lab.tenant.token.urls import ROUTES as TOKEN_ROUTES

_ROUTES = {"login": TOKEN_ROUTES, "management": ACTIVITY_ROUTES, "graph": GRAPH_ROUTES}


class LabError(Exception):
    """The lab itself failed, or was asked for something that it does not simulate."""


class Tenant:
    """A Microsoft 365 tenant on loopback.

    records: what it holds, `Record` or anything with its attributes; more can come with `add`.
    clock: gives epoch seconds; what is visible, expired or throttled follows it.
    seed: content ids, token lifetimes, skip tokens, and what faults shuffle.
    page_size: lines of a content listing page. graph_page_limit: rows of a report page at most, whatever $top says.
    blob_events, blob_span_s: a blob holds at most so many records, made visible within so many seconds.
    faults: `Fault` instances, names, or mappings {"name": ..., option: ...}.
    subscriptions: content types somebody enabled long ago; () is a tenant nobody collected from.
    backfill_s: content older than a first start that the start makes readable.
    graph_limit: (requests, seconds) all reports share; None lets more through, and the ledger still counts them.
    activity_limit: Management Activity requests a minute per PublisherIdentifier, None for no limit.
    roles: consented application permissions by resource ("management", "graph").
    certificates: PEM bytes of those uploaded to the app registration.
    token_lifetime_s: None for the vendor's random 60 to 90 minutes. content_days: days a blob can be fetched.
    """

    def __init__(
        self,
        records: Iterable[RecordLike] = (),
        *,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
        page_size: int = 200,
        graph_page_limit: int = 1000,
        blob_events: int = 100,
        blob_span_s: float = 60.0,
        faults: Iterable[Fault | str | Mapping[str, Any]] = (),
        tenant_id: str = "3c9f2a58-7c1e-4b7d-9d55-6f0a1c2b3d4e",
        domain: str = "contoso.com",
        client_id: str = "8f14e45f-ceea-467a-9c33-0b8f2a1d7e60",
        client_secret: str = "lab~client.secret+/=",
        certificates: Iterable[bytes] = (),
        subscriptions: Iterable[str] = CONTENT_TYPES,
        backfill_s: float = 86_400.0,
        graph_limit: tuple[int, float] | None = (5, 10.0),
        activity_limit: int | None = 2000,
        roles: Mapping[str, tuple[str, ...]] = DEFAULT_ROLES,
        token_lifetime_s: int | None = None,
        content_days: float = 7.0,
        retention_days: float = 30.0,
    ) -> None:
        self.tenant_id = tenant_id
        self.client_id = client_id
        self.client_secret = client_secret
        self.faults = FaultSet(_as_fault(named) for named in faults)
        uploaded = [UploadedCertificate.from_pem(pem) for pem in certificates]
        self.ledger = Ledger()
        self.skew_s = 0.0
        self._clock = clock
        self._lock = threading.RLock()
        self._rng = random.Random(f"tenant {seed}")
        self._server = Server(self._answer, self._stranger_called)
        self.ca_pem = self._server.ca_pem
        self.login_url = self._server.url("login")
        self.management_url = self._server.url("management")
        self.graph_url = self._server.url("graph")
        self.stranger_url = self._server.url("stranger")
        self.plain_url = self._server.url("plain")
        self.app = AppRegistration(
            tenant_id=tenant_id,
            domain=domain,
            client_id=client_id,
            client_secret=client_secret,
            login_url=self.login_url,
            resources={"management": self.management_url, "graph": self.graph_url},
            roles=dict(roles),
            rng=self._rng,
            ledger=self.ledger,
            certificates=uploaded,
            lifetime_s=token_lifetime_s,
        )
        self.store = BlobStore(seed, blob_events, blob_span_s)
        self.reports = Reports(retention_days)
        self.activity = ActivityResponses(
            tenant_id=tenant_id,
            url=self.management_url,
            store=self.store,
            ledger=self.ledger,
            faults=self.faults,
            page_size=page_size,
            limiter=SlidingLimiter(activity_limit, 60.0) if activity_limit else None,
            backfill_s=backfill_s,
            content_days=content_days,
            subscriptions={name: Subscription(name, True, [(float("-inf"), float("inf"))]) for name in subscriptions},
        )
        self.graph = GraphResponses(
            url=self.graph_url,
            reports=self.reports,
            ledger=self.ledger,
            faults=self.faults,
            limiter=SlidingLimiter(*(graph_limit or (5, 10.0))),
            enforce_limit=graph_limit is not None,
            page_limit=graph_page_limit,
            seed=seed,
        )
        self._services: dict[str, Any] = {
            "login": TokenResponses(self.app),
            "management": self.activity,
            "graph": self.graph,
        }
        self.faults.prepare(self)
        try:
            self.add(records)
        except ValueError:
            self._server.close()
            raise

    # Life

    def start(self) -> Tenant:
        self._server.start()
        return self

    def close(self) -> None:
        """Stop listening. Raises: LabError when the lab failed, or was asked for what it does not simulate."""
        self._server.close()
        if self.ledger.lab_errors:
            raise LabError("\n".join(self.ledger.lab_errors))

    def __enter__(self) -> Tenant:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def add(self, records: Iterable[RecordLike]) -> None:
        """More records; audit records make new blobs."""
        audit: list[Record] = []
        reports: list[Record] = []
        for record in map(Record.of, records):
            if record.kind == "audit":
                audit.append(record)
            else:
                reports.append(self.faults.delay(record))
        with self._lock:
            self.reports.add(reports)
            blobs = self.faults.arrange(self.store.group(audit), self.store.rng)
            self.store.store(blobs)
            for record in reports:
                self.ledger.offer(record.kind, record.id, Offer(record.stream, record.time, record.visible_at))
            for blob in blobs:
                listed_at = min(blob.listings)
                for record in blob.records:
                    self.ledger.offer("audit", record.id, Offer(blob.content_type, record.time, listed_at))

    def idle_faults(self) -> list[str]:
        """Names of the faults that have not acted yet; a test that relies on one should see none here."""
        return [fault.name for fault in self.faults.faults if not fault.acted]

    @property
    def now(self) -> float:
        """The tenant's own time: its clock, and what a skew adds to it."""
        return self._clock() + self.skew_s

    # One request

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            call.at = self.now
            try:
                reply = self._reply(call)
            except Exception:  # the lab's own fault: told to the client as such, and raised by close()
                self.ledger.lab_errors.append(f"{call.method} {_shown(call)}: {traceback.format_exc()}")
                reply = json_reply(501, {"lab.tenant": "the simulated tenant failed; see Ledger.lab_errors"})
            self._book(call, reply)
            return reply

    def _reply(self, call: Call) -> Reply:
        service = self._services[call.service]
        answer = self._route(call, service)
        if call.at < self.ledger.waiting_until(call.url) - 1.0:
            self.ledger.mistake("retried_too_early", _shown(call), call.at)
        service.observe(call)
        reply = self.faults.refuse(call)
        if reply is None:
            try:
                reply = answer(service, call)
            except VendorError as error:
                reply = error.reply(call)
            except NotSimulated as error:
                self.ledger.lab_errors.append(f"{call.method} {_shown(call)}: not simulated: {error}")
                reply = json_reply(501, {"lab.tenant": f"not simulated: {error}"})
        return self.faults.rewrite(call, reply)

    def _route(self, call: Call, service: Any) -> Callable[[Any, Call], Reply]:
        for route in _ROUTES[call.service]:
            match = route.pattern.fullmatch(call.path)
            if match and route.method in (call.method, "*"):
                call.endpoint = route.endpoint
                call.path_args = match.groupdict()
                return route.answer
        unknown: Callable[[Any, Call], Reply] = type(service).unknown_route
        return unknown

    def _book(self, call: Call, reply: Reply) -> None:
        self.ledger.exchanges.append(Exchange(call.at, call.endpoint, call.method, _shown(call), reply.status))
        if "Retry-After" in reply.headers:
            self.ledger.wait_until(call.url, _retry_time(reply.headers["Retry-After"], call.at))
        if reply.served and not reply.cut:
            self.ledger.count_served(*reply.served)
            if call.endpoint == "blob":
                self.activity.blob_delivered(call.path_args["content_id"])

    def _stranger_called(self, method: str, url: str, with_token: bool) -> None:
        with self._lock:
            name = "token_to_stranger" if with_token else "stranger_called"
            self.ledger.mistake(name, f"{method} {url}", self.now)


def _as_fault(named: Fault | str | Mapping[str, Any]) -> Fault:
    if isinstance(named, Fault):
        return named
    if isinstance(named, str):
        return fault(named)
    options = dict(named)
    return fault(options.pop("name"), **options)


def _shown(call: Call) -> str:
    """The address as the ledger keeps it; at the login service without its query, where a secret might be."""
    return call.url.partition("?")[0] if call.service == "login" else call.url


def _retry_time(value: str, now: float) -> float:
    return now + int(value) if value.isdecimal() else parsedate_to_datetime(value).timestamp()
