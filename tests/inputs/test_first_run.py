"""The first run after an install: it begins where it should, and has nothing to report."""

from __future__ import annotations

import pytest
from inputs.forwarder import (
    ACTIVITY,
    CHOICES,
    DAY,
    SIGN_INS,
    Forwarder,
    assert_complete,
    audit_records,
    sign_in_records,
)
from inputs.pythons import in_turn

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
    pytest.param(SIGN_INS, LONG_AGO, 30 * DAY - 2 * HOUR, id="sign-ins, a start time before everything"),
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
