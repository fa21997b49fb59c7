"""Every field that the app's props give: what it is in a record that has it, and a record that must not have it."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

import pytest
from cim.conftest import Fields

PROPS = Path(__file__).resolve().parents[2] / "default" / "props.conf"
AUDIT = "source::o365_management_activity:*"
ENTRA = "source::entra_sign_ins:*:(interactive|non_interactive|service_principal|managed_identity)"
DIRECTORY = "source::entra_sign_ins:*:directory_audits"
FINDING = "mail_threats:finding"
# A source of our own and one of another add-on, for each stanza.
PLACES = {
    AUDIT: ("o365_management_activity:t:Audit.Exchange", "ms_o365_management_activity:x", "o365:management:activity"),
    ENTRA: ("entra_sign_ins:t:interactive", "azure_ad:x", "azure:aad:signin"),
    DIRECTORY: ("entra_sign_ins:t:directory_audits", "azure_ad:x", "azure:aad:audit"),
    FINDING: ("m365_mail_threats", "m365_mail_threats", FINDING),
}
# Longer than every limit of automatic extraction.
PADDING = {"Padding": "x" * 11_000}
CHANGE = {
    **PADDING,
    "Id": "record-1",
    "Operation": "Set-Mailbox",
    "OrganizationId": "tenant-1",
    "OrganizationName": "Contoso.onmicrosoft.com",
    "OriginatingServer": "server-1",
    "RecordType": 1,
    "ResultStatus": "True",
    "Workload": "Exchange",
    "UserId": "Ann@Contoso.com",
    "ClientIP": "[2001:DB8::1%3]:443",
    "ObjectId": "Bob",
    "Parameters": [{"Name": "Identity", "Value": "Bob"}, {"Name": "ForwardingAddress"}],
}
LOGIN = {**CHANGE, "Operation": "UserLoginFailed", "ErrorNumber": "50126", "LogonError": "Wrong"}
ACCESS = {
    **CHANGE,
    "Operation": "MailItemsAccessed",
    "MailboxOwnerUPN": "Bob@Contoso.com",
    "MailboxGuid": "guid-1",
    "ClientInfoString": "Client=REST",
    "Folders": [{"FolderItems": [{"SizeInBytes": 3}, {"SizeInBytes": 4}]}],
}
SIGN_IN = {
    **PADDING,
    "userPrincipalName": "Ann@Contoso.com",
    "userId": "user-1",
    "appDisplayName": "Azure CLI",
    "resourceDisplayName": "Graph",
    "ipAddress": "::ffff:192.0.2.1",
    "userAgent": "curl",
    "status": {"errorCode": 50126, "failureReason": "Wrong"},
}
MEMBER = {
    **PADDING,
    "id": "audit-1",
    "category": "RoleManagement",
    "result": "failure",
    "resultReason": "Denied",
    "activityDisplayName": "Add member to role",
    "loggedByService": "Core Directory",
    "operationType": "Assign",
    "initiatedBy": {"user": {"userPrincipalName": "Ann@Contoso.com", "ipAddress": "::ffff:192.0.2.1"}},
    "targetResources": [
        {"id": "role-1", "displayName": "Admins", "type": "Role", "modifiedProperties": [{"displayName": "Role.Name"}]}
    ],
}
RAISED = {
    **PADDING,
    "finding_id": "f1",
    "rule": "Mail Threats - X - Rule",
    "detection": "x",
    "technique": "T1114.002, T1114.003",
    "title": "Something",
    "severity": "info",
    "entity": "ann@contoso.com",
    "entity_type": "user",
    "evidence_earliest": 1767225600,
    "evidence_latest": 1767225700,
    "src": ["192.0.2.1", "192.0.2.2"],
    "mailbox": "bob@contoso.com",
}
# stanza, field, a record that has it, what it is there, a record without it (None: the field is always there)
FITS: list[tuple[str, str, dict[str, Any], Any, dict[str, Any] | None]] = [
    (AUDIT, "mail_threats_operation", CHANGE, "Set-Mailbox", PADDING),
    (AUDIT, "vendor_product", CHANGE, "Microsoft 365", None),
    (AUDIT, "vendor_account", CHANGE, "tenant-1", PADDING),
    (AUDIT, "app", CHANGE, "Exchange", None),
    (AUDIT, "user", CHANGE, "ann@contoso.com", None),
    (AUDIT, "user_name", CHANGE, "ann@contoso.com", None),
    (AUDIT, "src", CHANGE, "2001:db8::1", None),
    (AUDIT, "dest", CHANGE, "contoso.onmicrosoft.com", None),
    (AUDIT, "dvc", CHANGE, "server-1", None),
    (AUDIT, "signature", CHANGE, "Set-Mailbox", PADDING),
    (AUDIT, "signature_id", LOGIN, "50126", PADDING),
    (AUDIT, "reason", LOGIN, "Wrong", CHANGE),
    (AUDIT, "command", CHANGE, "Set-Mailbox", PADDING),
    (AUDIT, "action", CHANGE, "modified", {**CHANGE, "Operation": "FileAccessed"}),
    (AUDIT, "change_type", CHANGE, "application", {**CHANGE, "Operation": "UserLoggedIn"}),
    (AUDIT, "status", {**CHANGE, "ResultStatus": "Failed"}, "failure", None),
    (AUDIT, "result", CHANGE, "True", None),
    (AUDIT, "object", CHANGE, "bob", None),
    (AUDIT, "object_id", ACCESS, "guid-1", PADDING),
    (AUDIT, "object_category", CHANGE, "mailbox", LOGIN),
    (AUDIT, "object_attrs", CHANGE, "Identity,ForwardingAddress", None),
    (AUDIT, "object_size", ACCESS, 7, None),
    (AUDIT, "owner", ACCESS, "bob@contoso.com", CHANGE),
    (AUDIT, "user_agent", ACCESS, "Client=REST", CHANGE),
    (ENTRA, "vendor_product", SIGN_IN, "Microsoft Entra ID", None),
    (ENTRA, "authentication_service", SIGN_IN, "Microsoft Entra ID", None),
    (ENTRA, "action", SIGN_IN, "failure", PADDING),
    (ENTRA, "app", SIGN_IN, "Azure CLI", None),
    (ENTRA, "user", SIGN_IN, "ann@contoso.com", None),
    (ENTRA, "user_id", SIGN_IN, "user-1", PADDING),
    (ENTRA, "src", SIGN_IN, "192.0.2.1", None),
    (ENTRA, "dest", SIGN_IN, "Graph", None),
    (ENTRA, "signature_id", SIGN_IN, 50126, PADDING),
    (ENTRA, "signature", SIGN_IN, "Wrong", None),
    (ENTRA, "reason", SIGN_IN, "Wrong", PADDING),
    (ENTRA, "user_agent", SIGN_IN, "curl", PADDING),
    (DIRECTORY, "vendor_product", MEMBER, "Microsoft Entra ID", None),
    (DIRECTORY, "mail_threats_target_type", MEMBER, "Role", PADDING),
    (DIRECTORY, "action", MEMBER, "modified", None),
    (DIRECTORY, "change_type", MEMBER, "AAA", None),
    (DIRECTORY, "command", MEMBER, "Add member to role", None),
    (DIRECTORY, "dest", MEMBER, "Core Directory", None),
    (DIRECTORY, "dvc", MEMBER, "Core Directory", None),
    (DIRECTORY, "object", MEMBER, "Admins", None),
    (DIRECTORY, "object_id", MEMBER, "role-1", PADDING),
    (DIRECTORY, "object_category", MEMBER, "role", None),
    (DIRECTORY, "object_attrs", MEMBER, "Role.Name", None),
    (DIRECTORY, "status", MEMBER, "failure", None),
    (DIRECTORY, "result", MEMBER, "Denied", None),
    (DIRECTORY, "src", MEMBER, "192.0.2.1", None),
    (DIRECTORY, "src_user", MEMBER, "ann@contoso.com", None),
    (DIRECTORY, "user", MEMBER, "ann@contoso.com", None),
    (FINDING, "app", RAISED, "Mail Threats", None),
    (FINDING, "entity", RAISED, "ann@contoso.com", PADDING),
    (FINDING, "entity_type", RAISED, "user", PADDING),
    (FINDING, "evidence_earliest", RAISED, 1767225600, PADDING),
    (FINDING, "evidence_latest", RAISED, 1767225700, PADDING),
    (FINDING, "id", RAISED, "f1", PADDING),
    (FINDING, "type", RAISED, "alert", None),
    (FINDING, "signature", RAISED, "Mail Threats - X - Rule", PADDING),
    (FINDING, "signature_id", RAISED, "x", PADDING),
    (FINDING, "description", RAISED, "Something", PADDING),
    (FINDING, "severity", RAISED, "informational", PADDING),
    (FINDING, "mitre_technique_id", RAISED, ["T1114.002", "T1114.003"], PADDING),
    (FINDING, "user", RAISED, "ann@contoso.com", None),
    (FINDING, "src", RAISED, "192.0.2.1", PADDING),
    (FINDING, "dest", RAISED, "bob@contoso.com", None),
]
each = pytest.mark.parametrize(
    ("stanza", "name", "record", "value", "without"), [pytest.param(*row, id=f"{row[0]} {row[1]}") for row in FITS]
)


def defined() -> set[tuple[str, str]]:
    """(stanza, field) of every class in default/props.conf."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(PROPS, encoding="utf-8")
    classes = ("EVAL-", "EXTRACT-", "REPORT-", "FIELDALIAS-", "LOOKUP-")
    return {
        (stanza, key.split("-", 1)[1])
        for stanza in parser.sections()
        for key in parser[stanza]
        if key.startswith(classes)
    }


