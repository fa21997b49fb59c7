"""The keys every Management Activity record shares.

Shape: "Common schema" of the Office 365 Management Activity API.
"""

from __future__ import annotations

from random import Random
from typing import Any

from lab.company.records import draws
from lab.company.records.shape import Payload
from lab.company.records.sign_in import TENANT_ID

ORGANIZATION = "contoso.onmicrosoft.com"

CONTENT_TYPES = {
    "AzureActiveDirectory": "Audit.AzureActiveDirectory",
    "Exchange": "Audit.Exchange",
    "SharePoint": "Audit.SharePoint",
    "OneDrive": "Audit.SharePoint",
    "SecurityComplianceCenter": "Audit.General",
    "MicrosoftTeams": "Audit.General",
}


def content_type(payload: Payload) -> str:
    """The content type under which the API offers a record, by its Workload; KeyError for one the company does not
    have."""
    return CONTENT_TYPES[payload["Workload"]]


def envelope(
    rng: Random,
    *,
    time: float,
    operation: str,
    record_type: int,
    workload: str,
    user: str,
    user_key: str,
    user_type: int = 0,
    result: str | None = "Succeeded",
    **more: Any,
) -> Payload:
    """A record with the common schema's keys in the API's order, then `more`. `time` in epoch seconds."""
    payload: Payload = {
        "CreationTime": draws.audit_time(time),
        "Id": draws.guid(rng),
        "Operation": operation,
        "OrganizationId": TENANT_ID,
        "RecordType": record_type,
        "ResultStatus": result,
        "UserKey": user_key,
        "UserType": user_type,
        "Version": 1,
        "Workload": workload,
        "UserId": user,
    }
    if result is None:
        del payload["ResultStatus"]
    payload.update(more)
    return payload
