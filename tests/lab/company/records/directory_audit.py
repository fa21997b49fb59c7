"""Changes in the directory and files opened: the audit records a mail rule must read past.

Shape: "Azure Active Directory base schema" (RecordType 8) and "SharePoint file operations" (RecordType 6) of the
Office 365 Management Activity API.
"""

from __future__ import annotations

from random import Random

from lab.company.records import draws
from lab.company.records.audit_envelope import envelope
from lab.company.records.shape import Payload
from lab.company.records.sign_in import TENANT_ID

USER_OPERATIONS = (
    "Add user.",
    "Delete user.",
    "Update user.",
    "Reset user password.",
    "Change user password.",
    "Add member to group.",
)
FILE_OPERATIONS = (
    "FileAccessed",
    "FileModified",
    "FileDownloaded",
    "FilePreviewed",
    "FileUploaded",
    "FileSyncDownloadedFull",
)


def directory_change(
    rng: Random, *, time: float, operation: str, actor: str, target: str, src: str | None = None
) -> Payload:
    """A change to the account `target` by `actor`, RecordType 8; operation names end in a full stop, as Entra writes
    them."""
    if operation not in USER_OPERATIONS:
        raise ValueError(f"{operation!r} is no directory operation of the lab; it knows {', '.join(USER_OPERATIONS)}")
    actor_id = draws.stable_guid(actor)
    target_id = draws.stable_guid(target)
    modified = []
    if operation == "Add user.":
        modified = [
            {"Name": "AccountEnabled", "NewValue": "[\r\n  true\r\n]", "OldValue": "[]"},
            {"Name": "UserPrincipalName", "NewValue": f'[\r\n  "{target}"\r\n]', "OldValue": "[]"},
            {"Name": "Included Updated Properties", "NewValue": "AccountEnabled, UserPrincipalName", "OldValue": ""},
        ]
    payload = envelope(
        rng,
        time=time,
        operation=operation,
        record_type=8,
        workload="AzureActiveDirectory",
        user=actor,
        user_key=f"{draws.puid(actor)}@contoso.onmicrosoft.com",
        result="Success",
        ObjectId=target,
        AzureActiveDirectoryEventType=1,
        ExtendedProperties=[
            {"Name": "additionalDetails", "Value": "{}"},
            {"Name": "extendedAuditEventCategory", "Value": "User"},
        ],
        ModifiedProperties=modified,
        Actor=[
            {"ID": actor, "Type": 5},
            {"ID": draws.puid(actor), "Type": 3},
            {"ID": f"User_{actor_id}", "Type": 2},
            {"ID": actor_id, "Type": 2},
            {"ID": "User", "Type": 2},
        ],
        ActorContextId=TENANT_ID,
        InterSystemsId=draws.guid(rng),
        IntraSystemId=draws.guid(rng),
        SupportTicketId="",
        Target=[
            {"ID": f"User_{target_id}", "Type": 2},
            {"ID": target_id, "Type": 2},
            {"ID": "User", "Type": 2},
            {"ID": target, "Type": 5},
            {"ID": draws.puid(target), "Type": 3},
        ],
        TargetContextId=TENANT_ID,
    )
    if src:
        payload["ActorIpAddress"] = src
        payload["ClientIP"] = src
    return payload


def file_activity(
    rng: Random, *, time: float, operation: str, actor: str, src: str, file: str, agent: str, workload: str = "OneDrive"
) -> Payload:
    """A file opened, changed or copied in OneDrive or SharePoint, RecordType 6."""
    if operation not in FILE_OPERATIONS:
        raise ValueError(f"{operation!r} is no file operation of the lab; it knows {', '.join(FILE_OPERATIONS)}")
    personal = actor.replace("@", "_").replace(".", "_").lower()
    site = (
        f"https://contoso-my.sharepoint.com/personal/{personal}/"
        if workload == "OneDrive"
        else "https://contoso.sharepoint.com/sites/team/"
    )
    return envelope(
        rng,
        time=time,
        operation=operation,
        record_type=6,
        workload=workload,
        user=actor,
        user_key=f"i:0h.f|membership|{draws.puid(actor).lower()}@live.com",
        result=None,
        ClientIP=src,
        ObjectId=f"{site}Documents/{file}",
        CorrelationId=draws.guid(rng),
        EventSource="SharePoint",
        ItemType="File",
        ListId=draws.stable_guid("list:" + site),
        ListItemUniqueId=draws.guid(rng),
        Site=draws.stable_guid("site:" + site),
        UserAgent=agent,
        WebId=draws.stable_guid("web:" + site),
        SourceFileExtension=file.rsplit(".", 1)[-1],
        SiteUrl=site,
        SourceFileName=file,
        SourceRelativeUrl="Documents",
    )
