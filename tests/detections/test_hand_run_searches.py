"""The searches an analyst opens by hand about enumeration: what they answer, and that memory can be filled twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab.rules import APP
from lab.scenarios.runner import Stand
from lab.splunk.spl.values import as_list

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
GUESSER, OTHER = "203.0.113.9", "203.0.113.200"


def attempt(number: int, user: str, code: int, src: str = GUESSER, at: float = TEN, **more: Any) -> dict[str, Any]:
    return {
        "id": f"record-{number}",
        "createdDateTime": "2026-03-03T10:00:00Z",
        "userPrincipalName": user,
        "ipAddress": src,
        "appId": "x",
        "appDisplayName": "Portal",
        "status": {"errorCode": code},
        "isInteractive": True,
        "at": at,
        **more,
    }


EVENTS = [
    attempt(1, "ann.berg@contoso.com", 50126),
    attempt(2, "olaf.stein@contoso.com", 50034),
    attempt(3, "rita.wolf@contoso.com", 50076),
    attempt(4, "ann.berg@contoso.com", 0, src=OTHER),
    attempt(5, "lars.holm@contoso.com", 50034, src=OTHER),
]


def with_events(stand: Stand, events: list[dict[str, Any]]) -> None:
    for event in events:
        record = {name: value for name, value in event.items() if name != "at"}
        stand.index.add(
            json.dumps(record), time=event["at"], indextime=event["at"] + 60, sourcetype="azure:aad:signin",
            index="main", whole=True,
        )  # fmt: skip


def open_by_hand(stand: Stand, name: str, thing: str = "*") -> list[Any]:
    """The rows of a saved search over its own time range, the asterisk replaced as an analyst does."""
    settings = stand.conf("savedsearches", app=APP)[f"Mail Threats - {name}"]  # type: ignore[attr-defined]
    return stand.search(
        settings["search"].replace("(*)", f"({thing})"),
        earliest=settings["dispatch.earliest_time"], latest="now", now=TEN + 7200, app=APP, user="admin",
    ).rows  # type: ignore[no-any-return]  # fmt: skip


@pytest.fixture
def stand(stand_in: Callable[[], Stand]) -> Stand:
    made = stand_in()
    with_events(made, EVENTS)
    return made


def test_everything_from_one_source(stand: Stand) -> None:
    rows = open_by_hand(stand, "Everything From One Source - Report", GUESSER)
    assert [(row["user"], row["outcome"]) for row in rows] == [
        ("ann.berg@contoso.com", "guess_real"),
        ("olaf.stein@contoso.com", "guess_not_real"),
        ("rita.wolf@contoso.com", "password_correct"),
    ]
    assert len(open_by_hand(stand, "Everything From One Source - Report")) == 5


def test_who_else_was_guessed_with_somebody(stand: Stand) -> None:
    rows = open_by_hand(stand, "Who Else Was Guessed - Report", "ann.berg@contoso.com")
    assert {str(row["user"]): str(row["exists"]) for row in rows} == {
        "ann.berg@contoso.com": "yes",
        "olaf.stein@contoso.com": "no",
        "rita.wolf@contoso.com": "yes, with the right password",
    }


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("olaf.stein@contoso.com", "not real"),
        ("rita.wolf@contoso.com", "real, and the password was right at least once"),
        ("lars.holm@contoso.com", "not any more: deleted or renamed"),
    ],
)
def test_was_this_guess_real(stand: Stand, name: str, answer: str) -> None:
    stand.kv("mail_threats_directory_changes").insert(
        {"account": "lars.holm@contoso.com", "account_deleted": "1772000000"}
    )
    (row,) = open_by_hand(stand, "Was This Guess Real - Report", name)
    assert row["answer"] == answer


def test_first_seen_sources_are_those_that_memory_and_the_organisation_do_not_know(stand: Stand) -> None:
    name = "First Seen Sources - Report"
    assert {str(row["network"]) for row in open_by_hand(stand, name)} == {GUESSER, OTHER}
    memory = stand.kv("mail_threats_guess_memory")
    memory.insert({"network": OTHER, "first_seen": str(TEN - 9 * 86400)})
    memory.insert({"network": GUESSER, "first_seen": str(TEN - 9 * 86400), "feed": "kerberos"})
    assert [row["network"] for row in open_by_hand(stand, name)] == [GUESSER]
    stand.kv("mail_threats_company_networks").insert({"network": GUESSER, "network_people": "12"})
    assert open_by_hand(stand, name) == []


def test_coverage_says_what_the_feeds_lack(stand: Stand) -> None:
    rows = {str(row["feed"]): row for row in open_by_hand(stand, "Enumeration Coverage - Report")}
    assert rows["graph"]["names_that_do_not_exist"] in ("2", 2)
    assert any("non-interactive" in str(text) for text in as_list(rows["graph"]["missing"]))
    assert rows["decoy addresses"]["missing"] == "no decoy address is set"


def test_coverage_counts_the_days_of_sign_ins_in_the_memory(stand: Stand) -> None:
    """What hosts asked domain controllers for lies in the same memory."""
    memory = stand.kv("mail_threats_guess_memory")
    for day, feed in (("1772323200", "graph"), ("1772236800", "graph"), ("1772150400", "kerberos")):
        memory.insert({"day": day, "network": OTHER, "user": "x", "feed": feed})
    rows = {str(row["feed"]): row for row in open_by_hand(stand, "Enumeration Coverage - Report")}
    assert int(rows["memory of slow guessing"]["memory_days"]) == 2


def test_memory_is_filled_once_however_often_it_is_filled(stand: Stand) -> None:
    def memory() -> list[tuple[str, str]]:
        return sorted((str(d["user"]), str(d["src"])) for d in stand.kv("mail_threats_guess_memory").documents())

    open_by_hand(stand, "Guess Memory - Backfill")
    first = memory()
    assert first == [
        ("ann.berg@contoso.com", GUESSER), ("lars.holm@contoso.com", OTHER), ("olaf.stein@contoso.com", GUESSER),
        ("rita.wolf@contoso.com", GUESSER),
    ]  # fmt: skip
    open_by_hand(stand, "Guess Memory - Backfill")
    assert memory() == first


def test_housekeeping_forgets_what_is_older_than_a_month(stand: Stand) -> None:
    collection = stand.kv("mail_threats_guess_memory")
    for key, days in (("old", 40), ("young", 3)):
        day = TEN // 86400 * 86400 - days * 86400
        collection.insert({"_key": key, "memory_key": key, "user": key, "day": str(int(day)), "src": GUESSER})
    name = "Mail Threats - Guess Memory - Housekeeping"
    stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
    (run,) = stand.scheduler.run(TEN, TEN + 86400, rules=[name])
    assert run.error is None
    assert [document["user"] for document in collection.documents()] == ["young"]