def test_every_class_has_its_row() -> None:
    assert defined() == {(stanza, name) for stanza, name, *_ in FITS}


@each
def test_the_record_that_it_fits(
    fields: Fields, stanza: str, name: str, record: dict[str, Any], value: Any, without: dict[str, Any] | None
) -> None:
    ours, _, sourcetype = PLACES[stanza]
    assert fields(record, ours, sourcetype)[name] == value


@each
def test_the_record_that_it_must_not_fit(
    fields: Fields, stanza: str, name: str, record: dict[str, Any], value: Any, without: dict[str, Any] | None
) -> None:
    ours, theirs, sourcetype = PLACES[stanza]
    if without is not None:
        assert name not in fields(without, ours, sourcetype)
    if theirs != ours:
        assert name not in fields(record, theirs, sourcetype), "a record that another add-on collected"
    assert name not in fields(record, ours, "another:sourcetype") or theirs != ours


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        pytest.param("ClientIP", "192.0.2.1:51000", "192.0.2.1", id="port"),
        pytest.param("ClientIP", "[2001:db8::1]:51000", "2001:db8::1", id="brackets and port"),
        pytest.param("ClientIP", "[::ffff:192.0.2.1]:51000", "192.0.2.1", id="IPv4 in IPv6"),
        pytest.param("ClientIP", "2001:DB8::1", "2001:db8::1", id="capitals"),
        pytest.param("ClientIPAddress", "192.0.2.9", "192.0.2.9", id="mailbox records come first"),
        pytest.param("ClientIP", "", "Exchange", id="no address: inside the service"),
    ],
)
def test_addresses_are_plain(fields: Fields, key: str, text: str, expected: str) -> None:
    row = fields({**CHANGE, key: text}, *PLACES[AUDIT][::2])
    assert row["src"] == expected.lower()


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("UserLoggedIn", "success"),
        ("UserLoginFailed", "failure"),
        ("MailItemsAccessed", "read"),
        ("New-InboxRule", "created"),
        ("Add-MailboxPermission", "acl_modified"),
        ("RemoveFolderPermissions", "acl_modified"),
        ("Remove-TransportRule", "deleted"),
        ("Set-Mailbox", "modified"),
        ("UpdateInboxRules", "modified"),
        ("Disable-TransportRule", "modified"),
    ],
)
def test_operations_become_actions_of_the_data_models(fields: Fields, operation: str, action: str) -> None:
    assert fields({**CHANGE, "Operation": operation}, *PLACES[AUDIT][::2])["action"] == action


