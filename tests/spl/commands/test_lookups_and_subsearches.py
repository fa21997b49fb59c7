"""Lookups, subsearches, and commands that write: lookup, inputlookup, outputlookup, join, append..., format, return,
collect, union, multisearch, savedsearch. Rules: Search Reference, each command's page."""

from __future__ import annotations

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl.environment import CollectOptions, LookupWrite
from lab.splunk.spl.search import run

USERS = [
    {"uid": "1", "name": "Ann", "dept": "IT"},
    {"uid": "2", "name": "Bob", "dept": "HR"},
    {"uid": "3", "name": "Cy", "dept": "HR", "note": ""},
]
LOOKUPS = {"users": USERS}


@pytest.mark.parametrize(
    ("query", "row", "expected"),
    [
        pytest.param(
            "lookup users uid OUTPUT name", {"uid": "1", "name": "old"}, {"name": "Ann"}, id="OUTPUT overwrites"
        ),
        pytest.param("lookup users uid OUTPUT name", {"uid": "9", "name": "old"}, {}, id="no match changes nothing"),
        pytest.param("lookup users uid OUTPUTNEW name", {"uid": "1", "name": "old"}, {}, id="OUTPUTNEW keeps"),
        pytest.param(
            "lookup users uid OUTPUTNEW name dept",
            {"uid": "1", "name": "old"},
            {"dept": "IT"},
            id="OUTPUTNEW, one is new",
        ),
        pytest.param(
            "lookup users uid", {"uid": "1"}, {"name": "Ann", "dept": "IT"}, id="all other fields without OUTPUT"
        ),
        pytest.param("lookup users uid AS id OUTPUT dept AS d", {"id": "2"}, {"d": "HR"}, id="AS"),
        pytest.param(
            "lookup users uid, dept OUTPUT name", {"uid": "2", "dept": "IT"}, {}, id="all fields have to match"
        ),
        pytest.param("lookup users dept OUTPUT name", {"dept": "HR"}, {"name": ["Bob", "Cy"]}, id="several matches"),
        pytest.param(
            "lookup users uid OUTPUT name", {"uid": ["1", "3"]}, {"name": ["Ann", "Cy"]}, id="several values to match"
        ),
        pytest.param("lookup users uid OUTPUT name", {"x": "1"}, {}, id="the field is not there"),
        pytest.param("lookup local=t users uid OUTPUT name", {"uid": "1"}, {"name": "Ann"}, id="local"),
    ],
)
def test_lookup_adds_the_fields_of_the_match(rows_of, query, row, expected):
    assert rows_of(query, [row], lookups=LOOKUPS) == [row | expected]


class Collection(MemoryEnvironment):
    """A lookup whose cells have the types of a KV store record."""

    def lookup(self, name, role):
        table = super().lookup(name, role)
        table.match = lambda inputs: [{"n": 0, "flag": False, "many": ["x", "", "y"], "none": "", "_key": "k1"}]
        return table


def test_cells_of_a_record_keep_numbers_arrays_and_booleans():
    environment = Collection(lookups={"kv": [{"uid": "1", "n": "", "flag": "", "many": "", "none": ""}]})
    [row] = run("lookup kv uid OUTPUT n flag many none _key AS k", environment, rows=[{"uid": "1", "none": "old"}]).rows
    assert row == {"uid": "1", "n": 0, "flag": "false", "many": ["x", "y"], "k": "k1"}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("lookup nosuch uid", "nosuch", id="no such lookup"),
        pytest.param("lookup users id OUTPUT name", "no field 'id'", id="no such field to match"),
        pytest.param("lookup users uid OUTPUT nam", "no field 'nam'", id="no such field to write"),
    ],
)
def test_a_lookup_that_cannot_work_ends_the_search_before_any_row(error_of, query, words):
    assert words in error_of(query, [], lookups=LOOKUPS).message


