"""The ways in which collectors lose or repeat records, one test each: nothing is lost here, and nothing comes twice.

Found in the sources of other collectors; those that have a test elsewhere are listed in docs/testing.md.
"""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from typing import Any
from urllib.parse import unquote

import pytest
from inputs.forwarder import (
    ACTIVITY,
    AUDIT,
    DAY,
    SIGN_INS,
    Forwarder,
    assert_complete,
    audit_records,
    iso,
    sign_in_records,
)
from inputs.pythons import in_turn, only_on

from lab.tenant import Record, Tenant, fault

HOUR = 3600.0
ONE_TYPE = {"content_types": "Audit.Exchange"}
ONE_KIND = {"sign_in_kinds": "interactive"}


def run_to_the_end(forwarder: Forwarder, tenant: Tenant, stanza: str, runs: int = 3) -> None:
    """Runs until nothing is owed; each time an hour later for the service."""
    for _ in range(runs):
        forwarder.run(stanza)
        if forwarder.health[-1]["caught_up"]:
            return
        tenant.skew_s += HOUR
    raise AssertionError(forwarder.health[-1])


@only_on("3.9")
def test_window_whose_listing_fails_is_not_passed_over_by_the_one_after_it(forwarder: Forwarder) -> None:
    old = audit_records(10, start_age_s=40 * HOUR, seed=1)
    new = audit_records(10, start_age_s=2 * HOUR, seed=2)
    with Tenant([*old, *new], faults=[fault("empty_body", endpoint="content", first=1)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        forwarder.run(ACTIVITY)
        assert set(forwarder.ids(AUDIT)) == {record.id for record in new}
        assert not forwarder.health[-1]["caught_up"]
        run_to_the_end(forwarder, tenant, ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


# More often than a run asks, so that it ends with the blob owed.
STUBBORN = [
    *(
        pytest.param({"name": "server_error", "status": status, "retry_after": 0, "first": 8}, id=f"HTTP {status}")
        for status in (403, 404, 408, 429, 500, 502, 503, 504)
    ),
    pytest.param({"name": "throttled", "status": 403, "retry_after": 0, "first": 8}, id="AF429 as 403"),
    pytest.param({"name": "throttled", "status": 429, "retry_after": 0, "first": 8}, id="AF429 as 429"),
    pytest.param({"name": "empty_body", "first": 2}, id="nothing in it"),
    pytest.param({"name": "blob_missing", "first": 2}, id="AF20050, not there yet"),
]


@in_turn(("spec",), STUBBORN)
def test_blob_that_fails_in_a_whole_run_comes_in_a_later_one(forwarder: Forwarder, spec: dict[str, Any]) -> None:
    with Tenant(
        audit_records(12, start_age_s=6 * HOUR), blob_events=4, faults=[{**spec, "endpoint": "blob"}]
    ) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        run_to_the_end(forwarder, tenant, ACTIVITY, runs=4)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.idle_faults()
        assert [gap for health in forwarder.health for gap in health["gaps"]] == []


@only_on("3.13")
def test_blob_that_fails_again_when_it_is_asked_for_again_is_not_given_up(forwarder: Forwarder) -> None:
    with Tenant(audit_records(12, start_age_s=6 * HOUR), blob_events=4,
                faults=[fault("blob_missing", first=5)]) as tenant:  # fmt: skip
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        run_to_the_end(forwarder, tenant, ACTIVITY, runs=5)
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_throttling_that_outlasts_a_run_is_not_taken_for_an_empty_answer(forwarder: Forwarder) -> None:
    busy = fault("graph_throttled", retry_after="seconds", seconds=900, first=1)
    with Tenant(sign_in_records(20, start_age_s=1900.0), faults=[busy]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, **ONE_KIND)
        forwarder.run_cleanly(SIGN_INS)
        assert forwarder.health[-1]["status"] == "warning"
        assert not forwarder.health[-1]["caught_up"]
        tenant.skew_s = 1000.0
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")
        assert not tenant.ledger.mistakes


@in_turn(("name",), [pytest.param("late_blob", id="blob"), pytest.param("late_record", id="sign-in")])
def test_what_is_late_by_hours_is_found_behind_what_was_read(forwarder: Forwarder, name: str) -> None:
    stanza, choice = (ACTIVITY, ONE_TYPE) if name == "late_blob" else (SIGN_INS, ONE_KIND)
    records = audit_records(20, start_age_s=2400.0) if name == "late_blob" else sign_in_records(20, start_age_s=2400.0)
    with Tenant(records, blob_events=2, faults=[fault(name, every=2, delay_s=5 * HOUR)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(stanza, **choice)
        forwarder.run_cleanly(stanza)
        tenant.skew_s = 6 * HOUR
        forwarder.run_cleanly(stanza)
        assert_complete(forwarder, tenant, "audit" if name == "late_blob" else "sign_in")


@only_on("3.13")
def test_events_that_come_again_days_later_in_another_blob_are_indexed_once(forwarder: Forwarder) -> None:
    again = fault("events_in_new_blob", delay_s=5 * DAY)
    with Tenant(audit_records(20, start_age_s=2 * HOUR), blob_events=5, faults=[again]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        forwarder.run_cleanly(ACTIVITY)
        tenant.skew_s = 5 * DAY + HOUR
        forwarder.run(ACTIVITY)
        assert forwarder.health[-1]["duplicates"] == 20
        assert_complete(forwarder, tenant, "audit")


def stamped(stamps: list[str]) -> list[Record]:
    """Sign-ins of one minute, half an hour ago, with these seconds as the vendor writes them."""
    minute = int(time.time() - 1800.0) // 60 * 60
    records = []
    for number, seconds in enumerate(stamps):
        record_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"stamped {number}"))
        shown = time.strftime("%Y-%m-%dT%H:%M:", time.gmtime(minute)) + seconds + "Z"
        payload = {"id": record_id, "createdDateTime": shown, "userPrincipalName": "user@contoso.com"}
        records.append(Record.sign_in("interactive", minute + float(seconds), record_id, payload))
    return records


STAMPS = [
    pytest.param(["09", "09.5", "09.9999999", "10", "10.0000001", "10.9", "11"] * 3, id="mixed precision"),
    pytest.param(["07.1234567"] * 21, id="the same instant in all"),
    pytest.param(["59.9999999"] * 10 + ["59"] * 11, id="the end of a minute"),
]


@in_turn(("stamps",), STAMPS)
def test_page_cut_between_close_times_neither_drops_nor_repeats_a_sign_in(
    forwarder: Forwarder, stamps: list[str]
) -> None:
    records = stamped(stamps)
    # The chain breaks after its first page, so that the query is begun again where it had come to.
    with Tenant(records, graph_page_limit=8, faults=[fault("null_skip_token", first=1)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, **ONE_KIND)
        run_to_the_end(forwarder, tenant, SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")


@only_on("3.9")
def test_rows_that_come_newest_first_are_not_taken_for_all_that_are_older(forwarder: Forwarder) -> None:
    faults = [fault("newest_first"), fault("null_skip_token", first=1)]
    with Tenant(sign_in_records(40, start_age_s=1900.0), graph_page_limit=15, faults=faults) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, **ONE_KIND)
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")
        assert not tenant.idle_faults()


@in_turn(("stanza",), [pytest.param(ACTIVITY, id="activity"), pytest.param(SIGN_INS, id="sign-ins")])
def test_time_in_which_nothing_happened_is_passed(forwarder: Forwarder, stanza: str) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(stanza, **(ONE_TYPE if stanza == ACTIVITY else ONE_KIND))
        forwarder.run_cleanly(stanza)
        first = forwarder.health[-1]
        tenant.skew_s = 2 * HOUR
        forwarder.run_cleanly(stanza)
        assert first["caught_up"]
        assert first["lag_s"] <= 200
        assert forwarder.health[-1]["streams"][0]["covered_until"] > first["streams"][0]["covered_until"]


@only_on("3.9")
def test_default_start_is_utc_whatever_the_host_s_zone(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE, start_time="")
        start = forwarder.splunk.processes.inputs.start_of(ACTIVITY)
        environment = {**start.environment, "TZ": "Asia/Tokyo"}
        subprocess.run(start.command, input=start.definition, env=environment, capture_output=True, check=True)
        asked = tenant.ledger.calls("content")[0].url
        began = time.time() - 7 * DAY
        assert any(f"startTime={iso(began + hours * HOUR)[:13]}" in unquote(asked) for hours in (0, 1, 2)), asked


@only_on("3.13")
def test_blob_of_megabytes_is_not_skipped(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3000, start_age_s=6 * HOUR, every_s=0.01, padding=4000), blob_events=5000) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["bytes"] > 12_000_000
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_second_blob_of_a_second_that_shows_later_is_not_skipped(forwarder: Forwarder) -> None:
    at = float(int(time.time() - 2 * HOUR))
    records = [
        Record.audit("Audit.Exchange", at + part, str(uuid.uuid4()), {"CreationTime": iso(at)[:-1], "Operation": "x"})
        for part in (0.1, 0.2, 0.3, 0.4)
    ]
    with Tenant(records, blob_events=1, faults=[fault("late_blob", every=2, delay_s=3 * HOUR)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        forwarder.run_cleanly(ACTIVITY)
        assert len(forwarder.ids(AUDIT)) == 2
        tenant.skew_s = 2 * HOUR
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


@only_on("3.13")
def test_one_blob_that_fails_does_not_repeat_its_window(forwarder: Forwarder) -> None:
    with Tenant(
        audit_records(30, start_age_s=6 * HOUR), blob_events=1, faults=[fault("blob_missing", first=1)]
    ) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        forwarder.run_cleanly(ACTIVITY)
        assert len(forwarder.ids(AUDIT)) == 29
        forwarder.run_cleanly(ACTIVITY)
        assert len(tenant.ledger.calls("blob")) == 31
        assert not tenant.ledger.mistakes
        assert_complete(forwarder, tenant, "audit")


# Oddities of the service that have no test elsewhere


ODDITIES = [
    pytest.param({"name": "partial_blob"}, id="a window that starts at a blob lists a part of it"),
    pytest.param({"name": "invalid_next_page", "first": 1}, id="AF20031, the next page can no longer be continued"),
    pytest.param({"name": "window_refused", "first": 1}, id="AF20030 for a window that is within the limits"),
    pytest.param({"name": "window_refused", "code": "AF20055", "first": 1}, id="AF20055 for such a window"),
    pytest.param({"name": "short_token_life", "seconds": 20}, id="tokens that live 20 seconds"),
    pytest.param({"name": "slow", "endpoint": "token", "seconds": 1.5, "first": 1}, id="slow login"),
]


@in_turn(("spec",), ODDITIES)
def test_oddity_costs_nothing_by_the_next_runs(forwarder: Forwarder, spec: dict[str, Any]) -> None:
    with Tenant(audit_records(24, start_age_s=6 * HOUR), blob_events=2, page_size=4, faults=[spec]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        run_to_the_end(forwarder, tenant, ACTIVITY, runs=4)
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_lone_surrogate_in_a_blob_spoils_nothing(forwarder: Forwarder) -> None:
    with Tenant(audit_records(10, start_age_s=6 * HOUR), blob_events=5, faults=["lone_surrogate"]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        odd = [json.loads(event.raw)["ObjectId"] for event in forwarder.events(AUDIT) if "ObjectId" in event.raw]
        assert odd
        assert set(odd) == {"\ud83d"}


@only_on("3.13")
def test_throttling_without_a_named_wait_is_waited_out(forwarder: Forwarder) -> None:
    """The limit is counted per PublisherIdentifier: all calls of the input share one.

    It is counted in less than the input's first wait without a named one (8 to 12 s), so that chance does not say how
    often the input waits.
    """
    tight = fault("publisher_limit", requests=12, per_s=7.5, status=429)
    with Tenant(audit_records(8, start_age_s=6 * HOUR), blob_events=1, faults=[tight]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE, start_time=iso(time.time() - 7 * HOUR))
        run_to_the_end(forwarder, tenant, ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert forwarder.health[0]["throttles"] > 0
        assert not tenant.ledger.mistakes


@only_on("3.9")
def test_login_host_of_another_cloud_is_told_as_such(forwarder: Forwarder) -> None:
    with Tenant(faults=["wrong_cloud"]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, **ONE_TYPE)
        assert "account's cloud" in forwarder.run(ACTIVITY).stderr
