"""Sign-ins in the Management Activity API: UserLoggedIn and UserLoginFailed, RecordType 15
(AzureActiveDirectoryStsLogon).

Shape: "Azure Active Directory Secure Token Service (STS) Logon schema" of the Office 365 Management Activity API, and
public audit exports: ErrorNumber is a string, ResultStatus of a failed login may say Success, DeviceProperties is a
name and value list, and the name typed for an account that does not exist is hidden ("Not Available").
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lab.company.records import draws
from lab.company.records.shape import Payload, pad
from lab.company.records.sign_in import TENANT_ID, SignIn

HIDDEN_NAME = "Not Available"


def audit_sign_in(
    sign_in: SignIn, rng: Random, *, port: bool = False, last: Sequence[str] = (), pad_to: int = 0
) -> Payload:
    """The sign-in as the audit log carries it; `port` writes the addresses as `address:port` (`[v6]:port`).

    ValueError for service principals and managed identities: the audit log has no sign-ins of theirs.
    """
    if sign_in.kind in ("service_principal", "managed_identity"):
        raise ValueError(f"the audit log carries no sign-in of kind {sign_in.kind!r}; use the Graph or Event Hub feed")
    failed = sign_in.code != 0
    user = sign_in.user if sign_in.has_account else HIDDEN_NAME
    key = sign_in.user_id if sign_in.has_account else HIDDEN_NAME
    source = draws.with_port(sign_in.src, rng) if port else sign_in.src
    payload: Payload = {
        "CreationTime": draws.audit_time(sign_in.time),
        "Id": sign_in.id,
        "Operation": "UserLoginFailed" if failed else "UserLoggedIn",
        "OrganizationId": TENANT_ID,
        "RecordType": 15,
        "ResultStatus": rng.choice(("Failed", "Success")) if failed else "Success",
        "UserKey": key,
        "UserType": 0,
        "Version": 1,
        "Workload": "AzureActiveDirectory",
        "ClientIP": source,
        "ObjectId": sign_in.application.resource_id,
        "UserId": user,
        "AzureActiveDirectoryEventType": 1,
        "ExtendedProperties": [
            {"Name": "ResultStatusDetail", "Value": "Success" if failed else rng.choice(("Redirect", "Success"))},
            {"Name": "UserAgent", "Value": sign_in.user_agent},
            {"Name": "RequestType", "Value": sign_in.request_type},
        ],
        "ModifiedProperties": [],
        "Actor": [{"ID": key, "Type": 0}, {"ID": user, "Type": 5}],
        "ActorContextId": TENANT_ID,
        "ActorIpAddress": source,
        "InterSystemsId": sign_in.correlation_id,
        "IntraSystemId": sign_in.id,
        "SupportTicketId": "",
        "Target": [{"ID": sign_in.application.resource_id, "Type": 0}],
        "TargetContextId": TENANT_ID,
        "ApplicationId": sign_in.application.id,
        "DeviceProperties": [
            {"Name": "OS", "Value": sign_in.operating_system},
            {"Name": "BrowserType", "Value": sign_in.browser.rsplit(" ", 1)[0]},
            {"Name": "SessionId", "Value": sign_in.session_id},
        ],
        "ErrorNumber": str(sign_in.code),
    }
    if sign_in.device_id:
        payload["DeviceProperties"].insert(0, {"Name": "Id", "Value": sign_in.device_id})
    if failed:
        payload["LogonError"] = sign_in.result.logon_error
    if last or pad_to:
        pad(payload, last, pad_to, _add_property)
    return payload


def _add_property(payload: Payload) -> None:
    properties = payload["ExtendedProperties"]
    properties.append({"Name": f"additionalDetails{len(properties)}", "Value": "x" * 200})
