"""makeresults, foreach, addinfo, transaction, tstats, metadata. Rules: Search Reference, each command's page."""

from __future__ import annotations

import math

import pytest

NOW = 1_577_880_000


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("makeresults", [{"_time": NOW}], id="one row with a time"),
        pytest.param("makeresults count=2", [{"_time": NOW}] * 2, id="several"),
        pytest.param("makeresults count=0", [], id="none"),
        pytest.param("makeresults annotate=t", [{"_time": NOW, "splunk_server": "search_head"}], id="annotated"),
        pytest.param('makeresults format=csv data="a,b\n1,2\n,4"', [{"a": "1", "b": "2"}, {"b": "4"}], id="csv"),
        pytest.param(
            r'makeresults format=csv data="a,b\n1,2"', [{"a": "1", "b": "2"}], id="csv with written line ends"
        ),
        pytest.param(r'makeresults format=csv data="a\n\"x,y\""', [{"a": "x,y"}], id="a quoted cell"),
        pytest.param('makeresults format=csv data="a"', [], id="a header alone"),
        pytest.param(
            r'makeresults format=json data="[{\"a\":1,\"b\":[1,2]},{\"a\":null}]"',
            [{"_time": NOW, "_raw": '{"a":1,"b":[1,2]}', "a": "1", "b": "[1,2]"}, {"_time": NOW, "_raw": '{"a":null}'}],
            id="json",
        ),
    ],
)
def test_makeresults(rows_of, query, expected):
    assert rows_of(query) == expected


def test_addinfo_says_when_and_over_what(rows_of):
    [row] = rows_of("addinfo", [{}], earliest=100.0, latest=math.inf)
    assert row == {
        "info_min_time": "100.000",
        "info_max_time": "+Infinity",
        "info_search_time": f"{NOW}.000",
        "info_sid": "1577880000.1",
    }


@pytest.mark.parametrize(
    ("query", "row", "expected"),
    [
        pytest.param(
            "foreach t* [eval s=s+<<FIELD>>]", {"s": "0", "t1": "1", "t2": "2"}, {"s": 3}, id="fields of a pattern"
        ),
        pytest.param("foreach t1 t2 [eval s=s+'<<FIELD>>']", {"s": "0", "t1": "1", "t2": "2"}, {"s": 3}, id="a list"),
        pytest.param("foreach t* [eval s=s+<<FIELD>>]", {"s": "0", "t1": "1"}, {"s": 1}, id="only fields of the row"),
        pytest.param("foreach t* [eval <<FIELD>>=<<FIELD>>+<<MATCHSTR>>]", {"t3": "5"}, {"t3": 8}, id="MATCHSTR"),
        pytest.param(
            'foreach t*ab* [eval <<FIELD>>=<<MATCHSEG1>>."-".<<MATCHSEG2>>]',
            {"t1ab2": "5"},
            {"t1ab2": "1-2"},
            id="MATCHSEG",
        ),
        pytest.param("foreach t* fieldstr=F [eval F=F*2]", {"t": "4"}, {"t": 8}, id="another placeholder"),
        pytest.param(
            "foreach t* [eval a_<<FIELD>>=1 | eval b_<<FIELD>>=2]", {"t": "4"}, {"a_t": 1, "b_t": 2}, id="two commands"
        ),
        pytest.param("foreach t* [rename <<FIELD>> AS x_<<FIELD>>]", {"t": "4"}, {"x_t": "4"}, id="another command"),
        pytest.param(
            "foreach mode=multivalue m [eval s=s+<<ITEM>>]", {"s": "0", "m": ["1", "2"]}, {"s": 3}, id="values"
        ),
        pytest.param(
            "foreach m mode=multivalue [eval w=mvappend(w, <<ITEM>>.<<ITER>>)]",
            {"m": ["a", "b"]},
            {"w": ["a0", "b1"]},
            id="ITEM is a value, ITER its number",
        ),
        pytest.param("foreach mode=multivalue m [eval s=<<ITEM>>]", {"m": "x"}, {"s": "x"}, id="one value"),
        pytest.param("foreach mode=multivalue m [eval s=1]", {"x": "1"}, {}, id="no field"),
        pytest.param(
            "foreach mode=json_array m [eval s=s+<<ITEM>>]", {"s": "0", "m": "[1,2,3]"}, {"s": 6}, id="a JSON array"
        ),
        pytest.param(
            'foreach mode=json_array m [eval n=json_extract(<<ITEM>>, "Name"), v=json_extract(<<ITEM>>, "Value"), '
            'w=mvappend(w, n."=".coalesce(v, "")), n=null(), v=null()]',
            {"m": '[{"Name":"ForwardTo","Value":""},{"Name":"DeleteMessage","Value":"True"}]'},
            {"w": ["ForwardTo=", "DeleteMessage=True"]},
            id="objects keep an empty value in its place",
        ),
        pytest.param("foreach mode=json_array m [eval s=1]", {"m": "no array"}, {}, id="no JSON array"),
        pytest.param(
            "foreach mode=json_array m [eval c=c+if(isnull(<<ITEM>>),1,0)]",
            {"c": "0", "m": "[null,1]"},
            {"c": 1},
            id="null",
        ),
        pytest.param(
            "foreach mode=auto_collections m [eval s=s+<<ITEM>>]",
            {"s": "0", "m": ["1", "2"]},
            {"s": 3},
            id="auto, values",
        ),
        pytest.param(
            "foreach mode=auto_collections m [eval s=s+<<ITEM>>]", {"s": "0", "m": "[1,2]"}, {"s": 3}, id="auto, JSON"
        ),
        pytest.param(
            "foreach mode=multivalue itemstr=NUM m [eval s=s+NUM]", {"s": "0", "m": ["1", "2"]}, {"s": 3}, id="itemstr"
        ),
    ],
)
def test_foreach(rows_of, query, row, expected):
    [made] = rows_of(query, [row])
    changed = {name: value for name, value in made.items() if row.get(name) != value}
    assert changed == expected


