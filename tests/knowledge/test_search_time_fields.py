"""Search-time fields: every kind of extraction, the order of the stages, and the limits that hide fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from knowledge.fixture_apps import EXPORT_ALL, NOW, AddApp

from lab.splunk.conf.files import UnsupportedConf
from lab.splunk.fields.event import SearchEvent
from lab.splunk.spl.environment import IndexScope
from lab.splunk.spl.errors import SearchFailure
from lab.splunk.stand_in import StandIn

EVERYTHING = IndexScope(earliest=0, latest=float("inf"))


def events(splunk: StandIn, app: str = "search") -> list[SearchEvent]:
    return list(splunk.environment(app=app).events(EVERYTHING))


def event_of(splunk: StandIn, raw: str, props: Mapping[str, str], conf: Mapping[str, str] | None = None) -> SearchEvent:
    """One event of sourcetype st, as an app with this props stanza (and these other conf files) sees it."""
    folder = splunk.home / "etc/apps/search/default"
    text = "".join(f"{key} = {value}\n" for key, value in props.items())
    (folder / "props.conf").write_text(f"[st]\n{text}", encoding="utf-8")
    for name, content in (conf or {}).items():
        (folder / f"{name}.conf").write_text(content, encoding="utf-8")
    splunk.reload()
    splunk.index.add(raw, time=NOW, sourcetype="st", source="s", host="h", whole=True)
    return events(splunk)[0]


def fields(event: SearchEvent, *names: str) -> dict[str, Any]:
    """The named fields that the event has; asked for one by one, and compared with those of the whole row."""
    row = event.row(None)
    found = {name: event.get(name) for name in names if event.get(name) is not None}
    assert found == {name: row[name] for name in names if name in row}
    return found


# EXTRACT-


@pytest.mark.parametrize(
    ("raw", "extract", "expected"),
    [
        pytest.param("user:bob x", {"EXTRACT-u": r"user:(?<u>\w+)"}, {"u": "bob"}, id="named group"),
        pytest.param("a=1 b=2", {"EXTRACT-u": r"a=(?<u>\d)\s+b=(?<v>\d)"}, {"u": "1", "v": "2"}, id="two groups"),
        pytest.param("u1 u2", {"EXTRACT-u": r"u(?<u>\d)"}, {"u": "1"}, id="first match only"),
        pytest.param("one\ntwo", {"EXTRACT-u": r"^(?<u>tw.)"}, {"u": "two"}, id="multi-line anchors"),
        pytest.param("one\ntwo", {"EXTRACT-u": r"one(?<u>.)two"}, {"u": "\n"}, id="a dot takes line breaks"),
        pytest.param("ab", {"EXTRACT-2": r"(?<u>b)", "EXTRACT-1": r"(?<u>a)"}, {"u": "a"}, id="ASCII order"),
        pytest.param("path=/x/y", {"EXTRACT-a": r"path=(?<p>\S+)", "EXTRACT-b": r"/(?<u>[^/]+)$ in p"},
                     {"p": "/x/y", "u": "y"}, id="from another field"),
        pytest.param("path=/x/y", {"EXTRACT-b": r"path=(?<p>\S+)", "EXTRACT-a": r"/(?<u>[^/]+)$ in p"},
                     {"p": "/x/y"}, id="from a field of a later class: not there yet"),
        pytest.param("x", {"EXTRACT-a": "(?<u>.) in source"}, {"u": "s"}, id="from a default field"),
        pytest.param("ab", {"EXTRACT-u": r"(?<u>a)(?<v>x)?b"}, {"u": "a"}, id="a group that took no part"),
        pytest.param("ab", {"EXTRACT-u": r"(?<u>a)(?<v>x*)b"}, {"u": "a"}, id="a group that is empty"),
        pytest.param("ab", {"EXTRACT-u": r"(?i)A(?<u>\Kb)"}, {"u": "b"}, id="what only PCRE has"),
    ],
)  # fmt: skip
def test_extract(splunk: StandIn, raw: str, extract: dict[str, str], expected: dict[str, str]) -> None:
    assert fields(event_of(splunk, raw, {"KV_MODE": "none", **extract}), "u", "v", "p") == expected


# REPORT-


@pytest.mark.parametrize(
    ("raw", "transform", "expected"),
    [
        pytest.param("a:1;b:2", r"REGEX = (\w+):(\w+)" "\nFORMAT = $1::$2", {"a": "1", "b": "2"}, id="name and value"),
        pytest.param("a:1;a:2", r"REGEX = (\w+):(\w+)" "\nFORMAT = $1::$2", {"a": "1"}, id="the first value stays"),
        pytest.param("a:1;a:2", r"REGEX = (\w+):(\w+)" "\nFORMAT = $1::$2\nMV_ADD = 1", {"a": ["1", "2"]}, id="MV_ADD"),
        pytest.param("a:1;b:2", r"REGEX = (?<_KEY_1>\w+):(?<_VAL_1>\w+)", {"a": "1", "b": "2"}, id="_KEY_ and _VAL_"),
        pytest.param("a:1;b:2", r"REGEX = (?<a>\d)", {"a": "1"}, id="named groups without FORMAT"),
        pytest.param("a:1;b:2", r"REGEX = (?<a>\d)" "\nMV_ADD = 1", {"a": ["1", "2"]}, id="named group, every match"),
        pytest.param("k=1", r"REGEX = k=(\d)" "\nFORMAT = a::$1 b::fixed", {"a": "1", "b": "fixed"}, id="fixed names"),
        pytest.param("k=1", r"REGEX = k=(\d)" '\nFORMAT = a::"two words"', {"a": "two words"}, id="quoted value"),
        pytest.param("a-x:1", r"REGEX = ([\w-]+):(\w+)" "\nFORMAT = $1::$2", {"a_x": "1"}, id="names are cleaned"),
        pytest.param("_9a:1", r"REGEX = (\w+):(\w+)" "\nFORMAT = $1::$2", {"a": "1"}, id="leading digits go"),
        pytest.param("a-x:1", r"REGEX = ([\w-]+):(\w+)" "\nFORMAT = $1::$2\nCLEAN_KEYS = 0", {"a-x": "1"}, id="raw"),
        pytest.param("a=;b=2", r"REGEX = (\w)=(\w*)" "\nFORMAT = $1::$2", {"b": "2"}, id="empty values go"),
        pytest.param("a=;b=2", r"REGEX = (\w)=(\w*)" "\nFORMAT = $1::$2\nKEEP_EMPTY_VALS = true", {"a": "", "b": "2"},
                     id="empty values kept"),
        pytest.param("x", r"REGEX = (.)" "\nSOURCE_KEY = host\nFORMAT = a::$1", {"a": "h"}, id="SOURCE_KEY"),
        pytest.param("x", r"REGEX = (.)" "\nSOURCE_KEY = none\nFORMAT = a::$1", {}, id="SOURCE_KEY that is absent"),
        pytest.param("a=1|b=2 3|c", 'DELIMS = "|", "="', {"a": "1", "b": "2 3"}, id="DELIMS for pairs"),
        pytest.param('a="1|2"|b=3', 'DELIMS = "|", "="', {"a": "1|2", "b": "3"}, id="DELIMS and quotes"),
        pytest.param(r'a="1\"2"|b=3', 'DELIMS = "|", "="', {"a": '1"2', "b": "3"}, id="DELIMS and escaped quotes"),
        pytest.param("1,,3", 'DELIMS = ","\nFIELDS = a, b, c', {"a": "1", "c": "3"}, id="DELIMS with FIELDS"),
        pytest.param("1\t2", 'DELIMS = "\\t"\nFIELDS = "a", "b"', {"a": "1", "b": "2"}, id="DELIMS tab"),
        pytest.param("a 1 b 2", 'DELIMS = " "', {"a": "1", "b": "2"}, id="DELIMS: even tokens are names"),
        pytest.param("a=1,a=2", 'DELIMS = ",", "="\nMV_ADD = true', {"a": ["1", "2"]}, id="DELIMS and MV_ADD"),
    ],
)  # fmt: skip
def test_report(splunk: StandIn, raw: str, transform: str, expected: dict[str, Any]) -> None:
    event = event_of(splunk, raw, {"KV_MODE": "none", "REPORT-x": "t"}, {"transforms": f"[t]\n{transform}\n"})
    assert fields(event, "a", "b", "c", "a_x", "a-x") == expected


def test_report_takes_transforms_in_the_order_of_its_list(splunk: StandIn) -> None:
    transforms = "[t1]\nREGEX = (a)\nFORMAT = u::$1\n[t2]\nREGEX = (b)\nFORMAT = u::$1\n"
    event = event_of(splunk, "ab", {"KV_MODE": "none", "REPORT-x": "t2, t1"}, {"transforms": transforms})
    assert fields(event, "u") == {"u": "b"}


def test_mv_add_appends_to_what_an_earlier_extraction_found(splunk: StandIn) -> None:
    transforms = "[t]\nREGEX = (b)\nFORMAT = u::$1\nMV_ADD = true\n"
    event = event_of(
        splunk, "ab", {"KV_MODE": "none", "EXTRACT-u": "(?<u>a)", "REPORT-x": "t"}, {"transforms": transforms}
    )
    assert fields(event, "u") == {"u": ["a", "b"]}


# KV_MODE json


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param('{"a":{"b":"x"},"l":[1,2]}', {"a.b": "x", "l{}": ["1", "2"]}, id="nested names and arrays"),
        pytest.param('{"l":[{"n":"x","v":1},{"n":"y"}]}', {"l{}.n": ["x", "y"], "l{}.v": "1"}, id="array of objects"),
        pytest.param('{"l":[[1,2],[3]]}', {"l{}{}": ["1", "2", "3"]}, id="array of arrays"),
        pytest.param('[{"a":1},{"a":2}]', {"{}.a": ["1", "2"]}, id="array at the top"),
        pytest.param('{"a":1.50,"b":1e3,"c":-0}', {"a": "1.50", "b": "1e3", "c": "-0"}, id="numbers as written"),
        pytest.param('{"a":true,"b":false,"c":null}', {"a": "true", "b": "false", "c": "null"}, id="words"),
        pytest.param('{"a":"","b":[],"c":{}}', {}, id="empty values make no field"),
        pytest.param('{"l":[{"n":"x","v":""},{"n":"y","v":"z"}]}', {"l{}.n": ["x", "y"], "l{}.v": "z"},
                     id="an empty value shifts a parallel multivalue"),
        pytest.param('{"a":"\\u00e9\\n\\"q\\""}', {"a": 'é\n"q"'}, id="escapes"),
        pytest.param('{"a":1,"a":2}', {"a": ["1", "2"]}, id="a name twice"),
        pytest.param('  {"a":1}', {"a": "1"}, id="leading blanks"),
        pytest.param('prefix {"a":1}', {}, id="other text is no JSON"),
        pytest.param('{"a":1,"b":"x', {"a": "1"}, id="cut in a string"),
        pytest.param('{"a":1,"b":12', {"a": "1"}, id="cut in a number"),
        pytest.param('{"a":1,"b":[1,2,', {"a": "1", "b{}": ["1", "2"]}, id="cut in an array"),
        pytest.param('{"a":1,,"b":2}', {"a": "1"}, id="malformed"),
        pytest.param('{"a":1} trailing', {"a": "1"}, id="text behind it"),
        pytest.param("", {}, id="nothing"),
    ],
)  # fmt: skip
def test_json(splunk: StandIn, raw: str, expected: dict[str, Any]) -> None:
    event = event_of(splunk, raw, {"KV_MODE": "json"})
    names = [name for name in event.row(None) if name[0] in "abcl{" and name != "linecount"]
    assert fields(event, *names) == expected


def padded(count: int) -> str:
    """A JSON event whose field `late` begins right behind `count` bytes."""
    head = '{"early":"1","pad":"'
    return head + "x" * (count - len(head) - 2) + '","late":"2"}'


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(padded(4_000), {"early": "1", "late": "2"}, id="all of it before byte 5,000"),
        pytest.param(padded(5_000), {"early": "1"}, id="behind byte 5,000"),
        pytest.param(padded(4_995), {"early": "1"}, id="across byte 5,000"),
        pytest.param(padded(2_600).replace("x", "é"), {"early": "1"}, id="bytes, not characters"),
    ],
)
def test_json_fields_behind_5000_bytes_are_lost(splunk: StandIn, raw: str, expected: dict[str, str]) -> None:
    assert fields(event_of(splunk, raw, {"KV_MODE": "json"}), "early", "late") == expected


def test_automatic_fields_behind_10240_characters_are_lost_whatever_the_cutoff(splunk: StandIn) -> None:
    splunk.set_local("limits", "spath", {"extraction_cutoff": "1000000"})
    event = event_of(splunk, padded(10_300), {"KV_MODE": "json"})
    assert fields(event, "early", "late") == {"early": "1"}


def test_automatic_extraction_makes_100_fields_at_most(splunk: StandIn) -> None:
    event = event_of(splunk, json.dumps({f"f{number}": "1" for number in range(120)}), {"KV_MODE": "json"})
    assert len(fields(event, *(f"f{number}" for number in range(120)))) == 100
    assert event.get("f99") == "1"
    assert event.get("f100") is None


def test_a_field_behind_the_limits_is_still_in_the_raw_text(splunk: StandIn) -> None:
    event = event_of(splunk, padded(12_000)[:12_500], {"KV_MODE": "json", "EXTRACT-late": '"late":"(?<late>[^"]+)'})
    assert event.get("late") is None, "TRUNCATE has cut the event at 10,000 bytes"
    splunk.index.clear()
    event = event_of(
        splunk, padded(12_000), {"KV_MODE": "json", "TRUNCATE": "0", "EXTRACT-late": '"late":"(?<late>[^"]+)'}
    )
    assert event.get("late") == "2"


# KV_MODE auto


@pytest.mark.parametrize(
    ("raw", "props", "expected"),
    [
        pytest.param("a=1 b=2", {}, {"a": "1", "b": "2"}, id="pairs"),
        pytest.param(
            'a="two words", b=2;c=3|d=4', {}, {"a": "two words", "b": "2", "c": "3", "d": "4"}, id="separators"
        ),
        pytest.param("a=1 a=2", {}, {"a": "1"}, id="the first stays"),
        pytest.param("a= b=2", {}, {"b": "2"}, id="empty values go"),
        pytest.param('a=" x "', {}, {"a": "x"}, id="outer blanks go"),
        pytest.param('a=" x "', {"KV_TRIM_SPACES": "false"}, {"a": " x "}, id="outer blanks kept"),
        pytest.param('{"a":1}', {}, {"a": "1"}, id="JSON too"),
        pytest.param('{"a":1}', {"AUTO_KV_JSON": "false"}, {}, id="no JSON"),
        pytest.param("a=1", {"KV_MODE": "none"}, {}, id="none"),
        pytest.param("a=1", {"KV_MODE": "json"}, {}, id="json alone"),
    ],
)
def test_automatic_pairs(splunk: StandIn, raw: str, props: dict[str, str], expected: dict[str, str]) -> None:
    assert fields(event_of(splunk, raw, props), "a", "b", "c", "d") == expected


# the order of the stages

ALIAS_CASES = [
    pytest.param({"FIELDALIAS-x": "a AS u"}, {"a": "1", "u": "1"}, id="AS keeps the original"),
    pytest.param({"FIELDALIAS-x": "a AS u a AS v"}, {"a": "1", "u": "1", "v": "1"}, id="two aliases"),
    pytest.param({"FIELDALIAS-x": "a AS b"}, {"a": "1", "b": "1"}, id="AS replaces"),
    pytest.param({"FIELDALIAS-x": "none AS b"}, {"a": "1"}, id="AS of nothing removes"),
    pytest.param({"FIELDALIAS-x": "a ASNEW b"}, {"a": "1", "b": "2"}, id="ASNEW keeps"),
    pytest.param({"FIELDALIAS-x": "none ASNEW b"}, {"a": "1", "b": "2"}, id="ASNEW of nothing keeps"),
    pytest.param({"FIELDALIAS-x": "a ASNEW u"}, {"a": "1", "b": "2", "u": "1"}, id="ASNEW fills"),
    pytest.param({"FIELDALIAS-x": '"d.e" AS u'}, {"a": "1", "b": "2", "u": "3"}, id="quoted name"),
    pytest.param({"FIELDALIAS-x": "host AS u"}, {"a": "1", "b": "2", "u": "h"}, id="default field"),
    pytest.param({"EVAL-u": 'a."!"'}, {"a": "1", "b": "2", "u": "1!"}, id="EVAL"),
    pytest.param({"EVAL-u": "a+1", "EVAL-a": '"x"'}, {"a": "x", "b": "2", "u": 2}, id="EVALs do not see each other"),
    pytest.param({"EVAL-a": "null()"}, {"b": "2"}, id="EVAL to null removes"),
    pytest.param(
        {"FIELDALIAS-x": "a AS u", "EVAL-v": "u"}, {"a": "1", "b": "2", "u": "1", "v": "1"}, id="EVAL sees aliases"
    ),
    pytest.param(
        {"EVAL-u": "a", "FIELDALIAS-x": "u AS v"}, {"a": "1", "b": "2", "u": "1"}, id="aliases do not see EVALs"
    ),
    pytest.param({"EVAL-u": "'d.e'"}, {"a": "1", "b": "2", "u": "3"}, id="EVAL of a name with a dot"),
    pytest.param({"EVAL-u": 'if(isnull(none),"y","n")'}, {"a": "1", "b": "2", "u": "y"}, id="EVAL of an absent field"),
]


@pytest.mark.parametrize(("props", "expected"), ALIAS_CASES)
def test_aliases_and_calculated_fields(splunk: StandIn, props: dict[str, str], expected: dict[str, Any]) -> None:
    event = event_of(splunk, '{"a":"1","b":"2","d":{"e":"3"}}', {"KV_MODE": "json", **props})
    if "b" not in expected and "FIELDALIAS-x" in props and props["FIELDALIAS-x"].startswith("a AS u"):
        expected = {**expected, "b": "2"}
    assert fields(event, "a", "b", "u", "v") == expected


def test_default_fields_can_be_calculated(splunk: StandIn) -> None:
    event = event_of(splunk, "x", {"EVAL-host": 'upper(host)."!"', "EVAL-source": "null()"})
    row = event.row(None)
    assert row["host"] == "H!"
    assert "source" not in row


def test_extraction_order_first_found_stays(splunk: StandIn) -> None:
    event = event_of(
        splunk,
        '{"u":"kv","v":"kv","w":"kv"}',
        {"KV_MODE": "json", "EXTRACT-a": '"(?<u>kv)"', "REPORT-a": "t"},
        {"transforms": "[t]\nREGEX = (k)\nFORMAT = u::$1 v::$1\n"},
    )
    assert fields(event, "u", "v", "w") == {"u": "kv", "v": "k", "w": "kv"}


LOOKUP = {"transforms": "[people]\nfilename = people.csv\n"}


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        pytest.param({"LOOKUP-x": "people user OUTPUT dept"}, {"dept": "HR", "boss": "old"}, id="OUTPUT"),
        pytest.param({"LOOKUP-x": "people user OUTPUT boss"}, {"boss": "eve"}, id="OUTPUT replaces"),
        pytest.param({"LOOKUP-x": "people user OUTPUTNEW boss dept"}, {"boss": "old", "dept": "HR"}, id="OUTPUTNEW"),
        pytest.param({"LOOKUP-x": "people user AS name OUTPUT dept AS d"}, {"d": "IT", "boss": "old"}, id="AS"),
        pytest.param({"LOOKUP-x": "people user"}, {"dept": "HR", "boss": "eve"}, id="all other fields"),
        pytest.param({"LOOKUP-x": "people user AS none OUTPUT boss"}, {"boss": "old"}, id="an absent input"),
        pytest.param({"LOOKUP-x": "people user AS other OUTPUT boss"}, {}, id="no match clears"),
        pytest.param({"EVAL-key": "lower(other)", "LOOKUP-x": "people user AS key OUTPUT dept"}, {"boss": "old"},
                     id="calculated input without a match"),
        pytest.param({"EVAL-key": '"al"', "LOOKUP-x": "people user AS key OUTPUT dept"}, {"boss": "old", "dept": "IT"},
                     id="calculated input"),
        pytest.param({"LOOKUP-1": "people user OUTPUT boss AS key", "LOOKUP-2": "people user AS key OUTPUT dept"},
                     {"boss": "old", "dept": "CEO"}, id="in the order of their class"),
        pytest.param({"lookup_x": "people user OUTPUT dept"}, {"dept": "HR", "boss": "old"}, id="any case of the key"),
    ],
)  # fmt: skip
def test_automatic_lookups(splunk: StandIn, add_app: AddApp, props: dict[str, str], expected: dict[str, str]) -> None:
    add_app("search", {"lookups/people.csv": "user,dept,boss\nbob,HR,eve\nal,IT,eve\neve,CEO,\n"})
    event = event_of(
        splunk, '{"user":"bob","name":"al","other":"X","boss":"old"}', {"KV_MODE": "json", **props}, LOOKUP
    )
    assert fields(event, "dept", "boss", "d") == expected


def test_automatic_lookup_with_several_matches_is_multivalue(splunk: StandIn, add_app: AddApp) -> None:
    add_app("search", {"lookups/people.csv": "user,dept\nbob,HR\nbob,IT\n"})
    event = event_of(splunk, "user=bob", {"LOOKUP-x": "people user OUTPUT dept"}, LOOKUP)
    assert fields(event, "dept") == {"dept": ["HR", "IT"]}


def test_automatic_lookup_sees_a_changed_table(splunk: StandIn, add_app: AddApp) -> None:
    add_app("search", {"lookups/people.csv": "user,dept\nbob,HR\n"})
    assert event_of(splunk, "user=bob", {"LOOKUP-x": "people user OUTPUT dept"}, LOOKUP).get("dept") == "HR"
    (splunk.home / "etc/apps/search/lookups/people.csv").write_text("user,dept\nbob,Finance\n")
    assert events(splunk)[0].get("dept") == "Finance"


# event types and tags

KINDS = """
[bad]
search = sourcetype=st action=fail
priority = 2
[worse]
search = eventtype=bad code>400
priority = 1
[tagged]
search = tag=attack
[off]
search = sourcetype=st
disabled = 1
"""
TAGS = """
[eventtype=bad]
attack = enabled
authentication = enabled
old = disabled
[action=fail]
failure = enabled
[path=%2Fx%3D1]
odd = enabled
"""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("action=ok", {}, id="nothing"),
        pytest.param(
            "action=FAIL code=1",
            {
                "eventtype": ["bad", "tagged"],
                "tag": ["attack", "authentication"],
                "tag::eventtype": ["attack", "authentication"],
            },
            id="event types match any case, tags the exact value",
        ),
        pytest.param(
            "action=fail code=500",
            {
                "eventtype": ["worse", "bad", "tagged"],
                "tag": ["attack", "authentication", "failure"],
                "tag::eventtype": ["attack", "authentication"],
                "tag::action": "failure",
            },
            id="event types by priority, tags of two fields",
        ),
        pytest.param('path="/x=1"', {"tag": "odd", "tag::path": "odd"}, id="encoded value"),
    ],
)
def test_event_types_and_tags(splunk: StandIn, raw: str, expected: dict[str, Any]) -> None:
    event = event_of(splunk, raw, {}, {"eventtypes": KINDS, "tags": TAGS})
    assert fields(event, "eventtype", "tag", "tag::eventtype", "tag::action", "tag::path") == expected


def test_an_event_type_uses_calculated_fields(splunk: StandIn) -> None:
    kinds = {"eventtypes": "[bad]\nsearch = level=high\n"}
    assert event_of(splunk, "n=9", {"EVAL-level": 'if(n>5,"high","low")'}, kinds).get("eventtype") == "bad"


# default fields


def test_default_fields(splunk: StandIn) -> None:
    splunk.set_local(
        "props", "st", {"TIME_PREFIX": "at ", "TIME_FORMAT": "%Y-%m-%dT%H:%M:%S%z", "SHOULD_LINEMERGE": "false"}
    )
    splunk.index.add("x at 2025-12-30T22:05:07-0200 =\tend\nsecond", sourcetype="st", source="s", host="h", whole=True)
    row = events(splunk)[0].row(None)
    assert row == {
        "_time": 1767139507,
        "_raw": "x at 2025-12-30T22:05:07-0200 =\tend\nsecond",
        "_indextime": NOW,
        "index": "main",
        "host": "h",
        "source": "s",
        "sourcetype": "st",
        "_sourcetype": "st",
        "linecount": "2",
        "splunk_server": "lab",
        "punct": "__--::-_=t",
        "timestartpos": "5",
        "timeendpos": "29",
        "date_year": "2025",
        "date_month": "december",
        "date_mday": "30",
        "date_wday": "tuesday",
        "date_hour": "22",
        "date_minute": "5",
        "date_second": "7",
        "date_zone": "-120",
    }


def test_date_fields_exist_only_where_the_text_gave_the_time(splunk: StandIn) -> None:
    row = event_of(splunk, "x", {}).row(None)
    assert not [name for name in row if name.startswith(("date_", "timestart", "timeend"))]


def test_json_does_not_replace_default_fields(splunk: StandIn) -> None:
    event = event_of(splunk, '{"host":"other","source":"other","index":"other"}', {"KV_MODE": "json"})
    assert fields(event, "host", "source", "index") == {"host": "h", "source": "s", "index": "main"}


def test_a_row_of_needed_fields_has_them_and_the_default_fields(splunk: StandIn) -> None:
    event = event_of(splunk, '{"a":1,"b":2,"l":[1,2]}', {"KV_MODE": "json"})
    row = event.row(frozenset({"b", "l{}", "none"}))
    assert list(row)[-2:] == ["b", "l{}"]
    assert "a" not in row
    row["l{}"].append("changed")  # type: ignore[union-attr]
    assert event.get("l{}") == ["1", "2"], "a row belongs to its reader"


# two apps and one sourcetype


ADD_ON = {
    "metadata/default.meta": EXPORT_ALL,
    "default/props.conf": """
