"""Lookups: which table a name means, how rows match, KV store collections behind them, and writing."""

from __future__ import annotations

from typing import Any

import pytest
from knowledge.fixture_apps import EXPORT_ALL, AddApp

from lab.splunk.spl.environment import LookupWrite
from lab.splunk.spl.values import Row
from lab.splunk.stand_in import StandIn

TABLE = """user,src,dept,level
bob,10.0.0.0/8,HR,1
Bob,10.1.0.0/16,IT,2
al*,192.0.2.7,HR,3
*,2001:db8::/32,,4
"""


def match(splunk: StandIn, stanza: str, inputs: dict[str, Any], table: str = TABLE) -> list[dict[str, str]]:
    folder = splunk.home / "etc/apps/search"
    (folder / "lookups").mkdir(exist_ok=True)
    (folder / "lookups/t.csv").write_text(table, encoding="utf-8")
    (folder / "default/transforms.conf").write_text(f"[t]\nfilename = t.csv\n{stanza}\n", encoding="utf-8")
    splunk.reload()
    return splunk.environment().lookup("t", "search_head").match(inputs)


@pytest.mark.parametrize(
    ("stanza", "inputs", "levels"),
    [
        pytest.param("", {"user": "bob"}, ["1"], id="exact, case-sensitive"),
        pytest.param("case_sensitive_match = false", {"user": "BOB"}, ["1", "2"], id="case-insensitive"),
        pytest.param("", {"user": "alice"}, [], id="a star in the table is a star without WILDCARD"),
        pytest.param("match_type = WILDCARD(user)", {"user": "alice"}, ["3", "4"], id="WILDCARD"),
        pytest.param("match_type = WILDCARD(user)", {"user": "ALICE"}, ["4"], id="WILDCARD is case-sensitive"),
        pytest.param("match_type = WILDCARD(user)\ncase_sensitive_match = 0", {"user": "ALICE"}, ["3", "4"],
                     id="WILDCARD, case-insensitive"),
        pytest.param("match_type = WILDCARD(user)", {"user": "a\nl"}, ["4"], id="a star takes line breaks"),
        pytest.param("match_type = CIDR(src)", {"src": "10.1.2.3"}, ["1", "2"], id="CIDR"),
        pytest.param("match_type = CIDR(src)", {"src": "192.0.2.7"}, ["3"], id="CIDR and a plain address"),
        pytest.param("match_type = CIDR(src)", {"src": "2001:DB8:0::1"}, ["4"], id="CIDR of IPv6"),
        pytest.param("match_type = CIDR(src)", {"src": "not an address"}, [], id="CIDR of no address"),
        pytest.param("match_type = CIDR(src), WILDCARD(user)", {"src": "10.1.2.3", "user": "bob"}, ["1"], id="both"),
        pytest.param("match_type = CIDR(src)", {"src": "10.1.2.3", "dept": "IT"}, ["2"], id="exact and CIDR"),
        pytest.param("", {"dept": "HR"}, ["1", "3"], id="table order"),
        pytest.param("max_matches = 1", {"dept": "HR"}, ["1"], id="max_matches"),
        pytest.param("", {"user": ["Bob", "bob", "x"]}, ["2", "1"], id="a multivalue input matches with any value"),
        pytest.param("", {"level": 3}, ["3"], id="a number is compared as text"),
        pytest.param("", {"dept": ""}, [], id="an empty cell matches nothing"),
        pytest.param('filter = dept="HR" level>1', {"user": "al*"}, ["3"], id="filter lets through"),
        pytest.param('filter = dept="IT"', {"user": "bob"}, [], id="filter holds back"),
    ],
)  # fmt: skip
def test_matching(splunk: StandIn, stanza: str, inputs: dict[str, Any], levels: list[str]) -> None:
    assert [row["level"] for row in match(splunk, stanza, inputs)] == levels


def test_default_match_fills_up_to_min_matches(splunk: StandIn) -> None:
    stanza = "min_matches = 1\ndefault_match = none"
    assert match(splunk, stanza, {"user": "eve"}) == [{"src": "none", "dept": "none", "level": "none"}]
    assert match(splunk, stanza, {"user": "bob"})[0]["dept"] == "HR"


def test_a_row_leaves_out_its_empty_cells(splunk: StandIn) -> None:
    assert match(splunk, "match_type = WILDCARD(user)", {"user": "zed"}) == [
        {"user": "*", "src": "2001:db8::/32", "level": "4"}
    ]


