"""What sign-ins and mail clients are called: applications, user agents, result codes.

Sources: learn.microsoft.com "Microsoft Entra authentication and authorization error codes" for codes and reasons, the
first-party application list of the same documentation for ids and names, the field names LogonError of public audit
records.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Application:
    """A client application: `id` GUID, `name` as shown, the resource it asks a token for."""

    id: str
    name: str
    resource_id: str
    resource: str


GRAPH = ("00000003-0000-0000-c000-000000000000", "Microsoft Graph")
EXCHANGE = ("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online")
SHAREPOINT = ("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online")
AZURE_AD = ("00000002-0000-0000-c000-000000000000", "Windows Azure Active Directory")
AZURE_MANAGEMENT = ("797f4846-ba00-4fd7-ba43-dac1f8f63013", "Windows Azure Service Management API")

APPLICATIONS = {
    application.name: application
    for application in (
        Application("4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", *GRAPH),
        Application("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office", *EXCHANGE),
        Application("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams", *GRAPH),
        Application("27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile", *EXCHANGE),
        Application("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", *EXCHANGE),
        Application("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online", *SHAREPOINT),
        Application("ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine", *SHAREPOINT),
        Application("1b730954-1685-4b74-9bfd-dac224a7b894", "Azure Active Directory PowerShell", *AZURE_AD),
        Application("04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI", *AZURE_MANAGEMENT),
        Application("1950a258-227b-4e31-a9cf-717495945fc2", "Microsoft Azure PowerShell", *AZURE_MANAGEMENT),
        Application("fb78d390-0c51-40cd-8e17-fdbfab77341b", "Microsoft Exchange REST API Based Powershell", *EXCHANGE),
        Application("29d9ed98-a469-4536-ade2-f981bc1d605e", "Microsoft Authentication Broker", *GRAPH),
        Application("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal", *AZURE_MANAGEMENT),
        Application("de8bc8b5-d9f9-48b1-a8ad-b748da725064", "Graph Explorer", *GRAPH),
        Application("5e3ce6c0-2b1f-4285-8d4b-75ee78787346", "Microsoft Teams Web Client", *GRAPH),
    )
}

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"
_ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-A546B Build/UP1A; wv)"

USER_AGENTS = {
    "edge_windows": f"{_WINDOWS} {_WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "chrome_windows": f"{_WINDOWS} {_WEBKIT} Chrome/131.0.0.0 Safari/537.36",
    "chrome_mac": f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Chrome/130.0.0.0 Safari/537.36",
    "firefox_windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "safari_iphone": f"{_IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "android_webview": (f"{_ANDROID} {_WEBKIT} Version/4.0 Chrome/131.0.6778.39 Mobile Safari/537.36 PKeyAuth/1.0"),
    "outlook_windows": "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
    "teams_windows": f"{_WINDOWS} {_WEBKIT} Teams/24277.3507 Edg/130.0.0.0 Safari/537.36",
    "python": "python-requests/2.32.3",
    "powershell": "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-GB) WindowsPowerShell/5.1.22621.4391",
    "curl": "curl/8.9.1",
    "axios": "axios/1.7.7",
    "go": "Go-http-client/2.0",
}


@dataclass(frozen=True)
class SignInResult:
    """A result code, what Graph writes as failureReason, what the audit log writes as LogonError, and whether an
    account with the typed name exists when Entra answers so (`unclear`: the code does not tell)."""

    code: int
    reason: str
    logon_error: str
    account: str


_RESULTS = (
    (50034, "The user account does not exist in the directory.", "UserAccountNotFound", "absent"),
    (
        50126,
        "Error validating credentials due to invalid username or password.",
        "InvalidUserNameOrPassword",
        "present",
    ),
    (
        50053,
        "The account is locked, or the sign-in came from an address with malicious activity.",
        "IdsLocked",
        "unclear",
    ),
    (50055, "The password is expired.", "InvalidPasswordExpiredPassword", "present"),
    (
        50056,
        "Invalid or null password: the password does not exist in the directory for this user.",
        "InvalidPassword",
        "present",
    ),
    (50057, "The user account is disabled.", "UserDisabled", "present"),
    (50058, "A silent sign-in request was sent but no user is signed in.", "UserInformationNotProvided", "unclear"),
    (
        50059,
        "No tenant-identifying information found in the request.",
        "MissingTenantRealmAndNoUserInformationProvided",
        "unclear",
    ),
    (
        50072,
        "User needs to enrol for second factor authentication.",
        "UserStrongAuthEnrollmentRequiredInterrupt",
        "present",
    ),
    (
        50074,
        "Strong authentication is required and the user did not pass the challenge.",
        "UserStrongAuthClientAuthNRequiredInterrupt",
        "present",
    ),
    (
        50076,
        "Multifactor authentication is required to access the resource.",
        "UserStrongAuthClientAuthNRequired",
        "present",
    ),
    (16003, "The account does not exist in the tenant it signs in to.", "UserAccountNotInResourceTenant", "unclear"),
    (50020, "The account of another directory is no guest here.", "UserUnauthorized", "unclear"),
    (50079, "User needs to enrol for second factor authentication.", "UserStrongAuthEnrollmentRequired", "present"),
    (50089, "The flow token is expired.", "FlowTokenExpired", "unclear"),
    (
        50105,
        "The signed-in user is not assigned to a role for the application.",
        "EntitlementGrantsNotFound",
        "present",
    ),
    (
        50128,
        "No tenant-identifying information found in the request or implied by the credentials.",
        "InvalidDomainName",
        "unclear",
    ),
    (
        50132,
        "The session is not valid: password expired or recently changed.",
        "SsoArtifactInvalidOrExpired",
        "present",
    ),
    (50140, "The user was asked whether to stay signed in.", "KmsiInterrupt", "present"),
    (50144, "The user's on-premises password is expired.", "InvalidPasswordExpiredOnPremPassword", "present"),
    (50158, "External security challenge was not satisfied.", "ExternalSecurityChallenge", "present"),
    (50173, "Fresh authentication is needed: the grant was revoked.", "FreshTokenNeeded", "present"),
    (53000, "The device is not compliant.", "DeviceNotCompliant", "present"),
    (53003, "Access has been blocked by Conditional Access policies.", "BlockedByConditionalAccess", "present"),
    (
        65001,
        "The user or an administrator has not consented to use the application.",
        "DelegationDoesNotExist",
        "present",
    ),
    (
        70043,
        "The refresh token has expired or is invalid due to sign-in frequency checks.",
        "BadTokenDueToSignInFrequency",
        "present",
    ),
    (
        81010,
        "Desktop SSO failed because the Kerberos ticket has expired or is invalid.",
        "DesktopSsoAuthTokenInvalid",
        "unclear",
    ),
    (
        500121,
        "Authentication failed during the strong authentication request.",
        "AuthenticationFailedSasError",
        "present",
    ),
    (700016, "The application was not found in the directory.", "UnauthorizedClient_DoesNotMatchRequest", "present"),
    (7000215, "Invalid client secret is provided.", "InvalidClientSecretProvided", "unclear"),
    (90002, "The tenant name was not found in the data store.", "InvalidTenantName", "unclear"),
    (90072, "The external account does not exist in this tenant.", "PassThroughUserMfaError", "unclear"),
)

SIGN_IN_RESULTS = {code: SignInResult(code, reason, name, account) for code, reason, name, account in _RESULTS}
SIGN_IN_RESULTS[0] = SignInResult(0, "Other.", "", "present")

LOGON_ERRORS = {result.logon_error: result for result in SIGN_IN_RESULTS.values() if result.logon_error}


def sign_in_result(code: int) -> SignInResult:
    """The entry of a code; ValueError naming the known codes when there is none."""
    try:
        return SIGN_IN_RESULTS[code]
    except KeyError:
        known = ", ".join(str(known) for known in sorted(SIGN_IN_RESULTS))
        raise ValueError(f"sign-in result code {code} is not in the catalogue; known codes: {known}") from None


def application(name_or_id: str) -> Application:
    """A known application by name or id; an unknown GUID gives an application of that id, named by it, asking for
    Graph."""
    if name_or_id in APPLICATIONS:
        return APPLICATIONS[name_or_id]
    for known in APPLICATIONS.values():
        if known.id == name_or_id:
            return known
    if len(name_or_id) == 36 and name_or_id.count("-") == 4:
        return Application(name_or_id, name_or_id, *GRAPH)
    raise ValueError(
        f"no application {name_or_id!r} in the catalogue; give its GUID or one of: {', '.join(APPLICATIONS)}"
    )
