"""What the tenant offered, what it served, and what the client did wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

MISTAKES = {
    "blob_fetched_twice": "a blob that had been delivered whole was fetched again",
    "publisher_identifier_missing": "no PublisherIdentifier: the call is throttled in a pool with the whole world",
    "publisher_identifier_foreign": "PublisherIdentifier is not the customer's tenant id",
    "parameter_repeated": "a query parameter was sent twice",
    "parameter_unknown": "a query parameter the endpoint does not have; the vendor ignores it without a word",
    "start_without_list": "a subscription was started without listing the subscriptions first",
    "start_repeated": "a subscription was started again within 15 minutes",
    "subscription_stopped": "a subscription was stopped: the gap is lost for good, for every application of the tenant",
    "window_too_wide": "a content listing over more than 24 hours",
    "window_too_old": "a content listing starting more than 7 days ago",
    "blob_expired": "an expired blob was fetched although the listing said when it expires",
    "token_for_other_resource": "a token issued for another resource was sent",
    "token_expired": "a token was used after its expires_in",
    "token_missing": "an API call without a bearer token",
    "token_to_stranger": "a token was sent to a host that is none of the tenant's",
    "stranger_called": "a host that is none of the tenant's was called",
    "secret_in_url": "client_secret was sent in the address",
    "assertion_reused": "a client assertion's jti was used twice",
    "assertion_too_long": "a client assertion lives longer than 10 minutes",
    "graph_over_limit": "more than 5 report requests in 10 seconds",
    "retried_too_early": "a request was repeated before its Retry-After had passed",
    "skip_used": "$skip, which the report endpoints refuse",
}
"""Mistake name to its meaning."""


class Offer(NamedTuple):
    """One record id the tenant has for its clients. Times are epoch seconds."""

    stream: str
    time: float
    visible_at: float


class Mistake(NamedTuple):
    name: str
    detail: str
    at: float


class Exchange(NamedTuple):
    """One answered request; never its headers, never a body."""

    at: float
    endpoint: str
    method: str
    url: str
    status: int


@dataclass(frozen=True)
class Judgement:
    """A run judged: ids that should have been delivered and were not, delivered more than once, or never offered."""

    expected: int
    missing: list[str]
    duplicate: dict[str, int]
    unknown: list[str]

    @property
    def clean(self) -> bool:
        return not (self.missing or self.duplicate or self.unknown)


@dataclass
class Ledger:
    """The tenant's book. Read it between requests; `judge` compares it with what a client delivered."""

    offered: dict[str, dict[str, Offer]] = field(default_factory=dict)
    served: dict[str, Counter[str]] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    tokens_issued: Counter[str] = field(default_factory=Counter)
    """Tokens issued by resource: "management" or "graph"."""
    lab_errors: list[str] = field(default_factory=list)
    """Valid requests the lab does not simulate, and the lab's own exceptions. `Tenant.close` raises them."""
    _pages: dict[str, bool] = field(default_factory=dict)
    _waits: dict[str, float] = field(default_factory=dict)

    def offer(self, kind: str, id: str, offer: Offer) -> None:
        """Book an id; of an id offered twice the earlier visibility counts."""
        book = self.offered.setdefault(kind, {})
        known = book.get(id)
        if known is None or offer.visible_at < known.visible_at:
            book[id] = offer

    def mistake(self, name: str, detail: str, at: float) -> None:
        if name not in MISTAKES:
            raise KeyError(f"mistake {name!r} is not in MISTAKES")
        self.mistakes.append(Mistake(name, detail, at))

    def token_refused(self, reason: str, where: str, at: float) -> None:
        """Book a bearer token that an API refused. reason: "missing", "malformed", "audience" or "expired"."""
        names = {"audience": "token_for_other_resource", "expired": "token_expired"}
        self.mistake(names.get(reason, "token_missing"), where, at)

    def mistake_counts(self) -> Counter[str]:
        return Counter(mistake.name for mistake in self.mistakes)

    def calls(self, endpoint: str | None = None, status: int | None = None) -> list[Exchange]:
        """Answered requests, optionally of one endpoint or one status."""
        return [
            exchange
            for exchange in self.exchanges
            if endpoint in (None, exchange.endpoint) and status in (None, exchange.status)
        ]

    def page_offered(self, url: str) -> None:
        self._pages.setdefault(url, False)

    def page_asked(self, key: str) -> None:
        self._pages[key] = True

    def pages_never_asked(self) -> list[str]:
        """Continuations (NextPageUri, nextLink) that were offered and never followed."""
        return [page for page, asked in self._pages.items() if not asked]

    def wait_until(self, url: str, until: float) -> None:
        self._waits[url] = until

    def waiting_until(self, url: str) -> float:
        return self._waits.pop(url, 0.0)

    def count_served(self, kind: str, ids: Iterable[str]) -> None:
        self.served.setdefault(kind, Counter()).update(ids)

    def visible(self, kind: str, at: float, streams: Iterable[str] | None = None) -> set[str]:
        """Ids of a kind that the tenant shows at an instant, optionally of some content types or sign-in kinds only."""
        wanted = None if streams is None else set(streams)
        return {
            id
            for id, offer in self.offered.get(kind, {}).items()
            if offer.visible_at <= at and (wanted is None or offer.stream in wanted)
        }

    def judge(
        self, kind: str, delivered: Iterable[str], *, at: float, streams: Iterable[str] | None = None
    ) -> Judgement:
        """Compare delivered ids with what was visible at `at` (epoch seconds).

        delivered: the id of every event a client put out, repetitions included.
        """
        counts = Counter(delivered)
        expected = self.visible(kind, at, streams)
        known = self.offered.get(kind, {})
        return Judgement(
            expected=len(expected),
            missing=sorted(expected - counts.keys()),
            duplicate={id: count for id, count in sorted(counts.items()) if count > 1},
            unknown=sorted(id for id in counts if id not in known),
        )
