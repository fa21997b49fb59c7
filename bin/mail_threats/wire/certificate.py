"""What the app reads from an X.509 certificate: whose key it is, when it ends, its thumbprints.

Source: RFC 5280, 4.1.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from calendar import timegm
from dataclasses import dataclass, field
from datetime import datetime

from mail_threats.wire import der
from mail_threats.wire.der import DerError, Element

_TIME = re.compile(rb"\d{14}Z\Z")


@dataclass(frozen=True)
class Certificate:
    """`ends` is notAfter in epoch seconds; `modulus` is that of its RSA key."""

    content: bytes = field(repr=False)
    ends: float
    modulus: int = field(repr=False)

    @classmethod
    def from_der(cls, content: bytes) -> Certificate:
        """Raises: DerError when it is no certificate of an RSA key."""
        (whole,) = der.elements(content)
        fields = der.members(der.members(whole)[0])
        if fields and fields[0].tag == der.CONTEXT_0:
            del fields[0]
        if len(fields) < 6:
            raise DerError("a certificate has more fields")
        _, _, _, validity, _, key_info = fields[:6]
        times = der.members(validity)
        if len(times) != 2:
            raise DerError("a certificate is valid from a time to a time")
        return cls(content, _time(times[1]), _modulus(key_info))

    @property
    def sha256(self) -> str:
        """x5t#S256 of RFC 7515, 4.1.8."""
        return base64url(hashlib.sha256(self.content).digest())

    @property
    def sha1(self) -> str:
        """x5t of RFC 7515, 4.1.7: an identifier, not a protection."""
        # A host in FIPS mode refuses SHA-1 unless it is told that nothing is protected by it.
        return base64url(hashlib.sha1(self.content, usedforsecurity=False).digest())


def base64url(data: bytes) -> str:
    """base64url without padding (RFC 7515, 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _time(element: Element) -> float:
    content = element.content
    if element.tag == der.UTC_TIME:
        content = (b"19" if content[:2] >= b"50" else b"20") + content
    match = _TIME.match(content)
    if element.tag not in (der.UTC_TIME, der.GENERALIZED_TIME) or match is None:
        raise DerError("a certificate's end is not a time")
    try:
        return float(timegm(datetime.strptime(match.group().decode("ascii"), "%Y%m%d%H%M%SZ").timetuple()))
    except ValueError as fault:
        raise DerError(f"a certificate's end is not a time: {fault}") from None


def _modulus(key_info: Element) -> int:
    algorithm, key = der.members(key_info)
    if key.tag != der.BIT_STRING or key.content[:1] != b"\x00":
        raise DerError("a certificate holds a public key")
    try:
        (numbers,) = der.elements(key.content[1:])
        return der.integer(der.members(numbers)[0])
    except (DerError, ValueError, IndexError):
        raise DerError("the certificate's key is not an RSA key") from None
