"""The app registration, and the tokens it gets."""

from __future__ import annotations

import hmac
import random
import re
from dataclasses import dataclass, field
from typing import Any

from lab.tenant.ledger import Ledger
from lab.tenant.token import assertions, signing
from lab.tenant.token.errors import TokenError

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

DEFAULT_ROLES = {
    "management": ("ActivityFeed.Read", "ActivityFeed.ReadDlp", "ServiceHealth.Read"),
    "graph": ("AuditLog.Read.All", "Directory.Read.All"),
}


@dataclass
class AppRegistration:
    """One application in one tenant.

    resources: "management" and "graph" to the address that is the resource's identifier.
    roles: consented application permissions by resource; an empty tuple gives a token without `roles`.
    lifetime_s: seconds a token lives, None for the vendor's random 60 to 90 minutes.
    """

    tenant_id: str
    domain: str
    client_id: str
    client_secret: str
    login_url: str
    resources: dict[str, str]
    roles: dict[str, tuple[str, ...]]
    rng: random.Random
    ledger: Ledger
    certificates: list[assertions.UploadedCertificate] = field(default_factory=list)
    lifetime_s: int | None = None
    _assertion_ids: set[str] = field(default_factory=set)

    def check_tenant(self, tenant: str) -> None:
        if "." not in tenant and not GUID.fullmatch(tenant):
            raise TokenError(900023, tenant=tenant)
        if tenant.lower() not in (self.tenant_id.lower(), self.domain.lower()):
            raise TokenError(90002, tenant=tenant)

    def check_client(self, client_id: str, tenant: str) -> None:
        if client_id.lower() != self.client_id.lower():
            raise TokenError(700016, app=client_id, tenant=tenant)

    def check_secret(self, secret: str) -> None:
        if not hmac.compare_digest(secret.encode(), self.client_secret.encode()):
            raise TokenError(7000215, app=self.client_id)

    def check_assertion(self, assertion: str, now: float) -> None:
        realms = (self.login_url, "https://login.windows.net")
        audiences = {f"{realm}/{self.tenant_id}/oauth2/{path}" for realm in realms for path in ("v2.0/token", "token")}
        claims = assertions.verify_assertion(
            assertion, self.certificates, client_id=self.client_id, audiences=audiences, now=now
        )
        if claims["jti"] in self._assertion_ids:
            self.ledger.mistake("assertion_reused", f"jti {claims['jti']}", now)
        self._assertion_ids.add(claims["jti"])
        if claims["exp"] - claims["nbf"] > assertions.LONGEST_LIFE_S:
            self.ledger.mistake("assertion_too_long", f"{claims['exp'] - claims['nbf']} s", now)

    def resource_named(self, identifier: str, tenant: str) -> str:
        """ "management" or "graph" for a resource identifier; a trailing slash does not matter."""
        for name, url in self.resources.items():
            if identifier.rstrip("/").lower() == url.lower():
                return name
        raise TokenError(500011, detail=identifier, tenant=tenant)

    def issue(self, resource: str, now: float) -> tuple[str, int]:
        """A signed access token and the seconds it lives."""
        lifetime = self.lifetime_s if self.lifetime_s is not None else self.rng.randint(3599, 5399)
        claims: dict[str, Any] = {
            "aud": self.resources[resource],
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now) + lifetime,
            "appid": self.client_id,
            "tid": self.tenant_id,
            "ver": "1.0",
            "uti": f"{self.rng.getrandbits(128):032x}",
        }
        if self.roles.get(resource):
            claims["roles"] = list(self.roles[resource])
        self.ledger.tokens_issued[resource] += 1
        return signing.sign(claims), lifetime
