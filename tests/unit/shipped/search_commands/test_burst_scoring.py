"""What counts as a burst of address enumeration, and what its points are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.scoring.activity import Activity, RowError, read_activity
from mail_threats.scoring.burst_score import Burst, Thresholds, score_source
from mail_threats.scoring.names import People, malformed

TEN = 1772532000  # 2026-03-03T10:00:00Z


def attempt(user: str, second: int, outcome: str = "guess_not_real", **fields: object) -> Activity:
    row = {
        "_time": str((TEN + second) // 60 * 60),
        "src": "203.0.113.9",
        "user": user,
        "outcome": outcome,
        "attempts": "1",
    }
    row.update({"first_seen": str(TEN + second), "last_seen": str(TEN + second)})
    row.update(fields)  # type: ignore[arg-type]
    return read_activity(row)[1]


def guesses(
    count: int, every: int = 45, start: int = 0, outcome: str = "guess_not_real", name: str = "guess{}@contoso.com"
):
    return [attempt(name.format(i), start + i * every, outcome) for i in range(count)]


def score(activities: Sequence[Activity], **thresholds: int) -> list[Burst]:
    return score_source("203.0.113.9", activities, Thresholds(**thresholds))


@pytest.mark.parametrize(
    ("count", "verdict", "least"),
    [
        pytest.param(9, None, 0, id="nine-names-are-no-burst"),
        pytest.param(10, "Low-Level Enumeration", 40, id="ten-names"),
        pytest.param(20, "Moderate Enumeration", 55, id="twenty-names"),
        pytest.param(50, "High Confidence Enumeration", 70, id="fifty-names"),
    ],
)
def test_distinct_names_in_an_hour_make_the_verdict(count: int, verdict: str | None, least: int) -> None:
    bursts = score(guesses(count, every=30))
    assert [burst.verdict for burst in bursts] == ([verdict] if verdict else [])
    assert all(burst.score >= least for burst in bursts)


def test_the_hour_slides_over_the_clock_hour() -> None:
    both_sides = guesses(9, every=30, start=45 * 60) + guesses(9, every=30, start=65 * 60, name="more{}@contoso.com")
    (burst,) = score(both_sides)
    assert (burst.peak_names, len(burst.names)) == (18, 18)


def test_names_more_than_an_hour_apart_do_not_add_up() -> None:
    assert score(guesses(9) + guesses(9, start=70 * 60, name="more{}@contoso.com")) == []


def test_sixty_consecutive_minutes_are_the_window() -> None:
    spread = [attempt(f"guess{i}@contoso.com", 0) for i in range(9)]
    assert len(score([*spread, attempt("last@contoso.com", 59 * 60)])) == 1
    assert score([*spread, attempt("last@contoso.com", 60 * 60)]) == []


def test_one_name_tried_often_is_no_enumeration() -> None:
    assert score([attempt("old.phone@contoso.com", i * 60) for i in range(300)]) == []


def test_bursts_within_the_merge_gap_are_one() -> None:
    twice = guesses(12) + guesses(12, start=5 * 3600, name="more{}@contoso.com")
    assert len(score(twice)) == 2
    (merged,) = score(twice, merge_gap=1440)
    assert len(merged.names) == 24
    assert merged.peak_names == 12


def test_real_names_are_listed_and_worth_points() -> None:
    (burst,) = score(guesses(15) + guesses(3, outcome="guess_real", name="real{}@contoso.com"))
    assert burst.valid_found == ["real0@contoso.com", "real1@contoso.com", "real2@contoso.com"]
    assert (
        "10: 3 of the addresses exist: real0@contoso.com, real1@contoso.com, real2@contoso.com" in burst.reasons.lines()
    )


def test_a_right_password_is_critical() -> None:
    (burst,) = score(guesses(12) + [attempt("boss@contoso.com", 300, "password_correct")])
    assert burst.password_correct == ["boss@contoso.com"]
    assert burst.score >= 90


def test_a_sign_in_after_the_burst_from_the_same_source_raises_it() -> None:
    before = score(guesses(12))[0].score
    (burst,) = score(guesses(12) + [attempt("guess3@contoso.com", 7200, "success")])
    assert burst.success_users == ["guess3@contoso.com"]
    assert burst.score >= min(100, before + 50)
    assert burst.last_seen == TEN + 7200


def test_unsure_codes_are_shown_as_unsure() -> None:
    (burst,) = score(guesses(12, outcome="unsure"))
    assert len(burst.unsure) == 12
    assert burst.valid_found == []


def test_rotating_user_agents_add_points_and_split_nothing() -> None:
    rotating = [attempt(f"guess{i}@contoso.com", i * 30, user_agent=[f"agent {i}"]) for i in range(20)]
    (burst,) = score(rotating)
    assert "10: the source changes its user agent: 20 of them" in burst.reasons.lines()


OFFICE = [
    f"{first}.{last}@contoso.com"
    for first in ("anna", "bertil", "carla", "david")
    for last in (
        "andersen",
        "bergman",
        "claesson",
        "dahlberg",
        "ekstrom",
        "fredriks",
        "gustafsson",
        "hedlund",
        "isaksson",
        "jonsson",
    )
]


def office_signs_in() -> list[Activity]:
    return [attempt(name, i * 60, "success") for i, name in enumerate(OFFICE)]


def test_people_who_mistype_and_then_sign_in_are_a_shared_egress() -> None:
    slips = [attempt(name, i * 60, "guess_real") for i, name in enumerate(OFFICE[:20])]
    (burst,) = score(office_signs_in() + slips)
    assert burst.burst_class == "shared_egress"
    assert burst.score < 20


def test_slips_in_the_name_of_people_who_work_there_are_a_shared_egress() -> None:
    slips = [attempt(name.replace("s", "", 1), i * 60) for i, name in enumerate(OFFICE[:20])]
    (burst,) = score(office_signs_in() + slips)
    assert burst.burst_class == "shared_egress"


def test_a_list_tried_from_the_office_address_still_fires() -> None:
    (burst,) = score(office_signs_in() + guesses(15, name="info{}.sales@contoso.com"))
    assert burst.burst_class == "enumeration"
    assert burst.score >= 40


def test_a_few_hits_do_not_make_the_attacker_an_office() -> None:
    hits = [attempt(f"hit{i}@contoso.com", 100 + i, "success") for i in range(6)]
    (burst,) = score(guesses(30) + hits)
    assert burst.score >= 90
    assert len(burst.success_users) == 6


@pytest.mark.parametrize(
    "name",
    [
        "jsmith",
        "contoso\\jsmith{}",
        "j.smith{}@contoso.com@contoso.com",
        "j.smith{}@contoso.local",
        "j_x.com#ext#{}@contoso.com",
    ],
)
def test_malformed_names_of_one_application_are_a_federation_fault(name: str) -> None:
    names = [name.format(i) if "{}" in name else f"{name}{i}" for i in range(15)]
    (burst,) = score([attempt(n, i * 60, app=["Contoso HR"]) for i, n in enumerate(names)])
    assert burst.burst_class == "federation_misconfig"
    assert burst.score < 40


def test_well_formed_guesses_among_malformed_names_still_fire() -> None:
    mixed = [attempt(f"jsmith{i}", i * 30) for i in range(30)] + guesses(10, every=30)
    (burst,) = score(mixed)
    assert burst.burst_class == "enumeration"


@pytest.mark.parametrize(
    ("records", "least", "most"),
    [
        pytest.param(9, None, None, id="nine"),
        pytest.param(12, 20, 39, id="twelve-may-be-a-phone"),
        pytest.param(30, 40, 59, id="thirty"),
    ],
)
def test_names_that_the_audit_feed_hides_are_counted_as_records(
    records: int, least: int | None, most: int | None
) -> None:
    bursts = score([attempt("not available", i * 60) for i in range(records)])
    assert len(bursts) == (0 if least is None else 1)
    if least is not None and most is not None:
        assert least <= bursts[0].score <= most
        assert bursts[0].names_hidden == records
        assert bursts[0].burst_class == "hidden_names"


def test_a_record_in_both_feeds_is_counted_once() -> None:
    named = guesses(15)
    (burst,) = score(named + [attempt("not available", i * 45) for i in range(15)])
    assert (burst.attempts, burst.names_hidden) == (15, 0)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.integers(0, 30),
            st.sampled_from(["guess_not_real", "guess_real", "unsure", "success", "password_correct"]),
        ),
        max_size=120,
    )
)
def test_points_always_sum_to_a_score_between_0_and_100(events: list[tuple[int, int, str]]) -> None:
    for burst in score([attempt(f"n{name}@contoso.com", minute * 60, outcome) for minute, name, outcome in events]):
        assert 0 <= burst.score <= 100
        assert sum(int(line.split(":")[0]) for line in burst.reasons.lines()) == burst.score
        assert burst.first_seen <= burst.last_seen


@given(st.permutations(list(range(14))))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = guesses(14)
    assert [b.score for b in score([rows[i] for i in order])] == [b.score for b in score(rows)]


def test_one_slip_is_found_whichever_letter_it_is() -> None:
    people = People(["anna.lindgren@contoso.com"])
    assert all(
        people.explains(n)
        for n in ("anna.lindgen@contoso.com", "anna.lindrgen@contoso.com", "anna.lindgrenn@contoso.com")
    )
    assert not people.explains("bert.olsson@contoso.com")


@pytest.mark.parametrize("name", ["anna.lindgren@contoso.com", "o'brien@contoso.com", "a@sub.contoso.com"])
def test_an_ordinary_address_is_not_malformed(name: str) -> None:
    assert not malformed(name)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        pytest.param({"_time": "1", "outcome": "success"}, "field src is empty", id="no-source"),
        pytest.param({"_time": "1", "src": "a", "outcome": "maybe"}, "field outcome is 'maybe'", id="unknown-outcome"),
        pytest.param({"src": "a", "outcome": "success"}, "field _time is missing", id="no-time"),
        pytest.param({"_time": "noon", "src": "a", "outcome": "success"}, "field _time is 'noon'", id="time-is-text"),
        pytest.param({"_time": "inf", "src": "a", "outcome": "success"}, "field _time is 'inf'", id="endless-time"),
        pytest.param({"_time": "nan", "src": "a", "outcome": "success"}, "field _time is 'nan'", id="no-number"),
        pytest.param({"_time": "1e12", "src": "a", "outcome": "success"}, "number up to 1e", id="time-in-milliseconds"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_field(row: dict[str, str], says: str) -> None:
    with pytest.raises(RowError, match=says):
        read_activity(row)
