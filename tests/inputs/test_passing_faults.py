"""Faults that pass: one run gets over them, delivers everything once, and needs nobody."""

from __future__ import annotations

from typing import Any

import pytest
from inputs.forwarder import (
    ACTIVITY,
    AUDIT,
    DAY,
    SIGN_INS,
    Forwarder,
    age_within_an_hour,
    assert_complete,
    audit_records,
    iso,
    sign_in_records,
)
from inputs.pythons import in_turn, only_on

from lab.tenant import Tenant, fault

ACTIVITY_FAULTS = [
    pytest.param(
        {"name": "throttled", "endpoint": "content", "status": 429, "retry_after": 1, "first": 1},
        {"throttles": 1},
        id="listing answers 429 with Retry-After",
    ),
    pytest.param(
        {"name": "server_error", "endpoint": "blob", "status": 503, "retry_after": 1, "first": 1},
        {"retries": 1},
        id="blob answers 503 with Retry-After",
    ),
    pytest.param(
        {"name": "token_rejected", "endpoint": "blob", "after": 3}, {"tokens": 2}, id="token is revoked mid-run"
    ),
    pytest.param({"name": "duplicate_listing"}, {}, id="a blob is listed twice"),
    pytest.param({"name": "duplicates_in_blob"}, {"duplicates": 24}, id="each event is twice in its blob"),
    pytest.param(
        {"name": "events_in_new_blob", "delay_s": 3600.0}, {"duplicates": 24}, id="events come again in a new blob"
    ),
]

ACTIVITY_ODDITIES = [
    pytest.param(
        {"name": "throttled", "endpoint": "blob", "status": 403, "retry_after": 1, "first": 2},
        {"throttles": 2},
        id="blob answers AF429 as 403",
    ),
    pytest.param(
        {"name": "connection_reset", "endpoint": "blob", "first": 1}, {"retries": 1}, id="reset inside a body"
    ),
    pytest.param({"name": "truncated_body", "endpoint": "blob", "first": 1}, {"retries": 1}, id="body ends early"),
    pytest.param(
        {"name": "server_error", "endpoint": "content", "status": 503, "first": 1},
        {"retries": 1},
        id="listing answers 503 without Retry-After",
    ),
    pytest.param(
        {"name": "server_error", "endpoint": "subscriptions_list", "status": 502, "first": 1},
        {"retries": 1},
        id="list of subscriptions answers 502",
    ),
    pytest.param({"name": "internal_error", "endpoint": "blob", "first": 1}, {"retries": 1}, id="AF50000"),
    pytest.param(
        {"name": "error_inside_ok", "endpoint": "blob", "first": 1}, {"retries": 1}, id="error with status 200"
    ),
    pytest.param(
        {"name": "truncated_body", "endpoint": "content", "first": 1}, {"retries": 1}, id="listing ends early"
    ),
    pytest.param({"name": "token_throttled", "retry_after_s": 1, "first": 1}, {"throttles": 1}, id="login throttles"),
    pytest.param({"name": "transient_token_error", "first": 1}, {"retries": 1}, id="login answers 503"),
    pytest.param({"name": "list_without_status"}, {}, id="list of subscriptions without status"),
    pytest.param({"name": "list_in_other_case"}, {}, id="list of subscriptions in other case"),
    pytest.param({"name": "byte_order_mark"}, {}, id="byte order mark"),
    pytest.param({"name": "wrong_content_type"}, {}, id="wrong content type"),
    pytest.param({"name": "full_day_refused"}, {}, id="a window of exactly a day is refused"),
    pytest.param({"name": "wide_window_partial"}, {}, id="a window over a day is answered in part"),
    pytest.param({"name": "out_of_order"}, {}, id="events out of order"),
]


@pytest.mark.parametrize(("spec", "counted"), ACTIVITY_FAULTS)
def test_activity_run_gets_over(forwarder: Forwarder, spec: dict[str, Any], counted: dict[str, int]) -> None:
    activity_run_gets_over(forwarder, spec, counted)


@in_turn(("spec", "counted"), ACTIVITY_ODDITIES)
def test_activity_run_takes(forwarder: Forwarder, spec: dict[str, Any], counted: dict[str, int]) -> None:
    activity_run_gets_over(forwarder, spec, counted)


# These answer windows that an input should not ask for.
NEVER_PROVOKED = {"full_day_refused", "wide_window_partial"}


