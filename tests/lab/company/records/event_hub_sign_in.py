"""Entra sign-ins as diagnostic settings send them to an Event Hub: sourcetype azure:monitor:aad.

Shape: the Azure Monitor envelope with resultType as a string and the Graph object, capitalised here and there, in
`properties`.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lab.company.records import draws
from lab.company.records.graph_sign_in import add_policy, graph_sign_in
from lab.company.records.shape import Payload, pad
from lab.company.records.sign_in import TENANT_ID, SignIn

_CATEGORIES = {
    "interactive": "SignInLogs",
    "non_interactive": "NonInteractiveUserSignInLogs",
    "service_principal": "ServicePrincipalSignInLogs",
    "managed_identity": "ManagedIdentitySignInLogs",
}
_NOT_IN_EVENT_HUB = ("signInEventTypes", "ipAddressFromResourceProvider", "authenticationMethodsUsed")


def event_hub_sign_in(sign_in: SignIn, rng: Random, *, last: Sequence[str] = (), pad_to: int = 0) -> Payload:
    """The sign-in in its Azure Monitor envelope. Paths in `last` start at the envelope (`properties.status`)."""
    properties = graph_sign_in(sign_in, rng)
    for key in _NOT_IN_EVENT_HUB:
        del properties[key]
    created = draws.graph_time_fraction(sign_in.time, rng)
    properties["createdDateTime"] = created.removesuffix("Z") + "+00:00"
    properties["status"] = {key: value for key, value in properties["status"].items() if value is not None}
    if not sign_in.code:
        properties["status"].pop("failureReason")
    properties["tenantId"] = TENANT_ID
    payload: Payload = {
        "time": created,
        "resourceId": f"/tenants/{TENANT_ID}/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "operationVersion": "1.0",
        "category": _CATEGORIES[sign_in.kind],
        "tenantId": TENANT_ID,
        "resultType": str(sign_in.code),
        "resultSignature": "None",
        "resultDescription": sign_in.result.reason,
        "durationMs": 0,
        "callerIpAddress": sign_in.src,
        "correlationId": sign_in.correlation_id,
        "identity": sign_in.display_name,
        "Level": 4,
        "location": sign_in.place.country,
        "properties": properties,
    }
    if not sign_in.code:
        del payload["resultDescription"]
    if last or pad_to:
        pad(payload, last, pad_to, lambda record: add_policy(record["properties"], sign_in))
    return payload