@pytest.mark.parametrize(
    ("code", "action"), [(0, "success"), ("0", "success"), (50126, "failure"), (50076, "pending"), (50034, "failure")]
)
def test_codes_become_actions_of_authentication(fields: Fields, code: object, action: str) -> None:
    assert fields({**SIGN_IN, "status": {"errorCode": code}}, *PLACES[ENTRA][::2])["action"] == action


def test_of_an_account_change_the_user_is_the_account(fields: Fields) -> None:
    target = {"type": "User", "id": "u", "userPrincipalName": "Bob@Contoso.com"}
    row = fields({**MEMBER, "targetResources": [target]}, *PLACES[DIRECTORY][::2])
    assert (row["user"], row["src_user"]) == ("bob@contoso.com", "ann@contoso.com")
    assert row["tag"] == ["account", "change"]


@pytest.mark.parametrize(
    ("parameters", "attributes"),
    [
        pytest.param([{"Name": "A", "Value": "1"}, {"Name": "B"}], "A,B", id="a list"),
        pytest.param('[{"Name": "A", "Value": "1"}]', "A", id="a list written as a text"),
        pytest.param('-Identity "Bob"', "-Identity Bob", id="a command line"),
        pytest.param("", "not recorded", id="empty"),
    ],
)
def test_parameters_come_in_several_shapes(fields: Fields, parameters: object, attributes: str) -> None:
    assert fields({**CHANGE, "Parameters": parameters}, *PLACES[AUDIT][::2])["object_attrs"] == attributes
