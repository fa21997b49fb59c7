"""Data on its way into an index: line breaking, truncation, timestamps, indexes that do not exist."""

from __future__ import annotations

import pytest
from knowledge.fixture_apps import NOW, AddApp

from lab.splunk.conf.files import ConfError, UnsupportedConf
from lab.splunk.index.events import StoredEvent
from lab.splunk.spl.environment import IndexScope
from lab.splunk.stand_in import StandIn

DAY = 86400


def index_with(splunk: StandIn, props: dict[str, str], raw: str, **fields: object) -> list[StoredEvent]:
    splunk.set_local("props", "st", {"SHOULD_LINEMERGE": "false", "DATETIME_CONFIG": "CURRENT", **props})
    return splunk.index.add(raw, sourcetype="st", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("breaker", "raw", "events"),
    [
        pytest.param(None, "a\nb\r\n\nc\n", ["a", "b", "c"], id="a line is an event"),
        pytest.param(r"([\r\n]+)(?=\{)", '{"a":\n1}\n{"b":2}', ['{"a":\n1}', '{"b":2}'], id="only in front of a brace"),
        pytest.param(r"\}(,)\{", '{"a":1},{"b":2}', ['{"a":1}', '{"b":2}'], id="the text around the group stays"),
        pytest.param(r"end(\n)begin|(begin2)", "x end\nbegin y begin2 z", ["x end", "begin y ", " z"], id="branches"),
        pytest.param(r"(?=<Event)()", "<Event>1</Event><Event>2</Event>", ["<Event>1</Event>", "<Event>2</Event>"],
                     id="an empty group"),
    ],
)  # fmt: skip
def test_line_breaking(splunk: StandIn, breaker: str | None, raw: str, events: list[str]) -> None:
    props = {} if breaker is None else {"LINE_BREAKER": breaker}
    assert [event.raw for event in index_with(splunk, props, raw)] == events


def test_a_whole_event_is_not_broken(splunk: StandIn) -> None:
    assert [event.raw for event in index_with(splunk, {}, "a\nb", whole=True)] == ["a\nb"]


def test_line_merging_is_refused_when_there_are_lines_to_merge(splunk: StandIn) -> None:
    assert len(index_with(splunk, {"SHOULD_LINEMERGE": "true"}, "one line\n")) == 1
    with pytest.raises(UnsupportedConf, match="SHOULD_LINEMERGE"):
        splunk.index.add("two\nlines", sourcetype="st")


@pytest.mark.parametrize(
    ("truncate", "raw", "stored"),
    [
        pytest.param(None, "x" * 10_000, "x" * 10_000, id="10,000 bytes fit"),
        pytest.param(None, "x" * 10_001, "x" * 10_000, id="10,001 do not"),
        pytest.param("4", "aéé", "aé", id="not inside a character"),
        pytest.param("5", "aéé", "aéé", id="bytes, not characters"),
        pytest.param("0", "x" * 20_000, "x" * 20_000, id="0 never cuts"),
    ],
)
def test_truncation_warns(splunk: StandIn, truncate: str | None, raw: str, stored: str) -> None:
    events = index_with(splunk, {} if truncate is None else {"TRUNCATE": truncate}, raw, source="s", host="h")
    assert events[0].raw == stored
    warnings = [message.text for message in splunk.index.messages]
    if stored == raw:
        assert warnings == []
    else:
        assert warnings == [
            f"Truncating line because limit of {truncate or 10_000} bytes has been exceeded with a line length >= "
            f'{len(raw.encode())} - data_source="s", data_host="h", data_sourcetype="st"'
        ]


