"""The grammar of `search`: what binds, what matches, where an index read looks."""

from __future__ import annotations

import re

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl import run
from lab.splunk.spl.environment import IndexScope
from lab.splunk.spl.errors import SearchFailure, SplSyntaxError, Unsupported
from lab.splunk.spl.values import Row

PEOPLE: list[Row] = [
    {"id": "1", "user": "Alice", "status": "200", "src": "10.1.2.3", "n": 5},
    {"id": "2", "user": "bob", "status": "404", "src": "2001:db8::1", "n": 50},
    {"id": "3", "status": "500", "user": "carol smith", "tag": ["web", "prod"]},
    {"id": "4", "path": "C:\\Users\\x.ost", "empty": "", "user name": "dave"},
]


def ids(expression: str, rows: list[Row] = PEOPLE, environment: MemoryEnvironment | None = None) -> str:
    found = run(f"search {expression}", environment or MemoryEnvironment(), rows=rows).rows
    return "".join(str(row["id"]) for row in found)


FIELDS = [
    pytest.param("user=ALICE", "1", id="values in any case"),
    pytest.param("USER=alice", "", id="field names in one case"),
    pytest.param('user="carol smith"', "3", id="quoted value"),
    pytest.param("user=*o*", "23", id="wildcards"),
    pytest.param('user="car*"', "3", id="wildcards in quotes"),
    pytest.param("user=*", "123", id="the field is there"),
    pytest.param("NOT user=*", "4", id="the field is not there"),
    pytest.param("empty=*", "4", id="an empty value is there"),
    pytest.param('empty=""', "4", id="an empty value is equal to nothing"),
    pytest.param("status!=200", "23", id="!= wants the field"),
    pytest.param("NOT status=200", "234", id="NOT does not"),
    pytest.param("status!=4*", "13", id="!= with a wildcard"),
    pytest.param("status>300", "23", id="greater"),
    pytest.param("status>=404 status<=404", "2", id="between"),
    pytest.param("n<10", "1", id="number of an eval"),
    pytest.param("n=50", "2", id="number of an eval as text"),
    pytest.param("user<5", "", id="a text is in no order with a number"),
    pytest.param("user>b", "23", id="texts in order, capitals first"),
    pytest.param("status IN (200, 5*)", "13", id="IN"),
    pytest.param('user IN ("alice","bob")', "12", id="IN with quotes"),
    pytest.param("NOT status in (200,404)", "34", id="NOT in"),
    pytest.param("src=10.1.0.0/16", "1", id="CIDR"),
    pytest.param('src="2001:db8::/32"', "2", id="CIDR of IPv6"),
    pytest.param("src!=10.0.0.0/8", "2", id="not in the network"),
    pytest.param("tag=prod", "3", id="multivalue: any value"),
    pytest.param("tag!=prod", "3", id="multivalue: any value that differs"),
    pytest.param("NOT tag=prod", "124", id="multivalue: NOT any"),
    pytest.param(r'path="*\\users\\*.ost"', "4", id="backslashes are escaped"),
    pytest.param(r"path=*\\x.ost", "4", id="without quotes too"),
    pytest.param('"user name"=dave', "4", id="field name in quotes"),
    pytest.param("status = 404", "2", id="blanks round the operator"),
    pytest.param("status==404", "2", id="double sign"),
    pytest.param("user::bob", None, id="indexed field of another name"),
]


