"""UpdateInboxRules: rules written by an Outlook client, RecordType 2, the rule in OperationProperties.

Shape: public audit exports. RuleActions is JSON in a text; RuleName may be absent; RuleId is a signed 64-bit number in
a text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from lab.company.records import draws
from lab.company.records.mailbox_audit import OUTLOOK_DESKTOP, mailbox_record
from lab.company.records.shape import Payload, pad

RULE_OPERATIONS = ("AddMailboxRule", "ModifyMailboxRule", "RemoveMailboxRule")


def update_inbox_rules(
    rng: Random,
    *,
    actions: Sequence[Mapping[str, Any]],
    rule_operation: str = "AddMailboxRule",
    rule_name: str | None = "",
    state: str = "Enabled",
    condition: str = "{(Exists(ItemClass))}",
    client: str = OUTLOOK_DESKTOP,
    last: Sequence[str] = (),
    pad_to: int = 0,
    **who: Any,
) -> Payload:
    """One rule as Outlook stored it. `actions` e.g. [{"ActionType": "Forward", "Recipients": [...], "ForwardFlags":
    "None"}]; `rule_name` None leaves the value out, as real records do. `who` goes to mailbox_record."""
    if rule_operation not in RULE_OPERATIONS:
        raise ValueError(f"rule operation {rule_operation!r} is not one of {', '.join(RULE_OPERATIONS)}")
    name: dict[str, str] = {"Name": "RuleName"} if rule_name is None else {"Name": "RuleName", "Value": rule_name}
    payload = mailbox_record(
        rng,
        operation="UpdateInboxRules",
        record_type=2,
        client=client,
        OperationProperties=[
            {"Name": "RuleOperation", "Value": rule_operation},
            {"Name": "RuleId", "Value": str(rng.getrandbits(64) - 2**63)},
            {"Name": "RuleState", "Value": state},
            {"Name": "RuleCondition", "Value": condition},
            name,
            {"Name": "RuleProvider", "Value": "RuleOrganizer"},
            {"Name": "RuleActions", "Value": json.dumps([dict(action) for action in actions], separators=(",", ":"))},
        ],
        **who,
    )
    identifier = draws.entry_id(rng, "LgAAAAD", 60)
    payload["Item"] = {
        "Id": identifier,
        "ImmutableId": "ErrorDuringIdConversion",
        "ParentFolder": {"Id": identifier, "Name": "Inbox", "Path": "\\Inbox"},
    }
    if last or pad_to:
        pad(payload, last, pad_to, _lengthen_condition)
    return payload


def _lengthen_condition(payload: Payload) -> None:
    condition = payload["OperationProperties"][3]
    condition["Value"] = condition["Value"][:-1] + "(SubString IgnoreCase(SubjectProperty)=Quarterly statement)}"