TIME_CASES = [
    pytest.param("%Y-%m-%dT%H:%M:%S", "", "2025-12-31T23:00:00", 1767222000, id="no zone is UTC"),
    pytest.param("%Y-%m-%dT%H:%M:%S", "UTC", "2025-12-31T23:00:00Z rest", 1767222000, id="text behind it is left"),
    pytest.param("%Y-%m-%dT%H:%M:%S", "Europe/Berlin", "2025-12-31T23:00:00", 1767218400, id="TZ"),
    pytest.param(
        "%Y-%m-%dT%H:%M:%S%z", "Europe/Berlin", "2025-12-31T23:00:00-0230", 1767231000, id="a zone in the text wins"
    ),
    pytest.param("%Y-%m-%dT%H:%M:%S%:z", "", "2025-12-31T23:00:00+01:00", 1767218400, id="zone with a colon"),
    pytest.param("%Y-%m-%dT%H:%M:%S%Z", "", "2025-12-31T23:00:00Z", 1767222000, id="Z"),
    pytest.param("%Y-%m-%dT%H:%M:%S.%3NZ", "", "2025-12-31T23:00:00.250Z", 1767222000.25, id="milliseconds"),
    pytest.param("%Y-%m-%dT%H:%M:%S.%6N", "", "2025-12-31T23:00:00.000125Z", 1767222000.000125, id="microseconds"),
    pytest.param("%Y-%m-%dT%H:%M:%S.%7N", "", "2025-12-31T23:00:00.1250000Z", 1767222000.125, id="seven digits"),
    pytest.param("%Y-%m-%dT%H:%M:%S.%9N", "", "2025-12-31T23:00:00.5", 1767222000.5, id="fewer digits than said"),
    pytest.param("%s", "", "1767222000", 1767222000, id="epoch"),
    pytest.param("%s.%3N", "", "1767222000.125", 1767222000.125, id="epoch with milliseconds"),
    pytest.param("%m/%d/%Y %I:%M:%S %p", "", "12/31/2025 11:00:00 PM", 1767222000, id="twelve hours"),
    pytest.param("%b %d %Y %T", "", "Dec 31 2025 23:00:00", 1767222000, id="month name"),
    pytest.param("%F %T", "", "2025-12-31 23:00:00", 1767222000, id="composed variables"),
]


@pytest.mark.parametrize(("form", "zone", "raw", "epoch"), TIME_CASES)
def test_time_format(splunk: StandIn, form: str, zone: str, raw: str, epoch: float) -> None:
    events = index_with(splunk, {"DATETIME_CONFIG": "", "TIME_FORMAT": form, "TZ": zone}, raw)
    assert events[0].time == pytest.approx(epoch, abs=1e-7)
    assert isinstance(events[0].time, int) == float(epoch).is_integer()
    assert splunk.index.messages == []


JSON_TIME = {"DATETIME_CONFIG": "", "TIME_PREFIX": r'"CreationTime":\s*"', "TIME_FORMAT": "%Y-%m-%dT%H:%M:%S"}


@pytest.mark.parametrize(
    ("props", "raw", "read"),
    [
        pytest.param({}, '{"CreationTime": "2025-12-31T23:00:00"}', True, id="behind the prefix"),
        pytest.param({}, '{"Id": "' + "x" * 9_000 + '", "CreationTime":"2025-12-31T23:00:00"}', True,
                     id="the prefix may be far in"),
        pytest.param({"MAX_TIMESTAMP_LOOKAHEAD": "10"}, '{"CreationTime":"2025-12-31T23:00:00"}', False,
                     id="lookahead is counted from the prefix"),
        pytest.param({"MAX_TIMESTAMP_LOOKAHEAD": "19"}, '{"CreationTime":"2025-12-31T23:00:00"}', True,
                     id="a lookahead that is just enough"),
        pytest.param({}, '{"CreatedOn":"2025-12-31T23:00:00"}', False, id="no prefix, no time"),
        pytest.param({}, '{"CreationTime":"2025-02-30T23:00:00"}', False, id="a day that does not exist"),
        pytest.param({}, '{"CreationTime":"2020-07-09T23:00:00"}', False, id="older than MAX_DAYS_AGO"),
        pytest.param({"MAX_DAYS_AGO": "10000"}, '{"CreationTime":"2020-07-09T23:00:00"}', True, id="MAX_DAYS_AGO"),
        pytest.param({}, '{"CreationTime":"2026-01-02T23:00:00"}', True, id="within MAX_DAYS_HENCE"),
        pytest.param({}, '{"CreationTime":"2026-01-03T00:00:01"}', False, id="beyond MAX_DAYS_HENCE"),
    ],
)  # fmt: skip
def test_where_the_time_is_looked_for(splunk: StandIn, props: dict[str, str], raw: str, read: bool) -> None:
    event = index_with(splunk, {**JSON_TIME, **props}, raw)[0]
    assert (event.time != NOW) is read
    assert (event.timestamp is not None) is read
    assert any("Failed to parse timestamp" in message.text for message in splunk.index.messages) is not read


