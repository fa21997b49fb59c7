"""Directory audits: one more log of the Entra input, collected with the same guarantees as sign-ins."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from inputs.forwarder import SIGN_INS, Forwarder, age_within_an_hour, iso, sign_in_records
from inputs.pythons import in_turn, only_on

from lab.tenant import Record, Tenant, fault

DIRECTORY_AUDIT = "azure:aad:audit"
KINDS = {"sign_in_kinds": "directory_audits"}


def directory_records(count: int, *, start_age_s: float, every_s: float = 15.0, late_s: float = 0.0) -> list[Record]:
    """Changes in the directory, the oldest `start_age_s` before now; ids are composed texts, times have seven
    fraction digits."""
    first = float(int(time.time() - start_age_s))
    records = []
    for number in range(count):
        at = first + number * every_s + 0.25
        record_id = f"SSGM_0f9a{number:04}_MCDC4_{88453290 + number}"
        payload = {
            "id": record_id,
            "activityDateTime": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".2500001Z",
            "activityDisplayName": "Add user",
            "category": "UserManagement",
            "initiatedBy": {"app": None, "user": {"userPrincipalName": "admin@contoso.com"}},
        }
        records.append(Record.directory_audit(at, record_id, payload, visible_at=at + late_s))
    return records


def assert_complete(forwarder: Forwarder, tenant: Tenant) -> None:
    judgement = tenant.ledger.judge("directory_audit", forwarder.ids(DIRECTORY_AUDIT), at=tenant.now)
    assert judgement.clean, (judgement, forwarder.log())


FAULTS = [
    pytest.param({"name": "empty_page", "first": 1}, {}, id="an empty page with a nextLink"),
    pytest.param({"name": "short_page", "less": 10, "first": 1}, {}, id="a short page in the middle"),
    pytest.param({"name": "null_skip_token", "first": 1}, {}, id="skip token is null"),
    pytest.param({"name": "repeated_next_link", "first": 1}, {}, id="nextLink repeats"),
    pytest.param({"name": "big_window_timeout", "rows": 25, "first": 1}, {}, id="504 for a big window"),
    pytest.param({"name": "graph_throttled", "seconds": 1, "first": 1}, {"throttles": 1}, id="429 with Retry-After"),
    pytest.param({"name": "server_error", "endpoint": "directory_audits", "first": 1}, {"retries": 1}, id="503"),
    pytest.param({"name": "token_rejected", "endpoint": "directory_audits"}, {"tokens": 2}, id="token is revoked"),
    pytest.param({"name": "truncated_body", "endpoint": "directory_audits", "first": 1}, {"retries": 1}, id="cut off"),
]


@in_turn(("spec", "counted"), FAULTS)
def test_run_gets_over(forwarder: Forwarder, spec: dict[str, Any], counted: dict[str, int]) -> None:
    records = directory_records(30, start_age_s=age_within_an_hour(650.0, 30 * 15.0))
    with Tenant(records, graph_page_limit=14, faults=[spec]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, start_time=iso(records[0].time - 60), **KINDS)
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant)
        assert not tenant.ledger.mistakes
        assert not tenant.idle_faults()
    health = forwarder.health[-1]
    assert (health["status"], health["errors"], health["gaps"]) == ("ok", [], [])
    assert all(health[name] >= least for name, least in counted.items()), health


@only_on("3.9")
def test_events_carry_graph_s_text_their_own_time_and_where_they_are_from(forwarder: Forwarder) -> None:
    records = directory_records(3, start_age_s=600.0)
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, **KINDS)
        forwarder.run_cleanly(SIGN_INS)
        source = f"entra_sign_ins:{tenant.tenant_id}:directory_audits"
    events = forwarder.events(DIRECTORY_AUDIT)
    assert [event.time for event in events] == [record.time for record in records]
    assert [event.raw for event in events] == [record.body().decode() for record in records]
    assert {event.source for event in events} == {source}


@only_on("3.13")
def test_record_that_appears_late_is_found_by_the_next_run(forwarder: Forwarder) -> None:
    records = directory_records(4, start_age_s=900.0)
    late = Record.directory_audit(
        records[0].time + 1, "Directory_late_1", {"activityDisplayName": "Add user"}, visible_at=time.time() + 3600
    )
    with Tenant([*records, late]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, **KINDS)
        forwarder.run_cleanly(SIGN_INS)
        assert len(forwarder.ids(DIRECTORY_AUDIT)) == 4
        tenant.skew_s = 3700.0
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant)


@only_on("3.9")
def test_tenant_without_premium_licence_still_has_its_directory_audits(forwarder: Forwarder) -> None:
    records = [*directory_records(3, start_age_s=600.0), *sign_in_records(3, start_age_s=600.0)]
    with Tenant(records, faults=[fault("not_premium", endpoint="sign_ins")]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive,directory_audits")
        assert forwarder.run(SIGN_INS).returncode == 1
        assert_complete(forwarder, tenant)
    assert [error["stream"] for error in forwarder.health[-1]["errors"]] == ["interactive"]


@only_on("3.13")
def test_two_stanzas_of_one_app_registration_share_the_limit_of_the_reports(forwarder: Forwarder) -> None:
    # More than an hour: at least two queries for each log, eight in all where ten seconds allow five.
    records = [*directory_records(5, start_age_s=3700.0), *sign_in_records(5, start_age_s=3700.0),
               *sign_in_records(5, kind="non_interactive", start_age_s=3700.0),
               *sign_in_records(5, kind="service_principal", start_age_s=3700.0)]  # fmt: skip
    stanzas = {
        "entra_sign_ins://one": "interactive,directory_audits",
        "entra_sign_ins://two": "non_interactive,service_principal",
    }
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        for stanza, kinds in stanzas.items():
            forwarder.add_input(stanza, sign_in_kinds=kinds, start_time=iso(records[0].time - 60))
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(forwarder.run, stanzas))
        assert [(run.returncode, run.stderr, run.error) for run in runs] == [(0, "", None)] * 2, forwarder.log()
        assert_complete(forwarder, tenant)
        assert tenant.ledger.judge("sign_in", forwarder.ids("azure:aad:signin"), at=tenant.now).clean
        assert len(tenant.ledger.calls("sign_ins")) + len(tenant.ledger.calls("directory_audits")) >= 8
        assert not tenant.ledger.mistakes
    assert [health["throttles"] for health in forwarder.health] == [0, 0]


@only_on("3.9")
def test_member_leaves_another_one_its_part_of_the_limit(forwarder: Forwarder) -> None:
    """Members of a cluster do not see each other's requests, but each other's claims."""
    records = [*directory_records(5, start_age_s=600.0), *sign_in_records(5, start_age_s=600.0)]
    first, second = "entra_sign_ins://one", "entra_sign_ins://two"
    forwarder.system.roles = ["search_head", "shc_member"]
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(first, sign_in_kinds="directory_audits")
        forwarder.run_cleanly(first)
        assert "action=limit_shared" not in forwarder.log()
        forwarder.system.guid = "SERVER-2"
        forwarder.add_input(second, sign_in_kinds="interactive")
        forwarder.run_cleanly(second)
        assert "action=limit_shared hosts=2" in forwarder.log()
        assert_complete(forwarder, tenant)


# API versions


@only_on("3.9")
def test_other_version_is_asked_where_the_input_says_so(forwarder: Forwarder) -> None:
    records = [*directory_records(3, start_age_s=600.0), *sign_in_records(3, start_age_s=600.0)]
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(
            SIGN_INS,
            sign_in_kinds="interactive,directory_audits",
            api_versions="interactive=beta,directory_audits=beta",
        )
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant)
        asked = [call.url for call in tenant.ledger.calls() if call.endpoint in ("sign_ins", "directory_audits")]
        assert asked
        assert all("/beta/auditLogs/" in url for url in asked)


@only_on("3.13")
def test_version_that_is_refused_names_the_setting_that_helps(forwarder: Forwarder) -> None:
    """Seen in GCC High for months: v1.0 answers 400 where beta answers."""
    with Tenant(sign_in_records(3, start_age_s=600.0), faults=[fault("version_refused")]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive")
        assert forwarder.run(SIGN_INS).returncode == 1
        (error,) = forwarder.health[-1]["errors"]
        assert "interactive=beta" in error["advice"]
        assert error["reaction"] == "parked"
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive", api_versions="interactive=beta")
        forwarder.run_cleanly(SIGN_INS)
        assert json.loads(forwarder.events("azure:aad:signin")[0].raw)["id"]
        assert tenant.ledger.judge("sign_in", forwarder.ids("azure:aad:signin"), at=tenant.now).clean