[azure:aad:signin]
KV_MODE = json
EVAL-user = lower(userPrincipalName)
EVAL-action = if('status.errorCode'=0,"success","failure")
EVAL-app = replace(lower(appDisplayName)," ",":")
FIELDALIAS-src = ipAddress AS src
""",
}
SIGN_IN = (
    '{"userPrincipalName":"Eve@Contoso.com","ipAddress":"192.0.2.1","appDisplayName":"Office 365",'
    '"status":{"errorCode":0}}'
)


def names_in(app: str, splunk: StandIn) -> dict[str, Any]:
    return fields(events(splunk, app)[0], "user", "action", "app", "src", "ours_user")


@pytest.fixture
def sign_in(splunk: StandIn, add_app: AddApp) -> StandIn:
    add_app("TA-azure", ADD_ON)
    splunk.index.add(SIGN_IN, time=NOW, sourcetype="azure:aad:signin", whole=True)
    return splunk


ADD_ON_FIELDS = {"user": "eve@contoso.com", "action": "success", "app": "office:365", "src": "192.0.2.1"}


@pytest.mark.parametrize("from_app", ["search", "TA-azure", "ours"])
def test_fields_of_an_add_on_are_seen_everywhere_it_exports_them(
    sign_in: StandIn, add_app: AddApp, from_app: str
) -> None:
    add_app("ours", {"default/props.conf": "[azure:aad:signin]\nEVAL-ours_user = userPrincipalName\n",
                     "metadata/default.meta": EXPORT_ALL})  # fmt: skip
    assert names_in(from_app, sign_in) == {**ADD_ON_FIELDS, "ours_user": "Eve@Contoso.com"}


@pytest.mark.parametrize(
    ("other", "from_app", "user"),
    [
        pytest.param("AA_ours", "AA_ours", "ours", id="in its own app the app's attribute wins"),
        pytest.param("AA_ours", "TA-azure", "eve@contoso.com", id="in the add-on the add-on's wins"),
        pytest.param(
            "AA_ours", "search", "eve@contoso.com", id="elsewhere the last app in ASCII order wins: the add-on"
        ),
        pytest.param("ZZ_ours", "search", "ours", id="elsewhere the last app in ASCII order wins: the other one"),
    ],
)
def test_attributes_of_one_name_collide(
    sign_in: StandIn, add_app: AddApp, other: str, from_app: str, user: str
) -> None:
    add_app(
        other, {"default/props.conf": '[azure:aad:signin]\nEVAL-user = "ours"\n', "metadata/default.meta": EXPORT_ALL}
    )
    assert names_in(from_app, sign_in)["user"] == user


def test_a_private_add_on_adds_nothing_elsewhere(splunk: StandIn, add_app: AddApp) -> None:
    add_app("TA-azure", {**ADD_ON, "metadata/default.meta": "[]\naccess = read : [ * ], write : [ admin ]\n"})
    splunk.index.add(SIGN_IN, time=NOW, sourcetype="azure:aad:signin", whole=True)
    assert names_in("search", splunk) == {}
    assert names_in("TA-azure", splunk) == ADD_ON_FIELDS


def test_a_source_stanza_beats_the_sourcetype_of_any_app(sign_in: StandIn, add_app: AddApp) -> None:
    add_app(
        "AA", {"default/props.conf": '[source::lab]\nEVAL-user = "by source"\n', "metadata/default.meta": EXPORT_ALL}
    )
    assert names_in("TA-azure", sign_in)["user"] == "by source"


# what is refused or wrong


@pytest.mark.parametrize(
    ("props", "conf", "words"),
    [
        pytest.param({"KV_MODE": "multi"}, {}, "KV_MODE = multi is not supported", id="KV_MODE multi"),
        pytest.param({"KV_MODE": "xml"}, {}, "KV_MODE = xml is not supported", id="KV_MODE xml"),
        pytest.param({"rename": "other"}, {}, "rename is not supported", id="rename"),
        pytest.param({"REPORT-x": "t"}, {"transforms": "[t]\nREGEX = (a)\nINGEST_EVAL = a=1\n"}, "INGEST_EVAL is not",
                     id="a transform for index time"),
        pytest.param({"EXTRACT-x": "no group"}, {}, "no named group", id="EXTRACT without a group"),
        pytest.param({"EXTRACT-x": "(?<a>"}, {}, "not a regular expression", id="EXTRACT that is no expression"),
        pytest.param({"REPORT-x": "gone"}, {}, r"no \[gone\] in transforms.conf", id="REPORT without a transform"),
        pytest.param({"REPORT-x": "t"}, {"transforms": "[t]\nMV_ADD = 1\n"}, "needs REGEX", id="empty transform"),
        pytest.param({"REPORT-x": "t"}, {"transforms": "[t]\nREGEX = (a)\nFORMAT = u::$2\n"}, r"\$2 is used",
                     id="FORMAT with a missing group"),
        pytest.param({"REPORT-x": "t"}, {"transforms": "[t]\nREGEX = (a)(b)\nFORMAT = u::$1$2\n"}, "put together",
                     id="FORMAT that concatenates"),
        pytest.param({"REPORT-x": "t"}, {"transforms": "[t]\nREGEX = [[ip]]\nFORMAT = u::$1\n"}, "other transforms",
                     id="modular expression"),
        pytest.param({"EVAL-x": "nosuch(a)"}, {}, "EVAL-x.*nosuch", id="EVAL with an unknown function"),
        pytest.param({"FIELDALIAS-x": "a TO b"}, {}, "not of the form", id="FIELDALIAS"),
        pytest.param({"LOOKUP-x": "gone a OUTPUT b"}, {}, "LOOKUP-x.*gone", id="LOOKUP without a table"),
        pytest.param({"AUTO_KV_JSON": "perhaps"}, {}, "not a boolean", id="boolean"),
        pytest.param({}, {"fields": "[a]\nTOKENIZER = (\\w+)\n"}, "TOKENIZER", id="fields.conf TOKENIZER"),
    ],
)  # fmt: skip
def test_a_search_over_such_events_fails_with_the_place(
    splunk: StandIn, props: dict[str, str], conf: dict[str, str], words: str
) -> None:
    with pytest.raises(SearchFailure, match=rf"apps/search/default/(props|transforms|fields)\.conf.*{words}"):
        event_of(splunk, "x", props, conf)


def test_an_event_type_that_cannot_be_compiled_is_named(splunk: StandIn) -> None:
    event = event_of(splunk, "x", {}, {"eventtypes": "[bad]\nsearch = a=1 | stats count\n"})
    with pytest.raises(SearchFailure, match=r"eventtypes\.conf \[bad\]"):
        event.get("eventtype")


def test_a_setting_that_does_not_exist_is_refused_where_the_event_comes_in(splunk: StandIn) -> None:
    with pytest.raises(UnsupportedConf, match="EXTRCT-x is not supported"):
        event_of(splunk, "x", {"EXTRCT-x": "(?<a>.)"})


def test_an_expression_that_tries_too_much_ends_the_search(splunk: StandIn) -> None:
    """MATCH_LIMIT is 100,000: the extraction that a large event defeats is not silently empty."""
    event = event_of(splunk, "a" * 40 + "b", {"EXTRACT-u": r"^(?<u>(a+)+)$"})
    with pytest.raises(SearchFailure, match="match limit"):
        event.get("u")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("description", id="text for people"),
        pytest.param("pulldown_type", id="text for pages"),
        pytest.param("SEGMENTATION-inner", id="a pattern"),
        pytest.param("TRUNCATE", id="index time"),
    ],
)
def test_settings_that_do_not_change_fields_are_left_alone(splunk: StandIn, key: str) -> None:
    assert event_of(splunk, "a=12345", {key: "7"}).get("a") is not None
