"""The management port, asked with splunklib's own client and with plain requests."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from splunklib import client
from splunklib.binding import AuthenticationError, HTTPError
from unit.stand_in.fixture_app import APP, App

from lab.splunk.rest.access import SYSTEM_USER
from lab.splunk.rest.passwords import MASK, PasswordStore
from lab.splunk.stand_in import StandIn


@pytest.fixture
def splunk(splunk: StandIn, app: App) -> StandIn:
    app.write("default/things.conf", "[default]\ncolour = red\n[one]\nsize = 1\n[two]\ncolour = blue\n")
    app.write("default/collections.conf", "[items]\nfield.count = number\nenforceTypes = true\n")
    app.write("default/savedsearches.conf", "[Report]\nsearch = index=main\n")
    app.write("default/inputs.conf", "[feed://one]\nword = x\n")
    splunk.processes.access.add_user("ann", "secret", ["user"])
    splunk.start()
    return splunk


def service(splunk: StandIn, user: str = SYSTEM_USER, app: str = APP) -> client.Service:
    host, port = splunk.rest_uri.removeprefix("https://").split(":")
    key = splunk.processes.access.key_for(user)
    return client.Service(host=host, port=int(port), token=key, app=app, owner="nobody")


@pytest.fixture
def session(splunk: StandIn, tmp_path: Path) -> Iterator[Callable[..., requests.Response]]:
    """call(method, path, user=...) over verified TLS."""
    authority = tmp_path / "ca.pem"
    authority.write_text(splunk.processes.port.ca_pem)
    with requests.Session() as web:
        web.trust_env = False

        def call(method: str, path: str, user: str | None = SYSTEM_USER, **options: Any) -> requests.Response:
            if user:
                options["headers"] = {"Authorization": f"Splunk {splunk.processes.access.key_for(user)}"}
            return web.request(method, splunk.rest_uri + path, verify=str(authority), timeout=30, **options)

        yield call


# who may call


def test_the_certificate_is_the_ports_own(splunk: StandIn, session: Callable[..., requests.Response]) -> None:
    assert session("GET", "/services/server/info").status_code == 200
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(splunk.rest_uri, timeout=30)
    assert ssl.PEM_HEADER in splunk.processes.port.ca_pem


def test_a_login_gives_a_key_that_works(splunk: StandIn) -> None:
    host, port = splunk.rest_uri.removeprefix("https://").split(":")
    connected = client.connect(host=host, port=int(port), username="ann", password="secret")
    assert connected.info["serverName"] == splunk.host
    assert connected.splunk_version >= (9, 3)
    with pytest.raises(AuthenticationError):
        client.connect(host=host, port=int(port), username="ann", password="wrong")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no key"),
        pytest.param({"Authorization": "Splunk nonsense"}, id="a wrong key"),
        pytest.param({"Authorization": "Basic YWRtaW46Y2hhbmdlbWU="}, id="a password where a key belongs"),
    ],
)
@pytest.mark.parametrize("path", ["/services/server/info", "/servicesNS/nobody/x/configs/conf-things", "/services/no"])
def test_nothing_is_answered_without_a_key(
    headers: dict[str, str], path: str, session: Callable[..., requests.Response]
) -> None:
    answer = session("GET", path, user=None, headers=headers)
    assert answer.status_code == 401
    assert "call not properly authenticated" in answer.text


def test_an_ended_session_is_refused(splunk: StandIn) -> None:
    ann = service(splunk, "ann")
    assert ann.info["version"]
    splunk.processes.access.end(splunk.processes.access.key_for("ann"))
    with pytest.raises(AuthenticationError):
        ann.info["version"]


def test_an_unknown_address_is_404_and_remembered(splunk: StandIn, session: Callable[..., requests.Response]) -> None:
    path = f"/servicesNS/nobody/{APP}/licenser/pools"
    answer = session("GET", path)
    assert answer.status_code == 404
    assert "the stand-in has no endpoint /licenser/pools" in answer.text
    assert session("PUT", "/services/server/info").status_code == 405
    assert session("GET", f"/servicesNS/nobody/{APP}/configs/conf-things/absent").status_code == 404
    assert splunk.processes.port.unknown == [f"GET {path}"]


# conf files


def test_a_stanza_is_shown_merged_with_its_app(splunk: StandIn) -> None:
    stanza = service(splunk).confs["things"]["one"]
    shown = {key: stanza.content[key] for key in ("colour", "size", "disabled", "eai:appName")}
    assert shown == {"colour": "red", "size": "1", "disabled": "0", "eai:appName": APP}
    assert (stanza.access.app, stanza.access.owner, stanza.access.sharing) == (APP, "nobody", "app")
    assert [each.name for each in service(splunk).confs["things"].list()] == ["one", "two"]


def test_json_is_given_when_it_is_asked_for(session: Callable[..., requests.Response]) -> None:
    document = session("GET", f"/servicesNS/nobody/{APP}/configs/conf-things?output_mode=json&count=1").json()
    assert document["paging"] == {"total": 2, "perPage": 1, "offset": 0}
    (entry,) = document["entry"]
    assert (entry["name"], entry["acl"]["app"], entry["content"]["disabled"]) == ("one", APP, False)
    error = session("GET", f"/servicesNS/nobody/{APP}/configs/conf-no?output_mode=json").json()
    assert error["messages"][0]["type"] == "ERROR"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param({}, ["one", "two"], id="all"),
        pytest.param({"count": 1}, ["one"], id="count"),
        pytest.param({"count": 0}, ["one", "two"], id="count 0 is all"),
        pytest.param({"count": 1, "offset": 1}, ["two"], id="offset"),
        pytest.param({"search": "colour=blue"}, ["two"], id="a field"),
        pytest.param({"search": "name=o*"}, ["one"], id="a wildcard"),
        pytest.param({"search": f"eai:acl.app={APP} name=two"}, ["two"], id="app and name"),
        pytest.param({"search": "blu"}, ["two"], id="a word in any field"),
        pytest.param({"search": r"colour=re\d"}, ["one"], id="an escape"),
        pytest.param({"search": "colour=[a-z]*"}, [], id="no regular expressions"),
    ],
)
def test_a_collection_is_searched_and_paged(
    query: dict[str, Any], names: list[str], session: Callable[..., requests.Response]
) -> None:
    path = f"/servicesNS/nobody/{APP}/configs/conf-things?output_mode=json"
    assert [entry["name"] for entry in session("GET", path, params=query).json()["entry"]] == names


def test_writing_goes_to_the_apps_local_folder(splunk: StandIn, app: App) -> None:
    things = service(splunk).confs["things"]
    things["one"].submit({"size": "2", "note": "a = b\nc"})
    things.create("three/with a slash", size="3")
    local = (app.folder / "local" / "things.conf").read_text()
    assert "size = 2" in local
    assert things["one"].content["note"] == "a = b\nc"
    assert things["three/with a slash"].content["size"] == "3"
    assert splunk.conf("things", app=APP)["one"]["size"] == "2"
    things.delete("three/with a slash")
    assert "three/with a slash" not in things
    assert "size = 1" in (app.folder / "default" / "things.conf").read_text()


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        pytest.param("POST", "configs/conf-things", {"name": "one"}, 409, id="create what is there"),
        pytest.param("POST", "configs/conf-things", {"size": "1"}, 400, id="create without a name"),
        pytest.param("POST", "configs/conf-things/absent", {"size": "1"}, 404, id="update what is not there"),
        pytest.param("DELETE", "configs/conf-things/one", None, 403, id="delete what the app ships"),
        pytest.param("DELETE", "configs/conf-things/absent", None, 404, id="delete what is not there"),
        pytest.param("GET", "configs/conf-absent", None, 404, id="a file that no app has"),
        pytest.param("GET", "properties/absent", None, 404, id="properties of a file that no app has"),
        pytest.param("GET", "configs/conf-things?count=x", None, 400, id="a count that is no number"),
    ],
)
def test_what_cannot_be_done_to_a_stanza(
    method: str, path: str, data: dict[str, str] | None, status: int, session: Callable[..., requests.Response]
) -> None:
    assert session(method, f"/servicesNS/nobody/{APP}/{path}", data=data).status_code == status


def test_an_ordinary_user_reads_and_does_not_write(splunk: StandIn) -> None:
    ann = service(splunk, "ann").confs["things"]
    assert ann["one"].content["size"] == "1"
    with pytest.raises(HTTPError, match="403"):
        ann["one"].submit({"size": "2"})


def test_other_apps_see_what_is_exported(splunk: StandIn, app: App) -> None:
    assert "one" not in service(splunk, app="search").confs["things"]
    app.write("metadata/default.meta", "[things]\nexport = system\n")
    assert "one" in service(splunk, app="search").confs["things"]


# secrets


def test_a_secret_is_stored_read_changed_and_removed(splunk: StandIn) -> None:
    passwords = service(splunk).storage_passwords
    made = passwords.create("s3cret", "na:me", "re/alm:x")
    assert (made.name, made.realm, made.username) == ("re/alm\\:x:na\\:me:", "re/alm:x", "na:me")
    (found,) = passwords.list(search="realm=re/alm:x")
    assert found.clear_password == "s3cret"
    found.update(password="other")
    assert passwords.list()[0].clear_password == "other"
    with pytest.raises(HTTPError, match="409"):
        passwords.create("s3cret", "na:me", "re/alm:x")
    found.delete()
    assert passwords.list() == []


def test_a_secret_without_a_realm_goes_by_its_name(splunk: StandIn) -> None:
    passwords = service(splunk).storage_passwords
    passwords.create("s3cret", "plain")
    passwords.delete("plain")
    assert passwords.list() == []


@pytest.mark.parametrize(
    ("roles", "reads", "writes"),
    [
        pytest.param(["user"], 403, 403, id="user"),
        pytest.param(["power"], 403, 403, id="power"),
        pytest.param(["reader"], 200, 403, id="list_storage_passwords"),
        pytest.param(["editor"], 200, 201, id="edit_storage_passwords"),
        pytest.param(["admin"], 200, 201, id="admin"),
    ],
)
def test_secrets_need_their_capabilities(
    roles: list[str], reads: int, writes: int, splunk: StandIn, session: Callable[..., requests.Response]
) -> None:
    splunk.set_local("authorize", "role_reader", {"importRoles": "user", "list_storage_passwords": "enabled"})
    splunk.set_local("authorize", "role_editor", {"importRoles": "user", "edit_storage_passwords": "enabled"})
    splunk.processes.access.add_user("bob", None, roles)
    path = f"/servicesNS/nobody/{APP}/storage/passwords"
    assert session("GET", path, user="bob").status_code == reads
    assert session("POST", path, user="bob", data={"name": "n", "password": "p"}).status_code == writes


def test_secrets_are_kept_apart_by_app(splunk: StandIn) -> None:
    service(splunk).storage_passwords.create("s3cret", "name")
    assert service(splunk, app="search").storage_passwords.list() == []


def test_an_account_is_stored_as_ucc_stores_it_and_nowhere_in_clear(splunk: StandIn, app: App) -> None:
    secret = 'quo"te\\' + "x" * 600
    settings = {"tenant_id": "t", "client_secret": secret}
    splunk.processes.add_account(APP, "things", "contoso", settings, encrypted=["client_secret", "absent"])
    assert splunk.conf("things", app=APP)["contoso"]["client_secret"] == MASK
    realm = f"__REST_CREDENTIAL__#{APP}#configs/conf-things"
    parts = {password.username: password.clear_password for password in service(splunk).storage_passwords.list()}
    assert sorted(parts) == [f"contoso``splunk_cred_sep``{number}" for number in range(1, 5)]
    clear = "".join(parts[f"contoso``splunk_cred_sep``{number}"] for number in range(1, 4))
    assert json.loads(clear) == {"client_secret": secret}
    assert {password.realm for password in splunk.processes.passwords.of(APP)} == {realm}
    files = [path for path in splunk.home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"x" * 100 in path.read_bytes()]


def test_a_short_account_has_one_part_and_an_end_mark() -> None:
    store = PasswordStore()
    store.put_ucc("a", "c", "s", {"k": "v"})
    assert [password.clear for password in store.of("a")] == [
        '{"k": "v"}',
        "``splunk_cred_sep``S``splunk_cred_sep``P``splunk_cred_sep``L``splunk_cred_sep``U``splunk_cred_sep``N"
        "``splunk_cred_sep``K``splunk_cred_sep``",
    ]


# the KV store


def test_documents_are_saved_queried_replaced_and_deleted(splunk: StandIn) -> None:
    items = service(splunk).kvstore["items"].data
    keys = items.batch_save(*({"_key": str(n), "count": n, "kind": "a"} for n in range(5)))
    assert keys == ["0", "1", "2", "3", "4"]
    assert [row["count"] for row in items.query(query={"count": {"$gt": 2}}, sort="count:-1")] == [4, 3]
    assert items.query(query={"count": 1}, fields="kind,_key:0") == [{"kind": "a"}]
    assert [row["_key"] for row in items.query(limit=2, skip=1)] == ["1", "2"]
    items.update("1", {"kind": "b"})
    assert items.query_by_id("1") == {"kind": "b", "_user": "nobody", "_key": "1"}
    key = items.insert({"kind": "c"})["_key"]
    assert items.query_by_id(key)["kind"] == "c"
    items.delete_by_id(key)
    items.delete(json.dumps({"kind": "a"}))
    assert [row["_key"] for row in items.query()] == ["1"]
    assert splunk.kv("items").documents() == [{"kind": "b", "_user": "nobody", "_key": "1"}]
    assert [len(found) for found in items.batch_find({"query": {"kind": "b"}}, {"query": {"kind": "x"}})] == [1, 0]


def test_no_query_gives_more_rows_than_the_limit(splunk: StandIn) -> None:
    splunk.set_local("limits", "kvstore", {"max_rows_per_query": "3"})
    items = service(splunk).kvstore["items"].data
    items.batch_save(*({"_key": str(n)} for n in range(5)))
    assert len(items.query()) == 3
    assert len(items.query(limit=10)) == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "data/absent", None, 404, id="no such collection"),
        pytest.param("GET", "data/items/absent", None, 404, id="no such document"),
        pytest.param("POST", "data/items/absent", "{}", 404, id="replace what is not there"),
        pytest.param("POST", "data/items", "nonsense", 400, id="no JSON"),
        pytest.param("POST", "data/items", "[]", 400, id="no object"),
        pytest.param("POST", "data/items", '{"count": "many"}', 400, id="a wrong type"),
        pytest.param("POST", "data/items/batch_save", json.dumps([{}] * 1001), 400, id="too many at once"),
        pytest.param("GET", "data/items?query=nonsense", None, 400, id="a query that is no JSON"),
        pytest.param("GET", "data/items?limit=x", None, 400, id="a limit that is no number"),
        pytest.param("DELETE", "config/items", None, 403, id="a collection that the app ships"),
    ],
)
def test_what_the_kv_store_refuses(
    method: str, path: str, body: str | None, status: int, session: Callable[..., requests.Response]
) -> None:
    address = f"/servicesNS/nobody/{APP}/storage/collections/{path}"
    assert session(method, address, data=body).status_code == status


@pytest.mark.parametrize(
    ("user", "reads", "writes"),
    [
        pytest.param("ann", 403, 403, id="a role that is not named"),
        pytest.param("bob", 200, 403, id="a role that may read"),
        pytest.param("admin", 200, 201, id="an administrator"),
        pytest.param(SYSTEM_USER, 200, 201, id="the system user, as whom inputs run"),
    ],
)
def test_documents_are_for_the_roles_of_the_collections_metadata(
    splunk: StandIn, app: App, session: Callable[..., requests.Response], user: str, reads: int, writes: int
) -> None:
    app.write("metadata/default.meta", "[collections/items]\naccess = read : [ power ], write : [ admin ]\n")
    splunk.reload()
    splunk.processes.access.add_user("bob", "secret", ["power"])
    address = f"/servicesNS/nobody/{APP}/storage/collections/data/items"
    assert session("GET", address, user=user).status_code == reads
    assert session("POST", address, user=user, json={"count": 1}).status_code == writes
    assert session("POST", f"{address}/batch_find", user=user, json=[{"query": {}}]).status_code == reads
    assert session("DELETE", address, user=user).status_code == (200 if writes == 201 else writes)


@pytest.mark.parametrize("status", ["starting", "failed", "disabled"])
def test_a_kv_store_that_is_not_ready_answers_503(
    splunk: StandIn, session: Callable[..., requests.Response], status: str
) -> None:
    splunk.processes.port.system.kvstore_status = status
    answer = session("GET", f"/servicesNS/nobody/{APP}/storage/collections/data/items?output_mode=json")
    assert answer.status_code == 503
    assert "KV Store" in answer.json()["messages"][0]["text"]


def test_a_document_has_at_most_16_megabytes(session: Callable[..., requests.Response]) -> None:
    address = f"/servicesNS/nobody/{APP}/storage/collections/data/items"
    assert session("POST", address, json={"text": "x" * (16 << 20)}).status_code == 400
    assert session("POST", address, json={"text": "x" * (15 << 20)}).status_code == 201


def test_a_collection_can_be_made_and_removed(splunk: StandIn) -> None:
    store = service(splunk).kvstore
    store.create("made", fields={"n": "number"})
    assert [each.name for each in store.list()] == ["items", "made"]
    store["made"].data.insert({"n": 1})
    store.delete("made")
    assert "made" not in store
    with pytest.raises(HTTPError, match="403"):
        service(splunk, "ann").kvstore.create("other")


# the rest


def test_messages_are_posted_listed_and_taken_down(splunk: StandIn) -> None:
    messages = service(splunk).messages
    messages.create("trouble", value="disk is full", severity="warn")
    assert messages["trouble"].content["message"] == "disk is full"
    messages.delete("trouble")
    assert "trouble" not in messages


def test_inputs_and_saved_searches_are_listed(session: Callable[..., requests.Response]) -> None:
    base = f"/servicesNS/nobody/{APP}"
    inputs = session("GET", f"{base}/data/inputs/feed?output_mode=json").json()["entry"]
    assert [(entry["name"], entry["content"]["word"]) for entry in inputs] == [("one", "x")]
    report = session("GET", f"{base}/saved/searches/Report?output_mode=json").json()["entry"][0]
    assert report["content"]["search"] == "index=main"


def test_the_caller_learns_who_it_is(session: Callable[..., requests.Response]) -> None:
    context = session("GET", "/services/authentication/current-context?output_mode=json", user="ann").json()
    content = context["entry"][0]["content"]
    assert (content["username"], content["roles"]) == ("ann", ["user"])
    assert "run_custom_command" in content["capabilities"]
    assert "list_storage_passwords" not in content["capabilities"]
