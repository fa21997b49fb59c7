"""HTTP in and out of the token endpoints."""

from __future__ import annotations

from urllib.parse import parse_qsl

from lab.tenant.exchange import Call, Reply, json_reply
from lab.tenant.token.errors import TokenError
from lab.tenant.token.models import AppRegistration

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"


class TokenResponses:
    """The login service of one tenant."""

    def __init__(self, app: AppRegistration) -> None:
        self.app = app

    def observe(self, call: Call) -> None:
        """Note what the client should not have done, whatever the answer will be."""
        if "client_secret" in call.arguments():
            self.app.ledger.mistake("secret_in_url", call.path, call.at)

    def v2(self, call: Call) -> Reply:
        form = self._authenticated_form(call, "scope")
        tenant = call.path_args["tenant"]
        scopes = form["scope"].split()
        if len(scopes) != 1:
            raise TokenError(70011, detail="one resource a token")
        if not scopes[0].endswith("/.default"):
            raise TokenError(1002012, detail=scopes[0])
        resource = self.app.resource_named(scopes[0].removesuffix("/.default"), tenant)
        token, lifetime = self.app.issue(resource, call.at)
        return json_reply(
            200,
            {
                "token_type": "Bearer",
                "expires_in": lifetime,
                "ext_expires_in": lifetime,
                "access_token": token,
            },
            Cache_Control="no-store, no-cache",
        )

    def v1(self, call: Call) -> Reply:
        form = self._authenticated_form(call, "resource")
        resource = self.app.resource_named(form["resource"], call.path_args["tenant"])
        token, lifetime = self.app.issue(resource, call.at)
        return json_reply(
            200,
            {
                "token_type": "Bearer",
                "expires_in": str(lifetime),
                "ext_expires_in": str(lifetime),
                "expires_on": str(int(call.at) + lifetime),
                "not_before": str(int(call.at)),
                "resource": form["resource"],
                "access_token": token,
            },
            Cache_Control="no-store, no-cache",
        )

    def wrong_method(self, call: Call) -> Reply:
        raise TokenError(900561, detail=call.method)

    def unknown_route(self, call: Call) -> Reply:
        return Reply(
            404, b"<html><body>404 - File or directory not found.</body></html>", {"Content-Type": "text/html"}
        )

    def _authenticated_form(self, call: Call, *required: str) -> dict[str, str]:
        tenant = call.path_args["tenant"]
        self.app.check_tenant(tenant)
        is_form = call.headers.get("Content-Type", "").split(";")[0].strip().lower() == FORM
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"))) if is_form else {}
        for name in ("grant_type", "client_id", *required):
            if name not in form:
                raise TokenError(900144, detail=name)
        if form["grant_type"] != "client_credentials":
            raise TokenError(70003, detail=form["grant_type"])
        self.app.check_client(form["client_id"], tenant)
        if "client_secret" in form:
            self.app.check_secret(form["client_secret"])
        elif form.get("client_assertion_type") == ASSERTION_TYPE and "client_assertion" in form:
            self.app.check_assertion(form["client_assertion"], call.at)
        else:
            raise TokenError(7000218)
        return form
