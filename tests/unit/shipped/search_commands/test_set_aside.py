"""What is set aside while the rules about sources and days judge: with a cause each, and nothing of what they find."""

from __future__ import annotations

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.clusters import ClusterThresholds, find_clusters
from mail_threats.scoring.continued import continued_lists
from mail_threats.scoring.days import DayThresholds
from mail_threats.scoring.guesses import Guess, guesses_of
from mail_threats.scoring.hidden import hidden_clusters
from mail_threats.scoring.joining import Usual
from mail_threats.scoring.names import People
from mail_threats.scoring.set_aside import NOWHERE, STRANGERS, SetAside

MIDNIGHT, HOUR, DAY = 1772496000, 3600, 86400  # 2026-03-03T00:00:00Z
PHONE, OWN, SCRIPT = "Outlook-iOS/2.0", "Mozilla/5.0 (X11) Probe", "python-requests/2.32"
USUAL = Usual({PHONE: 40, "Browser/1": 30}, {"home": 50}, 60)
GIVEN = "ada bo cyril dana egon fritz gerda hanna ivo jette karl lea milo nora olaf pia quint rosa sven tilda".split()
FAMILY = "abel braun carstens dietz evers franke gerber hagen immel jost krell lorenz menge nagel otte pohl".split()

Told = set[tuple[str, str, int]]


def name(number: int) -> str:
    """Names in no order, none a slip of another."""
    return f"{GIVEN[number * 7 % 20]}.{FAMILY[number * 5 % 16]}{number // 80 or ''}@contoso.com"


def row(src: str, user: str, at: float, outcome: str = "guess_not_real", **more: str) -> Activity:
    fields = {"_time": str(at), "src": src, "user": user, "outcome": outcome, "attempts": "1", "app_id": "home"}
    return read_activity({**fields, "first_seen": str(at), "last_seen": str(at), **more})[1]


def tried(count: int, outcome: str = "guess_not_real", net: int = 18, **more: str) -> list[Activity]:
    """Names from a source each, at an irregular pace."""
    return [
        row(f"198.{net}.{n}.7", name(n), MIDNIGHT + (n * n * 977 + n * 131) % 9000, outcome, **more)
        for n in range(count)
    ]


def networks(rows: list[Activity]) -> dict[str, list[Activity]]:
    found: dict[str, list[Activity]] = {}
    for activity in rows:
        found.setdefault(activity.src, []).append(activity)
    return found


def told(aside: SetAside) -> Told:
    """(entity, class, names or else attempts) of each row."""
    return {(left.entity, left.cause.id, len(left.names) or left.attempts) for left in aside.rows()}


def of_sources(rows: list[Activity], everybody: tuple[str, ...] = ()) -> tuple[int, Told]:
    """How many clusters there are, and what is told beside them."""
    aside = SetAside()
    found = find_clusters(networks(rows).items(), People(everybody), ClusterThresholds(), USUAL, aside)
    return len(found), told(aside)


OTHER_WAY_ROUND = [
    a._replace(user="{1}.{0}@contoso.com".format(*a.user.partition("@")[0].split(".")), attempts=2)
    for a in tried(40, user_agent=OWN)
]
FAILED = tried(24, "guess_real", user_agent=PHONE)
ENTERED = [row(f"198.19.{n}.7", f"p{n}@x.com", a.first_seen, "success") for n, a in enumerate(FAILED)]
THEIR_OWN = [row(a.src, a.user, a.first_seen, "guess_real", user_agent=PHONE) for a in ENTERED]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(OTHER_WAY_ROUND, {(OWN, "stale_devices", 40)}, id="a wrong profile"),
        pytest.param(
            [*FAILED, *ENTERED, *THEIR_OWN],
            {(PHONE, "own_passwords", 24), ("24 sources", "own_source", 24)},
            id="a morning of changed passwords",
        ),
        pytest.param(
            [a._replace(user=name(n % 2)) for n, a in enumerate(tried(40, user_agent=PHONE))],
            {("40 sources", "stale_devices", 2)},
            id="two phones that move",
        ),
        pytest.param(
            [a._replace(user=f"scanner{n}@contoso.com") for n, a in enumerate(tried(30, "guess_real"))],
            {("30 sources", "stale_devices", 30)},
            id="a scanner in each branch",
        ),
        pytest.param(tried(14, user_agent=PHONE), {("14 sources", "strangers", 14)}, id="a dozen phones of strangers"),
        pytest.param(tried(4), set(), id="too few to be looked at"),
    ],
)
def test_sources_that_are_no_list_have_a_class(rows: list[Activity], expected: Told) -> None:
    people = tuple(a.user for a in tried(40)) if rows is OTHER_WAY_ROUND else ()
    assert of_sources(rows, people) == (0, expected)


