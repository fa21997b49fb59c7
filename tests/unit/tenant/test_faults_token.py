"""Faults of the login service, and of the tokens it gives."""

from __future__ import annotations

import jwt
import pytest

from lab.tenant import fault


@pytest.mark.parametrize(
    ("name", "status", "error", "code"),
    [
        pytest.param("wrong_secret", 401, "invalid_client", 7000215, id="wrong_secret"),
        pytest.param("expired_secret", 401, "invalid_client", 7000222, id="expired_secret"),
        pytest.param("unknown_app", 400, "unauthorized_client", 700016, id="unknown_app"),
        pytest.param("disabled_app", 400, "unauthorized_client", 7000112, id="disabled_app"),
        pytest.param("wrong_tenant", 400, "invalid_request", 90002, id="wrong_tenant"),
        pytest.param("wrong_cloud", 400, "invalid_request", 90002, id="wrong_cloud"),
        pytest.param("tenant_in_other_cloud", 400, "invalid_request", 90038, id="tenant_in_other_cloud"),
        pytest.param("missing_resource", 400, "invalid_resource", 500011, id="missing_resource"),
        pytest.param("conditional_access_block", 400, "invalid_grant", 53003, id="conditional_access_block"),
        pytest.param("transient_token_error", 503, "temporarily_unavailable", 90033, id="transient_token_error"),
        pytest.param("token_throttled", 429, "temporarily_unavailable", 90055, id="token_throttled"),
    ],
)
def test_the_token_endpoint_refuses_for_a_while(connect, name, status, error, code):
    client = connect(faults=[fault(name, first=1)])
    refused = client.ask_token()
    assert (refused.status_code, refused.json()["error"], refused.json()["error_codes"]) == (status, error, [code])
    assert client.ask_token().status_code == 200


def test_a_throttled_token_says_when_to_come_back(connect):
    client = connect(faults=[fault("token_throttled", retry_after_s=9)])
    assert client.ask_token().headers["Retry-After"] == "9"


def test_without_consent_the_token_is_fine_and_the_apis_refuse_it(connect):
    client = connect(faults=["no_roles"])
    assert client.ask_token().status_code == 200
    assert client.subscriptions().json()["error"]["code"] == "AF10001"
    assert client.report().json()["error"]["code"] == "Authentication_MSGraphPermissionMissing"


def test_without_the_dlp_role_only_dlp_is_refused(connect):
    client = connect(faults=["no_dlp_role"])
    assert client.content("DLP.All").json()["error"]["code"] == "AF10001"
    assert client.content("Audit.Exchange").status_code == 200


def test_a_short_lived_token_says_so_and_ends(connect, clock):
    client = connect(faults=[fault("short_token_life", seconds=20)])
    response = client.ask_token().json()
    claims = jwt.decode(response["access_token"], options={"verify_signature": False})
    assert response["expires_in"] == claims["exp"] - claims["iat"] == 20
    assert client.subscriptions().status_code == 200
    clock.advance(20)
    assert client.subscriptions().status_code == 401


@pytest.mark.parametrize(
    ("ask", "body_has"),
    [
        pytest.param(lambda client: client.content(), "Authorization has been denied", id="Management Activity API"),
        pytest.param(lambda client: client.report(), "InvalidAuthenticationToken", id="Graph"),
    ],
)
def test_a_token_is_rejected_once_before_its_time(connect, ask, body_has):
    client = connect(faults=["token_rejected"])
    refused = ask(client)
    assert refused.status_code == 401
    assert body_has in refused.text
    assert ask(client).status_code == 200
    assert client.tenant.ledger.mistakes == [], "the client did nothing wrong"
