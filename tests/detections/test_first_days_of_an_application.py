"""The first days of data: what reads the same mailboxes every day may have been there before the log. It is told once,
low, to be confirmed; its change is told at once, and so is whatever comes later.
"""

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
OWA = "00000002-0000-0ff1-ce00-000000000000"
HOUR = 3600.0


def read(
    stand: Stand, at: float, mailboxes: range, src: str = "198.51.100.7", items: int = 20, app: str = ARCHIVE
) -> None:
    """One application reads each mailbox once, ten seconds apart, from `at` (epoch) on."""
    for place, number in enumerate(mailboxes):
        time = at + 10 * place
        owner = f"person{number}@contoso.com"
        record = {
            "Id": f"{at}-{number}-{src}",
            "Operation": "MailItemsAccessed",
            "UserId": owner,
            "MailboxOwnerUPN": owner,
            "ClientAppId": app,
            "ClientIPAddress": src,
            "ClientInfoString": "Client=OWA;" if app == OWA else "Client=REST;Client=RESTSystem;;",
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


def people(stand: Stand, days: int = 3) -> None:
    """Five people read their mail at eight in the morning."""
    for day in range(days):
        read(stand, MIDNIGHT + (24 * day + 8) * HOUR, range(5), "192.0.2.10", items=3, app=OWA)


def after(stand: Stand, until: float, hours: int = 1) -> list[dict[str, Any]]:
    """The findings at `until`, when the rule and what it learns from ran from the first midnight on."""
    for name in (RULE, LEARNER):
        stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
    # Every so many hours instead of every quarter of an hour: what is compared is days.
    stand.scheduler.run(MIDNIGHT, until, rules=[RULE, LEARNER], step=hours * HOUR)
    return read_findings(stand, until)


def archive(stand: Stand, first: int = 0) -> None:
    """Forty mailboxes in the first night, two more each night after."""
    for night in range(3):
        read(stand, MIDNIGHT + (first + night) * 24 * HOUR + HOUR, range(40 + 2 * night))


def test_archive_from_the_first_day_is_told_once_and_low(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    people(stand)
    archive(stand)
    (finding,) = after(stand, MIDNIGHT + 56 * HOUR)
    assert (finding["severity"], finding["score"], finding["fields"]["revision"]) == ("low", 25, 1)
    assert "whether it is new cannot be told" in str(finding["fields"]["score_reasons"])
    assert (finding["fields"]["app_novelty"], str(finding["fields"]["mailbox_count"])) == ("unknown", "40")


def test_archive_of_the_third_day_is_new(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    people(stand, days=5)
    archive(stand, first=2)
    (finding,) = after(stand, MIDNIGHT + 80 * HOUR)
    assert (finding["severity"], finding["score"], finding["fields"]["app_novelty"]) == ("medium", 55, "new")
    assert "a new application, without a history yet" in str(finding["fields"]["score_reasons"])


def test_archive_in_a_log_without_people_is_judged_as_new(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    archive(stand)
    (finding,) = after(stand, MIDNIGHT + 56 * HOUR)
    assert (finding["severity"], finding["score"], finding["fields"]["revision"]) == ("medium", 55, 1)


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
    people(stand)
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
    people(stand)
    for turn in range(18):
        read(stand, MIDNIGHT + (3 * turn + 1) * HOUR, range(6), items=5)
    (finding,) = after(stand, MIDNIGHT + 54 * HOUR)
    assert (finding["severity"], finding["fields"]["app_novelty"]) == ("low", "unknown")
    assert finding["time"] < MIDNIGHT + 25 * HOUR


@pytest.mark.parametrize(
    "outside", [pytest.param(range(900, 901), id="one"), pytest.param(range(900, 903), id="three")]
)
def test_archive_of_five_hundred_mailboxes_is_told_once_and_its_first_one_outside_at_once(
    stand_in: Callable[[], Stand], outside: range
) -> None:
    stand = stand_in()
    people(stand)
    for night in range(3):
        read(stand, MIDNIGHT + night * 24 * HOUR + HOUR, range(500))
    # Somebody has read these mailboxes for days, so their owners are nobody who joined.
    for number in outside:
        stand.kv("mail_threats_mailbox_clients").insert(
            {"_key": f"m{number}", "client_key": f"mailbox|person{number}@contoso.com", "history": "20500:000000009"}
        )
    read(stand, MIDNIGHT + 50 * HOUR, outside)
    found = after(stand, MIDNIGHT + 60 * HOUR, hours=2)
    first_night, later = (
        [each for each in found if (each["time"] > MIDNIGHT + 24 * HOUR) is late] for late in (False, True)
    )
    assert [(each["severity"], each["fields"]["revision"]) for each in first_night] == [("low", 1)]
    assert [each["severity"] for each in later] == ["medium"]
    assert int(later[0]["fields"]["outside_set"]) == len(outside)
