"""Searches over the management port, as splunk-sdk and plain HTTP clients run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import requests
from splunklib import client, results
from splunklib.binding import AuthenticationError
from unit.stand_in.fixture_app import APP, App

from lab.splunk.stand_in import StandIn

USER, PASSWORD = "ann", "secret"
Connect = Callable[..., client.Service]
Call = Callable[..., requests.Response]


@pytest.fixture
def splunk(splunk: StandIn, app: App) -> StandIn:
    app.write("default/collections.conf", "[items]\n")
    app.write("default/transforms.conf", "[colours]\nfilename = colours.csv\n")
    app.write("lookups/colours.csv", "code,colour\n1,red\n2,blue\n")
    app.write("metadata/default.meta", "[]\nexport = system\n")
    splunk.processes.access.add_user(USER, PASSWORD, ["user"])
    for number in range(250):
        splunk.index.add(f"n={number}", time=1_767_225_600 + number, sourcetype="st", whole=True)
    splunk.index.add("a secret of the server", index="_internal", sourcetype="splunkd", whole=True)
    splunk.start()
    return splunk


@pytest.fixture
def connect(splunk: StandIn) -> Connect:
    """connect(user, password): splunk-sdk's client after a login over TLS."""

    def log_in(user: str = USER, password: str = PASSWORD) -> client.Service:
        host, port = splunk.rest_uri.removeprefix("https://").split(":")
        return client.connect(
            host=host, port=int(port), username=user, password=password, app=APP, owner="nobody", retries=0
        )

    return log_in


@pytest.fixture
def call(splunk: StandIn, tmp_path: Path) -> Iterator[Call]:
    """call(method, path, user=..., data=...) over verified TLS."""
    authority = tmp_path / "ca.pem"
    authority.write_text(splunk.processes.port.ca_pem)
    with requests.Session() as web:
        web.trust_env = False

        def send(method: str, path: str, user: str = USER, **options: Any) -> requests.Response:
            headers = {"Authorization": f"Splunk {splunk.processes.access.key_for(user)}"}
            return web.request(
                method, splunk.rest_uri + path, headers=headers, verify=str(authority), timeout=30, **options
            )

        yield send


def rows(stream: Any) -> list[dict[str, Any]]:
    return [row for row in results.JSONResultsReader(stream) if isinstance(row, dict)]


def test_an_outside_client_logs_in_searches_looks_up_and_keeps_documents(connect: Connect) -> None:
    service = connect()
    job = service.jobs.create("search index=main n<3 | sort n | lookup colours code AS n | table n colour")
    while not job.is_done():
        sleep(0.01)
    assert rows(job.results(output_mode="json")) == [
        {"n": "0"},
        {"n": "1", "colour": "red"},
        {"n": "2", "colour": "blue"},
    ]
    items = service.kvstore["items"].data
    key = items.insert('{"name": "one"}')["_key"]
    assert items.query_by_id(key)["name"] == "one"
    assert rows(service.jobs.oneshot("| inputlookup colours | where code=2", output_mode="json")) == [
        {"code": "2", "colour": "blue"}
    ]
    job.cancel()
    assert job.sid not in [kept.sid for kept in service.jobs.list()]


def test_a_wrong_password_is_no_login(connect: Connect) -> None:
    with pytest.raises(AuthenticationError):
        connect(password="guess")


def test_a_blocking_job_is_over_when_it_is_answered(connect: Connect) -> None:
    job = connect().jobs.create("search index=main | stats count", exec_mode="blocking")
    assert (job["isDone"], job["dispatchState"], job["resultCount"]) == ("1", "DONE", "1")


@pytest.mark.parametrize(
    ("options", "first", "size"),
    [
        pytest.param({}, "249", 100, id="a hundred unless told"),
        pytest.param({"count": 0}, "249", 250, id="all"),
        pytest.param({"count": 2, "offset": 10}, "239", 2, id="a page"),
    ],
)
def test_rows_come_in_pages(connect: Connect, options: dict[str, int], first: str, size: int) -> None:
    job = connect().jobs.create("search index=main | table n", exec_mode="blocking")
    found = rows(job.results(output_mode="json", **options))
    assert (found[0]["n"], len(found)) == (first, size)


