"""One Microsoft service as the feeds see it: ask for an address of it, get a whole and successful answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from mail_threats.errors import Refused, ServiceError, Throttled, Transient
from mail_threats.wire.concurrency import Concurrency
from mail_threats.wire.origin import origin_of, require_same_origin
from mail_threats.wire.pace import Turns
from mail_threats.wire.retrying import Retrier
from mail_threats.wire.tokens import TokenSource
from mail_threats.wire.transport import Transport
from mail_threats.wire.verdicts import Judge, Response


class Service(Protocol):
    """What a feed needs of the wire; tests bring their own."""

    @property
    def clock_skew_s(self) -> float: ...

    def get(self, url: str, what: str) -> Response: ...

    def post(self, url: str, what: str) -> Response: ...


class ContentService(Service, Protocol):
    """A service with answers that are too big to be held whole."""

    def begin(self, url: str, what: str) -> Response: ...


class TokenService:
    """A service behind a bearer token; the token leaves for the service's own origin and nowhere else.

    `concurrency` learns how the service took each request.
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        transport: Transport,
        retrier: Retrier,
        pace: Turns,
        judge: Judge,
        headers: Mapping[str, str] | None = None,
        concurrency: Concurrency | None = None,
    ) -> None:
        self._origin = origin_of(base_url)
        self._tokens = tokens
        self._transport = transport
        self._retrier = retrier
        self._pace = pace
        self._judge = judge
        self._headers = dict(headers or {})
        self._concurrency = concurrency

    @property
    def clock_skew_s(self) -> float:
        """How far the service's clock is ahead of this host's, in seconds."""
        return self._transport.clock_skew_s

    def get(self, url: str, what: str) -> Response:
        """The answer to GET `url`; `what` names the request in the log.

        Raises: ServiceError, ConfigError, Stopped.
        """
        return self._ask("GET", url, what)

    def begin(self, url: str, what: str) -> Response:
        """The answer to GET `url`, of which only the first piece has been read; raises as `get` does."""
        return self._ask("GET", url, what, whole=False)

    def post(self, url: str, what: str) -> Response:
        """The answer to POST `url` with an empty body; it is sent once, since a POST may have had its effect."""
        return self._ask("POST", url, what)

    def _ask(self, method: str, url: str, what: str, *, whole: bool = True) -> Response:
        require_same_origin(url, self._origin)
        token = self._tokens.current()
        for last in (False, True):
            headers = {**self._headers, "Authorization": f"Bearer {token.value}"}
            if method == "POST":
                headers["Content-Length"] = "0"
            exchange = partial(self._exchange, method, url, headers, whole)
            try:
                return self._retrier.run(exchange, self._judge, self._pace, what, repeat=method == "GET")
            except Refused as refusal:
                # AF10001 also comes with 401, but is about permissions, which a new token would lack too.
                if refusal.status == 401 and not last and not refusal.code.startswith("AF"):
                    token = self._tokens.replace(token)
                    continue
                if refusal.status in (401, 403) and not token.roles:
                    refusal.advice = f"The token carries no application permission at all. {refusal.advice}"
                raise
        raise AssertionError("unreachable")

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], whole: bool) -> Response:
        send = self._transport.exchange if whole else self._transport.begin
        if self._concurrency is None:
            return send(method, url, headers)
        sent = self._concurrency.sent()
        fault: ServiceError | None
        try:
            response = send(method, url, headers)
            fault = self._judge(response)
        except Transient:
            self._concurrency.failed(sent)
            raise
        if isinstance(fault, (Throttled, Transient)):
            self._concurrency.failed(sent)
        elif fault is None:
            self._concurrency.succeeded(sent)
        return response


def address(base: str, parameters: Mapping[str, str]) -> str:
    """`base` with a query; spaces become %20, and the punctuation of OData ($ ( ) , : / ') stays readable."""
    query = urlencode(parameters, quote_via=quote, safe="$(),:/'")
    return f"{base}?{query}"


def with_parameter(url: str, name: str, value: str) -> str:
    """`url` with a query parameter added, unless it has one of that name in any case."""
    if "?" not in url and "#" not in url:
        return f"{url}?{urlencode({name: value})}"
    parts = urlsplit(url)
    names = {key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if name.lower() in names:
        return url
    return f"{url}{'&' if parts.query else '?'}{urlencode({name: value})}"
