"""The login service: who gets a token, and what the token says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NOBODY = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("request_parts", "status", "error", "code"),
    [
        pytest.param({"client_secret": "wrong"}, 401, "invalid_client", 7000215, id="wrong secret"),
        pytest.param({"client_secret": None}, 401, "invalid_client", 7000218, id="no credential"),
        pytest.param({"client_id": NOBODY}, 400, "unauthorized_client", 700016, id="unknown application"),
        pytest.param({"client_id": None}, 400, "invalid_request", 900144, id="client_id missing"),
        pytest.param({"tenant": NOBODY}, 400, "invalid_request", 90002, id="unknown tenant"),
        pytest.param({"tenant": "fabrikam.example.com"}, 400, "invalid_request", 90002, id="unknown domain"),
        pytest.param({"tenant": "contoso"}, 400, "invalid_request", 900023, id="neither GUID nor domain"),
        pytest.param({"grant_type": None}, 400, "invalid_request", 900144, id="grant_type missing"),
        pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", 70003, id="other grant type"),
        pytest.param({"scope": None}, 400, "invalid_request", 900144, id="scope missing"),
        pytest.param(
            {"scope": "https://manage.office.com/.default"},
            400,
            "invalid_resource",
            500011,
            id="other cloud's resource",
        ),
        pytest.param(
            {"scope": "https://localhost/ActivityFeed.Read"}, 400, "invalid_scope", 1002012, id="scope not /.default"
        ),
        pytest.param(
            {"scope": "https://a/.default https://b/.default"}, 400, "invalid_scope", 70011, id="two resources"
        ),
    ],
)
def test_a_token_request_is_refused(connect, request_parts, status, error, code):
    response = connect().ask_token(**request_parts)
    body = response.json()
    assert (response.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= body.keys()


def test_only_a_form_post_is_read(connect):
    client = connect()
    url = f"{client.tenant.login_url}/{client.tenant.tenant_id}/oauth2/v2.0/token"
    as_json = client.session.post(url, json={"grant_type": "client_credentials"}, timeout=10)
    as_get = client.session.get(url, timeout=10)
    assert as_json.json()["error_codes"] == [900144]
    assert as_get.json()["error_codes"] == [900561]
    assert client.session.post(f"{client.tenant.login_url}/token", timeout=10).status_code == 404


def test_v2_answers_numbers_and_v1_answers_strings(connect):
    client = connect()
    v2, v1 = client.ask_token().json(), client.ask_token(version="").json()
    assert v2["token_type"] == v1["token_type"] == "Bearer"
    assert isinstance(v2["expires_in"], int)
    assert not {"expires_on", "resource", "refresh_token"} & v2.keys()
    assert isinstance(v1["expires_in"], str)
    assert int(v1["expires_on"]) - int(v1["not_before"]) == int(v1["expires_in"])
    assert v1["resource"] == client.tenant.management_url


def test_a_domain_names_the_tenant_too(connect):
    assert connect().ask_token(tenant="contoso.com").status_code == 200


def test_a_token_is_for_one_resource_and_carries_its_roles(connect):
    client = connect()
    claims = {
        name: jwt.decode(client.token(name), options={"verify_signature": False}) for name in ("management", "graph")
    }
    assert claims["management"]["aud"] == client.tenant.management_url
    assert "ActivityFeed.Read" in claims["management"]["roles"]
    assert claims["graph"]["aud"] == client.tenant.graph_url
    assert "AuditLog.Read.All" in claims["graph"]["roles"]
    assert client.tenant.ledger.tokens_issued == {"management": 1, "graph": 1}


def test_a_token_without_consent_is_issued_without_roles(connect):
    client = connect(roles={"management": (), "graph": ()})
    assert "roles" not in jwt.decode(client.token(), options={"verify_signature": False})


def test_lifetimes_differ_within_60_to_90_minutes_and_repeat_with_the_seed(connect):
    def lifetimes(seed):
        client = connect(seed=seed)
        return [client.ask_token().json()["expires_in"] for _ in range(4)]

    first = lifetimes(7)
    assert first == lifetimes(7)
    assert len(set(first)) > 1
    assert all(3599 <= seconds < 5400 for seconds in first)


def test_the_ledger_never_keeps_the_secret(connect):
    client = connect()
    url = f"{client.tenant.login_url}/{client.tenant.tenant_id}/oauth2/v2.0/token?client_secret=leaked"
    client.session.post(url, data={}, timeout=10)
    client.ask_token()
    book = json.dumps([client.tenant.ledger.exchanges, client.tenant.ledger.mistakes])
    assert "leaked" not in book
    assert client.tenant.client_secret not in book
    assert client.tenant.ledger.mistake_counts() == {"secret_in_url": 1}


# Certificates


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def other_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_of(key, start, days=30):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "collector.contoso.com")])
    begins = datetime.fromtimestamp(start, UTC) - timedelta(days=10)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, begins, begins + timedelta(days=days))
    return builder.sign(key, hashes.SHA256())


def assertion(client, key, certificate, clock, *, header=None, algorithm="PS256", **changed):
    now = int(clock())
    claims = {
        "aud": f"{client.tenant.login_url}/{client.tenant.tenant_id}/oauth2/v2.0/token",
        "iss": client.tenant.client_id,
        "sub": client.tenant.client_id,
        "jti": "3f1c",
        "iat": now,
        "nbf": now,
        "exp": now + 600,
    } | changed
    thumbprint = jwt.utils.base64url_encode(certificate.fingerprint(hashes.SHA256())).decode()
    headers = {"x5t#S256": thumbprint} if header is None else header
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def ask_with(client, signed):
    return client.ask_token(client_secret=None, client_assertion_type=ASSERTION_TYPE, client_assertion=signed)


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
@pytest.mark.parametrize("thumbprint", ["x5t#S256", "x5t"])
def test_a_certificate_takes_the_place_of_the_secret(connect, clock, key, algorithm, thumbprint):
    certificate = certificate_of(key, clock())
    client = connect(certificates=[certificate.public_bytes(Encoding.PEM)])
    digest = hashes.SHA256() if thumbprint == "x5t#S256" else hashes.SHA1()
    header = {thumbprint: jwt.utils.base64url_encode(certificate.fingerprint(digest)).decode()}
    signed = assertion(client, key, certificate, clock, header=header, algorithm=algorithm)
    assert ask_with(client, signed).status_code == 200
    assert client.tenant.ledger.mistakes == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"aud": "https://login.example.com/token"}, 700023, id="wrong audience"),
        pytest.param({"iss": NOBODY}, 700021, id="issuer is not the application"),
        pytest.param({"sub": NOBODY}, 700021, id="subject is not the application"),
        pytest.param({"nbf": 1, "exp": 601}, 700024, id="long past: clock skew"),
        pytest.param({"nbf": 4_000_000_000, "exp": 4_000_000_600}, 700024, id="not yet: clock skew"),
        pytest.param({"exp": "soon"}, 50027, id="exp is no number"),
        pytest.param({"jti": ""}, 50027, id="jti is empty"),
        pytest.param({"header": {"x5t#S256": "AAAA"}}, 700027, id="unknown thumbprint"),
    ],
)
def test_a_wrong_assertion_is_refused(connect, clock, key, changed, code):
    certificate = certificate_of(key, clock())
    client = connect(certificates=[certificate.public_bytes(Encoding.PEM)])
    response = ask_with(client, assertion(client, key, certificate, clock, **changed))
    assert response.json()["error_codes"] == [code]


def test_an_assertion_signed_with_another_key_is_refused(connect, clock, key, other_key):
    certificate = certificate_of(key, clock())
    client = connect(certificates=[certificate.public_bytes(Encoding.PEM)])
    response = ask_with(client, assertion(client, other_key, certificate, clock))
    assert (response.status_code, response.json()["error_codes"]) == (401, [700027])


def test_an_expired_certificate_is_refused(connect, clock, key):
    certificate = certificate_of(key, clock(), days=9)
    client = connect(certificates=[certificate.public_bytes(Encoding.PEM)])
    response = ask_with(client, assertion(client, key, certificate, clock))
    assert "expired" in response.json()["error_description"]


def test_careless_assertions_are_booked(connect, clock, key):
    certificate = certificate_of(key, clock())
    client = connect(certificates=[certificate.public_bytes(Encoding.PEM)])
    signed = assertion(client, key, certificate, clock, exp=int(clock()) + 3600)
    for _ in range(2):
        assert ask_with(client, signed).status_code == 200
    assert client.tenant.ledger.mistake_counts() == {"assertion_too_long": 2, "assertion_reused": 1}
