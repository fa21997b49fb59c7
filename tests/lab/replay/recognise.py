"""Tells which sourcetype a record has from its own shape, and when it happened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

UNRECOGNISED = "mail_threats:unrecognised"
AUDIT = "o365:management:activity"
SIGN_IN = "azure:aad:signin"
DIRECTORY_AUDIT = "azure:aad:audit"
EVENT_HUB = "azure:monitor:aad"
WINDOWS = "XmlWinEventLog"

_TIME_KEYS = (
    "CreationTime",
    "createdDateTime",
    "activityDateTime",
    "time",
    "TimeGenerated",
    "Timestamp",
    "_time",
    "@timestamp",
)
_ISO = re.compile(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s*(Z|[+-]\d\d:?\d\d)?$", re.IGNORECASE)
_SYSTEM_TIME = re.compile(r"SystemTime=['\"]([^'\"]+)['\"]")


def sourcetype_of(record: Any) -> str:
    """The sourcetype of a parsed JSON record; UNRECOGNISED for anything none of the rules reads."""
    if not isinstance(record, Mapping):
        return UNRECOGNISED
    if "CreationTime" in record and "Operation" in record:
        return AUDIT
    if isinstance(record.get("properties"), Mapping) and _from_entra_diagnostics(record):
        return EVENT_HUB
    if "createdDateTime" in record and ("status" in record or "appId" in record or "userPrincipalName" in record):
        return SIGN_IN
    if "activityDateTime" in record and "activityDisplayName" in record:
        return DIRECTORY_AUDIT
    return UNRECOGNISED


def _from_entra_diagnostics(record: Mapping[str, Any]) -> bool:
    category = str(record.get("category", "")).lower()
    return (
        category.endswith(("signinlogs", "auditlogs"))
        or str(record.get("operationName", "")).lower() == "sign-in activity"
        or "microsoft.aadiam" in str(record.get("resourceId", "")).lower()
    )


def time_of_record(record: Any) -> float | None:
    """When a JSON record says it happened, epoch seconds; None when it does not say.

    Microsoft leaves the zone off in audit records (they are UTC) and writes up to seven digits of a second in sign-ins.
    """
    if not isinstance(record, Mapping):
        return None
    for key in _TIME_KEYS:
        if key in record and (found := epoch(record[key])) is not None:
            return found
    properties = record.get("properties")
    return time_of_record(properties) if isinstance(properties, Mapping) else None


def time_of_xml(text: str) -> float | None:
    """The SystemTime of a Windows event, epoch seconds; None when it has none."""
    found = _SYSTEM_TIME.search(text)
    return epoch(found.group(1)) if found else None


def epoch(value: Any) -> float | None:
    """Epoch seconds of an ISO 8601 text (UTC when it names no zone) or of a number of seconds; None for anything
    else.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if 0 < value < 1e11 else None
    if not isinstance(value, str):
        return None
    found = _ISO.match(value.strip())
    if not found:
        return float(value) if re.fullmatch(r"\d{9,10}(\.\d+)?", value.strip()) else None
    day, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}" + (zone or "Z").upper().replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(UTC).timestamp() + float(f"0.{fraction or 0}")