def test_foreach_may_filter_rows(rows_of):
    rows = [{"t1": "1", "t2": "2"}, {"t1": "1"}]
    assert rows_of("foreach t* [where <<FIELD>>=1]", rows) == [{"t1": "1"}]


def sessions(*events):
    return [
        {"_time": str(time), "sid": sid, "_raw": raw, "k": raw[0]} if sid else {"_time": str(time), "_raw": raw}
        for time, sid, raw in events
    ]


EVENTS = sessions(
    (100, "B", "end B"),
    (90, "A", "end A"),
    (60, "B", "work"),
    (50, "A", "start A"),
    (10, "B", "start B"),
    (5, None, "none"),
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("transaction sid", [("A", 50, 40, 2, 0), ("B", 10, 90, 3, 0)], id="by a field"),
        pytest.param(
            'transaction sid startswith="start" endswith="end"',
            [("A", 50, 40, 2, 1), ("B", 10, 90, 3, 1)],
            id="start and end",
        ),
        pytest.param(
            'transaction sid startswith=eval(k="s") endswith=(end)',
            [("A", 50, 40, 2, 1), ("B", 10, 90, 3, 1)],
            id="an expression and a search",
        ),
        pytest.param(
            "transaction sid maxspan=45s keepevicted=t",
            [("B", 60, 40, 2, 1), ("A", 50, 40, 2, 1), ("B", 10, 0, 1, 0)],
            id="maxspan",
        ),
        pytest.param(
            "transaction sid maxspan=45s",
            [("B", 60, 40, 2, 1), ("A", 50, 40, 2, 1)],
            id="maxspan without what is still open",
        ),
        pytest.param("transaction sid maxpause=45s", [("B", 60, 40, 2, 1)], id="maxpause"),
        pytest.param("transaction sid maxevents=2", [("B", 60, 40, 2, 1), ("A", 50, 40, 2, 1)], id="maxevents"),
        pytest.param('transaction sid startswith="work"', [("B", 60, 40, 2, 1)], id="only what has its beginning"),
    ],
)
def test_transaction(rows_of, query, expected):
    made = rows_of(query, EVENTS)
    assert [
        (row["sid"], int(row["_time"]), row["duration"], row["eventcount"], row["closed_txn"]) for row in made
    ] == expected


def test_a_transaction_has_the_union_of_its_fields(rows_of):
    rows = [
        {"_time": "20", "sid": "A", "_raw": "late", "u": "x"},
        {"_time": "10", "sid": "A", "_raw": "early", "u": "b"},
    ]
    [made] = rows_of("transaction sid", rows)
    numbers = {"duration": 10, "eventcount": 2, "closed_txn": 0}
    assert made == {"sid": "A", "u": ["b", "x"], "_time": "10", "_raw": "early\nlate"} | numbers


