"""Cron schedules of saved searches."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lab.splunk.scheduler.cron import Cron, CronError

MONDAY = datetime(2026, 3, 2, tzinfo=UTC).timestamp()


def clock_times(expression: str, start: float, end: float) -> list[str]:
    times = Cron.parse(expression).times(start, end, UTC)
    return [datetime.fromtimestamp(time, UTC).strftime("%a %d %H:%M") for time in times]


@pytest.mark.parametrize(
    ("expression", "hours", "expected"),
    [
        pytest.param("*/15 * * * *", 1, ["Mon 02 00:00", "Mon 02 00:15", "Mon 02 00:30", "Mon 02 00:45"], id="a step"),
        pytest.param("3-59/20 * * * *", 1, ["Mon 02 00:03", "Mon 02 00:23", "Mon 02 00:43"], id="a step in a range"),
        pytest.param("7/25 * * * *", 1, ["Mon 02 00:07", "Mon 02 00:32", "Mon 02 00:57"], id="a step from a number"),
        pytest.param(
            "0,30 2-3 * * *", 24, ["Mon 02 02:00", "Mon 02 02:30", "Mon 02 03:00", "Mon 02 03:30"], id="lists"
        ),
        pytest.param("0 12 * * 3", 24 * 7, ["Wed 04 12:00"], id="a weekday"),
        pytest.param("0 12 * * 7", 24 * 7, ["Sun 08 12:00"], id="7 is Sunday"),
        pytest.param("0 12 * * 0", 24 * 7, ["Sun 08 12:00"], id="0 is Sunday"),
        pytest.param("0 12 5 * *", 24 * 7, ["Thu 05 12:00"], id="a day of the month"),
        pytest.param("0 12 5 * 3", 24 * 7, ["Wed 04 12:00", "Thu 05 12:00"], id="two day fields are alternatives"),
        pytest.param("0 12 5 4 *", 24 * 7, [], id="another month"),
    ],
)
def test_when_a_search_is_due(expression: str, hours: int, expected: list[str]) -> None:
    assert clock_times(expression, MONDAY, MONDAY + hours * 3600) == expected


def test_the_start_is_due_and_the_end_is_not() -> None:
    assert clock_times("* * * * *", MONDAY, MONDAY + 60) == ["Mon 02 00:00"]
    assert clock_times("* * * * *", MONDAY + 1, MONDAY + 61) == ["Mon 02 00:01"]


def test_the_wall_clock_of_the_zone_counts() -> None:
    (time,) = Cron.parse("0 9 * * *").times(MONDAY, MONDAY + 86400, ZoneInfo("Europe/Berlin"))
    assert datetime.fromtimestamp(time, UTC).hour == 8


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        pytest.param("* * * *", "has 4 fields", id="four fields"),
        pytest.param("60 * * * *", "minute '60'", id="out of range"),
        pytest.param("* * 0 * *", "day of month '0'", id="day 0"),
        pytest.param("* * * jan *", "month 'jan'", id="a name of a month"),
        pytest.param("*/0 * * * *", "minute '0'", id="a step of 0"),
        pytest.param("9-3 * * * *", "runs backwards", id="a range backwards"),
        pytest.param("1,,2 * * * *", "minute ''", id="an empty item"),
        pytest.param("\u0665 * * * *", "minute", id="a digit of another script"),
    ],
)
def test_a_wrong_expression_names_the_field(expression: str, reason: str) -> None:
    with pytest.raises(CronError, match=reason):
        Cron.parse(expression)
