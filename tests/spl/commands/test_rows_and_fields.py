"""Commands that keep, drop, order, name and fill rows and fields. Rules: Search Reference, each command's page."""

from __future__ import annotations

import pytest

EVENT = {"_time": "1577836800", "_raw": "r", "a": "1", "b": "2", "x1": "3", "x2": "4", "_y": "5"}
NUMBERED = [{"n": str(count)} for count in range(1, 31)]
HOSTS = [
    {"h": "a", "u": "1", "i": "1"},
    {"h": "a", "u": "2", "i": "2"},
    {"h": "b", "u": "1", "i": "3"},
    {"u": "9", "i": "4"},
    {"h": "a", "u": "1", "i": "5"},
]


def numbers(rows):
    return [row.get("n") for row in rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("where n>28", ["29", "30"], id="where compares"),
        pytest.param("where m>1", [], id="where drops null"),
        pytest.param("head", [str(count) for count in range(1, 11)], id="head is 10"),
        pytest.param("head 2", ["1", "2"], id="head with a number"),
        pytest.param("head limit=2", ["1", "2"], id="head with limit="),
        pytest.param("head 0", [], id="head 0"),
        pytest.param("head (n<3)", ["1", "2"], id="head while a condition holds"),
        pytest.param("head (n<3) keeplast=t", ["1", "2", "3"], id="keeplast keeps the row that ended it"),
        pytest.param("head (m<3)", [], id="null ends head"),
        pytest.param("head (m<3) null=t limit=2", ["1", "2"], id="null=t takes null for TRUE"),
        pytest.param("tail 2", ["30", "29"], id="tail comes last row first"),
        pytest.param("tail | stats count | eval n=count", [10], id="tail is 10"),
        pytest.param("head 3 | reverse", ["3", "2", "1"], id="reverse"),
        pytest.param("sort 3 -n", ["30", "29", "28"], id="sort with a number"),
        pytest.param("sort limit=2 n", ["1", "2"], id="sort with limit="),
        pytest.param("head 3 | sort n desc", ["3", "2", "1"], id="desc turns the order round"),
        pytest.param("head 3 | sort -n d", ["1", "2", "3"], id="d turns a descending order round"),
        pytest.param("sort 2 -num(n)", ["30", "29"], id="sort num()"),
        pytest.param("sort 3 str(n)", ["1", "10", "11"], id="sort str()"),
        pytest.param('sort 1 -"n"', ["30"], id="a sign before a quoted field"),
    ],
)
def test_which_rows_come_out(rows_of, query, expected):
    assert numbers(rows_of(query, NUMBERED)) == expected


@pytest.mark.parametrize(
    ("clause", "values", "expected"),
    [
        pytest.param(
            "n", ["b", "10", "9", "B", "a"], ["9", "10", "B", "a", "b"], id="numbers before text, by code point"
        ),
        pytest.param("-n", ["b", "10", "9"], ["b", "10", "9"], id="descending"),
        pytest.param("n", ["10.0.0.10", "10.0.0.9", "9.0.0.1"], ["9.0.0.1", "10.0.0.9", "10.0.0.10"], id="addresses"),
        pytest.param("n", ["2001:db8::10", "2001:db8::9"], ["2001:db8::9", "2001:db8::10"], id="IPv6 addresses"),
        pytest.param("str(n)", ["10.0.0.10", "10.0.0.9"], ["10.0.0.10", "10.0.0.9"], id="addresses as text"),
        pytest.param(
            "ip(n)", ["x", "10.0.0.9", "9.0.0.1"], ["9.0.0.1", "10.0.0.9", "x"], id="what is no address comes last"
        ),
        pytest.param("n", [None, "2", "1"], ["1", "2", None], id="without the field last, ascending"),
        pytest.param("-n", [None, "2", "1"], ["2", "1", None], id="without the field last, descending"),
    ],
)
def test_the_order_of_values(rows_of, clause, values, expected):
    rows = [{} if value is None else {"n": value} for value in values]
    assert numbers(rows_of(f"sort {clause}", rows)) == expected


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        pytest.param("a, -b", "1 0 3 2", id="a sign holds for its field"),
        pytest.param("- a b", "3 2 1 0", id="a sign and a blank hold for all behind it"),
        pytest.param("- a +b", "2 3 0 1", id="unless a field has its own sign"),
        pytest.param("x", "0 1 2 3", id="equal rows keep their order"),
    ],
)
def test_several_sort_fields(rows_of, clause, expected):
    rows = [
        {"a": a, "b": b, "i": str(place)}
        for place, (a, b) in enumerate([("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")])
    ]
    assert " ".join(row["i"] for row in rows_of(f"sort {clause}", rows)) == expected