def activity_run_gets_over(forwarder: Forwarder, spec: dict[str, Any], counted: dict[str, int]) -> None:
    records = audit_records(24, start_age_s=6 * 3600.0)
    with Tenant(records, blob_events=10, page_size=3, faults=[spec]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes
        assert not tenant.ledger.pages_never_asked()
        assert set(tenant.idle_faults()) <= NEVER_PROVOKED
    assert_waited_as_told(forwarder, spec)
    health = forwarder.health[-1]
    assert (health["status"], health["events"], health["errors"], health["gaps"]) == ("ok", 24, [], [])
    assert all(health[name] >= least for name, least in counted.items()), health


def assert_waited_as_told(forwarder: Forwarder, spec: dict[str, Any]) -> None:
    """A Retry-After in seconds is the wait, neither less nor what the input would choose by itself."""
    told = spec.get("seconds") if spec.get("retry_after") == "seconds" else spec.get("retry_after")
    if isinstance(told, int):
        assert f" wait_s={told:.1f} " in forwarder.log()


SIGN_IN_FAULTS = [
    pytest.param(
        {"name": "graph_throttled", "retry_after": "seconds", "seconds": 1, "first": 1},
        {"throttles": 1},
        id="429 with Retry-After in seconds",
    ),
    pytest.param({"name": "server_error", "endpoint": "sign_ins", "status": 503, "first": 1}, {"retries": 1}, id="503"),
    pytest.param({"name": "token_rejected", "endpoint": "sign_ins"}, {"tokens": 2}, id="token is revoked mid-run"),
]

SIGN_IN_ODDITIES = [
    pytest.param({"name": "empty_page", "first": 1}, {}, id="an empty page with a nextLink"),
    pytest.param(
        {"name": "graph_throttled", "retry_after": "date", "seconds": 2, "first": 1},
        {"throttles": 1},
        id="429 with Retry-After as a date",
    ),
    pytest.param({"name": "truncated_body", "endpoint": "sign_ins", "first": 1}, {"retries": 1}, id="page ends early"),
    pytest.param({"name": "short_page", "less": 10, "first": 1}, {}, id="a short page in the middle"),
    pytest.param({"name": "null_skip_token", "first": 1}, {}, id="skip token is null"),
    pytest.param({"name": "repeated_next_link", "first": 1}, {}, id="nextLink repeats"),
    pytest.param({"name": "big_window_timeout", "rows": 25, "first": 1}, {}, id="504 for a big window"),
]


@pytest.mark.parametrize(("spec", "counted"), SIGN_IN_FAULTS)
def test_sign_in_run_gets_over(forwarder: Forwarder, spec: dict[str, Any], counted: dict[str, int]) -> None:
    sign_in_run_gets_over(forwarder, spec, counted)


@in_turn(("spec", "counted"), SIGN_IN_ODDITIES)
def test_sign_in_run_takes(forwarder: Forwarder, spec: dict[str, Any], counted: dict[str, int]) -> None:
    sign_in_run_gets_over(forwarder, spec, counted)


def sign_in_run_gets_over(forwarder: Forwarder, spec: dict[str, Any], counted: dict[str, int]) -> None:
    records = sign_in_records(30, start_age_s=age_within_an_hour(650.0, 30 * 15.0), every_s=15.0)
    with Tenant(records, graph_page_limit=14, faults=[spec]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive", start_time=iso(records[0].time - 60))
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")
        assert not tenant.ledger.mistakes
        assert not tenant.idle_faults()
    assert_waited_as_told(forwarder, spec)
    health = forwarder.health[-1]
    assert (health["status"], health["errors"], health["gaps"]) == ("ok", [], [])
    assert all(health[name] >= least for name, least in counted.items()), health


def test_token_is_renewed_before_it_expires(forwarder: Forwarder) -> None:
    records = audit_records(32, start_age_s=6 * 3600.0)
    # Eight at a time: the last eight are asked for when two thirds of a token's life are over.
    slow = fault("slow", endpoint="blob", seconds=0.75)
    with Tenant(records, blob_events=1, token_lifetime_s=3, faults=[slow]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes
        assert tenant.ledger.tokens_issued["management"] > 1


@only_on("3.13")
def test_four_kinds_share_the_limit_of_the_reports(forwarder: Forwarder) -> None:
    kinds = ("interactive", "non_interactive", "service_principal", "managed_identity")
    # More than an hour: at least two queries for each kind, eight where ten seconds allow five.
    records = [record for kind in kinds for record in sign_in_records(5, kind=kind, start_age_s=3700.0)]
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds=",".join(kinds), start_time=iso(records[0].time - 60))
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")
        assert len(tenant.ledger.calls("sign_ins")) >= 8
        assert not tenant.ledger.mistakes
    assert forwarder.health[-1]["throttles"] == 0


@only_on("3.9")
def test_events_are_indexed_where_and_as_the_stanza_says(forwarder: Forwarder) -> None:
    records = audit_records(3, start_age_s=7200.0)
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.splunk.index.create("m365")
        forwarder.add_input(
            ACTIVITY, content_types="Audit.Exchange", index="m365", start_time=iso(records[0].time - DAY)
        )
        forwarder.run_cleanly(ACTIVITY)
    events = forwarder.events(AUDIT)
    assert {(event.index, event.source) for event in events} == {
        ("m365", f"o365_management_activity:{tenant.tenant_id}:Audit.Exchange")
    }
    assert [event.time for event in events] == [record.time for record in records]
    assert [event.index for event in forwarder.events("mail_threats:health")] == ["m365"]
