"""Answers that nobody should trust: tokens stay at home, bytes stay as they are, and damage stays where it is."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from inputs.forwarder import (
    ACTIVITY,
    AUDIT,
    SIGN_IN,
    SIGN_INS,
    Forwarder,
    age_within_an_hour,
    assert_complete,
    audit_records,
    iso,
    sign_in_records,
)
from inputs.pythons import in_turn, only_on

from lab.tenant import Fault, Record, Tenant, fault
from lab.tenant.activity.models import Entry
from lab.tenant.exchange import Call

LURES = [
    pytest.param(ACTIVITY, fault("hostile_next_page").name, {}, id="NextPageUri to another host"),
    pytest.param(ACTIVITY, "hostile_content_uri", {}, id="contentUri to another host"),
    pytest.param(ACTIVITY, "hostile_redirect", {"endpoint": "content"}, id="redirect of a listing"),
    pytest.param(ACTIVITY, "hostile_redirect", {"endpoint": "blob"}, id="redirect of a blob"),
    pytest.param(ACTIVITY, "hostile_redirect", {"endpoint": "token"}, id="redirect of the token request"),
    pytest.param(SIGN_INS, "hostile_next_link", {"how": "host"}, id="nextLink to another host"),
    pytest.param(SIGN_INS, "hostile_next_link", {"how": "http"}, id="nextLink without TLS"),
    pytest.param(SIGN_INS, "hostile_next_link", {"how": "userinfo"}, id="nextLink with our host as a user name"),
    pytest.param(SIGN_INS, "hostile_redirect", {"endpoint": "sign_ins"}, id="redirect of a page"),
]


@in_turn(("stanza", "name", "options"), LURES)
def test_nothing_is_sent_to_a_stranger(forwarder: Forwarder, stanza: str, name: str, options: dict[str, Any]) -> None:
    records = audit_records(20, start_age_s=7200.0) + sign_in_records(
        20, start_age_s=age_within_an_hour(1900.0, 20 * 10.0), every_s=10.0
    )
    with Tenant(records, blob_events=5, page_size=2, graph_page_limit=10, faults=[fault(name, **options)]) as tenant:
        forwarder.add_account(tenant)
        choice = {"content_types": "Audit.Exchange"} if stanza == ACTIVITY else {"sign_in_kinds": "interactive"}
        forwarder.add_input(stanza, **choice)
        assert forwarder.run(stanza).returncode == 1
        assert not tenant.ledger.mistakes
    health = forwarder.health[-1]
    assert health["status"] == "error"
    assert {error["reaction"] for error in health["errors"]} == {"parked"}


@in_turn(
    ("stanza", "name"),
    [
        pytest.param(ACTIVITY, "hostile_next_page", id="activity"),
        pytest.param(SIGN_INS, "hostile_next_link", id="sign-ins"),
    ],
)
def test_what_a_lure_held_back_comes_once_it_is_gone(forwarder: Forwarder, stanza: str, name: str) -> None:
    records = audit_records(20, start_age_s=7200.0) + sign_in_records(
        20, start_age_s=age_within_an_hour(1900.0, 20 * 10.0), every_s=10.0
    )
    with Tenant(records, blob_events=5, page_size=2, graph_page_limit=10, faults=[fault(name, first=1)]) as tenant:
        forwarder.add_account(tenant)
        choice = {"content_types": "Audit.Exchange"} if stanza == ACTIVITY else {"sign_in_kinds": "interactive"}
        forwarder.add_input(stanza, **choice)
        forwarder.run(stanza)
        forwarder.run_cleanly(stanza)
        assert_complete(forwarder, tenant, "audit" if stanza == ACTIVITY else "sign_in")


def odd_record(text: bytes, number: int) -> Record:
    """A record served as the bytes `text`, in which %ID% and %TIME% are filled in."""
    at = float(int(time.time() - 3000))
    record_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"odd {number}"))
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
    body = text.replace(b"%ID%", record_id.encode()).replace(b"%TIME%", stamp.encode())
    return Record.audit("Audit.Exchange", at, record_id, body)


ODD_BYTES = [
    pytest.param(
        b'{ "Id" :"%ID%",\n\n   "CreationTime":\t"%TIME%", "n": 1.50E+2, "z": 0.10 }', id="own spacing and numbers"
    ),
    pytest.param(b'{"Id":"%ID%","CreationTime":"%TIME%","a":1,"a":2,"b":{"c":[{"d":[]}]}}', id="a key twice"),
    pytest.param(
        b'{"Id":"%ID%","CreationTime":"%TIME%","u":"\\u00e9\\/\\ud83d\\ude00","v":"\xc3\xa9\xf0\x9f\x98\x80"}',
        id="escaped and plain letters",
    ),
    pytest.param(b'{"Id":"%ID%","CreationTime":"%TIME%","lone":"\\ud83d"}', id="escaped lone surrogate"),
    pytest.param(b'{"Id":"%ID%","CreationTime":"%TIME%","xml":"<a>&amp;]]>\'</a>"}', id="markup"),
    pytest.param(b'{"Id":"%ID%","CreationTime":"%TIME%","big":"' + b"0123456789abcdef" * 12_800 + b'"}', id="200 KB"),
    pytest.param(b'{"Id":"%ID%","CreationTime":"%TIME%","huge":' + b"9" * 5000 + b"}", id="a number of 5,000 digits"),
]


@in_turn(("text",), ODD_BYTES)
def test_record_is_indexed_with_the_vendor_s_bytes(forwarder: Forwarder, text: bytes) -> None:
    record = odd_record(text, 1)
    with Tenant([*audit_records(2, start_age_s=3100.0), record]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
    assert isinstance(record.payload, bytes)
    events = [event for event in forwarder.events(AUDIT) if record.id in event.raw]
    assert [(event.raw, event.time) for event in events] == [(record.payload.decode(), record.time)]


UNSAFE_BYTES = [
    pytest.param(b"\x01\x1f", "\\u0001\\u001f", id="control characters"),
    pytest.param(b"\xed\xa0\xbd", None, id="lone surrogate in UTF-8"),
    pytest.param(b"\xff\xfe", None, id="bytes that are no UTF-8"),
]


@in_turn(("bad", "shown"), UNSAFE_BYTES)
def test_what_xml_cannot_carry_is_made_safe_and_nothing_else_changes(
    forwarder: Forwarder, bad: bytes, shown: str | None
) -> None:
    record = odd_record(b'{"Id":"%ID%","CreationTime":"%TIME%","bad":"<' + bad + b'>","good":"\xc3\xa9"}', 2)
    with Tenant([record]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
    event = json.loads(forwarder.events(AUDIT)[0].raw)
    assert (event["Id"], event["good"]) == (record.id, "é")
    assert event["bad"][0] == "<"
    assert event["bad"][-1] == ">"
    if shown is not None:
        assert shown in forwarder.events(AUDIT)[0].raw


@only_on("3.9")
def test_blob_that_is_no_json_does_not_hold_back_the_others_and_is_recorded_as_lost(forwarder: Forwarder) -> None:
    good = audit_records(20, start_age_s=7200.0)
    bad = Record.audit("Audit.Exchange", good[-1].time + 900, str(uuid.uuid4()), b'{"Id": <html>')
    with Tenant([*good, bad], blob_events=5) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        for _ in range(3):
            forwarder.run_cleanly(ACTIVITY)
            assert forwarder.health[-1]["status"] == "warning"
            assert forwarder.health[-1]["streams"][0]["content_owed"] == 1
        asked = len(tenant.ledger.calls("blob"))
        forwarder.run_cleanly(ACTIVITY)
        assert len(tenant.ledger.calls("blob")) == asked, "what failed three times is not asked for in every run"
        tenant.skew_s = 27 * 3600.0
        forwarder.run(ACTIVITY)
        assert sorted(forwarder.ids(AUDIT)) == sorted(record.id for record in good)
        assert forwarder.health[-1]["status"] == "error"
        lost = forwarder.health[-1]["gaps"][0]
        assert "malformed" in lost["reason"]
        assert lost["start"] == iso(bad.time)
        forwarder.run_cleanly(ACTIVITY)
        assert (forwarder.health[-1]["status"], forwarder.health[-1]["gaps"]) == ("ok", [])


@only_on("3.13")
def test_content_that_comes_back_within_the_day_is_not_given_up(forwarder: Forwarder) -> None:
    with Tenant(audit_records(20, start_age_s=7200.0), blob_events=5, faults=[fault("blob_missing")]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        for _ in range(4):
            forwarder.run_cleanly(ACTIVITY)
        assert forwarder.ids(AUDIT) == []
        assert forwarder.health[-1]["gaps"] == []
        tenant.faults.faults.clear()
        tenant.skew_s = 3 * 3600.0
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


class NotListed(Fault):
    """A listing leaves out everything it showed before."""

    name = "not_listed"
    acts_on = ("content",)

    def entries(self, call: Call, entries: list[Entry]) -> list[Entry]:
        return [] if self.acts_for(call) else entries


@only_on("3.9")
def test_content_owed_that_a_listing_leaves_out_stays_owed_until_it_is_lost_by_name(forwarder: Forwarder) -> None:
    records = audit_records(5, start_age_s=7200.0)
    with Tenant(records, blob_events=5, faults=[fault("blob_missing"), NotListed(after=1)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", start_time=iso(records[0].time - 60))
        for _ in range(3):
            forwarder.run_cleanly(ACTIVITY)
            assert sum(stream["content_owed"] for stream in forwarder.health[-1]["streams"]) > 0
        tenant.skew_s = 27 * 3600.0
        forwarder.run(ACTIVITY)
        lost = forwarder.health[-1]["gaps"]
        assert lost
        assert all("no longer lists it" in gap["reason"] for gap in lost)
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["gaps"] == []


@only_on("3.13")
def test_expired_blob_is_recorded_as_lost_and_never_asked_for_again(forwarder: Forwarder) -> None:
    with Tenant(audit_records(20, start_age_s=7200.0), blob_events=20, blob_span_s=3600.0,
                faults=[fault("blob_expired", first=1)]) as tenant:  # fmt: skip
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run(ACTIVITY)
        health = forwarder.health[-1]
        assert health["status"] == "error"
        assert "expired" in health["gaps"][0]["reason"]
        assert "Purview" in health["gaps"][0]["reason"]
        fetched = len(tenant.ledger.calls("blob"))
        forwarder.run_cleanly(ACTIVITY)
        assert len(tenant.ledger.calls("blob")) == fetched


@only_on("3.9")
def test_listing_that_repeats_its_page_is_listed_in_shorter_windows(forwarder: Forwarder) -> None:
    records = audit_records(20, start_age_s=20_000.0, every_s=600.0)
    with Tenant(records, blob_events=1, page_size=4, faults=["repeated_next_page"]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes


@only_on("3.13")
def test_late_blob_is_found_behind_what_was_listed(forwarder: Forwarder) -> None:
    late = audit_records(20, start_age_s=1500.0, every_s=20.0)
    with Tenant(late, blob_events=5, faults=[fault("late_blob", every=2, delay_s=1800.0)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert 0 < len(forwarder.ids(AUDIT)) < 20
        tenant.skew_s = 2000.0
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes


@only_on("3.9")
def test_late_sign_ins_are_found_behind_what_was_read(forwarder: Forwarder) -> None:
    on_time = sign_in_records(10, start_age_s=1900.0, seed=1)
    late = sign_in_records(10, start_age_s=1900.0, seed=2, late_s=2500.0)
    with Tenant(on_time + late) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive")
        forwarder.run_cleanly(SIGN_INS)
        assert len(forwarder.ids(SIGN_IN)) == 10
        tenant.skew_s = 3000.0
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")


@only_on("3.13")
def test_rows_that_a_query_left_out_come_with_a_later_one(forwarder: Forwarder) -> None:
    with Tenant(sign_in_records(30, start_age_s=1900.0), faults=[fault("incomplete_result", of=3)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive", start_time=iso(time.time() - 3500.0))
        forwarder.run_cleanly(SIGN_INS)
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")


@in_turn(("ahead_s",), [pytest.param(4000.0, id="behind"), pytest.param(-4000.0, id="ahead")])
def test_clock_of_this_host_that_is_wrong_costs_nothing(forwarder: Forwarder, ahead_s: float) -> None:
    records = audit_records(20, start_age_s=2 * 3600.0)
    with Tenant(records, faults=[fault("clock_skew", seconds=ahead_s)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", start_time="2020-01-01T00:00:00Z")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes
    assert abs(forwarder.health[-1]["clock_skew_s"] - ahead_s) < 60


@only_on("3.9")
def test_seven_fraction_digits_become_the_time_of_the_event(forwarder: Forwarder) -> None:
    records = sign_in_records(3, start_age_s=1900.0)
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive")
        forwarder.run_cleanly(SIGN_INS)
    assert [event.time for event in forwarder.events(SIGN_IN)] == [record.time for record in records]
