"""Management Activity API: subscriptions list, start and stop, and who is let in."""

from __future__ import annotations

import ssl
import time
from contextlib import closing
from http.client import HTTPSConnection
from urllib.parse import urlsplit

import jwt
import pytest

from lab.tenant import CONTENT_TYPES
from lab.tenant.token import signing

NOBODY = "11111111-2222-3333-4444-555555555555"


def error_code(response):
    return response.json()["error"]["code"]


# Who may ask


@pytest.mark.parametrize(
    ("make_token", "mistake"),
    [
        pytest.param(lambda client: "", "token_missing", id="no token"),
        pytest.param(lambda client: "abc", "token_missing", id="not a token"),
        pytest.param(lambda client: client.token("graph"), "token_for_other_resource", id="token for Graph"),
        pytest.param(
            lambda client: jwt.encode({"aud": client.tenant.management_url, "exp": 9e9}, "k" * 32),
            "token_missing",
            id="token of another signer",
        ),
    ],
)
def test_a_call_without_a_good_token_is_refused(connect, make_token, mistake):
    client = connect()
    response = client.get(f"{client.feed}/subscriptions/list", params=client.publisher(), token=make_token(client))
    assert response.status_code == 401
    assert response.json() == {"Message": "Authorization has been denied for this request."}
    assert client.tenant.ledger.mistake_counts() == {mistake: 1}


def test_a_token_ends_with_its_lifetime(connect, clock):
    client = connect(token_lifetime_s=20)
    assert client.subscriptions().status_code == 200
    clock.advance(20)
    assert client.subscriptions().status_code == 401
    client.forget_tokens()
    assert client.subscriptions().status_code == 200


@pytest.mark.parametrize(
    ("tenant", "code"),
    [
        pytest.param("contoso.com", "AF20013", id="a domain is no GUID"),
        pytest.param(NOBODY, "AF20010", id="another tenant than the token's"),
    ],
)
def test_the_tenant_in_the_address_must_be_the_tokens(connect, tenant, code):
    client = connect()
    response = client.get(f"{client.tenant.management_url}/api/v1.0/{tenant}/activity/feed/subscriptions/list")
    assert (response.status_code, error_code(response)) == (400, code)


def test_a_token_without_roles_is_told_which_one_is_missing(connect):
    response = connect(roles={"management": ()}).subscriptions()
    assert (response.status_code, error_code(response)) == (401, "AF10001")
    assert "ActivityFeed.Read" in response.json()["error"]["message"]


def test_dlp_needs_its_own_role(connect):
    client = connect(roles={"management": ("ActivityFeed.Read",)})
    assert client.content("Audit.Exchange").status_code == 200
    assert error_code(client.content("DLP.All")) == "AF10001"


def test_a_forged_token_is_told_from_an_issued_one(connect, clock):
    client = connect()
    claims = signing.verify(f"Bearer {client.token()}", client.tenant.management_url, clock())
    assert claims["tid"] == client.tenant.tenant_id
    tampered = client.token()[:-6] + "AAAAAA"
    assert client.get(f"{client.feed}/subscriptions/list", token=tampered).status_code == 401


# Subscriptions


def test_all_subscriptions_are_enabled_unless_the_tenant_is_fresh(connect):
    lines = connect().subscriptions().json()
    assert [line["contentType"] for line in lines] == list(CONTENT_TYPES)
    assert {line["status"] for line in lines} == {"enabled"}
    assert connect(subscriptions=()).subscriptions().json() == []


def test_list_then_start_is_what_the_tenant_wants(connect):
    client = connect(subscriptions=())
    client.subscriptions()
    response = client.subscription("start")
    assert response.json() == {"contentType": "Audit.Exchange", "status": "enabled", "webhook": None}
    assert [line["contentType"] for line in client.subscriptions().json()] == ["Audit.Exchange"]
    assert client.tenant.ledger.mistakes == []


def test_a_start_without_a_list_is_booked(connect):
    client = connect(subscriptions=())
    assert client.subscription("start").status_code == 200
    assert client.tenant.ledger.mistake_counts() == {"start_without_list": 1}


def test_starting_what_is_enabled_answers_af20024(connect):
    client = connect()
    client.subscriptions()
    response = client.subscription("start")
    assert (response.status_code, error_code(response)) == (400, "AF20024")