def test_sort_stops_at_ten_thousand_with_a_warning(result_of):
    rows = [{"n": str(count)} for count in range(10_001)]
    cut = result_of("sort n", rows)
    assert len(cut.rows) == 10_000
    assert "10000" in cut.messages[0].text
    whole = result_of("sort 0 n", rows)
    assert (len(whole.rows), whole.messages) == (10_001, [])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("fields a b", {"_time", "_raw", "a", "b"}, id="fields keeps _time and _raw"),
        pytest.param("fields + a", {"_time", "_raw", "a"}, id="a plus"),
        pytest.param("fields x*", {"_time", "_raw", "x1", "x2"}, id="a wildcard"),
        pytest.param("fields *", {"_time", "_raw", "a", "b", "x1", "x2"}, id="* leaves out internal fields"),
        pytest.param("fields - a x*", {"_time", "_raw", "b", "_y"}, id="fields - removes"),
        pytest.param("fields - _*", {"a", "b", "x1", "x2"}, id="fields - _* removes internal fields"),
        pytest.param("fields - *", {"_time", "_raw", "_y"}, id="fields - * keeps internal fields"),
        pytest.param("fields - _time", {"_raw", "a", "b", "x1", "x2", "_y"}, id="fields - _time"),
        pytest.param("fields nosuch", {"_time", "_raw"}, id="a field that is not there"),
        pytest.param("table b a", {"a", "b"}, id="table keeps nothing unasked"),
        pytest.param("table x* _time", {"x1", "x2", "_time"}, id="table with a wildcard"),
        pytest.param('table "a", "b"', {"a", "b"}, id="quoted names and commas"),
        pytest.param("rename a AS z | table z b", {"z", "b"}, id="rename"),
        pytest.param("rename x* AS new_* | fields - _*", {"a", "b", "new_1", "new_2"}, id="rename with wildcards"),
        pytest.param(
            "rename nosuch AS b | fields - _*", {"a", "x1", "x2"}, id="renaming nothing onto a field removes it"
        ),
        pytest.param("rename a AS b | fields - _*", {"b", "x1", "x2"}, id="renaming onto a field replaces it"),
    ],
)
def test_which_fields_stay(rows_of, query, expected):
    assert set(rows_of(query, [EVENT])[0]) == expected


def test_table_and_rename_keep_the_order_of_columns(rows_of):
    assert list(rows_of("table x1 b a | rename b AS z", [EVENT])[0]) == ["x1", "z", "a"]


def test_a_value_moves_with_its_name(rows_of):
    assert rows_of("rename a AS b, x1 AS a | table a b", [EVENT]) == [{"a": "3", "b": "1"}]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([{"b": "1"}, {"b": "2"}], [], id="no row has the field"),
        pytest.param([{"b": "1"}, {"a": "2"}], [{}, {"a": "2"}], id="one row has it"),
        pytest.param([], [], id="no rows"),
    ],
)
def test_a_table_of_fields_that_no_row_has_is_empty(rows_of, rows, expected):
    assert rows_of("table a", rows) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("dedup h", "1 3", id="rows without the field go"),
        pytest.param("dedup h keepempty=t", "1 3 4", id="keepempty keeps them"),
        pytest.param("dedup 2 h", "1 2 3", id="two of each"),
        pytest.param("dedup h u", "1 2 3", id="two fields"),
        pytest.param("dedup h, u", "1 2 3", id="with a comma"),
        pytest.param("dedup h consecutive=t", "1 3 5", id="consecutive"),
        pytest.param("dedup h sortby -i", "5 3", id="sortby sorts first"),
        pytest.param("dedup u sortby -num(i), h", "5 4 2", id="sortby with a kind"),
    ],
)
def test_dedup_keeps_the_first_of_each(rows_of, query, expected):
    assert " ".join(row["i"] for row in rows_of(query, HOSTS)) == expected


def test_dedup_keepevents_takes_the_fields_from_duplicates(rows_of):
    assert rows_of("dedup h keepevents=t | table h i", HOSTS)[1] == {"i": "2"}