def test_a_time_that_cannot_be_read_is_that_of_the_event_before(splunk: StandIn) -> None:
    splunk.set_local("props", "st", {"SHOULD_LINEMERGE": "false", **JSON_TIME})
    raw = '{"CreationTime":"2025-12-31T23:00:00"}\n{"none": 1}'
    assert [event.time for event in splunk.index.add(raw, sourcetype="st", source="a")] == [1767222000, 1767222000]
    assert [event.time for event in splunk.index.add("{}", sourcetype="st", source="b")] == [NOW], "another source"


@pytest.mark.parametrize("mode", ["CURRENT", "NONE"])
def test_datetime_config_switches_reading_off(splunk: StandIn, mode: str) -> None:
    event = index_with(splunk, {**JSON_TIME, "DATETIME_CONFIG": mode}, '{"CreationTime":"2025-12-31T23:00:00"}')[0]
    assert (event.time, event.indextime) == (NOW, NOW)


def test_a_given_time_is_taken_and_the_text_is_not_read(splunk: StandIn) -> None:
    event = index_with(
        splunk, JSON_TIME, '{"CreationTime":"2025-12-31T23:00:00"}', time=NOW - 5.0, indextime=NOW + 7.9
    )[0]
    assert (event.time, event.indextime) == (NOW - 5, NOW + 7)


@pytest.mark.parametrize(
    ("props", "words"),
    [
        pytest.param({"DATETIME_CONFIG": ""}, "no TIME_FORMAT", id="guessing the format"),
        pytest.param({"DATETIME_CONFIG": "", "TIME_FORMAT": "%Y %j"}, "%j", id="variable of the format"),
        pytest.param({"DATETIME_CONFIG": "", "TIME_FORMAT": "%H:%M:%S"}, "without a date", id="format without a date"),
        pytest.param({"DATETIME_CONFIG": "", "TIME_FORMAT": "%b %d %T"}, "without a year", id="format without a year"),
        pytest.param({"ANNOTATE_PUNCT": "false"}, "ANNOTATE_PUNCT", id="punct switched off"),
        pytest.param({"TRANSFORMS-x": "t"}, "TRANSFORMS-x", id="TRANSFORMS"),
        pytest.param({"SEDCMD-x": "s/a/b/"}, "SEDCMD-x", id="SEDCMD"),
        pytest.param({"INDEXED_EXTRACTIONS": "json"}, "INDEXED_EXTRACTIONS", id="indexed extractions"),
    ],
)
def test_what_is_not_carried_out_is_refused(splunk: StandIn, props: dict[str, str], words: str) -> None:
    with pytest.raises(UnsupportedConf, match=words):
        index_with(splunk, props, "x")


@pytest.mark.parametrize(
    ("props", "words"),
    [
        pytest.param({"LINE_BREAKER": "(["}, "LINE_BREAKER", id="broken expression"),
        pytest.param({"LINE_BREAKER": "\\n"}, "capturing group", id="no group"),
        pytest.param({"TIME_PREFIX": "("}, "TIME_PREFIX", id="prefix"),
        pytest.param({"TZ": "Mars/Olympus"}, "not a time zone", id="zone"),
        pytest.param({"MAX_DAYS_AGO": "many"}, "MAX_DAYS_AGO", id="number"),
        pytest.param({"TRUNCATE": "long"}, "TRUNCATE", id="truncate"),
    ],
)
def test_what_is_wrong_is_named(splunk: StandIn, props: dict[str, str], words: str) -> None:
    with pytest.raises(ConfError, match=words):
        index_with(splunk, props, "x")


def test_index_time_settings_come_from_the_global_context(splunk: StandIn, add_app: AddApp) -> None:
    """An app that exports nothing still decides how its sourcetype is indexed."""
    add_app("TA-private", {"default/props.conf": "[st]\nSHOULD_LINEMERGE = false\nTIME_FORMAT = %s\nTRUNCATE = 15\n"})
    event = splunk.index.add("1767222000 abcdefghij", sourcetype="st")[0]
    assert (event.time, event.raw) == (1767222000, "1767222000 abcd")


