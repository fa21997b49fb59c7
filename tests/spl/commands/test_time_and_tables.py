"""bin, chart, timechart, top, rare: buckets and tables. Rules: Search Reference, each command's page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

MIDNIGHT = 1577836800  # 2020-01-01T00:00:00Z, a Wednesday
EVENTS = [
    {"_time": str(MIDNIGHT), "host": "a", "v": "1"},
    {"_time": str(MIDNIGHT + 600), "host": "b", "v": "2"},
    {"_time": str(MIDNIGHT + 7200), "host": "a", "v": "3"},
    {"_time": str(MIDNIGHT + 7201), "v": "4"},
]
BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("span", "time", "zone", "expected"),
    [
        pytest.param("1h", 5399, "UTC", 3600, id="hours"),
        pytest.param("15m", 5399, "UTC", 4500, id="minutes"),
        pytest.param("2h", 7199, "UTC", 0, id="two hours count from epoch 0"),
        pytest.param("30", 59, "UTC", 30, id="a number is seconds"),
        pytest.param("100ms", "5.678", "UTC", 5.6, id="milliseconds"),
        pytest.param("1d", 3600, "UTC", 0, id="a day of UTC"),
        pytest.param("1d", 1577833200, "Europe/Berlin", 1577833200, id="a day of the user's zone"),
        pytest.param("24h", 1577833200, "Europe/Berlin", 1577750400, id="24 hours are no day"),
        pytest.param("2d", MIDNIGHT, "UTC", MIDNIGHT, id="two days count from epoch 0"),
        pytest.param("2d", MIDNIGHT + 86400, "UTC", MIDNIGHT, id="the second of two days"),
        pytest.param("1h", 1577836800, "Asia/Kolkata", 1577836800, id="hours ignore the zone"),
        pytest.param("1w@w1", MIDNIGHT, "UTC", MIDNIGHT - 2 * 86400, id="a week from Monday"),
        pytest.param("1w@w0", MIDNIGHT, "UTC", MIDNIGHT - 3 * 86400, id="a week from Sunday"),
        pytest.param("1mon", MIDNIGHT + 40 * 86400, "UTC", MIDNIGHT + 31 * 86400, id="a month"),
        pytest.param("3mon", MIDNIGHT + 40 * 86400, "UTC", MIDNIGHT, id="three months"),
        pytest.param("1q", MIDNIGHT + 100 * 86400, "UTC", MIDNIGHT + 91 * 86400, id="a quarter"),
        pytest.param("1y", MIDNIGHT + 100 * 86400, "UTC", MIDNIGHT, id="a year"),
        pytest.param("1h aligntime=900", 3600, "UTC", 900, id="aligned to an epoch"),
        pytest.param("1d aligntime=900", 86400 + 5, "UTC", 86400, id="days ignore aligntime"),
    ],
)
def test_bin_of_time_gives_the_start_of_the_bucket(rows_of, span, time, zone, expected):
    assert rows_of(f"bin _time span={span}", [{"_time": time}], tz=ZoneInfo(zone)) == [{"_time": expected}]


def test_bin_aligned_to_the_earliest_time(rows_of):
    assert rows_of("bin _time span=1h aligntime=earliest", [{"_time": 5000}], earliest=100.0) == [{"_time": 3700}]


@pytest.mark.parametrize(
    ("query", "value", "expected"),
    [
        pytest.param("bin n span=10", "25", "20-30", id="whole numbers"),
        pytest.param("bin span=10 n", "30", "30-40", id="the lower edge belongs to the bin; the option first"),
        pytest.param("bin n span=0.5", "1", "1.0-1.5", id="as many decimals as the span has"),
        pytest.param("bin n span=0.1", "0.3", "0.3-0.4", id="decimals are exact"),
        pytest.param("bin n span=1", "-0.5", "-1-0", id="below zero"),
        pytest.param("bin n span=10", "x", "x", id="no number"),
        pytest.param("bin n span=1000", "1e4", "10000-11000", id="no exponent"),
        pytest.param("bucket n span=10", "5", "0-10", id="bucket"),
        pytest.param("bin n span=10", ["5", "15"], ["0-10", "10-20"], id="each value of a multivalue field"),
    ],
)
def test_bin_of_numbers_gives_the_range(rows_of, query, value, expected):
    assert rows_of(query, [{"n": value}]) == [{"n": expected}]


def test_bin_with_another_name_keeps_the_field(rows_of):
    assert rows_of("bin n span=10 AS b", [{"n": "25"}, {"m": "1"}]) == [{"n": "25", "b": "20-30"}, {"m": "1"}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "timechart span=1h count",
            [{"count": 2}, {"count": 0}, {"count": 2}],
            id="an empty bucket counts 0",
        ),
        pytest.param("timechart count span=1h", [{"count": 2}, {"count": 0}, {"count": 2}], id="the span behind"),
        pytest.param(
            "timechart span=1h avg(v) AS a", [{"a": 1.5}, {}, {"a": 3.5}], id="an empty bucket has no average"
        ),
        pytest.param(
            "timechart span=1h cont=f count", [{"count": 2}, {"count": 2}], id="cont=f leaves empty buckets out"
        ),
        pytest.param(
            "timechart span=1h count BY host",
            [{"a": 1, "b": 1, "NULL": 0}, {"a": 0, "b": 0, "NULL": 0}, {"a": 1, "b": 0, "NULL": 1}],
            id="a column per value, NULL for rows without",
        ),
        pytest.param(
            "timechart span=1h count BY host usenull=f",
            [{"a": 1, "b": 1}, {"a": 0, "b": 0}, {"a": 1, "b": 0}],
            id="usenull=f",
        ),
        pytest.param(
            "timechart span=1h limit=1 sum(v) AS s BY host usenull=f",
            [{"a": 1, "OTHER": 2}, {}, {"a": 3}],
            id="the highest sum keeps its column",
        ),
        pytest.param(
            "timechart span=1h sum(v) BY host usenull=f limit=bottom1 useother=f",
            [{"b": 2}, {}, {}],
            id="the lowest, without OTHER",
        ),
        pytest.param(
            "timechart span=1h count sum(v) AS s BY host usenull=f limit=1 otherstr=rest",
            [
                {"count: a": 1, "count: rest": 1, "s: a": 1, "s: rest": 2},
                {"count: a": 0, "count: rest": 0},
                {"count: a": 1, "count: rest": 0, "s: a": 3},
            ],
            id="several functions name their columns",
        ),
        pytest.param(
            "timechart span=30m per_hour(v) AS h | head 1",
            [{"h": 6}],
            id="per_hour divides by the length of the bucket",
        ),
        pytest.param("timechart span=1h values(host) AS h", [{"h": ["a", "b"]}, {}, {"h": "a"}], id="values"),
    ],
)
def test_timechart(rows_of, query, expected):
    made = rows_of(query, EVENTS)
    times = [row.pop("_time") for row in made]
    assert made == expected
    assert times[0] == MIDNIGHT


def test_timechart_of_nothing_is_nothing(rows_of):
    assert rows_of("timechart span=1h count", []) == []


def test_timechart_covers_the_range_of_the_search(rows_of):
    made = rows_of("timechart span=1h count", EVENTS[:1], earliest=MIDNIGHT - 3600.0, latest=MIDNIGHT + 7200.0)
    assert made == [{"_time": MIDNIGHT + 3600 * hour, "count": int(hour == 0)} for hour in (-1, 0, 1)]
    narrow = rows_of("timechart span=1h fixedrange=f count", EVENTS[:1], earliest=1.0, latest=2.0)
    assert narrow == [{"_time": MIDNIGHT, "count": 1}]


@pytest.mark.parametrize(
    ("hours", "length"),
    [
        pytest.param(0.25, 10, id="15 minutes: 10 seconds"),
        pytest.param(1, 60, id="60 minutes: 1 minute"),
        pytest.param(4, 300, id="4 hours: 5 minutes"),
        pytest.param(24, 1800, id="24 hours: 30 minutes"),
        pytest.param(24 * 7, 86400, id="7 days: 1 day"),
        pytest.param(24 * 30, 86400, id="30 days: 1 day"),
    ],
)
def test_timechart_chooses_the_span_of_the_range(rows_of, hours, length):
    made = rows_of("timechart count", [{"_time": MIDNIGHT}], earliest=float(MIDNIGHT), latest=MIDNIGHT + hours * 3600.0)
    assert made[1]["_time"] - made[0]["_time"] == length


def test_timechart_days_follow_the_clock_change_of_the_zone(rows_of):
    spring = 1585436400  # 2020-03-29T00:00:00+01:00, a day of 23 hours in Berlin
    rows = [{"_time": spring}, {"_time": spring + 23 * 3600}]
    made = rows_of("timechart span=1d count", rows, tz=BERLIN)
    assert made == [{"_time": spring, "count": 1}, {"_time": spring + 23 * 3600, "count": 1}]


def test_a_column_that_would_be_internal_is_called_value(rows_of):
    rows = [{"_time": MIDNIGHT, "i": "_audit"}]
    assert rows_of("timechart span=1h count BY i", rows) == [{"_time": MIDNIGHT, "VALUE_audit": 1}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "chart count OVER host BY v",
            [{"host": "a", "1": 1, "2": 0, "3": 1}, {"host": "b", "1": 0, "2": 1, "3": 0}],
            id="over and by",
        ),
        pytest.param(
            "chart count BY host v",
            [{"host": "a", "1": 1, "2": 0, "3": 1}, {"host": "b", "1": 0, "2": 1, "3": 0}],
            id="by two fields",
        ),
        pytest.param("chart count BY host", [{"host": "a", "count": 2}, {"host": "b", "count": 1}], id="by one field"),
        pytest.param(
            "chart sum(v) AS s OVER host", [{"host": "a", "s": 4}, {"host": "b", "s": 2}], id="over one field"
        ),
        pytest.param(
            "chart count BY v span=2",
            [{"v": "0-2", "count": 1}, {"v": "2-4", "count": 2}, {"v": "4-6", "count": 1}],
            id="a span of the row field",
        ),
        pytest.param("chart count", [{"count": 4}], id="no field"),
        pytest.param(
            "chart limit=1 count BY host v useother=f", [{"host": "a", "1": 1}, {"host": "b", "1": 0}], id="limit"
        ),
        pytest.param(
            "chart count dc(v) AS d BY v host usenull=f",
            [
                {"v": "1", "count: a": 1, "count: b": 0, "d: a": 1, "d: b": 0},
                {"v": "2", "count: a": 0, "count: b": 1, "d: a": 0, "d: b": 1},
                {"v": "3", "count: a": 1, "count: b": 0, "d: a": 1, "d: b": 0},
            ],
            id="several functions",
        ),
    ],
)
def test_chart(rows_of, query, expected):
    assert rows_of(query, EVENTS) == expected


def test_a_score_of_several_functions_is_how_often_a_value_occurs(rows_of):
    rows = [{"k": "r", "s": "often", "v": "1"}] * 3 + [{"k": "r", "s": "seldom", "v": "99"}]
    made = rows_of("chart limit=1 max(v) AS m sum(v) AS s BY k s", rows)
    assert made == [{"k": "r", "m: often": "1", "s: often": 3, "m: OTHER": "99", "s: OTHER": 99}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "top v",
            [{"v": "x", "count": 3, "percent": "60.000000"}, {"v": "y", "count": 2, "percent": "40.000000"}],
            id="top",
        ),
        pytest.param("top 1 v showperc=f", [{"v": "x", "count": 3}], id="a number, no percentage"),
        pytest.param("top limit=1 v showcount=f", [{"v": "x", "percent": "60.000000"}], id="limit, no count"),
        pytest.param("top v countfield=n percentfield=p limit=1", [{"v": "x", "n": 3, "p": "60.000000"}], id="names"),
        pytest.param(
            "top limit=1 useother=t v",
            [{"v": "x", "count": 3, "percent": "60.000000"}, {"v": "OTHER", "count": 2, "percent": "40.000000"}],
            id="useother",
        ),
        pytest.param(
            "rare v",
            [{"v": "y", "count": 2, "percent": "40.000000"}, {"v": "x", "count": 3, "percent": "60.000000"}],
            id="rare",
        ),
        pytest.param(
            "top v BY g",
            [
                {"g": "1", "v": "x", "count": 2, "percent": "66.666667"},
                {"g": "1", "v": "y", "count": 1, "percent": "33.333333"},
                {"g": "2", "v": "x", "count": 1, "percent": "50.000000"},
                {"g": "2", "v": "y", "count": 1, "percent": "50.000000"},
            ],
            id="by a field",
        ),
        pytest.param("top v g limit=1", [{"v": "x", "g": "1", "count": 2, "percent": "40.000000"}], id="combinations"),
    ],
)
def test_top_and_rare(rows_of, query, expected):
    rows = [{"v": v, "g": g} for v, g in [("x", "1"), ("y", "1"), ("x", "2"), ("x", "1"), ("y", "2")]] + [{"g": "1"}]
    made = rows_of(query, rows)
    assert {row.pop("_tc") for row in made} <= {5, 3, 2}
    assert made == expected
