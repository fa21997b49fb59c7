"""stats and eventstats: groups, terms, and what a group of nothing gives. Rules: Search Reference, stats."""

from __future__ import annotations

import pytest

LOGINS = [
    {"host": "a", "user": "ann", "n": "10"},
    {"host": "b", "user": "ann", "n": "9"},
    {"host": "a", "user": "Bob", "n": "100"},
    {"user": "cy", "n": "1"},
]
GROUPS = [{"n": "1", "g": "a"}, {"n": "2", "g": "b"}, {"n": "3", "g": "a"}, {"n": "4", "g": "b"}]


@pytest.mark.parametrize(
    ("query", "rows", "expected"),
    [
        pytest.param("stats count", LOGINS, [{"count": 4}], id="rows are counted without a field"),
        pytest.param("stats count() c(n) AS m", LOGINS, [{"count": 4, "m": 4}], id="count with empty parentheses"),
        pytest.param("stats count(host)", LOGINS, [{"count(host)": 3}], id="count of a field counts its values"),
        pytest.param(
            "stats count AS total, dc(host)", LOGINS, [{"total": 4, "dc(host)": 2}], id="commas between terms"
        ),
        pytest.param('stats count AS "log ins"', LOGINS, [{"log ins": 4}], id="a quoted name"),
        pytest.param('stats sum("a b")', [{"a b": "2"}], [{"sum(a b)": 2}], id="a quoted field"),
        pytest.param("stats perc50('a b')", [{"a b": "2"}], [{"perc50(a b)": 2}], id="a field in single quotes"),
        pytest.param(
            "stats count(eval(n>9))", LOGINS, [{"count(eval(n>9))": 2}], id="a condition counts where it is TRUE"
        ),
        pytest.param(
            'stats count(eval(if(host="a",1,null()))) AS a',
            LOGINS,
            [{"a": 2}],
            id="an expression counts where it is not null",
        ),
        pytest.param("stats sum(eval(n*2)) AS s", LOGINS, [{"s": 240}], id="sum of an expression"),
        pytest.param(
            "stats values(eval(lower(user))) AS v", LOGINS, [{"v": ["ann", "bob", "cy"]}], id="values of an expression"
        ),
        pytest.param("stats count BY host", [], [], id="no rows and BY give no row"),
        pytest.param("stats count", [], [{"count": 0}], id="no rows without BY count 0"),
        pytest.param("stats dc(x) count(x) AS c", [], [{"dc(x)": 0, "c": 0}], id="counts of nothing are 0"),
        pytest.param("stats sum(n) AS s", [], [], id="a sum of nothing is no row"),
        pytest.param("stats sum(g) values(x)", GROUPS, [], id="nothing computable and no BY is no row"),
        pytest.param("stats count sum(g) AS s", GROUPS, [{"count": 4}], id="a sum over text writes no field"),
        pytest.param(
            "stats sum(g) AS s BY g", GROUPS, [{"g": "a"}, {"g": "b"}], id="a group keeps its key and loses the field"
        ),
        pytest.param(
            "stats count BY x",
            [{"x": "10"}, {"x": "9"}, {"x": "b"}, {"x": "B"}],
            [{"x": "9", "count": 1}, {"x": "10", "count": 1}, {"x": "B", "count": 1}, {"x": "b", "count": 1}],
            id="groups come in natural order",
        ),
        pytest.param(
            "stats count BY x",
            [{"x": 1}, {"x": "1"}, {"x": "1.0"}],
            [{"x": "1", "count": 2}, {"x": "1.0", "count": 1}],
            id="groups compare text",
        ),
        pytest.param("stats count BY x", [{"x": ""}], [{"x": "", "count": 1}], id="an empty text is a value"),
        pytest.param(
            "stats count BY x y",
            [{"x": ["a", "b"], "y": ["1", "2"]}],
            [{"x": x, "y": y, "count": 1} for x in "ab" for y in "12"],
            id="multivalue BY fields multiply",
        ),
        pytest.param(
            "stats count BY x", [{"x": ["a", "a"]}], [{"x": "a", "count": 2}], id="equal values of one row count each"
        ),
        pytest.param(
            "stats count BY x dedup_splitvals=t",
            [{"x": ["a", "a"]}],
            [{"x": "a", "count": 1}],
            id="dedup_splitvals counts them once",
        ),
        pytest.param(
            "stats sum(*) AS total_* BY g",
            [{"g": "a", "x": "1", "y": "2", "_z": "9"}],
            [{"g": "a", "total_x": 1, "total_y": 2}],
            id="a wildcard leaves out BY fields and internal fields",
        ),
        pytest.param("stats values(*) AS *", [{"x": "1"}, {"y": "2"}], [{"x": "1", "y": "2"}], id="values(*) AS *"),
        pytest.param("stats count(a*)", [{"a1": "1", "b": "1"}], [{"count(a1)": 1}], id="a wildcard without AS"),
    ],
)
def test_stats_answers(rows_of, query, rows, expected):
    assert rows_of(query, rows) == expected


