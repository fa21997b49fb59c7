"""The first days of data: what reads the same mailboxes every day is told once, and its change is told at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab.rules import APP
from lab.scenarios.runner import Stand, read_findings

MIDNIGHT = 1772496000.0  # 2026-03-03T00:00:00Z
RULE = "Mail Threats - Remote Mailbox Collection - Rule"
LEARNER = "Mail Threats - Mailbox Clients - Lookup Gen"
ARCHIVE = "5a0b1c2d-1111-4222-8333-444455556666"
HOUR = 3600.0


def read(stand: Stand, at: float, mailboxes: range, src: str = "198.51.100.7", items: int = 20) -> None:
    """One application reads each mailbox once, ten seconds apart, from `at` (epoch) on."""
    for place, number in enumerate(mailboxes):
        time = at + 10 * place
        owner = f"person{number}@contoso.com"
        record = {
            "Id": f"{at}-{number}-{src}",
            "Operation": "MailItemsAccessed",
            "UserId": owner,
            "MailboxOwnerUPN": owner,
            "ClientAppId": ARCHIVE,
            "ClientIPAddress": src,
            "ClientInfoString": "Client=REST;Client=RESTSystem;;",
            "OperationCount": items,
        }
        stand.index.add(
            json.dumps(record),
            time=time,
            indextime=time + 600,
            sourcetype="o365:management:activity",
            index="main",
            whole=True,
        )


def after(stand: Stand, until: float) -> list[dict[str, Any]]:
    """The findings at `until`, when the rule and what it learns from ran from the first midnight on."""
    for name in (RULE, LEARNER):
        stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
    # Hourly instead of every quarter of an hour: what is compared is days.
    list(
        stand.scheduler.run(
            MIDNIGHT, until, rules=[RULE, LEARNER], skip=lambda rule, time: rule == RULE and (time // 900) % 4
        )
    )
    return read_findings(stand, until)


def archive(stand: Stand) -> None:
    """Forty mailboxes in the first night, two more each night after."""
    for night in range(3):
        read(stand, MIDNIGHT + night * 24 * HOUR + HOUR, range(40 + 2 * night))


def test_archive_from_the_first_day_is_told_once_and_is_not_high(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    archive(stand)
    (finding,) = after(stand, MIDNIGHT + 56 * HOUR)
    assert (finding["severity"], finding["score"], finding["fields"]["revision"]) == ("medium", 55, 1)
    assert "without a history yet" in finding["fields"]["score_reasons"][0]
    assert finding["time"] < MIDNIGHT + 2 * HOUR


@pytest.mark.parametrize(
    ("mailboxes", "hour", "src", "reason"),
    [
        pytest.param(range(90, 91), 49, "198.51.100.7", "outside", id="outside_its_mailboxes"),
        pytest.param(range(40), 61, "198.51.100.7", "at an hour", id="at_another_hour"),
        pytest.param(range(40), 49, "203.0.113.9", "network", id="from_another_network"),
    ],
)
def test_archive_that_changes_is_told_in_its_third_night(
    stand_in: Callable[[], Stand], mailboxes: range, hour: int, src: str, reason: str
) -> None:
    stand = stand_in()
    archive(stand)
    # Somebody has read this mailbox for days, so its owner is nobody who joined.
    stand.kv("mail_threats_mailbox_clients").insert(
        {"_key": "m", "client_key": "mailbox|person90@contoso.com", "history": "20500:000000009"}
    )
    read(stand, MIDNIGHT + hour * HOUR + 1200, mailboxes, src)
    found = after(stand, MIDNIGHT + 66 * HOUR)
    changed = [each for each in found if each["time"] > MIDNIGHT + 48 * HOUR]
    assert [each["severity"] for each in changed] == ["medium"]
    assert reason in str(changed[0]["fields"]["score_reasons"])


def test_connector_that_works_day_and_night_is_told_on_its_first_day_only(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for turn in range(18):
        read(stand, MIDNIGHT + (3 * turn + 1) * HOUR, range(6), items=5)
    (finding,) = after(stand, MIDNIGHT + 54 * HOUR)
    assert finding["severity"] == "medium"
    assert finding["time"] < MIDNIGHT + 25 * HOUR
