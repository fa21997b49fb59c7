"""Commands that read text and multivalue fields: rex, regex, spath, the mv commands, convert, tojson."""

from __future__ import annotations

import json

import pytest

DOCUMENT = (
    '{"user":{"name":"ann","roles":["a","b"]},"items":[{"id":1,"q":2.50},{"id":2}],"ok":true,"none":null,"empty":""}'
)


@pytest.mark.parametrize(
    ("query", "row", "expected"),
    [
        pytest.param(r'rex field=f "(?<a>\d)(?<b>x)?"', {"f": "1"}, {"a": "1"}, id="a group without part stays away"),
        pytest.param(r'rex field=f "id=(?<a>\d*)"', {"f": "id="}, {}, id="an empty group stays away"),
        pytest.param(r'rex field=f "(?<a>z)"', {"f": "1", "a": "old"}, {"a": "old"}, id="no match keeps a field"),
        pytest.param(r'rex field=f max_match=2 "(?<a>\w)"', {"f": "x y z"}, {"a": ["x", "y"]}, id="max_match"),
        pytest.param(
            r'rex field=f "(?<a>\w)" max_match=0', {"f": "x y z"}, {"a": ["x", "y", "z"]}, id="max_match=0 behind"
        ),
        pytest.param(
            r'rex field=f "u=(?<a>\w+)"', {"f": ["u=x", "u=y"]}, {"a": ["x", "y"]}, id="each value is searched"
        ),
        pytest.param(r'rex "(?<a>\w+)$"', {"_raw": "one two"}, {"a": "two"}, id="_raw by default"),
        pytest.param(r'rex field=f "\\\\(?<a>[^\\\\]+)$"', {"f": r"C:\mail\x.pst"}, {"a": "x.pst"}, id="a backslash"),
        pytest.param(r'rex field=f "\"(?<a>[^\"]+)\""', {"f": 'say "hi"'}, {"a": "hi"}, id="a quote"),
        pytest.param(r'rex field=f "(?i)USER=(?<a>\w+)"', {"f": "user=bob"}, {"a": "bob"}, id="a flag in the pattern"),
        pytest.param(r'rex field=f "(?P<a>b)"', {"f": "abc"}, {"a": "b"}, id="Python's way to name a group"),
        pytest.param(r'rex field=f "(?<f>b)"', {"f": "abc"}, {"f": "b"}, id="a group may be the field itself"),
        pytest.param('rex field=g mode=sed "s/a/b/"', {"f": "x"}, {}, id="sed without the field"),
    ],
)
def test_rex_takes_named_groups(rows_of, query, row, expected):
    [made] = rows_of(query, [row])
    assert made == row | expected


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        pytest.param("s/a/b/", "aaa", "baa", id="the first match"),
        pytest.param("s/a/b/g", "aaa", "bbb", id="every match"),
        pytest.param("s/a/b/2", "aaa", "aba", id="the second match"),
        pytest.param(r"s/(\\w+)@(\\w+)/\\2 at \\1/", "ann@contoso", "contoso at ann", id="references"),
        pytest.param("s#/#-#g", "a/b/c", "a-b-c", id="another delimiter"),
        pytest.param(r"s/a\\/b/x/", "a/b", "x", id="an escaped delimiter"),
        pytest.param("s/b//", "abc", "ac", id="an empty replacement"),
        pytest.param("s/x*/-/g", "ab", "-a-b-", id="empty matches"),
        pytest.param("y/abc/xyz/", "cab", "zxy", id="characters"),
    ],
)
def test_rex_rewrites_text_as_sed_does(rows_of, expression, value, expected):
    assert rows_of(f'rex field=f mode=sed "{expression}"', [{"f": value}]) == [{"f": expected}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param('regex f="^a"', "1 3", id="a match"),
        pytest.param('regex f!="^a"', "2 4", id="no match, or no field"),
        pytest.param('regex "^raw"', "4", id="_raw by default"),
        pytest.param('regex f="(?i)^A"', "1 3", id="a flag in the pattern"),
    ],
)
def test_regex_filters_rows(rows_of, query, expected):
    rows = [{"i": "1", "f": "ab"}, {"i": "2", "f": "b"}, {"i": "3", "f": ["x", "a"]}, {"i": "4", "_raw": "raw text"}]
    assert " ".join(row["i"] for row in rows_of(query, rows)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("spath user.name", {"user.name": "ann"}, id="a path"),
        pytest.param("spath path=user.roles{} output=r", {"r": ["a", "b"]}, id="all elements"),
        pytest.param("spath output=r path=items{0}.id", {"r": "1"}, id="the first element"),
        pytest.param("spath items{}.q", {"items{}.q": "2.50"}, id="elements without the key are passed over"),
        pytest.param("spath path=items{0} output=r", {"r": '{"id":1,"q":2.50}'}, id="an object is its JSON text"),
        pytest.param("spath ok", {"ok": "true"}, id="a boolean"),
        pytest.param("spath nosuch.path", {}, id="a path that is not there"),
        pytest.param('spath path="user.name" output="n n"', {"n n": "ann"}, id="quoted"),
    ],
)
def test_spath_takes_a_path(rows_of, query, expected):
    [made] = rows_of(query, [{"_raw": DOCUMENT}])
    assert made == {"_raw": DOCUMENT} | expected


