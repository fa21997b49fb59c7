"""Graph `auditLogs/signIns` objects: sourcetypes azure:aad:signin and o365:graph:api (source AuditLogs.SignIns).

Shape: the signIn resource of Graph v1.0 and beta (learn.microsoft.com/graph/api/resources/signin). v1.0 knows fewer
keys; among the missing ones is userAgent.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lab.company.records import draws
from lab.company.records.shape import Payload, pad
from lab.company.records.sign_in import TENANT_ID, SignIn

V1_KEYS = (
    "id",
    "createdDateTime",
    "userDisplayName",
    "userPrincipalName",
    "userId",
    "appId",
    "appDisplayName",
    "ipAddress",
    "clientAppUsed",
    "correlationId",
    "conditionalAccessStatus",
    "isInteractive",
    "riskDetail",
    "riskLevelAggregated",
    "riskLevelDuringSignIn",
    "riskState",
    "riskEventTypes",
    "riskEventTypes_v2",
    "resourceDisplayName",
    "resourceId",
    "status",
    "deviceDetail",
    "location",
    "appliedConditionalAccessPolicies",
)
_EVENT_TYPES = {
    "interactive": "interactiveUser",
    "non_interactive": "nonInteractiveUser",
    "service_principal": "servicePrincipal",
    "managed_identity": "managedIdentity",
}
_POLICIES = (
    "Require MFA for all users",
    "Require MFA for administrators",
    "Block legacy authentication",
    "Require compliant device for finance",
    "Sign-in frequency on unmanaged devices",
    "Block device code flow",
)


def graph_sign_in(
    sign_in: SignIn, rng: Random, *, version: str = "beta", last: Sequence[str] = (), pad_to: int = 0
) -> Payload:
    """The sign-in as Graph returns it; `version` is `beta` or `v1.0`. `last` and `pad_to`: see shape.pad."""
    if version not in ("beta", "v1.0"):
        raise ValueError(f"Graph version {version!r} is neither 'beta' nor 'v1.0'")
    principal = sign_in.kind in ("service_principal", "managed_identity")
    payload: Payload = {
        "id": sign_in.id,
        "createdDateTime": draws.graph_time(sign_in.time),
        "userDisplayName": None if principal else sign_in.display_name,
        "userPrincipalName": None if principal else sign_in.user,
        "userId": "" if principal else sign_in.user_id,
        "appId": sign_in.application.id,
        "appDisplayName": sign_in.application.name,
        "ipAddress": sign_in.src,
        "ipAddressFromResourceProvider": None,
        "clientAppUsed": "" if principal else sign_in.client_app,
        "userAgent": "" if principal else sign_in.user_agent,
        "correlationId": sign_in.correlation_id,
        "conditionalAccessStatus": _access_status(sign_in),
        "originalRequestId": sign_in.id,
        "isInteractive": sign_in.kind == "interactive",
        "tokenIssuerName": "",
        "tokenIssuerType": "AzureAD",
        "clientCredentialType": "clientSecret" if sign_in.kind == "service_principal" else "none",
        "processingTimeInMilliseconds": sign_in.processing_ms,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes": [],
        "riskEventTypes_v2": [],
        "resourceDisplayName": sign_in.application.resource,
        "resourceId": sign_in.application.resource_id,
        "resourceTenantId": TENANT_ID,
        "homeTenantId": TENANT_ID,
        "authenticationMethodsUsed": [],
        "authenticationRequirement": "multiFactorAuthentication"
        if _access_status(sign_in) == "success"
        else "singleFactorAuthentication",
        "alternateSignInName": "",
        "signInIdentifier": "" if principal else sign_in.user,
        "signInEventTypes": [_EVENT_TYPES[sign_in.kind]],
        "servicePrincipalId": draws.stable_guid("sp:" + sign_in.user) if principal else "",
        "servicePrincipalName": sign_in.user if principal else None,
        "userType": None if principal else "member",
        "flaggedForReview": False,
        "isTenantRestricted": False,
        "autonomousSystemNumber": sign_in.autonomous_system,
        "crossTenantAccessType": "none",
        "uniqueTokenIdentifier": sign_in.token_id,
        "incomingTokenType": "none" if sign_in.kind == "interactive" else "primaryRefreshToken",
        "authenticationProtocol": "none",
        "resourceServicePrincipalId": draws.stable_guid("sp:" + sign_in.application.resource),
        "status": {
            "errorCode": sign_in.code,
            "failureReason": sign_in.result.reason,
            "additionalDetails": _details(sign_in),
        },
        "deviceDetail": {
            "deviceId": sign_in.device_id,
            "displayName": "",
            "operatingSystem": sign_in.operating_system,
            "browser": sign_in.browser,
            "isCompliant": bool(sign_in.device_id),
            "isManaged": bool(sign_in.device_id),
            "trustType": "Azure AD joined" if sign_in.device_id else "",
        },
        "location": {
            "city": sign_in.place.city,
            "state": sign_in.place.state,
            "countryOrRegion": sign_in.place.country,
            "geoCoordinates": {
                "altitude": None,
                "latitude": sign_in.place.latitude,
                "longitude": sign_in.place.longitude,
            },
        },
        "appliedConditionalAccessPolicies": [
            _policy(name, sign_in) for name in _POLICIES[: 2 + sign_in.processing_ms % 3]
        ],
        "authenticationProcessingDetails": [
            {"key": "Legacy TLS (TLS 1.0, 1.1, 3DES)", "value": "False"},
            {"key": "Is CAE Token", "value": "False"},
        ],
        "networkLocationDetails": [],
        "authenticationDetails": _authentication_details(sign_in),
        "authenticationRequirementPolicies": [],
        "sessionLifetimePolicies": [],
        "sessionId": sign_in.session_id,
    }
    if version == "v1.0":
        payload = {key: payload[key] for key in V1_KEYS}
        payload["createdDateTime"] = draws.graph_time_fraction(sign_in.time, rng)
    if last or pad_to:
        pad(payload, last, pad_to, lambda record: add_policy(record, sign_in))
    return payload


def _access_status(sign_in: SignIn) -> str:
    if sign_in.code in (50074, 50076, 50079, 50072, 53000, 53003):
        return "failure"
    return "success" if sign_in.code == 0 and sign_in.kind == "interactive" else "notApplied"


def _details(sign_in: SignIn) -> str | None:
    if sign_in.code == 0:
        return "MFA requirement satisfied by claim in the token"
    return "MFA required in Azure AD" if sign_in.code in (50074, 50076) else None


def _authentication_details(sign_in: SignIn) -> list[Payload]:
    if sign_in.kind != "interactive" or not sign_in.has_account:
        return []
    return [
        {
            "authenticationStepDateTime": draws.graph_time(sign_in.time),
            "authenticationMethod": "Password",
            "authenticationMethodDetail": "Password Hash Sync",
            "succeeded": sign_in.code not in (50126, 50053, 50055, 50056, 50057),
            "authenticationStepResultDetail": "Correct password" if sign_in.code == 0 else sign_in.result.reason,
            "authenticationStepRequirement": "Primary authentication",
        }
    ]


def _policy(name: str, sign_in: SignIn) -> Payload:
    return {
        "id": draws.stable_guid("policy:" + name),
        "displayName": name,
        "enforcedGrantControls": ["Mfa"] if "MFA" in name else ["Block"],
        "enforcedSessionControls": [],
        "result": "notApplied" if sign_in.code else "success",
        "conditionsSatisfied": "none",
        "conditionsNotSatisfied": "none",
        "includeRulesSatisfied": [],
        "excludeRulesSatisfied": [],
    }


def add_policy(payload: Payload, sign_in: SignIn) -> None:
    policies = payload.setdefault("appliedConditionalAccessPolicies", [])
    policies.append(_policy(f"Access policy {len(policies) + 1:02}", sign_in))
