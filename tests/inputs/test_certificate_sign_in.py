"""Signing in with a certificate: the tenant checks assertions with a library of its own (`cryptography`, PyJWT)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from inputs.forwarder import ACTIVITY, SIGN_IN, SIGN_INS, Forwarder, assert_complete, audit_records, sign_in_records
from inputs.pythons import in_turn, only_on

from lab.tenant import Tenant, fault

PLAIN = NoEncryption()


@cache
def key_of(bits: int, number: int = 0) -> rsa.RSAPrivateKey:
    """A key; another `number` is another key of the same length."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def key_pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8, encryption: Any = PLAIN) -> str:
    return str(key.private_bytes(Encoding.PEM, form, encryption).decode())


def certificate_pem(key: Any, *, days: float = 30.0) -> str:
    """A self-signed certificate that ends in `days`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail-threats.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=90), now + timedelta(days=days)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def account(key: Any, certificate: str, **changed: str) -> dict[str, str]:
    return {
        "client_secret": "", "credential_kind": "certificate", "certificate": certificate, "private_key": key_pem(key),
        **changed,
    }  # fmt: skip


WAYS = [
    pytest.param(2048, "PS256", PrivateFormat.PKCS8, id="PS256, 2048 bits, PKCS#8"),
    pytest.param(2048, "RS256", PrivateFormat.PKCS8, id="RS256, 2048 bits, PKCS#8"),
    pytest.param(3072, "PS256", PrivateFormat.TraditionalOpenSSL, id="PS256, 3072 bits, PKCS#1"),
    pytest.param(4096, "RS256", PrivateFormat.TraditionalOpenSSL, id="RS256, 4096 bits, PKCS#1"),
    pytest.param(4096, "PS256", PrivateFormat.PKCS8, id="PS256, 4096 bits, PKCS#8"),
    pytest.param(2048, "PS256", PrivateFormat.TraditionalOpenSSL, id="PS256, 2048 bits, PKCS#1"),
]


@in_turn(("bits", "algorithm", "form"), WAYS)
def test_tenant_accepts_the_assertion(forwarder: Forwarder, bits: int, algorithm: str, form: PrivateFormat) -> None:
    key = key_of(bits)
    certificate = certificate_pem(key)
    with Tenant(audit_records(3, start_age_s=600.0), certificates=[certificate.encode()]) as tenant:
        forwarder.add_account(
            tenant, **account(key, certificate, private_key=key_pem(key, form), assertion_algorithm=algorithm)
        )
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes
    health = forwarder.health[-1]
    ends = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    assert health["credential_kind"] == "certificate"
    assert health["credential_expires"] == ends.strftime("%Y-%m-%dT%H:%M:%SZ")


@only_on("3.9")
def test_key_pasted_with_blanks_for_line_breaks_is_understood(forwarder: Forwarder) -> None:
    key = key_of(2048)
    certificate = certificate_pem(key)
    with Tenant(audit_records(3, start_age_s=600.0), certificates=[certificate.encode()]) as tenant:
        pasted = " ".join(key_pem(key).split("\n"))
        forwarder.add_account(tenant, **account(key, " ".join(certificate.split("\n")), private_key=pasted))
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


def test_each_request_for_a_token_signs_its_own_assertion(forwarder: Forwarder) -> None:
    """Two resources' tokens are not needed here: one that is renewed, and one attempt that is repeated."""
    key = key_of(2048)
    certificate = certificate_pem(key)
    faults = [fault("transient_token_error", first=1), fault("token_rejected", endpoint="sign_ins")]
    with Tenant(sign_in_records(3, start_age_s=600.0), certificates=[certificate.encode()], faults=faults) as tenant:
        forwarder.add_account(tenant, **account(key, certificate))
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive")
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")
        assert len(tenant.ledger.calls("token")) == 3
        assert not tenant.ledger.mistakes
    assert len(forwarder.ids(SIGN_IN)) == 3


SKEWS = [pytest.param(3600.0, id="Entra is an hour ahead"), pytest.param(-3600.0, id="Entra is an hour behind")]


@in_turn(("skew_s",), SKEWS)
def test_host_whose_clock_is_wrong_signs_by_entra_s_clock(forwarder: Forwarder, skew_s: float) -> None:
    key = key_of(2048)
    certificate = certificate_pem(key)
    with Tenant(audit_records(3, start_age_s=7200.0), certificates=[certificate.encode()]) as tenant:
        tenant.skew_s = skew_s
        forwarder.add_account(tenant, **account(key, certificate))
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert [call.status for call in tenant.ledger.calls("token")] == [401, 200]
    assert abs(forwarder.health[-1]["clock_skew_s"] - skew_s) < 10