def test_spath_of_a_path_reads_behind_the_cut_off(rows_of, warnings_of):
    rows = [{"_raw": json.dumps({"pad": "x" * 6000, "late": "here"})}]
    assert rows_of("spath late | table late", rows) == [{"late": "here"}]
    assert warnings_of("spath late", rows) == []


def test_spath_of_everything_stops_at_the_cut_off_and_says_so(result_of):
    rows = [{"_raw": json.dumps({"early": "1", "pad": "x" * 6000, "late": "here"})}]
    result = result_of("spath | table early pad late", rows)
    assert result.rows == [{"early": "1"}]
    assert "5000 bytes" in result.messages[0].text


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param({"_raw": '{"a":"1"}', "a": "1"}, "1", id="the value that is there already"),
        pytest.param({"_raw": '{"a":"2"}', "a": "1"}, ["1", "2"], id="another value is added"),
        pytest.param({"_raw": "no json"}, None, id="text that is not JSON"),
    ],
)
def test_spath_of_everything_adds_to_fields_that_are_there(rows_of, row, expected):
    assert rows_of("spath", [row])[0].get("a") == expected


def test_spath_ends_the_search_at_xml(error_of):
    assert "XML" in error_of("spath Event.System", [{"_raw": "<Event/>"}]).message


@pytest.mark.parametrize(
    ("query", "value", "expected"),
    [
        pytest.param("makemv f", "a b", ["a", "b"], id="a blank by default"),
        pytest.param('makemv delim="," f', "a,,b", ["a", "b"], id="empty values are dropped"),
        pytest.param('makemv delim="," allowempty=t f', "a,,b", ["a", "", "b"], id="or kept"),
        pytest.param('makemv delim="::" f', "a::b", ["a", "b"], id="a longer delimiter"),
        pytest.param('makemv delim="," f', ",", None, id="nothing but delimiters"),
        pytest.param('makemv tokenizer="(\\w+)@" f', "ann@x bob@y", ["ann", "bob"], id="a tokenizer"),
        pytest.param('makemv delim="," f | nomv f', "a,b", "a,b", id="nomv joins with that delimiter"),
        pytest.param('eval f=split(f,",") | nomv f', "a,b", "a\nb", id="or with a line end"),
        pytest.param("mvexpand f | mvcombine f", ["a", "b"], ["a", "b"], id="mvcombine undoes mvexpand"),
        pytest.param('mvexpand f | mvcombine delim=";" f | nomv f', ["a", "b"], "a;b", id="mvcombine with a delimiter"),
        pytest.param("mvexpand f limit=1", ["a", "b"], "a", id="mvexpand with a limit"),
    ],
)
def test_multivalue_fields(rows_of, query, value, expected):
    [made] = rows_of(query, [{"f": value, "k": "1"}])
    assert made.get("f") == expected