def test_values_of_one_row_per_group_stay_scalars(rows_of):
    assert rows_of("stats values(user) AS u BY host", LOGINS) == [
        {"host": "a", "u": ["Bob", "ann"]},
        {"host": "b", "u": "ann"},
    ]


def test_by_fields_come_first_and_functions_in_their_order(rows_of):
    row = rows_of("stats max(n) AS z, count BY host", LOGINS)[0]
    assert list(row) == ["host", "z", "count"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param('stats delim=", " values(user) AS u | nomv u', "Bob, ann, cy", id="delim of stats"),
        pytest.param("stats values(user) AS u | nomv u", "Bob ann cy", id="a blank by default"),
        pytest.param("stats list(host) AS u | nomv u", "a b a", id="list too"),
        pytest.param('stats delim=":" values(user) AS v | rename v AS u | nomv u', "Bob:ann:cy", id="under a new name"),
        pytest.param(
            'stats delim=":" values(user) AS u | eval u=mvsort(u) | nomv u', "Bob\nann\ncy", id="eval sets it back"
        ),
        pytest.param('stats delim=":" values(us*) AS us* | rename user AS u | nomv u', "Bob:ann:cy", id="a wildcard"),
    ],
)
def test_nomv_joins_with_the_delimiter_of_stats(rows_of, query, expected):
    assert rows_of(query, LOGINS) == [{"u": expected}]


def test_the_values_of_stats_are_what_search_and_eval_take_them_for(rows_of):
    rows = rows_of('stats values(user) AS u | search u=ann | eval n=mvcount(u), v=mvjoin(u, "-")', LOGINS)
    assert rows == [{"u": ["Bob", "ann", "cy"], "n": 3, "v": "Bob-ann-cy"}]


def test_list_keeps_a_hundred_values_and_says_so(result_of):
    result = result_of("stats list(n) AS l", [{"n": str(count)} for count in range(150)])
    assert result.rows[0]["l"] == [str(count) for count in range(100)]
    assert [(m.level, "first 100 values" in m.text) for m in result.messages] == [("WARN", True)]


@pytest.mark.parametrize(
    ("query", "rows", "expected"),
    [
        pytest.param(
            "eventstats count AS c BY host", LOGINS, [2, 1, 2, None], id="rows without the BY field keep no statistic"
        ),
        pytest.param("eventstats sum(n) AS c", LOGINS, [120, 120, 120, 120], id="the same for all rows"),
        pytest.param(
            "eventstats sum(g) AS c", GROUPS, [None, None, None, None], id="nothing computable writes no field"
        ),
        pytest.param("eventstats count(eval(n>9)) AS c", LOGINS, [2, 2, 2, 2], id="a condition"),
    ],
)
def test_eventstats_adds_to_every_row(rows_of, query, rows, expected):
    made = rows_of(query, rows)
    assert [row.pop("c", None) for row in made] == expected
    assert made == rows


def test_eventstats_overwrites_a_field_of_its_name(rows_of):
    assert rows_of("eventstats max(n) AS n", GROUPS)[0] == {"n": "4", "g": "a"}


def test_a_boolean_that_only_the_row_shows_is_no_statistic(error_of):
    error = error_of("stats sum(eval(if(n>1, n>2, 0)))", GROUPS)
    assert "boolean" in error.message


def test_eventstats_ends_the_search_at_a_multivalue_by_field(error_of):
    assert "mvexpand" in error_of("eventstats count BY x", [{"x": ["a", "b"]}]).message
