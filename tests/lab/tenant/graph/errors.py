"""Graph errors: {"error": {"code", "message", "innerError"}} with the request ids Graph puts beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid5

from lab.tenant.exchange import Call, Reply, VendorError, json_reply

_REQUEST = UUID("3b5a9a2e-8d0e-4f3b-b8a4-7f0b9e2f6d10")

GRAPH_ERRORS = {
    "bad_filter": (400, "BadRequest", "Invalid filter clause: {}"),
    "bad_request": (400, "BadRequest", "{}"),
    "no_such_segment": (400, "BadRequest", "Resource not found for the segment '{}'."),
    "skip": (
        400,
        "BadRequest",
        "Query option 'Skip' is not allowed. To allow it, set the 'AllowedQueryOptions' property on "
        "EnableQueryAttribute or QueryValidationSettings.",
    ),
    "page_size": (400, "BadRequest", "Invalid page size specified: '{}'. Must be between 1 and 1000 inclusive."),
    "skip_token": (400, "BadRequest", "Invalid Skip Token, skip token is {}"),
    "token_missing": (401, "InvalidAuthenticationToken", "Access token is empty."),
    "token_malformed": (401, "InvalidAuthenticationToken", "IDX14100: JWT is not well formed."),
    "token_audience": (401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience."),
    "token_expired": (401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
    "permission_missing": (
        403,
        "Authentication_MSGraphPermissionMissing",
        "Calling principal does not have required MSGraph permissions {}",
    ),
    "not_premium": (
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "Neither tenant is B2C or tenant doesn't have premium license",
    ),
    "throttled": (
        429,
        "UnknownError",
        "This request is throttled. Please try again after the value specified in the "
        "Retry-After header. CorrelationId: {}",
    ),
    "method": (405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."),
    "timeout": (504, "UnknownError", ""),
}
"""Name in this lab to HTTP status, Graph's code and text; {} are filled in order."""


class GraphError(VendorError):
    """Graph refuses. name: a key of GRAPH_ERRORS; headers: further response headers."""

    def __init__(self, name: str, *details: str, **headers: str) -> None:
        self.name = name
        self.status, self.code, text = GRAPH_ERRORS[name]
        self.message = text.format(*details)
        self.headers = headers
        super().__init__(f"{self.code}: {self.message}")

    def reply(self, call: Call) -> Reply:
        reply = json_reply(
            self.status,
            {
                "error": {
                    "code": self.code,
                    "message": self.message,
                    "innerError": {
                        "date": datetime.fromtimestamp(call.at, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                        "request-id": request_id(call),
                        "client-request-id": call.headers.get("client-request-id", request_id(call)),
                    },
                }
            },
            **self.headers,
        )
        return reply


def request_id(call: Call) -> str:
    """The id Graph gives a request; the same request at the same instant has the same id."""
    return str(uuid5(_REQUEST, f"{call.at} {call.path} {call.query}"))