def test_a_network_that_is_none_matches_nothing_and_hurts_nothing(splunk: StandIn) -> None:
    table = "src,level\nbroken/99,1\n10.0.0.0/8,2\n"
    assert match(splunk, "match_type = CIDR(src)", {"src": "10.1.1.1"}, table) == [{"src": "10.0.0.0/8", "level": "2"}]


def test_100_matches_are_the_default(splunk: StandIn) -> None:
    table = "k,v\n" + "".join(f"a,{number}\n" for number in range(150))
    assert len(match(splunk, "", {"k": "a"}, table)) == 100


@pytest.mark.parametrize(
    ("stanza", "words"),
    [
        pytest.param("match_type = REGEX(user)", "match_type.*REGEX", id="unknown match type"),
        pytest.param("max_matches = 0", "max_matches", id="max_matches too small"),
        pytest.param("max_matches = 1001", "max_matches", id="max_matches too large"),
        pytest.param("case_sensitive_match = maybe", "case_sensitive_match", id="boolean"),
        pytest.param("time_field = level", "time_field.*not supported", id="time-based lookups"),
        pytest.param("external_cmd = x.py", "external_cmd.*not supported", id="scripts"),
    ],
)
def test_definitions_that_cannot_be_used_are_named(splunk: StandIn, stanza: str, words: str) -> None:
    with pytest.raises(LookupError, match=rf"transforms\.conf \[t\].*{words}"):
        match(splunk, stanza, {"user": "bob"})


def test_a_field_that_the_table_does_not_have(splunk: StandIn) -> None:
    with pytest.raises(LookupError, match="no field 'nosuch'; it has user, src, dept, level"):
        match(splunk, "", {"nosuch": "x"})


def test_a_row_with_too_many_cells_is_named(splunk: StandIn) -> None:
    with pytest.raises(LookupError, match=r"t\.csv, line 3: 3 cells, but the header has 2"):
        match(splunk, "", {"a": "1"}, "a,b\n1,2\n1,2,3\n")


# names and apps

LOOKUP_APP = {
    "default/transforms.conf": "[people]\nfilename = people.csv\n",
    "lookups/people.csv": "user,dept\nbob,HR\n",
}


@pytest.mark.parametrize(
    ("meta", "name", "found"),
    [
        pytest.param(EXPORT_ALL, "people", True, id="definition and file exported"),
        pytest.param("[transforms]\nexport = system\n", "people", False, id="the file is private"),
        pytest.param("[lookups]\nexport = system\n", "people", False, id="the definition is private"),
        pytest.param("[lookups]\nexport = system\n", "people.csv", True, id="the file by its own name"),
        pytest.param("", "people.csv", False, id="a private file"),
    ],
)
def test_another_app_sees_what_is_exported(splunk: StandIn, add_app: AddApp, meta: str, name: str, found: bool) -> None:
    add_app("ours", {**LOOKUP_APP, "metadata/default.meta": meta})
    assert splunk.environment(app="ours").lookup_rows("people") == [{"user": "bob", "dept": "HR"}]
    if found:
        assert splunk.environment(app="search").lookup_rows(name) == [{"user": "bob", "dept": "HR"}]
    else:
        with pytest.raises(LookupError, match=r"people.*(does not exist or is not available)"):
            splunk.environment(app="search").lookup_rows(name)


def test_the_own_file_beats_another_apps(splunk: StandIn, add_app: AddApp) -> None:
    add_app("ours", {**LOOKUP_APP, "metadata/default.meta": EXPORT_ALL})
    add_app("search", {"lookups/people.csv": "user,dept\neve,IT\n"})
    assert splunk.environment(app="search").lookup_rows("people") == [{"user": "eve", "dept": "IT"}]


def test_the_path_of_a_filename_is_stripped(splunk: StandIn, add_app: AddApp) -> None:
    add_app("search", {**LOOKUP_APP, "default/transforms.conf": "[people]\nfilename = some/where/people.csv\n"})
    assert splunk.environment().lookup_rows("people") == [{"user": "bob", "dept": "HR"}]


def test_a_table_is_read_again_when_its_file_changes(splunk: StandIn, add_app: AddApp) -> None:
    folder = add_app("search", LOOKUP_APP)
    assert splunk.environment().lookup("people", "search_head").match({"user": "eve"}) == []
    (folder / "lookups/people.csv").write_text("user,dept\nbob,HR\neve,IT\n")
    assert splunk.environment().lookup("people", "search_head").match({"user": "eve"}) == [
        {"user": "eve", "dept": "IT"}
    ]


