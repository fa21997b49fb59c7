"""The times of both APIs, and what an admin types."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats import timestamps

READABLE = [
    pytest.param("2015-06-29T20:03:19", 1435608199.0, id="CreationTime, UTC without a zone"),
    pytest.param("2020-03-13T19:15:41Z", 1584126941.0, id="whole seconds"),
    pytest.param("2020-03-13T19:15:41.5Z", 1584126941.5, id="one fraction digit"),
    pytest.param("2020-03-13T19:15:41.6195833Z", 1584126941.6195833, id="seven fraction digits"),
    pytest.param("2026-03-03T11:00:00+01:00", 1772532000.0, id="offset to the east"),
    pytest.param("2026-03-03T04:30:00-0530", 1772532000.0, id="offset to the west, no colon"),
    pytest.param("2026-03-03 10:00", 1772532000.0, id="blank and minutes"),
    pytest.param("2026-03-03", 1772496000.0, id="a day"),
    pytest.param("2024-02-29T00:00:00Z", 1709164800.0, id="leap day"),
]


@pytest.mark.parametrize(("text", "expected"), READABLE)
def test_time_is_read(text: str, expected: float) -> None:
    assert timestamps.parse(text) == pytest.approx(expected, abs=1e-6)


def test_whole_seconds_are_not_rounded_up() -> None:
    text = "2026-03-03T10:00:09.9999999Z"
    assert timestamps.parse(text) == 1772532010.0, "a float cannot tell it from the second after it"
    assert timestamps.whole_seconds(text) == 1772532009


UNREADABLE = [
    "",
    "yesterday",
    "2026-02-30",
    "2026-13-01T00:00:00Z",
    "2026-01-01T25:00:00",
    "1435608199",
    "2026-01-01T1:00",
    "2026-01-01T00:00:00Zjunk",
    "٢٠٢٦-٠١-٠١",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_time_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        timestamps.parse(text)
    assert timestamps.event_time(text) == ""


EVENT_TIMES = [
    pytest.param("2015-06-29T20:03:19", "1435608199", id="whole seconds"),
    pytest.param("2020-03-13T19:15:41.6195833Z", "1584126941.619583", id="six of seven digits"),
    pytest.param("2020-03-13T19:15:41.9999999Z", "1584126941.999999", id="not rounded into the next second"),
    pytest.param("2020-03-13T19:15:41.5000000Z", "1584126941.5", id="no trailing zeros"),
    pytest.param("2020-03-13T19:15:41.0000000Z", "1584126941", id="no empty fraction"),
]


@pytest.mark.parametrize(("text", "expected"), EVENT_TIMES)
def test_event_time_carries_the_digits_over(text: str, expected: str) -> None:
    assert timestamps.event_time(text) == expected


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)))
def test_order_of_times_is_kept_whatever_their_precision(moment: datetime) -> None:
    exact = moment.replace(tzinfo=timezone.utc).timestamp()
    assert timestamps.parse(moment.isoformat() + "Z") == pytest.approx(exact, abs=1e-5)


def test_times_that_are_sent_have_no_offset() -> None:
    assert timestamps.content_time(1772532000.9) == "2026-03-03T10:00:00"
    assert timestamps.zulu(1772532000.9) == "2026-03-03T10:00:00Z"
