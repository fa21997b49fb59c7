"""Time modifiers, spans, strftime and strptime."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.splunk.spl.time_format import FormatError, strftime, strptime
from lab.splunk.spl.times import Span, parse_span, relative_time, snap, time_of

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
NOW = 1577880000  # Wednesday 2020-01-01 12:00:00 UTC

MODIFIERS = [
    pytest.param("now", NOW, id="now"),
    pytest.param("-5m", NOW - 300, id="m is minute"),
    pytest.param("-1mon", 1575201600, id="mon is month"),
    pytest.param("-1h@h", NOW - 3600, id="hour, snapped"),
    pytest.param("@d", 1577836800, id="start of the day"),
    pytest.param("-1d@d", 1577750400, id="start of yesterday"),
    pytest.param("-d@d", 1577750400, id="the amount 1 may be left out"),
    pytest.param("@w0", 1577577600, id="Sunday"),
    pytest.param("@w", 1577577600, id="week snaps to Sunday"),
    pytest.param("@w7", 1577577600, id="w7 is Sunday too"),
    pytest.param("@w1", 1577664000, id="Monday"),
    pytest.param("@w3", 1577836800, id="Wednesday, today"),
    pytest.param("@w4", 1577318400, id="Thursday, of last week"),
    pytest.param("@mon", 1577836800, id="month"),
    pytest.param("@q", 1577836800, id="quarter"),
    pytest.param("@y", 1577836800, id="year"),
    pytest.param("-1y@y", 1546300800, id="last year"),
    pytest.param("-1q@q", 1569888000, id="last quarter"),
    pytest.param("-1d@d+3h", 1577761200, id="steps from left to right"),
    pytest.param("+90sec", NOW + 90, id="into the future"),
    pytest.param("-2hours", NOW - 7200, id="long unit name"),
    pytest.param("-500ms", NOW - 0.5, id="milliseconds"),
    pytest.param("-5x", None, id="unknown unit"),
    pytest.param("5m", None, id="no sign"),
    pytest.param("-5", None, id="no unit"),
    pytest.param("@d1", None, id="a day number behind a unit that has none"),
    pytest.param("@w8", None, id="no such day"),
    pytest.param("yesterday", None, id="words"),
    pytest.param("-99999999y", None, id="before the calendar"),
]


@pytest.mark.parametrize(("modifier", "expected"), MODIFIERS)
def test_modifier_moves_the_time(modifier: str, expected: float | None) -> None:
    assert relative_time(NOW, modifier, UTC) == expected


ZONES = [
    # 2020-03-29 02:00 CET became 03:00 CEST.
    pytest.param(1585476000, "-1d", BERLIN, 1585393200, id="a day over the change is 23 hours"),
    pytest.param(1585476000, "-24h", BERLIN, 1585389600, id="24 hours are 24 hours"),
    pytest.param(1585476000, "@d", BERLIN, 1585436400, id="midnight before the change"),
    pytest.param(1585476000, "@h", KATHMANDU, 1585473300, id="an hour of a zone with 45 minutes"),
    pytest.param(1580428800, "+1mon", UTC, 1582934400, id="31 January plus a month is the last of February"),
    pytest.param(1585476000.25, "-1d", BERLIN, 1585393200.25, id="fractions stay"),
]


@pytest.mark.parametrize(("epoch", "modifier", "zone", "expected"), ZONES)
def test_calendar_units_follow_the_zone(epoch: float, modifier: str, zone: ZoneInfo, expected: float) -> None:
    assert relative_time(epoch, modifier, zone) == expected


BOUNDS = [
    pytest.param("1577836800", 1577836800, id="epoch"),
    pytest.param("1577836800.5", 1577836800.5, id="epoch with a fraction"),
    pytest.param("0", 0, id="zero"),
    pytest.param("11/5/2019:20:00:00", 1572984000, id="exact time"),
    pytest.param("11/5/2019", 1572912000, id="exact day"),
    pytest.param("2020-01-01T02:00:00+02:00", 1577836800, id="ISO 8601 with an offset"),
    pytest.param("-1d@d", 1577750400, id="modifier"),
    pytest.param("", None, id="empty"),
    pytest.param("13/45/2019", None, id="no such day"),
]


@pytest.mark.parametrize(("words", "expected"), BOUNDS)
def test_bound_of_a_search(words: str, expected: float | None) -> None:
    assert time_of(words, NOW, UTC) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("5m", Span(5, "m"), id="minutes"),
        pytest.param("1mon", Span(1, "mon"), id="month"),
        pytest.param("2hours", Span(2, "h"), id="long name"),
        pytest.param("0m", None, id="nothing"),
        pytest.param("m", None, id="no amount"),
        pytest.param("5", None, id="no unit"),
    ],
)
def test_span(words: str, expected: Span | None) -> None:
    assert parse_span(words) == expected


@given(
    st.integers(0, 4_000_000_000),
    st.sampled_from(["s", "m", "h", "d", "w", "mon", "q", "y"]),
    st.sampled_from([UTC, BERLIN, KATHMANDU, ZoneInfo("America/New_York")]),
)
def test_snapping_is_a_floor_that_stays(epoch: int, unit: str, zone: ZoneInfo) -> None:
    snapped = snap(epoch, unit, zone)
    assert snapped <= epoch
    assert snap(snapped, unit, zone) == snapped


WRITTEN = [
    pytest.param("%Y-%m-%dT%H:%M:%S.%Q", "2020-01-01T12:00:00.123", id="milliseconds"),
    pytest.param("%3N %6N %9N %N", "123 123456 123456000 123456000", id="subseconds"),
    pytest.param("%6Q %f", "123456 123456", id="microseconds"),
    pytest.param("%a %A %b %B", "Wed Wednesday Jan January", id="names"),
    pytest.param("%e|%k|%I %p", " 1|12|12 PM", id="blanks instead of zeros"),
    pytest.param("%y %C %G %g %V %U %w %j", "20 20 2020 20 01 00 3 001", id="weeks and years"),
    pytest.param("%F %T %X %x", "2020-01-01 12:00:00 12:00:00 01/01/2020", id="combined"),
    pytest.param("%c", "Wed Jan  1 12:00:00 2020", id="%c"),
    pytest.param("%+", "Wed Jan  1 12:00:00 UTC 2020", id="%+"),
    pytest.param("%z %:z %::z %:::z %Ez %Z", "+0000 +00:00 +00:00:00 +00 0 UTC", id="zones"),
    pytest.param("%s 100%%", "1577880000 100%", id="epoch and percent"),
]


@pytest.mark.parametrize(("form", "expected"), WRITTEN)
def test_strftime(form: str, expected: str) -> None:
    assert strftime(NOW + 0.123456, form, UTC) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        pytest.param(ZoneInfo("America/New_York"), "07:00 -0500 -05:00 -300 EST", id="New York"),
        pytest.param(KATHMANDU, "17:45 +0545 +05:45 345 +0545", id="Kathmandu"),
    ],
)
def test_strftime_in_a_zone(zone: ZoneInfo, expected: str) -> None:
    assert strftime(NOW, "%H:%M %z %:z %Ez %Z", zone) == expected


READ = [
    pytest.param("2020-01-01 12:00:00", "%Y-%m-%d %H:%M:%S", NOW, id="plain"),
    pytest.param("2020-01-01T12:00:00.250Z", "%Y-%m-%dT%H:%M:%S.%QZ", NOW + 0.25, id="literal Z"),
    pytest.param("2020-01-01T12:00:00.1234567Z", "%Y-%m-%dT%H:%M:%S.%7N%Z", NOW + 0.123456, id="seven digits"),
    pytest.param("2020-01-01T14:00:00+0200", "%Y-%m-%dT%H:%M:%S%z", NOW, id="offset"),
    pytest.param("2020-01-01T14:00:00+02:00", "%Y-%m-%dT%H:%M:%S%:z", NOW, id="offset with a colon"),
    pytest.param("2020-01-01T12:00:00Z", "%Y-%m-%dT%H:%M:%S%z", NOW, id="Z as offset"),
    pytest.param("01/Jan/2020:12:00:00", "%d/%b/%Y:%H:%M:%S", NOW, id="name of the month"),
    pytest.param("Wed Jan  1 12:00:00 2020", "%c", NOW, id="%c"),
    pytest.param("1/1/20 12:00:00 PM", "%m/%d/%y %I:%M:%S %p", NOW, id="12-hour clock"),
    pytest.param("1577880000", "%s", NOW, id="epoch"),
    pytest.param("2020-001 12", "%Y-%j %H", NOW, id="day of the year"),
    pytest.param("2020-01-01 12:00:00 and more", "%Y-%m-%d %H:%M:%S", NOW, id="text behind is ignored"),
    pytest.param("12:30:00", "%H:%M:%S", NOW + 1800, id="a time alone is today"),
    pytest.param("02-01", "%m-%d", 1580515200, id="a day alone is this year"),
    pytest.param("2020-01", "%Y-%m", None, id="a month is no time"),
    pytest.param("2020-02-30", "%Y-%m-%d", None, id="no such day"),
    pytest.param("2020-01-01", "%d.%m.%Y", None, id="another format"),
    pytest.param("13:00 PM", "%I:%M %p", None, id="13 on a 12-hour clock"),
    pytest.param("2020-01-01 12:00:00 XYZ", "%Y-%m-%d %H:%M:%S %Z", None, id="unknown zone"),
]


@pytest.mark.parametrize(("words", "form", "expected"), READ)
def test_strptime(words: str, form: str, expected: float | None) -> None:
    assert strptime(words, form, UTC, NOW) == expected


@pytest.mark.parametrize("form", ["%L", "%", "%5S", "%E"])
def test_an_undocumented_variable_is_refused(form: str) -> None:
    with pytest.raises(FormatError, match="not supported"):
        strftime(0, form, UTC)


@given(st.integers(0, 4_000_000_000), st.integers(0, 999_999))
def test_a_time_survives_being_written(seconds: int, micros: int) -> None:
    form = "%Y-%m-%dT%H:%M:%S.%6N%z"
    written = strftime(seconds + micros / 1_000_000, form, BERLIN)
    found = strptime(written, form, UTC, 0)
    assert found is not None
    assert abs(found - (seconds + micros / 1_000_000)) < 2e-6