@pytest.mark.parametrize(
    ("query", "fails"),
    [
        pytest.param("index=main | lookup users uid OUTPUT name", True, id="behind an index read"),
        pytest.param("index=main | eval a=1 | lookup users uid OUTPUT name", True, id="behind a streaming command"),
        pytest.param("index=main | foreach u* [eval a=1] | lookup users uid OUTPUT name", True, id="behind foreach"),
        pytest.param("index=main | foreach uid [lookup users uid OUTPUT name]", True, id="inside foreach"),
        pytest.param("index=main | dedup uid | lookup users uid OUTPUT name", False, id="behind dedup"),
        pytest.param("index=main | lookup local=t users uid OUTPUT name", False, id="local=t"),
        pytest.param("index=main | stats count BY uid | lookup users uid OUTPUT name", False, id="behind stats"),
        pytest.param("index=main | sort 0 uid | lookup users uid OUTPUT name", False, id="behind sort"),
        pytest.param("| makeresults | eval uid=1 | lookup users uid OUTPUT name", False, id="no index read"),
    ],
)
def test_a_kv_store_lookup_does_not_exist_on_indexers(query, fails):
    environment = MemoryEnvironment(
        lookups=LOOKUPS, collections=frozenset(("users",)), indexed=[{"uid": "1", "_time": "1", "_raw": "x"}]
    )
    if fails:
        with pytest.raises(Exception, match="does not exist on indexers"):
            run(query, environment)
    else:
        assert run(query, environment).rows[0]["name"] == "Ann"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("inputlookup users | fields uid", "1 2 3", id="all rows"),
        pytest.param("inputlookup users where dept=hr | fields uid", "2 3", id="where"),
        pytest.param("inputlookup users where dept=HR NOT uid=3 | fields uid", "2", id="where with NOT"),
        pytest.param("inputlookup start=1 max=1 users | fields uid", "2", id="start and max"),
        pytest.param("makeresults | eval uid=0 | inputlookup append=t users | fields uid", "0 1 2 3", id="append"),
    ],
)
def test_inputlookup(rows_of, query, expected):
    assert " ".join(str(row["uid"]) for row in rows_of(query, lookups=LOOKUPS)) == expected


def test_rows_of_a_lookup_are_copies():
    environment = MemoryEnvironment(lookups={"users": [dict(USERS[0])]})
    run("| inputlookup users | eval name=1", environment)
    assert environment.lookups["users"][0]["name"] == "Ann"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", LookupWrite(), id="replace"),
        pytest.param("append=t ", LookupWrite(append=True), id="append"),
        pytest.param("key_field=a ", LookupWrite(append=True, key_field="a"), id="key_field appends"),
        pytest.param("append=f key_field=a ", LookupWrite(key_field="a"), id="unless told otherwise"),
        pytest.param("override_if_empty=f ", LookupWrite(override_if_empty=False), id="override_if_empty"),
        pytest.param("create_empty=t ", LookupWrite(create_empty=True), id="create_empty"),
        pytest.param("createinapp=f ", LookupWrite(create_context="system"), id="createinapp"),
        pytest.param("create_context=user ", LookupWrite(create_context="user"), id="create_context"),
        pytest.param("createinapp=t create_context=user ", LookupWrite(), id="createinapp goes first"),
    ],
)
def test_outputlookup_hands_its_options_on(options, expected):
    class Recording(MemoryEnvironment):
        def write_lookup(self, name, rows, options):
            self.lookups = {name: rows}
            self.search_text = repr(options)

    environment = Recording()
    made = run(f"outputlookup {options}t.csv", environment, rows=[{"a": "1"}, {"a": "2"}]).rows
    assert made == environment.lookups["t.csv"] == [{"a": "1"}, {"a": "2"}]
    assert environment.search_text == repr(expected)


def test_outputlookup_max_writes_the_first_rows_and_passes_all_on():
    environment = MemoryEnvironment()
    assert len(run("outputlookup max=1 t.csv", environment, rows=[{"a": "1"}, {"a": "2"}]).rows) == 2
    assert environment.lookups["t.csv"] == [{"a": "1"}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("join uid [| inputlookup users | fields uid name]", [{"uid": "1", "name": "Ann"}], id="inner"),
        pytest.param(
            "join type=left uid [| inputlookup users | fields uid name]",
            [{"uid": "1", "name": "Ann"}, {"uid": "9"}],
            id="left",
        ),
        pytest.param(
            "join type=outer [| inputlookup users | fields uid name]",
            [{"uid": "1", "name": "Ann"}, {"uid": "9"}],
            id="on the fields that both have",
        ),
        pytest.param(
            "join uid overwrite=f [| inputlookup users | eval v=1 | fields uid v]",
            [{"uid": "1", "v": "x"}],
            id="overwrite=f",
        ),
        pytest.param(
            "join uid [| inputlookup users | eval v=1 | fields uid v]", [{"uid": "1", "v": 1}], id="overwrite"
        ),
    ],
)
def test_join(rows_of, query, expected):
    rows = [{"uid": "1"}, {"uid": "9"}]
    if "v=1" in query:
        rows = [{"uid": "1", "v": "x"}]
    assert rows_of(query, rows, lookups=LOOKUPS) == expected


