"""Graph `auditLogs/directoryAudits` objects: sourcetype azure:aad:audit.

Shape: the directoryAudit resource of Graph v1.0 (learn.microsoft.com/graph/api/resources/directoryaudit). The id is a
composed text, no GUID; the time has seven fraction digits.
"""

from __future__ import annotations

from random import Random

from lab.company.records import draws
from lab.company.records.shape import Payload

# The audit log's operation to Graph's name, category and kind of operation.
ACTIVITIES = {
    "Add user.": ("Add user", "UserManagement", "Add"),
    "Delete user.": ("Delete user", "UserManagement", "Delete"),
    "Update user.": ("Update user", "UserManagement", "Update"),
    "Reset user password.": ("Reset user password", "UserManagement", "Update"),
    "Change user password.": ("Change user password", "UserManagement", "Update"),
    "Add member to group.": ("Add member to group", "GroupManagement", "Assign"),
}


def graph_directory_audit(
    rng: Random, *, time: float, operation: str, actor: str, target: str, src: str | None = None
) -> Payload:
    """The change that `directory_change` of records/directory_audit.py describes, as Graph returns it."""
    name, category, kind = ACTIVITIES[operation]
    correlation = draws.guid(rng)
    modified = []
    if operation == "Add user.":
        modified = [
            {"displayName": "AccountEnabled", "oldValue": "[]", "newValue": "[true]"},
            {"displayName": "UserPrincipalName", "oldValue": "[]", "newValue": f'["{target}"]'},
        ]
    return {
        "id": f"Directory_{correlation}_{draws.token(rng, 5).upper()}_{rng.randrange(10**6, 10**9)}",
        "category": category,
        "correlationId": correlation,
        "result": "success",
        "resultReason": "",
        "activityDisplayName": name,
        "activityDateTime": draws.graph_time_fraction(time, rng),
        "loggedByService": "Core Directory",
        "operationType": kind,
        "initiatedBy": {
            "app": None,
            "user": {
                "id": draws.stable_guid(actor),
                "displayName": None,
                "userPrincipalName": actor,
                "ipAddress": src or "",
                "userType": None,
                "homeTenantId": None,
                "homeTenantName": None,
            },
        },
        "targetResources": [
            {
                "id": draws.stable_guid(target),
                "displayName": None,
                "type": "User",
                "userPrincipalName": target,
                "groupType": None,
                "modifiedProperties": modified,
            }
        ],
        "additionalDetails": [],
    }