def test_mvexpand_makes_rows_that_share_nothing(rows_of):
    rows = rows_of("mvexpand f | eval k=f", [{"f": ["a", "b"], "k": "1"}, {"k": "2"}])
    assert rows == [{"f": "a", "k": "a"}, {"f": "b", "k": "b"}, {}]


def test_mvexpand_truncates_at_its_memory_limit_and_says_so(result_of):
    rows = [{"f": ["x" * 1000] * 3000}]
    result = result_of("mvexpand f", rows, limits={("mvexpand", "max_mem_usage_mb"): 1})
    assert 1000 < len(result.rows) < 1100
    assert "output will be truncated" in result.messages[0].text


@pytest.mark.parametrize(
    ("query", "value", "expected"),
    [
        pytest.param("convert ctime(f)", "0", "01/01/1970 00:00:00", id="ctime"),
        pytest.param('convert timeformat="%Y-%m-%d" ctime(f)', "86400", "1970-01-02", id="timeformat"),
        pytest.param('convert timeformat="%Y-%m-%d" mktime(f)', "1970-01-02", 86400, id="mktime"),
        pytest.param("convert dur2sec(f)", "00:10:15", 615, id="dur2sec"),
        pytest.param("convert dur2sec(f)", "1+02:00:00", 93600, id="dur2sec with days"),
        pytest.param("convert num(f)", "12", 12, id="num"),
        pytest.param("convert num(f)", "x", None, id="what cannot be converted goes"),
        pytest.param("convert rmunit(f)", "15ms", 15, id="rmunit"),
        pytest.param("convert rmcomma(f)", "1,234,567", 1234567, id="rmcomma"),
        pytest.param("convert memk(f)", "2m", 2048, id="memk"),
        pytest.param("convert none(f) num(*)", "x", "x", id="none takes a field out of a wildcard"),
    ],
)
def test_convert(rows_of, query, value, expected):
    assert rows_of(query, [{"f": value}])[0].get("f") == expected


def test_convert_with_another_name_keeps_the_field(rows_of):
    assert rows_of("convert num(f) AS n, ctime(t*) AS c*", [{"f": "x", "t1": "0"}]) == [
        {"f": "x", "t1": "0", "c1": "01/01/1970 00:00:00"}
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "tojson", '{"b":["x","y"],"n":5,"s":"5x","t":"true"}', id="numbers are numbers, alphabetical order"
        ),
        pytest.param("tojson str(n) t", '{"n":"5","t":"true"}', id="str"),
        pytest.param("tojson bool(t) num(s) n", '{"n":5,"t":true}', id="what a type cannot take is left out"),
        pytest.param("tojson num(s) n fill_null=t", '{"n":5,"s":null}', id="or null"),
        pytest.param("tojson auto(*)", '{"b":["x","y"],"n":5,"s":"5x","t":true}', id="auto"),
        pytest.param("tojson default_type=str n", '{"n":"5"}', id="default_type"),
        pytest.param(
            "tojson include_internal=t", '{"_time":1,"b":["x","y"],"n":5,"s":"5x","t":"true"}', id="internal fields"
        ),
    ],
)
def test_tojson_writes_an_object(rows_of, query, expected):
    row = {"_time": "1", "n": "5", "s": "5x", "t": "true", "b": ["x", "y"]}
    assert rows_of(query, [row])[0]["_raw"] == expected


def test_tojson_into_a_field(rows_of):
    assert rows_of("tojson output_field=j n", [{"n": "5"}]) == [{"n": "5", "j": '{"n":5}'}]