@pytest.mark.parametrize(
    ("most", "names"),
    [pytest.param(1, "Bob", id="one"), pytest.param(2, "Bob Cy", id="two"), pytest.param(0, "Bob Cy", id="all")],
)
def test_join_with_several_matches(rows_of, most, names):
    rows = rows_of(f"join dept max={most} [| inputlookup users | fields dept name]", [{"dept": "HR"}], lookups=LOOKUPS)
    assert " ".join(row["name"] for row in rows) == names


def test_join_cuts_its_subsearch_off_with_a_warning(result_of):
    result = result_of(
        "join type=left n [| makeresults count=5 | streamstats count AS n | eval found=1]",
        [{"n": str(count)} for count in range(1, 6)],
        limits={("join", "subsearch_maxout"): 3},
    )
    assert sum("found" in row for row in result.rows) == 3
    assert "only the first 3" in result.messages[0].text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("append [| makeresults | eval k=2 | table k]", [{"k": "1"}, {"k": 2}], id="append"),
        pytest.param(
            "append maxout=1 [| makeresults count=2 | eval k=2 | table k]", [{"k": "1"}, {"k": 2}], id="maxout"
        ),
        pytest.param("appendpipe [stats count]", [{"k": "1"}, {"count": 1}], id="appendpipe"),
        pytest.param("appendpipe [eval k=9]", [{"k": "1"}, {"k": 9}], id="appendpipe does not touch the rows"),
        pytest.param(
            "where k=2 | appendpipe [stats count | where count=0]", [{"count": 0}], id="appendpipe over nothing"
        ),
        pytest.param("appendcols [| makeresults | eval k=9, m=1]", [{"k": "1", "m": 1}], id="appendcols"),
        pytest.param("appendcols override=t [| makeresults | eval k=9]", [{"k": 9}], id="appendcols override"),
        pytest.param(
            "appendcols [| makeresults count=2 | eval m=1]",
            [{"k": "1", "m": 1}, {"m": 1}],
            id="appendcols of more rows",
        ),
        pytest.param("union [| makeresults | eval k=2 | table k]", [{"k": "1"}, {"k": 2}], id="union behind rows"),
    ],
)
def test_rows_of_another_pipeline_are_added(rows_of, query, expected):
    assert rows_of(query, [{"k": "1"}]) == expected


def test_union_first_in_a_search(rows_of):
    query = "union [| makeresults | eval k=1 | table k] [| makeresults | eval k=2 | table k]"
    assert rows_of(query) == [{"k": 1}, {"k": 2}]


def test_multisearch_merges_by_time_newest_first(rows_of):
    indexed = [{"_time": str(second), "_raw": "x", "k": k} for second, k in [(1, "a"), (2, "b"), (3, "a"), (4, "b")]]
    query = "multisearch [search index=main k=a] [search index=main k=b | eval m=1] | table _time k"
    assert [row["_time"] for row in rows_of(query, indexed=indexed)] == ["4", "3", "2", "1"]


def test_append_cuts_its_subsearch_off_with_a_warning(result_of):
    result = result_of("append [| makeresults count=3]", [], limits={("searchresults", "maxresultrows"): 2})
    assert len(result.rows) == 2
    assert "only the first 2" in result.messages[0].text


