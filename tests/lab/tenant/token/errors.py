"""AADSTS errors: code, OAuth error and HTTP status as the Microsoft Entra error reference gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from lab.tenant.exchange import Call, Reply, VendorError, json_reply

_TRACE = UUID("6f1d9c1e-3a50-4f0e-9f43-1d2f6a7c0b11")


@dataclass(frozen=True)
class TokenErrorKind:
    error: str
    status: int
    text: str


TOKEN_ERRORS = {
    7000215: TokenErrorKind(
        "invalid_client",
        401,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        "the client secret ID, for a secret added to app '{app}'.",
    ),
    7000222: TokenErrorKind("invalid_client", 401, "The provided client secret keys for app '{app}' are expired."),
    700016: TokenErrorKind(
        "unauthorized_client",
        400,
        "Application with identifier '{app}' was not found in the directory '{tenant}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or consented to by "
        "any user in the tenant.",
    ),
    7000112: TokenErrorKind("unauthorized_client", 400, "Application '{app}' is disabled."),
    90002: TokenErrorKind(
        "invalid_request",
        400,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud.",
    ),
    900023: TokenErrorKind(
        "invalid_request",
        400,
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    ),
    90038: TokenErrorKind("invalid_request", 400, "Tenant '{tenant}' request is redirected to another national cloud."),
    500011: TokenErrorKind(
        "invalid_resource", 400, "The resource principal named {detail} was not found in the tenant named {tenant}."
    ),
    1002012: TokenErrorKind(
        "invalid_scope",
        400,
        "The provided value for scope {detail} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    ),
    70011: TokenErrorKind(
        "invalid_scope", 400, "The provided value for the input parameter 'scope' is not valid: {detail}."
    ),
    900144: TokenErrorKind(
        "invalid_request", 400, "The request body must contain the following parameter: '{detail}'."
    ),
    900561: TokenErrorKind(
        "invalid_request", 400, "The endpoint only accepts POST requests. Received a {detail} request."
    ),
    70003: TokenErrorKind("unsupported_grant_type", 400, "The app requested an unsupported grant type '{detail}'."),
    7000218: TokenErrorKind(
        "invalid_client",
        401,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    700027: TokenErrorKind("invalid_client", 401, "Client assertion failed signature validation. [Reason - {detail}]"),
    700021: TokenErrorKind(
        "invalid_client", 401, "Client assertion application identifier doesn't match 'client_id' parameter: {detail}."
    ),
    700023: TokenErrorKind(
        "invalid_client", 401, "Client assertion audience claim does not match Realm issuer: {detail}."
    ),
    700024: TokenErrorKind("invalid_client", 401, "Client assertion is not within its valid time range. {detail}"),
    50027: TokenErrorKind("invalid_request", 400, "JWT token is invalid or malformed: {detail}."),
    53003: TokenErrorKind("invalid_grant", 400, "Access has been blocked by Conditional Access policies."),
    90033: TokenErrorKind("temporarily_unavailable", 503, "A transient error has occurred. Please try again."),
    90055: TokenErrorKind("temporarily_unavailable", 429, "The tenant is throttled. Please try again later."),
}
"""AADSTS code to its OAuth error, HTTP status and text ({app}, {tenant} and {detail} are filled in)."""


class TokenError(VendorError):
    """The token endpoint refuses. code is a key of TOKEN_ERRORS; app and tenant are what the client sent."""

    def __init__(self, code: int, *, app: str = "", tenant: str = "", detail: str = "") -> None:
        self.code = code
        self.kind = TOKEN_ERRORS[code]
        self.text = f"AADSTS{code}: " + self.kind.text.format(app=app, tenant=tenant, detail=detail)
        super().__init__(self.text)

    def reply(self, call: Call) -> Reply:
        stamp = datetime.fromtimestamp(call.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        trace = str(uuid5(_TRACE, f"{call.at} {call.path}"))
        correlation = call.headers.get("client-request-id") or str(uuid5(_TRACE, trace))
        description = f"{self.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
        return json_reply(
            self.kind.status,
            {
                "error": self.kind.error,
                "error_description": description,
                "error_codes": [self.code],
                "timestamp": stamp,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
            },
        )
