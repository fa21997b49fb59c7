"""The configuration and inputs pages: which fields they have, and what those accept.

The same patterns run in the browser and in the REST handlers that UCC generates.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ksconf.conf.parser import parse_conf
from package.checkouts import REPOSITORY

CONFIG = json.loads((REPOSITORY / "package" / "globalConfig.json").read_text())
TABS = {tab.get("name", tab.get("type")): tab for tab in CONFIG["pages"]["configuration"]["tabs"]}
SERVICES = {service["name"]: service for service in CONFIG["pages"]["inputs"]["services"]}
FORMS = {**TABS, **SERVICES}


BEGIN, END = "-----BEGIN", "-----END"


def field(form: str, name: str) -> dict[str, Any]:
    (found,) = (entity for entity in FORMS[form]["entity"] if entity["field"] == name)
    return dict(found)


def accepts(form: str, name: str, value: str) -> bool:
    """Whether each validator of a field lets a value pass, as UCC's REST handlers judge it."""
    for validator in field(form, name)["validators"]:
        if validator["type"] == "regex" and not re.match(validator["pattern"], value):
            return False
        if validator["type"] == "string" and not validator["minLength"] <= len(value) <= validator["maxLength"]:
            return False
        if validator["type"] == "number":
            low, high = validator["range"]
            if not (value.isdigit() and low <= int(value) <= high):
                return False
    return True


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (
            "account",
            "name tenant_id client_id credential_kind client_secret secret_expires certificate private_key "
            "assertion_algorithm cloud custom_login_url custom_management_url custom_graph_url "
            "ca_certificate",
        ),
        ("proxy", "proxy_enabled proxy_type proxy_url proxy_port proxy_username proxy_password"),
        (
            "o365_management_activity",
            "name account content_types start_time interval concurrency index "
            "collect_again_from collect_again_known drop_operations drop_record_types drop_users "
            "drop_what_rules_read activity_sourcetype",
        ),
        (
            "entra_sign_ins",
            "name account sign_in_kinds api_versions start_time interval index "
            "collect_again_from collect_again_known drop_operations drop_users drop_what_rules_read "
            "sign_in_sourcetype audit_sourcetype",
        ),
    ],
)
def test_fields(form: str, fields: str) -> None:
    assert [entity["field"] for entity in FORMS[form]["entity"]] == fields.split()


def test_secrets_and_nothing_else_go_to_the_credential_store() -> None:
    encrypted = {e["field"] for form in FORMS.values() for e in form.get("entity", ()) if e.get("encrypted")}
    assert encrypted == {"client_secret", "private_key", "proxy_password"}


