"""Blobs side by side: as many as the service takes, and none held whole."""

from __future__ import annotations

import time
from typing import Any

import pytest
from inputs.forwarder import ACTIVITY, AUDIT, Forwarder, assert_complete, audit_records
from inputs.pythons import in_turn, only_on

from lab.tenant import FAULTS, Tenant, fault

THROTTLES = [
    pytest.param({"status": 403, "retry_after": 1}, id="AF429 as 403 with Retry-After"),
    pytest.param({"status": 429, "retry_after": 1}, id="AF429 as 429 with Retry-After"),
]


@in_turn(("options",), THROTTLES)
def test_throttled_input_slows_down_and_loses_nothing(forwarder: Forwarder, options: dict[str, Any]) -> None:
    records = audit_records(300, start_age_s=6 * 3600.0, every_s=1.0)
    throttled = fault("throttled", endpoint="blob", first=3, after=20, **options)
    with Tenant(records, blob_events=3, page_size=20, faults=[throttled]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes
        assert not tenant.idle_faults()
    health = forwarder.health[-1]
    assert (health["status"], health["throttles"]) == ("ok", 3)
    assert 1 <= health["concurrency_lowest"] < health["concurrency"] <= 32


class AnswersTogether(FAULTS["slow"]):  # type: ignore[misc,valid-type]
    """Each blob takes a moment; counts how many are asked for at a time."""

    def __init__(self) -> None:
        super().__init__(endpoint="blob", seconds=0.3)
        self.times: list[float] = []

    def rewrite(self, call: Any, reply: Any) -> Any:
        if call.endpoint == "blob":
            self.times.append(time.monotonic())
        return super().rewrite(call, reply)

    def most_together(self) -> int:
        return max(sum(1 for other in self.times if at <= other < at + 0.25) for at in self.times)


SETTINGS = [
    pytest.param({}, 9, 32, id="as usual"),
    pytest.param({"concurrency": "3"}, 2, 3, id="three at most"),
]


@in_turn(("settings", "least", "most"), SETTINGS)
def test_blobs_are_fetched_side_by_side(forwarder, settings: dict[str, str], least: int, most: int) -> None:
    together = AnswersTogether()
    with Tenant(audit_records(100, start_age_s=6 * 3600.0, every_s=1.0), blob_events=2, faults=[together]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", **settings)
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
    assert least <= together.most_together() <= most
    assert forwarder.health[-1]["concurrency"] <= most


def big_blob() -> list[Any]:
    # Half of it is more than what is read before anything is delivered.
    return audit_records(1200, start_age_s=6 * 3600.0, every_s=0.01, padding=2000)


# A reset takes away what was not read yet, so that nothing need have come of the first answer.
BREAKS = [
    pytest.param("truncated_body", 100, id="closed in the middle"),
    pytest.param("connection_reset", 0, id="reset in the middle"),
]


@in_turn(("how", "least_again"), BREAKS)
def test_big_blob_that_breaks_off_is_fetched_again_and_delivered_once(forwarder, how: str, least_again: int) -> None:
    with Tenant(big_blob(), blob_events=1200, faults=[fault(how, endpoint="blob", first=1)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes
    health = forwarder.health[-1]
    assert (health["status"], health["events"]) == ("ok", 1200)
    assert health["duplicates"] >= least_again


@only_on("3.9")
def test_big_blob_that_keeps_breaking_off_is_owed_and_asked_for_in_the_next_run(forwarder: Forwarder) -> None:
    closed = fault("truncated_body", endpoint="blob", first=3)
    with Tenant(big_blob(), blob_events=1200, faults=[closed]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run(ACTIVITY)
        first_run = forwarder.ids(AUDIT)
        assert 100 < len(first_run) < 1200
        health = forwarder.health[-1]
        assert (health["status"], health["caught_up"], health["streams"][0]["content_owed"]) == ("warning", False, 1)
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
    assert forwarder.health[-1]["events"] == 1200 - len(first_run)
