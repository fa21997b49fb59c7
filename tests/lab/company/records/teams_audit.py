"""Teams in the audit log: RecordType 25 (MicrosoftTeams).

Shape: "Microsoft Teams schema" of the Office 365 Management Activity API and public exports.
"""

from __future__ import annotations

from random import Random

from lab.company.records import draws
from lab.company.records.audit_envelope import envelope
from lab.company.records.shape import Payload

OPERATIONS = ("TeamsSessionStarted", "MemberAdded", "ChannelAdded", "MessageCreatedHasLink")


def teams_event(rng: Random, *, time: float, operation: str, actor: str, src: str, team: str = "Operations") -> Payload:
    """A session started, a member or channel added, a message with a link, in `team`."""
    if operation not in OPERATIONS:
        raise ValueError(f"{operation!r} is no Teams operation of the lab; it knows {', '.join(OPERATIONS)}")
    payload = envelope(
        rng,
        time=time,
        operation=operation,
        record_type=25,
        workload="MicrosoftTeams",
        user=actor,
        user_key=draws.stable_guid(actor),
        result="Succeeded",
        ClientIP=src,
        ObjectId="Windows" if operation == "TeamsSessionStarted" else draws.guid(rng),
    )
    if operation != "TeamsSessionStarted":
        payload["TeamName"] = team
        payload["TeamGuid"] = f"19:{draws.stable_guid('team:' + team).replace('-', '')}@thread.tacv2"
    return payload
