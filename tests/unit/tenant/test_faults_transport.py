"""Faults between client and service."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests
from urllib3.exceptions import IncompleteRead

from lab.tenant import fault


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_gateway_answers_with_html(connect, status):
    client = connect(faults=[fault("server_error", status=status, endpoint="content", first=1)])
    response = client.content()
    assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html")
    assert "Retry-After" not in response.headers
    assert client.content().status_code == 200


@pytest.mark.parametrize("value", [3, "Tue, 03 Mar 2026 10:00:03 GMT"])
def test_a_gateway_may_say_when_to_come_back(connect, value):
    client = connect(faults=[fault("server_error", retry_after=value, endpoint="content", first=1)])
    assert client.content().headers["Retry-After"] == str(value)
    client.content()
    assert client.tenant.ledger.mistake_counts() == {"retried_too_early": 1}


def test_a_reset_in_mid_body_is_an_error_and_the_blob_may_be_fetched_again(connect, audits):
    cut = fault("connection_reset", endpoint="blob", first=1)
    client = connect(audits(500, step_s=1.0), blob_events=500, blob_span_s=600.0, faults=[cut])
    (line,) = client.listed()
    with pytest.raises(requests.exceptions.RequestException):
        client.blob(line, headers={"Accept-Encoding": "identity"})
    assert len(client.blob(line).json()) == 500
    assert client.tenant.ledger.mistakes == []
    assert client.tenant.ledger.served["audit"].total() == 500


def test_a_truncated_body_ends_in_good_order_before_its_length(connect, audits):
    """No reset tells the client: only the length does, and a client that does not compare it takes half for whole."""
    cut = fault("truncated_body", endpoint="blob", first=1)
    client = connect(audits(500, step_s=1.0), blob_events=500, blob_span_s=600.0, faults=[cut])
    (line,) = client.listed()
    with pytest.raises(requests.exceptions.ChunkedEncodingError) as caught:
        client.blob(line, headers={"Accept-Encoding": "identity"})
    incomplete = caught.value.args[0].args[1]
    assert isinstance(incomplete, IncompleteRead)
    whole = client.blob(line, headers={"Accept-Encoding": "identity"})
    assert len(whole.json()) == 500
    assert incomplete.partial == len(whole.content) // 2
    assert client.tenant.ledger.mistakes == []


def test_an_answer_may_be_empty(connect, audits):
    client = connect(audits(2), faults=[fault("empty_body", endpoint="blob", first=1)])
    (line,) = client.listed()
    response = client.blob(line)
    assert (response.status_code, response.content) == (200, b"")
    assert len(client.blob(line).json()) == 2
    assert client.tenant.ledger.mistakes == [], "an empty blob was not delivered"


def test_an_answer_may_begin_with_a_byte_order_mark(connect, audits):
    client = connect(audits(2), faults=[fault("byte_order_mark", endpoint="blob")])
    body = client.blob(client.listed()[0]).content
    assert body.startswith(b"\xef\xbb\xbf[")
    assert len(json.loads(body.decode("utf-8-sig"))) == 2


@pytest.mark.parametrize("content_type", ["text/html", "application/octet-stream", None])
def test_an_answer_may_have_another_content_type_or_none(connect, audits, content_type):
    client = connect(audits(2), faults=[fault("wrong_content_type", endpoint="blob", content_type=content_type)])
    response = client.blob(client.listed()[0])
    assert response.headers.get("Content-Type") == content_type
    assert len(response.json()) == 2


def test_an_answer_may_be_slow(connect):
    client = connect(faults=[fault("slow", seconds=30.0, endpoint="content", first=1)])
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.session.get(
            f"{client.feed}/subscriptions/content",
            headers={"Authorization": f"Bearer {client.token()}"},
            params={"contentType": "Audit.Exchange"},
            timeout=(10, 0.2),
        )
    assert client.content().status_code == 200


def test_a_redirect_leads_to_a_stranger_and_the_ledger_sees_who_follows(connect):
    client = connect(faults=[fault("hostile_redirect", endpoint="content", first=2)])
    stays = client.get(f"{client.feed}/subscriptions/content", allow_redirects=False)
    assert stays.status_code == 302
    assert stays.headers["Location"].startswith(client.tenant.stranger_url)
    client.content()
    assert client.tenant.ledger.mistake_counts()["stranger_called"] == 1
    client.session.get(stays.headers["Location"], headers={"Authorization": "Bearer x"}, timeout=10)
    assert client.tenant.ledger.mistake_counts()["token_to_stranger"] == 1


@pytest.mark.parametrize("seconds", [-300.0, 300.0])
def test_the_tenants_clock_may_differ(connect, clock, seconds):
    client = connect(faults=[fault("clock_skew", seconds=seconds)])
    date = parsedate_to_datetime(client.subscriptions().headers["Date"])
    assert date == datetime.fromtimestamp(clock() + seconds, UTC)


def test_a_tenant_ahead_of_the_collector_refuses_what_is_seven_days_old(connect):
    client = connect(faults=[fault("clock_skew", seconds=60.0)])
    response = client.content(startTime="2026-02-24T10:00:30", endTime="2026-02-24T12:00:00")
    assert response.json()["error"]["code"] == "AF20055"


def test_gzip_only_when_asked(connect, audits):
    client = connect(audits(2))
    (line,) = client.listed()
    plain = client.blob(line, headers={"Accept-Encoding": "identity"})
    packed = client.blob(line, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.content == packed.content


def test_a_client_that_does_not_trust_the_authority_gets_nothing(connect):
    client = connect()
    with pytest.raises(requests.exceptions.SSLError):
        client.session.get(client.tenant.graph_url, verify=True, timeout=10)
    assert client.tenant.ledger.exchanges == []