def test_dedup_compares_whole_multivalue_fields(rows_of):
    rows = [{"m": ["a", "b"]}, {"m": "a"}, {"m": ["a", "b"]}]
    assert rows_of("dedup m", rows) == rows[:2]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("fillnull", [{"a": "1", "b": "0"}, {"a": "0", "b": "2"}], id="0 into every field of some row"),
        pytest.param('fillnull value="" b', [{"a": "1", "b": ""}, {"b": "2"}], id="a value and a field"),
        pytest.param("fillnull c value=x", [{"a": "1", "c": "x"}, {"b": "2", "c": "x"}], id="a field that no row has"),
        pytest.param("filldown", [{"a": "1"}, {"a": "1", "b": "2"}], id="filldown"),
        pytest.param("filldown b", [{"a": "1"}, {"b": "2"}], id="filldown of one field"),
        pytest.param("filldown a*", [{"a": "1"}, {"a": "1", "b": "2"}], id="filldown with a wildcard"),
        pytest.param('eval a="x", b=a."y"', [{"a": "x", "b": "xy"}, {"a": "x", "b": "xy"}], id="eval sees what it set"),
        pytest.param("eval a=null()", [{}, {"b": "2"}], id="eval null removes a field"),
        pytest.param('eval "c d"=1', [{"a": "1", "c d": 1}, {"b": "2", "c d": 1}], id="eval with a quoted name"),
        pytest.param('eval {a}="x"', [{"a": "1", "1": "x"}, {"b": "2"}], id="eval with a name from a field"),
        pytest.param('eval k_{a}_{b}="x"', [{"a": "1"}, {"b": "2"}], id="a name from a field that is not there"),
        pytest.param("fieldformat a=a*2", [{"a": "1"}, {"b": "2"}], id="fieldformat leaves the values"),
        pytest.param("addtotals", [{"a": "1", "Total": 1}, {"b": "2", "Total": 2}], id="addtotals"),
        pytest.param("addtotals fieldname=s a", [{"a": "1", "s": 1}, {"b": "2", "s": 0}], id="addtotals of one field"),
        pytest.param(
            "addtotals row=f col=t labelfield=k label=ALL",
            [{"a": "1"}, {"b": "2"}, {"a": 1, "b": 2, "k": "ALL"}],
            id="addtotals col",
        ),
        pytest.param("addcoltotals a", [{"a": "1"}, {"b": "2"}, {"a": 1}], id="addcoltotals"),
        pytest.param("replace 1 WITH one, 2 WITH two", [{"a": "one"}, {"b": "two"}], id="replace in all fields"),
        pytest.param("replace 1 WITH one, 2 WITH two IN b", [{"a": "1"}, {"b": "two"}], id="replace in one field"),
        pytest.param("replace * WITH <*> IN a", None, id="a sign that is no value"),
        pytest.param(
            'replace * WITH "<*>" IN a', [{"a": "<1>"}, {"b": "2"}], id="replace puts in what the star matched"
        ),
        pytest.param("delta a", [{"a": "1"}, {"b": "2"}], id="delta of one number"),
        pytest.param("accum a AS t", [{"a": "1", "t": 1}, {"b": "2"}], id="accum"),
        pytest.param("autoregress a", [{"a": "1"}, {"b": "2", "a_p1": "1"}], id="autoregress"),
        pytest.param("transpose", [{"column": "a", "row 1": "1"}, {"column": "b", "row 2": "2"}], id="transpose"),
        pytest.param("transpose 1 column_name=f", [{"f": "a", "row 1": "1"}], id="transpose one row"),
        pytest.param("transpose header_field=a", [{"column": "b", "row 2": "2"}], id="transpose with a header field"),
        pytest.param("untable k name value", [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}], id="untable"),
    ],
)
def test_what_rows_become(rows_of, error_of, query, expected):
    rows = [{"a": "1"}, {"b": "2"}]
    if expected is None:
        error_of(query, rows)
        return
    assert rows_of(query, rows) == expected


def test_delta_of_several_rows_back(rows_of):
    rows = [{"n": value} for value in ("1", "5", "x", "7", "8")]
    assert [row.get("d") for row in rows_of("delta n AS d p=2", rows)] == [None, None, None, 2, None]
    assert [row.get("delta(n)") for row in rows_of("delta n", rows)] == [None, 4, None, None, 1]


def test_autoregress_of_a_range(rows_of):
    rows = [{"n": "1"}, {"n": "2"}, {"n": "3"}]
    assert rows_of("autoregress n p=1-2", rows)[2] == {"n": "3", "n_p1": "2", "n_p2": "1"}
    assert rows_of("autoregress n AS m p=2", rows)[2] == {"n": "3", "m": "1"}


def test_untable_and_xyseries_undo_each_other(rows_of):
    rows = [{"k": "r1", "a": "1", "b": "2"}, {"k": "r2", "b": "3"}]
    assert rows_of("untable k name value | xyseries k name value", rows) == rows


def test_xyseries_of_several_values(rows_of):
    rows = [{"k": "r", "s": "x", "m": "1", "n": "2"}]
    assert rows_of("xyseries k s m n", rows) == [{"k": "r", "m: x": "1", "n: x": "2"}]
    assert rows_of('xyseries k s m n sep="_"', rows) == [{"k": "r", "m_x": "1", "n_x": "2"}]