@pytest.mark.parametrize(
    ("form", "name", "value", "accepted"),
    [
        pytest.param("account", "tenant_id", "12345678-90ab-cdef-1234-567890abcdef", True, id="tenant: GUID"),
        pytest.param("account", "tenant_id", "contoso.onmicrosoft.com", False, id="tenant: domain"),
        pytest.param("account", "tenant_id", "12345678-90ab-cdef-1234-567890abcdef/x", False, id="tenant: path"),
        pytest.param("account", "cloud", "custom", True, id="cloud: custom"),
        pytest.param("account", "cloud", "germany", False, id="cloud: unknown"),
        pytest.param("account", "custom_login_url", "https://login.example.com", True, id="url: host"),
        pytest.param("account", "custom_login_url", "https://127.0.0.1:8443", True, id="url: address and port"),
        pytest.param("account", "custom_graph_url", "https://[2001:db8::1]:8443/graph", True, id="url: IPv6"),
        pytest.param("account", "custom_management_url", "http://manage.example.com", False, id="url: not https"),
        pytest.param("account", "custom_login_url", "https://user:pw@login.example.com", False, id="url: password"),
        pytest.param("account", "custom_login_url", "https://login.example.com/?x=1", False, id="url: query"),
        pytest.param("account", "custom_login_url", "login.example.com", False, id="url: no scheme"),
        pytest.param(
            "account",
            "ca_certificate",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            True,
            id="ca: one certificate",
        ),
        pytest.param(
            "account",
            "ca_certificate",
            "-----BEGIN CERTIFICATE-----\r\nMIIB\r\n-----END CERTIFICATE-----\r\n" * 2,
            True,
            id="ca: a chain with carriage returns",
        ),
        pytest.param("account", "ca_certificate", "/etc/ssl/ca.pem", False, id="ca: a path"),
        pytest.param("account", "ca_certificate", "-----BEGIN CERTIFICATE-----\nMIIB", False, id="ca: cut off"),
        pytest.param(
            "account", "certificate", f"{BEGIN} CERTIFICATE-----\nMIIB\n{END} CERTIFICATE-----\n", True, id="cert"
        ),
        pytest.param(
            "account",
            "certificate",
            f"{BEGIN} CERTIFICATE-----\nMIIB\n{END} CERTIFICATE-----\n{BEGIN} PRIVATE KEY-----\nMIIB\n"
            f"{END} PRIVATE KEY-----\n{BEGIN} CERTIFICATE-----\nMIIB\n{END} CERTIFICATE-----\n",
            False,
            id="cert: with its key",
        ),
        pytest.param(
            "account", "private_key", f"{BEGIN} PRIVATE KEY-----\nMII\n{END} PRIVATE KEY-----", True, id="key"
        ),
        pytest.param(
            "account",
            "private_key",
            f"{BEGIN} RSA PRIVATE KEY-----\nMII\n{END} RSA PRIVATE KEY-----",
            True,
            id="key: PKCS#1",
        ),
        pytest.param("account", "private_key", "******", True, id="key: unchanged"),
        pytest.param(
            "account",
            "private_key",
            f"{BEGIN} ENCRYPTED PRIVATE KEY-----\nMII\n{END} ENCRYPTED PRIVATE KEY-----",
            False,
            id="key: encrypted",
        ),
        pytest.param(
            "account",
            "private_key",
            f"{BEGIN} RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMII\n{END} RSA PRIVATE KEY-----",
            False,
            id="key: encrypted the old way",
        ),
        pytest.param("account", "secret_expires", "2027-01-31", True, id="expiry: a day"),
        pytest.param("account", "secret_expires", "31.01.2027", False, id="expiry: other order"),
        pytest.param("proxy", "proxy_url", "proxy.local", True, id="proxy: name"),
        pytest.param("proxy", "proxy_url", "192.0.2.7", True, id="proxy: IPv4"),
        pytest.param("proxy", "proxy_url", "[2001:db8::7]", True, id="proxy: IPv6"),
        pytest.param("proxy", "proxy_url", "http://proxy.local", False, id="proxy: with scheme"),
        pytest.param("proxy", "proxy_url", "proxy.local:8080", False, id="proxy: with port"),
        pytest.param("proxy", "proxy_port", "8080", True, id="port"),
        pytest.param("proxy", "proxy_port", "65536", False, id="port: too high"),
        pytest.param("o365_management_activity", "content_types", "Audit.Exchange,DLP.All", True, id="content types"),
        pytest.param("o365_management_activity", "content_types", "Audit.Exchange,", False, id="content types: comma"),
        pytest.param("o365_management_activity", "content_types", "Audit_Exchange", False, id="content types: unknown"),
        pytest.param("entra_sign_ins", "sign_in_kinds", "interactive,managed_identity", True, id="sign-in kinds"),
        pytest.param("entra_sign_ins", "sign_in_kinds", "Interactive", False, id="sign-in kinds: case"),
        pytest.param("entra_sign_ins", "sign_in_kinds", "interactive,directory_audits", True, id="directory audits"),
        pytest.param("entra_sign_ins", "api_versions", "interactive=beta,directory_audits=v1.0", True, id="versions"),
        pytest.param("entra_sign_ins", "api_versions", "interactive=v1x0", False, id="versions: unknown"),
        pytest.param("entra_sign_ins", "api_versions", "beta", False, id="versions: no log"),
        pytest.param("o365_management_activity", "concurrency", "1", True, id="concurrency: one"),
        pytest.param("o365_management_activity", "concurrency", "64", True, id="concurrency: the most"),
        pytest.param("o365_management_activity", "concurrency", "65", False, id="concurrency: too many"),
        pytest.param("o365_management_activity", "concurrency", "0", False, id="concurrency: none"),
        pytest.param("entra_sign_ins", "start_time", "2026-01-31T00:00:00Z", True, id="start: UTC"),
        pytest.param("entra_sign_ins", "start_time", "2026-01-31T00:00+02:00", True, id="start: offset, minutes"),
        pytest.param("entra_sign_ins", "start_time", "2026-01-31T00:00:00", False, id="start: no zone"),
        pytest.param("entra_sign_ins", "start_time", "2026-01-31", False, id="start: a day"),
        pytest.param("entra_sign_ins", "start_time", "2026-13-01T00:00:00Z", False, id="start: month 13"),
        pytest.param("entra_sign_ins", "start_time", "2026-01-31T24:00:00Z", False, id="start: hour 24"),
        pytest.param("entra_sign_ins", "start_time", "2026-01-31T00:60:00Z", False, id="start: minute 60"),
        pytest.param("entra_sign_ins", "collect_again_from", "2026-01-31T00:00:00Z", True, id="again: UTC"),
        pytest.param("o365_management_activity", "collect_again_from", "yesterday", False, id="again: a word"),
        pytest.param("entra_sign_ins", "interval", "60", True, id="interval: a minute"),
        pytest.param("entra_sign_ins", "interval", "59", False, id="interval: less than a minute"),
        pytest.param("o365_management_activity", "interval", "86401", False, id="interval: more than a day"),
        pytest.param("o365_management_activity", "interval", "60.5", False, id="interval: half a second"),
        pytest.param("o365_management_activity", "interval", "0 * * * *", False, id="interval: cron"),
        pytest.param("o365_management_activity", "drop_record_types", "6, 25", True, id="record types"),
        pytest.param("o365_management_activity", "drop_record_types", "SharePoint", False, id="record types: a name"),
        pytest.param("entra_sign_ins", "drop_users", "svc-*@contoso.com,scan@contoso.com", True, id="users"),
        pytest.param("entra_sign_ins", "sign_in_sourcetype", "contoso:signin", True, id="sourcetype"),
        pytest.param("entra_sign_ins", "audit_sourcetype", "two words", False, id="sourcetype: two words"),
        pytest.param("entra_sign_ins", "account", "contoso", True, id="account: chosen"),
        pytest.param("entra_sign_ins", "account", "two words", False, id="account: no name"),
    ],
)
def test_values(form: str, name: str, value: str, accepted: bool) -> None:
    assert accepts(form, name, value) is accepted