def test_a_list_is_not_set_aside_nor_are_names_of_it_that_look_like_slips() -> None:
    listed = tried(40, user_agent=SCRIPT)
    people = tuple(a.user.replace("@", "n@") for a in listed[:3])
    assert of_sources(listed, people) == (1, set())


def test_a_sixth_list_is_told_as_one() -> None:
    """A run has five lists at the most; the others wait for the next run, and are not innocent."""
    lists = [
        a._replace(user=f"{chr(97 + k)}{a.user}", first_seen=at, last_seen=at)
        for k in range(6)
        for a in tried(24, net=20 + k, user_agent=f"{SCRIPT}.{k}", app_id=f"app{k}")
        for at in (a.first_seen + k * 7 * HOUR,)
    ]
    found, others = of_sources(lists)
    assert found == 5
    assert [(of, names) for _, of, names in others] == [("enumeration", 24)]


def test_hidden_names_that_nothing_joins_are_told_as_attempts() -> None:
    aside = SetAside()
    rows = [row(f"198.18.{n}.7", "not available", MIDNIGHT + n * n * 97 % 9000, user_agent=PHONE) for n in range(12)]
    home = [row("203.0.113.5", "not available", MIDNIGHT), row("203.0.113.5", "ann@x.com", MIDNIGHT + 9, "success")]
    assert hidden_clusters(networks([*rows, *home]), ClusterThresholds(), USUAL, aside) == []
    assert told(aside) == {("12 sources", "hidden_names", 12), ("203.0.113.5", "own_source", 1)}


def test_a_list_that_is_asked_for_again_from_several_sources_is_devices() -> None:
    once = [
        row(f"198.18.{n // 4}.9", user, MIDNIGHT + n // 4 * DAY + n % 4 * 300, user_agent=SCRIPT)
        for n, user in enumerate(sorted(name(n) for n in range(24)))
    ]
    aside = SetAside()
    assert continued_lists([*once, *once], DayThresholds(), aside=aside) == []
    assert ("home", "stale_devices", 24) in told(aside)
    aside = SetAside()
    assert len(continued_lists(once, DayThresholds(), aside=aside)) == 1
    assert told(aside) == set()


def test_a_group_of_which_everything_is_found_is_not_set_aside() -> None:
    aside = SetAside()
    for net in (18, 19):
        aside.group(f"198.{net}", STRANGERS, [guess_at(f"198.{net}.{n}.7", n) for n in range(3)])
    aside.found([f"198.18.{n}.7" for n in range(3)])
    aside.found(["198.19.0.7"])
    assert told(aside) == {("198.19", "strangers", 3)}


def test_sources_with_few_names_of_a_class_are_one_row_and_others_have_their_own() -> None:
    aside = SetAside()
    for source, count in (("a", 4), ("b", 1), ("c", 5)):
        aside.add(source, STRANGERS, [guess_at(source, n) for n in range(count)])
    assert told(aside) == {("2 sources", "strangers", 4), ("c", "strangers", 5)}


def test_a_rule_that_looks_for_findings_keeps_nothing() -> None:
    find_clusters(networks(tried(14)).items(), People(()), ClusterThresholds(), USUAL)
    NOWHERE.found(["198.18.0.7"])
    assert list(NOWHERE.rows()) == []


def guess_at(source: str, number: int) -> Guess:
    return guesses_of([row(source, name(number), MIDNIGHT + number)])[0]