def test_time_bounds_hold_and_times_are_written_as_iso_8601(connect: Connect) -> None:
    found = rows(
        connect().jobs.oneshot(
            "search index=main | table _time n",
            earliest_time="1767225601",
            latest_time="1767225602",
            output_mode="json",
        )
    )
    assert found == [{"_time": "2026-01-01T00:00:01.000+00:00", "n": "1"}]


def test_multivalue_fields_are_lists_and_all_else_is_text(connect: Connect) -> None:
    spl = '| makeresults | eval many=split("a b", " "), one=1+1 | table many one'
    assert rows(connect().jobs.oneshot(spl, output_mode="json")) == [{"many": ["a", "b"], "one": "2"}]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        pytest.param({"search": ""}, "search", id="no search"),
        pytest.param({"search": "search index=main | nosuch"}, "nosuch", id="unknown command"),
        pytest.param({"search": "index=main"}, "index=main", id="no command in front"),
        pytest.param({"search": "search x", "exec_mode": "later"}, "exec_mode", id="unknown mode"),
        pytest.param({"search": "search x", "earliest_time": "soon"}, "soon", id="a time that is none"),
        pytest.param({"search": "search x", "replay_speed": "1"}, "replay_speed", id="an argument that is not done"),
    ],
)
def test_what_cannot_run_is_answered_400_with_words(call: Call, form: dict[str, str], words: str) -> None:
    answer = call("POST", "/services/search/v2/jobs", data={**form, "output_mode": "json"})
    assert answer.status_code == 400
    assert words in answer.json()["messages"][0]["text"]


def test_a_search_that_ends_with_an_error_is_a_failed_job(connect: Connect) -> None:
    job = connect().jobs.create('| makeresults | eval pattern="(a" | where match("a", pattern)', exec_mode="blocking")
    assert (job["isFailed"], job["dispatchState"]) == ("1", "FAILED")


def test_results_before_the_end_are_no_content(call: Call, splunk: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = [True]
    run = splunk.search

    def slow(*args: Any, **options: Any) -> Any:
        while wait[0]:
            sleep(0.01)
        return run(*args, **options)

    monkeypatch.setattr(splunk, "search", slow)
    sid = call("POST", "/services/search/jobs", data={"search": "search x", "output_mode": "json"}).json()["sid"]
    try:
        assert call("GET", f"/services/search/jobs/{sid}/results?output_mode=json").status_code == 204
    finally:
        wait[0] = False


def test_a_users_search_sees_that_users_indexes_only(connect: Connect) -> None:
    spl = "search index=_internal | stats count"
    assert rows(connect().jobs.oneshot(spl, output_mode="json")) == [{"count": "0"}]
    assert rows(connect("admin", "changeme").jobs.oneshot(spl, output_mode="json")) == [{"count": "1"}]


def test_another_users_job_is_not_there(connect: Connect, splunk: StandIn) -> None:
    splunk.processes.access.add_user("bob", "other", ["user"])
    job = connect().jobs.create("search index=main", exec_mode="blocking")
    with pytest.raises(KeyError, match=job.sid):
        connect("bob", "other").jobs[job.sid]


def test_results_are_given_as_json_only(call: Call) -> None:
    form = {"search": "search x", "output_mode": "json", "exec_mode": "blocking"}
    sid = call("POST", "/services/search/v2/jobs", data=form).json()["sid"]
    answer = call("GET", f"/services/search/v2/jobs/{sid}/results?output_mode=csv")
    assert (answer.status_code, "output_mode=json" in answer.text) == (400, True)


def test_a_search_may_use_the_port_it_came_through(call: Call, app: App) -> None:
    """A command that asks its own splunkd would wait for ever on a port that waits for the command."""
    app.command(
        "whoami",
        """
        import splunklib.searchcommands as commands

        @commands.Configuration()
        class WhoAmI(commands.StreamingCommand):
            def stream(self, records):
                for record in records:
                    yield {"who": self.service.get("authentication/current-context", output_mode="json").status}

        commands.dispatch(WhoAmI, module_name="__main__")
        """,
    )
    form = {"search": "| makeresults | whoami", "output_mode": "json", "exec_mode": "oneshot"}
    answer = call("POST", f"/servicesNS/nobody/{APP}/search/v2/jobs", user="admin", data=form)
    assert answer.json()["results"] == [{"who": "200"}]
