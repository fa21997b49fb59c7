"""What an account's connection is worth: reachable, signed in, permitted, licensed; each as a sentence.

Nothing is changed at Microsoft: subscriptions are listed, not started. Of each Graph log one row is asked for, which
takes three of the five requests that Graph allows in ten seconds.
Source: Office 365 Management Activity API and Graph list signIns, list directoryAudits (permissions).
"""

from __future__ import annotations

from collections.abc import Iterator
from logging import Logger
from typing import Callable, NamedTuple

from mail_threats.accounts import Account, Proxy
from mail_threats.clock import Clock
from mail_threats.errors import ConfigError, MailThreatsError, ServiceError, Throttled
from mail_threats.feeds.activity_api import CONTENT_TYPES, ActivityApi
from mail_threats.feeds.graph_feed import LOGS, hint_at_other_version
from mail_threats.timestamps import zulu
from mail_threats.wire.pace import Pace
from mail_threats.wire.retrying import Retrier
from mail_threats.wire.service import TokenService, address
from mail_threats.wire.tally import Tally
from mail_threats.wire.tokens import TokenSource
from mail_threats.wire.transport import Transport
from mail_threats.wire.verdicts import Judge, activity_answer, graph_answer

OK, WARNING, ERROR = "ok", "warning", "error"
_SOON_S = 30 * 86400.0
_SKEW_S = 120.0
# One log of each kind of request; the kinds of sign-in that only beta serves differ in a filter.
_ASKED_OF_GRAPH = ("interactive", "non_interactive", "directory_audits")
_CONSENT = "Add it to the app registration as an application permission and grant admin consent."


class Finding(NamedTuple):
    """`area` is what was looked at, `status` one of ok, warning and error; `advice` is empty where none is needed."""

    area: str
    status: str
    message: str
    advice: str = ""


