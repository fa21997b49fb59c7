"""How an account proves to Entra who it is: a client secret, or a certificate whose private key signs an assertion.

Source: Microsoft identity platform, certificate credentials (PS256 with x5t#S256, and RS256 with x5t as it was before);
RFC 7523.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Protocol

from mail_threats.errors import ConfigError
from mail_threats.guid import is_guid
from mail_threats.wire.certificate import Certificate, base64url
from mail_threats.wire.der import DerError
from mail_threats.wire.pem import Block, blocks
from mail_threats.wire.rsa import KeyUnusable, RsaKey

ALGORITHMS = ("PS256", "RS256")
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFE_S = 300
_KEY_LABELS = ("PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY")
_PLAIN_KEY = "Paste the whole key, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----."


class Credential(Protocol):
    """`kind` and `expires` (epoch seconds, None when nobody knows) are for the health event; `secrets` are texts that
    no log may show."""

    kind: str

    @property
    def expires(self) -> float | None: ...

    @property
    def secrets(self) -> list[str]: ...

    @property
    def doubt(self) -> str:
        """What is probably wrong with it, though only Entra can say; empty when nothing is."""

    def proof(self, client_id: str, audience: str, now: float) -> dict[str, str]:
        """The form fields that go along with a token request to the address `audience`."""


@dataclass(frozen=True)
class ClientSecret:
    """`expires` is what the admin noted, since Entra tells it to nobody."""

    value: str = field(repr=False)
    expires: float | None = None
    kind = "client_secret"

    @property
    def secrets(self) -> list[str]:
        return [self.value]

    @property
    def doubt(self) -> str:
        return "The client secret has the form of a GUID, as the secret's ID has." if is_guid(self.value) else ""

    def proof(self, client_id: str, audience: str, now: float) -> dict[str, str]:
        return {"client_secret": self.value}


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate, the private key that belongs to it, and one of ALGORITHMS."""

    certificate: Certificate
    key: RsaKey
    algorithm: str
    key_text: str = field(repr=False)
    kind = "certificate"

    @property
    def expires(self) -> float | None:
        return self.certificate.ends

    @property
    def secrets(self) -> list[str]:
        return [line for line in self.key_text.split() if len(line) >= 16]

    @property
    def doubt(self) -> str:
        return ""

    def proof(self, client_id: str, audience: str, now: float) -> dict[str, str]:
        header = {"alg": self.algorithm, "typ": "JWT"}
        if self.algorithm == "PS256":
            header["x5t#S256"] = self.certificate.sha256
        else:
            header["x5t"] = self.certificate.sha1
        start = int(now)
        claims = {
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": str(uuid.uuid4()),
            "nbf": start,
            "iat": start,
            "exp": start + _LIFE_S,
        }
        signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        sign = self.key.sign_pss if self.algorithm == "PS256" else self.key.sign_pkcs1
        signature = base64url(sign(signed.encode("ascii")))
        return {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": f"{signed}.{signature}"}


def client_certificate(certificate_pem: str, key_pem: str, algorithm: str) -> ClientCertificate:
    """The credential of the two PEM texts, which may hold other blocks besides, such as a chain.

    Raises: ConfigError that says what is wrong with which of them, and shows neither.
    """
    if algorithm not in ALGORITHMS:
        raise ConfigError(
            f"The signature algorithm {algorithm[:40]!r} is not known.", advice=f"Choose {' or '.join(ALGORITHMS)}."
        )
    key = _private_key(blocks(key_pem))
    certificates = _certificates(blocks(certificate_pem))
    for certificate in certificates:
        if certificate.modulus == key.modulus:
            return ClientCertificate(certificate, key, algorithm, key_pem)
    raise ConfigError(
        "The account's private key does not belong to its certificate.",
        advice="Paste the certificate that was made with this key, and upload that one to the app registration.",
    )


def _private_key(found: list[Block]) -> RsaKey:
    keys = [block for block in found if block.label.endswith("PRIVATE KEY")]
    if not keys:
        what = "is a certificate" if any(block.label == "CERTIFICATE" for block in found) else "holds no PEM key"
        raise ConfigError(f"The account's private key {what}.", advice=_PLAIN_KEY)
    key = keys[0]
    if key.encrypted:
        raise ConfigError(
            "The account's private key is encrypted with a passphrase.",
            advice="Take the passphrase off (openssl pkey -in key.pem -out plain.pem) and paste that; Splunk keeps it"
            " encrypted.",
        )
    if key.label not in _KEY_LABELS:
        raise ConfigError(
            f"The account's private key is of the kind {key.label}, which Entra does not take.",
            advice="Use an RSA key in PEM form, of 2048 bits or more (openssl req -x509 -newkey rsa:2048 ...).",
        )
    try:
        return RsaKey.from_pkcs1(key.content) if key.label.startswith("RSA") else RsaKey.from_pkcs8(key.content)
    except KeyUnusable as fault:
        raise ConfigError(
            f"The account's private key cannot be used: {fault}.",
            advice=f"Entra takes RSA keys of 2048 bits or more. {_PLAIN_KEY}",
        ) from None


def _certificates(found: list[Block]) -> list[Certificate]:
    read = []
    reason = "it holds no PEM certificate"
    for block in found:
        if block.label.endswith("PRIVATE KEY"):
            raise ConfigError(
                "The account's certificate holds a private key, which everybody who may see the account could read.",
                advice="Paste the certificate alone, put the key into its own field, and have a new key made.",
            )
        if block.label in ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"):
            try:
                read.append(Certificate.from_der(block.content))
            except (DerError, ValueError) as fault:
                reason = str(fault)
    if not read:
        raise ConfigError(
            f"The account's certificate cannot be read: {reason}.",
            advice="Paste the whole certificate, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.",
        )
    return read
