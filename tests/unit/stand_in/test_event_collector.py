"""The HTTP Event Collector: what it takes, what it answers, what becomes of the events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.splunk.stand_in import StandIn

Send = Callable[..., requests.Response]


@pytest.fixture
def send(splunk: StandIn, tmp_path: Path) -> Iterator[Send]:
    """send(path, body, token=..., params=...): a POST over verified TLS."""
    splunk.start()
    authority = tmp_path / "ca.pem"
    authority.write_text(splunk.processes.port.ca_pem)
    with requests.Session() as web:
        web.trust_env = False

        def post(path: str, body: Any = b"", token: str | None = splunk.collector_token, **options: Any) -> Any:
            headers = {"Authorization": f"Splunk {token}"} if token else {}
            return web.request(
                options.pop("method", "POST"),
                f"{splunk.collector_uri}/services/collector{path}",
                data=body if isinstance(body, (bytes, str)) else json.dumps(body),
                headers=headers,
                verify=str(authority),
                timeout=30,
                **options,
            )

        yield post


def stored(splunk: StandIn) -> list[tuple[Any, ...]]:
    rows = splunk.search("search index=* | table _raw _time host source sourcetype index", earliest=0, latest="").rows
    return [tuple(row[name] for name in ("_raw", "_time", "host", "source", "sourcetype", "index")) for row in rows]


def test_health_needs_no_token(send: Send) -> None:
    assert send("/health/1.0", method="GET", token=None).json() == {"text": "HEC is healthy", "code": 17}


def test_an_event_is_whole_and_keeps_its_time_and_origin(send: Send, splunk: StandIn) -> None:
    event = {"event": "one\ntwo", "time": 1767225600.5, "host": "h", "source": "s", "sourcetype": "st", "index": "main"}
    assert send("/event", event).json() == {"text": "Success", "code": 0}
    assert stored(splunk) == [("one\ntwo", 1767225600.5, "h", "s", "st", "main")]


def test_events_may_follow_one_another(send: Send, splunk: StandIn) -> None:
    body = "".join(json.dumps({"event": {"n": n}, "time": 1767225600 + n}) for n in range(3))
    assert send("", body).status_code == 200
    assert [row[0] for row in stored(splunk)] == ['{"n": 2}', '{"n": 1}', '{"n": 0}']


def test_raw_data_is_broken_and_timed_by_the_rules_of_its_sourcetype(send: Send, splunk: StandIn) -> None:
    splunk.set_local("props", "st", {"SHOULD_LINEMERGE": "0", "TIME_FORMAT": "%Y-%m-%dT%H:%M:%S", "TZ": "UTC"})
    body = "2026-01-01T00:00:00 a\n2026-01-01T00:00:05 b\n"
    assert send("/raw", body, params={"sourcetype": "st", "host": "h"}).status_code == 200
    assert [(raw, time) for raw, time, *_ in stored(splunk)] == [
        ("2026-01-01T00:00:05 b", 1767225605),
        ("2026-01-01T00:00:00 a", 1767225600),
    ]


@pytest.mark.parametrize(
    ("path", "body", "token", "status", "code"),
    [
        pytest.param("/event", {"event": "x"}, None, 401, 2, id="no token"),
        pytest.param("/event", {"event": "x"}, "guess", 403, 4, id="wrong token"),
        pytest.param("/raw", b"", ..., 400, 5, id="no data"),
        pytest.param("/event", b" ", ..., 400, 5, id="no event"),
        pytest.param("/event", b"{", ..., 400, 6, id="no JSON"),
        pytest.param("/event", b'"x"', ..., 400, 6, id="no object"),
        pytest.param("/event", {"event": "x", "index": "nowhere"}, ..., 400, 7, id="no such index"),
        pytest.param("/event", {"time": 1}, ..., 400, 12, id="no event field"),
        pytest.param("/event", {"event": ""}, ..., 400, 13, id="empty event"),
        pytest.param("/event", {"event": "x", "fields": {"a": "b"}}, ..., 400, 6, id="indexed fields are not done"),
        pytest.param("/ack", {"acks": [1]}, ..., 404, 404, id="another endpoint"),
    ],
)
def test_what_is_refused(send: Send, splunk: StandIn, path: str, body: Any, token: Any, status: int, code: int) -> None:
    answer = send(path, body, **({} if token is ... else {"token": token}))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stored(splunk) == []
