"""What an admin sees: settings that are checked with words, and errors that say what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from inputs.connect_proxy import ConnectProxy
from inputs.forwarder import ACTIVITY, AUDIT, SIGN_INS, Forwarder, assert_complete, audit_records, sign_in_records
from inputs.pythons import in_turn, only_on

from lab.tenant import Tenant, fault
from lab.tenant.exchange import Call, Reply, json_reply
from lab.tenant.faults.fault import Fault


def streams_of(health: dict[str, Any]) -> dict[str, str]:
    return {error["stream"]: error["reaction"] for error in health["errors"]}


TOKEN_REFUSALS = [
    pytest.param("wrong_secret", "AADSTS7000215", "Paste the secret's value, not its ID", id="wrong secret"),
    pytest.param("expired_secret", "AADSTS7000222", "Create a new one", id="expired secret"),
    pytest.param("unknown_app", "AADSTS700016", "client ID", id="unknown application"),
    pytest.param("disabled_app", "AADSTS7000112", "Enable it", id="disabled application"),
    pytest.param("wrong_tenant", "AADSTS90002", "account's cloud", id="wrong tenant or cloud"),
    pytest.param("tenant_in_other_cloud", "AADSTS90038", "Change the account's cloud", id="tenant of another cloud"),
    pytest.param("missing_resource", "AADSTS500011", "subscriptions", id="service not in the tenant"),
    pytest.param("conditional_access_block", "AADSTS53003", "allowed locations", id="Conditional Access"),
]


@in_turn(("name", "code", "words"), TOKEN_REFUSALS)
def test_refused_token_ends_the_run_with_one_clear_sentence(
    forwarder: Forwarder, name: str, code: str, words: str
) -> None:
    with Tenant(audit_records(3, start_age_s=600.0), faults=[name]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY)
        refused = forwarder.run(ACTIVITY)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert code in refused.stderr
        assert words in refused.stderr
        health = forwarder.health[-1]
        assert (health["status"], health["events"], health["errors"][0]["code"]) == ("error", 0, code)
        assert words in health["errors"][0]["advice"]
        assert [call.endpoint for call in tenant.ledger.calls()] == ["token"]


@only_on("3.13")
def test_right_secret_after_a_wrong_one_collects_everything(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3, start_age_s=600.0)) as tenant:
        forwarder.add_account(tenant, client_secret="pasted-the-secret-id")
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        assert "AADSTS7000215" in forwarder.run(ACTIVITY).stderr
        forwarder.add_account(tenant)
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_missing_consent_names_what_is_missing(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3, start_age_s=600.0), faults=["no_roles"]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        assert forwarder.run(ACTIVITY).returncode == 1
    error = forwarder.health[-1]["errors"][0]
    assert "no application permission at all" in error["advice"]
    assert "ActivityFeed.Read" in error["advice"]
    assert error["reaction"] == "parked"


@only_on("3.13")
def test_audit_log_that_is_off_is_told_as_such(forwarder: Forwarder) -> None:
    with Tenant(faults=["audit_off"]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        assert forwarder.run(ACTIVITY).returncode == 1
    assert "UnifiedAuditLogIngestionEnabled" in forwarder.health[-1]["errors"][0]["advice"]


@only_on("3.9")
def test_one_refused_content_type_does_not_hold_back_the_others(forwarder: Forwarder) -> None:
    records = audit_records(20, start_age_s=7200.0)
    with Tenant(records, faults=["no_dlp_role"]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange,DLP.All")
        assert forwarder.run(ACTIVITY).returncode == 1
        assert_complete(forwarder, tenant, "audit")
    assert streams_of(forwarder.health[-1]) == {"DLP.All": "parked"}


@only_on("3.13")
def test_tenant_without_premium_licence_is_told_so(forwarder: Forwarder) -> None:
    with Tenant(sign_in_records(3, start_age_s=1900.0), faults=["not_premium"]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive")
        assert forwarder.run(SIGN_INS).returncode == 1
    error = forwarder.health[-1]["errors"][0]
    assert "P1 or P2" in error["advice"]
    assert error["reaction"] == "parked"


@only_on("3.9")
def test_licence_refusal_after_a_success_is_taken_for_a_passing_fault(forwarder: Forwarder) -> None:
    with Tenant(sign_in_records(3, start_age_s=1900.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive")
        forwarder.run_cleanly(SIGN_INS)
        tenant.faults.faults.append(fault("not_premium"))
        forwarder.run_cleanly(SIGN_INS)
    health = forwarder.health[-1]
    assert health["status"] == "warning"
    assert streams_of(health) == {"interactive": "retried"}


@only_on("3.13")
def test_no_subscription_is_started_once_and_none_is_stopped(forwarder: Forwarder) -> None:
    with Tenant(audit_records(20, start_age_s=7200.0), subscriptions=()) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange,Audit.General")
        forwarder.run_cleanly(ACTIVITY)
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert len(tenant.ledger.calls("subscriptions_start")) == 2
        assert not tenant.ledger.mistakes


@only_on("3.9")
def test_start_that_microsoft_puts_off_is_waited_for(forwarder: Forwarder) -> None:
    with Tenant(subscriptions=(), faults=["start_too_frequent"]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        forwarder.run_cleanly(ACTIVITY)
        assert len(tenant.ledger.calls("subscriptions_start")) == 1
        assert not tenant.ledger.mistakes
    assert [streams_of(health) for health in forwarder.health] == [{"Audit.Exchange": "retried"}] * 2


@only_on("3.13")
def test_disabled_subscription_is_started_again_at_most_every_15_minutes(forwarder: Forwarder) -> None:
    with Tenant(audit_records(20, start_age_s=7200.0), faults=[fault("subscription_disabled", first=2)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert streams_of(forwarder.health[-1]) == {"Audit.Exchange": "retried"}
        assert len(tenant.ledger.calls("subscriptions_start")) == 1
        tenant.skew_s = 1000.0
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes


class Unlisted(Fault):
    """The list leaves out what is subscribed to; its start is answered with AF20024 then."""

    name = "unlisted_subscriptions"
    acts_on = ("subscriptions_list",)

    def rewrite(self, call: Call, reply: Reply) -> Reply:
        return json_reply(200, []) if self.acts_for(call) else reply


@only_on("3.9")
def test_subscription_that_turns_out_to_be_enabled_already_is_collected(forwarder: Forwarder) -> None:
    with Tenant(audit_records(20, start_age_s=7200.0), faults=[Unlisted()]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert [call.status for call in tenant.ledger.calls("subscriptions_start")] == [400]
        assert forwarder.health[-1]["errors"] == []
        assert_complete(forwarder, tenant, "audit")


# Connections


def test_certificate_that_is_not_trusted_is_refused_with_the_remedy(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant, ca_certificate="")
        forwarder.add_input(ACTIVITY)
        refused = forwarder.run(ACTIVITY)
        assert refused.returncode == 1
        assert "not trusted" in refused.stderr
        assert "paste that CA into the account" in refused.stderr
        assert not tenant.ledger.exchanges


@only_on("3.13")
def test_certificate_pasted_with_spaces_for_line_breaks_is_understood(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3, start_age_s=600.0)) as tenant:
        forwarder.add_account(tenant, ca_certificate=" ".join(tenant.ca_pem.split("\n")))
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


def test_proxy_gets_its_password_and_all_traffic_and_splunkd_none(forwarder: Forwarder) -> None:
    with Tenant(audit_records(20, start_age_s=600.0)) as tenant, ConnectProxy("äda", "p@ss:/wörd") as proxy:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.set_proxy(
            proxy_enabled="1", proxy_type="http", proxy_url="127.0.0.1", proxy_port=str(proxy.port),
            proxy_username="äda", proxy_password="p@ss:/wörd",
        )  # fmt: skip
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        hosts = {url.removeprefix("https://") for url in (tenant.login_url, tenant.management_url)}
        assert set(proxy.tunnels) == hosts
        assert tenant.client_secret.encode() not in proxy.seen


@only_on("3.9")
def test_proxy_that_refuses_the_password_is_named(forwarder: Forwarder) -> None:
    with Tenant() as tenant, ConnectProxy("ada", "right") as proxy:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY)
        forwarder.set_proxy(
            proxy_enabled="1", proxy_type="http", proxy_url="127.0.0.1", proxy_port=str(proxy.port),
            proxy_username="ada", proxy_password="wrong",
        )  # fmt: skip
        refused = forwarder.run(ACTIVITY)
        assert refused.returncode == 1
        assert "The proxy refuses its user name or password" in refused.stderr
        assert not tenant.ledger.exchanges


def test_neither_secret_nor_token_nor_session_key_is_written_anywhere(forwarder: Forwarder) -> None:
    faults = [fault("token_rejected", endpoint="blob"), fault("server_error", endpoint="content", first=1)]
    with Tenant(audit_records(20, start_age_s=600.0), faults=faults) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.splunk.set_local("m365_mail_threats_settings", "logging", {"loglevel": "DEBUG"}, "m365_mail_threats")
        forwarder.run_cleanly(ACTIVITY)
        forwarder.add_account(tenant, client_secret="another-secret-value")
        forwarder.run(ACTIVITY)
    written = [path for path in forwarder.splunk.home.rglob("*") if path.is_file()]
    known = [tenant.client_secret, "another-secret-value", forwarder.splunk.session_key]
    secrets = [*(re.escape(secret) for secret in known), r"eyJ[\w-]+\.eyJ"]
    found = [
        (path.name, secret) for path in written for secret in secrets
        if "/lib/" not in str(path) and "appserver" not in str(path) and re.search(secret.encode(), path.read_bytes())
    ]  # fmt: skip
    assert found == []


# Settings


@only_on("3.13")
def test_account_that_does_not_exist_is_named(forwarder: Forwarder) -> None:
    forwarder.add_input(ACTIVITY, account="fabrikam")
    missing = forwarder.run(ACTIVITY)
    assert missing.returncode == 1
    assert "The account 'fabrikam' does not exist" in missing.stderr


@only_on("3.9")
def test_account_without_its_secret_says_where_to_enter_it(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant)
        forwarder.splunk.processes.passwords.clear()
        forwarder.add_input(ACTIVITY)
        missing = forwarder.run(ACTIVITY)
    assert missing.returncode == 1
    assert "is not in storage/passwords" in missing.stderr
    assert "enter the secret again" in missing.stderr


INVALID = [
    pytest.param(ACTIVITY, {"content_types": "Audit.Exchange,Audit.Teams"}, "Audit.Teams", id="unknown content type"),
    pytest.param(ACTIVITY, {"content_types": ""}, "is empty", id="no content type"),
    pytest.param(SIGN_INS, {"sign_in_kinds": "interactive,guests"}, "guests", id="unknown kind"),
    pytest.param(ACTIVITY, {"start_time": "yesterday"}, "is not a time", id="start time that is no time"),
    pytest.param(SIGN_INS, {"start_time": "2199-01-01T00:00:00Z"}, "in the future", id="start time to come"),
    pytest.param(ACTIVITY, {"start_time": "2026-02-30T00:00:00Z"}, "is not a time", id="day that does not exist"),
    pytest.param(ACTIVITY, {"interval": "5"}, "interval", id="interval too short"),
    pytest.param(ACTIVITY, {"concurrency": "65"}, "concurrency", id="too many requests at a time"),
    pytest.param(ACTIVITY, {"interval": "often"}, "interval", id="interval in words"),
    pytest.param(ACTIVITY, {"account": "fabrikam"}, "does not exist", id="unknown account"),
    pytest.param(ACTIVITY, {"account": ""}, "names no account", id="no account"),
    pytest.param(ACTIVITY, {"drop_operations": "MailItemsAccessed"}, "Remote Mailbox Collection", id="rules go blind"),
    pytest.param(ACTIVITY, {"drop_record_types": "15"}, "record type 15: sign-ins", id="record type of a rule"),
    pytest.param(ACTIVITY, {"drop_users": "*"}, "leaves out everything", id="everything"),
    pytest.param(ACTIVITY, {"drop_record_types": "mail"}, "not a number", id="record type by name"),
    pytest.param(ACTIVITY, {"activity_sourcetype": "two words"}, "cannot be used", id="sourcetype"),
    pytest.param(SIGN_INS, {"audit_sourcetype": "mail_threats:health"}, "cannot be used", id="the app's own"),
    pytest.param(SIGN_INS, {"api_versions": "interactive=v3"}, "interactive=v3", id="API version"),
]


@in_turn(("stanza", "changed", "words"), INVALID)
def test_validation_refuses_with_words(forwarder: Forwarder, stanza: str, changed: dict[str, str], words: str) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant)
        message = forwarder.validate(stanza, **changed)
        assert message is not None
        assert words in message


VALID = [
    pytest.param(ACTIVITY, "", id="activity, no start time"),
    pytest.param(SIGN_INS, "", id="sign-ins, no start time"),
    pytest.param(SIGN_INS, "2026-01-31", id="sign-ins from a day on"),
    pytest.param(ACTIVITY, "2026-01-31", id="activity from a day on"),
    pytest.param(ACTIVITY, "2026-01-31T01:30:00+01:00", id="activity from a time in another zone on"),
    pytest.param(SIGN_INS, "2026-01-31T01:30:00+01:00", id="sign-ins from a time in another zone on"),
]


@in_turn(("stanza", "start"), VALID)
def test_validation_accepts_what_works(forwarder: Forwarder, stanza: str, start: str) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant)
        assert forwarder.validate(stanza, start_time=start) is None
        assert not tenant.ledger.exchanges


@pytest.mark.parametrize("kind", ["o365_management_activity", "entra_sign_ins"])
def test_scheme_is_told_without_any_library(
    forwarder: Forwarder, splunk_python: tuple[str, Path], tmp_path: Path, kind: str
) -> None:
    _, python = splunk_python
    bare = tmp_path / "bare" / "bin"
    shutil.copytree(forwarder.splunk.home / "etc/apps/m365_mail_threats/bin", bare)
    told = subprocess.run(
        [python, "-I", "-S", bare / f"{kind}.py", "--scheme"], capture_output=True, check=True, text=True
    )
    assert told.stdout.startswith("<scheme>")
    assert '<arg name="account">' in told.stdout
    assert "<use_single_instance>false" in told.stdout


def test_unknown_argument_is_a_usage_error(forwarder: Forwarder, splunk_python: tuple[str, Path]) -> None:
    _, python = splunk_python
    script = forwarder.splunk.home / "etc/apps/m365_mail_threats/bin/entra_sign_ins.py"
    told = subprocess.run([python, script, "--colour"], capture_output=True, check=False, text=True)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("usage: entra_sign_ins.py")


def test_other_apps_modules_do_not_replace_ours(forwarder: Forwarder, tmp_path: Path) -> None:
    poison = tmp_path / "poison"
    poison.mkdir()
    # Foreign modules may be imported before the script runs, as a site's own start-up files do; from then on none may.
    started = "import sys\nif hasattr(sys.modules['__main__'], '__file__'):\n"
    foreign = started + "    raise SystemExit(f'the foreign {__name__} was imported')\n"
    for name in ("requests", "urllib3", "idna", "solnlib", "splunklib", "mail_threats", "sqlite3", "xml", "concurrent"):
        (poison / f"{name}.py").write_text(foreign)
    with Tenant(audit_records(3, start_age_s=600.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY, python_path=[poison])
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_log_lines_are_key_value_in_the_input_s_own_file(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3, start_age_s=600.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
    log = forwarder.splunk.home / "var/log/splunk/m365_mail_threats_o365_management_activity.log"
    lines = log.read_text().splitlines()
    assert lines
    assert all(" | action=" in line for line in lines)
    assert f"action=started input={ACTIVITY}" in lines[0]
    assert len(forwarder.events(AUDIT)) == 3
