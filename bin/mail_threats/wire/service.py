"""One Microsoft service as the feeds see it: ask for an address of it, get a whole and successful answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from mail_threats.errors import Refused
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


class TokenService:
    """A service behind a bearer token; the token leaves for the service's own origin and nowhere else.

    `permissions` are named to the admin when the service refuses and the token does not carry one of them.
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
    ) -> None:
        self._origin = origin_of(base_url)
        self._tokens = tokens
        self._transport = transport
        self._retrier = retrier
        self._pace = pace
        self._judge = judge
        self._headers = dict(headers or {})

    @property
    def clock_skew_s(self) -> float:
        """How far the service's clock is ahead of this host's, in seconds."""
        return self._transport.clock_skew_s

    def get(self, url: str, what: str) -> Response:
        """The answer to GET `url`; `what` names the request in the log.

        Raises: ServiceError, ConfigError, Stopped.
        """
        return self._ask("GET", url, what)

    def post(self, url: str, what: str) -> Response:
        """The answer to POST `url` with an empty body; it is sent once, since a POST may have had its effect."""
        return self._ask("POST", url, what)

    def _ask(self, method: str, url: str, what: str) -> Response:
        require_same_origin(url, self._origin)
        token = self._tokens.current()
        for last in (False, True):
            headers = {**self._headers, "Authorization": f"Bearer {token.value}"}
            if method == "POST":
                headers["Content-Length"] = "0"
            exchange = partial(self._transport.exchange, method, url, headers)
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


def address(base: str, parameters: Mapping[str, str]) -> str:
    """`base` with a query; spaces become %20, and the punctuation of OData ($ ( ) , : / ') stays readable."""
    query = urlencode(parameters, quote_via=quote, safe="$(),:/'")
    return f"{base}?{query}"


def with_parameter(url: str, name: str, value: str) -> str:
    """`url` with a query parameter added, unless it has one of that name in any case."""
    parts = urlsplit(url)
    names = {key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if name.lower() in names:
        return url
    return f"{url}{'&' if parts.query else '?'}{urlencode({name: value})}"
