"""The first run after an install: it begins where it should, and has nothing to report."""

from __future__ import annotations

import pytest
from inputs.forwarder import (
    ACTIVITY,
    CHOICES,
    DAY,
    SIGN_IN,
    SIGN_INS,
    Forwarder,
    assert_complete,
    audit_records,
    sign_in_records,
)
from inputs.pythons import in_turn, only_on

from lab.splunk.inputs.host import Interruption
from lab.tenant import Record, Tenant

HOUR = 3600.0
LONG_AGO = "2020-01-01T00:00:00Z"


def old_and_new(stanza: str, oldest_age_s: float) -> list[Record]:
    """In each stream, one record about as old as the first run reaches, and one of today."""
    ages = (oldest_age_s, 0.5 * HOUR)
    if stanza == SIGN_INS:
        return [record for age in ages for record in sign_in_records(1, start_age_s=age, seed=int(age))]
    types = CHOICES["o365_management_activity"]["content_types"].split(",")
    of = [(name, age) for name in types for age in ages]
    return [r for name, age in of for r in audit_records(1, content_type=name, start_age_s=age, seed=int(age))]


# The oldest record lies two hours inside what the service keeps, or a minute inside the default.
STARTS = [
    pytest.param(ACTIVITY, "", 7 * DAY - 2 * HOUR, id="activity, no start time"),
    pytest.param(ACTIVITY, LONG_AGO, 7 * DAY - 2 * HOUR, id="activity, a start time before everything"),
    pytest.param(SIGN_INS, "", 7 * DAY - 60.0, id="sign-ins, no start time"),
]


@in_turn(("stanza", "start_time", "oldest_age_s"), STARTS)
def test_first_run_reaches_as_far_back_as_it_says_and_reports_no_loss(
    forwarder: Forwarder, stanza: str, start_time: str, oldest_age_s: float
) -> None:
    with Tenant(old_and_new(stanza, oldest_age_s)) as tenant:
        forwarder.add_account(tenant)
        choice = {} if stanza == ACTIVITY else {"sign_in_kinds": "interactive"}
        forwarder.add_input(stanza, start_time=start_time, **choice)
        forwarder.run_cleanly(stanza)
        assert_complete(forwarder, tenant, "audit" if stanza == ACTIVITY else "sign_in")
        assert not tenant.ledger.mistakes
    health = forwarder.health[-1]
    assert (health["status"], health["gaps"], health["errors"]) == ("ok", [], [])
    assert {stream["gaps_known"] for stream in health["streams"]} == {0}


@only_on("3.13")
def test_first_run_that_begins_as_early_as_graph_answers_reports_no_loss(forwarder: Forwarder) -> None:
    """It is stopped when the oldest sign-in is there: the rest takes longer than Graph's limit lets a test wait."""
    records = sign_in_records(1, start_age_s=30 * DAY - 2 * HOUR)
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive", start_time=LONG_AGO)
        stopped = forwarder.run(SIGN_INS, interruption=Interruption(after_events=1, how="terminate"))
        assert (stopped.returncode, stopped.error, stopped.stderr) == (0, None, "")
        assert not tenant.ledger.mistakes
    assert forwarder.ids(SIGN_IN) == [records[0].id]
    health = forwarder.health[-1]
    assert (health["status"], health["gaps"], health["errors"]) == ("stopped", [], [])
