"""What the rules about sources and days do not count: no finding, and the report names it with its class."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab.rules import APP
from lab.scenarios.runner import Stand
from lab.splunk.spl.values import as_list

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
MIDNIGHT, DAY, HOUR = TEN - 36000, 86400, 3600
SCRIPT = "python-requests/2.32.3"
FIRST = "anna bertil carla david elin fredrik greta henrik ingrid johan klara lars".split()
PEOPLE = [f"{first}.{last}@contoso.com" for last in ("lindgren", "hagstrom") for first in FIRST]
SLIPS = [name.replace("@", "x@") for name in PEOPLE]
MALFORMED = [f"contoso\\{name}" for name in PEOPLE]
TESTS = [f"loadtest{n:03}@contoso.com" for n in range(24)]
DAYS = ("Slow Address Enumeration - Rule", "Guesses Set Aside By Days - Report")
SOURCES = ("Distributed Address Enumeration - Rule", "Guesses Set Aside By Sources - Report")

Attempt = dict[str, Any]
Named = dict[tuple[str, str], int]


def invented(ending: str) -> list[str]:
    """Twenty-four names of nobody, which only lists with the same ending share."""
    return [
        f"{a}{b}.{b}{ending}@contoso.com" for b in ("vik", "mar", "dan", "ost") for a in "zo ka tu bi re la".split()
    ]


def attempt(user: str, at: float, src: str, code: int = 50034, **more: Any) -> Attempt:
    return {
        "id": f"{user}-{src}-{at}-{code}", "createdDateTime": "2026-03-03T10:00:00Z", "userPrincipalName": user,
        "ipAddress": src, "appId": "x", "appDisplayName": "Portal", "status": {"errorCode": code},
        "isInteractive": True, "at": at, **more,
    }  # fmt: skip


def shuffled(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: sum(ord(letter) * 31**place for place, letter in enumerate(name)) % 1009)


def all_day(src: str, names: list[str], **more: Any) -> list[Attempt]:
    """One name after the other from one source, too slow for a burst, in no order."""
    return [
        attempt(name, MIDNIGHT + 60 + 1200 * n + 37 * (n % 5), src, **more) for n, name in enumerate(shuffled(names))
    ]


def from_everywhere(network: int, names: list[str], start: float = TEN, **more: Any) -> list[Attempt]:
    """Each name from a source of its own, none beside another, in no order."""
    return [
        attempt(name, start + 211 * n + 97 * (n % 3), f"{network}.{10 + 7 * n}.8.7", **more)
        for n, name in enumerate(shuffled(names))
    ]


def sign_ins(src: str, people: list[str]) -> list[Attempt]:
    return [attempt(person, MIDNIGHT + 2 * HOUR + 60 * n, src, code=0) for n, person in enumerate(people)]


def at_home(network: int, people: list[str]) -> list[Attempt]:
    """Everybody fails with the right name at a source of the own, and gets in there."""
    failed = from_everywhere(network, people, code=50126)
    return [*failed, *(attempt(a["userPrincipalName"], a["at"] + 60, a["ipAddress"], code=0) for a in failed)]


def again(attempts: list[Attempt], times: int) -> list[Attempt]:
    return [{**a, "at": a["at"] - n * 900, "id": f"{n}{a['id']}"} for n in range(times) for a in attempts]


def neighbours(network: str, names: list[str], agents: list[str], each: int) -> list[Attempt]:
    """Four names on each of five days, the last of them today, from addresses with `each` of them."""
    return [
        attempt(names[4 * day + n], MIDNIGHT + (day - 4) * DAY + HOUR * (2 + n), f"{network}.{day * 4 + n // each}",
                userAgent=agents[(4 * day + n) % len(agents)])
        for day in range(5)
        for n in range(4)
    ]  # fmt: skip


@pytest.fixture
def stand(stand_in: Callable[[], Stand]) -> Stand:
    made = stand_in()
    for person in PEOPLE:
        made.kv("mail_threats_known_people").insert({"_key": person, "person": person, "first_success": "1"})
    for name in invented("moe"):
        made.kv("mail_threats_directory_changes").insert({"account": name, "account_created": str(TEN + 3 * HOUR)})
    return made


def index(stand: Stand, events: list[Attempt]) -> None:
    for event in events:
        record = json.dumps({name: value for name, value in event.items() if name != "at"})
        stand.index.add(
            record, time=event["at"], indextime=event["at"] + 60, sourcetype="azure:aad:signin", index="main",
            whole=True,
        )  # fmt: skip


def by_hand(stand: Stand, name: str, now: float = TEN + 2 * HOUR) -> list[Any]:
    settings = stand.conf("savedsearches", app=APP)[f"Mail Threats - {name}"]  # type: ignore[attr-defined]
    return stand.search(
        settings["search"], earliest=settings["dispatch.earliest_time"], latest="now", now=now, app=APP, user="admin",
    ).rows  # type: ignore[no-any-return]  # fmt: skip


def found_by(stand: Stand, rule: str) -> list[Any]:
    """The findings of a run shortly before the report is opened."""
    name = f"Mail Threats - {rule}"
    stand.set_local("savedsearches", name, {"disabled": "0", "cron_schedule": "55 11 * * *"}, app=APP)
    (run,) = stand.scheduler.run(TEN, TEN + 2 * HOUR, rules=[name])
    assert run.error is None
    return list(run.rows)


def named(rows: list[Any]) -> Named:
    assert all(row["severity"] == "info" and row["enum_reasons"] and row["first_seen"] for row in rows)
    return {(str(row["entity"]), str(row["enum_class"])): int(row["unique_names"]) for row in rows}


def entities(rows: list[Any]) -> set[str]:
    return {str(row["entity"]) for row in rows}


def names_of(rows: list[Any]) -> set[str]:
    return {str(name) for row in rows for name in as_list(row["user"])}


def test_days_name_each_innocent_cause_and_find_the_lists_beside_them(stand: Stand) -> None:
    rule, report = DAYS
    browsers = [f"Browser/{n}" for n in range(20)]
    index(stand, [
        *all_day("198.18.1.5", TESTS),
        *all_day("198.18.2.5", MALFORMED),
        *all_day("198.18.3.5", invented("sten"), code=50020),
        *all_day("198.18.4.5", PEOPLE),
        *all_day("198.18.5.5", SLIPS),
        *all_day("198.18.6.5", invented("moe")),
        *all_day("198.18.7.5", [*TESTS, *PEOPLE[:4]], code=50126), *sign_ins("198.18.7.5", PEOPLE[:4]),
        *all_day("198.18.8.5", PEOPLE, code=50126), *sign_ins("198.18.8.5", [f"x{name}" for name in PEOPLE[:12]]),
        *neighbours("203.0.113", invented("fors"), browsers, each=1),
        # Lists: of one source, with names of a test beside them, of neighbours with one client.
        *all_day("198.18.9.5", invented("dahl")),
        *all_day("198.18.10.5", [*invented("rud"), *TESTS[:4]]),
        *neighbours("198.51.100", invented("quist"), [SCRIPT], each=4),
    ])  # fmt: skip
    by_hand(stand, "Guess Memory - Backfill", now=MIDNIGHT)
    memory = stand.kv("mail_threats_guess_memory")
    remembered = len(memory.documents())
    rows = by_hand(stand, report)
    assert named(rows) == {
        ("198.18.1.5", "load_test"): 24,
        ("198.18.2.5", "federation_misconfig"): 24,
        ("198.18.3.5", "external_identities"): 24,
        ("198.18.4.5", "stale_names"): 24,
        ("198.18.5.5", "user_slips"): 24,
        ("198.18.6.5", "changed_accounts"): 24,
        ("198.18.7.5", "load_test"): 24,
        ("198.18.7.5", "own_passwords"): 4,
        ("198.18.8.5", "shared_egress"): 24,
        ("198.18.10.5", "load_test"): 4,
        ("203.0.113.0/24", "strangers"): 20,
    }
    assert len(memory.documents()) == remembered, "a report that is opened by hand writes the memory"
    found = found_by(stand, rule)
    assert entities(found) == {"198.18.9.5", "198.18.10.5", "198.51.100.0/24"}
    assert names_of(found).isdisjoint(names_of(rows))
    assert named(by_hand(stand, report)) == named(rows), "what the rule has remembered changes what is set aside"


def test_sources_name_each_innocent_cause(stand: Stand) -> None:
    rule, report = SOURCES
    spelt = [
        attempt(form, TEN + 90 * n + 30 * m, f"109.{n}.8.7")
        for n, name in enumerate(invented("lund"))
        for m, form in enumerate((name, name.replace(".", "r."), name.replace("@", "s@")))
    ]
    index(stand, [
        *from_everywhere(101, TESTS),
        *from_everywhere(102, MALFORMED),
        *from_everywhere(103, invented("sten"), code=50020),
        *from_everywhere(104, PEOPLE),
        *from_everywhere(105, SLIPS),
        *from_everywhere(106, invented("moe")),
        *at_home(107, PEOPLE),
        *again(from_everywhere(108, invented("fors")), 5),
        *spelt,
    ])  # fmt: skip
    assert found_by(stand, rule) == []
    assert named(by_hand(stand, report)) == {
        ("24 sources", "load_test"): 24,
        ("24 sources", "federation_misconfig"): 24,
        ("24 sources", "external_identities"): 24,
        ("24 sources", "stale_names"): 24,
        ("24 sources", "user_slips"): 24,
        ("24 sources", "changed_accounts"): 24,
        ("24 sources", "own_source"): 24,
        ("24 sources", "stale_devices"): 24,
        ("24 sources", "own_name"): 72,
    }


def test_sources_that_nothing_joins_are_set_aside_and_the_list_beside_them_is_not(stand: Stand) -> None:
    rule, report = SOURCES
    listed = [*invented("dahl"), *SLIPS[:3]]
    index(stand, [*from_everywhere(110, PEOPLE, MIDNIGHT, code=50126), *from_everywhere(111, listed, userAgent=SCRIPT)])
    found = found_by(stand, rule)
    assert names_of(found) == set(listed)
    rows = by_hand(stand, report)
    assert named(rows) == {("24 sources", "strangers"): 24}
    assert names_of(rows) == set(PEOPLE)