REFUSED = [
    pytest.param("other certificate", "AADSTS700027", "Upload the certificate in use", id="wrong thumbprint"),
    pytest.param("expired", "AADSTS700027", "has not expired", id="expired certificate"),
]


@in_turn(("what", "code", "words"), REFUSED)
def test_assertion_that_entra_refuses_parks_the_input_with_the_remedy(
    forwarder: Forwarder, what: str, code: str, words: str
) -> None:
    key = key_of(2048)
    mine = certificate_pem(key, days=-1.0 if what == "expired" else 30.0)
    uploaded = mine if what == "expired" else certificate_pem(key_of(2048, 1))
    with Tenant(audit_records(3, start_age_s=600.0), certificates=[uploaded.encode()]) as tenant:
        forwarder.add_account(tenant, **account(key, mine))
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        refused = forwarder.run(ACTIVITY)
        assert refused.returncode == 1
        assert code in refused.stderr
        assert [call.endpoint for call in tenant.ledger.calls()] == ["token"]
    (error,) = forwarder.health[-1]["errors"]
    assert (error["code"], error["reaction"]) == (code, "parked")
    assert words in error["advice"]


UNUSABLE = [
    pytest.param("other key", "does not belong to its certificate", id="key of another certificate"),
    pytest.param("passphrase", "encrypted with a passphrase", id="key with a passphrase"),
    pytest.param("elliptic curve", "not an RSA key", id="elliptic curve"),
    pytest.param("short", "1024 bits", id="1024 bits"),
    pytest.param("no key", "holds no PEM key", id="no key"),
]


@in_turn(("what", "words"), UNUSABLE)
def test_key_that_cannot_work_is_named_before_anything_is_sent(forwarder: Forwarder, what: str, words: str) -> None:
    key = key_of(2048)
    pasted = {
        "other key": lambda: key_pem(key_of(2048, 1)),
        "passphrase": lambda: key_pem(key, encryption=BestAvailableEncryption(b"correct horse")),
        "elliptic curve": lambda: key_pem(ec.generate_private_key(ec.SECP256R1())),
        "short": lambda: key_pem(key_of(1024)),
        "no key": lambda: "",
    }[what]()
    with Tenant() as tenant:
        forwarder.add_account(tenant, **account(key, certificate_pem(key), private_key=pasted))
        message = forwarder.validate(ACTIVITY)
        assert message is not None
        assert words in message
        forwarder.add_input(ACTIVITY)
        refused = forwarder.run(ACTIVITY)
        assert refused.returncode == 1
        assert words in refused.stderr
        assert not tenant.ledger.exchanges


@only_on("3.13")
def test_nothing_of_the_key_and_no_assertion_is_written_anywhere(forwarder: Forwarder) -> None:
    key = key_of(2048)
    certificate = certificate_pem(key)
    with Tenant(audit_records(3, start_age_s=600.0), certificates=[certificate.encode()]) as tenant:
        forwarder.add_account(tenant, **account(key, certificate))
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.splunk.set_local("m365_mail_threats_settings", "logging", {"loglevel": "DEBUG"}, "m365_mail_threats")
        forwarder.run_cleanly(ACTIVITY)
    secrets = [*key_pem(key).split("\n")[1:-2], str(key.private_numbers().d)]
    roots = [forwarder.splunk.home / "var", forwarder.splunk.home / "etc/apps/m365_mail_threats/local"]
    written = [path for root in roots for path in root.rglob("*") if path.is_file()]
    found = [(path.name, secret) for path in written for secret in secrets if secret.encode() in path.read_bytes()]
    found += [(path.name, "a token") for path in written if re.search(rb"eyJ[\w-]+\.eyJ", path.read_bytes())]
    assert written
    assert found == []


@only_on("3.9")
def test_day_the_secret_expires_is_told_as_the_admin_noted_it(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3, start_age_s=600.0)) as tenant:
        forwarder.add_account(tenant, secret_expires="2027-01-31")
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        forwarder.add_account(tenant, secret_expires="")
        forwarder.run_cleanly(ACTIVITY)
    told = [(health["credential_kind"], health["credential_expires"]) for health in forwarder.health]
    assert told == [("client_secret", "2027-01-31T00:00:00Z"), ("client_secret", None)]


@only_on("3.13")
def test_secret_s_id_in_place_of_its_value_is_recognised(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant, client_secret="0c6a1f5e-6f0b-4e0c-9d3e-8a7b6c5d4e3f")
        forwarder.add_input(ACTIVITY)
        assert forwarder.run(ACTIVITY).returncode == 1
    (error,) = forwarder.health[-1]["errors"]
    assert "is the secret's ID" in error["advice"]
    assert "Paste the secret's value" in error["advice"]
    assert "action=credential_doubtful account=contoso reason=" in forwarder.log()
