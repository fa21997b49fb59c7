"""What each error code of Microsoft means for an admin, and what the input does about it.

Sources: Entra authentication error codes (AADSTS), Office 365 Management Activity API reference, errors (AF), Microsoft
Graph error responses; codes that are not documented but occur are marked so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mail_threats.errors import (
    AlreadyEnabled,
    ContentGone,
    ContentUnreadable,
    PagingBroken,
    Refused,
    ServiceError,
    SubscriptionMissing,
    Throttled,
    Transient,
)


class Verdict(NamedTuple):
    """`reaction` is the class of error that is raised, and so what the input does next; `advice` is for the admin."""

    reaction: type[ServiceError]
    advice: str


_CONSENT = "Grant admin consent for the app registration's application permissions in Entra."
_WRONG_CLOUD = "Check the tenant ID, and that the account's cloud is the one the tenant lives in."
_PASSING = "A passing fault at Microsoft; the input asks again by itself."
_CLOCK = "Compare this host's clock with the real time, then check the certificate uploaded to the app registration."
_CERTIFICATE = "Upload the certificate in use to the app registration, and check that it has not expired."
_OUR_REQUEST = "The input asked for something the service does not accept; please report this with the input's log."

AADSTS: Mapping[int, Verdict] = {
    7000215: Verdict(Refused, "The client secret is wrong. Paste the secret's value, not its ID, into the account."),
    7000222: Verdict(
        Refused, "The client secret has expired. Create a new one in the app registration and save it in the account."
    ),
    7000218: Verdict(Refused, "Neither a secret nor an assertion reached Entra. Edit the account and save it again."),
    7000216: Verdict(Refused, "Neither a secret nor an assertion reached Entra. Edit the account and save it again."),
    700016: Verdict(
        Refused,
        "The application ID is not known in this tenant. Check client ID and tenant ID, and that consent was given.",
    ),
    7000112: Verdict(
        Refused, "The app registration is disabled in the tenant. Enable it under Enterprise applications."
    ),
    70001: Verdict(
        Refused, "The application is disabled or not in the directory. Check the client ID and the tenant ID."
    ),
    700011: Verdict(Refused, "The application is not in the directory. Check the client ID and the tenant ID."),
    90002: Verdict(Refused, f"The tenant was not found. {_WRONG_CLOUD}"),
    900021: Verdict(Refused, f"The tenant was not found. {_WRONG_CLOUD}"),
    900023: Verdict(
        Refused, "The tenant ID is neither a GUID nor a domain. Copy it from the app registration's overview page."
    ),
    90038: Verdict(Refused, "The tenant belongs to another national cloud. Change the account's cloud."),
    900382: Verdict(Refused, "The tenant belongs to another national cloud. Change the account's cloud."),
    900432: Verdict(Refused, "The tenant belongs to another national cloud. Change the account's cloud."),
    500011: Verdict(
        Refused,
        "The tenant does not have this Microsoft service. Check the account's cloud and the tenant's subscriptions.",
    ),
    50001: Verdict(Refused, "The service is disabled or does not exist in the tenant. Check the account's cloud."),
    65001: Verdict(Refused, f"Consent is missing. {_CONSENT}"),
    650052: Verdict(
        Refused, "The tenant is not subscribed to the service that the app asks for, or it is not enabled."
    ),
    650056: Verdict(Refused, f"The app registration lists no permission for this service. Add it, then: {_CONSENT}"),
    650057: Verdict(
        Refused, f"The app registration does not list this service among its API permissions. Add it, then: {_CONSENT}"
    ),
    70011: Verdict(Refused, f"The scope does not fit the cloud. {_WRONG_CLOUD}"),
    28002: Verdict(Refused, f"The scope does not fit the cloud. {_WRONG_CLOUD}"),
    1002012: Verdict(Refused, f"The scope does not fit the cloud. {_WRONG_CLOUD}"),
    700027: Verdict(Refused, f"The certificate's signature was not accepted. {_CERTIFICATE}"),
    700021: Verdict(Refused, "The assertion does not name this client. Check the client ID."),
    700023: Verdict(Refused, f"The assertion is addressed to another cloud. {_WRONG_CLOUD}"),
    700024: Verdict(Refused, f"The assertion is outside its valid time. {_CLOCK}"),
    700030: Verdict(Refused, f"The certificate's subject is not authorised for this app. {_CERTIFICATE}"),
    50012: Verdict(Refused, f"The certificate was rejected. {_CERTIFICATE}"),
    50027: Verdict(Refused, f"Entra cannot read the signed assertion. {_OUR_REQUEST}"),
    700025: Verdict(Refused, "The app registration is a public client. Switch off 'Allow public client flows'."),
    53003: Verdict(
        Refused,
        "Conditional Access for workload identities blocked this host's address. Add it to the allowed locations.",
    ),
    530032: Verdict(
        Refused, "A security policy of the tenant blocked this application. Ask whoever owns Conditional Access."
    ),
    530034: Verdict(Refused, "The tenant blocked this application's sign-in. Ask whoever owns Conditional Access."),
    90055: Verdict(Throttled, "Entra throttles the tenant; the input slows down by itself."),
    50196: Verdict(
        Throttled,
        "Entra saw too many equal token requests; the input slows down. Look for other programs using this app.",
    ),
    90006: Verdict(Transient, _PASSING),
    90012: Verdict(Transient, _PASSING),
    90024: Verdict(Transient, _PASSING),
    90033: Verdict(Transient, _PASSING),
    90090: Verdict(Transient, _PASSING),
    50000: Verdict(Transient, _PASSING),
}

# The `error` member decides when the number is not listed: Microsoft says the numbers may change.
TOKEN_ERRORS: Mapping[str, Verdict] = {
    "invalid_client": Verdict(
        Refused, "Entra does not accept the client ID with its secret or certificate. Check both."
    ),
    "unauthorized_client": Verdict(
        Refused, "Entra does not let this application sign in. Check the client ID and the tenant ID."
    ),
    "invalid_request": Verdict(Refused, f"Entra does not accept the request. {_WRONG_CLOUD}"),
    "invalid_resource": Verdict(Refused, f"The tenant does not know the service. {_WRONG_CLOUD}"),
    "invalid_grant": Verdict(Refused, f"Consent is missing or was withdrawn. {_CONSENT}"),
    "invalid_scope": Verdict(Refused, f"The scope does not fit the cloud. {_WRONG_CLOUD}"),
    "interaction_required": Verdict(
        Refused, "A policy asks this application for more than a secret. Ask whoever owns Conditional Access."
    ),
    "temporarily_unavailable": Verdict(Transient, _PASSING),
    "server_error": Verdict(Transient, _PASSING),
}

_AUDIT_OFF = (
    "Turn on unified audit logging (Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true);"
    " it takes up to an hour to work."
)

ACTIVITY: Mapping[str, Verdict] = {
    "AF10001": Verdict(
        Refused,
        f"The app lacks ActivityFeed.Read, or ActivityFeed.ReadDlp for DLP.All. Add the permission. {_CONSENT}",
    ),
    "AF20001": Verdict(Refused, _OUR_REQUEST),
    "AF20002": Verdict(Refused, _OUR_REQUEST),
    "AF20003": Verdict(Refused, _OUR_REQUEST),
    "AF20010": Verdict(
        Refused, "The account's tenant ID is not the tenant the app signed in to. Correct the tenant ID."
    ),
    "AF20011": Verdict(Refused, f"The tenant does not exist, or its audit log is off. {_AUDIT_OFF}"),
    "AF20012": Verdict(Refused, f"The tenant is not set up for the audit feed. {_AUDIT_OFF}"),
    "AF20013": Verdict(
        Refused, "The account's tenant ID is not a GUID. Copy it from the app registration's overview page."
    ),
    "AF20020": Verdict(
        Refused, "The service does not know this content type in the account's cloud. Remove it from the input."
    ),
    "AF20021": Verdict(Refused, _OUR_REQUEST),
    "AF20022": Verdict(SubscriptionMissing, "The input starts the subscription; first content may take 12 hours."),
    "AF20023": Verdict(
        SubscriptionMissing,
        "The subscription was disabled in the tenant. The input starts it again; the content in between is lost.",
    ),
    # Not documented, and common: start of a subscription that runs already.
    "AF20024": Verdict(AlreadyEnabled, ""),
    "AF20030": Verdict(
        ContentUnreadable, "The service does not accept the time window. Compare this host's clock with the real time."
    ),
    "AF20055": Verdict(
        ContentUnreadable, "The service does not accept the time window. Compare this host's clock with the real time."
    ),
    "AF20031": Verdict(PagingBroken, "The listing broke off between two pages; the input lists the window again."),
    "AF20050": Verdict(ContentUnreadable, "The service lists content that it cannot find; the input asks again."),
    "AF20051": Verdict(
        ContentGone, "The content expired before it was collected. Search the time range in Purview Audit instead."
    ),
    "AF20052": Verdict(
        ContentGone, "The service does not accept its own content ID. Search the time range in Purview Audit instead."
    ),
    "AF20053": Verdict(Refused, _OUR_REQUEST),
    "AF20054": Verdict(Refused, _OUR_REQUEST),
    "AF429": Verdict(Throttled, "The tenant's request limit was reached; the input slows down by itself."),
    # Not documented: the code of a start within 15 minutes of another one, with status 429 or 403.
    "429": Verdict(
        Throttled, "Microsoft lets a subscription be started once in 15 minutes; the input tries again by itself."
    ),
    "AF50000": Verdict(Transient, _PASSING),
    "AF50005": Verdict(Transient, _PASSING),
    "AF50006": Verdict(Transient, _PASSING),
}
AUDIT_LOG_OFF = Verdict(Refused, _AUDIT_OFF)
# Text of the service when no audit log exists. Source: troubleshooting page of the Management Activity API.
AUDIT_LOG_OFF_TEXT = "Microsoft.Office.Compliance.Audit.DataServiceException"

NO_PREMIUM = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
GRAPH: Mapping[str, Verdict] = {
    NO_PREMIUM: Verdict(Refused, "Sign-in logs through Graph need Entra ID P1 or P2 in the tenant."),
    "Authentication_MSGraphPermissionMissing": Verdict(
        Refused,
        f"The app lacks AuditLog.Read.All (in some tenants Directory.Read.All too). Add the permission. {_CONSENT}",
    ),
    "Authorization_RequestDenied": Verdict(
        Refused,
        f"The app lacks AuditLog.Read.All (in some tenants Directory.Read.All too). Add the permission. {_CONSENT}",
    ),
    "TooManyRequests": Verdict(
        Throttled, "The limit of Graph's report API was reached; the input slows down by itself."
    ),
}
NO_PREMIUM_IN_PASSING = Verdict(
    Transient, "The tenant had the licence before, so this is taken for a passing fault at Microsoft."
)
