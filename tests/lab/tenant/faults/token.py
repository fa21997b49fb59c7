"""What goes wrong at the login service, and with the tokens it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lab.tenant.activity.errors import Unauthorized
from lab.tenant.exchange import Call, Reply
from lab.tenant.faults.fault import ENDPOINTS, Fault
from lab.tenant.graph.errors import GraphError
from lab.tenant.token.errors import TokenError

if TYPE_CHECKING:
    from lab.tenant.tenant import Tenant


class TokenRefused(Fault):
    """Base of the faults that are one AADSTS code."""

    acts_on = ("token",)
    code: ClassVar[int]
    detail: ClassVar[str] = ""

    def prepare(self, tenant: Tenant) -> None:
        self._app = tenant.client_id

    def refuse(self, call: Call) -> Reply | None:
        if not self.acts_for(call):
            return None
        tenant = call.path_args["tenant"]
        return TokenError(self.code, app=self._app, tenant=tenant, detail=self.detail).reply(call)


class WrongSecret(TokenRefused):
    """The secret was rotated, or its id was pasted instead of its value: 401 invalid_client, AADSTS7000215."""

    name = "wrong_secret"
    code = 7000215


class ExpiredSecret(TokenRefused):
    """The secret is past its end date: 401 invalid_client, AADSTS7000222."""

    name = "expired_secret"
    code = 7000222


class UnknownApp(TokenRefused):
    """The application id is not in this tenant: 400 unauthorized_client, AADSTS700016."""

    name = "unknown_app"
    code = 700016


class DisabledApp(TokenRefused):
    """The application was disabled in the tenant: 400 unauthorized_client, AADSTS7000112."""

    name = "disabled_app"
    code = 7000112


class WrongTenant(TokenRefused):
    """The tenant id is that of no tenant: 400 invalid_request, AADSTS90002."""

    name = "wrong_tenant"
    code = 90002


class WrongCloud(WrongTenant):
    """The login host of another national cloud was asked, which never heard of the tenant: AADSTS90002 again."""

    name = "wrong_cloud"


class TenantInOtherCloud(TokenRefused):
    """The login host knows that the tenant lives in another national cloud: 400 invalid_request, AADSTS90038."""

    name = "tenant_in_other_cloud"
    code = 90038


class MissingResource(TokenRefused):
    """The tenant has no subscription that brings the API, or the cloud is wrong: 400 invalid_resource, AADSTS500011."""

    name = "missing_resource"
    code = 500011
    detail = "the requested resource"


class ConditionalAccessBlock(TokenRefused):
    """Conditional Access for workload identities does not allow this host's address: 400 invalid_grant, AADSTS53003."""

    name = "conditional_access_block"
    code = 53003


class TransientTokenError(TokenRefused):
    """Entra's own bad minute: 503 temporarily_unavailable, AADSTS90033."""

    name = "transient_token_error"
    code = 90033


class TokenThrottled(TokenRefused):
    """The token endpoint throttles: 429, AADSTS90055, with Retry-After. retry_after_s: its value in seconds."""

    name = "token_throttled"
    code = 90055

    def __init__(self, *, retry_after_s: int = 5, **limits: Any) -> None:
        super().__init__(**limits)
        self.retry_after_s = retry_after_s

    def refuse(self, call: Call) -> Reply | None:
        reply = super().refuse(call)
        if reply:
            reply.headers["Retry-After"] = str(self.retry_after_s)
        return reply


class NoRoles(Fault):
    """Admin consent was never given: tokens are issued all the same, without `roles`, and the APIs refuse them."""

    name = "no_roles"

    def prepare(self, tenant: Tenant) -> None:
        self.acted += 1
        tenant.app.roles = dict.fromkeys(tenant.app.roles, ())


class NoDlpRole(Fault):
    """ActivityFeed.ReadDlp was not consented: DLP.All answers AF10001 while the other content types work."""

    name = "no_dlp_role"

    def prepare(self, tenant: Tenant) -> None:
        self.acted += 1
        roles = tenant.app.roles["management"]
        tenant.app.roles["management"] = tuple(role for role in roles if role != "ActivityFeed.ReadDlp")


class ShortTokenLife(Fault):
    """A token lifetime policy: tokens live `seconds` only, and expires_in says so."""

    name = "short_token_life"

    def __init__(self, *, seconds: int = 20, **limits: Any) -> None:
        super().__init__(**limits)
        self.seconds = seconds

    def prepare(self, tenant: Tenant) -> None:
        self.acted += 1
        tenant.app.lifetime_s = self.seconds


class TokenRejected(Fault):
    """An API refuses a token long before its expires_in (revoked, keys rolled): 401 once, a new token is accepted."""

    name = "token_rejected"
    acts_on = (*ENDPOINTS["management"], *ENDPOINTS["graph"])
    once = True

    def refuse(self, call: Call) -> Reply | None:
        if not self.acts_for(call):
            return None
        return (GraphError("token_expired") if call.service == "graph" else Unauthorized()).reply(call)


FAULTS: list[type[Fault]] = [
    WrongSecret,
    ExpiredSecret,
    UnknownApp,
    DisabledApp,
    WrongTenant,
    WrongCloud,
    TenantInOtherCloud,
    MissingResource,
    ConditionalAccessBlock,
    TransientTokenError,
    TokenThrottled,
    NoRoles,
    NoDlpRole,
    ShortTokenLife,
    TokenRejected,
]
