"""Lists spread over sources, and few names a day for days."""

from __future__ import annotations

import random
from collections.abc import ItemsView, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.scoring.activity import Activity, RowError, read_activities, read_activity
from mail_threats.scoring.burst_score import Thresholds, score_source
from mail_threats.scoring.clusters import ClusterThresholds, find_clusters
from mail_threats.scoring.continued import continued_lists, strangers_of
from mail_threats.scoring.days import DayThresholds, merged, slow_guessing
from mail_threats.scoring.names import People

MIDNIGHT = 1772496000  # 2026-03-03T00:00:00Z
DAY = 86400
SCRIPT = "python-requests/2.32.3"
BROWSER = "Mozilla/5.0 Chrome/131.0.0.0"
SYLLABLES = [
    a + b for a in ("ka", "lo", "mi", "ru", "te", "so", "na", "du") for b in ("ber", "lin", "mar", "sten", "vik")
]


def name(number: int) -> str:
    rng = random.Random(number)
    return f"{rng.choice(SYLLABLES)}{rng.choice(SYLLABLES)}.{rng.choice(SYLLABLES)}{number}x@contoso.com"


def row(src: str, user: str, at: float, outcome: str = "guess_not_real", **more: object) -> Activity:
    fields = {"_time": str(at), "src": src, "user": user, "outcome": outcome, "attempts": "1"}
    fields.update({"first_seen": str(at), "last_seen": str(at)})
    fields.update(more)  # type: ignore[arg-type]
    return read_activity(fields)[1]


def networks(rows: list[Activity]) -> ItemsView[str, list[Activity]]:
    found: dict[str, list[Activity]] = {}
    for activity in rows:
        found.setdefault(activity.src, []).append(activity)
    return found.items()


def clusters(rows: list[Activity], everybody: tuple[str, ...] = (), **more: int):
    return find_clusters(networks(rows), People(everybody), ClusterThresholds(**more))


def spread(sources: int, each: int, agent: str = SCRIPT, outcome: str = "guess_not_real") -> list[Activity]:
    return [
        row(f"198.18.{s}.7", name(s * each + n), MIDNIGHT + s * 120 + n * 37, outcome, user_agent=agent, app_id="cli")
        for s in range(sources)
        for n in range(each)
    ]


def test_sixty_sources_with_two_names_each_are_one_cluster() -> None:
    (cluster,) = clusters(spread(60, 2))
    assert (len(cluster.networks), len(cluster.guesses)) == (60, 120)
    assert sum(int(line.partition(":")[0]) for line in cluster.reasons.lines()) == cluster.reasons.total


def test_sixty_people_with_two_slips_each_are_none() -> None:
    slips = [
        row(f"198.18.{s}.7", f"{extra}{name(s)}", MIDNIGHT + s * 120 + n * 37, user_agent=BROWSER, app_id="home")
        for s in range(60)
        for n, extra in enumerate(("x", "y"))
    ]
    assert clusters(slips) == []


@pytest.mark.parametrize(("agent", "sources"), [(SCRIPT, 40), (BROWSER, 30)])
def test_a_script_s_names_are_its_own_though_some_are_a_letter_from_somebody(agent: str, sources: int) -> None:
    """Sources whose names are slips of people are theirs, unless they have the client that works off the list."""
    tried = spread(40, 1)
    known = tuple(f"{activity.user[:5]}{activity.user[6:]}" for activity in tried[::4])
    slips = [activity._replace(user_agent=(agent,)) for activity in tried[::4]]
    (cluster,) = clusters([*slips, *(a for n, a in enumerate(tried) if n % 4)], known)
    assert len(cluster.networks) == len(cluster.guesses) == sources
    assert any(f"{sources} addresses from {sources} sources" in line for line in cluster.reasons.lines())