# writing files


def written(splunk: StandIn, name: str, rows: list[Row], **options: Any) -> list[Row]:
    splunk.environment().write_lookup(name, rows, LookupWrite(**options))
    return splunk.environment().lookup_rows(name)


def test_writing_replaces_the_table(splunk: StandIn, add_app: AddApp) -> None:
    add_app("search", LOOKUP_APP)
    rows: list[Row] = [{"a": "1", "b": ["x", "y"]}, {"a": 2.5}]
    assert written(splunk, "people", rows) == [{"a": "1", "b": "x\ny"}, {"a": "2.5"}]


def test_appending_keeps_the_columns_of_the_file(splunk: StandIn, add_app: AddApp) -> None:
    add_app("search", LOOKUP_APP)
    rows: list[Row] = [{"dept": "IT", "user": "eve", "more": "x"}]
    assert written(splunk, "people", rows, append=True) == [
        {"user": "bob", "dept": "HR"},
        {"user": "eve", "dept": "IT"},
    ]


@pytest.mark.parametrize(
    ("context", "folder"),
    [
        pytest.param("app", "etc/apps/search/lookups", id="app"),
        pytest.param("user", "etc/users/admin/search/lookups", id="user"),
        pytest.param("system", "etc/system/lookups", id="system"),
    ],
)
def test_a_new_file_is_made_where_the_search_says(splunk: StandIn, context: str, folder: str) -> None:
    assert written(splunk, "new.csv", [{"a": "1"}], create_context=context) == [{"a": "1"}]
    assert (splunk.home / folder / "new.csv").read_text() == "a\n1\n"


@pytest.mark.parametrize("name", ["nothing", "../escape.csv", "a/b.csv"])
def test_a_new_table_needs_the_name_of_a_file(splunk: StandIn, name: str) -> None:
    with pytest.raises(LookupError, match="does not exist"):
        written(splunk, name, [{"a": "1"}])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param({"create_empty": True}, "", id="create_empty"),
        pytest.param({}, None, id="the file is deleted"),
        pytest.param({"override_if_empty": False}, "user,dept\nbob,HR\n", id="override_if_empty=false"),
        pytest.param({"append": True}, "user,dept\nbob,HR\n", id="append"),
    ],
)
def test_writing_no_rows(splunk: StandIn, add_app: AddApp, options: dict[str, Any], text: str | None) -> None:
    path = add_app("search", LOOKUP_APP) / "lookups/people.csv"
    splunk.environment().write_lookup("people", [], LookupWrite(**options))
    assert (path.read_text() if path.exists() else None) == text


# KV store

KV_APP = {
    "default/collections.conf": "[state]\nfield.score = number\nfield.active = bool\nfield.user = string\n",
    "default/transforms.conf": (
        "[state]\nexternal_type = kvstore\ncollection = state\nfields_list = _key, user, score, active, names, note\n"
    ),
    "metadata/default.meta": EXPORT_ALL,
}


@pytest.fixture
def kv(splunk: StandIn, add_app: AddApp) -> StandIn:
    add_app("ours", KV_APP)
    return splunk


def test_kv_rows_are_text_with_multivalues(kv: StandIn) -> None:
    kv.kv("state").insert(
        {"_key": "k1", "user": "bob", "score": 2.0, "active": True, "names": ["a", "b"], "note": "", "hidden": "x"}
    )
    assert kv.environment(app="ours").lookup_rows("state") == [
        {"_key": "k1", "user": "bob", "score": "2", "active": "true", "names": ["a", "b"]}
    ]


@pytest.mark.parametrize(
    ("role", "replicate", "works"),
    [
        pytest.param("search_head", "false", True, id="search head"),
        pytest.param("indexer", "false", False, id="indexer"),
        pytest.param("indexer", "true", True, id="indexer with replicate = true"),
    ],
)
def test_kv_lookups_do_not_exist_on_indexers(kv: StandIn, role: str, replicate: str, works: bool) -> None:
    kv.set_local("collections", "state", {"replicate": replicate}, app="ours")
    kv.kv("state").insert({"user": "bob", "score": 1})
    if works:
        assert len(kv.environment(app="ours").lookup("state", role).match({"user": "bob"})) == 1
    else:
        with pytest.raises(LookupError, match="replicate = false"):
            kv.environment(app="ours").lookup("state", role)


