"""Signatures with an RSA key, in plain Python: no compiled library may ship with the app.

A token request is signed about once an hour. Python's integers do not take constant time; the base is blinded with a
random number, so that how long a signature takes says nothing about the key, and each signature is checked before it
leaves, so that a computing fault cannot betray the factors.
Source: RFC 8017 (PKCS #1): 5.1.2 (CRT), 8.1.1 and 9.1.1 (PSS), 8.2.1 and 9.2 (v1.5), A.1.2 (private key); RFC 5208
(PKCS #8); RFC 7518, 3.3 and 3.5 (RS256, PS256).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from math import gcd

from mail_threats.wire import der

LEAST_BITS, MOST_BITS = 2048, 8192
_SALT_BYTES = 32  # RFC 7518, 3.5: as long as the hash
_RSA_OID = bytes.fromhex("2a864886f70d010101")
# RFC 8017, 9.2, note 1: DigestInfo of SHA-256 before the hash itself.
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class KeyUnusable(ValueError):
    """The key cannot sign; the text says why, and shows nothing of it."""


@dataclass(frozen=True)
class RsaKey:
    """A private key of two primes, checked to be one; only `modulus` shows."""

    modulus: int
    exponent: int
    prime1: int = field(repr=False)
    prime2: int = field(repr=False)
    exponent1: int = field(repr=False)
    exponent2: int = field(repr=False)
    coefficient: int = field(repr=False)

    @classmethod
    def from_pkcs8(cls, content: bytes) -> RsaKey:
        """The key of a PrivateKeyInfo. Raises: KeyUnusable."""
        try:
            (whole,) = der.elements(content)
            version, algorithm, key = der.members(whole)[:3]
            oid = der.members(algorithm)[0]
            if der.integer(version) not in (0, 1) or key.tag != der.OCTET_STRING or oid.tag != der.OBJECT_ID:
                raise KeyUnusable("it is not a PKCS #8 key")
        except (der.DerError, ValueError, IndexError) as fault:
            raise KeyUnusable(f"it is not a PKCS #8 key: {fault}") from None
        if oid.content != _RSA_OID:
            raise KeyUnusable("it is not an RSA key")
        return cls.from_pkcs1(key.content)

    @classmethod
    def from_pkcs1(cls, content: bytes) -> RsaKey:
        """The key of an RSAPrivateKey. Raises: KeyUnusable."""
        try:
            (whole,) = der.elements(content)
            numbers = [der.integer(element) for element in der.members(whole)]
            version, n, e, d, p, q, dp, dq, qinv = numbers
        except (der.DerError, ValueError) as fault:
            raise KeyUnusable(f"it is not a PKCS #1 key of two primes: {fault}") from None
        if version != 0 or min(numbers[1:]) <= 1 or n != p * q or e % 2 == 0:
            raise KeyUnusable("its numbers do not fit together")
        if (e * d - 1) % (p - 1) or (e * d - 1) % (q - 1) or (e * dp - 1) % (p - 1) or (e * dq - 1) % (q - 1):
            raise KeyUnusable("its numbers do not fit together")
        if q * qinv % p != 1:
            raise KeyUnusable("its numbers do not fit together")
        if not LEAST_BITS <= n.bit_length() <= MOST_BITS:
            raise KeyUnusable(f"it has {n.bit_length()} bits, where {LEAST_BITS} to {MOST_BITS} are usable")
        return cls(n, e, p, q, dp, dq, qinv)

    def sign_pss(self, message: bytes) -> bytes:
        """RSASSA-PSS with SHA-256 and a salt of 32 bytes: PS256."""
        return self._signature(_pss(message, self.modulus.bit_length() - 1))

    def sign_pkcs1(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256: RS256."""
        digest = _SHA256_INFO + hashlib.sha256(message).digest()
        return self._signature(b"\x00\x01" + b"\xff" * (self._size - len(digest) - 3) + b"\x00" + digest)

    @property
    def _size(self) -> int:
        return (self.modulus.bit_length() + 7) // 8

    def _signature(self, encoded: bytes) -> bytes:
        n = self.modulus
        message = int.from_bytes(encoded, "big")
        blind = _unit(n)
        blinded = message * pow(blind, self.exponent, n) % n
        part1 = pow(blinded, self.exponent1, self.prime1)
        part2 = pow(blinded, self.exponent2, self.prime2)
        lifted = part2 + self.coefficient * (part1 - part2) % self.prime1 * self.prime2
        signature = lifted * pow(blind, -1, n) % n
        if pow(signature, self.exponent, n) != message:
            raise KeyUnusable("a signature made with it is not valid")
        return signature.to_bytes(self._size, "big")


def _unit(modulus: int) -> int:
    """A random number that has an inverse."""
    while True:
        number = 2 + secrets.randbelow(modulus - 2)
        if gcd(number, modulus) == 1:
            return number


def _pss(message: bytes, bits: int) -> bytes:
    size = (bits + 7) // 8
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.sha256(bytes(8) + hashlib.sha256(message).digest() + salt).digest()
    block = bytes(size - _SALT_BYTES - len(digest) - 2) + b"\x01" + salt
    masked = bytearray(one ^ other for one, other in zip(block, _mask(digest, len(block))))
    masked[0] &= 0xFF >> (8 * size - bits)
    return bytes(masked) + digest + b"\xbc"


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 with SHA-256 (RFC 8017, B.2.1)."""
    rounds = range((length + 31) // 32)
    return b"".join(hashlib.sha256(seed + number.to_bytes(4, "big")).digest() for number in rounds)[:length]