def test_people_who_get_in_are_none() -> None:
    rows = spread(60, 2)
    rows += [row(f"198.18.{s}.7", name(1000 + s), MIDNIGHT + 9000, "success") for s in range(60)]
    assert clusters(rows) == []


def test_the_old_names_of_a_few_phones_are_none() -> None:
    rows = [row(f"198.18.{s}.7", name(s % 3), MIDNIGHT + s * 300, user_agent="phone") for s in range(90)]
    assert clusters(rows) == []


def test_too_few_sources_are_none() -> None:
    assert clusters(spread(4, 4)) == []


@pytest.mark.parametrize("sources", [20, 80])
def test_a_right_password_is_critical(sources: int) -> None:
    rows = [
        *spread(sources, 2),
        row("198.18.3.9", "boss@contoso.com", MIDNIGHT + 900, "password_correct", user_agent=SCRIPT),
    ]
    (cluster, *_) = clusters(rows)
    assert cluster.reasons.total >= 90


@pytest.mark.parametrize(
    ("agents", "outcome", "found"),
    [
        pytest.param({"Chrome/131"}, "guess_not_real", 1, id="a client that nobody signs in with"),
        pytest.param({BROWSER}, "guess_not_real", 0, id="the client of people"),
        pytest.param(set(), "guess_not_real", 0, id="nobody's client is known"),
        pytest.param({"Chrome/131"}, "guess_real", 0, id="accounts that exist"),
    ],
)
def test_names_of_nobody_with_a_client_of_nobody_are_a_list_in_any_order(
    agents: set[str], outcome: str, found: int
) -> None:
    shuffled = random.Random(4).sample(range(48), 48)
    rows = [
        row(f"198.18.{n}.9", name(shuffled[n]), MIDNIGHT + n // 4 * DAY + n % 4 * 7000, outcome, user_agent=BROWSER)
        for n in range(48)
    ]
    assert len(continued_lists(rows, DayThresholds(), agents)) == found


def slow(rows: list[Activity], everybody: tuple[str, ...] = (), **more: int):
    return slow_guessing("203.0.113.9", merged(rows), People(everybody), DayThresholds(**more))


def daily(days: int, each: int, **more: object) -> list[Activity]:
    return [
        row("203.0.113.9", name(d * each + n), MIDNIGHT + d * DAY + n * 9000 + 3600, **more)
        for d in range(days)
        for n in range(each)
    ]


def test_three_new_names_on_three_days_of_seven_are_slow_guessing() -> None:
    found = slow(daily(3, 3))
    assert found is not None
    assert [len(names) for _, names in found.daily] == [3, 3, 3]
    assert slow(daily(2, 3)) is None
    assert slow(daily(6, 2)) is None


def test_days_too_far_apart_do_not_add_up() -> None:
    rows = [
        row("203.0.113.9", name(100 * d + n), MIDNIGHT + d * 5 * DAY + n * 9000) for d in range(3) for n in range(3)
    ]
    assert slow(rows) is None


def test_one_old_name_for_a_month_is_a_phone() -> None:
    rows = [
        row("203.0.113.9", name(1), MIDNIGHT + d * DAY + h * 3600, attempts="40") for d in range(30) for h in (1, 9)
    ]
    assert slow(rows) is None


def test_a_sorted_list_continued_the_next_day_is_found_on_the_second() -> None:
    names = sorted(f"{c}{c}rman.{c}olt" for c in "abcdefghij")
    rows = [
        row("203.0.113.9", f"{n}@contoso.com", MIDNIGHT + (i // 5) * DAY + (i % 5) * 6000) for i, n in enumerate(names)
    ]
    assert slow(rows) is not None
    random.Random(4).shuffle(names)
    unordered = [
        row("203.0.113.9", f"{n}@contoso.com", MIDNIGHT + (i // 5) * DAY + (i % 5) * 6000) for i, n in enumerate(names)
    ]
    assert slow(unordered) is None


def by_day(users: list[str], outcomes: list[str], days: int = 4, **more: object) -> list[Activity]:
    """The accounts once a day each, the n-th with the n-th outcome."""
    return [
        row("203.0.113.9", user, MIDNIGHT + d * DAY + n * 5000 + 900, outcomes[n % len(outcomes)], **more)
        for d in range(days)
        for n, user in enumerate(users)
    ]


EIGHT = [name(n) for n in (5, 2, 7, 0, 3, 6, 1, 4)]
RIGHT, WRONG = "password_correct", "guess_real"


@pytest.mark.parametrize(
    ("rows", "score"),
    [
        pytest.param(by_day(EIGHT, [WRONG]), range(40, 70), id="a spray that takes its time"),
        pytest.param(by_day(EIGHT, ["guess_not_real"]), (None,), id="names that are gone, asked for again"),
        pytest.param(by_day(EIGHT, [RIGHT], error_code="53003"), (35,), id="programs that a policy refuses"),
        pytest.param(by_day(EIGHT, [RIGHT], error_code="50074"), range(90, 101), id="asked for a second factor"),
        pytest.param(
            by_day(EIGHT, [RIGHT, WRONG], error_code="53003"), range(90, 101), id="half of the passwords are right"
        ),
        pytest.param(
            [
                row("203.0.113.9", name(10 * d + n), MIDNIGHT + d * DAY + n * 5000, RIGHT, error_code="53003")
                for d in range(4)
                for n in range(6)
            ],
            range(90, 101),
            id="right passwords of others each day",
        ),
    ],
)
def test_the_same_accounts_day_after_day(rows: list[Activity], score: Sequence[int | None]) -> None:
    found = slow(rows)
    assert (found and found.reasons.total) in score


def test_people_of_a_branch_are_none() -> None:
    rows = daily(5, 3) + [row("203.0.113.9", a.user, a.first_seen + 60, "success") for a in daily(5, 3)]
    assert slow(rows) is None


def test_memory_and_the_searched_day_count_once() -> None:
    rows = daily(4, 3)
    assert slow(rows + rows + rows[:5]).reasons.lines() == slow(rows).reasons.lines()  # type: ignore[union-attr]


def test_a_burst_is_left_to_its_own_rule() -> None:
    rows = [row("203.0.113.9", name(d * 30 + n), MIDNIGHT + d * DAY + n * 60) for d in range(3) for n in range(30)]
    assert slow(rows) is None


OUTCOMES = ["guess_not_real", "guess_real", "unsure", "success", "password_correct", "noise"]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from([*range(14), "not available", ""]),
        st.integers(0, 3 * DAY),
        st.sampled_from(OUTCOMES),
    ),
    max_size=80,
)


@given(ROWS)
def test_whatever_comes_is_scored_between_0_and_100_by_its_reasons(drawn: list[tuple[int, object, int, str]]) -> None:
    rows = [
        row(f"198.18.{s}.1", str(u) if isinstance(u, str) else name(u), MIDNIGHT + at, outcome, attempts=str(at % 3))
        for s, u, at, outcome in drawn
    ]
    scored = [cluster.reasons for cluster in clusters(rows, names=4, sources=2)]
    for source, activities in networks(rows):
        limits = Thresholds(low=2, moderate=4, high=8, spray=2)
        scored += [burst.reasons for burst in score_source(source, activities, limits)]
        found = slow_guessing(source, merged(activities), People(()), DayThresholds(1, 2, names_per_day=3, spray=2))
        scored += [found.reasons] if found else []
    for reasons in scored:
        assert 0 <= reasons.total <= 100
        assert sum(int(line.partition(":")[0]) for line in reasons.lines()) == reasons.total


# Lists continued from changing sources


def nights(count: int, each: int, sources: int, users: list[str]) -> list[Activity]:
    """`each` names a night, the night's own source until `sources` are used up."""
    client = {"user_agent": SCRIPT, "app_id": "cli"}
    return [
        row(f"198.18.{n // each % sources}.9", user, MIDNIGHT + n // each * DAY + n % each * 300, **client)
        for n, user in enumerate(users[: count * each])
    ]


SORTED = sorted(name(n) for n in range(24))
SHUFFLED = random.Random(4).sample(SORTED, len(SORTED))


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(nights(6, 4, 6, SORTED), 1, id="a sorted list, another source each night"),
        pytest.param(nights(6, 4, 6, SORTED[::-1]), 1, id="the list backwards"),
        pytest.param(nights(6, 4, 6, SHUFFLED), 0, id="the same names in no order"),
        pytest.param(nights(3, 4, 3, SORTED), 0, id="too few days and names"),
        pytest.param(nights(6, 4, 2, SORTED), 0, id="too few sources"),
        pytest.param([r for _ in range(2) for r in nights(6, 4, 6, SORTED)], 0, id="each name tried twice"),
    ],
)
def test_a_list_is_known_by_the_order_that_its_days_continue(rows: list[Activity], found: int) -> None:
    lists = continued_lists(rows, DayThresholds())
    assert len(lists) == found
    for one in lists:
        assert (len(one.names), len(one.daily)) == (24, 6)
        assert sum(int(line.partition(":")[0]) for line in one.reasons.lines()) == one.reasons.total


def test_what_is_judged_with_its_own_source_only_is_no_part_of_a_list() -> None:
    rows = [row("198.18.0.9", user, MIDNIGHT + n, alone=alone) for n, (user, alone) in enumerate(zip(SORTED, "01" * 3))]
    assert [a.user for a in strangers_of(rows, People(()), DayThresholds())] == [SORTED[0], SORTED[2], SORTED[4]]


@pytest.mark.parametrize(
    ("outcome", "users", "read"),
    [
        pytest.param("success", ["Ann@contoso.com", "bob@contoso.com"], 2, id="people who sign in, in one row"),
        pytest.param("success", "ann@contoso.com", 1, id="one of them"),
        pytest.param(
            "guess_real", ["ann@contoso.com", "bob@contoso.com"], 1, id="names that were tried have a row each"
        ),
    ],
)
def test_people_of_one_row_are_an_activity_each(outcome: str, users: str | list[str], read: int) -> None:
    fields = {"_time": str(MIDNIGHT), "src": "198.18.0.9", "user": users, "outcome": outcome}
    found = list(read_activities(fields))
    names = ["ann@contoso.com", "bob@contoso.com"][:read]
    assert [(network, a.user, a.outcome) for network, a in found] == [("198.18.0.9", n, outcome) for n in names]


def test_people_who_are_seen_keep_what_is_their_own() -> None:
    people = [
        ("ann|x@contoso.com", "5", "7.25", "4"),
        ("bob@contoso.com", "6", "6", ""),
        ("eva@contoso.com", "8", "9", "8"),
    ]
    row = {
        "_time": str(MIDNIGHT),
        "src": "198.18.0.9",
        "outcome": "success",
        "user_agent": "Edge",
        "network_people": "7",
    }
    together = list(read_activities({**row, "seen": ["|".join(person) for person in people]}))
    apart = [
        read_activity({**row, "user": user, "first_seen": first, "last_seen": last, "known_from": known_from})
        for user, first, last, known_from in people
    ]
    assert together == apart


@pytest.mark.parametrize(
    "value", ["ann@contoso.com", "ann@contoso.com|1|2", "ann@contoso.com|one|2|", "ann@contoso.com||2|1"]
)
def test_what_is_seen_without_times_is_refused_by_name(value: str) -> None:
    row = {"_time": str(MIDNIGHT), "src": "198.18.0.9", "outcome": "success", "seen": value}
    with pytest.raises(RowError, match=r"field seen is .* expected name\|first_seen\|last_seen\|known_from"):
        list(read_activities(row))
