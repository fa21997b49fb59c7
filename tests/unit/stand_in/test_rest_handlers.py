"""Persistent REST handlers of apps: who may call them, what they are told, how they answer, what is not carried out."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from unit.stand_in.fixture_app import APP, App

from lab.splunk.conf.files import ConfError, UnsupportedConf
from lab.splunk.rest.access import SYSTEM_USER
from lab.splunk.stand_in import StandIn

ECHO = """
import json
from splunk.persistconn.application import PersistentServerConnectionApplication

class Handler(PersistentServerConnectionApplication):
    def __init__(self, command_line, command_arg):
        super().__init__()
        self.calls = 0
        self.arg = command_arg

    def handle(self, in_string):
        self.calls += 1
        told = json.loads(in_string)
        payload = {"calls": self.calls, "arg": self.arg, "told": told}
        return {"payload": payload, "status": 201, "headers": {"X-Own": "1"}}
"""
STANZA = """
[script:things]
match = /fixture/things
script = things.py
scripttype = persist
handler = things.Handler
python.version = python3
python.required = 3.9, 3.13
output_modes = json
passPayload = true
capability.get = list_things or admin_all_objects
capability.post = edit_things and (search or nothing_at_all)
"""


@pytest.fixture
def restmap(splunk: StandIn, app: App) -> Callable[..., None]:
    """restmap(script text, extra settings): the app with one endpoint; callers ann (list_things) and eve (both)."""

    def write(script: str = ECHO, settings: str = "", stanza: str = STANZA) -> None:
        app.script("things.py", script)
        app.write("default/restmap.conf", stanza + settings)
        splunk.set_local("authorize", "role_lister", {"importRoles": "user", "list_things": "enabled"})
        splunk.set_local("authorize", "role_editor", {"importRoles": "lister", "edit_things": "enabled"})
        splunk.processes.access.add_user("ann", None, ["lister"])
        splunk.processes.access.add_user("eve", None, ["editor"])
        splunk.processes.access.add_user("bob", None, ["user"])

    return write


@pytest.fixture
def call(splunk: StandIn, tmp_path: Path) -> Callable[..., requests.Response]:
    """call(method, path, user=...): over verified TLS; the port opens with the first call."""

    def ask(method: str, path: str, user: str | None = "eve", **options: Any) -> requests.Response:
        splunk.start()
        authority = tmp_path / "ca.pem"
        if not authority.exists():  # not while another thread reads it
            authority.write_text(splunk.processes.port.ca_pem)
        headers = {"Authorization": f"Splunk {splunk.processes.access.key_for(user)}"} if user else {}
        headers |= options.pop("headers", {})
        return requests.request(
            method, splunk.rest_uri + path, verify=str(authority), timeout=60, headers=headers, **options
        )

    return ask


def test_a_handler_is_told_the_whole_request(
    splunk: StandIn, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap(settings="script.param = word\n")
    answer = call("GET", f"/servicesNS/nobody/{APP}/fixture/things/one/two?a=1&a=2&output_mode=json", user="ann")
    assert (answer.status_code, answer.headers["X-Own"]) == (201, "1")
    assert answer.headers["Content-Type"].startswith("application/json")
    payload = answer.json()
    assert (payload["calls"], payload["arg"]) == (1, "word")
    told = payload["told"]
    assert told["server"]["rest_uri"] == splunk.rest_uri
    assert told["session"] == {"user": "ann", "authtoken": splunk.processes.access.key_for("ann")}
    assert told["restmap"]["name"] == "script:things"
    assert told["restmap"]["conf"]["match"] == "/fixture/things"
    assert {key: told[key] for key in ("method", "rest_path", "path_info", "query", "ns", "output_mode")} == {
        "method": "GET",
        "rest_path": "/fixture/things/one/two",
        "path_info": "one/two",
        "query": [["a", "1"], ["a", "2"], ["output_mode", "json"]],
        "ns": {"user": "nobody", "app": APP},
        "output_mode": "json",
    }
    for absent in ("system_authtoken", "headers", "cookies", "payload", "form"):
        assert absent not in told


@pytest.mark.parametrize(
    ("settings", "key", "there"),
    [
        pytest.param("passSystemAuth = true", "system_authtoken", True, id="system token when asked for"),
        pytest.param("passHttpHeaders = true", "headers", True, id="headers when asked for"),
        pytest.param("passSession = false", "session", False, id="no session when not wanted"),
    ],
)
def test_what_is_passed_follows_the_stanza(
    settings: str,
    key: str,
    there: bool,
    splunk: StandIn,
    restmap: Callable[..., None],
    call: Callable[..., requests.Response],
) -> None:
    restmap(settings=settings + "\n")
    told = call("GET", "/services/fixture/things").json()["told"]
    assert (key in told) is there
    assert "path_info" not in told
    assert "ns" not in told
    if key == "system_authtoken":
        assert told[key] == splunk.processes.access.key_for(SYSTEM_USER)


@pytest.mark.parametrize(
    ("passed", "field", "value"),
    [
        pytest.param("true", "payload", '{"a": "ü"}', id="as text"),
        pytest.param("base64", "payload_base64", "eyJhIjogIsO8In0=", id="as base64"),
        pytest.param("false", None, None, id="not at all"),
    ],
)
def test_a_body_reaches_the_handler_as_the_stanza_says(
    passed: str, field: str | None, value: str | None, restmap: Callable[..., None], call: Callable[..., Any]
) -> None:
    restmap(stanza=STANZA.replace("passPayload = true", f"passPayload = {passed}"))
    body = '{"a": "ü"}'.encode()
    told = call("POST", "/services/fixture/things", data=body, headers={"Content-Type": "application/json"}).json()[
        "told"
    ]
    assert {key: told[key] for key in told if key.startswith("payload")} == ({field: value} if field else {})
    assert told["form"] == []


def test_a_form_is_given_in_pairs(restmap: Callable[..., None], call: Callable[..., requests.Response]) -> None:
    restmap()
    told = call("POST", "/services/fixture/things", data=[("a", "1"), ("a", "2 3")]).json()["told"]
    assert told["form"] == [["a", "1"], ["a", "2 3"]]


@pytest.mark.parametrize(
    ("method", "user", "status"),
    [
        pytest.param("GET", "bob", 403, id="without list_things"),
        pytest.param("GET", "ann", 201, id="one of two with or"),
        pytest.param("GET", "admin", 201, id="the other of two with or"),
        pytest.param("POST", "ann", 403, id="one of two with and"),
        pytest.param("POST", "eve", 201, id="both with and"),
        pytest.param("DELETE", "bob", 201, id="a method without a capability"),
        pytest.param("PATCH", "eve", 405, id="a method that splunkd does not pass on"),
        pytest.param("GET", None, 401, id="nobody"),
    ],
)
def test_capabilities_are_asked_for_by_method(
    method: str, user: str | None, status: int, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap()
    assert call(method, "/services/fixture/things", user=user).status_code == status


def test_a_refused_call_starts_no_process(
    splunk: StandIn, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap()
    call("POST", "/services/fixture/things", user="bob")
    assert splunk.processes.handlers.started == 0


def test_the_process_stays_between_requests(
    restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap()
    assert [call("GET", "/services/fixture/things").json()["calls"] for _ in range(3)] == [1, 2, 3]


def test_a_changed_app_gets_a_new_process(
    app: App, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap()
    assert call("GET", "/services/fixture/things").json()["calls"] == 1
    app.script("things.py", ECHO.replace('"calls": self.calls', '"calls": "new"'))
    assert call("GET", "/services/fixture/things").json()["calls"] == "new"


def test_a_process_that_works_while_its_app_changes_finishes_and_is_not_asked_again(
    splunk: StandIn, app: App, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap(ECHO.replace("self.calls += 1", "self.calls += 1; import time; time.sleep(1.5)"))
    splunk.start()
    call("GET", "/services/fixture/things")
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(call, "GET", "/services/fixture/things")
        time.sleep(0.5)
        app.script("things.py", ECHO.replace('"calls": self.calls', '"calls": "new"'))
        assert call("GET", "/services/fixture/things").json()["calls"] == "new"
        assert working.result().json()["calls"] == 2
    assert call("GET", "/services/fixture/things").json()["calls"] == "new"


CALLS_BACK = """
import json, time
import splunk.rest
from splunk.persistconn.application import PersistentServerConnectionApplication