@pytest.mark.parametrize(("expression", "expected"), FIELDS)
def test_field_conditions(expression: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(Unsupported, match="the indexed field"):
            ids(expression)
    else:
        assert ids(expression) == expected


BINDING = [
    pytest.param("status=200 OR status=404", "12", id="OR"),
    pytest.param("user=* status=200 OR status=404", "12", id="OR before the implicit AND"),
    pytest.param("user=* AND status=200 OR status=500", "13", id="OR before AND"),
    pytest.param("NOT status=200 user=*", "23", id="NOT takes one condition"),
    pytest.param("NOT (status=200 OR status=404)", "34", id="NOT of a group"),
    pytest.param("NOT NOT status=200", "1", id="NOT NOT"),
    pytest.param("(status=200)(user=alice)", "1", id="groups side by side"),
    pytest.param("()", "1234", id="an empty group holds"),
    pytest.param("NOT ()", "", id="NOT of it does not"),
    pytest.param("*", "1234", id="everything"),
    pytest.param("", "1234", id="nothing asked"),
]


@pytest.mark.parametrize(("expression", "expected"), BINDING)
def test_operators_bind(expression: str, expected: str) -> None:
    assert ids(expression) == expected


RAW: list[Row] = [
    {"id": "1", "_raw": "2026-01-01 ERROR login failed for user=root from 10.1.2.3"},
    {"id": "2", "_raw": '{"Operation":"New-InboxRule","UserId":"amy@contoso.com"}'},
    {"id": "3", "_raw": "GET /a/b.html?x=1 failures=3 %20word caf\u00e9"},
    {"id": "4"},
]

TERMS = [
    pytest.param("error", "1", id="any case"),
    pytest.param("fail", "", id="whole tokens only"),
    pytest.param("fail*", "13", id="wildcard at the end"),
    pytest.param("*led", "1", id="wildcard in front"),
    pytest.param("login failed", "1", id="two terms"),
    pytest.param('"login failed"', "1", id="phrase"),
    pytest.param('"failed login"', "", id="phrase in another order"),
    pytest.param("root", "1", id="behind a minor breaker"),
    pytest.param("10.1.2.3", "1", id="with minor breakers inside"),
    pytest.param("10.1", "1", id="part of it up to a minor breaker"),
    pytest.param("0.1.2.3", "", id="part of a token"),
    pytest.param("inboxrule", "2", id="part of a name with a hyphen"),
    pytest.param("contoso.com", "2", id="domain of an address"),
    pytest.param('"amy@contoso.com"', "2", id="address"),
    pytest.param("word", "3", id="behind an encoded blank"),
    pytest.param("b.html", "3", id="before a question mark"),
    pytest.param("caf*", "3", id="not ASCII"),
    pytest.param("TERM(10.1.2.3)", "1", id="TERM between major breakers"),
    pytest.param("TERM(10.1)", "", id="TERM is the whole token"),
    pytest.param("TERM(root)", "", id="TERM does not end at a minor breaker"),
    pytest.param('TERM("user=root")', "1", id="TERM in quotes"),
    pytest.param("CASE(ERROR)", "1", id="CASE"),
    pytest.param("CASE(error)", "", id="CASE counts case"),
    pytest.param("NOT failed", "234", id="NOT a term"),
    pytest.param(r"\{\"Operation\"\:", "2", id="escaped punctuation"),
]


@pytest.mark.parametrize(("expression", "expected"), TERMS)
def test_terms_match_raw_text(expression: str, expected: str) -> None:
    assert ids(expression, RAW) == expected


MALFORMED = [
    pytest.param("(status=200", 8, "unbalanced parentheses", id="parenthesis open"),
    pytest.param("status=200)", 18, "unexpected ')'", id="parenthesis too many"),
    pytest.param("status=", 15, "a value is missing", id="no value"),
    pytest.param("a OR", 12, "missing behind OR", id="OR at the end"),
    pytest.param("OR a", 8, "missing before OR", id="OR in front"),
    pytest.param("a AND", 13, "missing behind AND", id="AND at the end"),
    pytest.param("NOT", 11, "missing behind NOT", id="NOT at the end"),
    pytest.param('user="bob', 13, "Unbalanced quotes", id="quote open"),
    pytest.param("status IN (200", 22, "expected ',' or ')'", id="list open"),
    pytest.param("status IN (200,)", 23, "a value is missing", id="comma at the end"),
    pytest.param("TERM(a", 12, "never closed", id="TERM open"),
    pytest.param("TERM()", 12, "needs a term", id="TERM empty"),
    pytest.param("= 5", 8, "unexpected '='", id="no field"),
    pytest.param("savedsearch=x", 8, "savedsearch is not supported", id="savedsearch"),
]


@pytest.mark.parametrize(("expression", "column", "words"), MALFORMED)
def test_what_is_malformed_is_refused_at_its_place(expression: str, column: int, words: str) -> None:
    with pytest.raises((SplSyntaxError, Unsupported), match=re.escape(words)) as refused:
        ids(expression)
    assert refused.value.line_and_column == (1, column)


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(SplSyntaxError, match="nested too deeply"):
        ids("(" * 3000 + "a=1" + ")" * 3000)


# -- reading the index

NOW = 1_577_880_000.0
EVENTS: list[Row] = [
    {"id": "1", "_time": "1577876400", "_raw": "one", "index": "main", "sourcetype": "a", "user": "x"},
    {"id": "2", "_time": "1577872800", "_raw": "two", "index": "main", "sourcetype": "b", "user": "y"},
    {
        "id": "3",
        "_time": "1577793600",
        "_raw": "three",
        "index": "other",
        "sourcetype": "a",
        "_indextime": "1577879900",
    },
    {"id": "4", "_time": "1577876400.5", "_raw": "four", "index": "_internal", "sourcetype": "a"},
]
DAY = {"earliest": NOW - 86400, "latest": NOW}


def read(expression: str, **settings: object) -> tuple[str, IndexScope]:
    environment = MemoryEnvironment(indexed=EVENTS, now=NOW, **{**DAY, **settings})  # type: ignore[arg-type]
    found = run(f"search {expression}", environment).rows
    return "".join(str(row["id"]) for row in found), environment.scopes[0]


SCOPES = [
    pytest.param("index=main", "12", {"indexes": {"main"}}, id="index"),
    pytest.param("index=*", "123", {"indexes": {"*"}}, id="index=* leaves internal indexes out"),
    pytest.param("index=_*", "4", {"indexes": {"_*"}}, id="unless it begins with an underscore"),
    pytest.param("index=main sourcetype=a", "1", {"indexes": {"main"}, "sourcetypes": {"a"}}, id="and sourcetype"),
    pytest.param("sourcetype=a OR sourcetype=b", "4123", {"sourcetypes": {"a", "b"}}, id="one or the other"),
    pytest.param("sourcetype IN (a,b) index=other", "3", {"sourcetypes": {"a", "b"}, "indexes": {"other"}}, id="IN"),
    pytest.param(
        "sourcetype=a OR user=y", "4123", {"sourcetypes": None}, id="an alternative without it opens the scope"
    ),
    pytest.param("NOT sourcetype=a index=main", "2", {"sourcetypes": None, "indexes": {"main"}}, id="NOT is no scope"),
    pytest.param("(index=main (sourcetype=a))", "1", {"indexes": {"main"}, "sourcetypes": {"a"}}, id="groups"),
    pytest.param("host::host1 index=main", "12", {"hosts": {"host1"}}, id="default field with two colons"),
    pytest.param("index=main one", "1", {}, id="term"),
    pytest.param(
        "index=main earliest=-90m latest=now", "1", {"earliest": NOW - 5400, "latest": NOW}, id="inline range"
    ),
    pytest.param(
        "index=main earliest = -90m latest = now", "1", {"earliest": NOW - 5400}, id="blanks round the equals sign"
    ),
    pytest.param(
        "index=main latest=-90m", "2", {"earliest": 0, "latest": NOW - 5400}, id="latest alone: from the beginning"
    ),
    pytest.param("index=main earliest=-90m", "1", {"latest": NOW}, id="earliest alone: up to now"),
    pytest.param("_index_earliest=-5m", "3", {"index_earliest": NOW - 300, "earliest": NOW - 86400}, id="index time"),
    pytest.param("earliest=1577872800 latest=1577876400", "2", {}, id="earliest is in, latest is out"),
    pytest.param(
        "(sourcetype=a earliest=-90m) OR (sourcetype=b earliest=-3h)", "412", {"earliest": NOW - 10800}, id="two ranges"
    ),
]


@pytest.mark.parametrize(("expression", "expected", "scope"), SCOPES)
def test_index_read_looks_where_the_search_says(expression: str, expected: str, scope: dict[str, object]) -> None:
    found, seen = read(expression)
    assert found == expected
    for name, value in scope.items():
        assert getattr(seen, name) == value, name


def test_without_modifiers_the_range_is_the_one_of_the_search() -> None:
    _, scope = read("index=main")
    assert (scope.earliest, scope.latest) == (NOW - 86400, NOW)


REFUSED = [
    pytest.param("earliest=soon", SplSyntaxError, "Invalid value 'soon'", id="no time"),
    pytest.param("earliest>5", SplSyntaxError, "takes '='", id="operator"),
    pytest.param("daysago=5", Unsupported, "the time modifier daysago", id="old modifier"),
    pytest.param("earliest_time=-1h", Unsupported, "the time modifier earliest_time", id="name of an API argument"),
    pytest.param("eventtype=nosuch", SplSyntaxError, "does not exist or is disabled", id="event type"),
]


@pytest.mark.parametrize(("expression", "kind", "words"), REFUSED)
def test_index_read_refuses(expression: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        read(expression)


EVENT_TYPES = {
    "a_type": "sourcetype=a",
    "x_user": "eventtype=a_type user=x",
    "loop": "eventtype=loop2",
    "loop2": "eventtype=loop",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("eventtype=a_type", "413", id="its search"),
        pytest.param("eventtype=x_user", "1", id="event type in an event type"),
        pytest.param("eventtype!=a_type", "2", id="not"),
    ],
)
def test_event_type_stands_for_its_search(expression: str, expected: str) -> None:
    assert read(expression, eventtypes=EVENT_TYPES)[0] == expected


def test_event_type_in_itself_is_refused() -> None:
    with pytest.raises(SplSyntaxError, match="contains itself"):
        read("eventtype=loop", eventtypes=EVENT_TYPES)


# -- subsearches

LOOKUPS: dict[str, list[Row]] = {
    "bad": [{"user": "alice", "status": "200"}, {"user": "bob", "status": "404"}],
    "none": [],
    "words": [{"search": "user=alice OR user=bob"}],
    "many": [{"user": ["alice", "bob"]}],
    "odd": [{"user": 'quo"te\\'}],
}

SUBSEARCHES = [
    pytest.param("[| inputlookup bad]", "12", id="rows are alternatives"),
    pytest.param("NOT [| inputlookup bad | fields user]", "34", id="none of them"),
    pytest.param("status=404 [| inputlookup bad | fields user]", "2", id="beside a condition"),
    pytest.param("[| inputlookup none]", "", id="no rows match nothing"),
    pytest.param("NOT [| inputlookup none]", "1234", id="NOT no rows matches all"),
    pytest.param("[| inputlookup words]", "12", id="a field called search is search text"),
    pytest.param("[| inputlookup many]", "12", id="a multivalue field is an OR"),
    pytest.param("[| inputlookup odd]", "", id="quotes and backslashes are escaped"),
]


@pytest.mark.parametrize(("expression", "expected"), SUBSEARCHES)
def test_subsearch_is_put_into_the_search(expression: str, expected: str) -> None:
    assert ids(expression, environment=MemoryEnvironment(lookups=LOOKUPS)) == expected


def test_subsearch_is_cut_off_with_a_warning() -> None:
    environment = MemoryEnvironment(lookups=LOOKUPS, limits={("subsearch", "maxout"): 1})
    result = run("search [| inputlookup bad | fields user]", environment, rows=PEOPLE)
    assert [row["id"] for row in result.rows] == ["1"]
    assert [(message.level, "limit" in message.text) for message in result.messages] == [("WARN", True)]


def test_subsearch_sets_the_scope_of_an_index_read() -> None:
    environment = MemoryEnvironment(indexed=EVENTS, now=NOW, lookups={"t": [{"sourcetype": "b"}]})
    assert [row["id"] for row in run("search index=main [| inputlookup t]", environment).rows] == ["2"]
    assert environment.scopes[0].sourcetypes == frozenset({"b"})


def test_subsearch_that_is_no_search_ends_the_search() -> None:
    environment = MemoryEnvironment(lookups={"t": [{"search": "a=("}]})
    with pytest.raises(SearchFailure, match="not a search"):
        ids("[| inputlookup t]", environment=environment)
