"""What counts as a list that one source goes through so slowly that no hour shows it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mail_threats.scoring.activity import Activity, read_activity
from mail_threats.scoring.burst_score import Burst, Thresholds, score_source
from mail_threats.scoring.packed import PackedActivities

HOST = "192.0.2.40"
TEN = 1772532000  # 2026-03-03T10:00:00Z
MINUTE, HOUR, DAY = 60, 3600, 86400
NAMES = (
    "nils.holm ebba.vask omar.dietz lucia.moro petra.quill ivan.tarn greta.bosch hugo.ferri zoe.lund kai.ozon "
    "rosa.krebs tomas.salas wilma.wirt adil.norde jonna.pauly bela.juhl sven.eder mira.rask otto.zoller carla.imhof "
    "yann.brandt dora.costa finn.ulven laila.gallo ruben.hayn elsa.marek pavel.soto nora.fink gino.adler thea.lorca"
).split()


def asked(name: str, second: int, outcome: str = "guess_not_real", **fields: str) -> Activity:
    at = str(TEN + second)
    row = {"_time": at, "src": HOST, "user": f"{name}@contoso", "outcome": outcome, "user_agent": "none"}
    return read_activity({**row, "first_seen": at, "last_seen": at, **fields})[1]


def one_by_one(count: int, every: int = 12 * MINUTE, start: int = 0, **fields: str) -> list[Activity]:
    return [asked(name, start + i * every, **fields) for i, name in enumerate(NAMES[:count])]


def score(rows: Sequence[Activity], **thresholds: int) -> list[Burst]:
    return score_source(HOST, rows, Thresholds(**{"long": 25, "long_window": 7 * 1440, **thresholds}))


@pytest.mark.parametrize(("count", "found"), [(24, 0), (25, 25), (30, 30)])
def test_enough_names_are_a_list_however_slowly_they_come(count: int, found: int) -> None:
    assert [len(burst.names) for burst in score(one_by_one(count))] == ([found] if found else [])


def test_without_the_option_no_hour_shows_it() -> None:
    assert score(one_by_one(30), long=0) == []


def test_the_reason_says_within_what_time() -> None:
    (found,) = score(one_by_one(30))
    assert "30 different addresses within 7 days" in " ".join(found.reasons.lines())
    (found,) = score(one_by_one(30), long_window=1440)
    assert "30 different addresses within 1440 minutes" in " ".join(found.reasons.lines())


def test_the_window_ends() -> None:
    assert score(one_by_one(30, every=8 * HOUR)) == []


@pytest.mark.parametrize(("pause", "found"), [(9 * MINUTE, 1), (10 * MINUTE, 0)])
def test_who_asks_again_later_has_not_learned_that_the_name_is_gone(pause: int, found: int) -> None:
    again = [row for i, name in enumerate(NAMES) for row in (asked(name, i * 840), asked(name, i * 840 + pause))]
    assert len(score(again)) == found


def test_a_name_remembered_from_another_day_was_asked_for_again() -> None:
    before = one_by_one(20, start=-DAY, remembered="1")
    assert score([*before, *one_by_one(30)]) == []
    assert len(score(one_by_one(30))) == 1


def test_days_go_on_where_the_memory_ends_but_not_by_themselves() -> None:
    before = [asked(name, i * 2 * HOUR - 3 * DAY, remembered="1") for i, name in enumerate(NAMES[:27])]
    assert score(before) == []
    assert score([*before, asked(NAMES[29], 0, "guess_real")]) == []
    (found,) = score([*before, asked(NAMES[28], 0)])
    assert len(found.names) == 28


def test_names_of_a_burst_are_not_counted_again() -> None:
    burst = [asked(name, -DAY + i * MINUTE, remembered="1") for i, name in enumerate(NAMES[:15])]
    later = [asked(name, i * 12 * MINUTE) for i, name in enumerate(NAMES[15:])]
    assert score([*burst, *later]) == []


def test_names_that_exist_or_were_somebodys_do_not_count() -> None:
    rows = one_by_one(30)
    assert score([row._replace(outcome="guess_real") for row in rows[:6]] + rows[6:]) == []
    assert score([row._replace(changed=True) for row in rows[:6]] + rows[6:]) == []
    assert len(score(rows[5:])) == 1


def test_where_people_get_in_their_slips_are_no_more_than_they_are() -> None:
    rows = [row._replace(network_people=30) for row in one_by_one(30)]
    assert score(rows) == []
    assert len(score([row._replace(network_people=29) for row in rows])) == 1


def test_a_list_in_order_is_one_among_any_number_of_people() -> None:
    rows = [asked(name, i * 12 * MINUTE, network_people="500") for i, name in enumerate(sorted(NAMES))]
    assert len(score(rows)) == 1


def test_no_ticket_beside_it_is_its_success() -> None:
    (found,) = score([*one_by_one(30), asked("mona.dahl", 2 * HOUR, "success"), asked(NAMES[0], HOUR, "success")])
    assert (found.success_users, found.valid_found) == ([], [])


def test_a_weaker_burst_gives_way_to_it() -> None:
    burst = [asked(f"desk{i}.hall", 20 * HOUR + i * 4 * MINUTE) for i in range(10)]
    (found,) = score([*one_by_one(30), *burst])
    assert len(found.names) == 30


def test_what_is_remembered_makes_no_burst() -> None:
    assert score([*one_by_one(20, every=MINUTE, remembered="1"), asked("mona.dahl", HOUR)]) == []


def test_packing_keeps_what_is_remembered() -> None:
    packed = PackedActivities()
    for remembered in ("1", "0"):
        packed.add(HOST, asked("nils.holm", 0, remembered=remembered))
    assert [activity.remembered for activity in packed.take(HOST)] == [True, False]
