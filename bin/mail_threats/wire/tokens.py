"""Access tokens of the client-credentials grant, one for each resource.

Source: Microsoft identity platform, OAuth 2.0 client credentials flow (v2.0 endpoint). Lifetimes vary from 60 to 90
minutes and are never assumed; a token is renewed ahead of its end, and once more when the service rejects it.
"""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple

from mail_threats.accounts import Account
from mail_threats.clock import Clock
from mail_threats.errors import ContentUnreadable, Refused
from mail_threats.wire.pace import Pace
from mail_threats.wire.retrying import Retrier
from mail_threats.wire.tally import Tally
from mail_threats.wire.transport import Transport
from mail_threats.wire.verdicts import Response, token_answer

_EARLY_S = 300.0
_NOTABLE_SKEW_S = 60.0


class Token(NamedTuple):
    """`roles` are the application permissions that were consented to; `renew_at` is in monotonic seconds."""

    value: str
    roles: frozenset[str]
    renew_at: float

    def __repr__(self) -> str:
        return f"Token(roles={sorted(self.roles)})"


class TokenSource:
    """The current token for one resource (`https://manage.office.com`), shared by all threads."""

    def __init__(
        self, account: Account, resource: str, transport: Transport, retrier: Retrier, clock: Clock, tally: Tally
    ) -> None:
        self._account = account
        self._resource = resource
        self._transport = transport
        self._retrier = retrier
        self._clock = clock
        self._tally = tally
        self._pace = Pace(clock)
        self._token: Token | None = None
        self._lock = threading.Lock()

    def current(self) -> Token:
        """A token with time left.

        Raises: Refused with advice for the admin; Throttled or Transient when patience ended; Stopped.
        """
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._token.renew_at:
                self._token = self._request()
            return self._token

    def replace(self, rejected: Token) -> Token:
        """A token other than `rejected`: of many threads that were rejected together, one asks."""
        with self._lock:
            if self._token is None or self._token.value == rejected.value:
                self._token = self._request()
            return self._token

    def _request(self) -> Token:
        try:
            return self._ask()
        except Refused as refusal:
            # The refusal's own Date header now tells how far off this host's clock is.
            if refusal.code == "AADSTS700024" and abs(self._transport.clock_skew_s) > _NOTABLE_SKEW_S:
                return self._ask()
            if refusal.code == "AADSTS7000215" and self._account.credential.doubt:
                refusal.advice = (
                    "The account holds a GUID, which is the secret's ID. Paste the secret's value, which Entra shows"
                    " only once, when the secret is made."
                )
            raise

    def _ask(self) -> Token:
        account = self._account
        url = f"{account.endpoints.login}/{account.tenant_id}/oauth2/v2.0/token"

        def exchange() -> Response:
            # An assertion may be used once, so each attempt makes its own; Entra judges it by Entra's clock.
            now = self._clock.now() + self._transport.clock_skew_s
            form = {
                "grant_type": "client_credentials",
                "client_id": account.client_id,
                "scope": f"{self._resource}/.default",
                **account.credential.proof(account.client_id, url, now),
            }
            return self._transport.exchange("POST", url, {}, form)

        response = self._retrier.run(exchange, token_answer, self._pace, "token")
        self._tally.add("tokens")
        return self._read(response)

    def _read(self, response: Response) -> Token:
        try:
            content = json.loads(response.body)
            value, lifetime_s = content["access_token"], float(content["expires_in"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ContentUnreadable(
                "Entra answered a token request with something that is not a token.",
                advice="Check the login address of the account's cloud, and what answers there.",
            ) from None
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
            raise ContentUnreadable("Entra sent a token that cannot be used in a header.")
        renew_at = self._clock.monotonic() + lifetime_s - min(_EARLY_S, lifetime_s / 3)
        return Token(value, _roles(value), renew_at)


def _roles(token: str) -> frozenset[str]:
    """The `roles` claim, read without verification: it only serves to say which permission is missing."""
    parts = token.split(".")
    if len(parts) != 3:
        return frozenset()
    try:
        claims: Mapping[str, Any] = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        roles = claims.get("roles", [])
    except (ValueError, AttributeError, RecursionError):
        return frozenset()
    return frozenset(str(role) for role in roles) if isinstance(roles, list) else frozenset()