class Handler(PersistentServerConnectionApplication):
    def handle(self, in_string):
        told = json.loads(in_string)
        response, content = splunk.rest.simpleRequest(
            "/services/authentication/current-context",
            sessionKey=told["session"]["authtoken"], getargs={"output_mode": "json"},
        )
        time.sleep(0.3)
        return {"payload": json.loads(content)["entry"][0]["content"]["username"]}
"""


def test_a_handler_calls_splunkd_as_its_caller_while_others_work_too(
    splunk: StandIn, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap(CALLS_BACK)
    splunk.start()
    with ThreadPoolExecutor(3) as pool:
        users = list(
            pool.map(lambda user: call("GET", "/services/fixture/things", user=user).text, ["ann", "eve", "admin"])
        )
    assert users == ["ann", "eve", "admin"]
    assert 1 <= splunk.processes.handlers.started <= 3


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param(ECHO.replace("self.calls += 1", "raise KeyError('lost')"), "KeyError: 'lost'", id="raises"),
        pytest.param(ECHO.replace("self.calls += 1", "import os; os._exit(3)"), "ended with code 3", id="dies"),
        pytest.param(ECHO.replace("self.calls += 1", "print('debug', flush=True)"), "standard output", id="prints"),
        pytest.param(ECHO.replace('"status": 201', '"cookies": [1]'), "an answer has", id="answers something else"),
        pytest.param(ECHO.replace("class Handler", "class Other"), "no attribute 'Handler'", id="has no such class"),
        pytest.param("import things_neighbour\n" + ECHO, "things_neighbour", id="imports a neighbour without its path"),
    ],
)
def test_a_failing_handler_is_a_500_that_says_why_and_the_next_call_is_answered(
    script: str, says: str, app: App, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap(script)
    app.write("bin/things_neighbour.py", "")
    answer = call("GET", "/services/fixture/things?output_mode=json")
    assert answer.status_code == 500
    assert says in answer.json()["messages"][0]["text"]
    app.script("things.py", ECHO)
    assert call("GET", "/services/fixture/things").status_code == 201


def test_what_a_handler_writes_to_stderr_is_in_splunkd_log(
    splunk: StandIn, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap(ECHO.replace("self.calls += 1", "import sys; print('a word', file=sys.stderr, flush=True)"))
    call("GET", "/services/fixture/things")
    found = splunk.search('search index=_internal PersistentScript "a word"', earliest=0, user="admin")
    assert len(found.rows) == 1


def test_an_output_mode_that_the_stanza_does_not_give_is_refused(
    restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap()
    assert call("GET", "/services/fixture/things?output_mode=xml").status_code == 400


def test_paths_of_others_are_left_alone(restmap: Callable[..., None], call: Callable[..., requests.Response]) -> None:
    restmap()
    assert call("GET", "/services/fixture/thingsandmore").status_code == 404
    assert call("GET", "/services/server/info").status_code == 200


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        pytest.param("driver = node", UnsupportedConf, "driver", id="a driver of its own"),
        pytest.param("stream = true", UnsupportedConf, "stream = true", id="streams"),
        pytest.param("requireAuthentication = false", UnsupportedConf, "requireAuthentication", id="no authentication"),
        pytest.param("passHttpCookies = true", UnsupportedConf, "passHttpCookies", id="cookies"),
        pytest.param("maxConcurrent = 3", UnsupportedConf, "maxConcurrent", id="a limit"),
        pytest.param("handler = other.Handler", ConfError, "no class of", id="another module"),
        pytest.param("script = absent.py", ConfError, "no class of", id="no such script"),
        pytest.param("match = fixture/things", ConfError, "must start with a slash", id="no slash"),
        pytest.param("match =", ConfError, "match is missing", id="no path"),
    ],
)
def test_what_is_not_carried_out_is_refused_before_any_call(
    settings: str, error: type[Exception], says: str, splunk: StandIn, restmap: Callable[..., None]
) -> None:
    restmap(settings=settings + "\n")
    with pytest.raises(error, match=says):
        splunk.start()


@pytest.mark.parametrize("expression", ["", "and search", "(search", "search)", "search or", "sea rch", "a;b"])
def test_a_malformed_capability_is_refused_not_granted(
    expression: str, restmap: Callable[..., None], call: Callable[..., requests.Response]
) -> None:
    restmap(stanza=STANZA.replace("list_things or admin_all_objects", expression))
    status = call("GET", "/services/fixture/things").status_code
    assert status == (500 if expression else 201)


@pytest.mark.parametrize(
    ("user", "query", "body", "status"),
    [
        pytest.param("admin", "index=main&sourcetype=things", b"an event", 200, id="admin"),
        pytest.param("eve", "index=main&sourcetype=things", b"an event", 403, id="without edit_tcp"),
        pytest.param("admin", "index=absent", b"an event", 400, id="no such index"),
        pytest.param("admin", "index=main&sourcetype=things", b"", 400, id="nothing"),
    ],
)
def test_an_event_is_received(
    user: str,
    query: str,
    body: bytes,
    status: int,
    splunk: StandIn,
    app: App,
    restmap: Callable[..., None],
    call: Callable[..., requests.Response],
) -> None:
    restmap()
    app.write("default/props.conf", "[things]\nDATETIME_CONFIG = CURRENT\n")
    assert call("POST", f"/services/receivers/simple?{query}", user=user, data=body).status_code == status
    rows = splunk.search("search index=main | table sourcetype _raw", earliest=0).rows
    assert rows == ([{"sourcetype": "things", "_raw": "an event"}] if status == 200 else [])