def test_a_transaction_follows_shared_fields_from_event_to_event(rows_of):
    rows = [{"_time": "30", "a": "1"}, {"_time": "20", "a": "1", "b": "2"}, {"_time": "10", "b": "2"}]
    assert [row["eventcount"] for row in rows_of("transaction a b", rows)] == [3]


def test_a_transaction_wants_the_newest_event_first(error_of):
    assert "descending order" in error_of("transaction sid", EVENTS[::-1]).message


INDEXED = [
    {"_time": "100", "_raw": "x", "index": "main", "host": "a", "sourcetype": "s"},
    {"_time": "200", "_raw": "y", "index": "main", "host": "b", "sourcetype": "s"},
    {"_time": "4000", "_raw": "z", "index": "main", "host": "b", "sourcetype": "t"},
    {"_time": "300", "_raw": "o", "index": "other", "host": "c", "sourcetype": "t"},
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("tstats count WHERE index=main", [{"count": 3}], id="count"),
        pytest.param(
            "tstats count AS n WHERE index=main BY host", [{"host": "a", "n": 1}, {"host": "b", "n": 2}], id="by"
        ),
        pytest.param("tstats dc(host) AS h WHERE index=* sourcetype=t", [{"h": 2}], id="distinct hosts"),
        pytest.param(
            "tstats min(_time) AS lo max(_time) AS hi WHERE index=main", [{"lo": "100", "hi": "4000"}], id="times"
        ),
        pytest.param(
            "tstats count WHERE index=main BY _time span=1h",
            [{"_time": 0, "count": 2}, {"_time": 3600, "count": 1}],
            id="by time",
        ),
        pytest.param(
            "tstats count WHERE index=main BY host _time span=1h",
            [
                {"host": "a", "_time": 0, "count": 1},
                {"host": "b", "_time": 0, "count": 1},
                {"host": "b", "_time": 3600, "count": 1},
            ],
            id="by host and time",
        ),
        pytest.param(
            "tstats summariesonly=f values(sourcetype) AS s WHERE index=main", [{"s": ["s", "t"]}], id="values"
        ),
        pytest.param("tstats count WHERE index=main host=z", [{"count": 0}], id="nothing"),
    ],
)
def test_tstats_over_index_time_fields(rows_of, query, expected):
    assert rows_of(query, indexed=INDEXED) == expected


def test_tstats_over_a_data_model_fails_as_on_a_splunk_without_it(error_of):
    query = (
        "tstats summariesonly=t count FROM datamodel=Authentication WHERE Authentication.action=failure "
        "BY Authentication.src"
    )
    assert error_of(query).message == "Error in 'TsidxStats': Data model 'Authentication' was not found."


ENDPOINTS = {"/services/apps/local": [{"title": "search", "disabled": "0"}]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "rest /services/apps/local splunk_server=local",
            [{"title": "search", "disabled": "0", "count": "0"}],
            id="all entries",
        ),
        pytest.param(
            'rest splunk_server=local timeout=5 "/services/apps/local" count=3 search="title=s*"',
            [{"title": "search", "disabled": "0", "count": "3", "search": "title=s*"}],
            id="arguments go with it",
        ),
        pytest.param("rest /services/nowhere splunk_server=local", [], id="an error gives no rows"),
    ],
)
def test_rest_reads_an_endpoint(result_of, query, expected):
    result = result_of(query, endpoints=ENDPOINTS)
    assert result.rows == expected
    assert [message.level for message in result.messages] == ([] if expected else ["WARN"])


def test_rest_with_strict_ends_the_search(error_of):
    assert "404 Not Found" in error_of("rest /services/nowhere splunk_server=local strict=t").message


def test_metadata_counts_events(rows_of):
    assert rows_of("metadata type=hosts index=main", indexed=INDEXED) == [
        {"firstTime": 100, "host": "a", "lastTime": 100, "recentTime": 100, "totalCount": 1, "type": "hosts"},
        {"firstTime": 200, "host": "b", "lastTime": 4000, "recentTime": 4000, "totalCount": 2, "type": "hosts"},
    ]