@pytest.mark.parametrize("index", ["nowhere", "MAIN"])
def test_an_index_that_does_not_exist_loses_the_event_with_a_message(splunk: StandIn, index: str) -> None:
    assert index_with(splunk, {}, "x", index=index) == []
    assert [(message.level, f"index={index}" in message.text) for message in splunk.index.messages] == [("ERROR", True)]
    assert splunk.index.count() == 0


@pytest.mark.parametrize("index", ["main", "summary", "_internal"])
def test_indexes_of_a_new_installation(splunk: StandIn, index: str) -> None:
    assert len(index_with(splunk, {}, "x", index=index)) == 1


def test_indexes_can_be_made(splunk: StandIn, add_app: AddApp) -> None:
    splunk.index.create("made")
    add_app("AA", {"default/indexes.conf": "[configured]\n[off]\ndisabled = 1\n[volume:v]\npath = /x\n"})
    assert {"made", "configured", "main"} <= splunk.index.names()
    assert not {"off", "volume:v"} & splunk.index.names()


# reading


def read(splunk: StandIn, **scope: object) -> list[str]:
    bounds = {"earliest": 0, "latest": float("inf"), **scope}
    visible_at = bounds.pop("visible_at", None)
    wanted = IndexScope(**bounds)  # type: ignore[arg-type]
    found = splunk.index.read(
        wanted, default_indexes=["main"], allowed=lambda name: True, visible_at=visible_at  # type: ignore[arg-type]
    )  # fmt: skip
    return [event.raw for event in found]


@pytest.fixture
def filled(splunk: StandIn) -> StandIn:
    for raw, time, sourcetype, index, host, late in [
        ("c", 300, "one", "main", "h1", 0),
        ("a", 100, "one", "main", "h1", 0),
        ("b", 200, "two", "main", "h2", 500),
        ("b2", 200, "one", "main", "h2", 0),
        ("s", 150, "one", "summary", "h1", 0),
        ("i", 160, "one", "_internal", "h1", 0),
    ]:
        splunk.index.add(
            raw, time=time, indextime=time + late, sourcetype=sourcetype, index=index, host=host, source=raw
        )
    return splunk


@pytest.mark.parametrize(
    ("scope", "events"),
    [
        pytest.param({}, ["c", "b2", "b", "a"], id="newest first, of one time the last arrived first"),
        pytest.param({"earliest": 200}, ["c", "b2", "b"], id="earliest is inside"),
        pytest.param({"latest": 200}, ["a"], id="latest is outside"),
        pytest.param({"indexes": frozenset({"summary"})}, ["s"], id="a named index"),
        pytest.param(
            {"indexes": frozenset({"*"})}, ["c", "b2", "b", "s", "a"], id="a star leaves internal indexes out"
        ),
        pytest.param({"indexes": frozenset({"_*"})}, ["i"], id="internal indexes by their own pattern"),
        pytest.param({"indexes": frozenset({"*", "_*"})}, ["c", "b2", "b", "i", "s", "a"], id="everything"),
        pytest.param({"sourcetypes": frozenset({"TWO"})}, ["b"], id="sourcetype, any case"),
        pytest.param({"sourcetypes": frozenset({"t*", "none"})}, ["b"], id="sourcetype pattern"),
        pytest.param({"hosts": frozenset({"h2"})}, ["b2", "b"], id="host"),
        pytest.param({"sources": frozenset({"a", "c"})}, ["c", "a"], id="source"),
        pytest.param({"visible_at": 300}, ["c", "b2", "a"], id="late events do not exist yet"),
        pytest.param({"index_earliest": 250, "index_latest": 701}, ["c", "b"], id="by time of arrival"),
    ],
)
def test_reading(filled: StandIn, scope: dict[str, object], events: list[str]) -> None:
    assert read(filled, **scope) == events


def test_events_that_arrive_out_of_order_are_sorted(splunk: StandIn) -> None:
    for time in (5, 1, 4, 2, 3):
        splunk.index.add(str(time), time=time)
    assert read(splunk) == ["5", "4", "3", "2", "1"]
    splunk.index.add("2.5", time=2.5)
    assert read(splunk, earliest=2, latest=3) == ["2.5", "2"]
