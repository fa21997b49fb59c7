"""The KV store by itself: documents, queries, limits, and that they survive a restart."""

from __future__ import annotations

from typing import Any

import pytest
from knowledge.fixture_apps import EXPORT_ALL, AddApp

from lab.splunk.conf.files import ConfError
from lab.splunk.kvstore import Collection, KVStoreError
from lab.splunk.spl.errors import SplError
from lab.splunk.stand_in import StandIn


@pytest.fixture
def people(splunk: StandIn, add_app: AddApp) -> Collection:
    add_app("ours", {"default/collections.conf": '[people]\nfield.age = number\naccelerated_fields.a = {"age": 1}\n'})
    collection = splunk.kv("people")
    collection.upsert(
        [
            {"_key": "b", "name": "Bob", "age": 30, "tags": ["x", "y"]},
            {"_key": "a", "name": "Al", "age": 9},
            {"_key": "e", "name": "Eve"},
        ]
    )
    return collection


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        pytest.param({}, "bae", id="everything, as inserted"),
        pytest.param({"name": "Bob"}, "b", id="equal"),
        pytest.param({"age": "30"}, "", id="text is no number"),
        pytest.param({"age": {"$gt": 9}}, "b", id="$gt"),
        pytest.param({"age": {"$gte": 9, "$lt": 30}}, "a", id="two conditions on one field"),
        pytest.param({"age": {"$lte": 9}}, "a", id="$lte"),
        pytest.param({"name": {"$ne": "Bob"}}, "ae", id="$ne"),
        pytest.param({"name": {"$in": ["Al", "Eve"]}}, "ae", id="$in"),
        pytest.param({"name": {"$regex": "^[AE]"}}, "ae", id="$regex"),
        pytest.param({"$or": [{"name": "Al"}, {"age": 30}]}, "ba", id="$or"),
        pytest.param({"$and": [{"name": "Bob"}, {"age": 9}]}, "", id="$and"),
        pytest.param({"$nor": [{"name": "Al"}]}, "be", id="$nor"),
        pytest.param({"$not": {"name": "Al"}}, "be", id="$not"),
        pytest.param({"tags": "x"}, "b", id="one of an array"),
        pytest.param({"age": None}, "e", id="absent"),
    ],
)
def test_queries(people: Collection, query: dict[str, Any], keys: str) -> None:
    assert "".join(document["_key"] for document in people.query(query)) == keys


@pytest.mark.parametrize("query", [{"name": {"$where": "1"}}, {"$expr": 1}])
def test_unknown_operators_are_refused(people: Collection, query: dict[str, Any]) -> None:
    with pytest.raises(KVStoreError, match="not supported") as caught:
        people.query(query)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"sort": [("age", 1)]}, ["e", "a", "b"], id="ascending, absent first"),
        pytest.param({"sort": [("age", -1)]}, ["b", "a", "e"], id="descending"),
        pytest.param({"limit": 2}, ["b", "a"], id="limit"),
        pytest.param({"skip": 1, "limit": 1}, ["a"], id="skip"),
    ],
)
def test_order_and_pages(people: Collection, options: dict[str, Any], expected: list[str]) -> None:
    assert [document["_key"] for document in people.query(**options)] == expected


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        pytest.param({"name": True}, {"_key", "name"}, id="named fields and the key"),
        pytest.param({"name": True, "_key": False}, {"name"}, id="without the key"),
        pytest.param({"tags": False, "_user": False}, {"_key", "name", "age"}, id="all but some"),
    ],
)
def test_projection(people: Collection, fields: dict[str, bool], names: set[str]) -> None:
    assert set(people.query({"name": "Bob"}, fields=fields)[0]) == names


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        pytest.param("user", False, False, id="no role of the list"),
        pytest.param("reader", True, False, id="may read"),
        pytest.param("writer", True, True, id="may write, and reads by the role that it imports"),
        pytest.param("admin", True, True, id="administrators may all"),
    ],
)
def test_an_access_list_holds_in_searches(
    splunk: StandIn, add_app: AddApp, role: str, reads: bool, writes: bool
) -> None:
    lists = "[collections]\naccess = read : [ reader ], write : [ writer ]\n"
    add_app(
        "kv",
        {
            "default/collections.conf": "[items]\n",
            "default/transforms.conf": "[items]\nexternal_type = kvstore\ncollection = items\nfields_list = a\n",
            "default/authorize.conf": "[role_reader]\nimportRoles = user\n[role_writer]\nimportRoles = reader\n",
            "metadata/default.meta": EXPORT_ALL + lists,
        },
    )
    splunk.processes.access.add_user("ann", None, [role])
    for spl, may in {
        "| inputlookup items": reads,
        "| makeresults | eval a=1 | lookup items a": reads,
        "| makeresults | eval a=1 | outputlookup items": writes,
    }.items():
        try:
            result = splunk.search(spl, app="kv", user="ann")
            done = not any(message.level == "ERROR" for message in result.messages)
        except SplError as error:
            done = "may not" not in str(error)
        assert done == may, spl