class ConnectionCheck:
    """One account, looked at once; `transport` is this account's."""

    def __init__(self, account: Account, proxy: Proxy | None, transport: Transport, clock: Clock, log: Logger) -> None:
        self._account = account
        self._proxy = proxy
        self._transport = transport
        self._clock = clock
        # An admin is waiting: a fault is asked about once more, and nothing is sat out.
        self._retrier = Retrier(clock, Tally(), log, attempts=1, patience_s=5.0, throttle_first_s=2.0)

    def run(self) -> list[Finding]:
        """Everything that can be told, in the order in which it matters."""
        found = [*self._credential(), *self._way()]
        found += self._area("Management Activity API", self._account.endpoints.management, self._management)
        found += self._area("Microsoft Graph", self._account.endpoints.graph, self._graph)
        return [*found, *self._clocks()]

    # Before anything is asked

    def _credential(self) -> Iterator[Finding]:
        credential = self._account.credential
        what = {"client_secret": "client secret", "certificate": "certificate"}[credential.kind]
        if credential.doubt:
            yield Finding(
                "Credential",
                WARNING,
                credential.doubt,
                "Paste the secret's value, which Entra shows only once, when the secret is made.",
            )
        if credential.expires is None:
            yield Finding("Credential", OK, f"The account signs in with a {what}; when it expires was not noted.")
            return
        left_s = credential.expires - self._clock.now()
        day = zulu(credential.expires)[:10]
        if left_s <= 0:
            yield Finding("Credential", ERROR, f"The {what} expired on {day}.", "Make a new one and save it here.")
        elif left_s <= _SOON_S:
            yield Finding("Credential", WARNING, f"The {what} expires on {day}.", "Make a new one in time.")
        else:
            yield Finding("Credential", OK, f"The account signs in with a {what} that expires on {day}.")

    def _way(self) -> Iterator[Finding]:
        if self._proxy is not None:
            name = " with a user name and password" if self._proxy.username else ""
            yield Finding("Proxy", OK, f"Requests go through the proxy {self._proxy.host}:{self._proxy.port}{name}.")

    # One service

    def _area(self, area: str, base_url: str | None, ask: Callable[[str], Iterator[Finding]]) -> Iterator[Finding]:
        if base_url is None:
            yield Finding(area, WARNING, "The account's cloud has no address for it, so it cannot be collected from.")
            return
        try:
            yield from ask(base_url)
        except MailThreatsError as error:
            yield _finding(area, error)

    def _service(self, base_url: str, judge: Judge) -> tuple[frozenset[str], TokenService]:
        """The roles of a token for the service, and the service.

        Raises: ServiceError, ConfigError.
        """
        tokens = TokenSource(self._account, base_url, self._transport, self._retrier, self._clock, Tally())
        headers = {"Prefer": "include-unknown-enum-members"} if judge is graph_answer else {}
        service = TokenService(base_url, tokens, self._transport, self._retrier, Pace(self._clock), judge, headers)
        return tokens.current().roles, service

    def _management(self, base_url: str) -> Iterator[Finding]:
        area = "Management Activity API"
        roles, service = self._service(base_url, activity_answer)
        yield Finding(area, OK, f"Entra gave a token. {_listed(roles)}")
        if "ActivityFeed.Read" not in roles:
            yield Finding(area, ERROR, "ActivityFeed.Read is missing: no content type can be collected.", _CONSENT)
            return
        if "ActivityFeed.ReadDlp" not in roles:
            yield Finding(
                area, WARNING, "ActivityFeed.ReadDlp is missing: all content types but DLP.All can be collected.",
                f"If you want DLP.All: {_CONSENT[0].lower()}{_CONSENT[1:]}",
            )  # fmt: skip
        enabled = ActivityApi(service, service, base_url, self._account.tenant_id).enabled()
        on = [name for name in CONTENT_TYPES if enabled.get(name.lower())]
        off = [name for name in CONTENT_TYPES if name not in on]
        text = f"Subscribed to {', '.join(on) or 'nothing'}."
        if off:
            text += f" Inputs start {', '.join(off)} when they are asked to; first content may take 12 hours."
        yield Finding(area, OK, text)

    def _graph(self, base_url: str) -> Iterator[Finding]:
        area = "Microsoft Graph"
        roles, service = self._service(base_url, graph_answer)
        yield Finding(area, OK, f"Entra gave a token. {_listed(roles)}")
        if "AuditLog.Read.All" not in roles:
            yield Finding(
                area, ERROR, "AuditLog.Read.All is missing: neither sign-ins nor directory audits can be collected.",
                _CONSENT,
            )  # fmt: skip
            return
        refused = False
        for name in _ASKED_OF_GRAPH:
            finding = self._one_row(base_url, service, name)
            refused = refused or finding.status == ERROR
            yield finding
        if refused and "Directory.Read.All" not in roles:
            yield Finding(
                area, WARNING, "Directory.Read.All is missing; some tenants are refused without it.", _CONSENT
            )

    def _one_row(self, base_url: str, service: TokenService, name: str) -> Finding:
        log = LOGS[name]
        options = {"$top": "1"}
        if log.event_type is not None:
            options["$filter"] = f"signInEventTypes/any(t: t eq '{log.event_type}')"
        area = f"Microsoft Graph: {name}"
        try:
            service.get(address(f"{base_url}/{log.version}/auditLogs/{log.path}", options), f"check_{name}")
        except Throttled as error:
            return Finding(area, WARNING, error.message, "Running inputs use the limit of requests; try again later.")
        except ServiceError as error:
            hint_at_other_version(error, name, log.version)
            return _finding(area, error)
        return Finding(area, OK, f"{log.version} answers.")

    def _clocks(self) -> Iterator[Finding]:
        skew_s = self._transport.clock_skew_s
        if abs(skew_s) > _SKEW_S:
            yield Finding(
                "Clock",
                WARNING,
                f"This host's clock is {abs(skew_s):.0f} seconds {'behind' if skew_s > 0 else 'ahead of'} Microsoft's.",
                "Inputs allow for it, but health events and Splunk do not: set the clock by NTP.",
            )


def _listed(roles: frozenset[str]) -> str:
    return f"Its application permissions: {', '.join(sorted(roles))}." if roles else "It carries no permission at all."


def _finding(area: str, error: MailThreatsError) -> Finding:
    return Finding("Connection" if isinstance(error, ConfigError) else area, ERROR, error.message, error.advice)
