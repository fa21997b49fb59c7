"""Client assertions: a certificate instead of a secret.

Source: Microsoft identity platform, application authentication certificate credentials (PS256 with x5t#S256; the older
RS256 with x5t is still accepted), RFC 7523.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from lab.tenant.token.errors import TokenError

ALLOWED_SKEW_S = 300
LONGEST_LIFE_S = 600


@dataclass(frozen=True)
class UploadedCertificate:
    """A certificate an admin uploaded to the app registration, by its two thumbprints (base64url, no padding)."""

    certificate: x509.Certificate
    sha256: str
    sha1: str

    @classmethod
    def from_pem(cls, pem: bytes) -> UploadedCertificate:
        certificate = x509.load_pem_x509_certificate(pem)
        der = certificate.public_bytes(Encoding.DER)
        return cls(certificate, _thumbprint(hashlib.sha256(der)), _thumbprint(hashlib.sha1(der)))


def _thumbprint(digest: Any) -> str:
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def verify_assertion(
    assertion: str,
    certificates: list[UploadedCertificate],
    *,
    client_id: str,
    audiences: set[str],
    now: float,
) -> dict[str, Any]:
    """Claims of a good assertion. Raises: TokenError with the AADSTS code of what is wrong with it."""
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError as error:
        raise TokenError(50027, detail="no JWS header") from error
    certificate = _find(header, certificates)
    claims = _signed_claims(assertion, header, certificate)
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise TokenError(700021, detail=f"iss {claims.get('iss')!r}, sub {claims.get('sub')!r}")
    if claims.get("aud") not in audiences:
        raise TokenError(700023, detail=f"aud {claims.get('aud')!r}")
    _check_times(claims, certificate, now)
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise TokenError(50027, detail="claim jti is missing")
    return claims


def _find(header: dict[str, Any], certificates: list[UploadedCertificate]) -> x509.Certificate:
    for known in certificates:
        if header.get("x5t#S256") == known.sha256 or header.get("x5t") == known.sha1:
            return known.certificate
    sent = header.get("x5t#S256") or header.get("x5t")
    raise TokenError(700027, detail=f"The key was not found., Thumbprint of key used by client: '{sent}'")


def _signed_claims(assertion: str, header: dict[str, Any], certificate: x509.Certificate) -> dict[str, Any]:
    if header.get("alg") not in ("PS256", "RS256"):
        raise TokenError(50027, detail=f"alg {header.get('alg')!r} is not accepted")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise TokenError(50027, detail="the certificate's key is not RSA")
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            key,
            algorithms=[header["alg"]],
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidSignatureError as error:
        raise TokenError(
            700027, detail="The provided signature value did not match the expected signature value."
        ) from error
    except jwt.InvalidTokenError as error:
        raise TokenError(50027, detail=str(error)) from error
    return claims


def _check_times(claims: dict[str, Any], certificate: x509.Certificate, now: float) -> None:
    start, end = claims.get("nbf"), claims.get("exp")
    if not isinstance(start, int) or not isinstance(end, int):
        raise TokenError(50027, detail="claims nbf and exp must be whole numbers")
    if not start - ALLOWED_SKEW_S <= now < end + ALLOWED_SKEW_S:
        raise TokenError(700024, detail=f"Current time: {now:.0f}, valid from {start}, expiry {end}.")
    if not certificate.not_valid_before_utc.timestamp() <= now < certificate.not_valid_after_utc.timestamp():
        raise TokenError(700027, detail="The key used is expired.")
