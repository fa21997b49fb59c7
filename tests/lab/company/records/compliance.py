"""Content searches and their exports: SecurityComplianceCenter cmdlets (RecordType 18) and Discovery events
(RecordType 24).

Shape: "Security and Compliance Center schema" of the Office 365 Management Activity API (Parameters is one text, the
command line); Microsoft Purview "Search for eDiscovery activities in the audit log" for the Discovery operations and
their keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from lab.company.records import draws
from lab.company.records.audit_envelope import ORGANIZATION, envelope
from lab.company.records.shape import Payload

CMDLETS = (
    "New-ComplianceSearch",
    "Set-ComplianceSearch",
    "Start-ComplianceSearch",
    "Get-ComplianceSearch",
    "New-ComplianceSearchAction",
    "Get-ComplianceSearchAction",
    "New-ComplianceCase",
    "New-CaseHoldPolicy",
    "New-CaseHoldRule",
    "Get-ComplianceCase",
)
DISCOVERY = (
    "SearchCreated",
    "SearchStarted",
    "SearchExported",
    "SearchExportDownloaded",
    "ViewedSearchExported",
    "SearchUpdated",
)


def compliance_cmdlet(
    rng: Random, *, time: float, operation: str, actor: str, parameters: Mapping[str, Any], object_id: str | None = None
) -> Payload:
    """A Purview cmdlet of RecordType 18. `parameters` name to value; True gives a switch without a value."""
    if operation not in CMDLETS:
        raise ValueError(f"{operation!r} is no Purview cmdlet of the lab; it knows {', '.join(CMDLETS)}")
    line = " ".join(f"-{name}" if value is True else f'-{name} "{value}"' for name, value in parameters.items())
    hidden = " ".join(f"-{name}" if value is True else f'-{name} "<SNIP-PII>"' for name, value in parameters.items())
    return envelope(
        rng,
        time=time,
        operation=operation,
        record_type=18,
        workload="SecurityComplianceCenter",
        user=actor,
        user_key=actor,
        user_type=2,
        result="Success",
        ObjectId=object_id
        if object_id is not None
        else str(parameters.get("Name") or parameters.get("SearchName", "")),
        SecurityComplianceCenterEventType=0,
        ClientApplication="EMC",
        CmdletVersion="...",
        EffectiveOrganization=ORGANIZATION,
        NonPIIParameters=hidden,
        Parameters=line,
        StartTime=draws.audit_time(time),
        UserServicePlan="",
    )


def discovery_event(
    rng: Random,
    *,
    time: float,
    operation: str,
    actor: str,
    search: str,
    query: str = "",
    mailboxes: str = "All",
    case: str = "",
    src: str | None = None,
) -> Payload:
    """A Discovery event of RecordType 24: a content search named `search` over `mailboxes` created, started,
    exported."""
    if operation not in DISCOVERY:
        raise ValueError(f"{operation!r} is no Discovery operation of the lab; it knows {', '.join(DISCOVERY)}")
    exported = "Export" in operation
    payload = envelope(
        rng,
        time=time,
        operation=operation,
        record_type=24,
        workload="SecurityComplianceCenter",
        user=actor,
        user_key=draws.puid(actor),
        user_type=0,
        result=None,
        ObjectId=f"{search}_Export" if exported else search,
        Case=case,
        ExchangeLocations=mailboxes,
        ExtendedProperties=[{"Name": "SearchId", "Value": draws.stable_guid("search:" + search)}],
        ObjectType="ComplianceSearchAction" if exported else "ComplianceSearch",
        PublicFolderLocations="",
        Query=query,
        SharepointLocations="",
    )
    if src:
        payload["ClientIP"] = src
    return payload