def test_csv_lookups_exist_on_indexers(splunk: StandIn, add_app: AddApp) -> None:
    add_app("search", LOOKUP_APP)
    assert splunk.environment().lookup("people", "indexer").match({"user": "bob"}) == [{"user": "bob", "dept": "HR"}]


@pytest.mark.parametrize(
    ("stored", "asked", "found"),
    [
        pytest.param("bob", "BOB", True, id="lower-case data, any input"),
        pytest.param("Bob", "bob", False, id="data with capitals never matches"),
        pytest.param("Bob", "Bob", False, id="not even itself"),
    ],
)
def test_case_insensitive_kv_lookups_need_lower_case_data(kv: StandIn, stored: str, asked: str, found: bool) -> None:
    kv.set_local("transforms", "state", {"case_sensitive_match": "false"}, app="ours")
    kv.kv("state").insert({"user": stored})
    assert bool(kv.environment(app="ours").lookup("state", "search_head").match({"user": asked})) is found


def test_kv_lookup_sees_every_change(kv: StandIn) -> None:
    environment = kv.environment(app="ours")
    for score in (1, 2):
        kv.kv("state").upsert([{"_key": "k", "user": "bob", "score": score}])
        assert environment.lookup("state", "search_head").match({"user": "bob"})[0]["score"] == str(score)


def test_a_private_collection_is_not_seen_from_another_app(splunk: StandIn, add_app: AddApp) -> None:
    add_app("ours", {**KV_APP, "metadata/default.meta": "[transforms]\nexport = system\n"})
    with pytest.raises(LookupError, match=r"'state' cannot be seen from the app 'search'.*\[collections\] export"):
        splunk.environment(app="search").lookup_rows("state")


def kv_written(kv: StandIn, rows: list[Row], **options: Any) -> list[dict[str, Any]]:
    kv.environment(app="ours").write_lookup("state", rows, LookupWrite(**options))
    return [{name: value for name, value in row.items() if name != "_user"} for row in kv.kv("state").documents()]


def test_outputlookup_into_a_collection(kv: StandIn) -> None:
    kv.kv("state").insert({"_key": "old", "user": "old"})
    rows: list[Row] = [{"_key": "k1", "user": "bob", "score": "7", "names": ["a", "b"], "unlisted": "x"}]
    assert kv_written(kv, rows) == [{"_key": "k1", "user": "bob", "score": 7, "names": ["a", "b"]}]


def test_outputlookup_append_replaces_records_with_the_same_key(kv: StandIn) -> None:
    kv.kv("state").upsert([{"_key": "k1", "user": "bob", "score": 1}, {"_key": "k2", "user": "eve"}])
    rows: list[Row] = [{"_key": "k1", "user": "bob"}, {"_key": "k3", "user": "al"}]
    assert kv_written(kv, rows, append=True) == [
        {"_key": "k1", "user": "bob"}, {"_key": "k2", "user": "eve"}, {"_key": "k3", "user": "al"},
    ]  # fmt: skip


def test_outputlookup_with_a_key_field(kv: StandIn) -> None:
    rows: list[Row] = [{"user": "bob", "score": "1"}]
    for _ in range(2):
        assert kv_written(kv, rows, append=True, key_field="user") == [{"_key": "bob", "user": "bob", "score": 1}]


def test_key_field_without_append_is_refused(kv: StandIn) -> None:
    with pytest.raises(LookupError, match="append=true"):
        kv_written(kv, [{"user": "bob"}], key_field="user")


@pytest.mark.parametrize(
    ("enforce", "outcome"),
    [
        pytest.param("false", [{"_key": "k", "user": "bob"}], id="the field is dropped"),
        pytest.param("true", None, id="the write fails"),
    ],
)
def test_a_value_of_the_wrong_type(kv: StandIn, enforce: str, outcome: list[dict[str, Any]] | None) -> None:
    kv.set_local("collections", "state", {"enforceTypes": enforce}, app="ours")
    rows: list[Row] = [{"_key": "k", "user": "bob", "score": "many"}]
    if outcome is None:
        with pytest.raises(LookupError, match="'score' of state is no number"):
            kv_written(kv, rows)
    else:
        assert kv_written(kv, rows) == outcome