def test_defaults_of_the_forms_are_accepted_by_them() -> None:
    for form, content in FORMS.items():
        for entity in content.get("entity", ()):
            if "validators" in entity and "defaultValue" in entity:
                assert accepts(form, entity["field"], entity["defaultValue"]), (form, entity["field"])


URLS = ("custom_login_url", "custom_management_url", "custom_graph_url")


@pytest.mark.parametrize(
    ("cloud", "shown", "required"),
    [
        pytest.param("custom", set(URLS), set(URLS), id="custom: all, required"),
        pytest.param("china", {"custom_management_url"}, set(), id="china: the one Microsoft does not document"),
        pytest.param("[[any_other_value]]", set(), set(), id="other clouds: none"),
    ],
)
def test_each_cloud_shows_the_urls_that_it_reads(cloud: str, shown: set[str], required: set[str]) -> None:
    """And empties the others: what is left in a hidden field still goes through its validators and is saved."""
    (changes,) = (
        change["fieldsToModify"]
        for change in field("account", "cloud")["modifyFieldsOnValue"]
        if change["fieldValue"] == cloud
    )
    assert [change["fieldId"] for change in changes] == list(URLS)
    assert {change["fieldId"] for change in changes if change["display"]} == shown
    assert {change["fieldId"] for change in changes if change["required"]} == required
    assert {change["fieldId"] for change in changes if change.get("value") == ""} == set(URLS) - shown


CREDENTIALS = [
    pytest.param("certificate", {"certificate", "private_key", "assertion_algorithm"}, id="certificate"),
    pytest.param("[[any_other_value]]", {"client_secret", "secret_expires"}, id="secret"),
]


@pytest.mark.parametrize(("kind", "shown"), CREDENTIALS)
def test_each_way_to_sign_in_shows_what_it_needs_and_empties_the_rest(kind: str, shown: set[str]) -> None:
    (changes,) = (
        change["fieldsToModify"]
        for change in field("account", "credential_kind")["modifyFieldsOnValue"]
        if change["fieldValue"] == kind
    )
    assert {change["fieldId"] for change in changes if change["display"]} == shown
    assert {change["fieldId"] for change in changes if change["required"]} == shown - {"secret_expires"}
    hidden = {change["fieldId"] for change in changes} - shown - {"assertion_algorithm"}  # which has a default
    assert {change["fieldId"] for change in changes if change.get("value") == ""} == hidden


def test_the_urls_are_hidden_until_a_cloud_is_chosen() -> None:
    assert [field("account", name)["options"] for name in URLS] == [{"display": False}] * 3


def test_an_account_s_row_opens_to_its_test(app: Path) -> None:
    """A row opens only where moreInfo says what it holds, although the script of customRow shows it all."""
    table = TABS["account"]["table"]
    assert table["moreInfo"]
    assert (app / f"appserver/static/js/build/custom/{table['customRow']['src']}.js").is_file()


@pytest.mark.parametrize("name", ["cloud", "credential_kind"])
def test_the_table_of_accounts_names_choices_as_the_form_does(name: str) -> None:
    (column,) = (column for column in TABS["account"]["table"]["header"] if column["field"] == name)
    choices = field("account", name)["options"]["autoCompleteFields"]
    assert column["mapping"] == {choice["value"]: choice["label"] for choice in choices}


@pytest.mark.parametrize(("spec", "tab", "stanza"), [("account", "account", "<name>"), ("settings", "proxy", "proxy")])
def test_spec_files_describe_each_field(spec: str, tab: str, stanza: str) -> None:
    path = REPOSITORY / "package" / "README" / f"m365_mail_threats_{spec}.conf.spec"
    text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("*"))
    described = set(re.findall(r"^(\w+) = ", text.split(f"[{stanza}]")[1].split("\n[")[0], re.MULTILINE))
    assert described == {entity["field"] for entity in TABS[tab]["entity"]} - {"name"}


def test_the_choices_of_the_cloud_are_those_of_the_spec_file() -> None:
    path = REPOSITORY / "package" / "README" / "m365_mail_threats_account.conf.spec"
    (choices,) = re.findall(r"^cloud = \[(.*)\]$", path.read_text(), re.MULTILINE)
    assert [item["value"] for item in field("account", "cloud")["options"]["autoCompleteFields"]] == choices.split("|")


def test_inputs_run_with_the_defaults_of_the_forms(app: Any) -> None:
    conf = parse_conf(str(app / "default" / "inputs.conf"))
    for name, service in SERVICES.items():
        defaults = {e["field"]: e["defaultValue"] for e in service["entity"] if "defaultValue" in e}
        assert defaults.items() <= conf[name].items()