@pytest.mark.parametrize(
    ("query", "rows", "expected"),
    [
        pytest.param("format", [{"b": "2", "a": "1"}], '( ( a="1" AND b="2" ) )', id="fields in alphabetical order"),
        pytest.param("format", [{"a": "1"}, {"a": "2"}], '( ( a="1" ) OR ( a="2" ) )', id="rows are ORed"),
        pytest.param("format", [{"a": ["x", "y"]}], '( ( ( a="x" OR a="y" ) ) )', id="multivalue"),
        pytest.param(
            'format mvsep="mvsep" "{" "[" "AND" "]" "AND" "}"',
            [{"a": ["x", "y"]}],
            '{ [ ( a="x" mvsep a="y" ) ] }',
            id="options",
        ),
        pytest.param("format", [{"_time": "1", "a": "1"}], '( ( a="1" ) )', id="internal fields are left out"),
        pytest.param("format", [{"search": "x OR y"}], "( ( x OR y ) )", id="a field called search is text"),
        pytest.param("format", [{"a": 'say "x\\y"'}], '( ( a="say \\"x\\\\y\\"" ) )', id="quotes and backslashes"),
        pytest.param("format", [], "NOT ( )", id="no rows"),
        pytest.param("format emptystr=nothing", [], "nothing", id="emptystr"),
        pytest.param("format maxresults=1", [{"a": "1"}, {"a": "2"}], '( ( a="1" ) )', id="maxresults"),
        pytest.param("return a", [{"a": "1"}, {"a": "2"}], '(a="1")', id="return the first row"),
        pytest.param("return 2 a", [{"a": "1"}, {"a": "2"}], '(a="1") OR (a="2")', id="return two rows"),
        pytest.param("return 1 ip=a b", [{"a": "1", "b": "2"}], '(ip="1" b="2")', id="an alias"),
        pytest.param("return $a", [{"a": "1"}], "1", id="a value alone"),
        pytest.param("return 2 $a", [{"a": "1"}, {"a": "2"}], "(1) OR (2)", id="values"),
    ],
)
def test_rows_as_search_text(rows_of, query, rows, expected):
    assert rows_of(query, rows) == [{"search": expected}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("search [| inputlookup users where uid=2 | fields uid]", "2", id="rows"),
        pytest.param("search [| inputlookup users where uid=2 | fields uid | format]", "2", id="format"),
        pytest.param("search [| inputlookup users where dept=HR | return 5 uid]", "2 3", id="return"),
        pytest.param("search NOT [| inputlookup users where uid=2 | fields uid]", "1 3", id="NOT"),
        pytest.param("search [| inputlookup users where uid=9 | fields uid]", "", id="nothing found finds nothing"),
    ],
)
def test_a_subsearch_stands_for_its_text(rows_of, query, expected):
    rows = [{"uid": "1"}, {"uid": "2"}, {"uid": "3"}]
    assert " ".join(row["uid"] for row in rows_of(query, rows, lookups=LOOKUPS)) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("index=summary", CollectOptions(), id="defaults"),
        pytest.param(
            'index=s sourcetype=t source="a b" host=h marker="k=v"',
            CollectOptions(index="s", sourcetype="t", source="a b", host="h", marker="k=v"),
            id="where it goes",
        ),
        pytest.param("index=s addtime=f run_in_preview=t", CollectOptions(index="s", addtime=False), id="addtime"),
        pytest.param("index=s output_format=hec", CollectOptions(index="s", output_format="hec"), id="hec"),
    ],
)
def test_collect_hands_rows_to_the_index_and_passes_them_on(options, expected):
    environment = MemoryEnvironment()
    rows = run(f"collect {options}", environment, rows=[{"a": "1"}, {"a": "2"}]).rows
    assert rows == [{"a": "1"}, {"a": "2"}]
    assert environment.collected == [(rows, expected)]


def test_collect_in_test_mode_writes_nothing():
    environment = MemoryEnvironment()
    assert run("collect index=s testmode=t", environment, rows=[{"a": "1"}]).rows == [{"a": "1"}]
    assert environment.collected == []


def test_what_a_later_command_changes_is_not_collected():
    environment = MemoryEnvironment()
    run("collect index=s | eval a=9", environment, rows=[{"a": "1"}])
    assert environment.collected[0][0] == [{"a": "1"}]


def test_savedsearch_runs_in_place(rows_of):
    assert rows_of('savedsearch "My Search" | stats count', saved={"My Search": "| makeresults count=3"}) == [
        {"count": 3}
    ]


def test_a_saved_search_that_is_not_there(error_of):
    assert "'Other'" in error_of("savedsearch Other", saved={}).message