def test_a_second_start_within_15_minutes_answers_429_with_the_wait_in_words(connect, clock):
    client = connect(subscriptions=())
    client.subscription("start")
    clock.advance(4)
    response = client.subscription("start")
    assert response.status_code == 429
    assert "Retry-After" not in response.headers
    assert "Please retry again after 14m 56s" in response.json()["error"]["message"]
    assert client.tenant.ledger.mistake_counts()["start_repeated"] == 1
    clock.advance(896)
    assert error_code(client.subscription("start")) == "AF20024"


@pytest.mark.parametrize(
    ("content_type", "code"),
    [pytest.param("Audit.Mail", "AF20020", id="unknown type"), pytest.param(None, "AF20001", id="no type")],
)
def test_a_start_needs_a_known_content_type(connect, content_type, code):
    assert error_code(connect().subscription("start", content_type)) == code


def test_webhooks_cannot_be_validated(connect):
    client = connect(subscriptions=())
    response = client.subscription("start", json={"webhook": {"address": "https://hook.example.com"}})
    assert error_code(response) == "AF20021"


def test_a_first_start_reaches_back_and_a_restart_leaves_a_gap(connect, clock, audits):
    client = connect(audits(3, step_s=3600.0), subscriptions=(), backfill_s=5000.0, blob_events=1)
    assert error_code(client.content()) == "AF20022"
    client.subscription("start")
    assert len(client.listed()) == 2, "content older than the backfill stays unreadable"
    line = client.listed()[0]
    client.subscription("stop")
    assert error_code(client.content()) == "AF20023"
    assert client.blob(line).status_code == 400
    clock.advance(1000)
    client.tenant.add(audits(1, "Audit.Exchange", ends_s=-500.0))
    client.subscription("start")
    assert len(client.listed()) == 2, "what came while it was stopped is lost"
    assert client.tenant.ledger.mistake_counts()["subscription_stopped"] == 1


def test_wrong_methods_and_paths_are_refused(connect):
    client = connect()
    assert client.get(f"{client.feed}/subscriptions/start").status_code == 405
    assert client.get(f"{client.feed}/subscriptions/delete").status_code == 404
    assert client.get(client.feed.replace("v1.0", "v1") + "/subscriptions/list").status_code == 404


def test_a_post_without_a_length_is_refused(connect):
    """requests always sends a length; a client that builds its own requests may not."""
    client = connect()
    address = urlsplit(f"{client.feed}/subscriptions/start?contentType=DLP.All")
    tls = ssl.create_default_context(cafile=client.session.verify)
    with closing(HTTPSConnection(str(address.hostname), address.port, context=tls, timeout=10)) as connection:
        connection.putrequest("POST", f"{address.path}?{address.query}")
        connection.putheader("Authorization", f"Bearer {client.token()}")
        connection.endheaders()
        assert connection.getresponse().status == 411


# Who is throttled, and how a client that calls carelessly is booked


def test_requests_are_limited_a_minute_for_each_publisher_identifier(connect, clock):
    client = connect(activity_limit=3)
    statuses = [client.subscriptions().status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 403]
    refused = client.subscriptions()
    assert error_code(refused) == "AF429"
    assert f"PublisherId={client.tenant.tenant_id}" in refused.json()["error"]["message"]
    assert client.get(f"{client.feed}/subscriptions/list").status_code == 200, "the shared pool is another one"
    clock.advance(60)
    assert client.subscriptions().status_code == 200


@pytest.mark.parametrize(
    ("query", "mistake"),
    [
        pytest.param("", "publisher_identifier_missing", id="missing"),
        pytest.param(f"?PublisherIdentifier={NOBODY}", "publisher_identifier_foreign", id="of somebody else"),
        pytest.param("?publisheridentifier={own}&PublisherIdentifier={own}", "parameter_repeated", id="twice"),
        pytest.param("?PublisherIdentifier={own}&contentTypes=x", "parameter_unknown", id="unknown parameter"),
    ],
)
def test_careless_query_parameters_are_booked(connect, query, mistake):
    client = connect()
    client.get(f"{client.feed}/subscriptions/list" + query.format(own=client.tenant.tenant_id))
    assert client.tenant.ledger.mistake_counts() == {mistake: 1}


def test_a_publisher_identifier_that_is_no_guid_is_refused(connect):
    client = connect()
    response = client.get(f"{client.feed}/subscriptions/list", params={"PublisherIdentifier": "me"})
    assert error_code(response) == "AF20002"


def test_the_tenants_clock_is_the_tests(connect, clock):
    response = connect().subscriptions()
    assert response.headers["Date"] == time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(clock()))
