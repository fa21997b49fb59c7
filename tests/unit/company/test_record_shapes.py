"""What the record builders write: the vendor's keys and notations, the same bytes for the same seed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from defusedxml import ElementTree

from lab.company.records import (
    audit_envelope,
    compliance,
    directory_audit,
    draws,
    exchange_admin,
    inbox_rules,
    mailbox_audit,
    teams_audit,
    windows_events,
)
from lab.company.records.audit_sign_in import audit_sign_in
from lab.company.records.event_hub_sign_in import event_hub_sign_in
from lab.company.records.graph_directory_audit import ACTIVITIES, graph_directory_audit
from lab.company.records.graph_sign_in import V1_KEYS, graph_sign_in
from lab.company.records.shape import compact, offset_of
from lab.company.records.sign_in import SignIn
from lab.tenant.graph.responses import V1_SIGN_IN

TIME = 1_772_532_000.125  # 2026-03-03T10:00:00.125Z
WHO = {"time": TIME, "actor": "aisha.holm@contoso.com", "mailbox": "aisha.holm@contoso.com", "src": "198.51.100.7"}
FORWARD = [{"ActionType": "Forward", "Recipients": ["x@example.net"], "ForwardFlags": "None"}]


def sign_in(rng: Random, **facts: Any) -> SignIn:
    return SignIn.draw(rng, **{"time": TIME, "user": "aisha.holm@contoso.com", "src": "198.51.100.7", **facts})


BUILDERS: dict[str, Callable[[Random], Any]] = {
    "graph beta": lambda rng: graph_sign_in(sign_in(rng), rng),
    "graph v1.0": lambda rng: graph_sign_in(sign_in(rng), rng, version="v1.0"),
    "event hub": lambda rng: event_hub_sign_in(sign_in(rng, code=50126), rng),
    "audit sign-in": lambda rng: audit_sign_in(sign_in(rng, code=50034), rng, port=True),
    "exchange cmdlet": lambda rng: exchange_admin.exchange_admin(
        rng, time=TIME, operation="New-InboxRule", actor=WHO["actor"], parameters={"Name": "a"}, src=WHO["src"]
    ),
    "bind": lambda rng: mailbox_audit.mail_items_bound(rng, client=mailbox_audit.OUTLOOK_WEB, items=3, **WHO),
    "sync": lambda rng: mailbox_audit.mail_items_synced(rng, client=mailbox_audit.OUTLOOK_DESKTOP, **WHO),
    "send": lambda rng: mailbox_audit.mailbox_action(rng, operation="Send", client=mailbox_audit.OUTLOOK_WEB, **WHO),
    "delete": lambda rng: mailbox_audit.mailbox_action(
        rng, operation="HardDelete", client=mailbox_audit.OUTLOOK_WEB, items=2, **WHO
    ),
    "outlook rule": lambda rng: inbox_rules.update_inbox_rules(rng, actions=FORWARD, **WHO),
    "purview cmdlet": lambda rng: compliance.compliance_cmdlet(
        rng, time=TIME, operation="New-ComplianceSearch", actor=WHO["actor"], parameters={"Name": "s", "Force": True}
    ),
    "discovery": lambda rng: compliance.discovery_event(
        rng, time=TIME, operation="SearchExported", actor=WHO["actor"], search="s"
    ),
    "directory": lambda rng: directory_audit.directory_change(
        rng, time=TIME, operation="Add user.", actor=WHO["actor"], target="new@contoso.com"
    ),
    "graph directory": lambda rng: graph_directory_audit(
        rng, time=TIME, operation="Add user.", actor=WHO["actor"], target="new@contoso.com"
    ),
    "file": lambda rng: directory_audit.file_activity(
        rng, time=TIME, operation="FileAccessed", actor=WHO["actor"], src=WHO["src"], file="a.docx", agent="x"
    ),
    "teams": lambda rng: teams_audit.teams_event(
        rng, time=TIME, operation="MemberAdded", actor=WHO["actor"], src=WHO["src"]
    ),
    "sysmon 1": lambda rng: windows_events.sysmon_process_created(
        rng, time=TIME, computer="ws1.contoso.com", image="C:\\a.exe", command_line="a", user="CONTOSO\\a"
    ),
    "sysmon 11": lambda rng: windows_events.sysmon_file_created(
        rng, time=TIME, computer="ws1.contoso.com", image="C:\\a.exe", target="C:\\b.pst", user="CONTOSO\\a"
    ),
    "security 4663": lambda rng: windows_events.file_access_audited(
        rng, time=TIME, computer="ws1.contoso.com", process="C:\\a.exe", object_name="C:\\b.pst", user="CONTOSO\\a"
    ),
}
AUDIT_BUILDERS = [
    name
    for name in BUILDERS
    if name not in ("graph beta", "graph v1.0", "graph directory", "event hub")
    and " 1" not in name
    and "4663" not in name
]


@pytest.mark.parametrize("name", BUILDERS)
def test_same_seed_same_bytes(name: str) -> None:
    build = BUILDERS[name]
    first, again, other = (build(Random(seed)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", AUDIT_BUILDERS)
def test_audit_record_has_the_common_schema(name: str) -> None:
    """Mandatory keys of "Common schema", Office 365 Management Activity API; CreationTime is UTC without a zone."""
    record = BUILDERS[name](Random(1))
    mandatory = {"Id", "RecordType", "CreationTime", "Operation", "OrganizationId", "UserType", "UserKey", "UserId"}
    assert mandatory | {"Workload"} <= record.keys()
    assert record["CreationTime"] == "2026-03-03T10:00:00"
    assert isinstance(record["RecordType"], int)
    assert audit_envelope.content_type(record).startswith("Audit.")


@pytest.mark.parametrize(
    ("name", "record_type"),
    [
        pytest.param("audit sign-in", 15, id="AzureActiveDirectoryStsLogon"),
        pytest.param("exchange cmdlet", 1, id="ExchangeAdmin"),
        pytest.param("send", 2, id="ExchangeItem"),
        pytest.param("outlook rule", 2, id="ExchangeItem of a rule"),
        pytest.param("delete", 3, id="ExchangeItemGroup"),
        pytest.param("bind", 50, id="ExchangeItemAggregated bind"),
        pytest.param("sync", 50, id="ExchangeItemAggregated sync"),
        pytest.param("purview cmdlet", 18, id="SecurityComplianceCenterEOPCmdlet"),
        pytest.param("discovery", 24, id="Discovery"),
        pytest.param("directory", 8, id="AzureActiveDirectory"),
        pytest.param("file", 6, id="SharePointFileOperation"),
        pytest.param("teams", 25, id="MicrosoftTeams"),
    ],
)
def test_record_type_is_the_schemas(name: str, record_type: int) -> None:
    assert BUILDERS[name](Random(1))["RecordType"] == record_type


def test_sign_in_is_the_same_in_every_feed() -> None:
    rng = Random(2)
    facts = sign_in(rng, code=50126)
    graph, hub, audit = graph_sign_in(facts, rng), event_hub_sign_in(facts, rng), audit_sign_in(facts, rng)
    assert graph["id"] == hub["properties"]["id"] == audit["Id"] == audit["IntraSystemId"]
    assert (graph["status"]["errorCode"], hub["resultType"], audit["ErrorNumber"]) == (50126, "50126", "50126")
    assert graph["ipAddress"] == hub["callerIpAddress"] == hub["properties"]["ipAddress"] == audit["ActorIpAddress"]
    assert graph["userPrincipalName"] == hub["properties"]["userPrincipalName"] == audit["UserId"]
    assert graph["createdDateTime"] == "2026-03-03T10:00:00Z"
    assert hub["time"].startswith("2026-03-03T10:00:00.125")


def test_directory_change_is_the_same_in_both_feeds() -> None:
    audit, graph = BUILDERS["directory"](Random(1)), BUILDERS["graph directory"](Random(1))
    assert graph["activityDisplayName"] == audit["Operation"].rstrip(".") == "Add user"
    assert graph["initiatedBy"]["user"]["userPrincipalName"] == audit["UserId"]
    assert graph["targetResources"][0]["userPrincipalName"] == audit["ObjectId"]
    assert graph["activityDateTime"].startswith(audit["CreationTime"])
    assert len(graph["activityDateTime"]) == len("2026-03-03T10:00:00.1250000Z")
    assert graph["id"].startswith("Directory_")


def test_every_directory_operation_of_the_audit_log_has_graph_s_name() -> None:
    assert set(ACTIVITIES) == set(directory_audit.USER_OPERATIONS)


def test_graph_v1_has_the_documented_keys_only() -> None:
    record = BUILDERS["graph v1.0"](Random(1))
    assert tuple(record) == V1_KEYS
    assert "userAgent" not in record
    assert len(record["createdDateTime"]) == len("2026-03-03T10:00:00.1250000Z")


def test_v1_keys_are_those_the_tenant_cuts_to() -> None:
    """The tenant cuts beta records to v1.0 by itself; two lists of the same resource must not drift apart."""
    beta = BUILDERS["graph beta"](Random(1))
    assert {key for key in beta if key in V1_SIGN_IN} == set(V1_KEYS)


def test_audit_hides_the_name_of_an_account_that_does_not_exist() -> None:
    rng = Random(3)
    record = audit_sign_in(sign_in(rng, user="nobody@contoso.com", code=50034), rng)
    assert record["UserId"] == record["UserKey"] == "Not Available"
    assert record["LogonError"] == "UserAccountNotFound"
    assert "nobody" not in compact(record)


@pytest.mark.parametrize(
    ("src", "pattern"),
    [
        pytest.param("198.51.100.7", r"^198\.51\.100\.7:\d{4,5}$", id="IPv4"),
        pytest.param("2001:db8::7", r"^\[2001:db8::7\]:\d{4,5}$", id="IPv6 in brackets"),
    ],
)
def test_addresses_with_a_port(src: str, pattern: str) -> None:
    rng = Random(4)
    record = audit_sign_in(sign_in(rng, src=src), rng, port=True)
    admin = exchange_admin.exchange_admin(
        rng, time=TIME, operation="Set-Mailbox", actor="a@contoso.com", parameters={}, src=src
    )
    for value in (record["ClientIP"], record["ActorIpAddress"], admin["ClientIP"]):
        assert re.match(pattern, value)


def test_failed_sign_in_may_say_success_in_result_status() -> None:
    statuses = {audit_sign_in(sign_in(Random(seed), code=50126), Random(seed))["ResultStatus"] for seed in range(30)}
    assert statuses == {"Failed", "Success"}


@pytest.mark.parametrize("kind", ["service_principal", "managed_identity"])
def test_audit_log_has_no_sign_in_of_principals(kind: str) -> None:
    rng = Random(1)
    with pytest.raises(ValueError, match=f"no sign-in of kind '{kind}'"):
        audit_sign_in(sign_in(rng, kind=kind), rng)


def test_exchange_works_without_an_address_and_from_outside() -> None:
    record = exchange_admin.exchange_admin(
        Random(1),
        time=TIME,
        operation="Set-Mailbox",
        actor=exchange_admin.SYSTEM_ACTORS[1],
        parameters={"Identity": "x"},
    )
    assert record["UserId"] == record["UserKey"] == "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.Servicehost)"
    assert (record["UserType"], record["ExternalAccess"]) == (3, True)
    assert "ClientIP" not in record


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(False, "False", id="boolean"),
        pytest.param("", "", id="forwarding switched off"),
        pytest.param(["a@example.net", "b@example.net"], "a@example.net;b@example.net", id="several values"),
    ],
)
def test_cmdlet_parameters_are_texts(value: Any, text: str) -> None:
    record = exchange_admin.exchange_admin(
        Random(1),
        time=TIME,
        operation="Set-Mailbox",
        actor="a@contoso.com",
        parameters={"ForwardingSmtpAddress": value},
    )
    assert record["Parameters"] == [{"Name": "ForwardingSmtpAddress", "Value": text}]


def test_parameters_may_lack_a_value() -> None:
    record = exchange_admin.exchange_admin(
        Random(1), time=TIME, operation="Set-Mailbox", actor="a@contoso.com", parameters=[{"Name": "ForwardingAddress"}]
    )
    assert record["Parameters"] == [{"Name": "ForwardingAddress"}]


def test_bind_counts_its_items_over_all_folders() -> None:
    record = mailbox_audit.mail_items_bound(
        Random(1), client=mailbox_audit.REST, app_id="app", folders={"\\Inbox": 4, "\\Sent Items": 3}, **WHO
    )
    assert record["OperationCount"] == 7 == sum(len(folder["FolderItems"]) for folder in record["Folders"])
    assert {"Name": "MailAccessType", "Value": "Bind"} in record["OperationProperties"]
    identifiers = [item["InternetMessageId"] for folder in record["Folders"] for item in folder["FolderItems"]]
    assert len(set(identifiers)) == 7


def test_bind_of_25_items_is_about_twelve_kilobytes() -> None:
    record = mailbox_audit.mail_items_bound(Random(1), client=mailbox_audit.REST, items=25, **WHO)
    assert 10_240 < len(compact(record)) < 15_000


def test_sync_names_a_folder_and_no_message() -> None:
    record = BUILDERS["sync"](Random(1))
    assert {"Name": "MailAccessType", "Value": "Sync"} in record["OperationProperties"]
    assert record["Item"]["ParentFolder"]["Name"] == "Inbox"
    assert "InternetMessageId" not in compact(record)


@pytest.mark.parametrize(
    ("actor", "app_only", "logon_type", "user_type"),
    [
        pytest.param("aisha.holm@contoso.com", False, 0, 0, id="owner"),
        pytest.param("omar.lang@contoso.com", False, 2, 0, id="delegate"),
        pytest.param("aisha.holm@contoso.com", True, 0, 5, id="application without a user"),
    ],
)
def test_logon_type_says_who_reads(actor: str, app_only: bool, logon_type: int, user_type: int) -> None:
    record = mailbox_audit.mail_items_bound(
        Random(1),
        client=mailbox_audit.REST,
        app_id=draws.stable_guid("app"),
        app_only=app_only,
        **{**WHO, "actor": actor},
    )
    assert (record["LogonType"], record["UserType"]) == (logon_type, user_type)
    assert record["AppAccessContext"]["ClientAppId"] == record["ClientAppId"]
    assert record["UserId"].startswith("ServicePrincipal_") == app_only


def test_outlook_rule_keeps_its_actions_in_a_text() -> None:
    record = inbox_rules.update_inbox_rules(Random(1), actions=FORWARD, rule_name=None, **WHO)
    properties = {entry["Name"]: entry.get("Value") for entry in record["OperationProperties"]}
    assert json.loads(properties["RuleActions"]) == FORWARD
    assert properties["RuleName"] is None
    assert -(2**63) <= int(properties["RuleId"]) < 2**63


def test_purview_parameters_are_one_command_line() -> None:
    record = BUILDERS["purview cmdlet"](Random(1))
    assert record["Parameters"] == '-Name "s" -Force'
    assert "<SNIP-PII>" in record["NonPIIParameters"]


@pytest.mark.parametrize("name", ["sysmon 1", "sysmon 11", "security 4663"])
@pytest.mark.parametrize("style", ["forwarder", "exported"])
def test_windows_event_is_one_line_of_xml(name: str, style: str) -> None:
    build, keys = {
        "sysmon 1": (
            windows_events.sysmon_process_created,
            {"image": "C:\\a & b.exe", "command_line": "a 'b' <c> \"d\""},
        ),
        "sysmon 11": (windows_events.sysmon_file_created, {"image": "C:\\a & b.exe", "target": "C:\\é's.pst"}),
        "security 4663": (
            windows_events.file_access_audited,
            {"process": "C:\\a & b.exe", "object_name": "C:\\é's.pst"},
        ),
    }[name]
    raw = build(Random(1), time=TIME, computer="ws1.contoso.com", user="CONTOSO\\a", style=style, **keys)
    assert "\n" not in raw
    event = ElementTree.fromstring(raw)
    space = "{http://schemas.microsoft.com/win/2004/08/events/event}"
    data = {element.get("Name"): element.text for element in event.iter(f"{space}Data")}
    assert set(keys.values()) <= set(data.values())
    assert event.find(f"{space}System/{space}Computer").text == "ws1.contoso.com"
    assert event.find(f"{space}System/{space}TimeCreated").get("SystemTime").startswith("2026-03-03T10:00:00.125")
    assert ("'" if style == "forwarder" else '"') == raw[len("<Event xmlns=")]


LATE_KEYS = [
    pytest.param("graph", ["status", "userPrincipalName", "ipAddress"], id="graph"),
    pytest.param("event hub", ["properties.userPrincipalName", "properties.status", "resultType"], id="event hub"),
    pytest.param("audit sign-in", ["UserId", "ActorIpAddress", "ErrorNumber", "LogonError"], id="audit sign-in"),
    pytest.param("cmdlet", ["UserId", "Parameters"], id="exchange cmdlet"),
    pytest.param("cmdlet", ["UserId", "ObjectId"], id="exchange cmdlet with long parameters"),
    pytest.param("bind", ["MailboxOwnerUPN", "ClientAppId", "OperationCount", "OperationProperties"], id="bind"),
    pytest.param("outlook rule", ["MailboxOwnerUPN", "Operation"], id="outlook rule"),
]


@pytest.mark.parametrize("at_least", [5_000, 10_240])
@pytest.mark.parametrize(("name", "last"), LATE_KEYS)
def test_needed_keys_can_lie_behind_the_cut_offs(name: str, last: list[str], at_least: int) -> None:
    rng = Random(1)
    facts = sign_in(rng, code=50034)
    shape: dict[str, Any] = {"last": last, "pad_to": at_least}
    build: dict[str, Callable[[], Any]] = {
        "graph": lambda: graph_sign_in(facts, rng, **shape),
        "event hub": lambda: event_hub_sign_in(facts, rng, **shape),
        "audit sign-in": lambda: audit_sign_in(facts, rng, **shape),
        "cmdlet": lambda: exchange_admin.exchange_admin(
            rng,
            time=TIME,
            operation="New-InboxRule",
            actor=WHO["actor"],
            parameters={"ForwardTo": "x@example.net"},
            **shape,
        ),
        "bind": lambda: mailbox_audit.mail_items_bound(
            rng, items=2, client=mailbox_audit.REST, app_id="a", **WHO, **shape
        ),
        "outlook rule": lambda: inbox_rules.update_inbox_rules(rng, actions=FORWARD, **WHO, **shape),
    }
    record = build[name]()
    text = compact(record)
    for path in last:
        key = json.dumps(path.rsplit(".", 1)[-1])
        assert offset_of(record, path) >= at_least
        assert text.encode()[offset_of(record, path) :].decode().startswith(key)
    assert json.loads(text) == record


def test_padding_a_bind_adds_no_message() -> None:
    record = mailbox_audit.mail_items_bound(
        Random(1), items=2, client=mailbox_audit.REST, last=["OperationCount"], pad_to=10_240, **WHO
    )
    assert record["OperationCount"] == 2 == sum(len(folder["FolderItems"]) for folder in record["Folders"])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(
            lambda rng: sign_in(rng, code=1), "code 1 is not in the catalogue; known codes: 0, 16003", id="code"
        ),
        pytest.param(lambda rng: sign_in(rng, kind="robot"), "kind 'robot' is not one of interactive", id="kind"),
        pytest.param(lambda rng: sign_in(rng, app="Nothing"), "no application 'Nothing'", id="application"),
        pytest.param(lambda rng: sign_in(rng, colour="red"), "a sign-in has no colour", id="fact"),
        pytest.param(
            lambda rng: exchange_admin.exchange_admin(rng, time=TIME, operation="Get-Coffee", actor="a", parameters={}),
            "'Get-Coffee' is no Exchange cmdlet",
            id="cmdlet",
        ),
        pytest.param(
            lambda rng: graph_sign_in(sign_in(rng), rng, last=["nothing"], pad_to=5_000),
            "no key 'nothing' to move",
            id="key",
        ),
    ],
)
def test_unknown_things_are_refused_with_what_is_known(build: Callable[[Random], Any], message: str) -> None:
    with pytest.raises((ValueError, KeyError), match=message):
        build(Random(1))
