"""Signing in with a certificate: keys are checked before use, signatures are what the standard says, and nothing of a
key shows.

The vectors were made with another implementation (the library `cryptography`); the tenant of the lab checks assertions
with it, too (tests/inputs/test_certificate_sign_in.py).
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode, urlsafe_b64decode
from typing import Any, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_threats.accounts import account_from_stanza
from mail_threats.errors import ConfigError
from mail_threats.wire.certificate import Certificate
from mail_threats.wire.credentials import ClientCertificate, client_certificate
from mail_threats.wire.der import DerError, elements, integer
from mail_threats.wire.pem import blocks
from mail_threats.wire.rsa import KeyUnusable, RsaKey

P = int(
    "ff1b3a8050fcebfd367ed29e6c87e237335e41ac40dd24c455d89dd284c341f510c9fb51248d63d7c4c6f62dae1a4d68fb88f99b5861be"
    "eac5a9a348f57a15c78246be4345be3e66b4be9ff2790fc5041db7d823a75f4592196957edacd7d6e2b101e5321883f363300275ce380f"
    "b05788d5d480d928dab0e4f61d8a52a8d1e5",
    16,
)
Q = int(
    "c17446d561d7b0941c54709797a1b8e7ba62470c08f93a2e25233e8fedfcc373e196f3e5b5a3e52eadf1a0bc0c2608ef41554d5474859e"
    "5bb22899808902973a5972058851f9535b01b50621f6e42c0508c8a386b55b50b3993433b82ca641ee8742e75063e9e105768d85f6196d"
    "6b1c2b4821b59fcd1df1b88eb0af9ddd6807",
    16,
)
RS256 = bytes.fromhex(
    "338af3b47e7f626a2c656659139ab3baa6bccd626011755be05403b4a13e185b536e8937ec2ce475f113c5b5a3c51c96bb0e676bdc189d"
    "56c6d1fb84d845c8da249e01e803a4ffa98909953e8c0ed3062a7885aa37da1b601456b8ad7ff5d1238f2d247268eb91b6bd12ccb833c8"
    "90bdc2b3487c97e9271dabf29782cd0dd1146562f768e887b90b156dce80d741928307af54a02fd9b8e3af2d082bc93d008a2eac836ef6"
    "3abd22815faa8d56ef203c3d904aa7de63d8b47b3d2383b4148ec5eb23ff679eb9650d2bf24a3d2e6541ab7d3b3e2524ca1f1d0b11fd61"
    "53e586d627d8010c87ccddd54857dd5049263ca6a4c918b8d360f33c7f3f573c1e4c0962"
)
PS256 = bytes.fromhex(
    "443fcdda5e37c5fc7ed62f6581080d5d6f7fab185e17230aad9e33037d53e1b55e512c537812ac2971319efad029554cdcab1a68d8c5f0"
    "04f08bc49c1ba60fdc63bc1987990a4537db99e718ae17adbc666f0861b26003abc5c512b8bae19dd2d3a3864cf9e62d7400b5a9c2af60"
    "00b560af7d262c119abcd2ecd47371c4663a61f90b46da351e09c5c64d76e093c633befe30039c7476d62112c2c85b88dfd4f1b47f1f6c"
    "9a2f132cb446cf6eac8399777fdca3f2c75f08d3db682436e66f5b0b20faf82ca4615848dfe903ce1ed2a4bd79376cd066b0e96b7c3c76"
    "56537a301eb59d40f78d6d0efef4e8f8991c2599a8c440fd78adc3bdd3b966bcd388dc8e"
)
E = 65537
N = P * Q
D = pow(E, -1, (P - 1) * (Q - 1))
MESSAGE = b"header.claims"
RSA_OID = "2a864886f70d010101"
EC_OID = "2a8648ce3d0201"


# DER and PEM, written


def element(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = (
        bytes([size])
        if size < 128
        else bytes([0x80 + (size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8, "big")
    )
    return bytes([tag]) + length + content


def number(value: int) -> bytes:
    return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def sequence(*parts: bytes) -> bytes:
    return element(0x30, b"".join(parts))


def pkcs1(p: int = P, q: int = Q, e: int = E, *, d: int = D, version: int = 0, more: bytes = b"") -> bytes:
    numbers = (version, p * q, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    return sequence(*(number(value) for value in numbers), more)


def pkcs8(key: bytes, oid: str = RSA_OID) -> bytes:
    return sequence(number(0), sequence(element(0x06, bytes.fromhex(oid)), element(0x05, b"")), element(0x04, key))


def certificate(modulus: int = N, *, ends: bytes = b"280131120000Z", tag: int = 0x17, oid: str = RSA_OID) -> bytes:
    name = sequence()
    algorithm = sequence(element(0x06, bytes.fromhex(oid)), element(0x05, b""))
    validity = sequence(element(0x17, b"260101000000Z"), element(tag, ends))
    key = sequence(algorithm, element(0x03, b"\x00" + sequence(number(modulus), number(E))))
    version = element(0xA0, number(2))
    fields = sequence(version, number(7), algorithm, name, validity, name, key)
    return sequence(fields, algorithm, element(0x03, b"\x00sig"))


def pem(label: str, content: bytes, header: str = "") -> str:
    text = b64encode(content).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{header}{lines}\n-----END {label}-----\n"


KEY_PEM = pem("PRIVATE KEY", pkcs8(pkcs1()))
CERTIFICATE_PEM = pem("CERTIFICATE", certificate())


# Signatures


def pss_holds(signature: bytes, message: bytes) -> bool:
    """EMSA-PSS-VERIFY (RFC 8017, 9.1.2) with SHA-256 and a salt of 32 bytes."""
    encoded = pow(int.from_bytes(signature, "big"), E, N).to_bytes(256, "big")
    if encoded[-1:] != b"\xbc" or encoded[0] & 0x80:
        return False
    masked, digest = encoded[:-33], encoded[-33:-1]
    mask = b"".join(hashlib.sha256(digest + count.to_bytes(4, "big")).digest() for count in range(8))
    block = bytearray(one ^ other for one, other in zip(masked, mask))
    block[0] &= 0x7F
    start = len(block) - 33
    if bytes(block[:start]) != bytes(start) or block[start] != 1:
        return False
    salted = bytes(8) + hashlib.sha256(message).digest() + bytes(block[start + 1 :])
    return hashlib.sha256(salted).digest() == digest


def test_rs256_is_what_another_implementation_makes() -> None:
    assert RsaKey.from_pkcs1(pkcs1()).sign_pkcs1(MESSAGE) == RS256


def test_ps256_is_what_the_standard_verifies_and_never_the_same_twice() -> None:
    assert pss_holds(PS256, MESSAGE)  # the verifier agrees with another implementation
    key = RsaKey.from_pkcs1(pkcs1())
    first, second = key.sign_pss(MESSAGE), key.sign_pss(MESSAGE)
    assert first != second
    assert pss_holds(first, MESSAGE)
    assert pss_holds(second, MESSAGE)
    assert not pss_holds(first, MESSAGE + b".")


@given(st.binary(max_size=300))
@settings(max_examples=10)
def test_every_message_is_signed(message: bytes) -> None:
    assert pss_holds(RsaKey.from_pkcs1(pkcs1()).sign_pss(message), message)


def test_signature_that_a_fault_broke_never_leaves() -> None:
    """One wrong bit in half of the computation would let anybody who sees the signature factor the modulus."""
    key = RsaKey.from_pkcs1(pkcs1())
    object.__setattr__(key, "exponent1", key.exponent1 ^ 4)
    with pytest.raises(KeyUnusable, match="not valid"):
        key.sign_pss(MESSAGE)


# Keys


KEYS = [
    pytest.param(KEY_PEM, id="PKCS#8"),
    pytest.param(pem("RSA PRIVATE KEY", pkcs1()), id="PKCS#1"),
    pytest.param(" ".join(KEY_PEM.split("\n")), id="blanks for line breaks"),
    pytest.param(KEY_PEM.replace("\n", "\\n"), id="backslash and n for line breaks"),
    pytest.param(KEY_PEM.replace("\n", "\r\n"), id="carriage returns"),
    pytest.param("Bag Attributes\n    friendlyName: app\n" + KEY_PEM, id="attributes before it"),
    pytest.param(CERTIFICATE_PEM + KEY_PEM, id="the certificate before it"),
]


@pytest.mark.parametrize("text", KEYS)
def test_key_is_read_as_it_arrives(text: str) -> None:
    assert client_certificate(CERTIFICATE_PEM, text, "PS256").key.modulus == N


UNUSABLE_KEYS = [
    pytest.param("", "holds no PEM key", id="nothing"),
    pytest.param("/etc/app/key.pem", "holds no PEM key", id="a path"),
    pytest.param(CERTIFICATE_PEM, "is a certificate", id="the certificate"),
    pytest.param(pem("ENCRYPTED PRIVATE KEY", b"\x30\x00"), "passphrase", id="encrypted PKCS#8"),
    pytest.param(
        pem("RSA PRIVATE KEY", b"\x00", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n"),
        "passphrase",
        id="encrypted the old way",
    ),
    pytest.param(
        " ".join(pem("RSA PRIVATE KEY", b"\x00", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n").split("\n")),
        "passphrase",
        id="encrypted the old way, in one line",
    ),
    pytest.param(pem("EC PRIVATE KEY", b"\x30\x00"), "EC PRIVATE KEY", id="elliptic curve"),
    pytest.param(pem("PRIVATE KEY", pkcs8(b"", EC_OID)), "not an RSA key", id="elliptic curve as PKCS#8"),
    pytest.param(pem("OPENSSH PRIVATE KEY", b"x"), "OPENSSH", id="OpenSSH"),
    pytest.param(pem("PRIVATE KEY", pkcs8(pkcs1())[:-40]), "cannot be used", id="cut off"),
    pytest.param(pem("PRIVATE KEY", pkcs8(pkcs1()) + b"\x00"), "cannot be used", id="something after it"),
    pytest.param(pem("PRIVATE KEY", pkcs1()), "cannot be used", id="PKCS#1 labelled PKCS#8"),
    pytest.param(KEY_PEM.replace("M", "!", 1), "cannot be used", id="no base64"),
    pytest.param(pem("RSA PRIVATE KEY", pkcs1(version=1, more=sequence())), "two primes", id="more than two primes"),
    pytest.param(pem("RSA PRIVATE KEY", pkcs1(e=3)), "do not fit", id="exponents that do not fit"),
    pytest.param(pem("RSA PRIVATE KEY", pkcs1(d=-D)), "do not fit", id="a negative exponent"),
    pytest.param(pem("RSA PRIVATE KEY", pkcs1(2**61 - 1, 2**89 - 1, d=pow(E, -1, (2**61 - 2) * (2**89 - 2)))),
                 "150 bits", id="too short"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), UNUSABLE_KEYS)
def test_key_that_cannot_sign_is_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        client_certificate(CERTIFICATE_PEM, text, "PS256")
    shown = str(refused.value)
    assert refused.value.advice
    assert not any(line in shown for line in KEY_PEM.split() if len(line) > 20)


def test_key_of_another_certificate_is_refused() -> None:
    other = pem("CERTIFICATE", certificate(N + 2))
    with pytest.raises(ConfigError, match="does not belong to its certificate"):
        client_certificate(other, KEY_PEM, "PS256")
    assert client_certificate(other + CERTIFICATE_PEM, KEY_PEM, "PS256").certificate.modulus == N


@given(st.binary(max_size=60), st.integers(0, 1300), st.sampled_from([pkcs8(pkcs1()), certificate()]))
@settings(max_examples=200)
def test_no_bytes_do_more_than_be_refused(noise: bytes, at: int, whole: bytes) -> None:
    broken = whole[: at % len(whole)] + noise + whole[at % len(whole) + len(noise) :]
    for read, refusal in ((RsaKey.from_pkcs8, KeyUnusable), (Certificate.from_der, (DerError, ValueError))):
        try:
            read(broken)
        except refusal:  # type: ignore[misc]
            continue


DER_REFUSED = [
    pytest.param(b"\x30", id="no length"),
    pytest.param(b"\x30\x80\x00\x00", id="indefinite length"),
    pytest.param(b"\x30\x81\x05abcde", id="long form for a short length"),
    pytest.param(b"\x30\x82\x00\x80" + bytes(128), id="leading zero in a length"),
    pytest.param(b"\x30\x85\x01\x00\x00\x00\x00", id="a length of five bytes"),
    pytest.param(b"\x30\x03ab", id="longer than the data"),
    pytest.param(b"\x1f\x81\x01\x00", id="a tag of several bytes"),
]


@pytest.mark.parametrize("data", DER_REFUSED)
def test_what_is_no_der_is_refused(data: bytes) -> None:
    with pytest.raises(DerError):
        elements(data)


def test_integer_is_read_in_its_shortest_form_only() -> None:
    assert [integer(element) for element in elements(number(127) + number(128) + number(-1))] == [127, 128, -1]
    for longer in (b"\x02\x02\x00\x01", b"\x02\x02\xff\xff", b"\x02\x00", b"\x04\x01\x01"):
        with pytest.raises(DerError):
            integer(elements(longer)[0])


# Certificates


ENDS = [
    pytest.param(b"280131120000Z", 0x17, 1832932800.0, id="UTC time"),
    pytest.param(b"20500131120000Z", 0x18, 2527243200.0, id="generalized time"),
    pytest.param(b"990131120000Z", 0x17, 917784000.0, id="the last century"),
]


@pytest.mark.parametrize(("text", "tag", "epoch"), ENDS)
def test_end_of_a_certificate_is_read(text: bytes, tag: int, epoch: float) -> None:
    assert Certificate.from_der(certificate(ends=text, tag=tag)).ends == epoch


UNREADABLE_CERTIFICATES = [
    pytest.param("", "holds no PEM certificate", id="nothing"),
    pytest.param(KEY_PEM, "private key, which everybody", id="the key"),
    pytest.param(CERTIFICATE_PEM + KEY_PEM, "private key, which everybody", id="the key behind it"),
    pytest.param(pem("CERTIFICATE", certificate()[:-50]), "cannot be read", id="cut off"),
    pytest.param(pem("CERTIFICATE", certificate(ends=b"281331120000Z")), "not a time", id="month 13"),
    pytest.param(pem("CERTIFICATE", sequence(sequence())), "cannot be read", id="empty"),
]


@pytest.mark.parametrize(("text", "words"), UNREADABLE_CERTIFICATES)
def test_certificate_that_cannot_be_used_is_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        client_certificate(text, KEY_PEM, "PS256")


def test_thumbprints_are_those_of_the_whole_certificate() -> None:
    read = Certificate.from_der(certificate())
    for shown, digest in ((read.sha256, hashlib.sha256), (read.sha1, hashlib.sha1)):
        assert urlsafe_b64decode(shown + "=" * (-len(shown) % 4)) == digest(certificate()).digest()
        assert "=" not in shown


# The assertion


def decoded(part: str) -> dict[str, Any]:
    return dict(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))))


ASSERTIONS: list[Any] = [
    pytest.param("PS256", "x5t#S256", lambda c: c.sha256, id="PS256"),
    pytest.param("RS256", "x5t", lambda c: c.sha1, id="RS256"),
]


@pytest.mark.parametrize(("algorithm", "name", "thumbprint"), ASSERTIONS)
def test_assertion_says_who_asks_whom_and_for_how_long(
    algorithm: str, name: str, thumbprint: Callable[[Certificate], str]
) -> None:
    credential = client_certificate(CERTIFICATE_PEM, KEY_PEM, algorithm)
    audience = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"
    proof = credential.proof("client", audience, 1_772_532_000.7)
    assert proof["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    header, claims, _ = proof["client_assertion"].split(".")
    assert decoded(header) == {"alg": algorithm, "typ": "JWT", name: thumbprint(credential.certificate)}
    read = decoded(claims)
    again = decoded(credential.proof("client", audience, 1_772_532_000.7)["client_assertion"].split(".")[1])
    assert read.pop("jti") != again.pop("jti")
    assert read == {
        "aud": audience, "iss": "client", "sub": "client", "nbf": 1_772_532_000, "iat": 1_772_532_000,
        "exp": 1_772_532_300,
    }  # fmt: skip


def test_account_with_a_certificate_needs_no_secret_and_shows_nothing_of_its_key() -> None:
    stanza = {
        "tenant_id": "3c9f2a58-7c1e-4b7d-9d55-6f0a1c2b3d4e", "client_id": "8f14e45f-ceea-467a-9c33-0b8f2a1d7e60",
        "credential_kind": "certificate", "certificate": CERTIFICATE_PEM, "private_key": KEY_PEM,
    }  # fmt: skip
    account = account_from_stanza("contoso", stanza)
    assert isinstance(account.credential, ClientCertificate)
    assert account.credential.algorithm == "PS256"
    assert account.credential.expires == 1832932800.0
    shown = repr(account)
    assert str(P) not in shown
    assert str(Q) not in shown
    assert not any(line in shown for line in KEY_PEM.split() if len(line) > 20)
    with pytest.raises(ConfigError, match="Account 'contoso': The account's private key"):
        account_from_stanza("contoso", {**stanza, "private_key": ""})


def test_every_line_of_a_key_is_kept_out_of_logs() -> None:
    secrets = client_certificate(CERTIFICATE_PEM, " ".join(KEY_PEM.split("\n")), "PS256").secrets
    assert "".join(blocks(KEY_PEM)[0].content.hex()) == pkcs8(pkcs1()).hex()
    assert set(KEY_PEM.split("\n")[1:-3]) <= set(secrets)