def test_a_query_gives_50000_rows_at_most(splunk: StandIn, people: Collection) -> None:
    assert splunk.limit("kvstore", "max_rows_per_query") == 50_000
    splunk.set_local("limits", "kvstore", {"max_rows_per_query": "2"})
    assert len(people.query()) == 2
    assert len(people.query(limit=100)) == 2
    assert len(people) == 3


def test_insert_makes_a_key_and_refuses_one_that_is_there(people: Collection) -> None:
    key = people.insert({"name": "New"}, user="admin")
    assert people.get(key) == {"name": "New", "_user": "admin", "_key": key}
    with pytest.raises(KVStoreError) as caught:
        people.insert({"_key": "b"})
    assert caught.value.status == 409


def test_replace_and_delete(people: Collection) -> None:
    people.replace("b", {"name": "Robert"})
    assert people.get("b") == {"name": "Robert", "_user": "nobody", "_key": "b"}
    with pytest.raises(KVStoreError) as caught:
        people.replace("zz", {})
    assert caught.value.status == 404
    assert people.delete({"name": "Robert"}) == 1
    assert people.get("b") is None


def test_documents_are_copies(people: Collection) -> None:
    people.documents()[0]["tags"].append("z")
    document = people.get("b")
    assert document is not None
    document["tags"].append("z")
    assert people.query({"_key": "b"})[0]["tags"] == ["x", "y"]


def test_documents_survive_a_restart(splunk: StandIn, people: Collection) -> None:
    before = people.documents()
    splunk.close()
    again = StandIn(splunk.home)
    try:
        assert again.kv("people").documents() == before
    finally:
        again.close()


def test_collections_of_one_name_in_two_apps_are_two(splunk: StandIn, people: Collection, add_app: AddApp) -> None:
    add_app("theirs", {"default/collections.conf": "[people]\n"})
    splunk.kv("people", app="theirs").insert({"_key": "t"})
    assert len(splunk.kv("people", app="ours")) == 3
    assert len(splunk.kv("people", app="theirs")) == 1
    with pytest.raises(LookupError, match=r"2 apps \(ours, theirs\)"):
        splunk.kv("people")


def test_unknown_collection(splunk: StandIn) -> None:
    with pytest.raises(LookupError, match="in 0 apps"):
        splunk.kv("nosuch")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        pytest.param("field.a = date", "'date' is not a type", id="type"),
        pytest.param("accelerated_fields.a = {a:1}", "not JSON", id="acceleration"),
        pytest.param("enforceTypes = often", "not a boolean", id="boolean"),
    ],
)
def test_wrong_settings_are_named(splunk: StandIn, add_app: AddApp, setting: str, words: str) -> None:
    add_app("ours", {"default/collections.conf": f"[people]\n{setting}\n"})
    with pytest.raises(ConfError, match=rf"apps/ours/default/collections\.conf \[people\].*{words}"):
        splunk.kv("people")


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        pytest.param("number", "7", 7, id="text to number"),
        pytest.param("number", "7.5", 7.5, id="text to fraction"),
        pytest.param("number", ["1", "2"], [1, 2], id="list of numbers"),
        pytest.param("number", "x", None, id="no number"),
        pytest.param("number", True, None, id="a boolean is no number"),
        pytest.param("bool", "true", True, id="text to boolean"),
        pytest.param("bool", "maybe", None, id="no boolean"),
        pytest.param("string", 7, "7", id="number to text"),
        pytest.param("string", {"a": 1}, None, id="an object is no text"),
        pytest.param("time", "1767225600", 1767225600, id="time"),
    ],
)
def test_types(splunk: StandIn, add_app: AddApp, kind: str, value: Any, stored: Any) -> None:
    add_app("ours", {"default/collections.conf": f"[c]\nfield.f = {kind}\n"})
    splunk.kv("c").insert({"_key": "k", "f": value})
    assert (splunk.kv("c").get("k") or {}).get("f") == stored
