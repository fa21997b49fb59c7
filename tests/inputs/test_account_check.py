"""Test connection, the account page: the endpoint of the built app, asked through the management port."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from inputs.connect_proxy import ConnectProxy
from inputs.forwarder import Forwarder, audit_records, sign_in_records
from inputs.pythons import in_turn, only_on

from lab.tenant import Tenant, fault

ENDPOINT = "servicesNS/nobody/m365_mail_threats/m365_mail_threats_account_check"
MANAGEMENT, GRAPH = "Management Activity API", "Microsoft Graph"


def call(forwarder: Forwarder, user: str = "admin", method: str = "POST", **form: str) -> requests.Response:
    processes = forwarder.splunk.processes
    url = f"{processes.uri()}/{ENDPOINT}?output_mode=json"
    authority = forwarder.splunk.home / "authority.pem"
    authority.write_text(processes.port.ca_pem)
    headers = {"Authorization": f"Splunk {processes.session_key(user)}"}
    return requests.request(method, url, data=form, headers=headers, verify=str(authority), timeout=60)


def check(forwarder: Forwarder, account: str = "contoso") -> dict[str, Any]:
    answer = call(forwarder, account=account)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def told(result: dict[str, Any], status: str) -> list[tuple[str, str]]:
    """(area, message and advice) of the findings with a status."""
    return [(f["area"], f"{f['message']} {f['advice']}") for f in result["findings"] if f["status"] == status]


def test_account_that_works_is_told_so(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3, start_age_s=600.0), subscriptions=("Audit.Exchange",)) as tenant:
        forwarder.add_account(tenant)
        result = check(forwarder)
        assert (result["account"], result["status"]) == ("contoso", "ok"), result
        assert not tenant.ledger.mistakes
        assert not tenant.ledger.calls("subscriptions_start")
        assert len(tenant.ledger.calls("sign_ins")) + len(tenant.ledger.calls("directory_audits")) == 3
    texts = " ".join(text for _, text in told(result, "ok"))
    assert "ActivityFeed.Read, ActivityFeed.ReadDlp" in texts
    assert "AuditLog.Read.All, Directory.Read.All" in texts
    assert "Subscribed to Audit.Exchange. Inputs start Audit.AzureActiveDirectory" in texts


ROLES = [
    pytest.param("management", (), "error", MANAGEMENT, "ActivityFeed.Read is missing", id="no role, management"),
    pytest.param(
        "management", ("ActivityFeed.Read",), "warning", MANAGEMENT, "ActivityFeed.ReadDlp is missing", id="no DLP"
    ),
    pytest.param("graph", (), "error", GRAPH, "AuditLog.Read.All is missing", id="no role, Graph"),
]


@in_turn(("resource", "roles", "status", "area", "words"), ROLES)
def test_missing_permission_is_named(
    forwarder: Forwarder, resource: str, roles: tuple[str, ...], status: str, area: str, words: str
) -> None:
    good = {"management": ("ActivityFeed.Read", "ActivityFeed.ReadDlp"), "graph": ("AuditLog.Read.All",)}
    with Tenant(roles={**good, resource: roles}) as tenant:
        forwarder.add_account(tenant)
        result = check(forwarder)
    assert result["status"] == status
    ((where, text),) = told(result, status)
    assert where == area
    assert words in text
    assert "admin consent" in text


TROUBLES = [
    pytest.param("wrong_secret", "AADSTS7000215", "Paste the secret's value", id="wrong secret"),
    pytest.param("wrong_tenant", "AADSTS90002", "account's cloud", id="wrong tenant"),
    pytest.param("missing_resource", "AADSTS500011", "subscriptions", id="service not in the tenant"),
    pytest.param("conditional_access_block", "AADSTS53003", "allowed locations", id="Conditional Access"),
    pytest.param("audit_off", "DataServiceException", "UnifiedAuditLogIngestionEnabled", id="audit log is off"),
    pytest.param("not_premium", "premium", "P1 or P2", id="no licence"),
    pytest.param("directory_role_demanded", "Directory.Read.All", "Directory.Read.All", id="role demanded"),
    pytest.param("version_refused", "not valid for this version", "beta", id="v1.0 is refused"),
]


@in_turn(("name", "happened", "advised"), TROUBLES)
def test_trouble_is_a_sentence_with_a_remedy(forwarder: Forwarder, name: str, happened: str, advised: str) -> None:
    with Tenant(faults=[name]) as tenant:
        forwarder.add_account(tenant)
        result = check(forwarder)
    assert result["status"] == "error"
    text = " ".join(text for _, text in told(result, "error"))
    assert happened in text
    assert advised in text


@only_on("3.9")
def test_role_that_some_tenants_demand_is_named_when_it_is_not_there(forwarder: Forwarder) -> None:
    roles = {"management": ("ActivityFeed.Read", "ActivityFeed.ReadDlp"), "graph": ("AuditLog.Read.All",)}
    with Tenant(roles=roles, faults=["directory_role_demanded"]) as tenant:
        forwarder.add_account(tenant)
        result = check(forwarder)
    assert any("Directory.Read.All is missing" in text for _, text in told(result, "warning"))


@only_on("3.13")
def test_licence_that_is_missing_leaves_directory_audits(forwarder: Forwarder) -> None:
    with Tenant(faults=["not_premium"]) as tenant:
        forwarder.add_account(tenant)
        result = check(forwarder)
    refused = [area for area, _ in told(result, "error")]
    assert refused == [f"{GRAPH}: interactive", f"{GRAPH}: non_interactive"]
    assert f"{GRAPH}: directory_audits" in [area for area, _ in told(result, "ok")]


@only_on("3.9")
def test_limit_that_running_inputs_use_up_is_no_fault(forwarder: Forwarder) -> None:
    with Tenant(sign_in_records(1, start_age_s=60.0), faults=[fault("graph_throttled", seconds=30)]) as tenant:
        forwarder.add_account(tenant)
        result = check(forwarder)
    assert result["status"] == "warning"
    assert all("Running inputs use the limit" in text for _, text in told(result, "warning"))


@only_on("3.13")
def test_certificate_of_the_way_that_is_not_trusted_is_told_with_the_remedy(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant, ca_certificate="")
        result = check(forwarder)
        assert not tenant.ledger.exchanges
    assert {text.endswith("paste that CA into the account.") for _, text in told(result, "error")} == {True}


@only_on("3.9")
def test_proxy_is_used_and_one_that_refuses_is_named(forwarder: Forwarder) -> None:
    with Tenant() as tenant, ConnectProxy("ada", "right") as proxy:
        forwarder.add_account(tenant)
        settings = {"proxy_enabled": "1", "proxy_type": "http", "proxy_url": "127.0.0.1",
                    "proxy_port": str(proxy.port), "proxy_username": "ada"}  # fmt: skip
        forwarder.set_proxy(**settings, proxy_password="wrong")
        refused = check(forwarder)
        assert "The proxy refuses its user name or password" in told(refused, "error")[0][1]
        forwarder.set_proxy(**settings, proxy_password="right")
        result = check(forwarder)
        assert result["status"] == "ok"
        assert ("Proxy", f"Requests go through the proxy 127.0.0.1:{proxy.port} with a user name and password. ") in (
            told(result, "ok")
        )
        assert len(set(proxy.tunnels)) == 3


@only_on("3.13")
def test_clock_that_is_wrong_is_told(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        tenant.skew_s = -900.0
        forwarder.add_account(tenant)
        result = check(forwarder)
    assert result["status"] == "warning"
    ((area, text),) = told(result, "warning")
    assert area == "Clock"
    assert "seconds ahead of Microsoft's" in text


EXPIRES = [
    pytest.param("2020-01-31", "error", "expired on 2020-01-31", id="expired"),
    pytest.param("2199-01-31", "ok", "expires on 2199-01-31", id="in time to come"),
]


@in_turn(("day", "status", "words"), EXPIRES)
def test_day_the_secret_expires_is_told(forwarder: Forwarder, day: str, status: str, words: str) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant, secret_expires=day)
        result = check(forwarder)
    assert any(area == "Credential" and words in text for area, text in told(result, status))


@only_on("3.9")
def test_secret_with_the_form_of_an_id_is_pointed_out(forwarder: Forwarder) -> None:
    guid = "0c6a1f5e-6f0b-4e0c-9d3e-8a7b6c5d4e3f"
    with Tenant(client_secret=guid) as tenant:
        forwarder.add_account(tenant)
        result = check(forwarder)
    assert result["status"] == "warning"
    assert "form of a GUID" in told(result, "warning")[0][1]
    assert guid not in str(result)


WRONG = [
    pytest.param("fabrikam", "The account 'fabrikam' does not exist", id="unknown account"),
    pytest.param("", "names no account", id="no account"),
]


@in_turn(("account", "words"), WRONG)
def test_account_that_is_not_there_is_told(forwarder: Forwarder, account: str, words: str) -> None:
    result = check(forwarder, account)
    assert result["status"] == "error"
    assert words in told(result, "error")[0][1]


@only_on("3.9")
def test_caller_who_may_not_read_credentials_learns_nothing(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant)
        forwarder.splunk.processes.access.add_user("ann", None, ["power"])
        assert call(forwarder, "ann", account="contoso").status_code == 403
        assert not tenant.ledger.exchanges


@only_on("3.13")
def test_get_changes_and_asks_nothing(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant)
        assert call(forwarder, method="GET").status_code == 405
        assert not tenant.ledger.exchanges


def test_no_secret_and_no_token_is_in_answers_or_logs(forwarder: Forwarder) -> None:
    with Tenant(faults=[fault("wrong_secret", first=1)]) as tenant:
        forwarder.add_account(tenant)
        settings = {"loglevel": "DEBUG"}
        forwarder.splunk.set_local("m365_mail_threats_settings", "logging", settings, "m365_mail_threats")
        shown = str(check(forwarder)) + str(check(forwarder))
        secrets = (tenant.client_secret, forwarder.splunk.session_key, "eyJ")
    log = Path(forwarder.splunk.home / "var/log/splunk/m365_mail_threats_account_check.log").read_text()
    assert not [secret for secret in secrets if secret in shown or secret in log]
